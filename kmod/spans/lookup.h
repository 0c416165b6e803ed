/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lookup: from an address to its span. Callers run with preemption off, under
 * RCU, or with a lock held that keeps the span.
 *
 * There are two questions, each with a name of its own:
 *
 *   kspan_span_at(addr)		any address: there may be none
 *   kspan_span_in(source, addr)	any address: of this heap, or none (central.h)
 *
 * A slot in a cache need not have a span either, nor one of its own store: its
 * user may have freed it twice.
 */
#ifndef _KSPAN_LOOKUP_H
#define _KSPAN_LOOKUP_H

#include "pages/arena.h"
#include "spans/span.h"

/* The span around any address, of any heap; or NULL. */
static inline struct kspan_span *kspan_span_at(unsigned long addr)
{
	return kspan_tag_span(kspan_arena_tag(addr));
}

/*
 * The row of pages whose objects no magazine takes back: large ones, those that
 * the reserve has lent, and those that are wiped when they are freed. It refuses
 * every address, and the free finds out by the span.
 */
extern const struct kspan_row kspan_row_slow;

void kspan_span_free_rcu(struct rcu_head *rcu);
void kspan_span_publish(struct kspan_span *span, const struct kspan_row *rows,
			unsigned int nrows);

#endif /* _KSPAN_LOOKUP_H */
