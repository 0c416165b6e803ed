// SPDX-License-Identifier: GPL-2.0
/*
 * The limiter, with a clock of the test's, and a collector's share, as it is told.
 */
#include <linux/delay.h>
#include <linux/kspan_gc.h>
#include <linux/ktime.h>
#include <linux/math64.h>

#include "gc/gc.h"
#include "gc/limiter.h"
#include "tests/gc/gckit.h"
#include "tests/suites.h"

enum {
	NR_CPUS_THERE	= 4,
	STEP_MS		= 20,
	NR_STEPS	= 4000,
	NR_NODES	= 200000 / KIT_SLOWNESS,
	WAIT_MS		= 20000,
};

static const u64 step_ns = STEP_MS * NSEC_PER_MSEC;

/* So much of all CPUs is taken in a step; returns whether it is full then. */
static bool step(struct kspan_limiter *limiter, u64 *now_ns, u32 percent)
{
	*now_ns += step_ns;
	kspan_limiter_add(limiter, div_u64(step_ns * NR_CPUS_THERE * percent, 100),
			  *now_ns, NR_CPUS_THERE);
	return kspan_limiter_full(limiter);
}

static void test_half_is_allowed(struct kunit *test)
{
	struct kspan_limiter limiter;
	u64 now_ns = 12345;
	unsigned int i;

	kspan_limiter_init(&limiter, now_ns);
	for (i = 0; i < NR_STEPS; i++) {
		if (step(&limiter, &now_ns, 50))
			break;
	}
	KUNIT_EXPECT_EQ(test, i, NR_STEPS);
}

/* All CPUs fill it in a second; half as much above a half in two. */
static void test_full(struct kunit *test)
{
	static const struct {
		u32 percent;
		unsigned int seconds;
	} cases[] = { { 100, 1 }, { 75, 2 }, { 60, 5 } };
	struct kspan_limiter limiter;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 now_ns = 0;

		kspan_limiter_init(&limiter, now_ns);
		for (n = 1; !step(&limiter, &now_ns, cases[i].percent); n++)
			KUNIT_ASSERT_LT(test, n, NR_STEPS);
		KUNIT_EXPECT_EQ(test, n,
				cases[i].seconds * MSEC_PER_SEC / STEP_MS);
		/* It has room as soon as the others have had more. */
		KUNIT_EXPECT_TRUE(test, step(&limiter, &now_ns, 50));
		KUNIT_EXPECT_FALSE(test, step(&limiter, &now_ns, 49));
		KUNIT_EXPECT_TRUE(test, step(&limiter, &now_ns, 100));
		/* And it is empty at some time. */
		now_ns += 10 * NSEC_PER_SEC;
		kspan_limiter_add(&limiter, 0, now_ns, NR_CPUS_THERE);
		KUNIT_EXPECT_EQ(test, limiter.fill_ns, 0);
	}
}

/* Mutators that are asked whenever they may be: a half, and the bucket. */
static void test_mutators_get_half(struct kunit *test)
{
	struct kspan_limiter limiter;
	struct rnd_state rnd;
	u64 now_ns = 0;
	u64 taken = 0;
	unsigned int i;

	kit_seed(test, &rnd);
	kspan_limiter_init(&limiter, now_ns);
	for (i = 0; i < NR_STEPS; i++) {
		u32 percent = kspan_limiter_full(&limiter) ?
			      kit_below(&rnd, 26) : 60 + kit_below(&rnd, 41);

		step(&limiter, &now_ns, percent);
		taken += percent * step_ns * NR_CPUS_THERE / 100;
		KUNIT_ASSERT_LE(test, taken, (now_ns / 2 + NSEC_PER_SEC +
					      step_ns) * NR_CPUS_THERE);
	}
	KUNIT_EXPECT_GE(test, taken, now_ns / 100 * 45 * NR_CPUS_THERE);
}

/* What comes too soon is not lost, nor is what comes late. */
static void test_looks(struct kunit *test)
{
	struct kspan_limiter limiter;
	unsigned int i;
	u64 now_ns = 0;

	kspan_limiter_init(&limiter, 0);
	for (i = 1; i <= 3000; i++) {
		now_ns += NSEC_PER_MSEC;
		kspan_limiter_add(&limiter, NR_CPUS_THERE * NSEC_PER_MSEC, now_ns,
				  NR_CPUS_THERE);
		KUNIT_EXPECT_EQ(test, kspan_limiter_full(&limiter), i >= 1000);
	}
	kspan_limiter_add(&limiter, 0, now_ns - NSEC_PER_SEC, NR_CPUS_THERE);
	KUNIT_EXPECT_TRUE(test, kspan_limiter_full(&limiter));
}

/* While it is full, nobody assists, and what is owed is forgotten. */
static void test_spared(struct kunit *test)
{
	struct kspan_heap *heap = gckit(test)->heap;
	struct kspan_gc *gc = heap->gc;
	struct kspan_gc_stats stats;
	u64 before;

	kspan_gc_stats(heap, &stats);
	before = stats.spared_total;
	kit_stay();
	/* Nobody looks for so long. */
	gc->limiter.last_ns = ktime_get_ns() + 60 * (u64)NSEC_PER_SEC;
	WRITE_ONCE(gc->limiter.full, true);
	this_cpu_write(*gc->pace.owed, 4096);
	WRITE_ONCE(gc->pace.press, KSPAN_PRESS_ASSIST);
	kspan_gc_enter(heap);
	kspan_gc_leave(heap);
	WRITE_ONCE(gc->pace.press, KSPAN_PRESS_NONE);
	kspan_gc_stats(heap, &stats);
	KUNIT_EXPECT_GT(test, stats.spared_total, before);
	KUNIT_EXPECT_EQ(test, stats.assist_ns_total, 0);
	KUNIT_EXPECT_EQ(test, this_cpu_read(*gc->pace.owed), 0);
	WRITE_ONCE(gc->limiter.full, false);
}

/* Nobody waits for the cycle: a quarter of the CPUs. */
static void test_share(struct kunit *test)
{
	struct kspan_heap *heap = gckit(test)->heap;
	struct kspan_gc_stats stats;
	unsigned int ms;

	gckit_list(test, NR_NODES);
	kspan_gc_start_cycle(heap->gc);
	for (ms = 0; ms < WAIT_MS; ms++) {
		kspan_gc_stats(heap, &stats);
		if (stats.cycles_total)
			break;
		usleep_range(1000, 2000);
	}
	KUNIT_EXPECT_EQ(test, stats.cycles_total, 1);
	KUNIT_EXPECT_GT(test, stats.worker_ns_total, 0);
	KUNIT_EXPECT_GT(test, stats.share_per_mille, 0);
	/* Some goes into a rest that begins too late. */
	KUNIT_EXPECT_LE(test, stats.share_per_mille, 330);
	kunit_info(test, "%llu per mille for %llu ns\n", stats.share_per_mille,
		   stats.worker_ns_total);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_half_is_allowed),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_mutators_get_half),
	KUNIT_CASE(test_looks),
	KUNIT_CASE(test_spared),
	KUNIT_CASE_SLOW(test_share),
	{}
};

struct kunit_suite kit_gc_limiter_suite = {
	.name = "kspan_gc_limiter",
	.init = gckit_init,
	.exit = gckit_exit,
	.test_cases = cases,
};
