// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's init_on_alloc and init_on_free promise, of stacks and regions:
 * nobody sees what another had, and nothing stays of what was taken back. Skipped where
 * the kernel promises nothing.
 */
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "tests/kit.h"
#include "tests/suites.h"

enum {
	PATTERN		= 0xa5,
	/* Of a region: in its first span, in one that it grows by, in its own. */
	NR_SIZES	= 3,
};

static const size_t sizes[NR_SIZES] = { 4000, SZ_16K, SZ_256K };

static void need_init_on_free(struct kunit *test)
{
	if (!want_init_on_free())
		kunit_skip(test, "nothing is wiped");
}

static void need_init_on_alloc(struct kunit *test)
{
	if (!want_init_on_alloc(0))
		kunit_skip(test, "nothing is zeroed");
}

/* Whether words that we have written are there, whosever memory it is by now. */
static unsigned int nr_patterns(const void *p, size_t size_bytes)
{
	unsigned int n = 0;
	const u64 *word;

	for (word = p; (void *)word < p + size_bytes; word++) {
		u64 value;

		n += !copy_from_kernel_nofault(&value, word, sizeof(value)) &&
		     value == 0x0101010101010101ULL * PATTERN;
	}
	return n;
}

static void *dirty(struct kunit *test, void *p, size_t size_bytes)
{
	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, PATTERN, size_bytes);
	return p;
}

static void *pushed(struct kunit *test, struct kspan_stack *stack, size_t size)
{
	return dirty(test, kspan_stack_push(stack, size, 8), size);
}

static void released_is_wiped(struct kunit *test)
{
	struct kspan_stack *stack;
	kspan_mark_t mark;
	void *kept;
	void *p;

	need_init_on_free(test);
	stack = kspan_stack_create(kit_heap(test), SZ_64K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stack);
	kept = pushed(test, stack, 512);
	mark = kspan_stack_mark(stack);
	p = pushed(test, stack, 4000);
	kspan_stack_release(stack, mark);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 4000));
	KUNIT_EXPECT_NULL(test, memchr_inv(kept, PATTERN, 512));
	p = pushed(test, stack, 40000);
	kspan_stack_destroy(stack);
	KUNIT_EXPECT_EQ(test, nr_patterns(p, 40000), 0);
	KUNIT_EXPECT_EQ(test, nr_patterns(kept, 512), 0);
}

/* It waits for the next borrower. */
static void put_is_wiped(struct kunit *test)
{
	struct kspan_stack *stack;
	void *p;

	need_init_on_free(test);
	stack = kspan_stack_get(kit_heap(test));
	KUNIT_ASSERT_NOT_NULL(test, stack);
	p = pushed(test, stack, 8000);
	kspan_stack_put(stack);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 8000));
	kit_expect_empty(test, kit_heap(test));
	KUNIT_EXPECT_EQ(test, nr_patterns(p, 8000), 0);
}

static void new_is_zeroed(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_stack *stack;
	void *p;

	need_init_on_alloc(test);
	/* Pages that the heap has, and knows to be dirty. */
	kspan_free(dirty(test, kspan_alloc(heap, SZ_64K, GFP_KERNEL), SZ_64K));
	stack = kspan_stack_create(heap, SZ_64K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stack);
	p = kspan_stack_push(stack, SZ_64K, 0);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, SZ_64K));
	kspan_stack_destroy(stack);
	kspan_free(dirty(test, kspan_alloc(heap, KSPAN_STACK_BYTES, GFP_KERNEL),
			 KSPAN_STACK_BYTES));
	stack = kspan_stack_get(heap);
	KUNIT_ASSERT_NOT_NULL(test, stack);
	p = kspan_stack_push(stack, KSPAN_STACK_BYTES, 0);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, KSPAN_STACK_BYTES));
	kspan_stack_put(stack);
}

static void fill(struct kunit *test, struct kspan_region *region, void **p)
{
	unsigned int i;

	for (i = 0; i < NR_SIZES; i++)
		p[i] = dirty(test, kspan_region_alloc(region, sizes[i],
						      GFP_KERNEL), sizes[i]);
}

static void reset_is_wiped(struct kunit *test)
{
	struct kspan_region *region;
	void *p[NR_SIZES];
	unsigned int i;

	need_init_on_free(test);
	region = kspan_region_create(kit_heap(test), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, region);
	fill(test, region, p);
	kspan_region_reset(region);
	/* The first two are the region's still. */
	KUNIT_EXPECT_NULL(test, memchr_inv(p[0], 0, sizes[0]));
	KUNIT_EXPECT_NULL(test, memchr_inv(p[1], 0, sizes[1]));
	KUNIT_EXPECT_EQ(test, nr_patterns(p[2], sizes[2]), 0);
	fill(test, region, p);
	kspan_region_destroy(region);
	for (i = 0; i < NR_SIZES; i++)
		KUNIT_EXPECT_EQ(test, nr_patterns(p[i], sizes[i]), 0);
}

static void members_are_zeroed(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_region *region;
	void *p[NR_SIZES];
	unsigned int i;

	need_init_on_alloc(test);
	region = kspan_region_create(heap, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, region);
	fill(test, region, p);
	kspan_region_reset(region);
	for (i = 0; i < NR_SIZES; i++) {
		p[i] = kspan_region_alloc(region, sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p[i]);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(p[i], 0, sizes[i]),
				      "%zu bytes", sizes[i]);
	}
	kspan_region_destroy(region);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(released_is_wiped),
	KUNIT_CASE(put_is_wiped),
	KUNIT_CASE(new_is_zeroed),
	KUNIT_CASE(reset_is_wiped),
	KUNIT_CASE(members_are_zeroed),
	{}
};

struct kunit_suite kit_wiped_suite = {
	.name = "kspan_wiped",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
