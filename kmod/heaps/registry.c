// SPDX-License-Identifier: GPL-2.0
#include <linux/hashtable.h>
#include <linux/jhash.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "base/compat.h"
#include "base/fault.h"
#include "heaps/heap.h"
#include "heaps/registry.h"

enum {
	/* With 10 000 heaps, 10 in a bucket. */
	NAME_BITS = 10,
};

/* In heap_ids: the heap may be found. The mark before is the xarray's own. */
#define PUBLISHED	XA_MARK_1

/* Guards the names, and which heaps are published; innermost of all mutexes. */
static DEFINE_MUTEX(heaps_mutex);

/* By name, also those that are not published. */
static DEFINE_HASHTABLE(heap_names, NAME_BITS);

/* By id; looked up under RCU. */
static DEFINE_XARRAY_ALLOC1(heap_ids);
static u32 next_heap_id;

static struct kspan_heap *default_heap;

static u32 hash_of(const char *name)
{
	return jhash(name, strlen(name), 0);
}

/* By the holder of the mutex. */
static struct kspan_heap *find_locked(const char *name)
{
	struct kspan_heap *heap;

	hash_for_each_possible(heap_names, heap, name_link, hash_of(name)) {
		if (!strcmp(heap->storage.source.name, name))
			return heap;
	}
	return NULL;
}

static bool is_published(const struct kspan_heap *heap)
{
	return xa_get_mark(&heap_ids, heap->storage.source.id, PUBLISHED);
}

/* Whoever finds the heap by its name, and has the mutex, sees its id. */
static int take_name(struct kspan_heap *heap, u32 id)
{
	const char *name = heap->storage.source.name;
	int err = -EEXIST;

	mutex_lock(&heaps_mutex);
	if (!find_locked(name)) {
		heap->storage.source.id = id;
		hash_add(heap_names, &heap->name_link, hash_of(name));
		err = 0;
	}
	mutex_unlock(&heaps_mutex);
	return err;
}

/**
 * kspan_registry_add() - give a heap its id, and take its name for it
 * @heap: the heap
 *
 * Reports find the heap by its id from now on. Nobody else finds it before
 * kspan_registry_publish().
 *
 * Return: 0; -EEXIST if the name is taken; -ENOMEM.
 */
int kspan_registry_add(struct kspan_heap *heap)
{
	int err = -ENOMEM;
	u32 id;

	/* An id that is nobody's so far. */
	if (!kspan_fault(KSPAN_FAULT_HEAP_ID, GFP_KERNEL))
		err = xa_alloc_cyclic(&heap_ids, &id, NULL, xa_limit_31b,
				      &next_heap_id, GFP_KERNEL);
	if (err < 0)
		return err;
	err = take_name(heap, id);
	if (err) {
		xa_release(&heap_ids, id);
		return err;
	}
	/* Its place is there: no memory is needed. */
	WARN_ON_ONCE(xa_err(xa_store(&heap_ids, id, heap, GFP_KERNEL)));
	return 0;
}

/**
 * kspan_registry_publish() - let a heap be found
 * @heap: the heap, complete
 *
 * Whoever has no reference, and does not know that nobody else may destroy the
 * heap, does not touch it any more.
 */
void kspan_registry_publish(struct kspan_heap *heap)
{
	mutex_lock(&heaps_mutex);
	xa_set_mark(&heap_ids, heap->storage.source.id, PUBLISHED);
	mutex_unlock(&heaps_mutex);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_registry_publish);

/**
 * kspan_registry_hide() - let a heap be found no more
 * @heap: the heap
 *
 * Its name stays taken until kspan_registry_free_name(), and reports know its
 * id until kspan_registry_forget().
 *
 * Return: whether it could be found. Of several callers only one is told so, and
 * that one is to destroy the heap.
 */
bool kspan_registry_hide(struct kspan_heap *heap)
{
	bool found;

	mutex_lock(&heaps_mutex);
	found = is_published(heap);
	xa_clear_mark(&heap_ids, heap->storage.source.id, PUBLISHED);
	mutex_unlock(&heaps_mutex);
	return found;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_registry_hide);

/* Whether a heap, of which the caller has a reference, is not to go so far. */
bool kspan_heap_stays(const struct kspan_heap *heap)
{
	return is_published(heap);
}

/* Another heap may have the name; what was made under it has gone. */
void kspan_registry_free_name(struct kspan_heap *heap)
{
	mutex_lock(&heaps_mutex);
	hash_del(&heap->name_link);
	mutex_unlock(&heaps_mutex);
}

/* No lookup by id gives the heap from now on. */
void kspan_registry_forget(struct kspan_heap *heap)
{
	xa_erase(&heap_ids, heap->storage.source.id);
}

/* Set once, when the module is loaded, and to NULL when it goes. */
void kspan_registry_set_default(struct kspan_heap *heap)
{
	default_heap = heap;
}

/**
 * kspan_default_heap() - the heap that exists as long as the module is loaded
 *
 * Context: Any. Takes no lock.
 * Return: the heap.
 */
struct kspan_heap *kspan_default_heap(void)
{
	return default_heap;
}
EXPORT_SYMBOL_GPL(kspan_default_heap);

/**
 * kspan_heap_find() - find a heap by its name
 * @name: the name
 *
 * The heap stays until kspan_heap_put(): whoever destroys it waits.
 *
 * Context: Process context; sleeps. Takes heaps_mutex.
 * Return: the heap, or NULL.
 */
struct kspan_heap *kspan_heap_find(const char *name)
{
	struct kspan_heap *heap;

	mutex_lock(&heaps_mutex);
	heap = find_locked(name);
	if (heap && is_published(heap))
		refcount_inc(&heap->refs);
	else
		heap = NULL;
	mutex_unlock(&heaps_mutex);
	return heap;
}
EXPORT_SYMBOL_GPL(kspan_heap_find);

/**
 * kspan_heap_put() - let go of a heap that kspan_heap_find() gave
 * @heap: the heap, or NULL
 *
 * Context: Any. Takes no lock of kspan's.
 */
void kspan_heap_put(struct kspan_heap *heap)
{
	if (heap && refcount_dec_and_test(&heap->refs))
		complete(&heap->unused);
}
EXPORT_SYMBOL_GPL(kspan_heap_put);

/**
 * kspan_heap_name() - a heap's name
 * @heap: the heap
 *
 * Context: Any. Takes no lock.
 * Return: the name, which lives as long as the heap.
 */
const char *kspan_heap_name(const struct kspan_heap *heap)
{
	return heap->storage.source.name;
}
EXPORT_SYMBOL_GPL(kspan_heap_name);

/* The heap with an id, by a caller under RCU; NULL if it is no more. */
struct kspan_heap *kspan_heap_of_id(u32 id)
{
	return xa_load(&heap_ids, id);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_heap_of_id);

/* The heap with the lowest id above @id, which moves there; likewise. */
struct kspan_heap *kspan_heap_next_id(u32 *id)
{
	unsigned long index = *id;
	struct kspan_heap *heap = xa_find_after(&heap_ids, &index, ULONG_MAX,
						XA_PRESENT);

	*id = index;
	return heap;
}

/**
 * kspan_heap_get_next() - the published heap with the lowest id above another
 * @id: that id, 0 at first; moves to that of the heap
 *
 * Nothing is held between two calls but what the caller holds, so heaps may come
 * and go meanwhile; those that stay are found once.
 *
 * Return: the heap, for kspan_heap_put(); NULL if there is none.
 */
struct kspan_heap *kspan_heap_get_next(u32 *id)
{
	unsigned long index = *id;
	struct kspan_heap *heap;

	rcu_read_lock();
	do {
		heap = xa_find_after(&heap_ids, &index, ULONG_MAX, PUBLISHED);
		/* One whose last reference has gone is being taken apart. */
	} while (heap && !refcount_inc_not_zero(&heap->refs));
	rcu_read_unlock();
	*id = index;
	return heap;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_heap_get_next);

/* The published heap with an id, for kspan_heap_put(); or NULL. */
struct kspan_heap *kspan_heap_get_id(u32 id)
{
	struct kspan_heap *heap;
	u32 found = id - 1;

	heap = kspan_heap_get_next(&found);
	if (heap && found != id) {
		kspan_heap_put(heap);
		heap = NULL;
	}
	return heap;
}

/**
 * kspan_heap_for_each() - do something with every heap
 * @fn: called with each heap, which stays meanwhile; may sleep, but does not
 *	wait for user space, as whoever destroys the heap waits for @fn
 * @arg: its second argument
 *
 * Return: the first non-zero value that @fn gave, which ends the walk; or 0.
 */
int kspan_heap_for_each(int (*fn)(struct kspan_heap *heap, void *arg),
			void *arg)
{
	struct kspan_heap *heap;
	u32 id = 0;
	int ret = 0;

	while (!ret && (heap = kspan_heap_get_next(&id))) {
		ret = fn(heap, arg);
		kspan_heap_put(heap);
	}
	return ret;
}
