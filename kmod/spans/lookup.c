// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>

#include "spans/lookup.h"

const struct kspan_row kspan_row_slow;

/**
 * kspan_span_publish() - let lookups find a span
 * @span: the span, complete
 * @rows: its rows, one for each of its pages; the last serves any pages beyond
 * @nrows: how many
 */
void kspan_span_publish(struct kspan_span *span, const struct kspan_row *rows,
			unsigned int nrows)
{
	span->since = kspan_moment();
	kspan_arena_publish(span->addr, span->npages, span, rows, nrows);
}

/*
 * Frees a descriptor, for call_rcu(). kfree_rcu() would begin a timer, which a
 * free must not do: see kspan_free().
 */
void kspan_span_free_rcu(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct kspan_span, rcu));
}
