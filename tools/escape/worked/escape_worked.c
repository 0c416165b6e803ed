// SPDX-License-Identifier: GPL-2.0
/*
 * Functions whose objects end with them, in ways that modules have it: for "make
 * check-place", which builds them with their objects where they could live. Each line
 * of /sys/kernel/debug/escape_worked is a function, the fewest nanoseconds of a call,
 * which are instructions where the clock counts these, and a sum of all that its calls
 * have returned, which is the same wherever the objects were.
 */
#include <linux/debugfs.h>
#include <linux/kspan.h>
#include <linux/kspan_escape.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#define ROUNDS		100
#define CALLS		50

static struct kspan_heap *heap;
static struct dentry *file;

/* What is in the object is what the sum is made of. */
static u32 used(const u8 *p, size_t bytes, u32 seed)
{
	u32 sum = seed;
	size_t i;

	for (i = 0; i < bytes; i += 16)
		sum = sum * 31 + p[i];
	return sum;
}

static void fill(u8 *p, size_t bytes, u32 seed)
{
	size_t i;

	for (i = 0; i < bytes; i += 16)
		p[i] = seed + i;
}

/* The most common form: what there is goes at a label, in the other order. */
static noinline u32 two_kmallocs(u32 i)
{
	u32 *a, *b;
	u32 sum = 0;

	a = kmalloc(64, GFP_KERNEL);
	if (!a)
		return 0;
	b = kmalloc(128, GFP_KERNEL);
	if (!b)
		goto free_a;
	a[0] = i;
	a[15] = i * 3;
	b[0] = a[0] + 1;
	b[31] = a[15];
	barrier();
	sum = a[0] + a[15] + b[0] + b[31];
	kfree(b);
free_a:
	kfree(a);
	return sum;
}

struct item {
	struct list_head	link;
	u32			value;
	char			text[32];
};

/* An object that is on a list, whose head is on the stack. */
static noinline u32 item_on_list(u32 i)
{
	struct item *item = kzalloc(sizeof(*item), GFP_KERNEL), *each;
	LIST_HEAD(items);
	u32 sum = 0;

	if (!item)
		return 0;
	item->value = i;
	snprintf(item->text, sizeof(item->text), "item %u", i);
	list_add(&item->link, &items);
	list_for_each_entry(each, &items, link)
		sum += each->value + each->text[5];
	list_del(&item->link);
	kfree(item);
	return sum;
}

/* A size that only the caller knows. */
static noinline u32 of_any_size(u32 i)
{
	size_t bytes = 200 + i % 64 * 16;
	u8 *p = kmalloc(bytes, GFP_KERNEL);
	u32 sum;

	if (!p)
		return 0;
	fill(p, bytes, i);
	sum = used(p, bytes, i);
	kfree(p);
	return sum;
}

/* An array that has to be clear, too large for a frame. */
static noinline u32 clear_array(u32 i)
{
	u8 *p = kcalloc(100 + i % 16, 8, GFP_KERNEL);
	u32 sum;

	if (!p)
		return 0;
	p[i % 800] = i;
	sum = used(p, 800, i);
	kfree(p);
	return sum;
}

/* Of a heap, small and larger. */
static noinline u32 two_of_heap(u32 i)
{
	u8 *small = kspan_alloc(heap, 96, GFP_KERNEL), *large;
	u32 sum = 0;

	if (!small)
		return 0;
	large = kspan_alloc(heap, 1024, GFP_KERNEL);
	if (large) {
		fill(small, 96, i);
		fill(large, 1024, small[80]);
		sum = used(large, 1024, i);
	}
	kspan_free(large);
	kspan_free(small);
	return sum;
}

/* A callee frees it, through the variable: left where it is. */
static noinline u32 freed_by_scope(u32 i)
{
	u8 *p __free(kfree) = kmalloc(64, GFP_KERNEL);

	if (!p)
		return 0;
	fill(p, 64, i);
	return used(p, 64, i);
}

/* The programmer has a reason: left where it is. */
static noinline u32 kept(u32 i)
{
	u8 *p __kspan_keep = kmalloc(64, GFP_KERNEL);
	u32 sum;

	if (!p)
		return 0;
	fill(p, 64, i);
	sum = used(p, 64, i);
	kfree(p);
	return sum;
}

static u8 *published;

/* Others see it for a while, and it is freed here: on a stack, not in a frame. */
static noinline u32 seen_by_others(u32 i)
{
	u8 *p = kmalloc(80, GFP_KERNEL);
	u32 sum;

	if (!p)
		return 0;
	fill(p, 80, i);
	WRITE_ONCE(published, p);
	sum = used(READ_ONCE(published), 80, i);
	WRITE_ONCE(published, NULL);
	kfree(p);
	return sum;
}

static const struct {
	const char *name;
	u32 (*call)(u32 i);
} functions[] = {
	{ "two_kmallocs", two_kmallocs },
	{ "item_on_list", item_on_list },
	{ "of_any_size", of_any_size },
	{ "clear_array", clear_array },
	{ "two_of_heap", two_of_heap },
	{ "freed_by_scope", freed_by_scope },
	{ "kept", kept },
	{ "seen_by_others", seen_by_others },
};

static void measure(struct seq_file *to, unsigned int nr)
{
	u64 start_ns, ns, best_ns = U64_MAX;
	u32 round, i, sum = 0;

	for (round = 0; round < ROUNDS; round++) {
		preempt_disable();
		start_ns = ktime_get_ns();
		preempt_enable();
		for (i = 0; i < CALLS; i++)
			sum = sum * 31 + functions[nr].call(round * CALLS + i);
		preempt_disable();
		ns = ktime_get_ns() - start_ns;
		preempt_enable();
		best_ns = min(best_ns, ns);
	}
	seq_printf(to, "%s %llu.%llu %08x\n", functions[nr].name, best_ns / CALLS,
		   best_ns % CALLS * 10 / CALLS, sum);
}

static int escape_worked_show(struct seq_file *to, void *data)
{
	unsigned int nr;

	for (nr = 0; nr < ARRAY_SIZE(functions); nr++)
		measure(to, nr);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(escape_worked);

static int __init escape_worked_init(void)
{
	heap = kspan_heap_create("escape_worked", NULL);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	file = debugfs_create_file("escape_worked", 0400, NULL, NULL,
				   &escape_worked_fops);
	return 0;
}

static void __exit escape_worked_exit(void)
{
	debugfs_remove(file);
	kspan_heap_destroy(heap);
}

module_init(escape_worked_init);
module_exit(escape_worked_exit);
MODULE_DESCRIPTION("Functions whose objects end with them");
MODULE_LICENSE("GPL");
