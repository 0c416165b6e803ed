// SPDX-License-Identifier: GPL-2.0
/* The spans of typed caches: of every size and alignment, against division. */
#include <linux/log2.h>
#include <linux/sizes.h>

#include "base/row.h"
#include "base/sizeclass.h"
#include "tests/kit.h"
#include "tests/suites.h"

/* The least tail, in parts of a million, of spans that are as long as may be. */
static u64 best_tail(size_t slot_bytes)
{
	u32 least = DIV_ROUND_UP(slot_bytes, KSPAN_PAGE_BYTES);
	u32 most = min(2 * least + 16, 512u);
	u64 best = 1000000;
	u32 npages;

	for (npages = least; npages <= most; npages++) {
		u64 bytes = (u64)npages * KSPAN_PAGE_BYTES;

		best = min(best, bytes % slot_bytes * 1000000 / bytes);
	}
	return best;
}

static void expect_layout(struct kunit *test, size_t size, size_t align)
{
	struct kspan_sizeclass sc;
	size_t slot_bytes = ALIGN(size, max_t(size_t, align, 8));
	u64 bytes;
	u64 tail;

	KUNIT_ASSERT_TRUE(test, kspan_sizeclass_exact(&sc, size, align));
	bytes = (u64)sc.npages * KSPAN_PAGE_BYTES;
	tail = bytes - (u64)sc.nelems * slot_bytes;
	if (sc.size_bytes != slot_bytes || !sc.nelems || tail >= slot_bytes ||
	    sc.npages > 512 || sc.nelems > KSPAN_MAX_NELEMS ||
	    (tail > bytes / 16 &&
	     tail * 1000000 / bytes > best_tail(slot_bytes)))
		KUNIT_FAIL_AND_ABORT(test, "size %zu, align %zu: %u slots of %u, %u pages",
				     size, align, sc.nelems, sc.size_bytes,
				     sc.npages);
	KUNIT_EXPECT_LE(test, sc.short_npages, sc.npages);
	KUNIT_EXPECT_GE(test, sc.short_nelems, 1);
	KUNIT_EXPECT_GE(test, (size_t)sc.align_pages * KSPAN_PAGE_BYTES,
			min_t(size_t, align, SZ_4M));
	KUNIT_EXPECT_GE(test, sc.capacity, sc.batch);
	KUNIT_EXPECT_LE(test, sc.batch, KSPAN_MAX_BATCH);
	KUNIT_EXPECT_GE(test, sc.batch, 1);
}

/* At both ends of every slot, and in the tail. */
static void expect_division(struct kunit *test, size_t size)
{
	struct kspan_sizeclass sc;
	u32 i;

	KUNIT_ASSERT_TRUE(test, kspan_sizeclass_exact(&sc, size, 0));
	for (i = 0; i < sc.nelems; i++) {
		u32 first = i * sc.size_bytes;
		u32 last = first + sc.size_bytes - 1;

		if (kspan_slot_index(first, sc.magic) != i ||
		    kspan_slot_index(last, sc.magic) != i)
			KUNIT_FAIL_AND_ABORT(test, "size %zu: slot %u", size,
					     i);
	}
	if (sc.nelems * sc.size_bytes < sc.npages * KSPAN_PAGE_BYTES)
		KUNIT_EXPECT_EQ(test, sc.nelems,
				kspan_slot_index(sc.npages * KSPAN_PAGE_BYTES -
						 1, sc.magic));
}

/* A row takes the starts of slots and nothing near them. */
static void expect_rows(struct kunit *test, size_t size)
{
	struct kspan_sizeclass sc;
	u32 place;

	KUNIT_ASSERT_TRUE(test, kspan_sizeclass_exact(&sc, size, 0));
	for (place = 0; place < sc.npages; place++) {
		struct kspan_row row;
		u32 x;

		kspan_row_init(&row, sc.size_bytes, sc.nelems, place);
		for (x = 0; x < KSPAN_PAGE_BYTES; x++) {
			u32 offset = place * KSPAN_PAGE_BYTES + x;
			bool starts = !(offset % sc.size_bytes) &&
				      offset / sc.size_bytes < sc.nelems;

			if (kspan_row_starts_slot(&row, x) != starts)
				KUNIT_FAIL_AND_ABORT(test, "size %zu: offset %u",
						     size, offset);
		}
	}
}

static void spans_are_full(struct kunit *test)
{
	size_t size;
	size_t align;

	for (size = 1; size <= SZ_128K; size += size < 4096 ? 1 : 61)
		expect_layout(test, size, 0);
	for (size = SZ_128K; size <= SZ_4M; size += 4091)
		expect_layout(test, size, 0);
	for (align = 1; align <= SZ_4M; align *= 2) {
		expect_layout(test, 1, align);
		expect_layout(test, 5000, align);
		expect_layout(test, align, align);
	}
	expect_layout(test, SZ_4M, 0);
}

static void slots_are_found(struct kunit *test)
{
	size_t size;

	for (size = 8; size <= SZ_4M; size += size < SZ_64K ? 8 : 12344)
		expect_division(test, size);
	for (size = SZ_4M - 4096; size <= SZ_4M; size += 8)
		expect_division(test, size);
	for (size = 8; size <= SZ_128K; size = size * 5 / 4 + 8)
		expect_rows(test, size);
}

static void impossible_ones_are_refused(struct kunit *test)
{
	struct kspan_sizeclass sc;

	KUNIT_EXPECT_FALSE(test, kspan_sizeclass_exact(&sc, 0, 0));
	KUNIT_EXPECT_FALSE(test, kspan_sizeclass_exact(&sc, SZ_4M + 1, 0));
	KUNIT_EXPECT_FALSE(test, kspan_sizeclass_exact(&sc, 8, 24));
	KUNIT_EXPECT_FALSE(test, kspan_sizeclass_exact(&sc, 8, SZ_8M));
	KUNIT_EXPECT_FALSE(test, kspan_sizeclass_exact(&sc, SIZE_MAX, 8));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(spans_are_full),
	KUNIT_CASE(slots_are_found),
	KUNIT_CASE(impossible_ones_are_refused),
	{}
};

struct kunit_suite kit_exact_suite = {
	.name = "kspan_cache_exact",
	.test_cases = cases,
};
