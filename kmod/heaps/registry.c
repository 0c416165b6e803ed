// SPDX-License-Identifier: GPL-2.0
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "base/fault.h"
#include "base/news.h"
#include "heaps/heap.h"
#include "heaps/registry.h"

/*
 * Keeps a name and its directory together while heaps come and go. Apart from
 * heaps_mutex, as removing a directory waits for its readers, who may wait for
 * CPU hotplug, which looks at all heaps.
 */
static DEFINE_MUTEX(names_mutex);

/* Guards the list of heaps. */
static DEFINE_MUTEX(heaps_mutex);
static LIST_HEAD(heaps);

/* By id; looked up under RCU. */
static DEFINE_XARRAY_ALLOC1(heap_ids);
static u32 next_heap_id;

static struct kspan_heap *default_heap;

/* By the holder of either mutex. */
static struct kspan_heap *find_locked(const char *name)
{
	struct kspan_heap *heap;

	list_for_each_entry(heap, &heaps, link) {
		if (!strcmp(heap->storage.source.name, name))
			return heap;
	}
	return NULL;
}

/**
 * kspan_registry_add() - let a heap be found
 * @heap: the heap, which gets its id
 *
 * Return: 0; -EEXIST if its name is taken; -ENOMEM.
 */
int kspan_registry_add(struct kspan_heap *heap)
{
	struct kspan_source *source = &heap->storage.source;
	int err;

	mutex_lock(&names_mutex);
	err = -EEXIST;
	if (find_locked(source->name))
		goto unlock;
	err = -ENOMEM;
	if (kspan_fault(KSPAN_FAULT_HEAP_ID, GFP_KERNEL))
		goto unlock;
	err = xa_alloc_cyclic(&heap_ids, &source->id, heap, xa_limit_31b,
			      &next_heap_id, GFP_KERNEL);
	if (err < 0)
		goto unlock;
	err = 0;
	kspan_news.heap_made(heap);
	mutex_lock(&heaps_mutex);
	list_add_tail(&heap->link, &heaps);
	mutex_unlock(&heaps_mutex);
unlock:
	mutex_unlock(&names_mutex);
	return err;
}

/* From now on the heap is not found, and its name is free. */
static void hide_locked(struct kspan_heap *heap)
{
	lockdep_assert_held(&names_mutex);
	kspan_news.heap_hidden(heap);
	mutex_lock(&heaps_mutex);
	list_del_init(&heap->link);
	mutex_unlock(&heaps_mutex);
}

/**
 * kspan_registry_hide() - let a heap be found no more
 * @heap: the heap
 *
 * Its id is known to reports until kspan_registry_forget().
 */
void kspan_registry_hide(struct kspan_heap *heap)
{
	mutex_lock(&names_mutex);
	hide_locked(heap);
	mutex_unlock(&names_mutex);
}

/**
 * kspan_registry_take() - hide the first heap that is wanted
 * @wanted: called with each heap until it gives another value than 0: that, if
 *	it is negative, is an error
 * @arg: its second argument
 *
 * Return: the heap, hidden; NULL if none was wanted; or ERR_PTR.
 */
struct kspan_heap *kspan_registry_take(int (*wanted)(struct kspan_heap *heap,
						     void *arg), void *arg)
{
	struct kspan_heap *heap;
	int answer = 0;

	mutex_lock(&names_mutex);
	list_for_each_entry(heap, &heaps, link) {
		answer = wanted(heap, arg);
		if (answer)
			break;
	}
	if (answer > 0)
		hide_locked(heap);
	mutex_unlock(&names_mutex);
	if (answer < 0)
		return ERR_PTR(answer);
	return answer ? heap : NULL;
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
 * Context: Process context; sleeps.
 * Return: the heap, or NULL.
 */
struct kspan_heap *kspan_heap_find(const char *name)
{
	struct kspan_heap *heap;

	mutex_lock(&heaps_mutex);
	heap = find_locked(name);
	if (heap)
		refcount_inc(&heap->refs);
	mutex_unlock(&heaps_mutex);
	return heap;
}
EXPORT_SYMBOL_GPL(kspan_heap_find);

/**
 * kspan_heap_put() - let go of a heap that kspan_heap_find() gave
 * @heap: the heap, or NULL
 *
 * Context: Any.
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
 * kspan_heap_for_each() - do something with every heap
 * @fn: called with each heap, which stays meanwhile; may sleep
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

	while (!ret) {
		struct kspan_heap *next = NULL;

		mutex_lock(&heaps_mutex);
		/* Ids grow, so the list is in their order. */
		list_for_each_entry(heap, &heaps, link) {
			if (heap->storage.source.id > id) {
				next = heap;
				refcount_inc(&next->refs);
				break;
			}
		}
		mutex_unlock(&heaps_mutex);
		if (!next)
			break;
		id = next->storage.source.id;
		ret = fn(next, arg);
		kspan_heap_put(next);
	}
	return ret;
}
