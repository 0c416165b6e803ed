// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "base/fault.h"
#include "base/trace.h"
#include "base/work.h"
#include "base/zero.h"
#include "pages/memcg.h"
#include "spans/huge.h"

/**
 * struct huge - an object in vmalloc memory
 * @objects: among which it is counted
 * @start: the object, at a page's start
 * @area: the vmalloc area it lies in
 * @size_bytes: the object's pages
 * @area_bytes: the area's pages
 * @link: in dead_huge
 * @rcu: frees the descriptor
 */
struct huge {
	struct kspan_huge_objects	*objects;
	void				*start;
	void				*area;
	size_t				size_bytes;
	size_t				area_bytes;
	struct llist_node		link;
	struct rcu_head			rcu;
};

/* By the page number of their start. Looked up under RCU. */
static DEFINE_XARRAY_FLAGS(huge_objects, XA_FLAGS_LOCK_IRQ);

/* Freed, but vfree() may have to sleep. */
static LLIST_HEAD(dead_huge);
static void free_dead_huge(struct work_struct *work);
static DECLARE_WORK(dead_huge_work, free_dead_huge);

static void count_huge(struct huge *huge, int sign)
{
	struct kspan_huge_objects *objects = huge->objects;

	if (sign > 0)
		atomic64_inc(&objects->allocs);
	else
		atomic64_inc(&objects->frees);
	atomic64_add(sign * (s64)huge->size_bytes, &objects->bytes);
	atomic64_add(sign, &objects->live);
}

static void *huge_area(size_t area_bytes, int nid, gfp_t gfp)
{
	if (kspan_fault(KSPAN_FAULT_HUGE_AREA, gfp))
		return NULL;
	/* Below this kvmalloc_node() might answer with contiguous pages. */
	if (area_bytes <= KSPAN_MAX_CONTIG_BYTES)
		return __vmalloc(area_bytes, kspan_gfp_vmalloc(gfp, true));
	return kvmalloc_node(area_bytes, kspan_gfp_vmalloc(gfp, false), nid);
}

static unsigned long huge_index(const void *start)
{
	return (unsigned long)start >> PAGE_SHIFT;
}

/**
 * kspan_huge_alloc() - an object in vmalloc memory
 * @objects: among which it is counted
 * @size_bytes: how large
 * @align_bytes: a power of two up to 4 MB
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: as for vmalloc(); without __GFP_DIRECT_RECLAIM there is none
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: Process context that may sleep, else NULL.
 * Return: the object, zeroed as for kspan_large_alloc(); or NULL.
 */
void *kspan_huge_alloc(struct kspan_huge_objects *objects, size_t size_bytes,
		       size_t align_bytes, int nid, gfp_t gfp, bool *limited)
{
	struct kspan_source *source = objects->source;
	size_t slack = align_bytes > PAGE_SIZE ? align_bytes - PAGE_SIZE : 0;
	struct mem_cgroup *before;
	struct huge *huge;
	size_t area_bytes;
	bool zero;

	if (!gfpflags_allow_blocking(gfp)) {
		WARN_ON_ONCE(gfp & __GFP_NOFAIL);
		return NULL;
	}
	if (size_bytes > INT_MAX - slack ||
	    size_bytes >> PAGE_SHIFT > totalram_pages())
		return NULL;
	gfp = kspan_source_gfp(source, gfp, 0);
	area_bytes = PAGE_ALIGN(size_bytes) + slack;
	/* See huge_area(): small areas come from any node. */
	if (gfp & __GFP_THISNODE && !(gfp & __GFP_NOFAIL) &&
	    area_bytes <= KSPAN_MAX_CONTIG_BYTES && nr_online_nodes > 1)
		return NULL;
	if (kspan_fault(KSPAN_FAULT_HUGE, gfp))
		return NULL;
	/* Unless the kernel zeroes all memory, in one go. */
	zero = gfp & __GFP_ZERO && !want_init_on_alloc(gfp & ~__GFP_ZERO);
	huge = kzalloc(sizeof(*huge), kspan_gfp_metadata(gfp));
	if (!huge)
		return NULL;
	if (!kspan_account_reserve(&source->account, area_bytes,
				   gfp & __GFP_NOFAIL)) {
		*limited = true;
		goto free_huge;
	}
	before = kspan_memcg_begin(source);
	huge->area = huge_area(area_bytes, nid, gfp);
	kspan_memcg_end(source, before);
	if (!huge->area)
		goto unreserve;
	/* The object in it is told of, as any other is. */
	kmemleak_free(huge->area);
	huge->objects = objects;
	huge->area_bytes = area_bytes;
	huge->size_bytes = PAGE_ALIGN(size_bytes);
	huge->start = PTR_ALIGN(huge->area, max(align_bytes, PAGE_SIZE));
	if (kspan_fault(KSPAN_FAULT_HUGE_INDEX, gfp) ||
	    xa_reserve_irq(&huge_objects, huge_index(huge->start),
			   kspan_gfp_metadata(gfp)))
		goto free_area;
	if (zero)
		kspan_zero(huge->start, huge->size_bytes, gfp);
	/* Counted before a walk can find it; the store needs no memory now. */
	count_huge(huge, 1);
	xa_store_irq(&huge_objects, huge_index(huge->start), huge, 0);
	kspan_account_metadata(&source->account, sizeof(*huge));
	trace_grow(source->name, NUMA_NO_NODE, area_bytes, gfp);
	kspan_peak_grown(&source->peak,
			 READ_ONCE(source->account.backing_bytes));
	return huge->start;

free_area:
	vfree(huge->area);
unreserve:
	kspan_account_unreserve(&source->account, area_bytes);
free_huge:
	kfree(huge);
	return NULL;
}

static void huge_delete(struct huge *huge)
{
	struct kspan_account *account = &huge->objects->source->account;

	vfree(huge->area);
	kspan_account_release(account, huge->area_bytes, KSPAN_RELEASED_FREED);
	kspan_account_metadata(account, -(long)sizeof(*huge));
	kfree_rcu(huge, rcu);
}

static void free_dead_huge(struct work_struct *work)
{
	struct llist_node *dead = llist_del_all(&dead_huge);
	struct huge *huge;
	struct huge *next;

	llist_for_each_entry_safe(huge, next, dead, link)
		huge_delete(huge);
}

/**
 * kspan_huge_free() - free an object in vmalloc memory
 * @p: a pointer that is in no span
 *
 * Return: false, and nothing done, if it is not the start of a live one.
 */
bool kspan_huge_free(const void *p)
{
	struct huge *huge;
	unsigned long flags;

	if (!is_vmalloc_addr(p))
		return false;
	xa_lock_irqsave(&huge_objects, flags);
	huge = xa_load(&huge_objects, huge_index(p));
	if (huge && huge->start == p)
		__xa_erase(&huge_objects, huge_index(p));
	else
		huge = NULL;
	xa_unlock_irqrestore(&huge_objects, flags);
	if (!huge)
		return false;
	count_huge(huge, -1);
	if (llist_add(&huge->link, &dead_huge))
		queue_work(kspan_wq, &dead_huge_work);
	return true;
}

static void describe(const struct huge *huge, struct kspan_huge_view *view)
{
	view->source = huge->objects->source;
	view->start = huge->start;
	view->size_bytes = huge->size_bytes;
}

/**
 * kspan_huge_find() - the object in vmalloc memory around an address
 * @addr: the address
 * @view: out
 *
 * Context: RCU reader.
 * Return: whether there is one.
 */
bool kspan_huge_find(unsigned long addr, struct kspan_huge_view *view)
{
	unsigned long index = addr >> PAGE_SHIFT;
	struct huge *huge;

	if (!is_vmalloc_addr((void *)addr))
		return false;
	/* The nearest start at or below; there are few of these objects. */
	xa_for_each_range(&huge_objects, index, huge, 0, addr >> PAGE_SHIFT) {
		if (addr - (unsigned long)huge->start < huge->size_bytes) {
			describe(huge, view);
			return true;
		}
	}
	return false;
}

/**
 * kspan_huge_next() - walk a heap's objects in vmalloc memory
 * @objects: those of the heap
 * @from: lowest address of interest
 * @view: out
 *
 * Return: whether there is one that starts at or above @from.
 */
bool kspan_huge_next(const struct kspan_huge_objects *objects,
		     unsigned long from, struct kspan_huge_view *view)
{
	unsigned long index;
	struct huge *huge;
	bool found = false;

	rcu_read_lock();
	xa_for_each_range(&huge_objects, index, huge,
			  DIV_ROUND_UP(from, PAGE_SIZE), ULONG_MAX) {
		if (huge->objects == objects) {
			describe(huge, view);
			found = true;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/* What was freed has gone back to the kernel. */
void kspan_huge_flush(void)
{
	flush_work(&dead_huge_work);
}

/* Frees all that a heap has in vmalloc memory; nobody else uses the heap. */
void kspan_huge_destroy(struct kspan_huge_objects *objects)
{
	struct kspan_huge_view view;

	while (kspan_huge_next(objects, 0, &view)) {
		if (objects->source->flags & KSPAN_HEAP_ZERO_ON_DESTROY)
			kspan_zero(view.start, view.size_bytes, GFP_KERNEL);
		/* Nobody frees it one by one. */
		kmemleak_free(view.start);
		kspan_huge_free(view.start);
	}
	kspan_huge_flush();
}
