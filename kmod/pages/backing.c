// SPDX-License-Identifier: GPL-2.0
#include <linux/page_ref.h>
#include <linux/printk.h>

#include "base/compat.h"
#include "pages/backing.h"
#include "pages/poison.h"

enum {
	/*
	 * References that we keep on a page whose count cannot be zero, as
	 * somebody else has one just now. Nobody has so many.
	 */
	KEPT_REFS	= 1 << 20,
	/* Blocks that are tried before growing is said to have failed. */
	CLAIM_TRIES	= 8,
};

/**
 * kspan_backing_claim() - make a block's reference count zero
 * @page: its first page, from the page allocator
 * @order: log2 of its pages
 *
 * Whoever has looked the page up when it was somebody else's, as the page cache
 * does and GUP-fast, may take a reference before he finds that out and puts it.
 * If that were the last, it would free the block: such a block goes back, and
 * its first page with the last reference.
 *
 * Return: whether the block is ours.
 */
VISIBLE_IF_KUNIT bool kspan_backing_claim(struct page *page, unsigned int order)
{
	unsigned int i;

	if (likely(page_ref_freeze(page, 1)))
		return true;
	/* With its share of what the whole block is accounted for. */
	split_page(page, order);
	for (i = 0; i < 1U << order; i++)
		__free_page(page + i);
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_backing_claim);

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
	unsigned int try;

	*zeroed = want_init_on_alloc(gfp) || want_init_on_free();
	for (try = 0; try < CLAIM_TRIES || gfp & __GFP_NOFAIL; try++) {
		page = alloc_pages_node(nid, gfp, order);
		if (!page)
			return 0;
		if (kspan_backing_claim(page, order))
			return (unsigned long)page_address(page);
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_backing_get);

/*
 * Whether others hold references to a page, whose count should be zero. One that
 * was put too often is set right.
 */
static bool held_by_others(struct page *page)
{
	int count = page_ref_count(page);

	if (likely(!count))
		return false;
	/* Speculative references, which come and go. */
	if (count > KEPT_REFS / 2)
		return false;
	pr_err("kspan: somebody passed %p to %s\n", page_address(page),
	       count < 0 ? "kfree() or put_page()" : "get_page()");
	if (count < 0)
		set_page_count(page, 0);
	return count > 0;
}

/* One reference is ours, as the page allocator knows it, besides those of others. */
static void own(struct page *page)
{
	if (unlikely(page_ref_count(page) > KEPT_REFS / 2))
		page_ref_sub(page, KEPT_REFS - 1);
	else
		page_ref_inc(page);
}

static bool tails_held_by_others(struct page *page, unsigned int order)
{
	bool held = false;
	unsigned int i;

	for (i = 1; i < 1U << order; i++)
		held |= held_by_others(page + i);
	return held;
}

/**
 * kspan_backing_put() - give a block back to the page allocator
 * @addr: as kspan_backing_get() gave it; no lookup can find it any more
 * @order: as it was taken
 *
 * A page on which others hold a reference goes when they put it.
 *
 * Context: As __free_pages().
 */
void kspan_backing_put(unsigned long addr, unsigned int order)
{
	struct page *page = virt_to_page((void *)addr);
	bool head_held = held_by_others(page);
	bool tails_held = tails_held_by_others(page, order);
	unsigned int i;
	bool whole;

	own(page);
	/* Only where a page comes alone does the kernel look for poison. */
	whole = !order ||
		(!head_held && !kspan_poisoned(addr, PAGE_SIZE << order));
	if (likely(whole && !tails_held)) {
		__free_pages(page, order);
		return;
	}
	/*
	 * To split it sets the counts of all pages but the first to one, which
	 * those that are held do not survive. Without, what the block is
	 * charged to its cgroup for stays charged.
	 */
	if (tails_held) {
		for (i = 1; i < 1U << order; i++)
			own(page + i);
	} else {
		split_page(page, order);
	}
	for (i = 0; i < 1U << order; i++)
		__free_page(page + i);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_backing_put);

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

	held_by_others(page);
	/* See kspan_backing_put(). */
	if (unlikely(tails_held_by_others(page, order)))
		return;
	own(page);
	split_page(page, order);
	/* For a moment each page could be had by speculation. */
	for (i = 0; i < 1U << order; i++) {
		if (unlikely(!page_ref_freeze(page + i, 1)))
			page_ref_add(page + i, KEPT_REFS - 1);
	}
}
EXPORT_SYMBOL_IF_KUNIT(kspan_backing_split);

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
EXPORT_SYMBOL_IF_KUNIT(kspan_backing_put_split);
