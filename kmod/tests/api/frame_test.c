// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of functions whose objects the compiler has placed.
 */
#include <linux/kspan_frame.h>
#include <linux/slab.h>

#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

static u64 allocs_of(struct kspan_heap *heap)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	return stats.allocs_total;
}

static void objects_are_on_a_stack(struct kunit *test)
{
	struct kspan_stack *frame = NULL;
	struct kspan_object first, second;
	char *a, *b;

	a = __kspan_frame_kmalloc(&frame, 1, 100, GFP_KERNEL);
	b = __kspan_frame_kmalloc(&frame, 4, 16, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	KUNIT_ASSERT_TRUE(test, kspan_find_object(a, &first));
	KUNIT_ASSERT_TRUE(test, kspan_find_object(b, &second));
	KUNIT_EXPECT_PTR_EQ(test, first.start, second.start);
	KUNIT_EXPECT_EQ(test, (unsigned long)b % 64, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(b, 0, 64));
	memset(a, 1, 100);
	KUNIT_EXPECT_NULL(test, memchr_inv(b, 0, 64));
	__kspan_frame_kfree(a);
	__kspan_frame_kfree(b);
	__kspan_frame_kfree(NULL);
	__kspan_frame_end(frame);
}

static void memory_is_cleared_again(struct kunit *test)
{
	struct kspan_stack *frame;
	char *p;
	int i;

	for (i = 0; i < 2; i++) {
		frame = NULL;
		p = __kspan_frame_kmalloc(&frame, 1, 500, GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 500));
		memset(p, 0xff, 500);
		__kspan_frame_kfree(p);
		__kspan_frame_end(frame);
	}
}

/* What does not fit is the allocator's, and goes back to it. */
static void too_large_is_allocated(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_stack *frame = NULL;
	struct kspan_object obj;
	u64 before = allocs_of(heap);
	void *p, *q;

	p = __kspan_frame_kmalloc(&frame, 1, KSPAN_STACK_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_FALSE(test, kspan_owns(p));
	__kspan_frame_kfree(p);
	q = __kspan_frame_alloc(&frame, heap, 2, KSPAN_STACK_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_ASSERT_TRUE(test, kspan_find_object(q, &obj));
	KUNIT_EXPECT_PTR_EQ(test, obj.heap, heap);
	KUNIT_EXPECT_EQ(test, allocs_of(heap), before + 1);
	__kspan_frame_free(q);
	KUNIT_EXPECT_FALSE(test, kspan_find_object(q, &obj) && obj.live);
	KUNIT_EXPECT_NULL(test, frame);
	__kspan_frame_end(frame);
}

/* A heap's object is on the stack, and stays there when it is freed. */
static void freed_stays_until_the_end(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_stack *frame = NULL;
	u64 before = allocs_of(heap);
	char *p, *q;

	p = __kspan_frame_alloc(&frame, heap, 1, 300, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	memset(p, 0x11, 300);
	__kspan_frame_free(p);
	__kspan_frame_free(NULL);
	q = __kspan_frame_alloc(&frame, heap, 3, 100, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_PTR_NE(test, p, q);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0x11, 300));
	KUNIT_EXPECT_NULL(test, memchr_inv(q, 0, 300));
	__kspan_frame_free(q);
	KUNIT_EXPECT_EQ(test, allocs_of(heap), before);
	__kspan_frame_end(frame);
}

static void a_full_stack_is_no_failure(struct kunit *test)
{
	struct kspan_stack *frame = NULL;
	void *p[40];
	int i, on_stack = 0;

	for (i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = __kspan_frame_kmalloc(&frame, 1, 1000, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p[i]);
		memset(p[i], i, 1000);
		on_stack += kspan_owns(p[i]);
	}
	KUNIT_EXPECT_GT(test, on_stack, 10);
	KUNIT_EXPECT_LT(test, on_stack, 17);
	for (i = 0; i < ARRAY_SIZE(p); i++) {
		KUNIT_EXPECT_NULL(test, memchr_inv(p[i], i, 1000));
		__kspan_frame_kfree(p[i]);
	}
	__kspan_frame_end(frame);
}

static void sizes_that_overflow_fail(struct kunit *test)
{
	struct kspan_stack *frame = NULL;
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;

	KUNIT_EXPECT_NULL(test, __kspan_frame_kmalloc(&frame, SIZE_MAX, 16, gfp));
	KUNIT_EXPECT_PTR_EQ(test, __kspan_frame_kmalloc(&frame, 0, 16, gfp),
			    ZERO_SIZE_PTR);
	__kspan_frame_kfree(ZERO_SIZE_PTR);
	__kspan_frame_end(frame);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(objects_are_on_a_stack),
	KUNIT_CASE(memory_is_cleared_again),
	KUNIT_CASE(too_large_is_allocated),
	KUNIT_CASE(freed_stays_until_the_end),
	KUNIT_CASE(a_full_stack_is_no_failure),
	KUNIT_CASE(sizes_that_overflow_fail),
	{}
};

struct kunit_suite kit_frame_suite = {
	.name		= "kspan_frame",
	.init		= kit_quiet_init,
	.exit		= kit_quiet_exit,
	.test_cases	= cases,
};
