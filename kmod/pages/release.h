/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Release: what goes from a page heap back to the kernel, block by block.
 */
#ifndef _KSPAN_RELEASE_H
#define _KSPAN_RELEASE_H

#include <linux/bits.h>
#include <linux/types.h>

#include "pages/pageheap.h"

/* What may go to the kernel besides what nobody misses. */
enum {
	/* Pages that were never handed out. */
	KSPAN_RELEASE_FRESH	= BIT(0),
	/* Pages of chunks that are nearly full. */
	KSPAN_RELEASE_DENSE	= BIT(1),
	KSPAN_RELEASE_ANY	= KSPAN_RELEASE_FRESH | KSPAN_RELEASE_DENSE,
};

/**
 * struct kspan_release - a walk that takes free blocks out of a page heap
 * @flags: KSPAN_RELEASE_*
 * @start: address of the range that it keeps to, at a chunk's start
 * @end: end of that range, at a chunk's end
 * @stage: what it looks for
 * @below: where it goes on
 * @inside: that is inside of a chunk
 * @keep: in this chunk it has passed over what may change by itself
 * @given: what @given of this chunk was when it came there
 * @floor: the range in which it takes all that is ready
 *
 * Highest addresses first: first chunks that are wholly free, then halves of
 * chunks, then other blocks, and last single pages, for which blocks are split.
 * Chunks in which an earlier walk has found nothing, and to which nothing has come
 * back since, are not looked at, so that a walk that begins anew costs no more
 * than one that goes on.
 */
struct kspan_release {
	unsigned int	flags;
	unsigned long	start;
	unsigned long	end;
	unsigned int	stage;
	unsigned long	below;
	bool		inside;
	bool		keep;
	unsigned long	given;
	unsigned long	floor;
};

enum kspan_detached {
	KSPAN_DETACHED,		/* a block */
	KSPAN_DETACH_SPLIT,	/* none, but one to be split */
	KSPAN_DETACH_MORE,	/* none so far; the lock was held long enough */
	KSPAN_DETACH_DONE,	/* none any more */
};

/**
 * struct kspan_block - a block that has left its page heap
 * @addr: its first byte
 * @npages: its heap pages
 * @split: it is not a block, but pages of blocks that were split
 * @chunk: its chunk, if that has no page left
 */
struct kspan_block {
	unsigned long		addr;
	unsigned int		npages;
	bool			split;
	struct kspan_chunk	*chunk;
};

void kspan_release_init(struct kspan_release *walk, unsigned int flags);
bool kspan_pageheap_detach_retired(struct kspan_pageheap *ph,
				   unsigned long addr, unsigned int npages,
				   struct kspan_block *block);
enum kspan_detached kspan_pageheap_detach(struct kspan_pageheap *ph,
					  struct kspan_release *walk,
					  unsigned long most_pages,
					  struct kspan_block *block);
void kspan_pageheap_split(struct kspan_pageheap *ph,
			  const struct kspan_block *block);

#endif /* _KSPAN_RELEASE_H */
