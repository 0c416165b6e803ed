// SPDX-License-Identifier: GPL-2.0
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/rculist.h>
#include <linux/string.h>

#include "base/compat.h"
#include "spans/stores.h"

/* Of walks; see stores.h. */
DEFINE_SRCU(kspan_stores_srcu);

static const char *join_words(char *s)
{
	char *c;

	for (c = s; *c; c++) {
		if (isspace(*c))
			*c = '_';
	}
	return s;
}

/**
 * kspan_store_label() - what files call a store
 * @store: the store
 * @label: KSPAN_LABEL_BYTES
 *
 * Return: @label: a size class's number, a typed cache's name as one word.
 */
const char *kspan_store_label(const struct kspan_store *store, char *label)
{
	if (!store->name) {
		snprintf(label, KSPAN_LABEL_BYTES, "%u", store->class);
		return label;
	}
	strscpy(label, store->name, KSPAN_LABEL_BYTES);
	return join_words(label);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_store_label);

/**
 * kspan_stores_next() - the next store of a walk
 * @storage: whose
 * @store: where the walk is
 *
 * Return: the store behind it, or NULL.
 */
struct kspan_store *kspan_stores_next(struct kspan_storage *storage,
				      struct kspan_store *store)
{
	struct list_head *next;

	if (store->class < KSPAN_NR_STORES - 1)
		return store + 1;
	next = kspan_store_is_typed(store) ? &store->link : &storage->typed;
	next = srcu_dereference_check(list_next_rcu(next), &kspan_stores_srcu,
				      lockdep_is_held(&storage->typed_mutex));
	return next == &storage->typed ? NULL :
	       list_entry(next, struct kspan_store, link);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_stores_next);

/**
 * kspan_stores_find() - a store by its number
 * @storage: whose
 * @class: the number
 *
 * Context: In a walk.
 * Return: the store, or NULL.
 */
struct kspan_store *kspan_stores_find(struct kspan_storage *storage,
				      unsigned int class)
{
	struct kspan_store *store = &storage->stores[KSPAN_NR_STORES - 1];

	if (class < KSPAN_NR_STORES)
		return &storage->stores[class];
	while ((store = kspan_stores_next(storage, store))) {
		if (store->class == class)
			return store;
	}
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_stores_find);

/**
 * kspan_stores_end() - one more than the largest number
 * @storage: whose
 *
 * For who wants room for all there are. A store that comes later may have a larger
 * one.
 */
unsigned int kspan_stores_end(struct kspan_storage *storage)
{
	struct kspan_store *store;
	unsigned int end = 0;
	int token;

	token = kspan_stores_enter();
	kspan_for_each_store(store, storage)
		end = store->class + 1;
	kspan_stores_leave(token);
	return end;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_stores_end);

/* Whether another one that still is its owner's has the name. */
static bool name_taken(struct kspan_storage *storage, const char *name)
{
	struct kspan_store *store;

	list_for_each_entry(store, &storage->typed, link) {
		if (!store->dead && !strcmp(store->name, name))
			return true;
	}
	return false;
}

/**
 * kspan_stores_add() - a typed cache has come
 * @storage: whose
 * @store: its store, complete but for its number; has a name
 *
 * It gets the lowest number that is free, and its place by it.
 *
 * Context: Process context; takes typed_mutex.
 * Return: 0, -EEXIST if the name is taken, -ENOSPC if all numbers are.
 */
int kspan_stores_add(struct kspan_storage *storage, struct kspan_store *store)
{
	struct list_head *before = &storage->typed;
	unsigned int class = KSPAN_NR_STORES;
	struct kspan_store *other;
	int err = 0;

	mutex_lock(&storage->typed_mutex);
	list_for_each_entry(other, &storage->typed, link) {
		if (other->class != class)
			break;
		before = &other->link;
		class++;
	}
	if (name_taken(storage, store->name))
		err = -EEXIST;
	else if (class == KSPAN_MAX_STORES)
		err = -ENOSPC;
	if (!err) {
		store->class = class;
		list_add_rcu(&store->link, before);
	}
	mutex_unlock(&storage->typed_mutex);
	return err;
}

/**
 * kspan_stores_remove() - a typed cache goes, in which there is nothing any more
 * @storage: whose
 * @store: its store; may be freed after kspan_stores_synchronize()
 * @gone: what it has counted, which the heap has counted for ever
 *
 * Context: Process context; typed_mutex is held.
 */
void kspan_stores_remove(struct kspan_storage *storage,
			 struct kspan_store *store,
			 const struct kspan_gone *gone)
{
	unsigned long flags;

	lockdep_assert_held(&storage->typed_mutex);
	write_seqlock_irqsave(&storage->gone_lock, flags);
	storage->gone.objects += gone->objects;
	storage->gone.refills += gone->refills;
	storage->gone.flushes += gone->flushes;
	list_del_rcu(&store->link);
	write_sequnlock_irqrestore(&storage->gone_lock, flags);
}

/* What @trim has given back, of all stores and nodes. */
static size_t trim_all(struct kspan_storage *storage,
		       size_t (*trim)(struct kspan_store *store, int nid))
{
	struct kspan_store *store;
	size_t bytes = 0;
	int token;
	int nid;

	token = kspan_stores_enter();
	kspan_for_each_store(store, storage) {
		for (nid = 0; nid < nr_node_ids; nid++)
			bytes += trim(store, nid);
	}
	kspan_stores_leave(token);
	return bytes;
}

/**
 * kspan_stores_trim() - give empty spans back to the page heaps
 * @storage: the storage
 *
 * Context: Process context; may sleep.
 * Return: their bytes.
 */
size_t kspan_stores_trim(struct kspan_storage *storage)
{
	return trim_all(storage, kspan_central_trim);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_stores_trim);

/* Likewise in any context but NMI; takes its time. */
size_t kspan_stores_trim_atomic(struct kspan_storage *storage)
{
	return trim_all(storage, kspan_central_trim_atomic);
}
