// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>

#include "base/compat.h"
#include "tests/scarcity.h"

/* Nothing is reclaimed for it. */
#define TAKE	(__GFP_NOWARN | __GFP_NOMEMALLOC)
/* What other CPUs have in their lists comes out. */
#define TAKE_ALL (GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

enum {
	MAX_LARGE	= 1 << 16,
	NR_MAX_ORDER	= 16,
};

static void arrays_new(struct kunit *test, struct kit_scarcity *held,
		       unsigned int order)
{
	memset(held, 0, sizeof(*held));
	held->order = order;
	held->small = vzalloc(array_size(totalram_pages() >> order,
					 sizeof(*held->small)));
	held->large = vzalloc(array_size(MAX_LARGE, sizeof(*held->large)));
	held->large_order = vzalloc(MAX_LARGE);
	KUNIT_ASSERT_NOT_NULL(test, held->small);
	KUNIT_ASSERT_NOT_NULL(test, held->large);
	KUNIT_ASSERT_NOT_NULL(test, held->large_order);
}

static void take_large(struct kit_scarcity *held, unsigned int order,
		       unsigned int most, gfp_t gfp)
{
	while (held->nlarge < most) {
		struct page *page = alloc_pages(gfp, order);

		if (!page)
			break;
		held->large_order[held->nlarge] = order;
		held->large[held->nlarge++] = page;
	}
}

/* What is left above the order of the small ones. */
static void take_rest(struct kit_scarcity *held)
{
	unsigned int order;

	for (order = MAX_PAGE_ORDER; order > held->order; order--)
		take_large(held, order, MAX_LARGE, TAKE);
	for (order = MAX_PAGE_ORDER; order > held->order; order--)
		take_large(held, order, MAX_LARGE, TAKE_ALL);
}

void kit_fragment(struct kunit *test, struct kit_scarcity *held,
		  unsigned int order)
{
	unsigned long most = totalram_pages() >> order;
	unsigned int i;

	arrays_new(test, held, order);
	/* To be given back by kit_release_large(). */
	take_large(held, MAX_PAGE_ORDER, NR_MAX_ORDER, TAKE);
	for (i = 0; i < most; i++) {
		held->small[i] = alloc_pages(TAKE, order);
		if (!held->small[i])
			break;
	}
	held->nsmall = i;
	for (i = 0; i < held->nsmall; i++) {
		if (page_to_pfn(held->small[i]) >> order & 1) {
			__free_pages(held->small[i], order);
			held->small[i] = NULL;
		}
	}
	take_rest(held);
	/* Whoever was woken goes to sleep again. */
	msleep(300);
	take_rest(held);
}

void kit_fill_node(struct kunit *test, struct kit_scarcity *held, int nid)
{
	unsigned long most = totalram_pages();
	unsigned int i;

	arrays_new(test, held, 0);
	for (i = 0; i < most; i++) {
		held->small[i] = alloc_pages_node(nid, TAKE | __GFP_THISNODE, 0);
		if (!held->small[i])
			break;
	}
	held->nsmall = i;
}

void kit_release_large(struct kit_scarcity *held)
{
	while (held->nlarge) {
		held->nlarge--;
		__free_pages(held->large[held->nlarge],
			     held->large_order[held->nlarge]);
	}
}

void kit_release(struct kit_scarcity *held)
{
	unsigned int i;

	kit_release_large(held);
	for (i = 0; i < held->nsmall; i++) {
		if (held->small[i])
			__free_pages(held->small[i], held->order);
	}
	vfree(held->small);
	vfree(held->large);
	vfree(held->large_order);
	memset(held, 0, sizeof(*held));
}

static struct tracepoint *page_alloc;
static struct task_struct *watched;
static unsigned int nreclaim;

static void find_page_alloc(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "mm_page_alloc"))
		page_alloc = tp;
}

/* The kernel tells of those that fail, too. */
static void count_reclaim(void *unused, struct page *page, unsigned int order,
			  gfp_t gfp, int migratetype)
{
	if (current == watched && order > PAGE_ALLOC_COSTLY_ORDER &&
	    gfp & __GFP_RECLAIM)
		nreclaim++;
}

void kit_reclaim_begin(struct kunit *test)
{
	if (!page_alloc)
		for_each_kernel_tracepoint(find_page_alloc, NULL);
	KUNIT_ASSERT_NOT_NULL(test, page_alloc);
	watched = current;
	nreclaim = 0;
	KUNIT_ASSERT_EQ(test, tracepoint_probe_register(page_alloc,
							count_reclaim, NULL),
			0);
}

unsigned int kit_reclaim_end(void)
{
	tracepoint_probe_unregister(page_alloc, count_reclaim, NULL);
	tracepoint_synchronize_unregister();
	return nreclaim;
}
