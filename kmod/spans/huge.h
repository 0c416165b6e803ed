/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Huge objects: above KSPAN_MAX_CONTIG_BYTES in vmalloc memory. Of smaller ones
 * only those of kspan_kvmalloc() go there, where contiguous pages have run out.
 *
 * Each heap has its own, and its own list of those that wait for vfree(): what
 * others do amid a free of theirs does not hold up its destruction, nor outlive
 * it.
 */
#ifndef _KSPAN_HUGE_H
#define _KSPAN_HUGE_H

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/llist.h>
#include <linux/rbtree.h>
#include <linux/workqueue.h>

#include "pages/source.h"

/**
 * struct kspan_huge_objects - those of one heap
 * @source: the heap's
 * @by_addr: a tree of them; guarded by the lock in huge.c
 * @dead: freed, but vfree() may have to sleep
 * @free_work: gives these to the kernel
 * @held_bytes: vmalloc areas of the heap: of live objects, of dead ones, and of
 *	those to be. Destruction waits until there are none
 * @making: allocations under way, of areas that are in no tree yet
 * @live: how many are live
 * @bytes: their bytes
 * @allocs: those ever allocated
 * @frees: those ever freed
 */
struct kspan_huge_objects {
	struct kspan_source	*source;
	struct rb_root		by_addr;
	struct llist_head	dead;
	struct work_struct	free_work;
	atomic64_t		held_bytes;
	atomic_t		making;
	atomic64_t		live;
	atomic64_t		bytes;
	atomic64_t		allocs;
	atomic64_t		frees;
};

/**
 * struct kspan_huge_view - what is told of one
 * @source: its heap's
 * @start: its first byte
 * @size_bytes: its pages
 * @area_bytes: those of the area it lies in
 */
struct kspan_huge_view {
	struct kspan_source	*source;
	void			*start;
	size_t			size_bytes;
	size_t			area_bytes;
};

void kspan_huge_init(struct kspan_huge_objects *objects,
		     struct kspan_source *source);
void *kspan_huge_alloc(struct kspan_huge_objects *objects, size_t size_bytes,
		       size_t align_bytes, int nid, gfp_t gfp, bool *limited);
bool kspan_huge_free(const void *p);
bool kspan_huge_find(unsigned long addr, struct kspan_huge_view *view);
bool kspan_huge_next(const struct kspan_huge_objects *objects,
		     unsigned long from, struct kspan_huge_view *view);
size_t kspan_huge_peek(const struct kspan_huge_objects *objects,
		       unsigned long addr, unsigned long *words, size_t nwords);
void kspan_huge_flush(struct kspan_huge_objects *objects);
void kspan_huge_destroy(struct kspan_huge_objects *objects);

#endif /* _KSPAN_HUGE_H */
