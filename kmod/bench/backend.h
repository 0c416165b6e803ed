/* SPDX-License-Identifier: GPL-2.0 */
/* An allocator that traces are replayed on. */
#ifndef _KSPAN_BENCH_BACKEND_H
#define _KSPAN_BENCH_BACKEND_H

#include <linux/slab.h>
#include <linux/types.h>
#include <uapi/linux/kspan_bench.h>

#include "recorded.h"

struct kspan_heap;

enum {
	/* Sizes up to this have a cache; kmalloc() takes pages for the rest. */
	BENCH_CACHED_BYTES	= KMALLOC_MAX_CACHE_SIZE,
	BENCH_CACHE_GRAIN	= 8,
	BENCH_MAX_CACHES	= 32,
};

/* What a backend holds during one replay; each uses its own part. */
struct bench_store {
	struct kspan_heap *heap;
	struct kmem_cache *caches[BENCH_MAX_CACHES];
	u8 cache_of[BENCH_CACHED_BYTES / BENCH_CACHE_GRAIN + 1];
	s64 slab_base_bytes;
	struct bench_recorded recorded;	/* of a replay */
};

/* The cache for a size up to BENCH_CACHED_BYTES. */
static inline struct kmem_cache *
bench_store_cache(const struct bench_store *store, size_t bytes)
{
	return store->caches[store->cache_of[DIV_ROUND_UP(bytes,
							  BENCH_CACHE_GRAIN)]];
}

struct bench_backend {
	/* Makes @store ready and notes what is held before the first object. */
	int (*begin)(struct bench_store *store);
	void (*end)(struct bench_store *store);
	void *(*alloc)(struct bench_store *store, size_t bytes, gfp_t gfp);
	void (*free)(struct bench_store *store, void *p);
	/*
	 * The same of an object of a trace, which was recorded in the cache of
	 * that number, or 0: kmalloc() gave it.
	 */
	void *(*alloc_recorded)(struct bench_store *store, u32 cache,
				size_t bytes, gfp_t gfp);
	void (*free_recorded)(struct bench_store *store, u32 cache, void *p);
	/* Needs bench_recorded_make() for a replay, before @begin. */
	bool has_recorded;
	/* Needs bench_recorded_make_typed(), after @begin. */
	bool has_typed;
	size_t (*slot_bytes)(const void *p);
	/* Returns to the kernel what is free; NULL if there is no way. */
	void (*give_back)(struct bench_store *store);
	/* Sets held_bytes and metadata_bytes. */
	void (*held)(struct bench_store *store,
		     struct kspan_bench_memory *memory);
};

/* A collected heap; only @begin and @end are there. */
extern const struct bench_backend bench_collected;

/* NULL if there is none of this number. */
const struct bench_backend *bench_backend_find(u32 backend);

#endif /* _KSPAN_BENCH_BACKEND_H */
