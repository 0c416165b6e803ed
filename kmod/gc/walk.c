// SPDX-License-Identifier: GPL-2.0
/*
 * A walk over all spans of a collected heap, by address.
 */
#include <linux/ktime.h>
#include <linux/sched.h>

#include "gc/object.h"
#include "gc/pace.h"
#include "pages/pageheap.h"

enum {
	/* Heap pages between two looks whether somebody else is to run. */
	STRIDE_PAGES	= 64,
};

/* The span that starts at @addr, if one does; returns where to go on. */
static unsigned long visit(struct kspan_gc *gc, unsigned long addr,
			   kspan_gc_span_fn fn, void *arg)
{
	unsigned long end = addr + KSPAN_PAGE_BYTES;
	struct kspan_span *span;

	rcu_read_lock();
	span = kspan_span_starting(&gc->heap->storage.source, addr);
	if (span) {
		end = addr + kspan_npages_bytes(span->npages);
		fn(gc, span, arg);
	}
	rcu_read_unlock();
	return end;
}

static void walk_chunk(struct kspan_gc *gc, const struct kspan_chunk_view *view,
		       kspan_gc_span_fn fn, void *arg)
{
	unsigned long addr = view->addr;
	unsigned int visits = 0;

	while (addr < view->addr + KSPAN_CHUNK_BYTES) {
		if (kspan_pagebits_test(&view->owned, kspan_page_in_chunk(addr)))
			addr = visit(gc, addr, fn, arg);
		else
			addr += KSPAN_PAGE_BYTES;
		if (!(++visits % STRIDE_PAGES))
			cond_resched();
	}
}

static void walk_vasts(struct kspan_gc *gc, kspan_gc_span_fn fn, void *arg)
{
	unsigned long addr = 0;
	struct kspan_span *span;

	do {
		rcu_read_lock();
		span = kspan_vast_next(&gc->vasts, addr);
		if (span) {
			addr = span->addr;
			fn(gc, span, arg);
		}
		rcu_read_unlock();
		cond_resched();
	} while (span);
}

/**
 * kspan_gc_walk() - do something with every span
 * @gc: of which heap
 * @fn: called with each, as an RCU reader
 * @arg: its last argument
 *
 * Spans that come and go meanwhile may be missed.
 *
 * Context: Process context; may sleep.
 */
void kspan_gc_walk(struct kspan_gc *gc, kspan_gc_span_fn fn, void *arg)
{
	struct kspan_source *source = &gc->heap->storage.source;
	struct kspan_chunk_view view;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		unsigned long from = 0;

		while (kspan_pageheap_next_chunk(&source->nodes[nid].pages,
						 from, &view)) {
			u64 begun_ns = ktime_get_ns();

			walk_chunk(gc, &view, fn, arg);
			kspan_pace_rest(gc, ktime_get_ns() - begun_ns);
			from = view.addr + KSPAN_CHUNK_BYTES;
			cond_resched();
		}
	}
	walk_vasts(gc, fn, arg);
}
