// SPDX-License-Identifier: GPL-2.0
/*
 * Sweeping by those who want slots. The tests stand where a cycle does between marking
 * and its end: what has been allocated since the last cycle is not reached, so garbage.
 */
#include <linux/completion.h>
#include <linux/nodemask.h>
#include <linux/workqueue.h>

#include "gc/cycle.h"
#include "gc/sweep.h"
#include "gc/type.h"
#include "heaps/typed.h"
#include "tests/gc/gckit.h"
#include "tests/suites.h"

enum {
	GARBAGE		= 4000,
	LIVE		= 2000,
	/* Sweeps that go on until they have found nothing. */
	MANY		= 1000,
	STUCK_MS	= 100,
};

static struct kspan_gc *gc_of(struct kunit *test)
{
	return gckit(test)->heap->gc;
}

static struct kspan_store *store_of(struct kunit *test)
{
	return &gckit(test)->nodes->cache->store;
}

static void make_garbage(struct kunit *test, unsigned int nr)
{
	while (nr--) {
		kspan_gc_enter(gckit(test)->heap);
		gckit_node(test, nr);
		kspan_gc_leave(gckit(test)->heap);
	}
}

static void begin_sweep(struct kunit *test)
{
	struct kspan_gc *gc = gc_of(test);

	mutex_lock(&gc->cycle_mutex);
	kspan_cycle_change_phase(gc, KSPAN_GC_SWEEP);
	kspan_sweep_open(gc);
}

static void end_sweep(struct kunit *test, struct kspan_swept *swept)
{
	struct kspan_gc *gc = gc_of(test);

	kspan_sweep_close(gc, swept);
	kspan_cycle_change_phase(gc, KSPAN_GC_IDLE);
	mutex_unlock(&gc->cycle_mutex);
}

static u64 swept_by_need(struct kunit *test)
{
	struct kspan_gc_stats stats;

	kspan_gc_stats(gckit(test)->heap, &stats);
	return stats.swept_by_need_total;
}

static u64 spans(struct kunit *test)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(gckit(test)->heap, &stats);
	return stats.spans;
}

/* Garbage is found before the heap grows, and what is live stays. */
static void garbage_before_growth(struct kunit *test)
{
	struct kspan_swept swept = {};
	u64 nspans;

	kit_stay();
	make_garbage(test, GARBAGE);
	nspans = spans(test);
	begin_sweep(test);
	gckit_list(test, LIVE);
	KUNIT_EXPECT_LE(test, spans(test), nspans);
	KUNIT_EXPECT_GT(test, swept_by_need(test), 0);
	end_sweep(test, &swept);
	KUNIT_EXPECT_GE(test, swept.freed_objects, LIVE / 2);
	KUNIT_EXPECT_LE(test, swept.freed_objects, GARBAGE);
	KUNIT_EXPECT_EQ(test, gckit_live(test),
			LIVE + GARBAGE - swept.freed_objects);
	KUNIT_EXPECT_TRUE(test, gckit_list_intact(test, LIVE));
	kspan_gc_collect(gckit(test)->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), LIVE);
	KUNIT_EXPECT_TRUE(test, gckit_list_intact(test, LIVE));
}

/* Whoever sweeps a span, it is swept and counted once. */
static void each_span_once(struct kunit *test)
{
	struct kspan_swept swept = {};
	unsigned int nsweeps = 0;
	u64 before;
	int nid;

	kit_stay();
	gckit_list(test, LIVE);
	kspan_gc_collect(gckit(test)->heap);
	make_garbage(test, GARBAGE);
	before = swept_by_need(test);
	begin_sweep(test);
	for_each_online_node(nid)
		while (kspan_sweep_some(store_of(test), nid) && nsweeps < MANY)
			nsweeps++;
	KUNIT_EXPECT_GT(test, nsweeps, 1);
	KUNIT_EXPECT_GE(test, swept_by_need(test), before + nsweeps);
	kspan_sweep_spans(gc_of(test), &swept);
	end_sweep(test, &swept);
	KUNIT_EXPECT_EQ(test, swept.freed_objects, GARBAGE);
	KUNIT_EXPECT_EQ(test, swept.marked_bytes,
			LIVE * sizeof(struct gckit_node));
	KUNIT_EXPECT_TRUE(test, gckit_list_intact(test, LIVE));
	KUNIT_EXPECT_EQ(test, gckit_live(test), LIVE);
}

/* Out of a sweep nobody takes for garbage what has only not been reached. */
static void closed_frees_nothing(struct kunit *test)
{
	kit_stay();
	/* Spans that come after it have been swept in no round. */
	kspan_gc_collect(gckit(test)->heap);
	gckit_list(test, LIVE);
	KUNIT_EXPECT_FALSE(test, kspan_sweep_some(store_of(test),
						  numa_mem_id()));
	KUNIT_EXPECT_EQ(test, gckit_live(test), LIVE);
	KUNIT_EXPECT_TRUE(test, gckit_list_intact(test, LIVE));
}

/* A number comes around: the same one means another sweep then. */
static void rounds_come_around(struct kunit *test)
{
	struct kspan_gc *gc = gc_of(test);
	unsigned int i;

	for (i = 0; i < 2 * U8_MAX + 3; i++) {
		struct kspan_swept swept = {};

		make_garbage(test, 1);
		begin_sweep(test);
		kspan_sweep_spans(gc, &swept);
		end_sweep(test, &swept);
		KUNIT_ASSERT_EQ(test, swept.freed_objects, 1);
		KUNIT_ASSERT_NE(test, gc->sweep.round, KSPAN_NO_ROUND);
	}
}

/**
 * struct closing - a sweep that ends
 * @work: ends it
 * @test: whose
 * @done: it has
 */
struct closing {
	struct work_struct	work;
	struct kunit		*test;
	struct completion	done;
};

static void close_sweep(struct work_struct *work)
{
	struct closing *closing = container_of(work, struct closing, work);
	struct kspan_swept swept = {};

	kspan_sweep_close(gc_of(closing->test), &swept);
	complete(&closing->done);
}

/* The end of a sweep waits for who is at it. */
static void end_waits(struct kunit *test)
{
	struct closing closing = { .test = test };
	struct kspan_gc *gc = gc_of(test);
	struct kspan_swept swept = {};
	bool early;

	INIT_WORK_ONSTACK(&closing.work, close_sweep);
	init_completion(&closing.done);
	begin_sweep(test);
	atomic_inc(&gc->active);
	schedule_work(&closing.work);
	early = wait_for_completion_timeout(&closing.done,
					    msecs_to_jiffies(STUCK_MS));
	atomic_dec(&gc->active);
	wake_up_all(&gc->moved);
	flush_work(&closing.work);
	destroy_work_on_stack(&closing.work);
	end_sweep(test, &swept);
	KUNIT_EXPECT_FALSE(test, early);
}

static struct kunit_case sweep_cases[] = {
	KUNIT_CASE(garbage_before_growth),
	KUNIT_CASE(each_span_once),
	KUNIT_CASE(closed_frees_nothing),
	KUNIT_CASE(rounds_come_around),
	KUNIT_CASE(end_waits),
	{}
};

struct kunit_suite kit_gc_sweep_suite = {
	.name = "kspan_gc_sweep",
	.init = gckit_init,
	.exit = gckit_exit,
	.test_cases = sweep_cases,
};
