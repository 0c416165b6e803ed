// SPDX-License-Identifier: GPL-2.0
/*
 * The random graph of KUnit's suite gc_model on any kernel, for as long as one likes.
 * insmod runs it all and fails if anything was wrong.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sizes.h>

/* Of the tree that these modules are built against. */
#include "kmod/tests/gc/graph_change.c"
#include "kmod/tests/gc/graph_check.c"
#include "kmod/tests/gc/graph_run.c"

static unsigned int seconds = 10;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long it takes");

static unsigned long changes;
module_param(changes, ulong, 0444);
MODULE_PARM_DESC(changes, "how many changes there are at least");

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of the random numbers; 0 draws one");

static unsigned int objects = 10000;
module_param(objects, uint, 0444);
MODULE_PARM_DESC(objects, "at most, about");

enum {
	ROUND_MS	= 300,
};

static int run(struct graph *graph)
{
	unsigned long end = jiffies + seconds * HZ;
	int err = 0;

	do {
		err = graph_start(graph);
		if (err)
			break;
		msleep(ROUND_MS);
		graph_stop(graph);
		if (!graph_check(graph))
			err = -EIO;
	} while (!err && (time_before(jiffies, end) ||
			  graph_mutations(graph) < changes));
	return err;
}

static void tell(struct kspan_heap *heap, struct graph *graph)
{
	struct kspan_gc_stats stats;

	kspan_gc_stats(heap, &stats);
	pr_info("%llu changes, %llu cycles, %llu objects freed, %u live\n",
		graph_mutations(graph), stats.cycles_total,
		stats.freed_objects_total, graph_reached(graph));
}

static int __init graph_init(void)
{
	struct kspan_heap_params params = {
		.flags = KSPAN_HEAP_GC,
		.gc_min_bytes = SZ_1M,
	};
	struct graph_how how = {
		.seed = seed ?: get_random_u32(),
		.nthreads = max(2u, num_online_cpus()),
		.most_objects = objects,
		.sleepable = true,
		/* There, nobody allocates in a hard interrupt. */
		.interrupts = !IS_ENABLED(CONFIG_PREEMPT_RT),
	};
	struct graph *graph;
	int err;

	how.heap = kspan_heap_create("graph", &params);
	if (IS_ERR(how.heap))
		return PTR_ERR(how.heap);
	pr_info("seed=%u threads=%u\n", how.seed, how.nthreads);
	graph = graph_create(&how);
	if (IS_ERR(graph)) {
		err = PTR_ERR(graph);
		goto destroy;
	}
	err = run(graph);
	tell(how.heap, graph);
	if (!graph_destroy(graph))
		err = -EIO;
destroy:
	kspan_heap_destroy(how.heap);
	return err;
}
module_init(graph_init);

static void __exit graph_exit(void)
{
}
module_exit(graph_exit);

MODULE_DESCRIPTION("A random graph in a collected heap");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
