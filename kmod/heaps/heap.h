/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Heaps.
 *
 * Lock order, outermost first. No lock is held while memory is taken from or
 * given to the kernel, but for the mutexes. None is held, nor a reference to a
 * heap, while user memory is touched: that may wait for its owner for ever.
 *
 *   resize_mutex	a change of the limits with that of the reserve
 *   memory hotplug	the kernel's lock, and that of CPUs, around offline.c
 *   reserve->mutex		the size of a heap's reserve
 *   heaps_mutex		names, and which heaps may be found
 *   collect_mutex	lists of frees that wait for a grace period (rcu.c)
 *   typed_mutex		typed caches of one heap: which there are
 *   reserve->lock		what of a heap's reserve is lent
 *   heap->ranges_lock	where pointers to a heap's objects lie
 *   central->lock		spans of one store and node
 *   pageheap->lock		free pages of one heap and node
 *   map_lock			which pages are whose (arena.c)
 *   account->lock		bytes taken and limit
 *   peak->lock			the most of them so far
 *   shelf->lock		arrays that a CPU has at hand; raw, also inside the
 *				operation of a magazine
 *   depot->lock		arrays on no CPU; raw, innermost
 *
 * A CPU's cache has no lock: see magazine.h.
 */
#ifndef _KSPAN_HEAP_H
#define _KSPAN_HEAP_H

#include <linux/completion.h>
#include <linux/kspan.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>

#include "caches/magazine.h"
#include "giveback/giver.h"
#include "spans/storage.h"

struct kspan_gc;

/**
 * struct kspan_heap - a heap
 * @cpu: per CPU: the magazines of all stores; first, as the fast path wants it
 * @storage: what its objects lie in; next, likewise
 * @gc: its collector, or NULL
 * @giver: what makes it give memory back
 * @bad_frees: frees that were refused
 * @rcu_vain: jiffies at which frees that were hurried brought an allocation nothing
 * @member_frees: frees of memory in stacks and regions
 * @stack_overflows: pushes for which a stack had no room
 * @name_link: among the names that are taken
 * @refs: one of the creator, one of everybody who found the heap by name
 * @unused: completed when the last reference has gone
 * @resize_mutex: see there
 * @dentry: its directory in debugfs
 * @owner_kind: enum kspan_heap_owner
 * @owner: module that made it
 * @orphan: @owner has gone without it; what is live in it is told
 * @owner_name: module's or task's name
 * @ranges_lock: guards @ranges
 * @ranges: where pointers to its objects lie, see ranges.h
 */
struct kspan_heap {
	struct kspan_cpu __percpu *cpu;
	struct kspan_storage	storage;
	struct kspan_gc		*gc;
	struct kspan_giver	giver;
	atomic64_t		bad_frees;
	unsigned long		rcu_vain;
	atomic64_t		member_frees;
	atomic64_t		stack_overflows;
	struct hlist_node	name_link;
	refcount_t		refs;
	struct completion	unused;
	/* One change of the reserve, and of limits with it, at a time. */
	struct mutex		resize_mutex;
	struct dentry		*dentry;
	unsigned int		owner_kind;
	struct module		*owner;
	bool			orphan;
	char			owner_name[64];
	/* See above. */
	spinlock_t		ranges_lock;
	struct rb_root		ranges;
};

static inline struct kspan_heap *
kspan_source_heap(const struct kspan_source *source)
{
	return container_of(source, struct kspan_heap, storage.source);
}

static inline struct kspan_heap *kspan_store_heap(const struct kspan_store *store)
{
	return kspan_source_heap(store->source);
}

static inline struct kspan_heap *kspan_span_heap(const struct kspan_span *span)
{
	return kspan_store_heap(kspan_span_store(span));
}

#endif /* _KSPAN_HEAP_H */
