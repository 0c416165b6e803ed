// SPDX-License-Identifier: GPL-2.0
/*
 * Frees what must not be freed, in every way there is, and prints as KTAP
 * whether kspan refused, counted it, and left everything usable. Loading fails
 * if one did not pass.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <linux/kspan.h>

static struct kspan_heap *heap;

static u64 bad_frees(struct kspan_heap *of)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(of, &stats);
	return stats.bad_frees_total;
}

static u64 live_objects(void)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	return stats.live_objects;
}

/* Frees @p, which is none of @counter's live objects, and must be refused. */
static bool refused(struct kspan_heap *counter, const void *p)
{
	u64 bad = bad_frees(counter);
	u64 live = live_objects();

	kspan_free(p);
	if (bad_frees(counter) != bad + 1) {
		pr_info("# bad_frees_total of %s: %llu, was %llu\n",
			kspan_heap_name(counter), bad_frees(counter), bad);
		return false;
	}
	if (live_objects() != live) {
		pr_info("# live objects: %llu, were %llu\n", live_objects(),
			live);
		return false;
	}
	return true;
}

/* Of @size bytes at @p, filled with 0x6b, none has changed; frees it. */
static bool usable(void *p, size_t size)
{
	u64 bad = bad_frees(heap);
	struct kspan_object obj;

	if (memchr_inv(p, 0x6b, size)) {
		pr_info("# the object has changed\n");
		return false;
	}
	if (!kspan_find_object(p, &obj) || obj.start != p || !obj.live) {
		pr_info("# the object is not live any more\n");
		return false;
	}
	memset(p, 0x6c, size);
	kspan_free(p);
	return bad_frees(heap) == bad;
}

static void *object(size_t size)
{
	void *p = kspan_alloc(heap, size, GFP_KERNEL);

	if (p)
		memset(p, 0x6b, size);
	return p;
}

static bool foreign_kmalloc(void)
{
	void *p = kmalloc(64, GFP_KERNEL);
	bool ok = p && refused(kspan_default_heap(), p);

	kfree(p);
	return ok;
}

static bool foreign_pages(void)
{
	unsigned long page = __get_free_pages(GFP_KERNEL, 1);
	bool ok = page && refused(kspan_default_heap(), (void *)page);

	free_pages(page, 1);
	return ok;
}

static bool foreign_vmalloc(void)
{
	void *p = vmalloc(SZ_64K);
	bool ok = p && refused(kspan_default_heap(), p);

	vfree(p);
	return ok;
}

static bool foreign_stack(void)
{
	u64 on_stack[2] = { 1, 2 };

	return refused(kspan_default_heap(), on_stack) && on_stack[0] == 1;
}

static bool foreign_static(void)
{
	return refused(kspan_default_heap(), &heap);
}

static bool foreign_numbers(void)
{
	return refused(kspan_default_heap(), (void *)24) &&
	       refused(kspan_default_heap(), (void *)TASK_SIZE - 8) &&
	       refused(kspan_default_heap(), (void *)-8L) &&
	       refused(kspan_default_heap(), ERR_PTR(-ENOMEM)) &&
	       refused(kspan_default_heap(), (void *)(1UL << 62));
}

static bool nothing(void)
{
	u64 bad = bad_frees(kspan_default_heap());

	kspan_free(NULL);
	kspan_free(ZERO_SIZE_PTR);
	return bad_frees(kspan_default_heap()) == bad;
}

static bool interior(void)
{
	static const size_t sizes[] = { 16, 48, 100, 1024, 5000, 32768 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p = object(sizes[i]);

		if (!p || !refused(heap, p + 8) ||
		    !refused(heap, p + sizes[i] / 16 * 8) ||
		    !usable(p, sizes[i]))
			return false;
	}
	return true;
}

static bool misaligned(void)
{
	void *p = object(64);

	return p && refused(heap, p + 1) && refused(heap, p + 7) &&
	       refused(heap, p + 63) && usable(p, 64);
}

static bool interior_of_large(void)
{
	void *p = object(SZ_1M);

	return p && refused(heap, p + 8) && refused(heap, p + PAGE_SIZE) &&
	       refused(heap, p + SZ_1M - 8) && usable(p, SZ_1M);
}

static bool interior_of_vmalloc(void)
{
	size_t size = SZ_4M + SZ_1M;
	void *p = object(size);

	return p && refused(heap, p + 8) && refused(heap, p + PAGE_SIZE) &&
	       refused(heap, p + size - 8) && usable(p, size);
}

/* Class 48: 170 slots in 8192 bytes, 32 bytes are left over. */
static bool tail(void)
{
	void *p = object(48);
	void *page = PTR_ALIGN_DOWN(p, SZ_8K);

	return p && refused(heap, page + SZ_8K - 32) && usable(p, 48);
}

static bool double_free(void)
{
	static const size_t sizes[] = { 8, 64, 1000, 32768, SZ_1M };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *neighbour = object(sizes[i]);
		void *p = object(sizes[i]);

		if (!p || !neighbour)
			return false;
		kspan_free(p);
		if (!refused(heap, p) || !refused(heap, p))
			return false;
		/* Nobody is given it twice. */
		p = object(sizes[i]);
		if (!p || p == neighbour || !usable(neighbour, sizes[i]) ||
		    !usable(p, sizes[i]))
			return false;
	}
	return true;
}

static bool double_free_of_vmalloc(void)
{
	void *p = object(SZ_4M + SZ_1M);

	if (!p)
		return false;
	kspan_free(p);
	return refused(kspan_default_heap(), p);
}

static bool free_after_drain(void)
{
	void *neighbour = object(64);
	void *p = object(64);

	if (!p || !neighbour)
		return false;
	kspan_free(p);
	kspan_heap_drain(heap);
	return refused(heap, p) && usable(neighbour, 64);
}

/* Its pages have gone back to the kernel, which may have given them away. */
static bool released(void)
{
	struct kspan_heap *gone = kspan_heap_create("badfree_gone", NULL);
	u64 bad = bad_frees(kspan_default_heap()) + bad_frees(heap);
	u64 live = live_objects();
	void *p;

	if (IS_ERR(gone))
		return false;
	p = kspan_alloc(gone, 64, GFP_KERNEL);
	if (!p)
		return false;
	kspan_heap_destroy(gone);
	kspan_free(p);
	/* Counted in the default heap, or in ours, if we have the page now. */
	return bad_frees(kspan_default_heap()) + bad_frees(heap) == bad + 1 &&
	       live_objects() == live;
}

static bool released_by_scavenging(void)
{
	void *p = object(SZ_1M);
	u64 bad;

	if (!p)
		return false;
	kspan_free(p);
	kspan_heap_scavenge(heap, SIZE_MAX);
	bad = bad_frees(heap) + bad_frees(kspan_default_heap());
	kspan_free(p);
	return bad_frees(heap) + bad_frees(kspan_default_heap()) == bad + 1;
}

static bool never_allocated(void)
{
	void *p = object(64);
	struct kspan_object obj;
	void *free = NULL;
	unsigned int i;

	/* A slot of the same page that nobody has. */
	for (i = 0; p && i < SZ_8K / 64; i++) {
		free = PTR_ALIGN_DOWN(p, SZ_8K) + i * 64;
		if (kspan_find_object(free, &obj) && !obj.live)
			break;
	}
	return p && i < SZ_8K / 64 && refused(heap, free) && usable(p, 64);
}

static bool wrong_pointers_elsewhere(void)
{
	void *p = object(64);
	u64 bad = bad_frees(heap);

	if (!p)
		return false;
	if (kspan_usable_size(p + 8) || kspan_usable_size(p) != 64 ||
	    kspan_realloc(heap, p + 8, 128, GFP_KERNEL))
		return false;
	kspan_free_sized(p + 8, 64);
	kspan_free_sensitive(p + 8);
	return bad_frees(heap) == bad + 4 && usable(p, 64);
}

#define CASE(fn) { #fn, fn }

static const struct {
	const char *name;
	bool (*run)(void);
} cases[] = {
	CASE(nothing),
	CASE(foreign_kmalloc),
	CASE(foreign_pages),
	CASE(foreign_vmalloc),
	CASE(foreign_stack),
	CASE(foreign_static),
	CASE(foreign_numbers),
	CASE(interior),
	CASE(misaligned),
	CASE(interior_of_large),
	CASE(interior_of_vmalloc),
	CASE(tail),
	CASE(double_free),
	CASE(double_free_of_vmalloc),
	CASE(free_after_drain),
	CASE(never_allocated),
	CASE(wrong_pointers_elsewhere),
	CASE(released_by_scavenging),
	CASE(released),
};

static int __init badfree_init(void)
{
	unsigned int nfailed = 0;
	unsigned int i;

	heap = kspan_heap_create("badfree", NULL);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	pr_info("1..%zu\n", ARRAY_SIZE(cases));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		bool ok;

		pr_info("kspan-test: expect-report begin\n");
		ok = cases[i].run();
		pr_info("kspan-test: expect-report end\n");
		nfailed += !ok;
		pr_info("%sok %u %s\n", ok ? "" : "not ", i + 1, cases[i].name);
	}
	if (nfailed) {
		kspan_heap_destroy(heap);
		return -EINVAL;
	}
	return 0;
}
module_init(badfree_init);

static void __exit badfree_exit(void)
{
	kspan_heap_destroy(heap);
}
module_exit(badfree_exit);

MODULE_DESCRIPTION("Test of kspan: frees that must be refused");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
