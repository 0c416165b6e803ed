// SPDX-License-Identifier: GPL-2.0
#include <linux/rbtree_augmented.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/units.h"
#include "pages/chunk.h"

static inline unsigned int chunk_longest(struct kspan_chunk *chunk)
{
	return chunk->longest;
}

RB_DECLARE_CALLBACKS_MAX(static, chunk_augment, struct kspan_chunk, node,
			 unsigned int, subtree_longest, chunk_longest)

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

static void chunk_set_longest(struct kspan_chunk *chunk, unsigned int longest)
{
	if (longest == chunk->longest)
		return;
	chunk->longest = longest;
	chunk_augment_propagate(&chunk->node, NULL);
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

/* A half's free pages have changed, and perhaps its kind. */
static void half_update(struct kspan_chunks *chunks,
			const struct kspan_chunk *chunk,
			struct kspan_half *half, enum kspan_half_kind kind)
{
	unsigned int first = kspan_page_in_chunk(half->addr);

	kspan_half_set(&chunks->halves, half,
		       kspan_pagebits_longest_in(&chunk->busy, first,
						 first + KSPAN_HALF_PAGES),
		       kind);
}

/* The free pages have changed: bring the summaries up to date. */
void kspan_chunk_update(struct kspan_chunks *chunks, struct kspan_chunk *chunk)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(chunk->halves); i++)
		half_update(chunks, chunk, &chunk->halves[i],
			    chunk->halves[i].kind);
	chunk_set_longest(chunk, longest_of_halves(chunk));
}

void kspan_chunk_link(struct kspan_chunks *chunks, struct kspan_chunk *new)
{
	struct rb_node **link = &chunks->by_addr.rb_node;
	struct rb_node *parent = NULL;
	unsigned int i;

	while (*link) {
		struct kspan_chunk *chunk = kspan_chunk_entry(*link);

		parent = *link;
		if (chunk->subtree_longest < new->longest)
			chunk->subtree_longest = new->longest;
		link = new->addr < chunk->addr ? &parent->rb_left
					       : &parent->rb_right;
	}
	new->subtree_longest = new->longest;
	rb_link_node(&new->node, parent, link);
	rb_insert_augmented(&new->node, &chunks->by_addr, &chunk_augment);
	for (i = 0; i < ARRAY_SIZE(new->halves); i++) {
		struct kspan_half *half = &new->halves[i];

		half->addr = new->addr +
			     kspan_npages_bytes(i * KSPAN_HALF_PAGES);
		kspan_half_link(&chunks->halves, half);
	}
	chunks->nr_chunks++;
}

void kspan_chunk_unlink(struct kspan_chunks *chunks, struct kspan_chunk *chunk)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(chunk->halves); i++)
		kspan_half_unlink(&chunks->halves, &chunk->halves[i]);
	rb_erase_augmented(&chunk->node, &chunks->by_addr, &chunk_augment);
	chunks->nr_chunks--;
}

/* The chunk at the lowest address with a run of @npages. */
struct kspan_chunk *kspan_chunk_first_fit(struct kspan_chunks *chunks,
					  unsigned int npages)
{
	struct kspan_chunk *chunk = kspan_chunk_entry(chunks->by_addr.rb_node);

	if (!chunk || chunk->subtree_longest < npages)
		return NULL;
	for (;;) {
		struct kspan_chunk *below =
			kspan_chunk_entry(chunk->node.rb_left);

		if (!below || below->subtree_longest < npages) {
			if (chunk->longest >= npages)
				return chunk;
			below = kspan_chunk_entry(chunk->node.rb_right);
		}
		chunk = below;
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
static void half_give(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages)
{
	struct kspan_half *half = &chunk->halves[first / KSPAN_HALF_PAGES];

	half->used -= npages;
	kspan_pagebits_clear(&chunk->busy, first, npages);
	kspan_half_set(&chunks->halves, half,
		       max_t(unsigned int, half->longest,
			     run_in_half(chunk, first)),
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
	chunk_set_longest(chunk, longest_of_halves(chunk));
}

void kspan_chunk_give(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages)
{
	unsigned int part = first_part(first, npages);

	half_give(chunks, chunk, first, part);
	if (part < npages)
		half_give(chunks, chunk, first + part, npages - part);
	chunk_set_longest(chunk, longest_of_halves(chunk));
}
