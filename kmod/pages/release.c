// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>

#include "base/compat.h"
#include "base/once.h"
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

enum {
	/* Steps that are taken without a break; to look at a chunk is several. */
	MAX_STEPS	= 64,
	CHUNK_STEPS	= 4,
	/* A chunk is dense if at most such a part of it is free: 1/32. */
	DENSE_SHIFT	= 5,
	/* Pages of split blocks that go together. */
	RUN_PAGES	= 32,
};

/**
 * struct view - a chunk, as a release looks at it
 * @chunk: the chunk
 * @free: its free pages, poisoned ones apart
 * @ready: of these, what can go to the kernel at once
 * @end: pages from here on are not looked at
 * @most_pages: what is wanted at most
 * @steps: how many are left
 */
struct view {
	struct kspan_chunk	*chunk;
	struct kspan_pagebits	free;
	struct kspan_pagebits	ready;
	unsigned int		end;
	unsigned long		most_pages;
	int			steps;
};

/* The pieces in which a stage looks at a chunk. */
static unsigned int stage_npages(enum kspan_stage stage)
{
	return stage == KSPAN_STAGE_HALVES ? KSPAN_HALF_PAGES
					   : KSPAN_CHUNK_PAGES;
}

/* See struct kspan_chunk_sum. */
static unsigned int want_bit(const struct kspan_release *walk)
{
	return BIT(walk->stage + (walk->flags ? KSPAN_NR_STAGES : 0));
}

void kspan_release_init(struct kspan_release *walk, unsigned int flags)
{
	walk->flags = flags;
	walk->start = 0;
	walk->end = ULONG_MAX;
	walk->stage = KSPAN_STAGE_CHUNKS;
	walk->below = ULONG_MAX;
	walk->floor = 0;
	walk->inside = false;
	walk->keep = false;
	walk->given = 0;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_release_init);

static bool is_dense(const struct view *view)
{
	unsigned int nowned = bitmap_weight(view->chunk->owned.bits,
					    KSPAN_CHUNK_PAGES);
	unsigned int nfree = bitmap_weight(view->free.bits, KSPAN_CHUNK_PAGES);

	return nfree << DENSE_SHIFT <= nowned;
}

static void look_at(struct view *view)
{
	const struct kspan_chunk *chunk = view->chunk;

	bitmap_andnot(view->free.bits, chunk->owned.bits, chunk->busy.bits,
		      KSPAN_CHUNK_PAGES);
	bitmap_andnot(view->ready.bits, view->free.bits, chunk->young.bits,
		      KSPAN_CHUNK_PAGES);
	bitmap_andnot(view->ready.bits, view->ready.bits, chunk->waiting.bits,
		      KSPAN_CHUNK_PAGES);
}

/* What the walk may take of these pages. */
static void eligible_pages(const struct view *view,
			   const struct kspan_release *walk,
			   struct kspan_pagebits *pages)
{
	if (!(walk->flags & KSPAN_RELEASE_FRESH))
		bitmap_andnot(pages->bits, pages->bits, view->chunk->fresh.bits,
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
 * The highest block from @first on that may go, or a run of pages of one that was
 * split; returns its pages, 0 if there is none, or if no step is left.
 */
static unsigned int find_block(struct view *view, struct kspan_release *walk,
			       unsigned int first, unsigned int *head)
{
	const struct kspan_chunk *chunk = view->chunk;
	struct kspan_pagebits pages = view->free;
	struct kspan_pagebits heads;

	eligible_pages(view, walk, &pages);
	bitmap_and(heads.bits, chunk->heads.bits, view->free.bits,
		   KSPAN_CHUNK_PAGES);
	for (; view->steps > 0; view->steps--) {
		unsigned int npages;

		*head = find_last_bit(heads.bits, view->end);
		if (*head >= view->end || *head < first) {
			view->end = first;
			return 0;
		}
		view->end = *head;
		npages = block_npages(chunk, *head);
		if (!kspan_pagebits_all(&view->free, *head, npages) ||
		    kspan_pagebits_none(&pages, *head, npages))
			continue;
		if (npages > view->most_pages ||
		    !kspan_pagebits_all(&view->ready, *head, npages)) {
			walk->keep = true;
			continue;
		}
		if (!kspan_pagebits_test(&chunk->split, *head))
			return npages;
		bitmap_and(pages.bits, pages.bits, view->ready.bits,
			   KSPAN_CHUNK_PAGES);
		npages = split_run(chunk, &pages, first, *head,
				   view->most_pages);
		*head -= npages - 1;
		return npages;
	}
	return 0;
}

/*
 * Likewise the highest pages. If their block has to be split first, returns its
 * pages, and sets @split.
 */
static unsigned int find_page(struct view *view, struct kspan_release *walk,
			      unsigned int *head, bool *split)
{
	const struct kspan_chunk *chunk = view->chunk;
	struct kspan_pagebits pages = view->free;
	unsigned int npages;
	unsigned int page;

	eligible_pages(view, walk, &pages);
	if (!bitmap_subset(pages.bits, view->ready.bits, KSPAN_CHUNK_PAGES))
		walk->keep = true;
	bitmap_and(pages.bits, pages.bits, view->ready.bits, KSPAN_CHUNK_PAGES);
	page = find_last_bit(pages.bits, view->end);
	if (page >= view->end) {
		view->end = 0;
		return 0;
	}
	*split = !kspan_pagebits_test(&chunk->split, page);
	if (*split) {
		view->end = page + 1;
		*head = find_last_bit(chunk->heads.bits, page + 1);
		return block_npages(chunk, *head);
	}
	npages = split_run(chunk, &pages, 0, page, view->most_pages);
	*head = page - npages + 1;
	view->end = *head;
	return npages;
}

/* The next pages of a chunk that the walk wants; 0 if there are none. */
static unsigned int find_in_chunk(struct view *view, struct kspan_release *walk,
				  unsigned int *head, bool *split)
{
	unsigned int size = stage_npages(walk->stage);

	if (walk->stage == KSPAN_STAGE_PAGES)
		return find_page(view, walk, head, split);
	while (view->end && view->steps > 0) {
		unsigned int first = round_down(view->end - 1, size);
		unsigned long floor = view->chunk->addr +
				      kspan_npages_bytes(first);
		bool top = view->end == first + size;
		unsigned int npages;

		/* What was whole when the walk came to it is taken as a whole. */
		if (walk->stage == KSPAN_STAGE_BLOCKS || walk->floor == floor ||
		    (top && kspan_pagebits_all(&view->ready, first, size))) {
			walk->floor = floor;
			npages = find_block(view, walk, first, head);
			if (npages)
				return npages;
			continue;
		}
		if (top && kspan_pagebits_all(&view->free, first, size))
			walk->keep = true;
		view->end = first;
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
	kspan_sub_once(ph->owned_pages, npages);
	if (!bitmap_empty(chunk->owned.bits, KSPAN_CHUNK_PAGES)) {
		kspan_chunk_update(&ph->chunks, chunk, false);
		return;
	}
	kspan_chunk_unlink(&ph->chunks, chunk);
	block->chunk = chunk;
}

/* The chunk that the walk is in, or comes to next; NULL if the stage is over. */
static struct kspan_chunk *next_chunk(struct kspan_pageheap *ph,
				      struct kspan_release *walk)
{
	struct kspan_chunk *chunk = NULL;

	if (walk->inside)
		chunk = kspan_chunk_find(&ph->chunks, walk->below - 1);
	if (chunk)
		return chunk;
	walk->inside = false;
	walk->keep = false;
	chunk = kspan_chunk_wanted_below(&ph->chunks,
					 min(walk->below, walk->end),
					 want_bit(walk));
	return chunk && chunk->addr >= walk->start ? chunk : NULL;
}

/* For which walks one speaks that has found nothing. */
static unsigned int vain_bits(const struct kspan_release *walk)
{
	if (!walk->flags)
		return BIT(walk->stage);
	if (walk->flags != KSPAN_RELEASE_ANY)
		return 0;
	return BIT(walk->stage) | BIT(walk->stage + KSPAN_NR_STAGES);
}

/*
 * Where the walk goes on; @end is where it is in the chunk. If it has seen all of
 * the chunk, and passed over nothing that may change by itself, nobody need look
 * before something has come back.
 */
static void leave_chunk(struct kspan_chunk *chunk, struct kspan_release *walk,
			unsigned int end)
{
	walk->below = chunk->addr + kspan_npages_bytes(end);
	walk->inside = end;
	if (!end && !walk->keep && walk->given == chunk->given)
		kspan_chunk_set_want(chunk, chunk->sum.want & ~vain_bits(walk));
}

/* Looks at one chunk; returns what is to be done there, if anything. */
static enum kspan_detached look(struct kspan_pageheap *ph,
				struct kspan_release *walk, struct view *view,
				struct kspan_block *block)
{
	struct kspan_chunk *chunk = view->chunk;
	unsigned int npages = 0;
	bool split = false;
	unsigned int head;

	kspan_pageheap_catch_up(ph, chunk);
	view->end = KSPAN_CHUNK_PAGES;
	if (walk->inside)
		view->end = (walk->below - chunk->addr) >> KSPAN_PAGE_SHIFT;
	else
		walk->given = chunk->given;
	look_at(view);
	if (chunk->splitting) {
		walk->keep = true;
		view->end = 0;
	} else if (!(walk->flags & KSPAN_RELEASE_DENSE) && is_dense(view)) {
		view->end = 0;
	} else {
		npages = find_in_chunk(view, walk, &head, &split);
	}
	walk->keep |= npages;
	leave_chunk(chunk, walk, view->end);
	if (!npages)
		return KSPAN_DETACH_MORE;
	if (!split) {
		detach(ph, chunk, head, npages, block);
		return KSPAN_DETACHED;
	}
	block->addr = chunk->addr + kspan_npages_bytes(head);
	block->npages = npages;
	chunk->splitting = true;
	return KSPAN_DETACH_SPLIT;
}

/**
 * kspan_pageheap_detach() - take a block that can go to the kernel
 * @ph: the page heap; the caller holds its lock
 * @walk: where the last call left off
 * @most_pages: what it may have at most
 * @block: out: the block, which is the caller's
 *
 * Takes a bounded number of steps, so that the lock is not held for long.
 *
 * Return: whether there was one, and what to do next.
 */
enum kspan_detached kspan_pageheap_detach(struct kspan_pageheap *ph,
					  struct kspan_release *walk,
					  unsigned long most_pages,
					  struct kspan_block *block)
{
	struct view view = { .most_pages = most_pages, .steps = MAX_STEPS };
	enum kspan_detached what = KSPAN_DETACH_MORE;

	lockdep_assert_held(&ph->lock);
	if (!kspan_pageheap_ready(ph))
		return KSPAN_DETACH_DONE;
	while (what == KSPAN_DETACH_MORE && view.steps > 0) {
		view.chunk = next_chunk(ph, walk);
		view.steps -= CHUNK_STEPS;
		if (view.chunk) {
			what = look(ph, walk, &view, block);
			continue;
		}
		if (walk->stage == KSPAN_NR_STAGES - 1)
			return KSPAN_DETACH_DONE;
		walk->stage++;
		walk->below = ULONG_MAX;
		walk->floor = 0;
	}
	return what;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_detach);

/**
 * kspan_pageheap_split() - split a block, so that its pages can go one by one
 * @ph: the page heap, whose lock the caller does not hold
 * @block: of KSPAN_DETACH_SPLIT
 *
 * Pages of the block may be in use, and be taken and given meanwhile. As this
 * takes longer than interrupts may be off, it is done without the lock; nothing
 * else of the chunk goes to the kernel until it is done.
 */
void kspan_pageheap_split(struct kspan_pageheap *ph,
			  const struct kspan_block *block)
{
	unsigned int head = kspan_page_in_chunk(block->addr);
	struct kspan_chunk *chunk;
	unsigned long flags;

	kspan_backing_split(block->addr,
			    KSPAN_MIN_ORDER + ilog2(block->npages));
	spin_lock_irqsave(&ph->lock, flags);
	chunk = kspan_chunk_find(&ph->chunks, block->addr);
	kspan_pagebits_set(&chunk->heads, head, block->npages);
	kspan_pagebits_set(&chunk->split, head, block->npages);
	chunk->splitting = false;
	spin_unlock_irqrestore(&ph->lock, flags);
}

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
	kspan_sub_once(ph->poisoned_pages, npages);
	kspan_chunk_give(&ph->chunks, chunk, first, npages);
	kspan_add_once(ph->free_pages, npages);
	detach(ph, chunk, first, npages, block);
	return true;
}
