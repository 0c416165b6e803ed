// SPDX-License-Identifier: GPL-2.0
/*
 * How fast a collector marks, and how long it holds mutators up. Each thread has a
 * binary tree of 64-byte nodes, all trees together as large as is wanted. Its nodes lie
 * in the order in which a marker comes to them or, "scattered", in that in which they
 * were put in at random places. First the heap is collected several times with nobody
 * at work. Then each thread goes down its tree and puts a new node in place of a leaf,
 * over and over, and the time of each such op is counted. On an ordinary heap, where the
 * old leaf is freed, the same shows what the machine itself holds up.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/delay.h>
#include <linux/kspan_gc.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>

#include "command.h"
#include "loop.h"
#include "marking.h"
#include "memory.h"
#include "ticks.h"

enum {
	MAX_THREADS	= 8,
	MAX_MEGABYTES	= 4096,
	MAX_MS		= 600000,
	/* Collections with nobody at work. */
	COLLECTIONS	= 5,
	/* Buckets of a histogram: of each power of two as many. */
	STEPS		= 8,
	NR_BUCKETS	= 64 * STEPS,
	LONG_NS		= 100000,
	/* Cycles follow each other closely. */
	GC_PERCENT	= 10,
};

struct node {
	struct node *left;
	struct node *right;
	u64 payload[6];
};

struct mutator {
	void *root;
	struct task_struct *task;
	u64 nodes;
	u64 ops;
	u64 errors;
	u64 max_ticks;
	u64 nr_long;
	u32 random;
	u32 buckets[NR_BUCKETS];
};

static struct {
	u32 backend;		/* KSPAN_BENCH_NULL before the first run */
	u32 megabytes;
	u32 nr_threads;
	u32 ms;
	bool scattered;
	struct kspan_heap *heap;
	const struct kspan_gc_type *type;
	struct mutator *mutators;
	u64 ticks_per_ms;
	bool stop;
	u64 mark_ns;		/* of a collection with nobody at work */
	u64 cycle_ns;
	u64 marked_bytes;
	u64 quantiles_ns[4];
	u64 max_ns;
	u64 ops;
	u64 nr_long;
	u64 errors;
	struct kspan_gc_stats before;
	struct kspan_gc_stats after;
} run;

static const u32 pointers[] = {
	offsetof(struct node, left), offsetof(struct node, right),
};

static const struct kspan_gc_type_desc desc = {
	.name = "leaf", .size = sizeof(struct node),
	.pointers = pointers, .nr_pointers = ARRAY_SIZE(pointers),
};

static bool collected(void)
{
	return run.backend == BENCH_COLLECTED;
}

static struct node *new_node(struct mutator *mutator)
{
	struct node *node;

	if (collected())
		node = kspan_gc_alloc(run.heap, run.type, 1, GFP_NOWAIT);
	else
		node = kspan_zalloc(run.heap, sizeof(*node), GFP_KERNEL);
	if (unlikely(!node))
		mutator->errors++;
	return node;
}

static void set(struct node **slot, struct node *node)
{
	if (collected())
		kspan_gc_store(run.heap, (void **)slot, node);
	else
		*slot = node;
}

static void enter(void)
	__acquires(RCU)
{
	if (collected())
		kspan_gc_enter(run.heap);
	else
		__acquire(RCU);
}

static void leave(void)
	__releases(RCU)
{
	if (collected())
		kspan_gc_leave(run.heap);
	else
		__release(RCU);
}

static u32 next_random(struct mutator *mutator)
{
	u32 random = mutator->random;

	random ^= random << 13;
	random ^= random >> 17;
	random ^= random << 5;
	mutator->random = random;
	return random;
}

/* A tree of @n nodes below a slot, which is a root's or an object's. */
static void build(struct mutator *mutator, struct node **slot, u64 n)
{
	struct node *node;

	if (!n)
		return;
	enter();
	node = new_node(mutator);
	if (node)
		set(slot, node);
	leave();
	if (!node)
		return;
	/* It is held by its slot. */
	cond_resched();
	build(mutator, &node->left, (n - 1) / 2);
	build(mutator, &node->right, n - 1 - (n - 1) / 2);
}

/* A node more, at a random place. */
static void insert(struct mutator *mutator)
{
	struct node **slot = (struct node **)&mutator->root;
	u64 way = (u64)next_random(mutator) << 32 | next_random(mutator);
	struct node *node;
	struct node *at;

	enter();
	while ((at = kspan_gc_load((void **)slot))) {
		slot = way & 1 ? &at->left : &at->right;
		way = ror64(way, 1);
	}
	node = new_node(mutator);
	if (node)
		set(slot, node);
	leave();
	cond_resched();
}

static void build_scattered(struct mutator *mutator)
{
	u64 n;

	for (n = 0; n < mutator->nodes; n++)
		insert(mutator);
}

static void replace_leaf(struct mutator *mutator)
{
	u32 way = next_random(mutator);
	struct node **slot = (struct node **)&mutator->root;
	struct node *node;
	struct node *leaf;

	enter();
	leaf = kspan_gc_load((void **)slot);
	while (leaf) {
		struct node **next = way & 1 ? &leaf->left : &leaf->right;

		node = kspan_gc_load((void **)next);
		if (!node)
			break;
		slot = next;
		leaf = node;
		way = way >> 1 | way << 31;
	}
	node = new_node(mutator);
	if (node && leaf && (collected() || (!leaf->left && !leaf->right))) {
		set(slot, node);
		if (collected()) {
			kspan_gc_store(run.heap, (void **)&node->left,
				       kspan_gc_load((void **)&leaf->left));
			kspan_gc_store(run.heap, (void **)&node->right,
				       kspan_gc_load((void **)&leaf->right));
		} else {
			kspan_free(leaf);
		}
	} else if (!collected()) {
		kspan_free(node);
	}
	leave();
}

static unsigned int bucket_of(u64 ticks)
{
	unsigned int order = ilog2(ticks | STEPS);

	return (order - 3) * STEPS + ((ticks >> (order - 3)) & (STEPS - 1));
}

static u64 bucket_ticks(unsigned int bucket)
{
	return (u64)(STEPS + bucket % STEPS + 1) << (bucket / STEPS);
}

static u64 to_ns(u64 ticks)
{
	return mul_u64_u64_div_u64(ticks, NSEC_PER_MSEC, run.ticks_per_ms);
}

static int mutate(void *arg)
{
	struct mutator *mutator = arg;
	u64 long_ticks = mul_u64_u64_div_u64(run.ticks_per_ms, LONG_NS,
					     NSEC_PER_MSEC);

	while (!READ_ONCE(run.stop)) {
		u64 ticks = bench_ticks();

		replace_leaf(mutator);
		ticks = bench_ticks() - ticks;
		mutator->buckets[bucket_of(ticks)]++;
		mutator->max_ticks = max(mutator->max_ticks, ticks);
		mutator->nr_long += ticks > long_ticks;
		if (++mutator->ops % 64 == 0)
			cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_idle(1);
	return 0;
}

static u64 quantile(u64 rank)
{
	u64 n = 0;
	unsigned int i, j;

	for (i = 0; i < NR_BUCKETS; i++) {
		for (j = 0; j < run.nr_threads; j++)
			n += run.mutators[j].buckets[i];
		if (n > rank)
			break;
	}
	return to_ns(bucket_ticks(i));
}

static void sum_up(void)
{
	static const u32 parts[] = { 2, 100, 1000, 100000 };
	u64 max_ticks = 0;
	unsigned int i;

	for (i = 0; i < run.nr_threads; i++) {
		run.ops += run.mutators[i].ops;
		run.errors += run.mutators[i].errors;
		run.nr_long += run.mutators[i].nr_long;
		max_ticks = max(max_ticks, run.mutators[i].max_ticks);
	}
	run.max_ns = to_ns(max_ticks);
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		run.quantiles_ns[i] = quantile(run.ops -
					       div_u64(run.ops, parts[i]));
}

static void collect_idle(void)
{
	struct kspan_gc_stats before, after;
	unsigned int i;

	kspan_gc_collect(run.heap);
	kspan_gc_stats(run.heap, &before);
	for (i = 0; i < COLLECTIONS; i++) {
		kspan_gc_collect(run.heap);
		kspan_gc_stats(run.heap, &after);
		run.cycle_ns += div_u64(after.cycle_ns, COLLECTIONS);
	}
	run.mark_ns = div_u64(after.mark_ns_total - before.mark_ns_total,
			      COLLECTIONS);
	run.marked_bytes = after.marked_bytes;
}

static int let_mutate(void)
{
	unsigned int i;
	int err = 0;

	run.stop = false;
	for (i = 0; i < run.nr_threads; i++) {
		struct task_struct *task;

		task = kthread_run(mutate, &run.mutators[i], "kspan_mutator/%u",
				   i);
		if (IS_ERR(task)) {
			err = PTR_ERR(task);
			break;
		}
		run.mutators[i].task = task;
	}
	if (!err)
		msleep_interruptible(run.ms);
	WRITE_ONCE(run.stop, true);
	for (i = 0; i < run.nr_threads; i++)
		if (run.mutators[i].task)
			kthread_stop(run.mutators[i].task);
	return err;
}

static int prepare(void)
{
	unsigned int i;
	int err = 0;

	if (collected()) {
		run.type = kspan_gc_type_register(run.heap, &desc);
		if (IS_ERR(run.type))
			return PTR_ERR(run.type);
	}
	for (i = 0; !err && i < run.nr_threads; i++) {
		struct mutator *mutator = &run.mutators[i];

		mutator->random = 4141 + i;
		mutator->nodes = div_u64((u64)run.megabytes * SZ_1M,
					 sizeof(struct node) * run.nr_threads);
		if (collected())
			err = kspan_gc_root_add(run.heap, &mutator->root, 1);
		if (err)
			break;
		if (run.scattered)
			build_scattered(mutator);
		else
			build(mutator, (struct node **)&mutator->root,
			      mutator->nodes);
	}
	return err;
}

/* An ordinary heap has no collector to ask. */
static void look(struct kspan_gc_stats *stats)
{
	if (collected())
		kspan_gc_stats(run.heap, stats);
}

static int marking_run(char *command)
{
	char *word = bench_command_word(&command);
	struct kspan_heap_params params = { .gc_percent = GC_PERCENT };
	u32 backend;
	int err;

	if (word && !strcmp(word, bench_backend_name(BENCH_COLLECTED)))
		backend = BENCH_COLLECTED;
	else if (word && !strcmp(word, bench_backend_name(KSPAN_BENCH_KSPAN)))
		backend = KSPAN_BENCH_KSPAN;
	else
		return -EINVAL;
	memset(&run, 0, sizeof(run));
	if (bench_command_number(&command, 1, MAX_MEGABYTES, &run.megabytes) ||
	    bench_command_number(&command, 1, MAX_THREADS, &run.nr_threads) ||
	    bench_command_number(&command, 0, MAX_MS, &run.ms))
		return -EINVAL;
	word = bench_command_word(&command);
	run.scattered = word && !strcmp(word, "scattered");
	if ((word && !run.scattered) || bench_command_word(&command))
		return -EINVAL;
	run.backend = backend;
	params.flags = collected() ? KSPAN_HEAP_GC : 0;
	run.ticks_per_ms = bench_ticks_per_ms();
	run.mutators = bench_vmalloc(run.nr_threads, sizeof(*run.mutators));
	if (!run.mutators)
		return -ENOMEM;
	run.heap = kspan_heap_create("bench", &params);
	if (IS_ERR(run.heap)) {
		vfree(run.mutators);
		return PTR_ERR(run.heap);
	}
	err = prepare();
	if (!err && collected())
		collect_idle();
	look(&run.before);
	if (!err && run.ms)
		err = let_mutate();
	look(&run.after);
	sum_up();
	/* With all objects and roots. */
	kspan_heap_destroy(run.heap);
	vfree(run.mutators);
	return err;
}

/* Of the pauses that the collector has counted itself, the bound of all but a part. */
static u64 pause_ns(u32 part)
{
	u64 total = 0, n = 0;
	unsigned int i;

	for (i = 0; i < KSPAN_GC_PAUSE_BUCKETS; i++)
		total += run.after.pause_ns_hist[i] - run.before.pause_ns_hist[i];
	if (!total)
		return 0;
	for (i = 0; i < KSPAN_GC_PAUSE_BUCKETS; i++) {
		n += run.after.pause_ns_hist[i] - run.before.pause_ns_hist[i];
		if (n >= total - div_u64(total, part))
			break;
	}
	return 2ULL << i;
}

static void marking_show(struct seq_file *m)
{
	if (!run.backend)
		return;
	seq_printf(m, "backend %s\nmegabytes %u\nthreads %u\nms %u\n",
		   bench_backend_name(run.backend), run.megabytes,
		   run.nr_threads, run.ms);
	seq_printf(m, "scattered %d\n", run.scattered);
	seq_printf(m, "marked_bytes %llu\nmark_ns %llu\ncycle_ns %llu\n",
		   run.marked_bytes, run.mark_ns, run.cycle_ns);
	seq_printf(m, "ops %llu\nerrors %llu\n", run.ops, run.errors);
	seq_printf(m, "op_p50_ns %llu\nop_p99_ns %llu\nop_p999_ns %llu\nop_p99999_ns %llu\n",
		   run.quantiles_ns[0], run.quantiles_ns[1],
		   run.quantiles_ns[2], run.quantiles_ns[3]);
	seq_printf(m, "op_max_ns %llu\nops_over_100us %llu\n", run.max_ns,
		   run.nr_long);
	seq_printf(m, "cycles %llu\nassist_ns %llu\nmark_busy_ns %llu\n",
		   run.after.cycles_total - run.before.cycles_total,
		   run.after.assist_ns_total - run.before.assist_ns_total,
		   run.after.mark_ns_total - run.before.mark_ns_total);
	seq_printf(m, "pause_p50_ns %llu\npause_p99_ns %llu\npause_max_ns %llu\n",
		   pause_ns(2), pause_ns(100), pause_ns(U32_MAX));
}

static struct bench_command marking_command = {
	.name	= "marking",
	.run	= marking_run,
	.show	= marking_show,
};

void bench_marking_init(struct dentry *dir, struct mutex *running)
{
	marking_command.lock = running;
	bench_command_create(dir, &marking_command);
}
