// SPDX-License-Identifier: GPL-2.0
#include <linux/rbtree_augmented.h>
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
		chunk_link(ph, chunk);
	}
	kspan_pagebits_set(&chunk->owned, first, npages);
	kspan_pagebits_set(&chunk->heads, first, 1);
	kspan_pagebits_clear(&chunk->busy, first, npages);
	if (zeroed)
		kspan_pagebits_clear(&chunk->dirty, first, npages);
	else
		kspan_pagebits_set(&chunk->dirty, first, npages);
	ph->owned_pages += npages;
	ph->free_pages += npages;
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
	kspan_pagebits_set(&chunk->busy, first, npages);
	*zeroed = kspan_pagebits_none(&chunk->dirty, first, npages);
	ph->free_pages -= npages;
	/* From a shorter run than the longest, which is still there. */
	if (run == chunk->longest)
		chunk_update(chunk);
	return chunk->addr + kspan_npages_bytes(first);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_alloc);

/**
 * kspan_pageheap_free() - put a run of pages back
 * @ph: the page heap; the caller holds its lock
 * @addr: the run
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

static void mark_releasing(struct kspan_pageheap *ph,
			   struct kspan_chunk *chunk, unsigned int first,
			   unsigned int npages, u32 heap_id)
{
	kspan_pagebits_set(&chunk->busy, first, npages);
	kspan_pagebits_set(&chunk->releasing, first, npages);
	kspan_arena_release(chunk->addr + kspan_npages_bytes(first), npages,
			    heap_id);
	ph->free_pages -= npages;
}

/* Highest block first, so that what stays is packed at low addresses. */
static unsigned int mark_whole_blocks(struct kspan_pageheap *ph,
				      struct kspan_chunk *chunk,
				      unsigned long wanted, u32 heap_id)
{
	unsigned int end = KSPAN_CHUNK_PAGES;
	unsigned int marked = 0;

	while (marked < wanted) {
		unsigned int head = find_last_bit(chunk->heads.bits, end);
		unsigned int npages;

		if (head >= end)
			break;
		end = head;
		npages = block_npages(chunk, head);
		if (npages > wanted - marked ||
		    !kspan_pagebits_none(&chunk->busy, head, npages))
			continue;
		mark_releasing(ph, chunk, head, npages, heap_id);
		marked += npages;
	}
	return marked;
}

/* Single pages, for which their blocks are split. */
static unsigned int mark_pages(struct kspan_pageheap *ph,
			       struct kspan_chunk *chunk, unsigned long wanted,
			       u32 heap_id)
{
	unsigned int page = KSPAN_CHUNK_PAGES;
	unsigned int marked = 0;

	while (page-- && marked < wanted) {
		if (kspan_pagebits_test(&chunk->busy, page))
			continue;
		if (!kspan_pagebits_test(&chunk->split, page)) {
			unsigned int head = find_last_bit(chunk->heads.bits,
							  page + 1);

			split_block(chunk, head, block_npages(chunk, head));
		}
		mark_releasing(ph, chunk, page, 1, heap_id);
		marked++;
	}
	return marked;
}

static unsigned long mark_chunks(struct kspan_pageheap *ph,
				 unsigned long wanted, u32 heap_id,
				 unsigned int (*mark)(struct kspan_pageheap *ph,
						      struct kspan_chunk *chunk,
						      unsigned long wanted,
						      u32 heap_id))
{
	struct kspan_chunk *chunk = to_chunk(rb_last(&ph->chunks));
	unsigned long marked = 0;

	while (chunk && marked < wanted) {
		unsigned int here = mark(ph, chunk, wanted - marked, heap_id);

		if (here)
			chunk_update(chunk);
		marked += here;
		chunk = to_chunk(rb_prev(&chunk->node));
	}
	return marked;
}

/**
 * kspan_pageheap_mark_releasing() - choose free pages to give back
 * @ph: the page heap
 * @bytes: how much at most
 * @heap_id: the heap, for whoever looks up the pages later
 *
 * Takes free pages out of circulation: first blocks that are wholly free, then
 * single pages, for which blocks are split; always the highest addresses first.
 * They go back to the kernel with kspan_pageheap_put_released() after a grace
 * period. One caller at a time.
 *
 * Return: the bytes chosen.
 */
size_t kspan_pageheap_mark_releasing(struct kspan_pageheap *ph, size_t bytes,
				     u32 heap_id)
{
	unsigned long wanted = bytes >> KSPAN_PAGE_SHIFT;
	unsigned long marked;
	unsigned long flags;

	spin_lock_irqsave(&ph->lock, flags);
	marked = mark_chunks(ph, wanted, heap_id, mark_whole_blocks);
	marked += mark_chunks(ph, wanted - marked, heap_id, mark_pages);
	spin_unlock_irqrestore(&ph->lock, flags);
	return marked << KSPAN_PAGE_SHIFT;
}

/**
 * struct leaving - a block on its way out
 * @addr: the block
 * @npages: its pages
 * @split: it is a single page of a block that was split
 * @chunk: its chunk, if that has no page left
 */
struct leaving {
	unsigned long		addr;
	unsigned int		npages;
	bool			split;
	struct kspan_chunk	*chunk;
};

/*
 * Takes the highest block on its way out from below @below out of the page heap;
 * false if there is none.
 */
static bool take_leaving(struct kspan_pageheap *ph, unsigned long below,
			 struct leaving *leaving)
{
	struct kspan_chunk *chunk = chunk_below(ph, below);
	unsigned int head = KSPAN_CHUNK_PAGES;

	while (chunk) {
		head = find_last_bit(chunk->releasing.bits, KSPAN_CHUNK_PAGES);
		if (head < KSPAN_CHUNK_PAGES)
			break;
		chunk = to_chunk(rb_prev(&chunk->node));
	}
	if (!chunk)
		return false;
	head = find_last_bit(chunk->heads.bits, head + 1);
	leaving->addr = chunk->addr + kspan_npages_bytes(head);
	leaving->npages = block_npages(chunk, head);
	leaving->split = kspan_pagebits_test(&chunk->split, head);
	leaving->chunk = NULL;
	kspan_pagebits_clear(&chunk->releasing, head, leaving->npages);
	kspan_pagebits_clear(&chunk->owned, head, leaving->npages);
	kspan_pagebits_clear(&chunk->split, head, leaving->npages);
	kspan_pagebits_clear(&chunk->heads, head, 1);
	ph->owned_pages -= leaving->npages;
	if (bitmap_empty(chunk->owned.bits, KSPAN_CHUNK_PAGES)) {
		rb_erase_augmented(&chunk->node, &ph->chunks, &chunk_augment);
		ph->nr_chunks--;
		leaving->chunk = chunk;
	}
	return true;
}

/**
 * kspan_pageheap_put_released() - give the chosen blocks to the kernel
 * @ph: the page heap, in which a grace period has passed since they were chosen
 *
 * Context: Process context.
 */
void kspan_pageheap_put_released(struct kspan_pageheap *ph)
{
	unsigned long below = ULONG_MAX;
	struct leaving leaving;
	unsigned long flags;
	bool taken;

	for (;;) {
		spin_lock_irqsave(&ph->lock, flags);
		taken = take_leaving(ph, below, &leaving);
		spin_unlock_irqrestore(&ph->lock, flags);
		if (!taken)
			return;
		below = leaving.addr;
		if (leaving.split)
			kspan_backing_put_split(leaving.addr);
		else
			kspan_backing_put(leaving.addr, KSPAN_MIN_ORDER +
					  ilog2(leaving.npages));
		kfree(leaving.chunk);
		cond_resched();
	}
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
		view->releasing = best->releasing;
	}
	spin_unlock_irqrestore(&ph->lock, flags);
	return best;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_next_chunk);
