// SPDX-License-Identifier: GPL-2.0
/*
 * CPUs come and go, with work on them or without: what they had cached is not
 * lost, and not counted twice.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/workqueue.h>

#include "heaps/heap.h"
#include "tests/hammer.h"
#include "tests/suites.h"
#include "watch/stats.h"

enum {
	ROUNDS		= 6,
	NR_OBJECTS	= 20,
};

/* The last CPU, if it can go. */
static unsigned int victim(struct kunit *test)
{
	unsigned int cpu = cpumask_last(cpu_online_mask);

	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU");
	return cpu;
}

/* Fills this CPU's cache, in each class. */
static long fill_cache(void *arg)
{
	void *objs[NR_OBJECTS];
	unsigned int class;
	unsigned int i;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		u32 size = kspan_sizeclasses[class].size_bytes;

		for (i = 0; i < NR_OBJECTS; i++)
			objs[i] = kspan_alloc(arg, size, GFP_KERNEL);
		for (i = 0; i < NR_OBJECTS; i++)
			kspan_free(objs[i]);
	}
	return 0;
}

static void dead_cpu_leaves_nothing(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int cpu = victim(test);
	struct kspan_cpu *cache = per_cpu_ptr(heap->cpu, cpu);
	struct kspan_heap_stats before;
	struct kspan_heap_stats after;
	unsigned int class;

	work_on_cpu(cpu, fill_cache, heap);
	kspan_heap_stats(heap, &before);
	KUNIT_EXPECT_GT(test, before.cached_bytes, 0);
	KUNIT_EXPECT_GT(test, cache->mags[1].capacity, 0);
	/* An array of the largest has less room than there were objects. */
	KUNIT_EXPECT_GT(test, cache->shelves[KSPAN_NR_STORES - 1].full.nr, 0);

	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);
	kspan_heap_stats(heap, &after);
	KUNIT_EXPECT_EQ(test, after.allocs_total, before.allocs_total);
	KUNIT_EXPECT_EQ(test, after.frees_total, before.frees_total);
	for (class = 1; class < KSPAN_NR_STORES; class++) {
		KUNIT_EXPECT_EQ(test, cache->mags[class].capacity, 0);
		KUNIT_EXPECT_FALSE(test,
				   kspan_shelf_has_any(&cache->shelves[class]));
	}
	kit_expect_empty(test, heap);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);

	/* It begins anew. */
	work_on_cpu(cpu, fill_cache, heap);
	KUNIT_EXPECT_GT(test, cache->mags[1].capacity, 0);
	kspan_heap_stats(heap, &after);
	KUNIT_EXPECT_EQ(test, after.allocs_total, 2 * before.allocs_total);
	kit_expect_empty(test, heap);
}

static void cpus_go_under_work(struct kunit *test)
{
	unsigned int cpu = victim(test);
	struct kit_hammer *hammer = kit_hammer_start(test);
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		msleep(100);
		KUNIT_EXPECT_EQ(test, remove_cpu(cpu), 0);
		msleep(100);
		kspan_heap_drain(kit_heap(test));
		KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
		set_cpus_allowed_ptr(hammer->tasks[round % KIT_HAMMER_THREADS],
				     cpumask_of(cpu));
	}
	kit_hammer_stop(test, hammer);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(dead_cpu_leaves_nothing),
	KUNIT_CASE(cpus_go_under_work),
	{}
};

struct kunit_suite kit_hotplug_suite = {
	.name = "kspan_hotplug",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
