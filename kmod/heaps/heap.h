/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Heaps.
 *
 * Lock order, outermost first. No lock is held while memory is taken from or
 * given to the kernel, but for the mutexes.
 *
 *   names_mutex		creation and destruction of heaps, their debugfs
 *   memory hotplug	the kernel's lock, and that of CPUs, around offline.c
 *   heaps_mutex		the list of heaps
 *   reserve->mutex		the size of a heap's reserve
 *   drain_mutex		one drain at a time (drain.c); CPU hotplug is inside
 *   reserve->lock		what of a heap's reserve is lent
 *   central->lock		spans of one store and node
 *   pageheap->lock		free pages of one heap and node
 *   map_lock			which pages are whose (arena.c)
 *   account->lock		bytes taken and limit
 *   peak->lock			the most of them so far
 *   depot->lock		arrays on no CPU; raw, innermost, also inside the
 *				operation of a magazine
 *
 * A CPU's cache has no lock: see cpucache.h.
 */
#ifndef _KSPAN_HEAP_H
#define _KSPAN_HEAP_H

#include <linux/completion.h>
#include <linux/kspan.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>

#include "pages/account.h"
#include "spans/central.h"
#include "base/compat.h"
#include "caches/cpucache.h"
#include "base/goal.h"
#include "pages/node.h"
#include "pages/pageheap.h"
#include "watch/peak.h"
#include "spans/reserve.h"

/**
 * struct kspan_node_heap - a heap's pages on one NUMA node
 * @pages: the page heap
 * @heap: whose
 * @nid: which node
 * @goal: how many pages are worth keeping; the scavenger's
 * @free_before: scratch of the scavenger
 * @growing: bit 0 is set while somebody takes a large block
 * @grow_work: takes a large block on behalf of callers that cannot
 */
struct kspan_node_heap {
	struct kspan_pageheap	pages;
	struct kspan_heap	*heap;
	int			nid;
	struct kspan_goal	goal;
	unsigned long		free_before;
	unsigned long		growing;
	struct work_struct	grow_work;
};

/**
 * struct kspan_heap - a heap
 * @cpu: per CPU: the caches of all stores; first, as the fast path wants it
 * @stores: store 0 is for large objects, the others are size classes
 * @nodes: for each possible NUMA node
 * @account: bytes taken, and the limits
 * @peak: the most that was held, and live
 * @reserve: pages for when the kernel gives none
 * @shrinker: tells of memory pressure
 * @idle: what the scavenger has seen of the caches
 * @ticked: jiffies of the scavenger's last tick
 * @limited: jiffies at which caches were drained for a limit
 * @squeeze: the scavenger is to drain the caches
 * @squeeze_asked: jiffies at which somebody has asked for that
 * @bad_frees: frees that were refused
 * @huge_objects: live objects in vmalloc memory
 * @huge_bytes: their bytes
 * @huge_allocs: those ever allocated
 * @huge_frees: those ever freed
 * @rows: rows of all stores
 * @nr_rows: how many
 * @large_rows: the two rows of large objects: first page, and the others
 * @link: in the list of heaps
 * @refs: one of the creator, one of everybody who found the heap by name
 * @unused: completed when the last reference has gone
 * @dentry: its directory in debugfs
 * @id: never used twice
 * @flags: KSPAN_HEAP_*
 * @nid: the node of KSPAN_HEAP_NODE, else NUMA_NO_NODE
 * @memcg: the cgroup to charge, of KSPAN_HEAP_ACCOUNT, else NULL
 * @owner_kind: enum kspan_heap_owner
 * @owner: module that made it
 * @owner_name: module's or task's name
 * @name: unique among heaps
 */
struct kspan_heap {
	struct kspan_cpu __percpu *cpu;
	struct kspan_store	stores[KSPAN_NR_STORES];
	struct kspan_node_heap	*nodes;
	struct kspan_account	account;
	struct kspan_peak	peak;
	struct kspan_reserve	reserve;
	struct shrinker		*shrinker;
	struct kspan_idle	*idle;
	unsigned long		ticked;
	unsigned long		limited;
	bool			squeeze;
	unsigned long		squeeze_asked;
	atomic64_t		bad_frees;
	atomic64_t		huge_objects;
	atomic64_t		huge_bytes;
	atomic64_t		huge_allocs;
	atomic64_t		huge_frees;
	struct kspan_row	*rows;
	unsigned int		nr_rows;
	struct kspan_row	large_rows[2];
	struct list_head	link;
	refcount_t		refs;
	struct completion	unused;
	struct dentry		*dentry;
	u32			id;
	unsigned int		flags;
	int			nid;
	struct mem_cgroup	*memcg;
	unsigned int		owner_kind;
	struct module		*owner;
	char			owner_name[64];
	char			name[KSPAN_NAME_BYTES];
};

extern struct workqueue_struct *kspan_wq;

int kspan_heaps_init(void);
void kspan_heaps_exit(void);
struct kspan_heap *kspan_heap_create_as(const char *name,
					const struct kspan_heap_params *params,
					unsigned int owner_kind,
					struct module *owner,
					const char *owner_name);
int kspan_heap_set_limits(struct kspan_heap *heap,
			  const struct kspan_limits *limits,
			  struct kspan_limits *before);
int kspan_heap_destroy_user(const char *name);
void kspan_heap_set_gone_hook(void (*hook)(struct kspan_heap *heap));
int kspan_heap_for_each(int (*fn)(struct kspan_heap *heap, void *arg),
			void *arg);
struct kspan_heap *kspan_heap_of_id(u32 id);
struct kspan_heap *kspan_heap_next_id(u32 *id);

/* The node whose memory an allocation on this CPU takes. */
static inline int kspan_heap_local_node(const struct kspan_heap *heap)
{
	return heap->nid != NUMA_NO_NODE ? heap->nid
					 : kspan_nearest_node(numa_mem_id());
}

#endif /* _KSPAN_HEAP_H */
