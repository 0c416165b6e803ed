// SPDX-License-Identifier: GPL-2.0
#include <linux/rbtree_augmented.h>

#include "base/units.h"
#include "spans/runs.h"

enum {
	/* Slots of a span at most: a page of the smallest. */
	MAX_SLOTS	= KSPAN_PAGE_BYTES / 8,
	/* Runs that are looked at without a break; and those searched through. */
	LOOK_RUNS	= 64,
	SEARCH_RUNS	= 2,
};

/**
 * struct loan - a span that is lent, or can be
 * @run: where its pages are from; constant
 * @span: the span, with room for the bits of any
 */
struct loan {
	struct kspan_reserve_run	*run;
	struct kspan_span		span;
};

static const size_t loan_bytes = sizeof(struct loan) + MAX_SLOTS / 8;

static struct loan *loan_at(struct kspan_reserve_run *run, unsigned int index)
{
	return (struct loan *)&run->loans[index * loan_bytes];
}

static struct loan *loan_of(const struct kspan_span *span)
{
	return container_of(span, struct loan, span);
}

/* The node whose page heap a loan is from. */
int kspan_loan_nid(const struct kspan_span *span)
{
	return loan_of(span)->run->nid;
}

static void sum_up(struct kspan_reserve_sum *sum, struct rb_node *node)
{
	struct kspan_reserve_run *run = kspan_run_entry(node);

	if (!run)
		return;
	sum->longest = max(sum->longest, run->subtree.longest);
	sum->order = max(sum->order, run->subtree.order);
	sum->ends_idle |= run->subtree.ends_idle;
}

static bool same_sum(const struct kspan_reserve_sum *a,
		     const struct kspan_reserve_sum *b)
{
	return a->longest == b->longest && a->order == b->order &&
	       a->ends_idle == b->ends_idle;
}

static inline bool compute_subtree(struct kspan_reserve_run *run, bool exit)
{
	struct kspan_reserve_sum sum = run->sum;

	sum_up(&sum, run->node.rb_left);
	sum_up(&sum, run->node.rb_right);
	if (exit && same_sum(&sum, &run->subtree))
		return true;
	run->subtree = sum;
	return false;
}

RB_DECLARE_CALLBACKS(static, run_augment, struct kspan_reserve_run, node,
		     subtree, compute_subtree)

static struct kspan_reserve_sum sum_of(const struct kspan_reserve_run *run)
{
	unsigned int end = kspan_page_in_chunk(run->addr) + run->npages;
	struct kspan_reserve_sum sum = {
		.longest   = kspan_pagebits_longest(&run->lent),
		.order	   = kspan_pagebits_order_in(&run->lent, 0,
						     KSPAN_CHUNK_PAGES),
		.ends_idle = run->npages &&
			     !kspan_pagebits_test(&run->lent, end - 1),
	};

	return sum;
}

/* What is lent of a run has changed. */
static void update(struct kspan_reserve_run *run)
{
	run->sum = sum_of(run);
	run_augment_propagate(&run->node, NULL);
}

size_t kspan_run_bytes(unsigned int npages)
{
	return sizeof(struct kspan_reserve_run) + npages * loan_bytes;
}

/* All zero so far, of kspan_run_bytes(). */
void kspan_run_init(struct kspan_reserve_run *run, unsigned long addr, int nid,
		    unsigned int npages)
{
	unsigned int i;

	run->addr = addr;
	run->nid = nid;
	run->npages = npages;
	run->npages_made = npages;
	bitmap_fill(run->lent.bits, KSPAN_CHUNK_PAGES);
	kspan_pagebits_clear(&run->lent, kspan_page_in_chunk(addr), npages);
	for (i = 0; i < npages; i++)
		loan_at(run, i)->run = run;
	run->sum = sum_of(run);
}

void kspan_runs_link(struct rb_root *runs, struct kspan_reserve_run *run)
{
	struct rb_node **link = &runs->rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		link = run->addr < kspan_run_entry(parent)->addr ?
		       &parent->rb_left : &parent->rb_right;
	}
	run->subtree = run->sum;
	rb_link_node(&run->node, parent, link);
	/* Those above it, before what they say is relied upon. */
	if (parent)
		run_augment_propagate(parent, NULL);
	rb_insert_augmented(&run->node, runs, &run_augment);
}

void kspan_runs_unlink(struct rb_root *runs, struct kspan_reserve_run *run)
{
	rb_erase_augmented(&run->node, runs, &run_augment);
}

static struct kspan_span *lend_at(struct kspan_reserve_run *run,
				  unsigned int page, unsigned int npages)
{
	unsigned int index = page - kspan_page_in_chunk(run->addr);
	struct kspan_span *span = &loan_at(run, index)->span;

	kspan_pagebits_set(&run->lent, page, npages);
	update(run);
	span->addr = run->addr + kspan_npages_bytes(index);
	span->npages = npages;
	span->kind = KSPAN_SPAN_LENT;
	span->relink_at = 0;
	span->needzero = 1;
	return span;
}

static bool fits(const struct kspan_reserve_sum *sum,
		 const struct kspan_fit *fit)
{
	return sum->longest >= fit->longest || sum->order >= fit->order;
}

/* The run at the lowest address that surely has room. */
static struct kspan_reserve_run *first_fit(struct rb_root *runs,
					   const struct kspan_fit *fit)
{
	struct kspan_reserve_run *run = kspan_run_entry(runs->rb_node);

	if (!run || !fits(&run->subtree, fit))
		return NULL;
	for (;;) {
		struct kspan_reserve_run *left =
			kspan_run_entry(run->node.rb_left);

		if (left && fits(&left->subtree, fit))
			run = left;
		else if (!fits(&run->sum, fit))
			run = kspan_run_entry(run->node.rb_right);
		else
			return run;
	}
}

/**
 * kspan_runs_lend() - lend pages, with the descriptor of the first
 * @runs: of which runs
 * @npages: how many
 * @align_pages: at a multiple of this, a power of two
 *
 * Some places are overlooked; see struct kspan_fit.
 *
 * Return: the span, without slots and without a central list; or NULL.
 */
struct kspan_span *kspan_runs_lend(struct rb_root *runs, unsigned int npages,
				   unsigned int align_pages)
{
	struct kspan_fit fit = kspan_fit(npages, align_pages);
	struct kspan_reserve_run *run = first_fit(runs, &fit);

	if (!run)
		return NULL;
	return lend_at(run, kspan_pagebits_find(&run->lent, npages, align_pages),
		       npages);
}

/* The run at the lowest address from @from on. */
static struct kspan_reserve_run *run_from(struct rb_root *runs,
					  unsigned long from)
{
	struct rb_node *node = runs->rb_node;
	struct kspan_reserve_run *best = NULL;

	while (node) {
		struct kspan_reserve_run *run = kspan_run_entry(node);

		if (run->addr >= from) {
			best = run;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

/**
 * kspan_runs_search() - lend pages that kspan_runs_lend() may have overlooked
 * @runs: as there
 * @npages: as there
 * @align_pages: as there
 * @from: the lowest address to look at; moves on, and to 0 behind the last run
 *
 * Looks at a bounded number of runs.
 *
 * Return: the span; or NULL.
 */
struct kspan_span *kspan_runs_search(struct rb_root *runs, unsigned int npages,
				     unsigned int align_pages,
				     unsigned long *from)
{
	struct kspan_reserve_run *run = run_from(runs, *from);
	unsigned int nsearched = 0;
	unsigned int nlooked = 0;

	for (; run; run = kspan_run_entry(rb_next(&run->node))) {
		unsigned int page;

		*from = run->addr;
		if (nlooked++ == LOOK_RUNS || nsearched == SEARCH_RUNS)
			return NULL;
		if (run->sum.longest < npages)
			continue;
		nsearched++;
		page = kspan_pagebits_find(&run->lent, npages, align_pages);
		if (page < KSPAN_CHUNK_PAGES)
			return lend_at(run, page, npages);
	}
	*from = 0;
	return NULL;
}

/* A loan comes back. */
void kspan_runs_put(struct kspan_span *span)
{
	struct kspan_reserve_run *run = loan_of(span)->run;

	kspan_pagebits_clear(&run->lent, kspan_page_in_chunk(span->addr),
			     span->npages);
	update(run);
}

/* The run at the highest address whose last page is idle, or NULL. */
struct kspan_reserve_run *kspan_runs_last_idle(struct rb_root *runs)
{
	struct kspan_reserve_run *run = kspan_run_entry(runs->rb_node);

	if (!run || !run->subtree.ends_idle)
		return NULL;
	for (;;) {
		struct kspan_reserve_run *right =
			kspan_run_entry(run->node.rb_right);

		if (right && right->subtree.ends_idle)
			run = right;
		else if (!run->sum.ends_idle)
			run = kspan_run_entry(run->node.rb_left);
		else
			return run;
	}
}

/* Takes idle pages off the end of a run; returns how many, at most @npages. */
unsigned int kspan_run_cut(struct kspan_reserve_run *run, unsigned long npages)
{
	unsigned int first = kspan_page_in_chunk(run->addr);
	unsigned int end = first + run->npages;
	unsigned int last = find_last_bit(run->lent.bits, end);
	unsigned int kept = last < end && last >= first ? last + 1 - first : 0;
	unsigned int cut = min_t(unsigned long, npages, run->npages - kept);

	run->npages -= cut;
	kspan_pagebits_set(&run->lent, end - cut, cut);
	update(run);
	return cut;
}
