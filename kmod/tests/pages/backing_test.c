// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks of the page allocator, while others hold references to their pages.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/page_ref.h>

#include "pages/backing.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	ORDER		= 3,
	NPAGES		= 1 << ORDER,
	/* Times that somebody looks up a page that is just being handed out. */
	NR_MEETINGS	= 20,
	MEETING_SECONDS	= 20,
	LEAK_ORDER	= 9,
	LEAK_ROUNDS	= 64,
};

static struct page *block_new(struct kunit *test, unsigned int order)
{
	bool zeroed;
	unsigned long addr = kspan_backing_get(NUMA_NO_NODE, order, GFP_KERNEL,
					       &zeroed);

	KUNIT_ASSERT_NE(test, addr, 0);
	return virt_to_page((void *)addr);
}

static unsigned long addr_of(struct page *page)
{
	return (unsigned long)page_address(page);
}

static int count_all(struct page *page, unsigned int npages)
{
	int sum = 0;

	while (npages--)
		sum += abs(page_ref_count(page + npages));
	return sum;
}

/* A block is claimed only by who has its one reference. */
static void a_shared_block_goes_back(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, ORDER);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_TRUE(test, get_page_unless_zero(page));
	KUNIT_EXPECT_FALSE(test, kspan_backing_claim(page, ORDER));
	/* The page is the holder's still, and his alone. */
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	put_page(page);
}

/**
 * struct speculator - somebody who looks pages up that are not his any more
 * @page: of which he has heard last
 * @got: how often he got a reference
 */
struct speculator {
	struct page	*page;
	unsigned int	got;
};

static int speculate(void *data)
{
	struct speculator *speculator = data;

	while (!kthread_should_stop()) {
		struct page *page = READ_ONCE(speculator->page);

		if (page && get_page_unless_zero(page)) {
			WRITE_ONCE(speculator->got, speculator->got + 1);
			udelay(20);
			put_page(page);
		}
		cond_resched();
	}
	return 0;
}

/* Whatever others do, nobody can have a page that is ours. */
static void a_page_has_one_owner(struct kunit *test)
{
	unsigned long end = jiffies + MEETING_SECONDS * HZ;
	struct speculator speculator = { };
	struct task_struct *task;
	int held = 0;

	task = kthread_run(speculate, &speculator, "kspan-speculate");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (READ_ONCE(speculator.got) < NR_MEETINGS &&
	       time_before(jiffies, end)) {
		struct page *page = block_new(test, ORDER);

		held += count_all(page, NPAGES);
		WRITE_ONCE(speculator.page, page);
		udelay(5);
		held += count_all(page, NPAGES);
		kspan_backing_put(addr_of(page), ORDER);
		cond_resched();
	}
	kthread_stop(task);
	if (!speculator.got)
		kunit_skip(test, "nobody has met anybody");
	KUNIT_EXPECT_EQ(test, held, 0);
}

/* The same, for pages whose block is split. */
static void a_split_block_has_one_owner(struct kunit *test)
{
	unsigned long end = jiffies + MEETING_SECONDS * HZ;
	struct speculator speculator = { };
	struct task_struct *task;
	unsigned int freed = 0;

	task = kthread_run(speculate, &speculator, "kspan-speculate");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (READ_ONCE(speculator.got) < NR_MEETINGS &&
	       time_before(jiffies, end)) {
		struct page *page = block_new(test, LEAK_ORDER);
		struct page *last = page + (1 << LEAK_ORDER) - 1;
		int count;

		WRITE_ONCE(speculator.page, last);
		kspan_backing_split(addr_of(page), LEAK_ORDER);
		/* None, or so many that no others' put is the last. */
		count = page_ref_count(last);
		freed += count && count < 1000;
		udelay(50);
		count = page_ref_count(last);
		freed += count && count < 1000;
		WRITE_ONCE(speculator.page, NULL);
		kspan_backing_put_split(addr_of(page),
					kspan_order_npages(LEAK_ORDER));
		cond_resched();
	}
	kthread_stop(task);
	if (!speculator.got)
		kunit_skip(test, "nobody has met anybody");
	KUNIT_EXPECT_EQ(test, freed, 0);
}

static unsigned long free_kernel_pages(void)
{
	struct sysinfo info;

	si_meminfo(&info);
	return info.freeram;
}

/* A block goes back while somebody holds one of its pages, split or not. */
static void holder_outlives_block(struct kunit *test, unsigned int held,
				  bool split)
{
	struct page *page = block_new(test, LEAK_ORDER);

	if (split)
		kspan_backing_split(addr_of(page), LEAK_ORDER);
	page_ref_inc(page + held);
	if (split)
		kspan_backing_put_split(addr_of(page),
					kspan_order_npages(LEAK_ORDER));
	else
		kspan_backing_put(addr_of(page), LEAK_ORDER);
	KUNIT_EXPECT_EQ(test, page_ref_count(page + held), 1);
	KUNIT_EXPECT_FALSE(test, PageBuddy(page + held));
	put_page(page + held);
}

static void a_holder_keeps_the_page(struct kunit *test)
{
	static const unsigned int held[] = { 0, 1, 77, (1 << LEAK_ORDER) - 1 };
	unsigned long before = free_kernel_pages();
	unsigned int round;

	kit_reports_begin();
	for (round = 0; round < LEAK_ROUNDS; round++)
		holder_outlives_block(test, held[round % ARRAY_SIZE(held)],
				      round & 4);
	kit_reports_end();
	/* All other pages have gone back, and in the end that one, too. */
	KUNIT_EXPECT_LT(test, before, free_kernel_pages() +
			(LEAK_ROUNDS << LEAK_ORDER) / 4);
}

/* Somebody holds a page of a block that is made separable. */
static void a_split_leaves_holders_theirs(struct kunit *test)
{
	struct page *page = block_new(test, ORDER);

	page_ref_inc(page + 5);
	kit_reports_begin();
	kspan_backing_split(addr_of(page), ORDER);
	KUNIT_EXPECT_EQ(test, page_ref_count(page + 5), 1);
	kspan_backing_put_split(addr_of(page), kspan_order_npages(ORDER));
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, page_ref_count(page + 5), 1);
	KUNIT_EXPECT_FALSE(test, PageBuddy(page + 5));
	put_page(page + 5);
}

/* A stray kfree() or put_page() frees nothing, and is forgotten. */
static void a_stray_put_frees_nothing(struct kunit *test)
{
	struct page *page = block_new(test, ORDER);

	page_ref_dec(page);
	page_ref_dec(page + 5);
	kit_reports_begin();
	kspan_backing_put(addr_of(page), ORDER);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, count_all(page, NPAGES), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_shared_block_goes_back),
	KUNIT_CASE(a_page_has_one_owner),
	KUNIT_CASE(a_split_block_has_one_owner),
	KUNIT_CASE(a_holder_keeps_the_page),
	KUNIT_CASE(a_split_leaves_holders_theirs),
	KUNIT_CASE(a_stray_put_frees_nothing),
	{}
};

struct kunit_suite kit_backing_suite = {
	.name = "kspan_backing",
	.test_cases = cases,
};
