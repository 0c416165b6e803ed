// SPDX-License-Identifier: GPL-2.0
/*
 * Heaps come and go: names, parameters, references, and that nothing stays.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/workqueue.h>

#include "base/sizeclass.h"
#include "heaps/heap.h"
#include "heaps/life.h"
#include "heaps/registry.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_CYCLES	= 200,
	/*
	 * What slab's own caches may hold, KASAN's quarantine above all, and
	 * counters may be behind.
	 */
	NOISE_PAGES	= IS_ENABLED(CONFIG_KASAN) ? 2000 : 600,
};

/* What lies in the page allocator's lists of each CPU is free, too. */
static long free_pages_of(struct zone *zone)
{
	long npages = 0;
	int cpu;

	if (!populated_zone(zone))
		return 0;
	for_each_online_cpu(cpu)
		npages += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset,
						cpu)->count);
	return npages;
}

static long free_pages_now(void)
{
	long npages;
	int zone;
	int nid;

	/* Metadata that is freed under RCU, and vmalloc memory. */
	rcu_barrier();
	msleep(20);
	rcu_barrier();
	npages = global_zone_page_state(NR_FREE_PAGES);
	for_each_online_node(nid) {
		for (zone = 0; zone < MAX_NR_ZONES; zone++)
			npages += free_pages_of(&NODE_DATA(nid)->node_zones[zone]);
	}
	return npages;
}

static void expect_create(struct kunit *test, const char *name,
			  const struct kspan_heap_params *params, long err)
{
	struct kspan_heap *heap = kspan_heap_create(name, params);
	u32 id;

	if (err) {
		KUNIT_EXPECT_TRUE_MSG(test, IS_ERR(heap), "%s", name);
		if (IS_ERR(heap))
			KUNIT_EXPECT_EQ(test, PTR_ERR(heap), err);
		else
			kspan_heap_destroy(heap);
		return;
	}
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(heap), "%s", name);
	KUNIT_EXPECT_STREQ(test, kspan_heap_name(heap), name);
	expect_create(test, name, NULL, -EEXIST);
	id = heap->storage.source.id;
	kspan_heap_destroy(heap);
	rcu_read_lock();
	KUNIT_EXPECT_NULL(test, kspan_heap_of_id(id));
	rcu_read_unlock();
}

static void names(struct kunit *test)
{
	static const char * const good[] = {
		"a", "0", "Kunit-1_2.3", "-", "_", "a.b",
		"abcdefghijklmnopqrstuvwxyz01234",
	};
	static const char * const bad[] = {
		"", ".", "..", ".hidden", "a/b", "/", "a b", "a\n", "\xe4",
		"a:b", "abcdefghijklmnopqrstuvwxyz012345",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		expect_create(test, good[i], NULL, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect_create(test, bad[i], NULL, -EINVAL);
	expect_create(test, NULL, NULL, -EINVAL);
	expect_create(test, "default", NULL, -EEXIST);
}

static void parameters(struct kunit *test)
{
	struct kspan_heap_params params = { };

	expect_create(test, "kunit-p", &params, 0);
	params.flags = KSPAN_HEAP_ZERO_ON_DESTROY;
	expect_create(test, "kunit-p", &params, 0);
	params.flags = KSPAN_HEAP_NODE;
	params.node = first_memory_node;
	expect_create(test, "kunit-p", &params, 0);
	params.node = -1;
	expect_create(test, "kunit-p", &params, -EINVAL);
	params.node = nr_node_ids;
	expect_create(test, "kunit-p", &params, -EINVAL);
	params.node = INT_MAX;
	expect_create(test, "kunit-p", &params, -EINVAL);
	params.flags = 0;
	params.node = 1;
	expect_create(test, "kunit-p", &params, -EINVAL);
	params.node = 0;
	params.flags = KSPAN_HEAP_GC << 1;
	expect_create(test, "kunit-p", &params, -EINVAL);
	params.flags = 1U << 31;
	expect_create(test, "kunit-p", &params, -EINVAL);
}

static void nothing_to_destroy(struct kunit *test)
{
	struct kspan_heap *heap = kspan_default_heap();
	void *p;

	kspan_heap_destroy(NULL);
	kspan_heap_destroy(ERR_PTR(-ENOMEM));
	kspan_heap_put(NULL);
	kit_reports_begin();
	kspan_heap_destroy(heap);
	kit_reports_end();
	KUNIT_EXPECT_PTR_EQ(test, kspan_default_heap(), heap);
	p = kspan_alloc(heap, 100, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	kspan_free(p);
}

/* Of two that want to destroy a heap, one is told to. */
static void one_hides_it(struct kunit *test)
{
	struct kspan_heap *heap = kspan_heap_create("kunit-hidden", NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	KUNIT_EXPECT_TRUE(test, kspan_registry_hide(heap));
	KUNIT_EXPECT_NULL(test, kspan_heap_find("kunit-hidden"));
	KUNIT_EXPECT_FALSE(test, kspan_registry_hide(heap));
	kspan_registry_publish(heap);
	kspan_heap_destroy(heap);
}

struct destroyer {
	struct kspan_heap	*heap;
	struct completion	done;
};

static int destroy(void *arg)
{
	struct destroyer *destroyer = arg;

	kspan_heap_destroy(destroyer->heap);
	complete(&destroyer->done);
	return 0;
}

static void destroy_waits_for_put(struct kunit *test)
{
	struct destroyer destroyer = {
		.heap = kspan_heap_create("kunit-held", NULL),
	};
	struct task_struct *task;
	struct kspan_heap *held;
	void *p;

	KUNIT_ASSERT_FALSE(test, IS_ERR(destroyer.heap));
	KUNIT_EXPECT_NULL(test, kspan_heap_find("kunit-nobody"));
	held = kspan_heap_find("kunit-held");
	KUNIT_EXPECT_PTR_EQ(test, held, destroyer.heap);
	init_completion(&destroyer.done);
	task = kthread_run(destroy, &destroyer, "kspan-destroy");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&destroyer.done,
							  HZ / 5), 0);
	/* Not to be found any more, but whole. */
	KUNIT_EXPECT_NULL(test, kspan_heap_find("kunit-held"));
	p = kspan_alloc(held, 64, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	kspan_free(p);
	kspan_heap_put(held);
	wait_for_completion(&destroyer.done);
}

/* Nobody knows who has forgotten it: the log is told, again and again. */
static void references_that_stay_are_told(struct kunit *test)
{
	struct destroyer destroyer = {
		.heap = kspan_heap_create("kunit-kept", NULL),
	};
	unsigned int patience_ms = kspan_heap_patience_ms;
	unsigned int total = kspan_heap_last_wait.total;
	struct kspan_heap *held[2];
	struct task_struct *task;
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(destroyer.heap));
	for (i = 0; i < ARRAY_SIZE(held); i++)
		held[i] = kspan_heap_find("kunit-kept");
	init_completion(&destroyer.done);
	kspan_heap_patience_ms = 50;
	kit_reports_begin();
	task = kthread_run(destroy, &destroyer, "kspan-destroy");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (i = 0; i < 200 && kspan_heap_last_wait.total < total + 2; i++)
		msleep(50);
	KUNIT_EXPECT_GE(test, kspan_heap_last_wait.total, total + 2);
	KUNIT_EXPECT_EQ(test, kspan_heap_last_wait.nrefs, ARRAY_SIZE(held));
	kspan_heap_put(held[0]);
	total = kspan_heap_last_wait.total;
	for (i = 0; i < 200 && kspan_heap_last_wait.total < total + 2; i++)
		msleep(50);
	KUNIT_EXPECT_EQ(test, kspan_heap_last_wait.nrefs, 1);
	kspan_heap_put(held[1]);
	wait_for_completion(&destroyer.done);
	kit_reports_end();
	kspan_heap_patience_ms = patience_ms;
	/* Who lets go in time is not told of. */
	total = kspan_heap_last_wait.total;
	destroyer.heap = kspan_heap_create("kunit-kept", NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(destroyer.heap));
	kspan_heap_put(kspan_heap_find("kunit-kept"));
	kspan_heap_destroy(destroyer.heap);
	KUNIT_EXPECT_EQ(test, kspan_heap_last_wait.total, total);
}

/* Leaves objects live, and objects in this CPU's cache. */
static long use_on_this_cpu(void *arg)
{
	struct kspan_heap *heap = arg;
	void *freed[8];
	unsigned int class;
	unsigned int i;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		u32 size = kspan_sizeclasses[class].size_bytes;

		for (i = 0; i < ARRAY_SIZE(freed); i++) {
			void *kept = kspan_alloc(heap, size, GFP_KERNEL);

			freed[i] = kspan_alloc(heap, size, GFP_KERNEL);
			if (kept)
				memset(kept, 0xff, size);
		}
		for (i = 0; i < ARRAY_SIZE(freed); i++)
			kspan_free(freed[i]);
	}
	return 0;
}

static void use_everything(struct kunit *test, struct kspan_heap *heap)
{
	unsigned int i;

	for_each_online_cpu(i)
		work_on_cpu(i, use_on_this_cpu, heap);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_NOT_NULL(test,
				      kspan_alloc(heap, 300 << 10, GFP_KERNEL));
		KUNIT_EXPECT_NOT_NULL(test,
				      kspan_alloc(heap, 5 << 20, GFP_KERNEL));
	}
}

static void destroy_gives_all_back(struct kunit *test)
{
	struct kspan_heap_params params = {
		.flags = KSPAN_HEAP_ZERO_ON_DESTROY,
	};
	struct kspan_heap_stats stats;
	struct kspan_heap *heap;
	long before = 0;
	unsigned int round;

	/* The first round warms up. */
	for (round = 0; round < 5; round++) {
		if (round == 1)
			before = free_pages_now();
		heap = kspan_heap_create("kunit-full", &params);
		KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
		use_everything(test, heap);
		kspan_heap_stats(heap, &stats);
		KUNIT_EXPECT_EQ(test, stats.live_objects,
				num_online_cpus() * 8 * KSPAN_NR_CLASSES + 8);
		KUNIT_EXPECT_GT(test, stats.cached_bytes, 0);
		KUNIT_EXPECT_GT(test, stats.backing_bytes / PAGE_SIZE,
				NOISE_PAGES);
		kit_stats_add_up(test, &stats);
		kit_expect_sound(test, heap);
		kspan_heap_destroy(heap);
	}
	KUNIT_EXPECT_LT(test, before - free_pages_now(), NOISE_PAGES);
}

static void many_heaps_leave_nothing(struct kunit *test)
{
	long before = 0;
	unsigned int cycle;

	for (cycle = 0; cycle < NR_CYCLES + 10; cycle++) {
		struct kspan_heap *heap;

		if (cycle == 10)
			before = free_pages_now();
		heap = kspan_heap_create("kunit-cycle", NULL);
		KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
		KUNIT_EXPECT_NOT_NULL(test, kspan_alloc(heap, 64, GFP_KERNEL));
		KUNIT_EXPECT_NOT_NULL(test,
				      kspan_alloc(heap, 40 << 10, GFP_KERNEL));
		kspan_heap_destroy(heap);
	}
	/* Each has had 16 pages at least: a leak would be 3200. */
	KUNIT_EXPECT_LT(test, before - free_pages_now(), NOISE_PAGES);
}

/* Several at a time know nothing of each other. */
static void heaps_are_apart(struct kunit *test)
{
	struct kspan_heap *heaps[8];
	struct kspan_heap_stats stats;
	struct kspan_object obj;
	void *objs[8];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(heaps); i++) {
		char name[16];

		snprintf(name, sizeof(name), "kunit-%u", i);
		heaps[i] = kspan_heap_create(name, NULL);
		KUNIT_ASSERT_FALSE(test, IS_ERR(heaps[i]));
		objs[i] = kspan_alloc(heaps[i], 128, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		kit_fill(objs[i], 128, i);
	}
	for (i = 0; i < ARRAY_SIZE(heaps); i += 2)
		kspan_heap_destroy(heaps[i]);
	for (i = 1; i < ARRAY_SIZE(heaps); i += 2) {
		KUNIT_EXPECT_TRUE(test, kit_filled(objs[i], 128, i));
		KUNIT_EXPECT_TRUE(test, kspan_find_object(objs[i], &obj));
		KUNIT_EXPECT_PTR_EQ(test, obj.heap, heaps[i]);
		kspan_heap_stats(heaps[i], &stats);
		KUNIT_EXPECT_EQ(test, stats.live_objects, 1);
		kspan_free(objs[i]);
		kit_expect_empty(test, heaps[i]);
		kspan_heap_destroy(heaps[i]);
	}
}

/* And the name is free again. */
static void no_reserve_no_heap(struct kunit *test)
{
	const struct kspan_heap_params params = {
		.min_reserve_bytes = 1UL << 50,
	};
	struct kspan_heap *heap = kspan_heap_create("kspan-reserved", &params);

	KUNIT_EXPECT_TRUE(test, IS_ERR(heap));
	if (!IS_ERR(heap))
		kspan_heap_destroy(heap);
	heap = kspan_heap_create("kspan-reserved", NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	kspan_heap_destroy(heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(names),
	KUNIT_CASE(parameters),
	KUNIT_CASE(nothing_to_destroy),
	KUNIT_CASE(one_hides_it),
	KUNIT_CASE(destroy_waits_for_put),
	KUNIT_CASE(references_that_stay_are_told),
	KUNIT_CASE(destroy_gives_all_back),
	KUNIT_CASE(many_heaps_leave_nothing),
	KUNIT_CASE(heaps_are_apart),
	KUNIT_CASE(no_reserve_no_heap),
	{}
};

struct kunit_suite kit_heap_suite = {
	.name = "kspan_heap",
	.test_cases = cases,
};
