// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>
#include <linux/rbtree_augmented.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "arena.h"
#include "backing.h"
#include "pageheap.h"

static inline unsigned int chunk_longest(struct kspan_chunk *chunk)
{
	return chunk->longest;
}

RB_DECLARE_CALLBACKS_MAX(static, chunk_augment, struct kspan_chunk, node,
			 unsigned int, subtree_longest, chunk_longest)

static struct kspan_chunk *to_chunk(struct rb_node *node)
{
	return rb_entry_safe(node, struct kspan_chunk, node);
}

static void chunk_set_longest(struct kspan_chunk *chunk, unsigned int longest)
{
	if (longest == chunk->longest)
		return;
	chunk->longest = longest;
	chunk_augment_propagate(&chunk->node, NULL);
}

/* The free pages have changed: bring the summaries up to date. */
static void chunk_update(struct kspan_chunk *chunk)
{
	chunk_set_longest(chunk, kspan_pagebits_longest(&chunk->busy));
}

/* Grace periods have passed since somebody last looked at the chunk. */
static void catch_up(struct kspan_pageheap *ph, struct kspan_chunk *chunk)
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
	ph->waiting_pages = ph->young_pages;
	ph->young_pages = 0;
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

/* Free pages leave the page heap, to a user or to the kernel. */
static void forget_free(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
			unsigned int first, unsigned int npages)
{
	kspan_pagebits_set(&chunk->busy, first, npages);
	ph->free_pages -= npages;
	if (ph->fresh_pages) {
		ph->fresh_pages -= kspan_pagebits_weight(&chunk->fresh, first,
							 npages);
		kspan_pagebits_clear(&chunk->fresh, first, npages);
	}
	if (!kspan_pageheap_unready(ph))
		return;
	catch_up(ph, chunk);
	ph->young_pages -= kspan_pagebits_weight(&chunk->young, first, npages);
	ph->waiting_pages -= kspan_pagebits_weight(&chunk->waiting, first,
						   npages);
	kspan_pagebits_clear(&chunk->young, first, npages);
	kspan_pagebits_clear(&chunk->waiting, first, npages);
}

static struct kspan_chunk *chunk_find(struct kspan_pageheap *ph,
				      unsigned long addr)
{
	struct rb_node *node = ph->chunks.rb_node;
	unsigned long base = ALIGN_DOWN(addr, KSPAN_CHUNK_BYTES);

	while (node) {
		struct kspan_chunk *chunk = to_chunk(node);

		if (base == chunk->addr)
			return chunk;
		node = base < chunk->addr ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/* The chunk at the highest address below @below. */
static struct kspan_chunk *chunk_below(struct kspan_pageheap *ph,
				       unsigned long below)
{
	struct rb_node *node = ph->chunks.rb_node;
	struct kspan_chunk *best = NULL;

	while (node) {
		struct kspan_chunk *chunk = to_chunk(node);

		if (chunk->addr < below) {
			best = chunk;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return best;
}

static void chunk_link(struct kspan_pageheap *ph, struct kspan_chunk *new)
{
	struct rb_node **link = &ph->chunks.rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		struct kspan_chunk *chunk = to_chunk(*link);

		parent = *link;
		if (chunk->subtree_longest < new->longest)
			chunk->subtree_longest = new->longest;
		link = new->addr < chunk->addr ? &parent->rb_left
					       : &parent->rb_right;
	}
	new->subtree_longest = new->longest;
	rb_link_node(&new->node, parent, link);
	rb_insert_augmented(&new->node, &ph->chunks, &chunk_augment);
	ph->nr_chunks++;
}

/* The chunk at the lowest address with a run of @npages. */
static struct kspan_chunk *chunk_first_fit(struct kspan_pageheap *ph,
					   unsigned int npages)
{
	struct kspan_chunk *chunk = to_chunk(ph->chunks.rb_node);

	if (!chunk || chunk->subtree_longest < npages)
		return NULL;
	for (;;) {
		struct kspan_chunk *left = to_chunk(chunk->node.rb_left);

		if (!left || left->subtree_longest < npages) {
			if (chunk->longest >= npages)
				return chunk;
			left = to_chunk(chunk->node.rb_right);
		}
		chunk = left;
	}
}

/**
 * kspan_chunk_new() - memory for the state of a chunk
 * @gfp: how to get it
 *
 * Return: a chunk in which no page is ours, or NULL.
 */
struct kspan_chunk *kspan_chunk_new(gfp_t gfp)
{
	struct kspan_chunk *chunk = kzalloc(sizeof(*chunk), gfp);

	if (chunk)
		bitmap_fill(chunk->busy.bits, KSPAN_CHUNK_PAGES);
	return chunk;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_chunk_new);

void kspan_pageheap_init(struct kspan_pageheap *ph)
{
	spin_lock_init(&ph->lock);
	ph->chunks = RB_ROOT;
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
	struct kspan_chunk *chunk = chunk_find(ph, addr);
	unsigned int first = kspan_page_in_chunk(addr);

	lockdep_assert_held(&ph->lock);
	if (!chunk) {
		chunk = spare;
		spare = NULL;
		chunk->addr = ALIGN_DOWN(addr, KSPAN_CHUNK_BYTES);
		chunk->turn = ph->turn;
		chunk_link(ph, chunk);
	}
	kspan_pagebits_set(&chunk->owned, first, npages);
	kspan_pagebits_set(&chunk->heads, first, 1);
	kspan_pagebits_clear(&chunk->busy, first, npages);
	kspan_pagebits_set(&chunk->fresh, first, npages);
	if (zeroed)
		kspan_pagebits_clear(&chunk->dirty, first, npages);
	else
		kspan_pagebits_set(&chunk->dirty, first, npages);
	ph->owned_pages += npages;
	ph->free_pages += npages;
	ph->fresh_pages += npages;
	chunk_update(chunk);
	return spare;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_insert);

/**
 * kspan_pageheap_alloc() - take a run of pages
 * @ph: the page heap; the caller holds its lock
 * @npages: how many
 * @align_pages: the run starts at a multiple of this, a power of two
 * @zeroed: out: all of them are known to be zero
 *
 * Return: the address of the lowest run that fits, or 0.
 */
unsigned long kspan_pageheap_alloc(struct kspan_pageheap *ph,
				   unsigned int npages,
				   unsigned int align_pages, bool *zeroed)
{
	struct kspan_chunk *chunk = chunk_first_fit(ph, npages);
	unsigned int first = KSPAN_CHUNK_PAGES;
	unsigned int run;

	lockdep_assert_held(&ph->lock);
	while (chunk) {
		if (chunk->longest >= npages)
			first = kspan_pagebits_find(&chunk->busy, npages,
						    align_pages);
		if (first < KSPAN_CHUNK_PAGES)
			break;
		/* Only alignment can have spoilt the fit. */
		chunk = to_chunk(rb_next(&chunk->node));
	}
	if (!chunk)
		return 0;
	run = kspan_pagebits_run(&chunk->busy, first);
	*zeroed = kspan_pagebits_none(&chunk->dirty, first, npages);
	forget_free(ph, chunk, first, npages);
	ph->peak_pages = max(ph->peak_pages, ph->owned_pages - ph->free_pages);
	/* From a shorter run than the longest, which is still there. */
	if (run == chunk->longest)
		chunk_update(chunk);
	return chunk->addr + kspan_npages_bytes(first);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_alloc);

/**
 * kspan_pageheap_free() - put a run of pages back
 * @ph: the page heap; the caller holds its lock
 * @addr: the run; lookups that begin now do not find it as a span's
 * @npages: its pages
 */
void kspan_pageheap_free(struct kspan_pageheap *ph, unsigned long addr,
			 unsigned int npages)
{
	struct kspan_chunk *chunk = chunk_find(ph, addr);
	unsigned int first = kspan_page_in_chunk(addr);

	lockdep_assert_held(&ph->lock);
	WARN_ON_ONCE(!kspan_pagebits_all(&chunk->busy, first, npages) ||
		     !kspan_pagebits_all(&chunk->owned, first, npages));
	kspan_pagebits_clear(&chunk->busy, first, npages);
	kspan_pagebits_set(&chunk->dirty, first, npages);
	ph->free_pages += npages;
	catch_up(ph, chunk);
	kspan_pagebits_set(&chunk->young, first, npages);
	ph->young_pages += npages;
	/* Nothing waits: a grace period for these can begin at once. */
	if (!ph->waiting_pages)
		kspan_pageheap_turn(ph);
	chunk_set_longest(chunk, max(chunk->longest,
				     kspan_pagebits_run(&chunk->busy, first)));
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_free);

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
	forget_free(ph, chunk, head, npages);
	kspan_pagebits_clear(&chunk->owned, head, npages);
	kspan_pagebits_clear(&chunk->split, head, npages);
	kspan_pagebits_clear(&chunk->heads, head, npages);
	ph->owned_pages -= npages;
	if (!bitmap_empty(chunk->owned.bits, KSPAN_CHUNK_PAGES)) {
		chunk_update(chunk);
		return;
	}
	rb_erase_augmented(&chunk->node, &ph->chunks, &chunk_augment);
	ph->nr_chunks--;
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
		struct kspan_chunk *chunk = chunk_below(ph, walk->below);
		unsigned int npages;
		unsigned int head;

		if (!chunk) {
			if (walk->stage == NR_STAGES - 1)
				return KSPAN_DETACH_DONE;
			walk->stage++;
			walk->below = ULONG_MAX;
			walk->floor = 0;
			continue;
		}
		catch_up(ph, chunk);
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
	struct kspan_chunk *best = NULL;
	struct rb_node *node;
	unsigned long flags;

	spin_lock_irqsave(&ph->lock, flags);
	node = ph->chunks.rb_node;
	while (node) {
		struct kspan_chunk *chunk = to_chunk(node);

		if (chunk->addr >= from) {
			best = chunk;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	if (best) {
		view->addr = best->addr;
		view->longest = best->longest;
		view->busy = best->busy;
		view->owned = best->owned;
	}
	spin_unlock_irqrestore(&ph->lock, flags);
	return best;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_next_chunk);
