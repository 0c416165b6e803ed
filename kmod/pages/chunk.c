// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>
#include <linux/rbtree_augmented.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/once.h"
#include "base/units.h"
#include "pages/chunk.h"

enum {
	/* Both a release that spares something and one that does not. */
	BOTH	= 1 | 1 << KSPAN_NR_STAGES,
};

static void sum_up(struct kspan_chunk_sum *sum, struct rb_node *node)
{
	struct kspan_chunk *chunk = kspan_chunk_entry(node);

	if (!chunk)
		return;
	sum->longest = max(sum->longest, chunk->subtree.longest);
	sum->order = max(sum->order, chunk->subtree.order);
	sum->want |= chunk->subtree.want;
}

static bool same_sum(const struct kspan_chunk_sum *a,
		     const struct kspan_chunk_sum *b)
{
	return a->longest == b->longest && a->order == b->order &&
	       a->want == b->want;
}

static inline bool compute_subtree(struct kspan_chunk *chunk, bool exit)
{
	struct kspan_chunk_sum sum = chunk->sum;

	sum_up(&sum, chunk->node.rb_left);
	sum_up(&sum, chunk->node.rb_right);
	if (exit && same_sum(&sum, &chunk->subtree))
		return true;
	chunk->subtree = sum;
	return false;
}

RB_DECLARE_CALLBACKS(static, chunk_augment, struct kspan_chunk, node, subtree,
		     compute_subtree)

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

struct kspan_chunk *kspan_chunk_find(struct kspan_chunks *chunks,
				     unsigned long addr)
{
	struct rb_node *node = chunks->by_addr.rb_node;
	unsigned long base = ALIGN_DOWN(addr, KSPAN_CHUNK_BYTES);

	while (node) {
		struct kspan_chunk *chunk = kspan_chunk_entry(node);

		if (base == chunk->addr)
			return chunk;
		node = base < chunk->addr ? node->rb_left : node->rb_right;
	}
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_chunk_find);

/* The chunk at the highest address below @below. */
struct kspan_chunk *kspan_chunk_below(struct kspan_chunks *chunks,
				      unsigned long below)
{
	struct rb_node *node = chunks->by_addr.rb_node;
	struct kspan_chunk *best = NULL;

	while (node) {
		struct kspan_chunk *chunk = kspan_chunk_entry(node);

		if (chunk->addr < below) {
			best = chunk;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return best;
}

/* The chunk at the lowest address from @from on. */
struct kspan_chunk *kspan_chunk_from(struct kspan_chunks *chunks,
				     unsigned long from)
{
	struct kspan_chunk *chunk = kspan_chunk_below(chunks, from);

	if (chunk)
		return kspan_chunk_next(chunk);
	return kspan_chunk_entry(rb_first(&chunks->by_addr));
}

static void chunk_set(struct kspan_chunk *chunk,
		      const struct kspan_chunk_sum *sum)
{
	if (same_sum(sum, &chunk->sum))
		return;
	chunk->sum = *sum;
	chunk_augment_propagate(&chunk->node, NULL);
}

/* In which stages a release has reason to look at a chunk. */
void kspan_chunk_set_want(struct kspan_chunk *chunk, unsigned int want)
{
	struct kspan_chunk_sum sum = chunk->sum;

	sum.want = want;
	chunk_set(chunk, &sum);
}

struct kspan_chunk *kspan_chunk_of_half(struct kspan_half *half)
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

/* What the halves have is right: sum it up. @give is whether pages came back. */
static void chunk_sum_up(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
			 bool give)
{
	struct kspan_chunk_sum sum = {
		.longest = longest_of_halves(chunk),
		.order	 = max(chunk->halves[0].order, chunk->halves[1].order),
		.want	 = chunk->sum.want,
	};

	if (sum.longest == KSPAN_CHUNK_PAGES)
		sum.order++;
	if (give) {
		chunk->given = ++chunks->gives;
		sum.want |= BOTH << KSPAN_STAGE_BLOCKS |
			    BOTH << KSPAN_STAGE_PAGES;
		if (sum.order > ilog2(KSPAN_HALF_PAGES))
			sum.want |= BOTH << KSPAN_STAGE_HALVES;
		if (sum.order > ilog2(KSPAN_CHUNK_PAGES))
			sum.want |= BOTH << KSPAN_STAGE_CHUNKS;
	}
	chunk_set(chunk, &sum);
}

/* A half's free pages have changed, and perhaps its kind. */
static void half_update(struct kspan_chunks *chunks,
			const struct kspan_chunk *chunk,
			struct kspan_half *half, enum kspan_half_kind kind)
{
	unsigned int first = kspan_page_in_chunk(half->addr);
	unsigned int end = first + KSPAN_HALF_PAGES;

	kspan_half_set(&chunks->halves, half,
		       kspan_pagebits_longest_in(&chunk->busy, first, end),
		       kspan_pagebits_order_in(&chunk->busy, first, end), kind);
}

/* A block has come, or has gone without @give: bring the summaries up to date. */
void kspan_chunk_update(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
			bool give)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(chunk->halves); i++)
		half_update(chunks, chunk, &chunk->halves[i],
			    chunk->halves[i].kind);
	chunk_sum_up(chunks, chunk, give);
}

/* The number of an arena, wherever they begin. */
static unsigned long arena_of(const struct kspan_chunk *chunk)
{
	return chunk->addr >> KSPAN_ARENA_SHIFT;
}

/* Whether no other chunk of its arena is in the tree. */
static bool alone_in_arena(struct kspan_chunk *chunk)
{
	struct kspan_chunk *next = kspan_chunk_next(chunk);
	struct kspan_chunk *prev = kspan_chunk_entry(rb_prev(&chunk->node));

	return !(next && arena_of(next) == arena_of(chunk)) &&
	       !(prev && arena_of(prev) == arena_of(chunk));
}

void kspan_chunk_link(struct kspan_chunks *chunks, struct kspan_chunk *new)
{
	struct rb_node **link = &chunks->by_addr.rb_node;
	struct rb_node *parent = NULL;
	unsigned int i;

	while (*link) {
		parent = *link;
		link = new->addr < kspan_chunk_entry(parent)->addr ?
		       &parent->rb_left : &parent->rb_right;
	}
	/* Nothing in it is free so far. */
	new->subtree = new->sum;
	rb_link_node(&new->node, parent, link);
	rb_insert_augmented(&new->node, &chunks->by_addr, &chunk_augment);
	for (i = 0; i < ARRAY_SIZE(new->halves); i++) {
		struct kspan_half *half = &new->halves[i];

		half->addr = new->addr +
			     kspan_npages_bytes(i * KSPAN_HALF_PAGES);
		kspan_half_link(&chunks->halves, half);
	}
	kspan_add_once(chunks->nr_chunks, 1);
	kspan_add_once(chunks->nr_arenas, alone_in_arena(new));
}

void kspan_chunk_unlink(struct kspan_chunks *chunks, struct kspan_chunk *chunk)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(chunk->halves); i++)
		kspan_half_unlink(&chunks->halves, &chunk->halves[i]);
	kspan_sub_once(chunks->nr_arenas, alone_in_arena(chunk));
	rb_erase_augmented(&chunk->node, &chunks->by_addr, &chunk_augment);
	kspan_sub_once(chunks->nr_chunks, 1);
}

static bool fits(const struct kspan_chunk_sum *sum, const struct kspan_fit *fit)
{
	return sum->longest >= fit->longest || sum->order >= fit->order;
}

/* The chunk at the lowest address that surely has room. */
struct kspan_chunk *kspan_chunk_first_fit(struct kspan_chunks *chunks,
					  const struct kspan_fit *fit)
{
	struct kspan_chunk *chunk = kspan_chunk_entry(chunks->by_addr.rb_node);

	if (!chunk || !fits(&chunk->subtree, fit))
		return NULL;
	for (;;) {
		struct kspan_chunk *left = kspan_chunk_entry(chunk->node.rb_left);

		if (left && fits(&left->subtree, fit))
			chunk = left;
		else if (!fits(&chunk->sum, fit))
			chunk = kspan_chunk_entry(chunk->node.rb_right);
		else
			return chunk;
	}
}

static bool has_left(const struct kspan_chunk *chunk, unsigned int want)
{
	struct kspan_chunk *left = kspan_chunk_entry(chunk->node.rb_left);

	return left && left->subtree.want & want;
}

/* The chunk at the highest address below @below with one of the bits in @want. */
struct kspan_chunk *kspan_chunk_wanted_below(struct kspan_chunks *chunks,
					     unsigned long below,
					     unsigned int want)
{
	struct kspan_chunk *chunk = kspan_chunk_entry(chunks->by_addr.rb_node);
	struct kspan_chunk *best = NULL;

	/* The last one on the way that is it, or has it on its left. */
	while (chunk) {
		if (chunk->addr >= below) {
			chunk = kspan_chunk_entry(chunk->node.rb_left);
			continue;
		}
		if (chunk->sum.want & want || has_left(chunk, want))
			best = chunk;
		chunk = kspan_chunk_entry(chunk->node.rb_right);
	}
	if (!best || best->sum.want & want)
		return best;
	chunk = kspan_chunk_entry(best->node.rb_left);
	for (;;) {
		struct kspan_chunk *right =
			kspan_chunk_entry(chunk->node.rb_right);

		if (right && right->subtree.want & want)
			chunk = right;
		else if (!(chunk->sum.want & want))
			chunk = kspan_chunk_entry(chunk->node.rb_left);
		else
			return chunk;
	}
}

/* Makes free pages that lie in one half busy. */
static void half_take(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages,
		      enum kspan_half_kind kind)
{
	struct kspan_half *half = &chunk->halves[first / KSPAN_HALF_PAGES];

	/* Only one that is wholly free takes a kind. */
	if (half->longest < KSPAN_HALF_PAGES)
		kind = half->kind;
	half->used += npages;
	kspan_pagebits_set(&chunk->busy, first, npages);
	half_update(chunks, chunk, half, kind);
}

/* The free run around a page, as far as it is in its half: returns its length. */
static unsigned int run_in_half(const struct kspan_chunk *chunk,
				unsigned int page, unsigned int *start)
{
	unsigned int first = round_down(page, KSPAN_HALF_PAGES);
	unsigned int end = find_next_bit(chunk->busy.bits,
					 first + KSPAN_HALF_PAGES, page);
	unsigned int before = find_last_bit(chunk->busy.bits, page);

	*start = before < page && before >= first ? before + 1 : first;
	return end - *start;
}

/* The order of the largest aligned block in a run of free pages. */
static unsigned int order_of_run(unsigned int start, unsigned int npages)
{
	unsigned int order = ilog2(npages);

	while (round_up(start, 1U << order) + (1U << order) > start + npages)
		order--;
	return order + 1;
}

/* Makes busy pages that lie in one half free. */
static void half_give(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages)
{
	struct kspan_half *half = &chunk->halves[first / KSPAN_HALF_PAGES];

	unsigned int start;
	unsigned int run;

	half->used -= npages;
	kspan_pagebits_clear(&chunk->busy, first, npages);
	run = run_in_half(chunk, first, &start);
	kspan_half_set(&chunks->halves, half,
		       max_t(unsigned int, half->longest, run),
		       max_t(unsigned int, half->order,
			     order_of_run(start, run)),
		       half->used ? half->kind : KSPAN_HALF_OPEN);
}

/* How many pages of a run lie in the first of its halves. */
static unsigned int first_part(unsigned int first, unsigned int npages)
{
	return min(npages, KSPAN_HALF_PAGES - first % KSPAN_HALF_PAGES);
}

void kspan_chunk_take(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages,
		      enum kspan_half_kind kind)
{
	unsigned int part = first_part(first, npages);

	half_take(chunks, chunk, first, part, kind);
	if (part < npages)
		half_take(chunks, chunk, first + part, npages - part, kind);
	chunk_sum_up(chunks, chunk, false);
}

void kspan_chunk_give(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages)
{
	unsigned int part = first_part(first, npages);

	half_give(chunks, chunk, first, part);
	if (part < npages)
		half_give(chunks, chunk, first + part, npages - part);
	chunk_sum_up(chunks, chunk, true);
}
