/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stores: all that a heap has, size classes and typed caches alike.
 *
 * The size classes are there as long as the heap. Typed caches come and go while
 * others walk, who may sleep meanwhile: so a walk is a reader of its own kind of
 * RCU, and a cache that is taken off the list is freed when no walk can see it.
 *
 *	token = kspan_stores_enter();
 *	kspan_for_each_store(store, storage)
 *		...
 *	kspan_stores_leave(token);
 *
 * Context of a walk: any but NMI.
 */
#ifndef _KSPAN_STORES_H
#define _KSPAN_STORES_H

#include <linux/srcu.h>

#include "spans/storage.h"

extern struct srcu_struct kspan_stores_srcu;

static inline int kspan_stores_enter(void)
{
	return srcu_read_lock(&kspan_stores_srcu);
}

static inline void kspan_stores_leave(int token)
{
	srcu_read_unlock(&kspan_stores_srcu, token);
}

/* Nobody sees any more what was taken off a list. Process context; sleeps. */
static inline void kspan_stores_synchronize(void)
{
	synchronize_srcu(&kspan_stores_srcu);
}

static inline bool kspan_store_is_typed(const struct kspan_store *store)
{
	return store->class >= KSPAN_NR_STORES;
}

enum {
	/* Room for a label, as far as files show it. */
	KSPAN_LABEL_BYTES	= 64,
};

const char *kspan_store_label(const struct kspan_store *store, char *label);
struct kspan_store *kspan_stores_next(struct kspan_storage *storage,
				      struct kspan_store *store);
struct kspan_store *kspan_stores_find(struct kspan_storage *storage,
				      unsigned int class);
unsigned int kspan_stores_end(struct kspan_storage *storage);
int kspan_stores_add(struct kspan_storage *storage, struct kspan_store *store);
size_t kspan_stores_trim(struct kspan_storage *storage);
size_t kspan_stores_trim_atomic(struct kspan_storage *storage);
void kspan_stores_remove(struct kspan_storage *storage,
			 struct kspan_store *store,
			 const struct kspan_gone *gone);

/* Size classes by number, then typed caches by theirs. */
#define kspan_for_each_store(store, storage)				\
	for ((store) = &(storage)->stores[1]; (store);			\
	     (store) = kspan_stores_next(storage, store))

/* Likewise, and large objects first. */
#define kspan_for_each_store_and_large(store, storage)			\
	for ((store) = &(storage)->stores[KSPAN_LARGE_CLASS]; (store);	\
	     (store) = kspan_stores_next(storage, store))

#endif /* _KSPAN_STORES_H */
