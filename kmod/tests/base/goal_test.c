// SPDX-License-Identifier: GPL-2.0
/*
 * How much is kept, and how much time is spent on the rest: the formulas.
 */
#include "base/goal.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	PEAK	= 32768,
	LEAST	= KSPAN_GOAL_LEAST_PAGES,
};

static void a_peak_is_kept_for_some_seconds(struct kunit *test)
{
	struct kspan_goal goal = { };
	unsigned int tick;

	kspan_goal_tick(&goal, PEAK);
	KUNIT_EXPECT_EQ(test, goal.need, PEAK);
	for (tick = 1; tick < KSPAN_GOAL_TICKS; tick++) {
		kspan_goal_tick(&goal, 0);
		KUNIT_EXPECT_EQ(test, goal.need, PEAK);
	}
	kspan_goal_tick(&goal, 0);
	KUNIT_EXPECT_EQ(test, goal.need, PEAK / 4);
	kspan_goal_tick(&goal, 0);
	KUNIT_EXPECT_EQ(test, goal.need, PEAK / 16);
}

/* 256 MB: what is kept of it ten seconds later is next to nothing. */
static void a_peak_is_forgotten_in_ten_seconds(struct kunit *test)
{
	struct kspan_goal goal = { };
	unsigned int tick;

	kspan_goal_tick(&goal, PEAK);
	for (tick = 1; tick < 10; tick++)
		kspan_goal_tick(&goal, 0);
	KUNIT_EXPECT_LE(test, goal.need, PEAK / 1000);
	for (tick = 0; tick < 5; tick++)
		kspan_goal_tick(&goal, 0);
	KUNIT_EXPECT_EQ(test, goal.need, 0);
}

static void a_smaller_peak_is_the_floor(struct kunit *test)
{
	struct kspan_goal goal = { };
	unsigned int tick;

	kspan_goal_tick(&goal, PEAK);
	for (tick = 0; tick < 20; tick++) {
		kspan_goal_tick(&goal, PEAK / 2);
		KUNIT_EXPECT_GE(test, goal.need, PEAK / 2);
	}
	KUNIT_EXPECT_EQ(test, goal.need, PEAK / 2);
	kspan_goal_tick(&goal, PEAK);
	KUNIT_EXPECT_EQ(test, goal.need, PEAK);
}

/* Whatever the period is, up to that of the memory, nothing is surplus. */
static void oscillation_keeps_what_it_needs(struct kunit *test)
{
	unsigned int period;

	for (period = 1; period <= KSPAN_GOAL_TICKS; period++) {
		struct kspan_goal goal = { };
		unsigned int tick;

		for (tick = 0; tick < 50; tick++) {
			kspan_goal_tick(&goal, tick % period ? 0 : PEAK);
			KUNIT_ASSERT_EQ(test,
					kspan_goal_surplus(goal.need, PEAK, 0),
					0);
		}
	}
}

static void idle_caches_are_no_need(struct kunit *test)
{
	struct kspan_goal goal = { };

	kspan_goal_tick(&goal, 100);
	kspan_goal_tick(&goal, 1000);
	kspan_goal_forget(&goal, 200);
	KUNIT_EXPECT_EQ(test, goal.need, 800);
	KUNIT_EXPECT_EQ(test, kspan_goal_recent(&goal), 800);
	kspan_goal_forget(&goal, 1000);
	KUNIT_EXPECT_EQ(test, goal.need, 0);
	KUNIT_EXPECT_EQ(test, kspan_goal_recent(&goal), 0);
}

static void a_tenth_more_than_needed(struct kunit *test)
{
	const unsigned long keep = 1000 + 100 + LEAST;

	KUNIT_EXPECT_EQ(test, kspan_goal_surplus(1000, keep, 0), 0);
	KUNIT_EXPECT_EQ(test, kspan_goal_surplus(1000, keep + 7, 0), 7);
	KUNIT_EXPECT_EQ(test, kspan_goal_surplus(1000, 10, 0), 0);
	KUNIT_EXPECT_EQ(test, kspan_goal_surplus(0, LEAST, 0), 0);
	KUNIT_EXPECT_EQ(test, kspan_goal_surplus(0, LEAST + 5, 0), 5);
}

/* What growth has taken ahead does not count; what is left of a peak does. */
static void fresh_pages_do_not_count(struct kunit *test)
{
	const unsigned long keep = 1000 + 100 + LEAST;
	const unsigned long ahead = keep / 8 + LEAST;

	KUNIT_EXPECT_EQ(test, kspan_goal_ahead(1000), ahead);
	KUNIT_EXPECT_EQ(test, kspan_goal_surplus(1000, keep + ahead, ahead), 0);
	KUNIT_EXPECT_EQ(test, kspan_goal_surplus(1000, keep + 100, 90), 10);
	KUNIT_EXPECT_EQ(test,
			kspan_goal_surplus(1000, keep + ahead + 50, ahead + 50),
			50);
	/* Whoever grows by an eighth has nothing to give back at once. */
	KUNIT_EXPECT_EQ(test, kspan_goal_surplus(8000, 8000 + 1000, 1000), 0);
}

static void a_hundredth_of_the_time(struct kunit *test)
{
	struct kspan_pace pace = { .filled_ns = 5 };

	kspan_pace_fill(&pace, 5 + 100 * 1000);
	KUNIT_EXPECT_EQ(test, pace.left_ns, 1000);
	kspan_pace_fill(&pace, 5 + NSEC_PER_SEC / 2);
	KUNIT_EXPECT_EQ(test, pace.left_ns, KSPAN_PACE_NS / 2);
	/* Not more than a second's is saved up. */
	kspan_pace_fill(&pace, 100ULL * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, pace.left_ns, KSPAN_PACE_BURST_NS);
	/* A debt is paid. */
	pace.left_ns = -2 * KSPAN_PACE_NS;
	kspan_pace_fill(&pace, 101ULL * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, pace.left_ns, -KSPAN_PACE_NS);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_peak_is_kept_for_some_seconds),
	KUNIT_CASE(a_peak_is_forgotten_in_ten_seconds),
	KUNIT_CASE(a_smaller_peak_is_the_floor),
	KUNIT_CASE(oscillation_keeps_what_it_needs),
	KUNIT_CASE(idle_caches_are_no_need),
	KUNIT_CASE(a_tenth_more_than_needed),
	KUNIT_CASE(fresh_pages_do_not_count),
	KUNIT_CASE(a_hundredth_of_the_time),
	{}
};

struct kunit_suite kit_goal_suite = {
	.name = "kspan_goal",
	.test_cases = cases,
};
