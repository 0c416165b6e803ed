/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Storage: all that the objects of one heap lie in. Its page source, the stores
 * of its size classes and of its large objects, its huge objects, its reserve.
 */
#ifndef _KSPAN_STORAGE_H
#define _KSPAN_STORAGE_H

#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/seqlock.h>

#include "base/sizeclass.h"
#include "pages/source.h"
#include "spans/central.h"
#include "spans/entitled.h"
#include "spans/huge.h"
#include "spans/reserve.h"

/**
 * struct kspan_gone - what typed caches have counted that are no more
 * @objects: objects handed out, and freed
 * @refills: see struct kspan_central_counts
 * @flushes: likewise
 */
struct kspan_gone {
	u64	objects;
	u64	refills;
	u64	flushes;
};

/**
 * struct kspan_storage - what a heap's objects lie in
 * @secret: of the freed marks of its slots; first, as the fast path wants it
 * @source: pages
 * @stores: store 0 is for large objects, the others are size classes
 * @typed_mutex: see there
 * @typed: stores of typed caches, by number; see stores.h
 * @gone_lock: guards @gone, and that a cache is on @typed or counted in it
 * @gone: of those that are no more
 * @rows: rows of all size classes
 * @nr_rows: how many
 * @collected: see there; of a heap with KSPAN_HEAP_GC
 * @huge: objects in vmalloc memory
 * @reserve: pages for when the kernel gives none
 * @entitled: objects in the kernel's own reserves
 * @deferred_stacks: idle stacks that had to wait for a context in which they can be
 *	given back
 * @nr_stacks: stacks that are borrowed or wait to be
 * @idle_extra_bytes: what idle stacks have above KSPAN_STACK_BYTES, for their guards
 */
struct kspan_storage {
	u64				secret;
	struct kspan_source		source;
	struct kspan_store		stores[KSPAN_NR_STORES];
	/* One change of @typed at a time. */
	struct mutex			typed_mutex;
	struct list_head		typed;
	seqlock_t			gone_lock;
	struct kspan_gone		gone;
	struct kspan_row		*rows;
	unsigned int			nr_rows;
	struct kspan_collected		collected;
	struct kspan_huge_objects	huge;
	struct kspan_reserve		reserve;
	struct kspan_entitled		entitled;
	struct llist_head		deferred_stacks;
	atomic_t			nr_stacks;
	atomic64_t			idle_extra_bytes;
};

int kspan_storage_init(struct kspan_storage *storage, const char *name,
		       const struct kspan_heap_params *params);
void kspan_store_init(struct kspan_store *store, struct kspan_storage *storage,
		      const struct kspan_sizeclass *sc,
		      struct kspan_central *central);
unsigned int kspan_store_nr_rows(const struct kspan_store *store);
struct kspan_row *kspan_store_set_rows(struct kspan_store *store,
				       struct kspan_row *row);
int kspan_storage_init_rows(struct kspan_storage *storage);
void kspan_storage_delete(struct kspan_storage *storage);
void kspan_storage_drop(struct kspan_storage *storage);

#endif /* _KSPAN_STORAGE_H */
