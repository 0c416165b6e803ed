// SPDX-License-Identifier: GPL-2.0
/*
 * What typed caches, prefills, stacks and regions refuse, each as its kernel-doc says,
 * beyond what the suites of these have. alloc_test.c has the same of plain allocations.
 */
#include <linux/err.h>
#include <linux/numa.h>
#include <linux/sizes.h>

#include "spans/bump.h"
#include "tests/kit.h"
#include "tests/suites.h"

static const gfp_t zones[] = {
	GFP_KERNEL | __GFP_DMA, GFP_KERNEL | __GFP_DMA32,
	GFP_KERNEL | __GFP_DMA | __GFP_NOFAIL,
};

static void construct(void *slot)
{
	memset(slot, 0x11, 64);
}

static void expect_no_zone(struct kunit *test, struct kspan_cache *cache,
			   gfp_t gfp)
{
	struct kspan_prefill *pf = kspan_prefill_get(cache, GFP_KERNEL, 4);
	void *objs[4];

	KUNIT_ASSERT_NOT_NULL(test, pf);
	KUNIT_EXPECT_EQ(test, kspan_prefill_refill(pf, gfp, 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, kspan_prefill_refill(pf, GFP_KERNEL, SZ_64K + 1),
			-EINVAL);
	kspan_prefill_put(pf);
	/* A hit would be there. */
	kspan_cache_free(cache, kspan_cache_alloc(cache, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_cache_alloc(cache, gfp));
	KUNIT_EXPECT_NULL(test, kspan_cache_zalloc(cache, gfp));
	KUNIT_EXPECT_NULL(test, kspan_cache_alloc_node(cache, gfp, 0));
	KUNIT_EXPECT_NULL(test, kspan_cache_alloc_node(cache, gfp,
						       NUMA_NO_NODE));
	KUNIT_EXPECT_EQ(test, kspan_cache_alloc_bulk(cache, gfp,
						     ARRAY_SIZE(objs), objs), 0);
	KUNIT_EXPECT_NULL(test, kspan_prefill_get(cache, gfp, 4));
}

static void caches_have_no_zones(struct kunit *test)
{
	struct kspan_cache *cache = kit_cache(test, "plain", 64, 0, 0, NULL);
	struct kspan_cache *built = kit_cache(test, "built", 64, 0, 0,
					      construct);
	unsigned int i;

	kit_reports_begin();
	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		expect_no_zone(test, cache, zones[i]);
		expect_no_zone(test, built, zones[i] & ~__GFP_ZERO);
	}
	kit_reports_end();
	kspan_cache_destroy(cache);
	kspan_cache_destroy(built);
	kit_expect_empty(test, kit_heap(test));
}

static void stacks_and_regions_have_no_zones(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_region *region = kspan_region_create(heap, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, region);
	kit_reports_begin();
	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		KUNIT_EXPECT_NULL(test, kspan_stack_create(heap, 8192, zones[i]));
		KUNIT_EXPECT_NULL(test, kspan_region_create(heap, zones[i]));
		KUNIT_EXPECT_NULL(test, kspan_region_alloc(region, 64, zones[i]));
		KUNIT_EXPECT_NULL(test, kspan_region_alloc(region, SZ_256K,
							   zones[i]));
		KUNIT_EXPECT_NULL(test, kspan_region_memdup(region, "a", 2,
							    zones[i]));
		KUNIT_EXPECT_NULL(test, kspan_region_strdup(region, "a",
							    zones[i]));
	}
	kit_reports_end();
	kspan_region_destroy(region);
	kit_expect_empty(test, heap);
}

static void caches_have_no_such_node(struct kunit *test)
{
	static const int nodes[] = { MAX_NUMNODES + 13, 77777, -7, INT_MIN };
	struct kspan_cache *cache = kit_cache(test, "plain", 64, 0, 0, NULL);
	unsigned int i;

	kspan_cache_free(cache, kspan_cache_alloc(cache, GFP_KERNEL));
	kit_reports_begin();
	for (i = 0; i < ARRAY_SIZE(nodes); i++)
		KUNIT_EXPECT_NULL_MSG(test,
				      kspan_cache_alloc_node(cache, GFP_KERNEL,
							     nodes[i]),
				      "node %d", nodes[i]);
	kit_reports_end();
	kspan_cache_destroy(cache);
}

/* There would be nothing left of what the constructor has made. */
static void constructed_is_not_zeroed(struct kunit *test)
{
	struct kspan_cache *cache = kit_cache(test, "built", 64, 0, 0, construct);
	void *p;

	kit_reports_begin();
	p = kspan_cache_zalloc(cache, GFP_KERNEL);
	kit_reports_end();
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0x11, 64));
	kspan_cache_free(cache, p);
	kspan_cache_destroy(cache);
}

/* What a maker of heaps gave goes on as it is. */
static void errors_are_no_heaps(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, kspan_cache_create(NULL, "a", 8, 0, 0, NULL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create(ERR_PTR(-ENOMEM), "a", 8, 0,
						   0, NULL));
	kspan_stack_destroy(ERR_PTR(-ENOMEM));
	kspan_region_destroy(ERR_PTR(-ENOMEM));
	kspan_heap_put(NULL);
}

static void stacks_refuse_impossible_alignments(struct kunit *test)
{
	static const size_t aligns[] = { 3, 24, SZ_4K + 1, SIZE_MAX };
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_stack *stack = kspan_stack_create(heap, SZ_8K, GFP_KERNEL);
	kspan_mark_t mark;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, stack);
	/* So that each of them is too much to ask of the inline function. */
	KUNIT_ASSERT_NOT_NULL(test, kspan_stack_push(stack, SZ_8K - 1, 1));
	mark = kspan_stack_mark(stack);
	kit_reports_begin();
	for (i = 0; i < ARRAY_SIZE(aligns); i++) {
		size_t align = aligns[i];

		OPTIMIZER_HIDE_VAR(align);
		KUNIT_EXPECT_NULL(test, kspan_stack_push(stack, 2, align));
	}
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_stack_mark(stack), mark);
	/* It is not the stack that was too small. */
	KUNIT_EXPECT_EQ(test, kspan_stack_overflows(stack), 0);
	kspan_stack_destroy(stack);
}

static void marks_of_others_are_refused(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_stack *low = kspan_stack_create(heap, SZ_8K, GFP_KERNEL);
	struct kspan_stack *high = kspan_stack_create(heap, SZ_8K, GFP_KERNEL);
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, low);
	KUNIT_ASSERT_NOT_NULL(test, high);
	if (kspan_stack_mark(low) > kspan_stack_mark(high))
		swap(low, high);
	p = kspan_stack_push(low, 100, 8);
	KUNIT_ASSERT_NOT_NULL(test, p);
	kit_reports_begin();
	kspan_stack_release(low, kspan_stack_mark(high));
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_stack_mark(low), (unsigned long)p);
	kspan_stack_destroy(low);
	kspan_stack_destroy(high);
}

/* Guards are a part of what a span may have. */
static void checked_ones_are_smaller(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_region *region;
	struct kspan_stack *stack;

	WRITE_ONCE(kspan_checked, true);
	KUNIT_EXPECT_NULL(test, kspan_stack_create(heap, SZ_4M, GFP_KERNEL));
	stack = kspan_stack_create(heap, SZ_4M - 2 * KSPAN_PAGE_BYTES,
				   GFP_KERNEL);
	region = kspan_region_create(heap, GFP_KERNEL);
	WRITE_ONCE(kspan_checked, false);
	KUNIT_EXPECT_NOT_NULL(test, stack);
	KUNIT_ASSERT_NOT_NULL(test, region);
	KUNIT_EXPECT_NULL(test, kspan_region_alloc(region, SZ_4M, GFP_KERNEL));
	KUNIT_EXPECT_NOT_NULL(test, kspan_region_alloc(region, SZ_2M,
						       GFP_KERNEL));
	kspan_stack_destroy(stack);
	kspan_region_destroy(region);
	kit_expect_empty(test, heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(caches_have_no_zones),
	KUNIT_CASE(stacks_and_regions_have_no_zones),
	KUNIT_CASE(caches_have_no_such_node),
	KUNIT_CASE(constructed_is_not_zeroed),
	KUNIT_CASE(errors_are_no_heaps),
	KUNIT_CASE(stacks_refuse_impossible_alignments),
	KUNIT_CASE(marks_of_others_are_refused),
	KUNIT_CASE(checked_ones_are_smaller),
	{}
};

struct kunit_suite kit_refused_suite = {
	.name = "kspan_refused",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
