/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Statistics: what the counters of CPUs, central lists and page heaps add up
 * to. Reads only; nobody is stopped or locked out.
 */
#ifndef _KSPAN_STATS_H
#define _KSPAN_STATS_H

#include <linux/kspan.h>

#include "spans/central.h"

/**
 * struct kspan_store_stats - one store of a heap
 * @counts: of its central lists, all nodes together
 * @allocs: objects handed out
 * @frees: objects freed
 * @live: slots handed out and not freed
 * @cached: slots out of their spans that are not live
 * @live_bytes: bytes of @live
 * @cached_bytes: bytes of @cached
 * @span_free_bytes: bytes of slots in spans
 * @tail_bytes: ends of spans
 */
struct kspan_store_stats {
	struct kspan_central_counts	counts;
	u64				allocs;
	u64				frees;
	u64				live;
	u64				cached;
	u64				live_bytes;
	u64				cached_bytes;
	u64				span_free_bytes;
	u64				tail_bytes;
};

void kspan_read_store(struct kspan_store *store,
		      struct kspan_store_stats *stats);
void kspan_store_stats(struct kspan_heap *heap, unsigned int class,
		       struct kspan_store_stats *stats);
bool kspan_span_next(struct kspan_heap *heap, u64 *cursor,
		     struct kspan_span_entry *entry);
unsigned int kspan_arena_list(struct kspan_heap *heap,
			      struct kspan_arena_entry *entries,
			      unsigned int capacity);

#endif /* _KSPAN_STATS_H */
