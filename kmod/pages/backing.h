/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Backing: blocks of pages from the kernel's page allocator and back to it.
 *
 * Blocks are neither split nor compound, and all their pages have a reference
 * count of zero while they are ours. So a stray kfree() frees nothing, zero-copy
 * networking refuses them, and memory can go offline if their heap gives them up
 * in time: the kernel does not look at such pages before it has asked. Nothing
 * is kept in struct page.
 *
 * A count is lowered to zero only by an atomic test that it was one: those who
 * look pages up by speculation may hold another for a moment, and whoever puts
 * the last reference frees the page.
 *
 * To give back a part of a block it is split into kernel pages, which go back one
 * heap page at a time.
 */
#ifndef _KSPAN_BACKING_H
#define _KSPAN_BACKING_H

#include <linux/gfp.h>
#include <linux/mm.h>

#include "base/compat.h"
#include "base/units.h"

enum {
	/* Pages of the smallest block, and of the first one of a heap. */
	KSPAN_MIN_ORDER		= KSPAN_PAGE_SHIFT - PAGE_SHIFT,
	KSPAN_FIRST_ORDER	= 16 - PAGE_SHIFT,
	/* A heap's blocks grow up to 2 MB; larger ones serve one request. */
	KSPAN_GROW_ORDER	= 21 - PAGE_SHIFT,
	KSPAN_MAX_ORDER		= 22 - PAGE_SHIFT,
};

unsigned long kspan_backing_get(int nid, unsigned int order, gfp_t gfp,
				bool *zeroed);
void kspan_backing_put(unsigned long addr, unsigned int order);
void kspan_backing_split(unsigned long addr, unsigned int order);
void kspan_backing_put_split(unsigned long addr, unsigned int npages);

#if IS_ENABLED(CONFIG_KUNIT)
bool kspan_backing_claim(struct page *page, unsigned int order);
#endif

#endif /* _KSPAN_BACKING_H */
