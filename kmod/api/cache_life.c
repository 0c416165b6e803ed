// SPDX-License-Identifier: GPL-2.0
/*
 * Typed caches: how they come and go.
 */
#include <linux/kspan.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>

#include "api/cache.h"
#include "base/compat.h"
#include "heaps/registry.h"
#include "heaps/typed.h"
#include "spans/stores.h"

enum {
	/* Objects that are told of one by one. */
	MAX_TOLD	= 16,
};

struct kspan_cache_leak kspan_last_cache_leak;
EXPORT_SYMBOL_IF_KUNIT(kspan_last_cache_leak);

/* Keeps the lines of a report together, and guards the last one. */
static DEFINE_MUTEX(report_mutex);

/* See kspan_cache_create(). */
struct kspan_cache *__kspan_cache_create(struct kspan_heap *heap,
					 const char *name, size_t size,
					 size_t align, unsigned int flags,
					 size_t useroffset, size_t usersize,
					 void (*ctor)(void *slot),
					 struct module *owner)
{
	const struct kspan_typed_spec spec = {
		.name		= name,
		.size_bytes	= size,
		.align_bytes	= align,
		.flags		= flags,
		.user_offset	= useroffset,
		.user_bytes	= usersize,
		.ctor		= ctor,
		.owner		= owner,
	};

	if (IS_ERR_OR_NULL(heap))
		return NULL;
	if (heap->gc) {
		pr_err("kspan: BUG: cache %s of the collected heap %s; that has types\n",
		       name ?: "", heap->storage.source.name);
		return NULL;
	}
	kspan_typed_reap(heap);
	return kspan_typed_new(heap, &spec);
}
EXPORT_SYMBOL_GPL(__kspan_cache_create);

/**
 * kspan_cache_size() - bytes of an object of a typed cache
 * @cache: the cache
 *
 * Context: Any. Takes no lock.
 * Return: what was asked for when it was made.
 */
size_t kspan_cache_size(const struct kspan_cache *cache)
{
	return cache->size_bytes;
}
EXPORT_SYMBOL_GPL(kspan_cache_size);

/**
 * kspan_cache_shrink() - give all that is free in a typed cache back to its heap
 * @cache: the cache
 *
 * What CPUs have cached, too.
 *
 * Context: Process context; sleeps. Takes the locks of kspan_heap_drain().
 */
void kspan_cache_shrink(struct kspan_cache *cache)
{
	kspan_typed_shrink(cache);
}
EXPORT_SYMBOL_GPL(kspan_cache_shrink);

/**
 * struct leak - what is left in a typed cache
 * @store: its store
 * @nr_objects: live objects so far
 */
struct leak {
	const struct kspan_store	*store;
	unsigned long			nr_objects;
};

static int tell_object(const struct kspan_object *obj, void *arg)
{
	struct leak *leak = arg;

	if (obj->sizeclass != leak->store->class)
		return 0;
	if (leak->nr_objects++ < MAX_TOLD)
		pr_err("kspan: %s: an object of %zu bytes at %p is left\n",
		       leak->store->name, obj->size_bytes, obj->start);
	return 0;
}

static void tell_leak(struct kspan_cache *cache)
{
	struct kspan_cache_leak *last = &kspan_last_cache_leak;
	struct leak leak = { .store = &cache->store };
	struct kspan_heap *heap = kspan_store_heap(leak.store);

	mutex_lock(&report_mutex);
	kspan_heap_for_each_object(heap, tell_object, &leak);
	if (leak.nr_objects) {
		pr_err("kspan: BUG: cache %s of heap %s is destroyed with %lu live objects\n",
		       leak.store->name, heap->storage.source.name,
		       leak.nr_objects);
		strscpy(last->cache_name, leak.store->name,
			sizeof(last->cache_name));
		last->nr_objects = leak.nr_objects;
		last->nr_told = min_t(unsigned long, leak.nr_objects, MAX_TOLD);
		last->total++;
	}
	mutex_unlock(&report_mutex);
}

/* Nobody else has it; it has been disowned. */
static void end(struct kspan_cache *cache)
{
	/* What is freed after a grace period is not left. */
	kspan_rcu_barrier(kspan_store_heap(&cache->store));
	kspan_typed_shrink(cache);
	if (!kspan_typed_is_empty(cache))
		tell_leak(cache);
	kspan_typed_leave(cache);
}

/**
 * kspan_cache_destroy() - destroy a typed cache
 * @cache: the cache; NULL is ignored
 *
 * Nobody allocates from it any more. Objects that are left are reported, up to 16 of
 * them one by one, and stay: kspan_free() takes them, and the heap's statistics and
 * walks know them until it ends.
 *
 * Context: Process context; sleeps, for a grace period at least. Takes the locks of
 * kspan_heap_drain(), and typed_mutex.
 */
void kspan_cache_destroy(struct kspan_cache *cache)
{
	if (!cache)
		return;
	if (WARN_ONCE(!kspan_typed_disown(cache),
		      "kspan: a cache is destroyed twice\n"))
		return;
	end(cache);
}
EXPORT_SYMBOL_GPL(kspan_cache_destroy);

/* A cache of the heap that a module leaves behind, which nobody has any more. */
static struct kspan_cache *find_orphan(struct kspan_heap *heap,
				       const struct module *mod)
{
	struct kspan_cache *found = NULL;
	struct kspan_store *store;
	int token;

	token = kspan_stores_enter();
	kspan_for_each_store(store, &heap->storage) {
		struct kspan_cache *cache;

		if (!kspan_store_is_typed(store))
			continue;
		cache = kspan_store_cache(store);
		if (cache->owner != mod || !kspan_typed_disown(cache))
			continue;
		found = cache;
		break;
	}
	kspan_stores_leave(token);
	return found;
}

static void end_orphans(struct kspan_heap *heap, const struct module *mod)
{
	struct kspan_cache *cache;

	while ((cache = find_orphan(heap, mod))) {
		pr_err("kspan: module %s leaves its cache %s in heap %s behind; it is destroyed\n",
		       mod->name, cache->store.name, heap->storage.source.name);
		end(cache);
	}
}

/* A module goes: it should have destroyed its caches. */
static int module_event(struct notifier_block *nb, unsigned long event,
			void *arg)
{
	struct module *mod = arg;
	struct kspan_heap *heap;
	u32 id = 0;

	if (event != MODULE_STATE_GOING || mod == THIS_MODULE)
		return NOTIFY_OK;
	while ((heap = kspan_heap_get_next(&id))) {
		end_orphans(heap, mod);
		kspan_heap_put(heap);
	}
	return NOTIFY_OK;
}

/* After that for heaps: what goes with its heap is not told of alone. */
static struct notifier_block module_notifier = {
	.notifier_call	= module_event,
	.priority	= -1,
};

int kspan_caches_init(void)
{
	return register_module_notifier(&module_notifier);
}

void kspan_caches_exit(void)
{
	unregister_module_notifier(&module_notifier);
}
