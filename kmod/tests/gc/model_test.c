// SPDX-License-Identifier: GPL-2.0
/*
 * A random graph, which all CPUs change while it is collected, held against a reference
 * collector: see graph.h.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sizes.h>

#include "base/fault.h"
#include "tests/gc/graph.h"
#include "tests/kit.h"
#include "tests/suites.h"

static unsigned int gc_ms = 2000;
module_param(gc_ms, uint, 0444);
MODULE_PARM_DESC(gc_ms, "for how long a random graph is changed, each test");

enum {
	ROUND_MS	= 150,
	MOST_OBJECTS	= 4000,
	THIRD_TIME	= 3,
};

static struct kspan_heap *collected(struct kunit *test, size_t limit_bytes)
{
	struct kspan_heap_params params = {
		.flags = KSPAN_HEAP_GC,
		.limit_bytes = limit_bytes,
		.gc_min_bytes = SZ_256K,
	};
	struct kspan_heap *heap = kspan_heap_create("kunit-graph", &params);

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	return heap;
}

static void run_for(struct kunit *test, struct graph *graph, unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	do {
		KUNIT_ASSERT_EQ(test, graph_start(graph), 0);
		msleep(ROUND_MS);
		graph_stop(graph);
		KUNIT_EXPECT_TRUE(test, graph_check(graph));
		/* One is enough to look at. */
		if (test->status == KUNIT_FAILURE)
			break;
	} while (time_before(jiffies, end));
}

static struct graph *graph_of(struct kunit *test, struct kspan_heap *heap,
			      bool sleepable, bool interrupts)
{
	struct graph_how how = {
		.heap = heap,
		.nthreads = max(2u, num_online_cpus()),
		.most_objects = MOST_OBJECTS / KIT_SLOWNESS,
		.sleepable = sleepable,
		.interrupts = interrupts,
	};
	struct rnd_state rnd;
	struct graph *graph;

	kit_seed(test, &rnd);
	how.seed = prandom_u32_state(&rnd);
	graph = graph_create(&how);
	KUNIT_ASSERT_FALSE(test, IS_ERR(graph));
	return graph;
}

static void finish(struct kunit *test, struct graph *graph,
		   struct kspan_heap *heap)
{
	struct kspan_gc_stats stats;

	kspan_gc_stats(heap, &stats);
	kunit_info(test, "%llu changes, %llu without memory, %llu cycles, %llu objects freed\n",
		   graph_mutations(graph), graph_failed(graph),
		   stats.cycles_total, stats.freed_objects_total);
	KUNIT_EXPECT_TRUE(test, graph_destroy(graph));
	kit_expect_empty(test, heap);
	kspan_heap_destroy(heap);
}

static void test_plain(struct kunit *test)
{
	struct kspan_heap *heap = collected(test, 0);
	struct graph *graph = graph_of(test, heap, false, false);

	run_for(test, graph, gc_ms);
	KUNIT_EXPECT_EQ(test, graph_failed(graph), 0);
	finish(test, graph, heap);
}

static void test_mixed(struct kunit *test)
{
	struct kspan_heap *heap = collected(test, 0);
	struct graph *graph = graph_of(test, heap, true, true);

	run_for(test, graph, gc_ms);
	KUNIT_EXPECT_EQ(test, graph_failed(graph), 0);
	finish(test, graph, heap);
}

/* At its limit, a heap has room again once a cycle is complete. */
static void test_limit(struct kunit *test)
{
	struct kspan_heap *heap = collected(test, SZ_8M);
	struct graph *graph = graph_of(test, heap, true, false);

	run_for(test, graph, gc_ms);
	finish(test, graph, heap);
}

/* Without memory, at each place where it is asked for in turn. */
static void test_faults(struct kunit *test)
{
	struct kspan_heap *heap = collected(test, 0);
	struct graph *graph = graph_of(test, heap, true, true);
	unsigned int site;

	for (site = 0; site < KSPAN_NR_FAULTS; site++) {
		u64 failed = kspan_fault_failed(site);

		kspan_fault_set(site, THIRD_TIME);
		run_for(test, graph, 1);
		kspan_fault_set(site, KSPAN_FAULT_OFF);
		failed = kspan_fault_failed(site) - failed;
		if (failed)
			kunit_info(test, "site %u: %llu times\n", site, failed);
		if (test->status == KUNIT_FAILURE)
			break;
	}
	finish(test, graph, heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_plain),
	KUNIT_CASE(test_mixed),
	KUNIT_CASE(test_limit),
	KUNIT_CASE(test_faults),
	{}
};

struct kunit_suite kit_gc_model_suite = {
	.name = "kspan_gc_model",
	.test_cases = cases,
};
