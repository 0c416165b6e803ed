// SPDX-License-Identifier: GPL-2.0
#include <linux/rbtree_augmented.h>
#include <linux/slab.h>

#include "arena.h"
#include "backing.h"
#include "fault.h"
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

static struct kspan_chunk *half_chunk(struct kspan_half *half)
{
	unsigned int index = kspan_page_in_chunk(half->addr) / KSPAN_HALF_PAGES;

	return container_of(half, struct kspan_chunk, halves[index]);
}

/* The longest free run of a chunk whose halves know theirs. */
static unsigned int longest_of_halves(const struct kspan_chunk *chunk)
{
	unsigned int longest = max(chunk->halves[0].longest,
				   chunk->halves[1].longest);

	if (kspan_pagebits_test(&chunk->busy, KSPAN_HALF_PAGES - 1) ||
	    kspan_pagebits_test(&chunk->busy, KSPAN_HALF_PAGES))
		return longest;
	return max(longest, kspan_pagebits_run(&chunk->busy, KSPAN_HALF_PAGES));
}

/* A half's free pages have changed, and perhaps its kind. */
static void half_update(struct kspan_pageheap *ph,
			const struct kspan_chunk *chunk,
			struct kspan_half *half, enum kspan_half_kind kind)
{
	unsigned int first = kspan_page_in_chunk(half->addr);

	kspan_half_set(&ph->halves, half,
		       kspan_pagebits_longest_in(&chunk->busy, first,
						 first + KSPAN_HALF_PAGES),
		       kind);
}

/* The free pages have changed: bring the summaries up to date. */
static void chunk_update(struct kspan_pageheap *ph, struct kspan_chunk *chunk)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(chunk->halves); i++)
		half_update(ph, chunk, &chunk->halves[i],
			    chunk->halves[i].kind);
	chunk_set_longest(chunk, longest_of_halves(chunk));
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
	unsigned int i;

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
	for (i = 0; i < ARRAY_SIZE(new->halves); i++) {
		struct kspan_half *half = &new->halves[i];

		half->addr = new->addr +
			     kspan_npages_bytes(i * KSPAN_HALF_PAGES);
		kspan_half_link(&ph->halves, half);
	}
	ph->nr_chunks++;
}

static void chunk_unlink(struct kspan_pageheap *ph, struct kspan_chunk *chunk)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(chunk->halves); i++)
		kspan_half_unlink(&ph->halves, &chunk->halves[i]);
	rb_erase_augmented(&chunk->node, &ph->chunks, &chunk_augment);
	ph->nr_chunks--;
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
	struct kspan_chunk *chunk;

	if (kspan_fault(KSPAN_FAULT_CHUNK, gfp))
		return NULL;
	chunk = kzalloc(sizeof(*chunk), gfp);
	if (chunk)
		bitmap_fill(chunk->busy.bits, KSPAN_CHUNK_PAGES);
	return chunk;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_chunk_new);

void kspan_pageheap_init(struct kspan_pageheap *ph)
{
	spin_lock_init(&ph->lock);
	ph->chunks = RB_ROOT;
	memset(&ph->halves, 0, sizeof(ph->halves));
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
	chunk_update(ph, chunk);
	return spare;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_insert);

/* Makes free pages that lie in one half busy. */
static void half_take(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages,
		      enum kspan_half_kind kind)
{
	struct kspan_half *half = &chunk->halves[first / KSPAN_HALF_PAGES];

	/* Only one that is wholly free takes a kind. */
	if (half->longest < KSPAN_HALF_PAGES)
		kind = half->kind;
	half->used += npages;
	kspan_pagebits_set(&chunk->busy, first, npages);
	half_update(ph, chunk, half, kind);
}

/* The length of the free run around a page, as far as it is in its half. */
static unsigned int run_in_half(const struct kspan_chunk *chunk,
				unsigned int page)
{
	unsigned int first = round_down(page, KSPAN_HALF_PAGES);
	unsigned int end = find_next_bit(chunk->busy.bits,
					 first + KSPAN_HALF_PAGES, page);
	unsigned int before = find_last_bit(chunk->busy.bits, page);

	return end - (before < page && before >= first ? before + 1 : first);
}

/* Makes busy pages that lie in one half free. */
static void half_give(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages)
{
	struct kspan_half *half = &chunk->halves[first / KSPAN_HALF_PAGES];

	half->used -= npages;
	kspan_pagebits_clear(&chunk->busy, first, npages);
	kspan_half_set(&ph->halves, half,
		       max_t(unsigned int, half->longest,
			     run_in_half(chunk, first)),
		       half->used ? half->kind : KSPAN_HALF_OPEN);
}

/* How many pages of a run lie in the first of its halves. */
static unsigned int first_part(unsigned int first, unsigned int npages)
{
	return min(npages, KSPAN_HALF_PAGES - first % KSPAN_HALF_PAGES);
}

static void chunk_take(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
		       unsigned int first, unsigned int npages,
		       enum kspan_half_kind kind)
{
	unsigned int part = first_part(first, npages);

	half_take(ph, chunk, first, part, kind);
	if (part < npages)
		half_take(ph, chunk, first + part, npages - part, kind);
	chunk_set_longest(chunk, longest_of_halves(chunk));
}

static void chunk_give(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
		       unsigned int first, unsigned int npages)
{
	unsigned int part = first_part(first, npages);

	half_give(ph, chunk, first, part);
	if (part < npages)
		half_give(ph, chunk, first + part, npages - part);
	chunk_set_longest(chunk, longest_of_halves(chunk));
}

/* The best place for a run in a half of its kind or an open one. */
static struct kspan_chunk *find_in_halves(struct kspan_pageheap *ph,
					  const struct kspan_run *run,
					  unsigned int *page)
{
	struct kspan_half *own = kspan_half_first(&ph->halves, run->kind,
						  run->npages);
	struct kspan_half *open = kspan_half_first(&ph->halves, KSPAN_HALF_OPEN,
						   run->npages);

	while (own || open) {
		bool is_own = !open || (own && kspan_half_precedes(own, open));
		struct kspan_half *half = is_own ? own : open;
		struct kspan_chunk *chunk = half_chunk(half);
		unsigned int first = kspan_page_in_chunk(half->addr);

		*page = kspan_pagebits_find_in(&chunk->busy, first,
					       first + KSPAN_HALF_PAGES,
					       run->npages, run->align_pages);
		if (*page < KSPAN_CHUNK_PAGES)
			return chunk;
		/* Only alignment can have spoilt the fit. */
		if (is_own)
			own = kspan_half_next(own);
		else
			open = kspan_half_next(open);
	}
	return NULL;
}

/* The lowest place for a run in any chunk. */
static struct kspan_chunk *find_lowest(struct kspan_pageheap *ph,
				       const struct kspan_run *run,
				       unsigned int *page)
{
	struct kspan_chunk *chunk = chunk_first_fit(ph, run->npages);

	for (; chunk; chunk = to_chunk(rb_next(&chunk->node))) {
		if (chunk->longest < run->npages)
			continue;
		*page = kspan_pagebits_find(&chunk->busy, run->npages,
					    run->align_pages);
		if (*page < KSPAN_CHUNK_PAGES)
			return chunk;
	}
	return NULL;
}

/*
 * Whether a run may go where the other kind is, or across halves. More than an
 * eighth of the pages is not taken ahead of need, so the heap does not grow
 * either while it has as many free.
 */
static bool may_mix(const struct kspan_pageheap *ph,
		    const struct kspan_run *run)
{
	return run->mix || run->npages > KSPAN_HALF_PAGES ||
	       ph->free_pages >= ph->owned_pages / 8;
}

/**
 * kspan_pageheap_alloc() - take a run of pages
 * @ph: the page heap; the caller holds its lock
 * @run: what is wanted
 * @zeroed: out: all of the pages are known to be zero
 *
 * Return: the run's address, or 0.
 */
unsigned long kspan_pageheap_alloc(struct kspan_pageheap *ph,
				   const struct kspan_run *run, bool *zeroed)
{
	struct kspan_chunk *chunk;
	unsigned int page;

	lockdep_assert_held(&ph->lock);
	chunk = find_in_halves(ph, run, &page);
	if (!chunk && may_mix(ph, run))
		chunk = find_lowest(ph, run, &page);
	if (!chunk)
		return 0;
	chunk_take(ph, chunk, page, run->npages, run->kind);
	*zeroed = kspan_pagebits_none(&chunk->dirty, page, run->npages);
	ph->free_pages -= run->npages;
	return chunk->addr + kspan_npages_bytes(page);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_alloc);

/**
 * kspan_pageheap_has_open() - is there a run that any kind may take?
 * @ph: the page heap; the caller holds its lock
 * @npages: its pages
 */
bool kspan_pageheap_has_open(struct kspan_pageheap *ph, unsigned int npages)
{
	lockdep_assert_held(&ph->lock);
	return kspan_half_first(&ph->halves, KSPAN_HALF_OPEN, npages);
}

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
	chunk_give(ph, chunk, first, npages);
	kspan_pagebits_set(&chunk->dirty, first, npages);
	ph->free_pages += npages;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_free);

/**
 * kspan_pageheap_retire() - a page is never to be handed out again
 * @ph: the page heap; the caller holds its lock
 * @addr: the page, which is in use and stays so
 */
void kspan_pageheap_retire(struct kspan_pageheap *ph, unsigned long addr)
{
	struct kspan_chunk *chunk = chunk_find(ph, addr);

	lockdep_assert_held(&ph->lock);
	kspan_pagebits_set(&chunk->poisoned, kspan_page_in_chunk(addr), 1);
	ph->poisoned_pages++;
}

/* Poisoned pages of a chunk can be given back as free ones are. */
static void chunk_unretire(struct kspan_pageheap *ph, struct kspan_chunk *chunk)
{
	unsigned int page;

	for_each_set_bit(page, chunk->poisoned.bits, KSPAN_CHUNK_PAGES) {
		chunk_give(ph, chunk, page, 1);
		ph->poisoned_pages--;
		ph->free_pages++;
	}
	bitmap_zero(chunk->poisoned.bits, KSPAN_CHUNK_PAGES);
}

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
			chunk_update(ph, chunk);
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

/* The chunk at the lowest address from @from on. */
static struct kspan_chunk *chunk_from(struct kspan_pageheap *ph,
				      unsigned long from)
{
	struct kspan_chunk *chunk = chunk_below(ph, from);

	return to_chunk(chunk ? rb_next(&chunk->node) : rb_first(&ph->chunks));
}

/**
 * kspan_pageheap_mark_range() - choose all free pages of a range to give back
 * @ph: the page heap
 * @start: address of the range, at a chunk's start
 * @end: its end, at a chunk's end
 * @heap_id: the heap, for whoever looks up the pages later
 *
 * As kspan_pageheap_mark_releasing(), but poisoned pages go, too.
 *
 * Return: the bytes chosen.
 */
size_t kspan_pageheap_mark_range(struct kspan_pageheap *ph, unsigned long start,
				 unsigned long end, u32 heap_id)
{
	struct kspan_chunk *chunk;
	unsigned long marked = 0;
	unsigned long flags;

	do {
		spin_lock_irqsave(&ph->lock, flags);
		chunk = chunk_from(ph, start);
		if (chunk && chunk->addr < end) {
			chunk_unretire(ph, chunk);
			marked += mark_whole_blocks(ph, chunk, ULONG_MAX,
						    heap_id);
			marked += mark_pages(ph, chunk, ULONG_MAX, heap_id);
			chunk_update(ph, chunk);
			start = chunk->addr + KSPAN_CHUNK_BYTES;
		} else {
			start = end;
		}
		spin_unlock_irqrestore(&ph->lock, flags);
	} while (start < end);
	return marked << KSPAN_PAGE_SHIFT;
}

/* Is any page of a range ours? Chunks are there as long as one is. */
bool kspan_pageheap_owns(struct kspan_pageheap *ph, unsigned long start,
			 unsigned long end)
{
	struct kspan_chunk *chunk;
	unsigned long flags;
	bool owns;

	spin_lock_irqsave(&ph->lock, flags);
	chunk = chunk_from(ph, start);
	owns = chunk && chunk->addr < end;
	spin_unlock_irqrestore(&ph->lock, flags);
	return owns;
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
		chunk_unlink(ph, chunk);
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
		view->poisoned = best->poisoned;
	}
	spin_unlock_irqrestore(&ph->lock, flags);
	return best;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_next_chunk);
