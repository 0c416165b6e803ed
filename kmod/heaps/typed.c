// SPDX-License-Identifier: GPL-2.0
#include <linux/cache.h>
#include <linux/ctype.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/fault.h"
#include "giveback/drain.h"
#include "giveback/idle.h"
#include "heaps/typed.h"
#include "spans/stores.h"

/* As SLUB's: a line of its own, or a half of one, and so on, for small objects. */
static size_t line_align(size_t size_bytes)
{
	size_t align_bytes = cache_line_size();

	while (size_bytes <= align_bytes / 2)
		align_bytes /= 2;
	return align_bytes;
}

static bool spec_valid(const struct kspan_typed_spec *spec)
{
	if (!spec->name || !spec->name[0] || spec->flags & ~KSPAN_CACHE_FLAGS)
		return false;
	return spec->user_offset <= spec->size_bytes &&
	       spec->user_bytes <= spec->size_bytes - spec->user_offset;
}

static size_t metadata_bytes(const struct kspan_cache *cache)
{
	return sizeof(*cache) + strlen(cache->store.name) + 1 +
	       nr_node_ids * sizeof(*cache->store.central) +
	       kspan_store_nr_rows(&cache->store) * sizeof(struct kspan_row) +
	       kspan_mags_typed_bytes() + kspan_idle_bytes(1);
}

/* Its store has no spans, or never had; nobody can find it. */
static void typed_free(struct kspan_cache *cache)
{
	struct kspan_store *store = &cache->store;

	kspan_mags_delete_typed(store);
	kspan_idle_delete(store->idle);
	kvfree(store->rows);
	kvfree(store->central);
	kfree(store->name);
	kfree(cache);
}

static int make_central(struct kspan_cache *cache, struct kspan_heap *heap)
{
	struct kspan_central *central;

	if (kspan_fault(KSPAN_FAULT_CACHE_CENTRAL, GFP_KERNEL))
		return -ENOMEM;
	central = kvcalloc(nr_node_ids, sizeof(*central), GFP_KERNEL);
	if (!central)
		return -ENOMEM;
	/* Not to be taken for a size class's. */
	cache->store.class = KSPAN_NR_STORES;
	kspan_store_init(&cache->store, &heap->storage, &cache->sc, central);
	return 0;
}

static int make_rows(struct kspan_store *store)
{
	struct kspan_row *rows;

	if (kspan_fault(KSPAN_FAULT_CACHE_ROWS, GFP_KERNEL))
		return -ENOMEM;
	rows = kvcalloc(kspan_store_nr_rows(store), sizeof(*rows), GFP_KERNEL);
	if (!rows)
		return -ENOMEM;
	kspan_store_set_rows(store, rows);
	return 0;
}

static int make_idle(struct kspan_store *store)
{
	if (kspan_fault(KSPAN_FAULT_CACHE_IDLE, GFP_KERNEL))
		return -ENOMEM;
	store->idle = kspan_idle_new(1);
	return store->idle ? 0 : -ENOMEM;
}

/* What was not there yet, typed_free() leaves alone. */
static int typed_build(struct kspan_cache *cache, struct kspan_heap *heap,
		       const struct kspan_typed_spec *spec)
{
	struct kspan_store *store = &cache->store;
	int err;

	cache->size_bytes = spec->size_bytes;
	cache->flags = spec->flags;
	cache->user_offset = spec->user_offset;
	cache->user_bytes = spec->user_bytes;
	cache->owner = spec->owner;
	store->ctor = spec->ctor;
	store->typesafe = spec->flags & KSPAN_CACHE_TYPESAFE_BY_RCU;
	store->outside = store->ctor || store->typesafe;
	store->name = kstrdup(spec->name, GFP_KERNEL);
	if (!store->name)
		return -ENOMEM;
	err = make_central(cache, heap);
	if (!err)
		err = kspan_mags_new_typed(store);
	if (!err)
		err = make_rows(store);
	if (!err)
		err = make_idle(store);
	if (err)
		return err;
	cache->plain = store->outside ? &kspan_mag_busy : store->mag;
	cache->secret = store->secret;
	return 0;
}

/**
 * kspan_typed_new() - make a typed cache
 * @heap: the heap, which stays meanwhile
 * @spec: how it is to be
 *
 * Context: Process context; takes typed_mutex.
 * Return: the cache, among the heap's stores; or NULL.
 */
struct kspan_cache *kspan_typed_new(struct kspan_heap *heap,
				    const struct kspan_typed_spec *spec)
{
	size_t align_bytes = spec->align_bytes;
	struct kspan_cache *cache;

	if (!spec_valid(spec) || kspan_fault(KSPAN_FAULT_CACHE, GFP_KERNEL))
		return NULL;
	cache = kzalloc(sizeof(*cache), GFP_KERNEL);
	if (!cache)
		return NULL;
	if (spec->flags & KSPAN_CACHE_HWALIGN)
		align_bytes = max(align_bytes, line_align(spec->size_bytes));
	if (!kspan_sizeclass_exact(&cache->sc, spec->size_bytes, align_bytes) ||
	    typed_build(cache, heap, spec) ||
	    kspan_stores_add(&heap->storage, &cache->store)) {
		typed_free(cache);
		return NULL;
	}
	kspan_account_metadata(&heap->storage.source.account,
			       metadata_bytes(cache));
	return cache;
}

/**
 * kspan_typed_disown() - nobody allocates from a typed cache any more
 * @cache: the cache, which the caller alone has, or its module has left behind
 *
 * Return: false if somebody else has said so before.
 */
bool kspan_typed_disown(struct kspan_cache *cache)
{
	struct kspan_heap *heap = kspan_store_heap(&cache->store);
	bool ours;

	mutex_lock(&heap->storage.typed_mutex);
	ours = !cache->store.dead;
	WRITE_ONCE(cache->store.dead, true);
	/* Its code may be about to go. */
	WRITE_ONCE(cache->store.ctor, NULL);
	mutex_unlock(&heap->storage.typed_mutex);
	return ours;
}

/**
 * kspan_typed_shrink() - give all that is free in a typed cache back to its heap
 * @cache: the cache
 *
 * Context: Process context; sleeps, for KSPAN_DRAIN_PATIENCE at most.
 */
void kspan_typed_shrink(struct kspan_cache *cache)
{
	struct kspan_store *store = &cache->store;
	int nid;

	kspan_drain_store(&kspan_store_heap(store)->giver, store);
	for (nid = 0; nid < nr_node_ids; nid++)
		kspan_central_trim(store, nid);
}

/**
 * kspan_typed_leave() - a typed cache is left to itself
 * @cache: the cache, disowned; may be freed at any time from now on
 *
 * Context: Process context; sleeps. Takes typed_mutex.
 */
void kspan_typed_leave(struct kspan_cache *cache)
{
	struct kspan_heap *heap = kspan_store_heap(&cache->store);

	mutex_lock(&heap->storage.typed_mutex);
	cache->store.left = true;
	mutex_unlock(&heap->storage.typed_mutex);
	kspan_typed_reap(heap);
}

static bool has_spans(struct kspan_store *store)
{
	struct kspan_central_counts counts;
	u64 nspans = 0;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		kspan_central_read(&store->central[nid], &counts);
		nspans += counts.spans;
	}
	return nspans;
}

/* Whether there is nothing in it, not even a span. */
bool kspan_typed_is_empty(struct kspan_cache *cache)
{
	return !has_spans(&cache->store);
}

/* What it has counted; nothing is live in it. */
static struct kspan_gone gone_of(struct kspan_store *store)
{
	struct kspan_central_counts counts;
	struct kspan_mag_counts mag;
	struct kspan_gone gone = { };
	unsigned int cpu;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		kspan_central_read(&store->central[nid], &counts);
		gone.objects += counts.direct_allocs;
		gone.refills += counts.refills;
		gone.flushes += counts.flushes;
	}
	for_each_possible_cpu(cpu) {
		kspan_mag_read(store, cpu, &mag);
		gone.objects += mag.allocs;
	}
	return gone;
}

/* Takes those off the list that have been destroyed and have nothing any more. */
static void unlink_dead(struct kspan_storage *storage, struct list_head *dead)
{
	struct kspan_store *store;
	struct kspan_store *next;

	mutex_lock(&storage->typed_mutex);
	list_for_each_entry_safe(store, next, &storage->typed, link) {
		struct kspan_gone gone;

		if (!store->left || has_spans(store))
			continue;
		gone = gone_of(store);
		kspan_stores_remove(storage, store, &gone);
		/* Walks read @link; no other list of the store is in use. */
		list_add(&store->room, dead);
	}
	mutex_unlock(&storage->typed_mutex);
}

/**
 * kspan_typed_reap() - free the typed caches that are destroyed and empty
 * @heap: of which heap
 *
 * Context: Process context; sleeps. Takes typed_mutex.
 */
void kspan_typed_reap(struct kspan_heap *heap)
{
	struct kspan_store *store;
	struct kspan_store *next;
	bool typesafe = false;
	LIST_HEAD(dead);

	unlink_dead(&heap->storage, &dead);
	if (list_empty(&dead))
		return;
	kspan_stores_synchronize();
	/* Frees of its last objects may be under way. */
	synchronize_rcu();
	list_for_each_entry(store, &dead, room)
		typesafe |= store->typesafe;
	/* Its last spans name it until their grace period is over. */
	if (typesafe)
		rcu_barrier();
	kspan_entitled_flush(&heap->storage.entitled);
	list_for_each_entry_safe(store, next, &dead, room) {
		struct kspan_cache *cache = kspan_store_cache(store);

		kspan_account_metadata(&heap->storage.source.account,
				       -(long)metadata_bytes(cache));
		typed_free(cache);
	}
}

/* The heap goes, and has no spans any more; nobody walks over its stores. */
void kspan_typed_delete_all(struct kspan_heap *heap)
{
	struct kspan_store *store;
	struct kspan_store *next;

	list_for_each_entry_safe(store, next, &heap->storage.typed, link)
		typed_free(kspan_store_cache(store));
}
