// SPDX-License-Identifier: GPL-2.0
/*
 * Mempools of a heap's objects, under the kernel's own functions.
 */
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "base/fault.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	MIN_NR	= 16,
};

static u64 nlive(struct kspan_heap *heap)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	return stats.live_objects;
}

static void elements_are_objects(struct kunit *test)
{
	static const size_t sizes[] = { 1, 64, 1000, SZ_32K, SZ_64K, 100000, SZ_8M };
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		mempool_t *pool = kspan_mempool_create(2, heap, sizes[i]);
		struct kspan_object obj;
		void *p;

		KUNIT_ASSERT_NOT_NULL(test, pool);
		KUNIT_EXPECT_EQ(test, nlive(heap), 2);
		p = mempool_alloc(pool, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_TRUE(test, kspan_find_object(p, &obj));
		KUNIT_EXPECT_PTR_EQ(test, obj.heap, heap);
		KUNIT_EXPECT_EQ(test, obj.size_bytes,
				kspan_size_roundup(sizes[i]));
		memset(p, 0xff, sizes[i]);
		mempool_free(p, pool);
		mempool_destroy(pool);
		KUNIT_EXPECT_EQ(test, nlive(heap), 0);
	}
	kit_expect_empty(test, heap);
}

/* What it keeps is there when the heap is at its limit. */
static void kept_for_when_there_is_none(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	mempool_t *pool = kspan_mempool_create(MIN_NR, heap, SZ_64K);
	void *p[MIN_NR];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	KUNIT_EXPECT_EQ(test, nlive(heap), MIN_NR);
	kspan_heap_set_limit(heap, 1);
	kspan_heap_scavenge(heap, SIZE_MAX);
	for (i = 0; i < MIN_NR; i++) {
		p[i] = mempool_alloc(pool, GFP_NOWAIT);
		KUNIT_ASSERT_NOT_NULL(test, p[i]);
	}
	KUNIT_EXPECT_NULL(test, mempool_alloc(pool, GFP_NOWAIT));
	mempool_free(p[0], pool);
	p[0] = mempool_alloc(pool, GFP_NOWAIT);
	KUNIT_EXPECT_NOT_NULL(test, p[0]);
	kspan_heap_set_limit(heap, 0);
	KUNIT_EXPECT_EQ(test, mempool_resize(pool, 2 * MIN_NR), 0);
	for (i = 0; i < MIN_NR; i++)
		mempool_free(p[i], pool);
	KUNIT_EXPECT_EQ(test, nlive(heap), 2 * MIN_NR);
	mempool_destroy(pool);
	kit_expect_empty(test, heap);
}

/* The element it fails at differs; nothing of it is left. */
static void fails_as_a_whole(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	for (i = 1; i <= MIN_NR; i++) {
		kspan_heap_set_limit(heap, i * SZ_64K);
		KUNIT_EXPECT_NULL(test, kspan_mempool_create(MIN_NR + 1, heap,
							     SZ_64K));
		KUNIT_EXPECT_EQ(test, nlive(heap), 0);
	}
	kspan_heap_set_limit(heap, 0);
	kspan_fault_set(KSPAN_FAULT_MEMPOOL, KSPAN_FAULT_ONCE);
	KUNIT_EXPECT_NULL(test, kspan_mempool_create(MIN_NR, heap, 64));
	KUNIT_EXPECT_EQ(test, nlive(heap), 0);
	kspan_fault_set(KSPAN_FAULT_MEMPOOL, KSPAN_FAULT_OFF);
	KUNIT_EXPECT_NULL(test, kspan_mempool_create(2, heap, SIZE_MAX / 2));
	kit_expect_empty(test, heap);
}

/* As a pool of kmalloc()'s does. */
static void nothing_of_nothing(struct kunit *test)
{
	mempool_t *ours = kspan_mempool_create(2, kit_heap(test), 0);
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, ours);
	p = mempool_alloc(ours, GFP_KERNEL);
	/* As of mempool_create_kmalloc_pool(), of which KASAN dies with size 0. */
	KUNIT_EXPECT_PTR_EQ(test, p, ZERO_SIZE_PTR);
	mempool_free(p, ours);
	mempool_destroy(ours);
	kit_expect_empty(test, kit_heap(test));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(elements_are_objects),
	KUNIT_CASE(kept_for_when_there_is_none),
	KUNIT_CASE(fails_as_a_whole),
	KUNIT_CASE(nothing_of_nothing),
	{}
};

struct kunit_suite kit_pool_suite = {
	.name = "kspan_pool",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
