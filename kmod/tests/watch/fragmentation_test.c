// SPDX-License-Identifier: GPL-2.0
/*
 * What the walk over a heap's chunks finds, against what was put there, and the
 * peak that stays when the memory has gone.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "heaps/heap.h"
#include "pages/arena.h"
#include "pages/backing.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/fragmentation.h"
#include "watch/stats.h"

enum {
	/* A class with eight slots in a span of one page. */
	SLOT_BYTES	= 1024,
	NR_SLOTS	= 8,
	NR_SPANS	= 45,
	NR_OBJECTS	= NR_SPANS * NR_SLOTS,
};

static u32 moments(u32 seconds)
{
	return (u64)seconds * HZ / KSPAN_AGE_JIFFIES;
}

static void rows_of_ages(struct kunit *test)
{
	static const u32 nows[] = { 0, 1, 1000000, U32_MAX };
	unsigned int i;
	unsigned int row;

	for (i = 0; i < ARRAY_SIZE(nows); i++) {
		u32 now = nows[i];

		KUNIT_EXPECT_EQ(test, kspan_age_row(now, now), 0);
		/* Changed since we looked at the clock. */
		KUNIT_EXPECT_EQ(test, kspan_age_row(now + 3, now), 0);
		for (row = 1; row < KSPAN_NR_AGES; row++) {
			u32 age = moments(kspan_age_seconds[row]);

			KUNIT_EXPECT_EQ(test, kspan_age_row(now - age, now),
					row);
			KUNIT_EXPECT_EQ(test, kspan_age_row(now - age + 1, now),
					row - 1);
		}
		KUNIT_EXPECT_EQ(test, kspan_age_row(now - moments(1000000),
						    now), KSPAN_NR_AGES - 1);
	}
	KUNIT_EXPECT_EQ(test, kspan_age_seconds[KSPAN_NR_AGES - 1], 8 * 3600);
}

static u64 sum(const u64 *rows, unsigned int nrows)
{
	u64 total = 0;

	while (nrows--)
		total += rows[nrows];
	return total;
}

/* What every survey of a heap at rest agrees on with the heap's statistics. */
static void expect_all_found(struct kunit *test,
			     const struct kspan_survey *survey)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_arena_entry entries[16];
	struct kspan_heap_stats stats;
	unsigned int longest = 0;
	unsigned int narenas;
	unsigned int i;

	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, sum(survey->free_pages, KSPAN_NR_AGES),
			stats.page_free_bytes >> KSPAN_PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, sum(survey->span_pages, KSPAN_NR_AGES),
			(stats.backing_bytes - stats.page_free_bytes) >>
			KSPAN_PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, sum(survey->spans, KSPAN_NR_AGES), stats.spans);
	KUNIT_EXPECT_EQ(test, sum(survey->fullness[0],
				  KSPAN_NR_STORES * KSPAN_NR_FULLNESS),
			stats.spans);
	narenas = kspan_arena_list(heap, entries, ARRAY_SIZE(entries));
	for (i = 0; i < min_t(u32, narenas, ARRAY_SIZE(entries)); i++)
		longest = max(longest, entries[i].longest_free_pages);
	KUNIT_EXPECT_EQ(test, survey->longest_free_run_pages, longest);
}

static struct kspan_survey *look(struct kunit *test)
{
	struct kspan_survey *survey = kspan_survey_new(kit_heap(test));

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, survey);
	expect_all_found(test, survey);
	return survey;
}

static void *alloc(struct kunit *test, size_t size_bytes)
{
	void *p = kspan_alloc(kit_heap(test), size_bytes, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	return p;
}

/* Spans of which so many slots are live, from none of them to all. */
static void fullness_of_spans(struct kunit *test)
{
	static const unsigned int fullness[NR_SLOTS + 1] = {
		0, 1, 2, 2, 3, 3, 4, 4, 5,
	};
	unsigned int class = kspan_sizeclass(SLOT_BYTES);
	unsigned int expected[KSPAN_NR_FULLNESS] = { };
	struct kspan_survey *survey;
	unsigned int nspans = 0;
	void *kept[NR_SPANS];
	unsigned int i;
	void **objs;

	/* Another CPU would have spans of its own. */
	kit_stay();
	KUNIT_ASSERT_EQ(test, kspan_sizeclasses[class].nelems, NR_SLOTS);
	objs = kunit_kcalloc(test, NR_OBJECTS, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, objs);
	for (i = 0; i < NR_OBJECTS; i++)
		objs[i] = alloc(test, SLOT_BYTES);
	/* Of span number n, in the order they are met in, n % 9 stay. */
	for (i = 0; i < NR_OBJECTS; i++) {
		unsigned int in_span = offset_in_page(objs[i]) / SLOT_BYTES +
			((unsigned long)objs[i] & PAGE_SIZE ? NR_SLOTS / 2 : 0);
		void *start = objs[i] - in_span * SLOT_BYTES;
		unsigned int n = 0;

		while (n < nspans && kept[n] != start)
			n++;
		if (n == nspans) {
			KUNIT_ASSERT_LT(test, nspans, NR_SPANS);
			kept[nspans++] = start;
			expected[fullness[n % (NR_SLOTS + 1)]]++;
		}
		if (in_span >= n % (NR_SLOTS + 1)) {
			kspan_free(objs[i]);
			objs[i] = NULL;
		}
	}
	KUNIT_EXPECT_EQ(test, nspans, NR_SPANS);
	kspan_heap_drain(kit_heap(test));
	survey = look(test);
	/* Of those without an object most are free pages by now. */
	KUNIT_EXPECT_LE(test, survey->fullness[class][0], expected[0]);
	for (i = 1; i < KSPAN_NR_FULLNESS; i++)
		KUNIT_EXPECT_EQ(test, survey->fullness[class][i], expected[i]);
	kvfree(survey);
	kspan_free_bulk(NR_OBJECTS, objs);
}

/* Between the objects, at the end, and nothing else. */
static void free_runs(struct kunit *test)
{
	struct kspan_survey *survey;
	void *p[3];
	unsigned int i;

	/* Of one chunk: 4 MB in one block, cut from its start. */
	p[0] = alloc(test, KSPAN_CHUNK_BYTES);
	if (is_vmalloc_addr(p[0])) {
		kspan_free(p[0]);
		kunit_skip(test, "no 4 MB in one piece");
	}
	kspan_free(p[0]);
	survey = look(test);
	KUNIT_EXPECT_EQ(test, survey->free_runs, 1);
	KUNIT_EXPECT_EQ(test, survey->longest_free_run_pages, 512);
	KUNIT_EXPECT_EQ(test, survey->free_halves, 2);
	KUNIT_EXPECT_EQ(test, survey->free_chunks, 1);
	kvfree(survey);

	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = alloc(test, 40000);
	kspan_free(p[1]);
	survey = look(test);
	KUNIT_EXPECT_EQ(test, survey->free_runs, 2);
	KUNIT_EXPECT_EQ(test, survey->longest_free_run_pages, 512 - 15);
	KUNIT_EXPECT_EQ(test, survey->free_halves, 1);
	KUNIT_EXPECT_EQ(test, survey->free_chunks, 0);
	kvfree(survey);
	kspan_free(p[0]);
	kspan_free(p[2]);
}

/* Pages and spans grow older, and are young again when they change hands. */
static void ages_pass(struct kunit *test)
{
	struct kspan_survey *survey;
	u64 npages;
	void *p;
	void *q;

	p = alloc(test, 40000);
	q = alloc(test, 40000);
	survey = look(test);
	npages = sum(survey->free_pages, KSPAN_NR_AGES);
	KUNIT_EXPECT_EQ(test, survey->spans[0], 2);
	KUNIT_EXPECT_EQ(test, survey->span_pages[0], 10);
	KUNIT_EXPECT_EQ(test, survey->free_pages[0], npages);
	kvfree(survey);

	msleep(1500);
	kspan_free(p);
	survey = look(test);
	KUNIT_EXPECT_EQ(test, survey->spans[0], 0);
	KUNIT_EXPECT_EQ(test, survey->spans[1], 1);
	KUNIT_EXPECT_EQ(test, survey->span_pages[1], 5);
	KUNIT_EXPECT_EQ(test, survey->free_pages[0], 5);
	KUNIT_EXPECT_EQ(test, survey->free_pages[1], npages);
	kvfree(survey);

	p = alloc(test, 40000);
	survey = look(test);
	KUNIT_EXPECT_EQ(test, survey->spans[0], 1);
	KUNIT_EXPECT_EQ(test, survey->spans[1], 1);
	KUNIT_EXPECT_EQ(test, survey->free_pages[0], 0);
	KUNIT_EXPECT_EQ(test, survey->free_pages[1], npages);
	kvfree(survey);
	kspan_free(p);
	kspan_free(q);
}

/* Waits: where a look takes long, the next one is later. */
static bool is_seen(const u64 *bytes, u64 expected)
{
	unsigned int i;

	for (i = 0; i < 100 && READ_ONCE(*bytes) != expected; i++)
		msleep(20);
	return READ_ONCE(*bytes) == expected;
}

/* Nobody asks at the peak; it is known afterwards. */
static void peak_stays(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_peak *peak = &heap->storage.source.peak;
	void *objs[64];
	unsigned int i;
	u64 live = PAGE_ALIGN(5 << 20) + sizeof(objs) / sizeof(*objs) * 8192;
	u64 backing;
	void *huge;

	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = alloc(test, 8192);
	/* Last, as it makes the heap grow, after which somebody looks. */
	huge = alloc(test, 5 << 20);
	KUNIT_EXPECT_TRUE(test, is_seen(&peak->live_bytes, live));
	backing = heap->storage.source.account.backing_bytes;
	KUNIT_EXPECT_TRUE(test, is_seen(&peak->backing_bytes, backing));
	kspan_free_bulk(ARRAY_SIZE(objs), objs);
	kspan_free(huge);
	kspan_heap_drain(heap);
	kspan_heap_scavenge(heap, SIZE_MAX);
	kspan_fragmentation_look(&heap->storage.source);
	KUNIT_EXPECT_TRUE(test, is_seen(&peak->live_bytes, live));
	KUNIT_EXPECT_GE(test, peak->backing_bytes, live);
	kit_expect_empty(test, heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(rows_of_ages),
	KUNIT_CASE(fullness_of_spans),
	KUNIT_CASE(free_runs),
	KUNIT_CASE(ages_pass),
	KUNIT_CASE(peak_stays),
	{}
};

struct kunit_suite kit_fragmentation_suite = {
	.name = "kspan_fragmentation",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
