// SPDX-License-Identifier: GPL-2.0
/*
 * Pace: cycles that nobody asks for, and what happens at the limit.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>

#include "gc/gc.h"
#include "tests/gc/gckit.h"
#include "tests/suites.h"

static struct kspan_heap *paced_heap(struct kunit *test, size_t limit_bytes,
				     unsigned int percent,
				     const struct kspan_gc_type **type)
{
	const struct kspan_heap_params params = {
		.flags = KSPAN_HEAP_GC, .limit_bytes = limit_bytes,
		.gc_percent = percent, .gc_min_bytes = 1 << 20,
	};
	const struct kspan_gc_type_desc desc = { .name = "any", .size = 256 };
	struct kspan_heap *heap = kspan_heap_create("gckit-paced", &params);

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	*type = kspan_gc_type_register(heap, &desc);
	KUNIT_ASSERT_FALSE(test, IS_ERR(*type));
	return heap;
}

/* Garbage only: the heap stays near its goal. */
static void garbage_is_collected(struct kunit *test)
{
	/* What CPUs refill before they look at the goal. */
	enum { SLACK_BYTES = 1 << 20 };
	const struct kspan_gc_type *type;
	struct kspan_heap *heap = paced_heap(test, 0, 0, &type);
	struct kspan_heap_stats stats;
	struct kspan_gc_stats gc;
	u64 most_bytes = 0;
	u64 excess;
	u64 goal;
	unsigned int i;

	for (i = 0; i < 400000; i++) {
		kspan_gc_enter(heap);
		if (!kspan_gc_alloc(heap, type, 1, GFP_ATOMIC))
			KUNIT_FAIL(test, "no memory");
		kspan_gc_leave(heap);
		if (i % 256)
			continue;
		kspan_gc_stats(heap, &gc);
		goal = gc.goal_bytes;
		kspan_heap_stats(heap, &stats);
		kspan_gc_stats(heap, &gc);
		goal = max(goal, gc.goal_bytes);
		excess = max_t(u64, goal / 2, 8 << 20);
		if (stats.live_bytes > goal + excess + SLACK_BYTES)
			KUNIT_FAIL(test, "%llu bytes live, and the goal is %llu",
				   stats.live_bytes, goal);
		most_bytes = max(most_bytes, stats.live_bytes);
		cond_resched();
	}
	kspan_gc_stats(heap, &gc);
	kunit_info(test, "100 MB of garbage: %llu cycles, %llu bytes at most, assists %llu ns\n",
		   gc.cycles_total, most_bytes, gc.assist_ns_total);
	KUNIT_EXPECT_GT(test, gc.cycles_total, 5);
	KUNIT_EXPECT_LT(test, most_bytes, 32 << 20);
	kspan_heap_destroy(heap);
}

static void nothing_begins_when_off(struct kunit *test)
{
	const struct kspan_gc_type *type;
	struct kspan_heap *heap = paced_heap(test, 0, KSPAN_GC_OFF, &type);
	struct kspan_gc_stats gc;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		kspan_gc_enter(heap);
		if (!kspan_gc_alloc(heap, type, 1, GFP_ATOMIC))
			KUNIT_FAIL(test, "no memory");
		kspan_gc_leave(heap);
	}
	msleep(50);
	kspan_gc_stats(heap, &gc);
	KUNIT_EXPECT_EQ(test, gc.cycles_total, 0);
	kspan_heap_destroy(heap);
}

/* NULL at once; after the section there is room. */
static void limit_is_waited_for(struct kunit *test)
{
	const struct kspan_gc_type *type;
	struct kspan_heap *heap = paced_heap(test, 2 << 20, KSPAN_GC_OFF,
					     &type);
	unsigned int nr_failed = 0;
	struct kspan_gc_stats gc;
	unsigned int i;

	for (i = 0; i < 40000; i++) {
		void *p;

		kspan_gc_enter(heap);
		p = kspan_gc_alloc(heap, type, 1, GFP_ATOMIC | __GFP_NOWARN);
		kspan_gc_leave(heap);
		if (p)
			continue;
		nr_failed++;
		kspan_gc_enter(heap);
		if (!kspan_gc_alloc(heap, type, 1, GFP_ATOMIC))
			KUNIT_FAIL(test, "no room after the wait");
		kspan_gc_leave(heap);
	}
	kspan_gc_stats(heap, &gc);
	KUNIT_EXPECT_GE(test, nr_failed, 3);
	KUNIT_EXPECT_GE(test, gc.cycles_total, nr_failed);
	kspan_heap_destroy(heap);
}

/* Live objects at the limit: it fails, and does not hang. */
static void full_heap_fails(struct kunit *test)
{
	const struct kspan_gc_type *type;
	struct kspan_heap *heap = paced_heap(test, 2 << 20, 0, &type);
	unsigned int nr_failed = 0;
	unsigned int i;

	for (i = 0; i < 16384 && nr_failed < 3; i++) {
		void *p;

		kspan_gc_enter_sleepable(heap);
		p = kspan_gc_alloc(heap, type, 1, GFP_KERNEL | __GFP_NOWARN);
		if (p && kspan_gc_pin(p))
			KUNIT_FAIL(test, "no pin");
		kspan_gc_leave_sleepable(heap);
		nr_failed += !p;
	}
	KUNIT_EXPECT_EQ(test, nr_failed, 3);
	kspan_heap_destroy(heap);
}

/* Where grey objects have no room nothing is lost. */
static void overflow_loses_nothing(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct kspan_gc_stats stats;
	struct gckit_node *wide;
	unsigned int i;

	kit->heap->gc->grey.most_pages = 0;
	gckit_list(test, 3000);
	/* A node with many below it, which become grey at once. */
	for (i = 0; i < 3000; i++) {
		kspan_gc_enter(kit->heap);
		wide = gckit_node(test, i);
		gckit_set(test, (void **)&wide->other,
			  kspan_gc_load(&kit->root));
		gckit_set(test, (void **)&wide->next, gckit_node(test, i));
		gckit_set(test, &kit->root, wide);
		kspan_gc_leave(kit->heap);
	}
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 9000);
	kspan_gc_stats(kit->heap, &stats);
	KUNIT_EXPECT_GT(test, stats.overflows_total, 0);
	kit->heap->gc->grey.most_pages = 100;
}

static void own_section_is_refused(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct kspan_gc_stats stats;

	kit_reports_begin();
	kspan_gc_enter_sleepable(kit->heap);
	kspan_gc_collect(kit->heap);
	kspan_gc_leave_sleepable(kit->heap);
	kspan_gc_enter(kit->heap);
	kspan_gc_collect(kit->heap);
	kspan_gc_leave(kit->heap);
	kit_reports_end();
	kspan_gc_stats(kit->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.cycles_total, 0);
}

static void sections_nest(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct gckit_node *node;

	kspan_gc_enter_sleepable(kit->heap);
	kspan_gc_enter_sleepable(kit->heap);
	kspan_gc_enter(kit->heap);
	kspan_gc_enter(kit->heap);
	node = gckit_node(test, 1);
	kspan_gc_leave(kit->heap);
	kspan_gc_leave(kit->heap);
	msleep(20);
	kspan_gc_leave_sleepable(kit->heap);
	node->value = 7;
	gckit_set(test, &kit->root, node);
	kspan_gc_leave_sleepable(kit->heap);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 1);
}

static u64 nr_pauses(struct kspan_heap *heap)
{
	struct kspan_gc_stats stats;
	u64 n = 0;
	unsigned int i;

	kspan_gc_stats(heap, &stats);
	for (i = 0; i < KSPAN_GC_PAUSE_BUCKETS; i++)
		n += stats.pause_ns_hist[i];
	return n;
}

static void section(struct kspan_heap *heap)
{
	kspan_gc_enter(heap);
	kspan_gc_leave(heap);
}

/* Somebody presses for what others allocate, and this CPU has not. */
static void who_only_reads_goes_on(struct kunit *test)
{
	struct kspan_heap *heap = gckit(test)->heap;
	struct kspan_tempo *pace = &heap->gc->pace;
	u64 before = nr_pauses(heap);

	migrate_disable();
	this_cpu_write(*pace->owed, 0);
	/* A cycle that never comes. */
	WRITE_ONCE(pace->wait_for, READ_ONCE(heap->gc->begun) + 1000);
	WRITE_ONCE(pace->press, KSPAN_PRESS_WAIT);
	section(heap);
	WRITE_ONCE(pace->press, KSPAN_PRESS_ASSIST);
	section(heap);
	KUNIT_EXPECT_EQ(test, nr_pauses(heap), before);
	/* All wait where an allocation has failed. */
	WRITE_ONCE(pace->starved, true);
	section(heap);
	WRITE_ONCE(pace->starved, false);
	WRITE_ONCE(pace->press, KSPAN_PRESS_NONE);
	migrate_enable();
	KUNIT_EXPECT_EQ(test, nr_pauses(heap), before + 2);
}

/* Who has refilled much does not pay for all of it at once. */
static void assists_are_small(struct kunit *test)
{
	enum { REFILLED = 1 << 20, MOST = 16 << 10 };
	struct kspan_heap *heap = gckit(test)->heap;
	struct kspan_tempo *pace = &heap->gc->pace;
	unsigned long left = REFILLED;
	u64 before = nr_pauses(heap);
	unsigned long now;
	unsigned int i;

	migrate_disable();
	WRITE_ONCE(pace->press, KSPAN_PRESS_ASSIST);
	this_cpu_write(*pace->owed, left);
	for (i = 1; left; i++) {
		section(heap);
		now = this_cpu_read(*pace->owed);
		KUNIT_EXPECT_LT(test, now, left);
		KUNIT_EXPECT_LE(test, left - now, 2 * MOST);
		left = now;
		if (i > REFILLED)
			break;
	}
	WRITE_ONCE(pace->press, KSPAN_PRESS_NONE);
	migrate_enable();
	KUNIT_EXPECT_GE(test, nr_pauses(heap) - before, REFILLED / MOST);
}

static void allocate(struct kunit *test, struct kspan_heap *heap,
		     const struct kspan_gc_type *type, size_t nbytes)
{
	size_t n;

	for (n = 0; n < nbytes; n += 256) {
		kspan_gc_enter(heap);
		if (!kspan_gc_alloc(heap, type, 1, GFP_ATOMIC))
			KUNIT_FAIL(test, "no memory");
		kspan_gc_leave(heap);
	}
}

/* Those who were told to wait just when the last cycle ended wait for another. */
static void an_old_wait_is_renewed(struct kunit *test)
{
	const struct kspan_gc_type *type;
	struct kspan_heap *heap = paced_heap(test, 0, KSPAN_GC_OFF, &type);
	struct kspan_gc *gc = heap->gc;
	unsigned long begun;

	kspan_gc_collect(heap);
	allocate(test, heap, type, 9 << 20);
	begun = READ_ONCE(gc->begun);
	KUNIT_ASSERT_EQ(test, READ_ONCE(gc->done), begun);
	WRITE_ONCE(gc->pace.wait_for, begun);
	WRITE_ONCE(gc->pace.press, KSPAN_PRESS_WAIT);
	WRITE_ONCE(gc->pace.goal_bytes, 0);
	WRITE_ONCE(gc->pace.trigger_bytes, 0);
	gc->pace.percent = 100;
	allocate(test, heap, type, 1 << 20);
	KUNIT_EXPECT_GT(test, READ_ONCE(gc->pace.wait_for), begun);
	kspan_heap_destroy(heap);
}

static struct kunit_case pace_cases[] = {
	KUNIT_CASE(garbage_is_collected),
	KUNIT_CASE(nothing_begins_when_off),
	KUNIT_CASE(limit_is_waited_for),
	KUNIT_CASE(full_heap_fails),
	KUNIT_CASE(overflow_loses_nothing),
	KUNIT_CASE(own_section_is_refused),
	KUNIT_CASE(sections_nest),
	KUNIT_CASE(who_only_reads_goes_on),
	KUNIT_CASE(assists_are_small),
	KUNIT_CASE(an_old_wait_is_renewed),
	{}
};

struct kunit_suite kit_gc_pace_suite = {
	.name = "kspan_gc_pace",
	.init = gckit_init,
	.exit = gckit_exit,
	.test_cases = pace_cases,
};
