// SPDX-License-Identifier: GPL-2.0
#include <linux/rcupdate.h>

#include "base/compat.h"
#include "base/once.h"
#include "base/units.h"
#include "pages/pageheap.h"

enum {
	/* Chunks that are looked at without a break; and those searched through. */
	LOOK_CHUNKS	= 64,
	SEARCH_CHUNKS	= 2,
};

/* Grace periods have passed since somebody last looked at the chunk. */
void kspan_pageheap_catch_up(struct kspan_pageheap *ph,
			     struct kspan_chunk *chunk)
{
	unsigned long turns = ph->turn - chunk->turn;

	if (!turns)
		return;
	if (turns == 1)
		chunk->waiting = chunk->young;
	else
		bitmap_zero(chunk->waiting.bits, KSPAN_CHUNK_PAGES);
	bitmap_zero(chunk->young.bits, KSPAN_CHUNK_PAGES);
	chunk->turn = ph->turn;
}

/**
 * kspan_pageheap_turn() - a grace period has passed for the free pages
 * @ph: the page heap; the caller holds its lock
 *
 * What waited for it is ready, and what came back meanwhile waits for the next,
 * which begins here.
 */
void kspan_pageheap_turn(struct kspan_pageheap *ph)
{
	lockdep_assert_held(&ph->lock);
	ph->turn++;
	WRITE_ONCE(ph->waiting_pages, ph->young_pages);
	WRITE_ONCE(ph->young_pages, 0);
	ph->cookie = get_state_synchronize_rcu();
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_turn);

/**
 * kspan_pageheap_poll() - look whether a grace period has passed
 * @ph: the page heap; the caller holds its lock
 */
void kspan_pageheap_poll(struct kspan_pageheap *ph)
{
	if (!kspan_pageheap_unready(ph))
		return;
	if (!ph->waiting_pages || poll_state_synchronize_rcu(ph->cookie))
		kspan_pageheap_turn(ph);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_poll);

/* Free pages, busy now, leave the page heap to a user or to the kernel. */
void kspan_pageheap_forget(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
			   unsigned int first, unsigned int npages)
{
	kspan_sub_once(ph->free_pages, npages);
	if (ph->fresh_pages) {
		kspan_sub_once(ph->fresh_pages,
			       kspan_pagebits_weight(&chunk->fresh, first,
						     npages));
		kspan_pagebits_clear(&chunk->fresh, first, npages);
	}
	if (!kspan_pageheap_unready(ph))
		return;
	kspan_pageheap_catch_up(ph, chunk);
	kspan_sub_once(ph->young_pages,
		       kspan_pagebits_weight(&chunk->young, first, npages));
	kspan_sub_once(ph->waiting_pages,
		       kspan_pagebits_weight(&chunk->waiting, first, npages));
	kspan_pagebits_clear(&chunk->young, first, npages);
	kspan_pagebits_clear(&chunk->waiting, first, npages);
}

void kspan_pageheap_init(struct kspan_pageheap *ph)
{
	spin_lock_init(&ph->lock);
	memset(&ph->chunks, 0, sizeof(ph->chunks));
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_init);

/**
 * kspan_pageheap_insert() - add a block of fresh pages
 * @ph: the page heap; the caller holds its lock
 * @spare: a chunk to use if the block's chunk has none yet
 * @addr: the block
 * @npages: its heap pages, a power of two
 * @zeroed: they are known to be zero
 *
 * Return: @spare if it was not needed, else NULL.
 */
struct kspan_chunk *kspan_pageheap_insert(struct kspan_pageheap *ph,
					  struct kspan_chunk *spare,
					  unsigned long addr,
					  unsigned int npages, bool zeroed)
{
	struct kspan_chunk *chunk = kspan_chunk_find(&ph->chunks, addr);
	unsigned int first = kspan_page_in_chunk(addr);

	lockdep_assert_held(&ph->lock);
	if (!chunk) {
		chunk = spare;
		spare = NULL;
		chunk->addr = ALIGN_DOWN(addr, KSPAN_CHUNK_BYTES);
		chunk->turn = ph->turn;
		kspan_chunk_link(&ph->chunks, chunk);
	}
	kspan_pagebits_set(&chunk->owned, first, npages);
	kspan_pagebits_set(&chunk->heads, first, 1);
	kspan_pagebits_clear(&chunk->busy, first, npages);
	kspan_pagebits_set(&chunk->fresh, first, npages);
	if (zeroed)
		kspan_pagebits_clear(&chunk->dirty, first, npages);
	else
		kspan_pagebits_set(&chunk->dirty, first, npages);
	kspan_add_once(ph->owned_pages, npages);
	kspan_add_once(ph->free_pages, npages);
	kspan_add_once(ph->fresh_pages, npages);
	kspan_chunk_update(&ph->chunks, chunk, true);
	return spare;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_insert);

/* The best place for a run in a half of its kind or an open one. */
static struct kspan_chunk *find_in_halves(struct kspan_pageheap *ph,
					  const struct kspan_run *run,
					  const struct kspan_fit *fit,
					  unsigned int *page)
{
	struct kspan_halves *halves = &ph->chunks.halves;
	struct kspan_half *half = kspan_half_first(halves, run->kind, fit);
	struct kspan_half *open = kspan_half_first(halves, KSPAN_HALF_OPEN, fit);
	struct kspan_chunk *chunk;
	unsigned int first;

	if (!half || (open && kspan_half_precedes(open, half)))
		half = open;
	if (!half)
		return NULL;
	chunk = kspan_chunk_of_half(half);
	first = kspan_page_in_chunk(half->addr);
	*page = kspan_pagebits_find_in(&chunk->busy, first,
				       first + KSPAN_HALF_PAGES, run->npages,
				       run->align_pages);
	return chunk;
}

/* The lowest place for a run in the lowest chunk that surely has one. */
static struct kspan_chunk *find_lowest(struct kspan_pageheap *ph,
				       const struct kspan_run *run,
				       const struct kspan_fit *fit,
				       unsigned int *page)
{
	struct kspan_chunk *chunk = kspan_chunk_first_fit(&ph->chunks, fit);

	if (chunk)
		*page = kspan_pagebits_find(&chunk->busy, run->npages,
					    run->align_pages);
	return chunk;
}

/*
 * Whether a run may go where the other kind is, or across halves. Less than an
 * eighth of the pages is taken ahead of need, so the heap does not grow either
 * while it has as many free.
 */
static bool may_mix(const struct kspan_pageheap *ph,
		    const struct kspan_run *run)
{
	return run->mix || run->npages > KSPAN_HALF_PAGES ||
	       ph->free_pages >= ph->owned_pages / 8;
}

/* Takes a run of which it is known that it is there. */
static unsigned long take(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
			  unsigned int page, const struct kspan_run *run,
			  bool *zeroed)
{
	*zeroed = kspan_pagebits_none(&chunk->dirty, page, run->npages);
	kspan_chunk_take(&ph->chunks, chunk, page, run->npages, run->kind);
	kspan_pageheap_forget(ph, chunk, page, run->npages);
	ph->peak_pages = max(ph->peak_pages, ph->owned_pages - ph->free_pages);
	return chunk->addr + kspan_npages_bytes(page);
}

/**
 * kspan_pageheap_alloc() - take a run of pages
 * @ph: the page heap; the caller holds its lock
 * @run: what is wanted
 * @zeroed: out: all of the pages are known to be zero
 *
 * A run whose length is not its alignment may be overlooked, see struct
 * kspan_fit and kspan_pageheap_search().
 *
 * Return: the run's address, or 0.
 */
unsigned long kspan_pageheap_alloc(struct kspan_pageheap *ph,
				   const struct kspan_run *run, bool *zeroed)
{
	struct kspan_fit fit = kspan_fit(run->npages, run->align_pages);
	struct kspan_chunk *chunk;
	unsigned int page;

	lockdep_assert_held(&ph->lock);
	chunk = find_in_halves(ph, run, &fit, &page);
	if (!chunk && may_mix(ph, run))
		chunk = find_lowest(ph, run, &fit, &page);
	if (!chunk)
		return 0;
	return take(ph, chunk, page, run, zeroed);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_alloc);

/* Takes the very run that was just inserted. */
void kspan_pageheap_take(struct kspan_pageheap *ph, unsigned long addr,
			 unsigned int npages)
{
	struct kspan_chunk *chunk = kspan_chunk_find(&ph->chunks, addr);
	unsigned int first = kspan_page_in_chunk(addr);

	lockdep_assert_held(&ph->lock);
	kspan_chunk_take(&ph->chunks, chunk, first, npages, KSPAN_HALF_FEW);
	kspan_pageheap_forget(ph, chunk, first, npages);
	ph->peak_pages = max(ph->peak_pages, ph->owned_pages - ph->free_pages);
}

/**
 * kspan_pageheap_search() - take a run of pages that may have been overlooked
 * @ph: the page heap; the caller holds its lock
 * @run: what is wanted; among the other kind, if need be
 * @from: the lowest address to look at; moves on
 * @zeroed: out: all of the pages are known to be zero
 *
 * Looks at a bounded number of chunks, so that the lock is not held for long.
 * Between two calls others may take and give pages.
 *
 * Return: the run's address; or 0, and then @from is 0 if there is no more to
 * look at.
 */
unsigned long kspan_pageheap_search(struct kspan_pageheap *ph,
				    const struct kspan_run *run,
				    unsigned long *from, bool *zeroed)
{
	struct kspan_chunk *chunk = kspan_chunk_from(&ph->chunks, *from);
	unsigned int nsearched = 0;
	unsigned int nlooked = 0;

	lockdep_assert_held(&ph->lock);
	for (; chunk; chunk = kspan_chunk_next(chunk)) {
		unsigned int page;

		*from = chunk->addr;
		if (nlooked++ == LOOK_CHUNKS || nsearched == SEARCH_CHUNKS)
			return 0;
		if (chunk->sum.longest < run->npages)
			continue;
		nsearched++;
		page = kspan_pagebits_find(&chunk->busy, run->npages,
					   run->align_pages);
		if (page < KSPAN_CHUNK_PAGES)
			return take(ph, chunk, page, run, zeroed);
	}
	*from = 0;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_search);

/**
 * kspan_pageheap_has_open() - is there a run that any kind may take?
 * @ph: the page heap; the caller holds its lock
 * @npages: its pages
 */
bool kspan_pageheap_has_open(struct kspan_pageheap *ph, unsigned int npages)
{
	struct kspan_fit fit = kspan_fit(npages, 1);

	lockdep_assert_held(&ph->lock);
	return kspan_half_first(&ph->chunks.halves, KSPAN_HALF_OPEN, &fit);
}

/* Busy pages are free, once a grace period has passed for the kernel, too. */
static void put_back(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
		     unsigned int first, unsigned int npages)
{
	kspan_chunk_give(&ph->chunks, chunk, first, npages);
	kspan_pagebits_set(&chunk->dirty, first, npages);
	kspan_add_once(ph->free_pages, npages);
	kspan_pageheap_catch_up(ph, chunk);
	kspan_pagebits_set(&chunk->young, first, npages);
	kspan_add_once(ph->young_pages, npages);
	/* Nothing waits: a grace period for these can begin at once. */
	if (!ph->waiting_pages)
		kspan_pageheap_turn(ph);
}

/**
 * kspan_pageheap_free() - put a run of pages back
 * @ph: the page heap; the caller holds its lock
 * @addr: the run; lookups that begin now do not find it as a span's
 * @npages: its pages
 */
void kspan_pageheap_free(struct kspan_pageheap *ph, unsigned long addr,
			 unsigned int npages)
{
	struct kspan_chunk *chunk = kspan_chunk_find(&ph->chunks, addr);
	unsigned int first = kspan_page_in_chunk(addr);

	lockdep_assert_held(&ph->lock);
	WARN_ON_ONCE(!kspan_pagebits_all(&chunk->busy, first, npages) ||
		     !kspan_pagebits_all(&chunk->owned, first, npages));
	put_back(ph, chunk, first, npages);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_free);

/**
 * kspan_pageheap_retire() - a page is never to be handed out again
 * @ph: the page heap; the caller holds its lock
 * @addr: the page, which is in use and stays so
 */
void kspan_pageheap_retire(struct kspan_pageheap *ph, unsigned long addr)
{
	struct kspan_chunk *chunk = kspan_chunk_find(&ph->chunks, addr);

	lockdep_assert_held(&ph->lock);
	kspan_pagebits_set(&chunk->poisoned, kspan_page_in_chunk(addr), 1);
	kspan_add_once(ph->poisoned_pages, 1);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_retire);

/**
 * kspan_pageheap_unretire() - poisoned pages of a range can go with free ones
 * @ph: the page heap; the caller holds its lock
 * @start: address of the range, at a chunk's start; moves on, and to @end when
 *	nothing is left to do
 * @end: its end, at a chunk's end
 *
 * Looks at a bounded number of chunks.
 *
 * Return: how many pages can go now that could not before.
 */
unsigned long kspan_pageheap_unretire(struct kspan_pageheap *ph,
				      unsigned long *start, unsigned long end)
{
	struct kspan_chunk *chunk = kspan_chunk_from(&ph->chunks, *start);
	unsigned int nlooked = 0;
	unsigned int page;

	lockdep_assert_held(&ph->lock);
	for (; chunk && chunk->addr < end && ph->poisoned_pages;
	     chunk = kspan_chunk_next(chunk)) {
		*start = chunk->addr;
		if (nlooked++ == LOOK_CHUNKS)
			return 0;
		page = find_first_bit(chunk->poisoned.bits, KSPAN_CHUNK_PAGES);
		if (page == KSPAN_CHUNK_PAGES)
			continue;
		/* One page takes as long as many chunks. */
		kspan_pagebits_clear(&chunk->poisoned, page, 1);
		put_back(ph, chunk, page, 1);
		kspan_sub_once(ph->poisoned_pages, 1);
		return 1;
	}
	*start = end;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_unretire);

/* Is any page of a range ours? Chunks are there as long as one is. */
bool kspan_pageheap_owns(struct kspan_pageheap *ph, unsigned long start,
			 unsigned long end)
{
	struct kspan_chunk *chunk;
	unsigned long flags;
	bool owns;

	spin_lock_irqsave(&ph->lock, flags);
	chunk = kspan_chunk_from(&ph->chunks, start);
	owns = chunk && chunk->addr < end;
	spin_unlock_irqrestore(&ph->lock, flags);
	return owns;
}

/**
 * kspan_pageheap_next_chunk() - copy a chunk's state
 * @ph: the page heap
 * @from: lowest address of interest
 * @view: out
 *
 * Return: whether there was a chunk at or above @from.
 */
bool kspan_pageheap_next_chunk(struct kspan_pageheap *ph, unsigned long from,
			       struct kspan_chunk_view *view)
{
	struct kspan_chunk *chunk;
	unsigned long flags;

	spin_lock_irqsave(&ph->lock, flags);
	chunk = kspan_chunk_from(&ph->chunks, from);
	if (chunk) {
		view->addr = chunk->addr;
		kspan_pageheap_catch_up(ph, chunk);
		view->longest = chunk->sum.longest;
		view->order = chunk->sum.order;
		view->fresh_pages = bitmap_weight(chunk->fresh.bits,
						  KSPAN_CHUNK_PAGES);
		view->unready_pages = bitmap_weight(chunk->young.bits,
						    KSPAN_CHUNK_PAGES) +
				      bitmap_weight(chunk->waiting.bits,
						    KSPAN_CHUNK_PAGES);
		view->busy = chunk->busy;
		view->owned = chunk->owned;
		view->poisoned = chunk->poisoned;
	}
	spin_unlock_irqrestore(&ph->lock, flags);
	return chunk;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_next_chunk);
