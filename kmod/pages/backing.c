// SPDX-License-Identifier: GPL-2.0
#include <linux/page_ref.h>
#include <linux/printk.h>

#include "base/fault.h"
#include "pages/backing.h"
#include "pages/poison.h"

/**
 * kspan_backing_get() - take a block from the page allocator
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @order: log2 of its kernel pages
 * @gfp: as for alloc_pages(), without __GFP_ZERO and __GFP_COMP
 * @zeroed: out: the block is known to be zero
 *
 * Context: As alloc_pages().
 * Return: its address in the direct map, or 0.
 */
unsigned long kspan_backing_get(int nid, unsigned int order, gfp_t gfp,
				bool *zeroed)
{
	struct page *page;

	if (kspan_fault(KSPAN_FAULT_BLOCK, gfp))
		return 0;
	page = alloc_pages_node(nid, gfp, order);
	if (!page)
		return 0;
	*zeroed = want_init_on_alloc(gfp) || want_init_on_free();
	page_ref_dec(page);
	return (unsigned long)page_address(page);
}

/* Reference counts that others have changed are set right, as far as they can be. */
static void forget_strays(struct page *page)
{
	int count = page_ref_count(page);

	if (likely(!count))
		return;
	pr_err("kspan: somebody passed %p to %s\n", page_address(page),
	       count < 0 ? "kfree() or put_page()" : "get_page()");
	if (count < 0)
		set_page_count(page, 0);
}

/**
 * kspan_backing_put() - give a block back to the page allocator
 * @addr: as kspan_backing_get() gave it; no lookup can find it any more
 * @order: as it was taken
 *
 * Context: As __free_pages().
 */
void kspan_backing_put(unsigned long addr, unsigned int order)
{
	struct page *page = virt_to_page((void *)addr);
	unsigned int i;

	for (i = 0; i < 1U << order; i++)
		forget_strays(page + i);
	page_ref_inc(page);
	/* Only where it comes alone does the kernel look for poison. */
	if (unlikely(order && kspan_poisoned(addr, PAGE_SIZE << order))) {
		split_page(page, order);
		for (i = 0; i < 1U << order; i++)
			__free_page(page + i);
		return;
	}
	__free_pages(page, order);
}

/**
 * kspan_backing_split() - make a block's pages separable
 * @addr: as kspan_backing_get() gave it
 * @order: as it was taken
 *
 * From now on its heap pages are given back one by one, with
 * kspan_backing_put_split().
 *
 * Context: Any.
 */
void kspan_backing_split(unsigned long addr, unsigned int order)
{
	struct page *page = virt_to_page((void *)addr);
	unsigned int i;

	forget_strays(page);
	page_ref_inc(page);
	split_page(page, order);
	for (i = 0; i < 1U << order; i++)
		page_ref_dec(page + i);
}

/**
 * kspan_backing_put_split() - give heap pages of split blocks back
 * @addr: the first; no lookup can find them any more
 * @npages: how many
 *
 * Context: As __free_pages().
 */
void kspan_backing_put_split(unsigned long addr, unsigned int npages)
{
	unsigned long end = addr + kspan_npages_bytes(npages);

	for (; addr < end; addr += PAGE_SIZE)
		kspan_backing_put(addr, 0);
}
