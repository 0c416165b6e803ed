// SPDX-License-Identifier: GPL-2.0
/*
 * Checked stacks and regions: what is written after it was taken back, and what is
 * written beyond the memory that there is.
 */
#include <linux/sizes.h>

#include "spans/bump.h"
#include "tests/kit.h"
#include "tests/suites.h"

static struct kspan_stack *new_stack(struct kunit *test, size_t size_bytes)
{
	struct kspan_stack *stack = kspan_stack_create(kit_heap(test),
						       size_bytes, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stack);
	return stack;
}

static struct kspan_region *new_region(struct kunit *test)
{
	struct kspan_region *region = kspan_region_create(kit_heap(test),
							  GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, region);
	return region;
}

static void expect_report(struct kunit *test, unsigned long *total,
			  enum kspan_mistake mistake)
{
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, ++*total);
	KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake, (int)mistake);
	KUNIT_EXPECT_STREQ(test, kspan_last_report.heap_name, "kunit");
}

static void writes_after_release(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	struct kspan_stack *stack;
	kspan_mark_t mark;
	u8 *p;

	kspan_checked = true;
	stack = new_stack(test, SZ_16K);
	mark = kspan_stack_mark(stack);
	p = kspan_stack_push(stack, 100, 8);
	kspan_stack_release(stack, mark);
	p[50] = 0;
	kit_reports_begin();
	KUNIT_EXPECT_NOT_NULL(test, kspan_stack_push(stack, 200, 8));
	expect_report(test, &total, KSPAN_MISTAKE_RELEASED_WRITE);
	KUNIT_EXPECT_EQ(test, kspan_last_report.addr, (unsigned long)p + 50);
	kspan_stack_destroy(stack);

	/* Of a borrowed one the next borrower learns. */
	stack = kspan_stack_get(kit_heap(test));
	p = kspan_stack_push(stack, 100, 8);
	kspan_stack_put(stack);
	p[1] = 0;
	kit_reports_begin();
	stack = kspan_stack_get(kit_heap(test));
	expect_report(test, &total, KSPAN_MISTAKE_RELEASED_WRITE);
	kspan_stack_put(stack);
	kspan_checked = false;
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);
	kit_expect_empty(test, kit_heap(test));
}

static void overruns_of_stacks(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	struct kspan_stack *stack;
	kspan_mark_t mark;
	u8 *p;

	kspan_checked = true;
	stack = new_stack(test, 1000);
	kspan_checked = false;
	mark = kspan_stack_mark(stack);
	p = kspan_stack_push(stack, 1000, 1);
	KUNIT_ASSERT_NOT_NULL(test, p);
	p[1000] = 0;
	kit_reports_begin();
	kspan_stack_release(stack, mark);
	expect_report(test, &total, KSPAN_MISTAKE_OVERRUN);
	p[-1] = 0;
	kit_reports_begin();
	kspan_stack_destroy(stack);
	expect_report(test, &total, KSPAN_MISTAKE_OVERRUN);
	kit_expect_empty(test, kit_heap(test));
}

static void verify_looks_at_guards(struct kunit *test)
{
	struct kspan_stack *stack;
	u8 *guard;

	kspan_checked = true;
	stack = new_stack(test, SZ_16K);
	kspan_checked = false;
	kit_expect_sound(test, kit_heap(test));
	guard = (u8 *)ALIGN(kspan_stack_mark(stack) + 1, KSPAN_PAGE_BYTES) - 1;
	*guard ^= 1;
	KUNIT_EXPECT_EQ(test, kit_verify(test, kit_heap(test)), 1);
	*guard ^= 1;
	kit_expect_sound(test, kit_heap(test));
	kspan_stack_destroy(stack);
}

static void writes_after_reset(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	struct kspan_region *region;
	u8 *first, *large;
	unsigned int i;

	kspan_checked = true;
	region = new_region(test);
	kspan_checked = false;
	first = kspan_region_alloc(region, 100, GFP_KERNEL);
	large = kspan_region_alloc(region, SZ_1M, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, first);
	KUNIT_ASSERT_NOT_NULL(test, large);
	kit_fill(first, 100, 1);
	kspan_region_reset(region);
	/* Nobody reads what was there. */
	KUNIT_EXPECT_EQ(test, first[3], KSPAN_BUMP_POISON);
	first[3] = 1;
	kit_reports_begin();
	KUNIT_EXPECT_NOT_NULL(test, kspan_region_alloc(region, 100, GFP_KERNEL));
	expect_report(test, &total, KSPAN_MISTAKE_RELEASED_WRITE);
	KUNIT_EXPECT_EQ(test, kspan_last_report.addr, (unsigned long)first + 3);

	/* Of what a reset takes out of use, the next one tells. */
	KUNIT_EXPECT_EQ(test, large[SZ_512K], KSPAN_BUMP_POISON);
	large[SZ_512K] = 1;
	kit_reports_begin();
	kspan_region_reset(region);
	expect_report(test, &total, KSPAN_MISTAKE_RELEASED_WRITE);

	/* Likewise of a span that is kept. */
	for (i = 0; i < 20; i++)
		first = kspan_region_alloc(region, 1000, GFP_KERNEL);
	kspan_region_reset(region);
	first[0] = 1;
	kit_reports_begin();
	kspan_region_destroy(region);
	expect_report(test, &total, KSPAN_MISTAKE_RELEASED_WRITE);
	kit_expect_empty(test, kit_heap(test));
}

static void overruns_of_regions(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	struct kspan_region *region;
	u8 *p, *end;

	kspan_checked = true;
	region = new_region(test);
	kspan_checked = false;
	p = kspan_region_alloc(region, 256, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	end = PTR_ALIGN(p, SZ_8K);
	end[-KSPAN_BUMP_GUARD_BYTES] = 0;
	KUNIT_EXPECT_EQ(test, kit_verify(test, kit_heap(test)), 1);
	kit_reports_begin();
	kspan_region_reset(region);
	expect_report(test, &total, KSPAN_MISTAKE_OVERRUN);
	kspan_region_destroy(region);
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);
	kit_expect_empty(test, kit_heap(test));
}

static void checked_off(struct kunit *test)
{
	kspan_checked = false;
	kit_quiet_exit(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(writes_after_release),
	KUNIT_CASE(overruns_of_stacks),
	KUNIT_CASE(verify_looks_at_guards),
	KUNIT_CASE(writes_after_reset),
	KUNIT_CASE(overruns_of_regions),
	{}
};

struct kunit_suite kit_checked_suite = {
	.name		= "kspan_stack_checked",
	.init		= kit_quiet_init,
	.exit		= checked_off,
	.test_cases	= cases,
};
