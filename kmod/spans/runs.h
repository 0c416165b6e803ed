/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs: the pages of a reserve, and which of them are lent.
 *
 * Runs hang in a tree by address, whose nodes know what there is below them, as
 * those of chunks do (chunk.h). A loan knows its run, so that it finds its way
 * back without a search.
 */
#ifndef _KSPAN_RUNS_H
#define _KSPAN_RUNS_H

#include <linux/rbtree.h>
#include <linux/rcupdate.h>

#include "base/pagebits.h"
#include "pages/half.h"
#include "spans/span.h"

/**
 * struct kspan_reserve_sum - what is idle in a run, or in a tree of them
 * @longest: longest run of idle pages
 * @order: as in struct kspan_half
 * @ends_idle: the last page is idle, and can be taken away
 */
struct kspan_reserve_sum {
	u16	longest;
	u8	order;
	bool	ends_idle;
};

/**
 * struct kspan_reserve_run - a part of a reserve, in one chunk
 * @node: in the tree
 * @sum: what is idle in it
 * @subtree: in it and those below it
 * @addr: its first page; constant
 * @nid: whose page heap it is from; constant
 * @npages: its pages
 * @npages_made: its pages when it was made; constant
 * @rcu: frees it
 * @lent: a bit for each page of the chunk that is in a span, or not of the run
 * @loans: one for each page; used again at once, so what is in them may change
 *	under a lookup, but never what they are
 */
struct kspan_reserve_run {
	struct rb_node			node;
	struct kspan_reserve_sum	sum;
	struct kspan_reserve_sum	subtree;
	unsigned long			addr;
	int				nid;
	unsigned int			npages;
	unsigned int			npages_made;
	struct rcu_head			rcu;
	struct kspan_pagebits		lent;
	u8				loans[] __aligned(sizeof(long));
};

size_t kspan_run_bytes(unsigned int npages);
void kspan_run_init(struct kspan_reserve_run *run, unsigned long addr, int nid,
		    unsigned int npages);
void kspan_runs_link(struct rb_root *runs, struct kspan_reserve_run *run);
void kspan_runs_unlink(struct rb_root *runs, struct kspan_reserve_run *run);
struct kspan_span *kspan_runs_lend(struct rb_root *runs, unsigned int npages,
				   unsigned int align_pages);
struct kspan_span *kspan_runs_search(struct rb_root *runs, unsigned int npages,
				     unsigned int align_pages,
				     unsigned long *from);
void kspan_runs_put(struct kspan_span *span);
struct kspan_reserve_run *kspan_runs_last_idle(struct rb_root *runs);
unsigned int kspan_run_cut(struct kspan_reserve_run *run, unsigned long npages);
int kspan_loan_nid(const struct kspan_span *span);

static inline struct kspan_reserve_run *kspan_run_entry(struct rb_node *node)
{
	return rb_entry_safe(node, struct kspan_reserve_run, node);
}

#endif /* _KSPAN_RUNS_H */
