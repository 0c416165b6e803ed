// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics while everybody is at work: whatever moment they are read at, they
 * add up and never run backwards.
 */
#include <linux/delay.h>
#include <linux/mm.h>

#include "heaps/heap.h"
#include "tests/hammer.h"
#include "tests/suites.h"
#include "watch/verify.h"

enum {
	NR_READS	= 3000,
};

static void totals_add_up(struct kunit *test)
{
	struct kit_hammer *hammer = kit_hammer_start(test);
	struct kspan_heap_stats last = { };
	struct kspan_heap_stats now;
	unsigned int i;

	for (i = 0; i < NR_READS; i++) {
		kspan_heap_stats(kit_heap(test), &now);
		if (!kit_stats_add_up(test, &now))
			break;
		if (now.allocs_total < last.allocs_total ||
		    now.frees_total < last.frees_total ||
		    now.refills_total < last.refills_total ||
		    now.flushes_total < last.flushes_total ||
		    now.released_bytes_total < last.released_bytes_total) {
			KUNIT_FAIL(test, "a total runs backwards at read %u",
				   i);
			break;
		}
		last = now;
		cond_resched();
	}
	kit_hammer_stop(test, hammer);
	kspan_heap_stats(kit_heap(test), &now);
	KUNIT_EXPECT_GT(test, now.refills_total, 0);
	KUNIT_EXPECT_GT(test, now.flushes_total, 0);
	KUNIT_EXPECT_GT(test, now.released_bytes_total, 0);
}

/*
 * Verify beside work finds nothing wrong, or that it is too busy to tell. A
 * thread whose virtual CPU stands still in the middle of an operation may look
 * wrong, but not for long.
 */
static void verify_beside_work(struct kunit *test)
{
	struct kit_hammer *hammer = kit_hammer_start(test);
	unsigned int i;

	for (i = 0; i < 10; i++) {
		unsigned int nbad = 0;

		while (nbad < 10 && kit_verify(test, kit_heap(test)) > 0) {
			nbad++;
			msleep(20);
		}
		KUNIT_EXPECT_LT(test, nbad, 10);
	}
	kit_hammer_stop(test, hammer);
}

/* Each kind of object is counted where it belongs. */
static void kinds_are_counted(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_heap_stats stats;
	void *small = kspan_alloc(heap, 100, GFP_KERNEL);
	void *large = kspan_alloc(heap, 40000, GFP_KERNEL);
	void *huge = kspan_alloc(heap, (4 << 20) + 1, GFP_KERNEL);
	u32 batch = kspan_sizeclasses[kspan_sizeclass(100)].batch;

	kspan_heap_stats(heap, &stats);
	kit_stats_add_up(test, &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, 3);
	KUNIT_EXPECT_EQ(test, stats.allocs_total, 3);
	KUNIT_EXPECT_EQ(test, stats.frees_total, 0);
	KUNIT_EXPECT_EQ(test, stats.large_objects, 2);
	KUNIT_EXPECT_EQ(test, stats.large_bytes,
			40960 + PAGE_ALIGN((4 << 20) + 1));
	KUNIT_EXPECT_EQ(test, stats.live_bytes, stats.large_bytes + 112);
	KUNIT_EXPECT_EQ(test, stats.cached_bytes, (batch - 1) * 112);
	KUNIT_EXPECT_EQ(test, stats.span_free_bytes, (73 - batch) * 112);
	KUNIT_EXPECT_EQ(test, stats.tail_bytes, 8192 - 73 * 112);
	KUNIT_EXPECT_EQ(test, stats.refills_total, 1);
	KUNIT_EXPECT_EQ(test, stats.spans, 2);
	KUNIT_EXPECT_EQ(test, stats.arenas, 1);
	KUNIT_EXPECT_GT(test, stats.metadata_bytes, 0);

	kspan_free(small);
	kspan_free(large);
	kspan_free(huge);
	kspan_heap_stats(heap, &stats);
	kit_stats_add_up(test, &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, 0);
	KUNIT_EXPECT_EQ(test, stats.frees_total, 3);
	KUNIT_EXPECT_EQ(test, stats.large_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats.live_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats.cached_bytes, batch * 112);
	kit_expect_empty(test, heap);

	/* What is left is free pages, and they go. */
	kspan_heap_scavenge(heap, SIZE_MAX);
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.page_free_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats.backing_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats.spans, 0);
	kit_stats_add_up(test, &stats);
}

static void large_objects_leave_no_metadata(struct kunit *test)
{
	struct kspan_heap_stats before;
	struct kspan_heap_stats after;
	unsigned int i;

	kspan_free(kspan_alloc(kit_heap(test), 64 << 10, GFP_KERNEL));
	kspan_heap_stats(kit_heap(test), &before);
	for (i = 0; i < 20; i++)
		kspan_free(kspan_alloc(kit_heap(test), 64 << 10, GFP_KERNEL));
	kspan_heap_stats(kit_heap(test), &after);
	KUNIT_EXPECT_LE(test, after.metadata_bytes, before.metadata_bytes);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(kinds_are_counted),
	KUNIT_CASE(totals_add_up),
	KUNIT_CASE(verify_beside_work),
	KUNIT_CASE(large_objects_leave_no_metadata),
	{}
};

struct kunit_suite kit_stats_suite = {
	.name = "kspan_stats",
	.init = kit_quiet_init,
	.exit = kit_quiet_exit,
	.test_cases = cases,
};
