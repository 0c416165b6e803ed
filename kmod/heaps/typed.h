/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Typed caches: a store of a heap for objects of one kind, of exactly their size.
 *
 * It has all that a size class has, but magazines, rows and central lists of its
 * own, and a name. Who destroys one that still has objects leaves the store behind,
 * which stays among the heap's until the heap ends, or until it has nothing any more
 * and another cache comes or goes.
 */
#ifndef _KSPAN_TYPED_H
#define _KSPAN_TYPED_H

#include "base/sizeclass.h"
#include "heaps/heap.h"

/**
 * struct kspan_cache - a typed cache
 * @plain: magazines of the fast path; the store's, or some that are always busy if
 *	that may not write to free slots
 * @secret: of the marks; with @plain, as the fast path wants it
 * @store: its store
 * @sc: layout of the store's spans
 * @size_bytes: what an object has
 * @flags: KSPAN_CACHE_*
 * @user_offset: where the part begins that may be copied to and from user space
 * @user_bytes: how long that is; 0 is all
 * @owner: the module that made it
 *
 * Constant once it can be found, but for what is the store's.
 */
struct kspan_cache {
	struct kspan_mag __percpu	*plain;
	u64				secret;
	struct kspan_store		store;
	struct kspan_sizeclass		sc;
	size_t				size_bytes;
	unsigned int			flags;
	size_t				user_offset;
	size_t				user_bytes;
	struct module			*owner;
};

/**
 * struct kspan_typed_spec - how a typed cache is to be
 * @name: its name
 * @size_bytes: what an object has
 * @align_bytes: a power of two, or 0
 * @flags: KSPAN_CACHE_*
 * @user_offset: see struct kspan_cache
 * @user_bytes: likewise
 * @ctor: makes a slot what its users expect, or NULL
 * @owner: the module that makes it
 */
struct kspan_typed_spec {
	const char	*name;
	size_t		size_bytes;
	size_t		align_bytes;
	unsigned int	flags;
	size_t		user_offset;
	size_t		user_bytes;
	void		(*ctor)(void *slot);
	struct module	*owner;
};

static inline struct kspan_cache *kspan_store_cache(struct kspan_store *store)
{
	return container_of(store, struct kspan_cache, store);
}

struct kspan_cache *kspan_typed_new(struct kspan_heap *heap,
				    const struct kspan_typed_spec *spec);
bool kspan_typed_disown(struct kspan_cache *cache);
bool kspan_typed_is_empty(struct kspan_cache *cache);
void kspan_typed_leave(struct kspan_cache *cache);
void kspan_typed_shrink(struct kspan_cache *cache);
void kspan_typed_reap(struct kspan_heap *heap);
void kspan_typed_delete_all(struct kspan_heap *heap);

#endif /* _KSPAN_TYPED_H */
