// SPDX-License-Identifier: GPL-2.0
/*
 * Cycles: what is reachable stays, what is not goes.
 */
#include "tests/gc/gckit.h"
#include "tests/suites.h"

static void reachable_stays(struct kunit *test)
{
	gckit_list(test, 1000);
	kspan_gc_collect(gckit(test)->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 1000);
	KUNIT_EXPECT_TRUE(test, gckit_list_intact(test, 1000));
	kspan_gc_collect(gckit(test)->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 1000);
	KUNIT_EXPECT_TRUE(test, gckit_list_intact(test, 1000));
}

static void unreachable_goes(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct kspan_gc_stats stats;

	gckit_list(test, 1000);
	kspan_gc_enter(kit->heap);
	gckit_set(test, &kit->root, NULL);
	kspan_gc_leave(kit->heap);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
	kspan_gc_stats(kit->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.cycles_total, 1);
	KUNIT_EXPECT_EQ(test, stats.freed_objects_total, 1000);
	KUNIT_EXPECT_EQ(test, stats.swept_bytes,
			1000 * sizeof(struct gckit_node));
	KUNIT_EXPECT_EQ(test, stats.marked_bytes, 0);
	kit_expect_empty(test, kit->heap);
}

static void circles_go(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct gckit_node *first = NULL;
	struct gckit_node *last = NULL;
	unsigned int i;

	kspan_gc_enter(kit->heap);
	for (i = 0; i < 100; i++) {
		struct gckit_node *node = gckit_node(test, i);

		if (!node)
			break;
		first = first ?: node;
		if (last)
			gckit_set(test, (void **)&last->next, node);
		gckit_set(test, (void **)&node->other, last);
		last = node;
	}
	gckit_set(test, (void **)&last->next, first);
	gckit_set(test, &kit->root, last);
	kspan_gc_leave(kit->heap);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 100);
	kspan_gc_enter(kit->heap);
	gckit_set(test, &kit->root, NULL);
	kspan_gc_leave(kit->heap);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
}

static void objects_are_zero(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	unsigned int round;
	unsigned int i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 2000; i++) {
			struct gckit_node *node;

			kspan_gc_enter(kit->heap);
			node = gckit_node(test, 0);
			if (node && memchr_inv(node, 0, sizeof(*node)))
				KUNIT_FAIL(test, "an object is not zero");
			if (node)
				memset(node, 0xa5, sizeof(*node));
			kspan_gc_leave(kit->heap);
		}
		kspan_gc_collect(kit->heap);
		KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
	}
}

static struct kunit_case cycle_cases[] = {
	KUNIT_CASE(reachable_stays),
	KUNIT_CASE(unreachable_goes),
	KUNIT_CASE(circles_go),
	KUNIT_CASE(objects_are_zero),
	{}
};

struct kunit_suite kit_gc_cycle_suite = {
	.name = "kspan_gc_cycle",
	.init = gckit_init,
	.exit = gckit_exit,
	.test_cases = cycle_cases,
};
