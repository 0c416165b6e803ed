// SPDX-License-Identifier: GPL-2.0
/* The allocators that traces are replayed on. */
#include <linux/kspan.h>
#include <linux/slab.h>

#include "backend.h"
#include "slab_pages.h"

/* ---- nothing: what the replay itself costs --------------------------------- */

static int null_begin(struct bench_store *store)
{
	store->slab_base_bytes = bench_slab_bytes();
	return 0;
}

static void null_end(struct bench_store *store)
{
}

static void *null_alloc(struct bench_store *store, size_t bytes, gfp_t gfp)
{
	return store;
}

static void null_free(struct bench_store *store, void *p)
{
}

static void *null_alloc_recorded(struct bench_store *store, u32 cache,
				 size_t bytes, gfp_t gfp)
{
	return store;
}

static void null_free_recorded(struct bench_store *store, u32 cache, void *p)
{
}

static size_t null_slot_bytes(const void *p)
{
	return 0;
}

static void slab_held(struct bench_store *store,
		      struct kspan_bench_memory *memory)
{
	memory->held_bytes = bench_slab_bytes() - store->slab_base_bytes;
}

/* ---- kspan ----------------------------------------------------------------- */

static int heap_begin(struct bench_store *store)
{
	store->heap = kspan_heap_create(KSPAN_BENCH_HEAP, NULL);
	return PTR_ERR_OR_ZERO(store->heap);
}

static void heap_end(struct bench_store *store)
{
	kspan_heap_destroy(store->heap);
}

static void *heap_alloc(struct bench_store *store, size_t bytes, gfp_t gfp)
{
	return kspan_alloc(store->heap, bytes, gfp);
}

static void heap_free(struct bench_store *store, void *p)
{
	kspan_free(p);
}

static void *heap_alloc_recorded(struct bench_store *store, u32 cache,
				 size_t bytes, gfp_t gfp)
{
	if (cache)
		return kspan_cache_alloc(store->recorded.typed[cache - 1], gfp);
	return kspan_alloc(store->heap, bytes, gfp);
}

static void heap_free_recorded(struct bench_store *store, u32 cache, void *p)
{
	if (cache)
		kspan_cache_free(store->recorded.typed[cache - 1], p);
	else
		kspan_free(p);
}

static void heap_give_back(struct bench_store *store)
{
	kspan_heap_drain(store->heap);
	kspan_heap_scavenge(store->heap, SIZE_MAX);
}

static void heap_held(struct bench_store *store,
		      struct kspan_bench_memory *memory)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(store->heap, &stats);
	memory->held_bytes = stats.backing_bytes;
	memory->metadata_bytes = stats.metadata_bytes;
}

/* ---- kmalloc --------------------------------------------------------------- */

static void *kmalloc_alloc(struct bench_store *store, size_t bytes, gfp_t gfp)
{
	return kmalloc(bytes, gfp);
}

static void kmalloc_free(struct bench_store *store, void *p)
{
	kfree(p);
}

static void *kmalloc_alloc_recorded(struct bench_store *store, u32 cache,
				    size_t bytes, gfp_t gfp)
{
	if (cache)
		return kmem_cache_alloc(store->recorded.caches[cache - 1], gfp);
	return kmalloc(bytes, gfp);
}

static void kmalloc_give_back(struct bench_store *store)
{
	bench_recorded_shrink(&store->recorded);
}

static void slab_free_recorded(struct bench_store *store, u32 cache, void *p)
{
	if (cache)
		kmem_cache_free(store->recorded.caches[cache - 1], p);
	else
		kfree(p);
}

/* ---- caches of kmalloc's sizes ---------------------------------------------- */

static void caches_end(struct bench_store *store)
{
	unsigned int i;

	for (i = 0; i < BENCH_MAX_CACHES; i++)
		kmem_cache_destroy(store->caches[i]);
}

static int caches_begin(struct bench_store *store)
{
	size_t next = 1, bytes, align;
	unsigned int i;
	char name[32];

	for (i = 0; next <= BENCH_CACHED_BYTES; i++, next = bytes + 1) {
		bytes = kmalloc_size_roundup(next);
		if (WARN_ON_ONCE(i >= BENCH_MAX_CACHES))
			goto fail;
		snprintf(name, sizeof(name), "kspan_bench-%zu", bytes);
		align = is_power_of_2(bytes) ? bytes : ARCH_KMALLOC_MINALIGN;
		/* A range for usercopy keeps the cache from being merged. */
		store->caches[i] = kmem_cache_create_usercopy(name, bytes, align,
							      0, 0, bytes, NULL);
		if (!store->caches[i])
			goto fail;
		memset(&store->cache_of[DIV_ROUND_UP(next, BENCH_CACHE_GRAIN)],
		       i, (bytes - next) / BENCH_CACHE_GRAIN + 1);
	}
	store->slab_base_bytes = bench_slab_bytes();
	return 0;
fail:
	caches_end(store);
	return -ENOMEM;
}

static void *caches_alloc(struct bench_store *store, size_t bytes, gfp_t gfp)
{
	if (bytes > BENCH_CACHED_BYTES)
		return kmalloc(bytes, gfp);
	return kmem_cache_alloc(bench_store_cache(store, bytes), gfp);
}

static void *caches_alloc_recorded(struct bench_store *store, u32 cache,
				   size_t bytes, gfp_t gfp)
{
	if (cache)
		return kmem_cache_alloc(store->recorded.caches[cache - 1], gfp);
	return caches_alloc(store, bytes, gfp);
}

static void caches_give_back(struct bench_store *store)
{
	unsigned int i;

	for (i = 0; i < BENCH_MAX_CACHES; i++)
		if (store->caches[i])
			kmem_cache_shrink(store->caches[i]);
	bench_recorded_shrink(&store->recorded);
}

static const struct bench_backend backends[KSPAN_BENCH_NR_BACKENDS] = {
	[KSPAN_BENCH_NULL] = {
		.begin		= null_begin,
		.end		= null_end,
		.alloc		= null_alloc,
		.free		= null_free,
		.alloc_recorded	= null_alloc_recorded,
		.free_recorded	= null_free_recorded,
		.slot_bytes	= null_slot_bytes,
		.held		= slab_held,
	},
	[KSPAN_BENCH_KSPAN] = {
		.begin		= heap_begin,
		.end		= heap_end,
		.alloc		= heap_alloc,
		.free		= heap_free,
		.alloc_recorded	= heap_alloc_recorded,
		.free_recorded	= heap_free_recorded,
		.has_typed	= true,
		.slot_bytes	= kspan_usable_size,
		.give_back	= heap_give_back,
		.held		= heap_held,
	},
	[KSPAN_BENCH_KMALLOC] = {
		.begin		= null_begin,
		.end		= null_end,
		.alloc		= kmalloc_alloc,
		.free		= kmalloc_free,
		.alloc_recorded	= kmalloc_alloc_recorded,
		.free_recorded	= slab_free_recorded,
		.has_recorded	= true,
		.slot_bytes	= ksize,
		.give_back	= kmalloc_give_back,
		.held		= slab_held,
	},
	[KSPAN_BENCH_KMEM_CACHE] = {
		.begin		= caches_begin,
		.end		= caches_end,
		.alloc		= caches_alloc,
		.free		= kmalloc_free,	/* kfree() takes any slab object */
		.alloc_recorded	= caches_alloc_recorded,
		.free_recorded	= slab_free_recorded,
		.has_recorded	= true,
		.slot_bytes	= ksize,
		.give_back	= caches_give_back,
		.held		= slab_held,
	},
};

static int collected_begin(struct bench_store *store)
{
	const struct kspan_heap_params params = { .flags = KSPAN_HEAP_GC };

	store->heap = kspan_heap_create(KSPAN_BENCH_HEAP, &params);
	return PTR_ERR_OR_ZERO(store->heap);
}

const struct bench_backend bench_collected = {
	.begin	= collected_begin,
	.end	= heap_end,
};

const struct bench_backend *bench_backend_find(u32 backend)
{
	return backend < KSPAN_BENCH_NR_BACKENDS ? &backends[backend] : NULL;
}
