// SPDX-License-Identifier: GPL-2.0
/* Limits that nothing divides, and limits that are set with a reserve. */
#include <linux/sizes.h>

#include "base/fault.h"
#include "base/units.h"
#include "heaps/limit.h"
#include "pages/account.h"
#include "tests/kit.h"

/* Small objects until there are no more; returns how many. */
static unsigned int fill(struct kspan_heap *heap, size_t bytes, unsigned int max)
{
	unsigned int n;

	for (n = 0; n < max; n++)
		if (!kspan_alloc(heap, bytes, GFP_KERNEL | __GFP_NOWARN))
			break;
	return n;
}

/* Whatever the sizes of blocks: it is held, and used but for less than a page. */
static void any_number_of_bytes(struct kunit *test)
{
	static const size_t limits[] = {
		1, KSPAN_PAGE_BYTES - 1, KSPAN_PAGE_BYTES + 1, 100001,
		SZ_1M - 4096, SZ_1M + 4096, 3 * SZ_1M + 12345,
	};
	static const size_t sizes[] = { 100, 1000, KSPAN_PAGE_BYTES };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits) * ARRAY_SIZE(sizes); i++) {
		const struct kspan_heap_params params = {
			.limit_bytes = limits[i / ARRAY_SIZE(sizes)],
		};
		size_t bytes = sizes[i % ARRAY_SIZE(sizes)];
		unsigned int max = params.limit_bytes / bytes + 1;
		struct kspan_heap_stats stats;
		struct kspan_heap *heap;

		heap = kspan_heap_create("kunit-limit", &params);
		KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
		KUNIT_EXPECT_LT(test, fill(heap, bytes, max), max);
		kspan_heap_stats(heap, &stats);
		KUNIT_EXPECT_EQ(test, stats.limit_bytes, params.limit_bytes);
		KUNIT_EXPECT_LE(test, stats.backing_bytes, params.limit_bytes);
		KUNIT_EXPECT_GT(test, stats.backing_bytes + KSPAN_PAGE_BYTES,
				params.limit_bytes);
		KUNIT_EXPECT_GE(test, stats.limit_hits_total, 1);
		kit_expect_sound(test, heap);
		kspan_heap_destroy(heap);
	}
}

static void expect_limits(struct kunit *test, u64 limit_bytes,
			  u64 soft_limit_bytes, u64 reserve_bytes)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(kit_heap(test), &stats);
	KUNIT_EXPECT_EQ(test, stats.limit_bytes, limit_bytes);
	KUNIT_EXPECT_EQ(test, stats.soft_limit_bytes, soft_limit_bytes);
	KUNIT_EXPECT_EQ(test, stats.reserve_bytes, reserve_bytes);
}

static int set(struct kunit *test, unsigned int which, u64 limit_bytes,
	       u64 soft_limit_bytes, u64 reserve_bytes)
{
	const struct kspan_limits limits = {
		.limit_bytes = limit_bytes,
		.soft_limit_bytes = soft_limit_bytes,
		.reserve_bytes = reserve_bytes,
	};
	struct kspan_limits before;

	return kspan_heap_set_limits(kit_heap(test), which, &limits, &before);
}

/* The others are set with the reserve, or not at all. */
static void a_reserve_that_is_not_to_be_had(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, set(test, KSPAN_LIMIT_ALL, SZ_8M, SZ_4M, SZ_64K), 0);
	expect_limits(test, SZ_8M, SZ_4M, SZ_64K);
	KUNIT_EXPECT_EQ(test, set(test, KSPAN_LIMIT_ALL, 0, SZ_1M, 1ULL << 50),
			-ENOMEM);
	expect_limits(test, SZ_8M, SZ_4M, SZ_64K);
	KUNIT_EXPECT_EQ(test, set(test, KSPAN_LIMIT_RESERVE, 0, 0, SZ_8M + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, set(test, KSPAN_LIMIT_ALL, 10000, 0, 10000),
			-EINVAL);
	expect_limits(test, SZ_8M, SZ_4M, SZ_64K);
	kspan_fault_set(KSPAN_FAULT_BLOCK, KSPAN_FAULT_ALWAYS);
	KUNIT_EXPECT_EQ(test, set(test, KSPAN_LIMIT_ALL, SZ_16M, SZ_1M, SZ_1M),
			-ENOMEM);
	kspan_fault_set(KSPAN_FAULT_BLOCK, KSPAN_FAULT_OFF);
	expect_limits(test, SZ_8M, SZ_4M, SZ_64K);
	KUNIT_EXPECT_EQ(test, set(test, KSPAN_LIMIT_ALL, SZ_16M, SZ_1M, SZ_1M), 0);
	expect_limits(test, SZ_16M, SZ_1M, SZ_1M);
	kit_expect_sound(test, kit_heap(test));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(any_number_of_bytes),
	KUNIT_CASE(a_reserve_that_is_not_to_be_had),
	{}
};

struct kunit_suite kit_limit_suite = {
	.name = "kspan_limit",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
