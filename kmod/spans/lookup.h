/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lookup: from an address to its span. Callers run with preemption off, under
 * RCU, or with a lock held that keeps the span.
 *
 * There are three questions, each with a name of its own:
 *
 *   kspan_span_of(addr)		the caller holds an object there, so there is a span
 *   kspan_span_at(addr)		any address: there may be none
 *   kspan_span_in(source, addr)	any address: of this heap, or none (central.h)
 */
#ifndef _KSPAN_LOOKUP_H
#define _KSPAN_LOOKUP_H

#include <linux/bug.h>

#include "pages/arena.h"
#include "spans/span.h"

/* The span around any address, of any heap; or NULL. */
static inline struct kspan_span *kspan_span_at(unsigned long addr)
{
	return kspan_tag_span(kspan_arena_tag(addr));
}

/*
 * The span around an address in an object that is out of it. NULL, with a
 * warning, only where an object was freed twice and its page has gone.
 */
static inline struct kspan_span *kspan_span_of(unsigned long addr)
{
	struct kspan_span *span = kspan_span_at(addr);

	WARN_ONCE(!span, "kspan: an object that is out has lost its span\n");
	return span;
}

void kspan_span_publish(struct kspan_span *span, const struct kspan_row *rows,
			unsigned int nrows);

#endif /* _KSPAN_LOOKUP_H */
