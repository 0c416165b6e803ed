// SPDX-License-Identifier: GPL-2.0
/*
 * What is idle goes, and what is in use stays. Ticks come from the tests, as the
 * background's own take a second each.
 */
#include <linux/delay.h>

#include "giveback/idle.h"
#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	/* After so many of them whatever is idle has gone, and more. */
	NR_TICKS	= 4 * KSPAN_IDLE_TICKS,
	/* A CPU that is busy empties its cache later. */
	MOST_TICKS	= 100,
	NR_OBJS		= 64,
	OBJECT_BYTES	= 1024,
};

static bool tick(struct kunit *test)
{
	u64 waited_ns = 0;

	return kspan_idle_tick(&kit_heap(test)->giver, &waited_ns);
}

static u64 cached_bytes(struct kunit *test)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(kit_heap(test), &stats);
	return stats.cached_bytes;
}

/* Of the objects that use() takes, where this CPU takes them from. */
static unsigned int empty_spans(struct kunit *test)
{
	struct kspan_storage *storage = &kit_heap(test)->storage;
	unsigned int class = kspan_sizeclass(OBJECT_BYTES);
	int nid = kspan_source_local_node(&storage->source);

	return READ_ONCE(storage->stores[class].central[nid].buckets.nr_empty);
}

static void use(struct kunit *test, unsigned int nobjs)
{
	void *objs[NR_OBJS];

	KUNIT_ASSERT_EQ(test, kspan_alloc_bulk(kit_heap(test), OBJECT_BYTES,
					       GFP_KERNEL, nobjs, objs), nobjs);
	kspan_free_bulk(nobjs, objs);
}

static void caches_in_use_stay(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < NR_TICKS; i++) {
		use(test, 1);
		KUNIT_EXPECT_TRUE(test, tick(test));
		KUNIT_ASSERT_GT_MSG(test, cached_bytes(test), 0,
				    "after %u ticks", i + 1);
	}
}

static void idle_caches_go(struct kunit *test)
{
	unsigned int i;

	use(test, NR_OBJS);
	for (i = 0; i < KSPAN_IDLE_TICKS; i++)
		tick(test);
	KUNIT_EXPECT_GT(test, cached_bytes(test), 0);
	for (i = 0; cached_bytes(test) && i < MOST_TICKS; i++) {
		tick(test);
		msleep(20);
	}
	KUNIT_EXPECT_EQ(test, cached_bytes(test), 0);
	kit_expect_empty(test, kit_heap(test));
}

/* Batches come and go. */
static void empty_spans_in_use_stay(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < NR_TICKS; i++) {
		use(test, NR_OBJS);
		kspan_heap_drain(kit_heap(test));
		KUNIT_ASSERT_GT(test, empty_spans(test), 0);
		KUNIT_EXPECT_TRUE(test, tick(test));
		KUNIT_ASSERT_GT_MSG(test, empty_spans(test), 0,
				    "after %u ticks", i + 1);
	}
}

static void idle_empty_spans_go(struct kunit *test)
{
	unsigned int i;

	use(test, NR_OBJS);
	kspan_heap_drain(kit_heap(test));
	for (i = 0; i < KSPAN_IDLE_TICKS; i++)
		tick(test);
	KUNIT_EXPECT_GT(test, empty_spans(test), 0);
	for (i = 0; empty_spans(test) && i < MOST_TICKS; i++)
		tick(test);
	KUNIT_EXPECT_EQ(test, empty_spans(test), 0);
	/* Nothing is left that may become idle. */
	KUNIT_EXPECT_FALSE(test, tick(test));
	kit_expect_empty(test, kit_heap(test));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(caches_in_use_stay),
	KUNIT_CASE(idle_caches_go),
	KUNIT_CASE(empty_spans_in_use_stay),
	KUNIT_CASE(idle_empty_spans_go),
	{}
};

struct kunit_suite kit_idle_suite = {
	.name = "kspan_idle",
	.init = kit_quiet_init,
	.exit = kit_quiet_exit,
	.test_cases = cases,
};
