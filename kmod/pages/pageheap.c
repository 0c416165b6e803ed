// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>
#include <linux/rbtree_augmented.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "pages/arena.h"
#include "pages/backing.h"
#include "pages/pageheap.h"

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

/* Free pages, busy now, leave the page heap to a user or to the kernel. */
static void forget_free(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
			unsigned int first, unsigned int npages)
{
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
	*zeroed = kspan_pagebits_none(&chunk->dirty, page, run->npages);
	chunk_take(ph, chunk, page, run->npages, run->kind);
	forget_free(ph, chunk, page, run->npages);
	ph->peak_pages = max(ph->peak_pages, ph->owned_pages - ph->free_pages);
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

/* Busy pages are free, once a grace period has passed for the kernel, too. */
static void put_back(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
		     unsigned int first, unsigned int npages)
{
	chunk_give(ph, chunk, first, npages);
	kspan_pagebits_set(&chunk->dirty, first, npages);
	ph->free_pages += npages;
	catch_up(ph, chunk);
	kspan_pagebits_set(&chunk->young, first, npages);
	ph->young_pages += npages;
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
	struct kspan_chunk *chunk = chunk_find(ph, addr);
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
	struct kspan_chunk *chunk = chunk_find(ph, addr);

	lockdep_assert_held(&ph->lock);
	kspan_pagebits_set(&chunk->poisoned, kspan_page_in_chunk(addr), 1);
	ph->poisoned_pages++;
}

/* The chunk at the lowest address from @from on. */
static struct kspan_chunk *chunk_from(struct kspan_pageheap *ph,
				      unsigned long from)
{
	struct kspan_chunk *chunk = chunk_below(ph, from);

	return to_chunk(chunk ? rb_next(&chunk->node) : rb_first(&ph->chunks));
}

/**
 * kspan_pageheap_unretire() - poisoned pages of a range can go with free ones
 * @ph: the page heap; the caller holds its lock
 * @start: address of the range, at a chunk's start
 * @end: its end, at a chunk's end
 *
 * Return: how many there were.
 */
unsigned long kspan_pageheap_unretire(struct kspan_pageheap *ph,
				      unsigned long start, unsigned long end)
{
	unsigned long before = ph->poisoned_pages;
	struct kspan_chunk *chunk;
	unsigned int page;

	lockdep_assert_held(&ph->lock);
	for (chunk = chunk_from(ph, start);
	     chunk && chunk->addr < end && ph->poisoned_pages;
	     chunk = to_chunk(rb_next(&chunk->node))) {
		for_each_set_bit(page, chunk->poisoned.bits,
				 KSPAN_CHUNK_PAGES) {
			put_back(ph, chunk, page, 1);
			ph->poisoned_pages--;
		}
		bitmap_zero(chunk->poisoned.bits, KSPAN_CHUNK_PAGES);
	}
	return before - ph->poisoned_pages;
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
	forget_free(ph, chunk, head, npages);
	kspan_pagebits_clear(&chunk->owned, head, npages);
	kspan_pagebits_clear(&chunk->split, head, npages);
	kspan_pagebits_clear(&chunk->heads, head, npages);
	ph->owned_pages -= npages;
	if (!bitmap_empty(chunk->owned.bits, KSPAN_CHUNK_PAGES)) {
		chunk_update(ph, chunk);
		return;
	}
	chunk_unlink(ph, chunk);
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
			chunk_below(ph, min(walk->below, walk->end));
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
		view->poisoned = best->poisoned;
	}
	spin_unlock_irqrestore(&ph->lock, flags);
	return best;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pageheap_next_chunk);
