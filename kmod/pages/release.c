// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>

#include "base/compat.h"
#include "base/units.h"
#include "pages/backing.h"
#include "pages/release.h"

/* The pages of the block that starts at @head. */
static unsigned int block_npages(const struct kspan_chunk *chunk,
				 unsigned int head)
{
	unsigned int next = find_next_bit(chunk->heads.bits, KSPAN_CHUNK_PAGES,
					  head + 1);
	unsigned int end = find_next_zero_bit(chunk->owned.bits,
					      KSPAN_CHUNK_PAGES, head);

	return min(next, end) - head;
}

static void split_block(struct kspan_chunk *chunk, unsigned int head,
			unsigned int npages)
{
	kspan_backing_split(chunk->addr + kspan_npages_bytes(head),
			    KSPAN_MIN_ORDER + ilog2(npages));
	kspan_pagebits_set(&chunk->heads, head, npages);
	kspan_pagebits_set(&chunk->split, head, npages);
}

enum {
	STAGE_CHUNKS,
	STAGE_HALVES,
	STAGE_BLOCKS,
	STAGE_PAGES,
	NR_STAGES,

	/* Chunks that are looked at without a break. */
	LOOK_CHUNKS	= 32,
	/* A chunk is dense if at most such a part of it is free: 1/32. */
	DENSE_SHIFT	= 5,
	/* Pages of split blocks that go together. */
	RUN_PAGES	= 32,
};

/* The pieces in which a stage looks at a chunk. */
static unsigned int stage_npages(unsigned int stage)
{
	return stage == STAGE_HALVES ? KSPAN_CHUNK_PAGES / 2
				     : KSPAN_CHUNK_PAGES;
}

void kspan_release_init(struct kspan_release *walk, unsigned int flags)
{
	walk->flags = flags;
	walk->start = 0;
	walk->end = ULONG_MAX;
	walk->stage = STAGE_CHUNKS;
	walk->below = ULONG_MAX;
	walk->floor = 0;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_release_init);

static bool chunk_is_dense(const struct kspan_chunk *chunk)
{
	unsigned int nowned = bitmap_weight(chunk->owned.bits,
					    KSPAN_CHUNK_PAGES);
	struct kspan_pagebits free;

	bitmap_andnot(free.bits, chunk->owned.bits, chunk->busy.bits,
		      KSPAN_CHUNK_PAGES);
	return bitmap_weight(free.bits, KSPAN_CHUNK_PAGES) << DENSE_SHIFT <=
	       nowned;
}

static void ready_pages(const struct kspan_chunk *chunk,
			struct kspan_pagebits *ready)
{
	bitmap_andnot(ready->bits, chunk->owned.bits, chunk->busy.bits,
		      KSPAN_CHUNK_PAGES);
	bitmap_andnot(ready->bits, ready->bits, chunk->young.bits,
		      KSPAN_CHUNK_PAGES);
	bitmap_andnot(ready->bits, ready->bits, chunk->waiting.bits,
		      KSPAN_CHUNK_PAGES);
}

/* What the walk may take of these pages. */
static void eligible_pages(const struct kspan_chunk *chunk,
			   const struct kspan_release *walk,
			   struct kspan_pagebits *pages)
{
	if (!(walk->flags & KSPAN_RELEASE_FRESH))
		bitmap_andnot(pages->bits, pages->bits, chunk->fresh.bits,
			      KSPAN_CHUNK_PAGES);
}

/* How many of the pages up to @page can go together, down to @first. */
static unsigned int split_run(const struct kspan_chunk *chunk,
			      const struct kspan_pagebits *pages,
			      unsigned int first, unsigned int page,
			      unsigned long most_pages)
{
	unsigned int most = min3(most_pages, (unsigned long)RUN_PAGES,
				 page + 1UL - first);
	unsigned int npages = 1;

	while (npages < most &&
	       kspan_pagebits_test(&chunk->split, page - npages) &&
	       kspan_pagebits_test(pages, page - npages))
		npages++;
	return npages;
}

/*
 * The highest block in [first, end) that may go, or a run of pages of one that
 * was split; returns its pages, 0 if there is none.
 */
static unsigned int find_block(const struct kspan_chunk *chunk,
			       const struct kspan_release *walk,
			       const struct kspan_pagebits *ready,
			       unsigned int first, unsigned int end,
			       unsigned long most_pages, unsigned int *head)
{
	struct kspan_pagebits pages = *ready;

	eligible_pages(chunk, walk, &pages);
	while (end > first) {
		unsigned int npages;

		*head = find_last_bit(chunk->heads.bits, end);
		if (*head >= end || *head < first)
			break;
		end = *head;
		npages = block_npages(chunk, *head);
		if (npages > most_pages ||
		    !kspan_pagebits_all(ready, *head, npages) ||
		    kspan_pagebits_none(&pages, *head, npages))
			continue;
		if (kspan_pagebits_test(&chunk->split, *head)) {
			npages = split_run(chunk, &pages, first, *head,
					   most_pages);
			*head -= npages - 1;
		}
		return npages;
	}
	return 0;
}

/* Likewise the highest pages, for which their block is split. */
static unsigned int find_page(struct kspan_chunk *chunk,
			      const struct kspan_release *walk,
			      const struct kspan_pagebits *ready,
			      unsigned int end, unsigned long most_pages,
			      unsigned int *head)
{
	struct kspan_pagebits pages = *ready;
	unsigned int npages;
	unsigned int page;

	eligible_pages(chunk, walk, &pages);
	page = find_last_bit(pages.bits, end);
	if (page >= end)
		return 0;
	if (!kspan_pagebits_test(&chunk->split, page)) {
		unsigned int first = find_last_bit(chunk->heads.bits, page + 1);

		split_block(chunk, first, block_npages(chunk, first));
	}
	npages = split_run(chunk, &pages, 0, page, most_pages);
	*head = page - npages + 1;
	return npages;
}

/* The next pages of a chunk that the walk wants; 0 if there are none. */
static unsigned int find_in_chunk(struct kspan_chunk *chunk,
				  struct kspan_release *walk,
				  unsigned long most_pages, unsigned int *head)
{
	unsigned int end = min_t(unsigned long, KSPAN_CHUNK_PAGES,
				 (walk->below - chunk->addr) >>
				 KSPAN_PAGE_SHIFT);
	unsigned int size = stage_npages(walk->stage);
	struct kspan_pagebits ready;

	if (!(walk->flags & KSPAN_RELEASE_DENSE) && chunk_is_dense(chunk))
		return 0;
	ready_pages(chunk, &ready);
	if (walk->stage == STAGE_PAGES)
		return find_page(chunk, walk, &ready, end, most_pages, head);
	while (end) {
		unsigned int first = round_down(end - 1, size);
		unsigned long floor = chunk->addr + kspan_npages_bytes(first);
		unsigned int npages;

		/* What was whole when the walk came to it is taken as a whole. */
		if (walk->stage == STAGE_BLOCKS || walk->floor == floor ||
		    (end == first + size &&
		     kspan_pagebits_all(&ready, first, size))) {
			walk->floor = floor;
			npages = find_block(chunk, walk, &ready, first, end,
					    most_pages, head);
			if (npages)
				return npages;
		}
		end = first;
	}
	return 0;
}

/* Takes a free block, or pages of one that was split, out of the page heap. */
static void detach(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
		   unsigned int head, unsigned int npages,
		   struct kspan_block *block)
{
	block->addr = chunk->addr + kspan_npages_bytes(head);
	block->npages = npages;
	block->split = kspan_pagebits_test(&chunk->split, head);
	block->chunk = NULL;
	kspan_pagebits_set(&chunk->busy, head, npages);
	kspan_pageheap_forget(ph, chunk, head, npages);
	kspan_pagebits_clear(&chunk->owned, head, npages);
	kspan_pagebits_clear(&chunk->split, head, npages);
	kspan_pagebits_clear(&chunk->heads, head, npages);
	ph->owned_pages -= npages;
	if (!bitmap_empty(chunk->owned.bits, KSPAN_CHUNK_PAGES)) {
		kspan_chunk_update(&ph->chunks, chunk);
		return;
	}
	kspan_chunk_unlink(&ph->chunks, chunk);
	block->chunk = chunk;
}

/**
 * kspan_pageheap_detach() - take a block that can go to the kernel
 * @ph: the page heap; the caller holds its lock
 * @walk: where the last call left off
 * @most_pages: what it may have at most
 * @block: out: the block, which is the caller's
 *
 * Looks at a bounded number of chunks, so that the lock is not held for long.
 *
 * Return: whether there was one, and whether to go on.
 */
enum kspan_detached kspan_pageheap_detach(struct kspan_pageheap *ph,
					  struct kspan_release *walk,
					  unsigned long most_pages,
					  struct kspan_block *block)
{
	unsigned int looked;

	lockdep_assert_held(&ph->lock);
	for (looked = 0; looked < LOOK_CHUNKS; looked++) {
		struct kspan_chunk *chunk =
			kspan_chunk_below(&ph->chunks, min(walk->below, walk->end));
		unsigned int npages;
		unsigned int head;

		if (!chunk || chunk->addr < walk->start) {
			if (walk->stage == NR_STAGES - 1)
				return KSPAN_DETACH_DONE;
			walk->stage++;
			walk->below = ULONG_MAX;
			walk->floor = 0;
			continue;
		}
		kspan_pageheap_catch_up(ph, chunk);
		npages = find_in_chunk(chunk, walk, most_pages, &head);
		if (npages) {
			walk->below = chunk->addr + kspan_npages_bytes(head);
			detach(ph, chunk, head, npages, block);
			return KSPAN_DETACHED;
		}
		walk->below = chunk->addr;
	}
	return KSPAN_DETACH_MORE;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_detach);

/**
 * kspan_pageheap_detach_retired() - take a block that was retired
 * @ph: the page heap; the caller holds its lock
 * @addr: the block; lookups that are under way do not find it as a span's
 * @npages: its pages
 * @block: out: the block, which is the caller's
 *
 * Return: false if it is among the free pages by now, as its memory goes offline.
 */
bool kspan_pageheap_detach_retired(struct kspan_pageheap *ph,
				   unsigned long addr, unsigned int npages,
				   struct kspan_block *block)
{
	struct kspan_chunk *chunk = kspan_chunk_find(&ph->chunks, addr);
	unsigned int first = kspan_page_in_chunk(addr);

	lockdep_assert_held(&ph->lock);
	if (!chunk || !kspan_pagebits_all(&chunk->poisoned, first, npages))
		return false;
	kspan_pagebits_clear(&chunk->poisoned, first, npages);
	ph->poisoned_pages -= npages;
	kspan_chunk_give(&ph->chunks, chunk, first, npages);
	ph->free_pages += npages;
	detach(ph, chunk, first, npages, block);
	return true;
}
