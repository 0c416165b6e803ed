// SPDX-License-Identifier: GPL-2.0
/*
 * Page bitmaps: what Go's tests expect of theirs, and a naive model.
 */
#include "base/pagebits.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NONE	= KSPAN_CHUNK_PAGES,
	RUNS	= 3,
	TRIES	= 6,
	ROUNDS	= 2000,
};

struct run {
	unsigned int	first;
	unsigned int	npages;
};

/* From the free pages @free, runs of @npages are taken at @places in turn. */
struct takes {
	struct run	free[RUNS];
	unsigned int	npages;
	unsigned int	ntries;
	unsigned int	places[TRIES];
};

static const struct takes takes[] = {
	{ { { 0, 512 } }, 1, 6, { 0, 1, 2, 3, 4, 5 } },
	{ { { 0, 512 } }, 2, 6, { 0, 2, 4, 6, 8, 10 } },
	{ { { 0, 512 } }, 5, 5, { 0, 5, 10, 15, 20 } },
	{ { { 0, 512 } }, 64, 3, { 0, 64, 128 } },
	{ { { 0, 512 } }, 65, 3, { 0, 65, 130 } },
	{ { }, 1, 1, { NONE } },
	{ { }, 2, 1, { NONE } },
	{ { }, 5, 1, { NONE } },
	{ { }, 65, 1, { NONE } },
	{ { { 253, 1 } }, 1, 2, { 253, NONE } },
	{ { { 253, 2 } }, 2, 2, { 253, NONE } },
	{ { { 253, 5 } }, 5, 2, { 253, NONE } },
	{ { { 225, 65 } }, 65, 2, { 225, NONE } },
	{ { { 0, 512 } }, 509, 2, { 0, NONE } },
	{ { { 509, 3 } }, 1, 4, { 509, 510, 511, NONE } },
	{ { { 510, 2 } }, 2, 2, { 510, NONE } },
	{ { { 511, 1 } }, 2, 1, { NONE } },
	{ { { 0, 512 } }, 512, 2, { 0, NONE } },
	{ { { 1, 511 } }, 512, 1, { NONE } },
};

static void busy_but(struct kspan_pagebits *busy, const struct run *free)
{
	unsigned int i;

	bitmap_fill(busy->bits, KSPAN_CHUNK_PAGES);
	for (i = 0; i < RUNS; i++)
		kspan_pagebits_clear(busy, free[i].first, free[i].npages);
}

static void takes_in_turn(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(takes); i++) {
		const struct takes *row = &takes[i];
		struct kspan_pagebits busy;
		unsigned int try;

		busy_but(&busy, row->free);
		for (try = 0; try < row->ntries; try++) {
			unsigned int place = kspan_pagebits_find(&busy,
								 row->npages, 1);

			KUNIT_ASSERT_EQ_MSG(test, place, row->places[try],
					    "row %u, try %u", i, try);
			if (place != NONE)
				kspan_pagebits_set(&busy, place, row->npages);
		}
	}
}

static const struct {
	struct run	free[RUNS];
	unsigned int	longest;
} longest_rows[] = {
	{ { }, 0 },
	{ { { 0, 512 } }, 512 },
	{ { { 0, 10 } }, 10 },
	{ { { 472, 40 } }, 40 },
	{ { { 0, 11 }, { 489, 23 } }, 23 },
	{ { { 0, 4 }, { 50, 100 }, { 508, 4 } }, 100 },
	{ { { 35, 2 }, { 40, 5 }, { 100, 5 } }, 5 },
	{ { { 2, 1 } }, 1 },
	{ { { 511, 1 } }, 1 },
	{ { { 60, 8 } }, 8 },
};

static void longest_runs(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(longest_rows); i++) {
		struct kspan_pagebits busy;

		busy_but(&busy, longest_rows[i].free);
		KUNIT_EXPECT_EQ_MSG(test, kspan_pagebits_longest(&busy),
				    longest_rows[i].longest, "row %u", i);
	}
}

static void ranges_cross_words(struct kunit *test)
{
	struct kspan_pagebits bits = { };
	unsigned int word;

	kspan_pagebits_set(&bits, 129, 5);
	KUNIT_EXPECT_EQ(test, bits.bits[2], 0x3eUL);
	bitmap_zero(bits.bits, KSPAN_CHUNK_PAGES);
	kspan_pagebits_set(&bits, 0, 321);
	for (word = 0; word < 5; word++)
		KUNIT_EXPECT_EQ(test, bits.bits[word], ~0UL);
	KUNIT_EXPECT_EQ(test, bits.bits[5], 1UL);
	bitmap_zero(bits.bits, KSPAN_CHUNK_PAGES);
	kspan_pagebits_set(&bits, 512 - 193, 193);
	for (word = 5; word < 8; word++)
		KUNIT_EXPECT_EQ(test, bits.bits[word], ~0UL);
	KUNIT_EXPECT_EQ(test, bits.bits[4], 1UL << 63);
}

/* Maps from nearly empty to nearly full, in runs of random length. */
static void random_map(struct rnd_state *rnd, struct kspan_pagebits *busy)
{
	u32 mean = 1 + kit_below(rnd, 60);
	u32 percent = kit_below(rnd, 101);
	unsigned int page = 0;

	bitmap_zero(busy->bits, KSPAN_CHUNK_PAGES);
	while (page < KSPAN_CHUNK_PAGES) {
		u32 npages = min(1 + kit_below(rnd, 2 * mean),
				 KSPAN_CHUNK_PAGES - page);

		if (kit_below(rnd, 100) < percent)
			kspan_pagebits_set(busy, page, npages);
		page += npages;
	}
}

static bool naive_none(const struct kspan_pagebits *bits, unsigned int first,
		       unsigned int npages)
{
	unsigned int page;

	if (first + npages > KSPAN_CHUNK_PAGES)
		return false;
	for (page = first; page < first + npages; page++) {
		if (bits->bits[page / 64] >> (page % 64) & 1)
			return false;
	}
	return true;
}

static unsigned int naive_find(const struct kspan_pagebits *busy,
			       unsigned int first, unsigned int end,
			       unsigned int npages, unsigned int align_pages)
{
	for (first = round_up(first, align_pages); first + npages <= end;
	     first += align_pages) {
		if (naive_none(busy, first, npages))
			return first;
	}
	return NONE;
}

static unsigned int naive_longest(const struct kspan_pagebits *busy,
				  unsigned int first, unsigned int end)
{
	unsigned int longest = 0;
	unsigned int length = 0;

	for (; first < end; first++) {
		length = naive_none(busy, first, 1) ? length + 1 : 0;
		longest = max(longest, length);
	}
	return longest;
}

static void random_maps(struct kunit *test)
{
	struct kspan_pagebits busy;
	struct kspan_pagebits inverse;
	struct rnd_state rnd;
	unsigned int round;

	kit_seed(test, &rnd);
	for (round = 0; round < ROUNDS; round++) {
		unsigned int align = 1U << kit_below(&rnd, 10);
		unsigned int npages = 1 + kit_below(&rnd, round % 2 ? 16 : 512);
		unsigned int first = kit_below(&rnd, KSPAN_CHUNK_PAGES);
		unsigned int n = 1 + kit_below(&rnd, KSPAN_CHUNK_PAGES - first);
		unsigned int from = round_down(first, BITS_PER_LONG);
		unsigned int to = round_up(first + n, BITS_PER_LONG);

		random_map(&rnd, &busy);
		bitmap_complement(inverse.bits, busy.bits, KSPAN_CHUNK_PAGES);
		KUNIT_ASSERT_EQ(test,
				kspan_pagebits_find(&busy, npages, align),
				naive_find(&busy, 0, NONE, npages, align));
		KUNIT_ASSERT_EQ(test, kspan_pagebits_longest(&busy),
				naive_longest(&busy, 0, NONE));
		KUNIT_ASSERT_EQ(test,
				kspan_pagebits_find_in(&busy, first, first + n,
						       npages, align),
				naive_find(&busy, first, first + n, npages,
					   align));
		KUNIT_ASSERT_EQ(test,
				kspan_pagebits_longest_in(&busy, from, to),
				naive_longest(&busy, from, to));
		n = round % 3 ? min(n, 8U) : n;
		KUNIT_ASSERT_EQ(test, kspan_pagebits_none(&busy, first, n),
				naive_none(&busy, first, n));
		KUNIT_ASSERT_EQ(test, kspan_pagebits_all(&inverse, first, n),
				naive_none(&busy, first, n));
		KUNIT_ASSERT_EQ(test, kspan_pagebits_test(&busy, first),
				!naive_none(&busy, first, 1));
	}
}

/* Whether @npages bits from @first on are clear. */
static bool has_block(const struct kspan_pagebits *busy, unsigned int first,
		      unsigned int npages)
{
	return find_next_bit(busy->bits, first + npages, first) == first + npages;
}

static unsigned int naive_order(const struct kspan_pagebits *busy,
				unsigned int first, unsigned int end)
{
	unsigned int order;
	unsigned int page;

	for (order = ilog2(end - first) + 1; order; order--) {
		for (page = first; page < end; page += 1U << (order - 1)) {
			if (has_block(busy, page, 1U << (order - 1)))
				return order;
		}
	}
	return 0;
}

static void largest_blocks(struct kunit *test)
{
	struct kspan_pagebits busy;
	struct rnd_state rnd;
	unsigned int round;

	kit_seed(test, &rnd);
	for (round = 0; round < ROUNDS; round++) {
		unsigned int size = BITS_PER_LONG << kit_below(&rnd, 4);
		unsigned int first = round_down(kit_below(&rnd, KSPAN_CHUNK_PAGES),
						size);
		unsigned int free = 1U << kit_below(&rnd, 10);

		if (round % 2)
			random_map(&rnd, &busy);
		else
			bitmap_fill(busy.bits, KSPAN_CHUNK_PAGES);
		bitmap_clear(busy.bits, round_down(kit_below(&rnd,
							     KSPAN_CHUNK_PAGES),
						   free), free);
		KUNIT_ASSERT_EQ(test,
				kspan_pagebits_order_in(&busy, first,
							first + size),
				naive_order(&busy, first, first + size));
	}
}

static void weights(struct kunit *test)
{
	struct kspan_pagebits pages;
	struct rnd_state rnd;
	unsigned int round;

	kit_seed(test, &rnd);
	for (round = 0; round < ROUNDS; round++) {
		unsigned int first = kit_below(&rnd, KSPAN_CHUNK_PAGES);
		unsigned int npages = 1 + kit_below(&rnd, KSPAN_CHUNK_PAGES -
						    first);
		unsigned int expected = 0;
		unsigned int i;

		for (i = 0; i < KSPAN_CHUNK_PAGES; i++) {
			bool set = kit_below(&rnd, 2);

			__assign_bit(i, pages.bits, set);
			expected += set && i >= first && i < first + npages;
		}
		KUNIT_ASSERT_EQ(test, kspan_pagebits_weight(&pages, first,
							    npages), expected);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(takes_in_turn),
	KUNIT_CASE(longest_runs),
	KUNIT_CASE(ranges_cross_words),
	KUNIT_CASE(random_maps),
	KUNIT_CASE(largest_blocks),
	KUNIT_CASE(weights),
	{}
};

struct kunit_suite kit_pagebits_suite = {
	.name = "kspan_pagebits",
	.test_cases = cases,
};
