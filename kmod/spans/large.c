// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/llist.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "pages/arena.h"
#include "pages/backing.h"
#include "base/fault.h"
#include "heaps/heap.h"
#include "spans/large.h"
#include "base/mark.h"
#include "pages/memcg.h"
#include "pages/pages.h"
#include "spans/reserve.h"
#include "spans/span.h"
#include "base/trace.h"

/**
 * struct huge - an object in vmalloc memory
 * @heap: whose
 * @start: the object, at a page's start
 * @area: the vmalloc area it lies in
 * @size_bytes: the object's pages
 * @area_bytes: the area's pages
 * @link: in dead_huge
 * @rcu: frees the descriptor
 */
struct huge {
	struct kspan_heap	*heap;
	void			*start;
	void			*area;
	size_t			size_bytes;
	size_t			area_bytes;
	struct llist_node	link;
	struct rcu_head		rcu;
};

/* By the page number of their start. Looked up under RCU. */
static DEFINE_XARRAY_FLAGS(huge_objects, XA_FLAGS_LOCK_IRQ);

/* Freed, but vfree() may have to sleep. */
static LLIST_HEAD(dead_huge);
static void free_dead_huge(struct work_struct *work);
static DECLARE_WORK(dead_huge_work, free_dead_huge);

enum {
	ZERO_PIECE_BYTES = 256 << 10,
};

/**
 * kspan_zero() - zero memory without holding up the CPU
 * @p: what
 * @size_bytes: how much
 * @gfp: whether the caller may sleep
 */
void kspan_zero(void *p, size_t size_bytes, gfp_t gfp)
{
	while (size_bytes) {
		size_t piece = min_t(size_t, size_bytes, ZERO_PIECE_BYTES);

		memset(p, 0, piece);
		p += piece;
		size_bytes -= piece;
		if (size_bytes && gfpflags_allow_blocking(gfp))
			cond_resched();
	}
}

static void count_large(struct kspan_central *central, unsigned int npages,
			int sign)
{
	unsigned long flags;

	spin_lock_irqsave(&central->lock, flags);
	write_seqcount_begin(&central->seq);
	central->counts.spans += sign;
	central->counts.pages += sign * (int)npages;
	central->counts.slots += sign;
	central->counts.out += sign;
	if (sign > 0)
		central->counts.direct_allocs++;
	else
		central->counts.direct_frees++;
	write_seqcount_end(&central->seq);
	spin_unlock_irqrestore(&central->lock, flags);
}

/* A span with one object, which is out. */
static void large_span_init(struct kspan_span *span)
{
	span->nelems = 1;
	kspan_span_init_slots(span);
	span->alloc_bits[0] = ~0ULL;
	span->alloc_count = 1;
	span->alloc_cache = 0;
}

static struct kspan_span *large_span_new(struct kspan_heap *heap,
					 const struct kspan_pages *pages,
					 unsigned int npages, gfp_t gfp)
{
	struct kspan_span *span;

	if (kspan_fault(KSPAN_FAULT_LARGE_SPAN, gfp))
		return NULL;
	span = kmalloc(struct_size(span, alloc_bits, 1),
		       kspan_metadata_gfp(gfp));
	if (!span)
		return NULL;
	span->central =
		&heap->stores[KSPAN_LARGE_CLASS].central[pages->nid];
	span->addr = pages->addr;
	span->npages = npages;
	span->needzero = !pages->zeroed;
	span->bucket = KSPAN_BUCKET_FULL;
	large_span_init(span);
	kspan_account_metadata(&heap->account,
			       struct_size(span, alloc_bits, 1));
	return span;
}

/* The span's object goes to its user. */
static void *large_publish(struct kspan_heap *heap, struct kspan_span *span,
			   gfp_t gfp)
{
	/* What is left there from earlier use must not pass for a freed mark. */
	*(u64 *)span->addr = 0;
	if (want_init_on_alloc(gfp) && span->needzero)
		kspan_zero((void *)span->addr, kspan_npages_bytes(span->npages),
			   gfp);
	count_large(span->central, span->npages, 1);
	kspan_arena_publish(span, heap->large_rows, 2);
	return (void *)span->addr;
}

/**
 * kspan_large_alloc() - an object above the largest size class
 * @heap: where from
 * @size_bytes: how large
 * @align_bytes: a power of two up to 4 MB
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: as for kmalloc()
 * @limited: set to true if the heap's limit stood in the way
 *
 * Return: the object, zeroed if @gfp or the kernel's init_on_alloc want it so;
 * or NULL.
 */
void *kspan_large_alloc(struct kspan_heap *heap, size_t size_bytes,
			size_t align_bytes, int nid, gfp_t gfp, bool *limited)
{
	unsigned int npages = DIV_ROUND_UP(size_bytes, KSPAN_PAGE_BYTES);
	struct kspan_run run = {
		.npages = npages,
		.align_pages = max_t(size_t, align_bytes, KSPAN_PAGE_BYTES) >>
			       KSPAN_PAGE_SHIFT,
		.kind = kspan_half_kind(1),
		.mix = !gfpflags_allow_blocking(gfp),
	};
	struct kspan_pages pages;
	struct kspan_span *span;

	if (size_bytes > KSPAN_MAX_CONTIG_BYTES)
		return kspan_huge_alloc(heap, size_bytes, align_bytes, nid, gfp,
					limited);
	if (!kspan_pages_alloc(heap, nid, &run,
			       (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN, &pages,
			       limited)) {
		return kspan_huge_alloc(heap, size_bytes, align_bytes, nid, gfp,
					limited);
	}
	span = large_span_new(heap, &pages, npages, gfp);
	if (!span) {
		kspan_pages_free(heap, pages.nid, pages.addr, npages);
		return NULL;
	}
	return large_publish(heap, span, gfp);
}

/**
 * kspan_large_alloc_reserve() - likewise, when the kernel gives no memory
 * @heap: where from
 * @size_bytes: how large
 * @align_bytes: a power of two up to 4 MB
 * @gfp: whether it is to be zeroed
 *
 * Context: Any but NMI.
 * Return: the object, from the heap's reserve; or NULL.
 */
void *kspan_large_alloc_reserve(struct kspan_heap *heap, size_t size_bytes,
				size_t align_bytes, gfp_t gfp)
{
	struct kspan_span *span;

	if (size_bytes > KSPAN_MAX_CONTIG_BYTES)
		return NULL;
	span = kspan_reserve_take(heap,
				  DIV_ROUND_UP(size_bytes, KSPAN_PAGE_BYTES),
				  max_t(size_t, align_bytes, KSPAN_PAGE_BYTES) >>
				  KSPAN_PAGE_SHIFT);
	if (!span)
		return NULL;
	large_span_init(span);
	return large_publish(heap, span, gfp);
}

/**
 * kspan_large_free() - free a large object
 * @span: its span, from a lookup; the caller is an RCU reader
 *
 * Return: false, and nothing done, if somebody else has freed it already.
 */
bool kspan_large_free(struct kspan_span *span)
{
	struct kspan_central *central = span->central;
	struct kspan_heap *heap = central->store->heap;
	unsigned long flags;
	bool ours;

	spin_lock_irqsave(&central->lock, flags);
	ours = kspan_span_put(span, 0);
	spin_unlock_irqrestore(&central->lock, flags);
	if (!ours)
		return false;
	kspan_arena_unpublish(span, heap->id);
	count_large(central, span->npages, -1);
	if (span->bucket == KSPAN_BUCKET_RESERVE) {
		kspan_reserve_put(span);
		return true;
	}
	kspan_pages_free(heap, central->nid, span->addr, span->npages);
	kspan_account_metadata(&heap->account,
			       -(long)struct_size(span, alloc_bits, 1));
	kfree_rcu(span, rcu);
	return true;
}

static void count_huge(struct huge *huge, int sign)
{
	struct kspan_heap *heap = huge->heap;

	if (sign > 0)
		atomic64_inc(&heap->huge_allocs);
	else
		atomic64_inc(&heap->huge_frees);
	atomic64_add(sign * (s64)huge->size_bytes, &heap->huge_bytes);
	atomic64_add(sign, &heap->huge_objects);
}

static void *huge_area(size_t area_bytes, int nid, gfp_t gfp)
{
	if (kspan_fault(KSPAN_FAULT_HUGE_AREA, gfp))
		return NULL;
	/* Below this kvmalloc_node() might answer with contiguous pages. */
	if (area_bytes <= KSPAN_MAX_CONTIG_BYTES)
		return __vmalloc(area_bytes, gfp & ~__GFP_THISNODE);
	return kvmalloc_node(area_bytes, gfp, nid);
}

static unsigned long huge_index(const void *start)
{
	return (unsigned long)start >> PAGE_SHIFT;
}

/**
 * kspan_huge_alloc() - an object in vmalloc memory
 * @heap: where from
 * @size_bytes: how large
 * @align_bytes: a power of two up to 4 MB
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: as for vmalloc(); without __GFP_DIRECT_RECLAIM there is none
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: Process context that may sleep, else NULL.
 * Return: the object, zeroed as for kspan_large_alloc(); or NULL.
 */
void *kspan_huge_alloc(struct kspan_heap *heap, size_t size_bytes,
		       size_t align_bytes, int nid, gfp_t gfp, bool *limited)
{
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
	if (heap->flags & KSPAN_HEAP_NODE)
		gfp |= __GFP_THISNODE;
	area_bytes = PAGE_ALIGN(size_bytes) + slack;
	/* See huge_area(): small areas come from any node. */
	if (gfp & __GFP_THISNODE && !(gfp & __GFP_NOFAIL) &&
	    area_bytes <= KSPAN_MAX_CONTIG_BYTES && nr_online_nodes > 1)
		return NULL;
	gfp = kspan_memcg_gfp(heap, gfp);
	if (kspan_fault(KSPAN_FAULT_HUGE, gfp))
		return NULL;
	/* The kernel would zero a page of 2 MB in one go. */
	zero = gfp & __GFP_ZERO;
	gfp &= ~__GFP_ZERO;
	zero &= !want_init_on_alloc(gfp);
	huge = kzalloc(sizeof(*huge), kspan_metadata_gfp(gfp));
	if (!huge)
		return NULL;
	if (!kspan_account_reserve(&heap->account, area_bytes,
				   gfp & __GFP_NOFAIL)) {
		*limited = true;
		goto free_huge;
	}
	before = kspan_memcg_begin(heap);
	huge->area = huge_area(area_bytes, nid, gfp);
	kspan_memcg_end(heap, before);
	if (!huge->area)
		goto unreserve;
	/* The object in it is told of, as any other is. */
	kmemleak_free(huge->area);
	huge->heap = heap;
	huge->area_bytes = area_bytes;
	huge->size_bytes = PAGE_ALIGN(size_bytes);
	huge->start = PTR_ALIGN(huge->area, max(align_bytes, PAGE_SIZE));
	if (kspan_fault(KSPAN_FAULT_HUGE_INDEX, gfp) ||
	    xa_reserve_irq(&huge_objects, huge_index(huge->start),
			   kspan_metadata_gfp(gfp)))
		goto free_area;
	if (zero)
		kspan_zero(huge->start, huge->size_bytes, gfp);
	/* Counted before a walk can find it; the store needs no memory now. */
	count_huge(huge, 1);
	xa_store_irq(&huge_objects, huge_index(huge->start), huge, 0);
	kspan_account_metadata(&heap->account, sizeof(*huge));
	trace_grow(heap->name, NUMA_NO_NODE, area_bytes, gfp);
	kspan_peak_grown(heap);
	return huge->start;

free_area:
	vfree(huge->area);
unreserve:
	kspan_account_unreserve(&heap->account, area_bytes);
free_huge:
	kfree(huge);
	return NULL;
}

static void huge_delete(struct huge *huge)
{
	vfree(huge->area);
	kspan_account_release(&huge->heap->account, huge->area_bytes,
			      KSPAN_RELEASED_FREED);
	kspan_account_metadata(&huge->heap->account, -(long)sizeof(*huge));
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

static void describe(const struct huge *huge, struct kspan_object *obj)
{
	obj->heap = huge->heap;
	obj->start = huge->start;
	obj->size_bytes = huge->size_bytes;
	obj->sizeclass = KSPAN_LARGE_CLASS;
	obj->live = true;
}

/**
 * kspan_huge_find() - the object in vmalloc memory around an address
 * @addr: the address
 * @obj: out
 *
 * Context: RCU reader.
 * Return: whether there is one.
 */
bool kspan_huge_find(unsigned long addr, struct kspan_object *obj)
{
	unsigned long index = addr >> PAGE_SHIFT;
	struct huge *huge;

	if (!is_vmalloc_addr((void *)addr))
		return false;
	/* The nearest start at or below; there are few of these objects. */
	xa_for_each_range(&huge_objects, index, huge, 0, addr >> PAGE_SHIFT) {
		if (addr - (unsigned long)huge->start < huge->size_bytes) {
			describe(huge, obj);
			return true;
		}
	}
	return false;
}

/**
 * kspan_huge_next() - walk a heap's objects in vmalloc memory
 * @heap: whose
 * @from: lowest address of interest
 * @obj: out
 *
 * Return: whether there is one that starts at or above @from.
 */
bool kspan_huge_next(struct kspan_heap *heap, unsigned long from,
		     struct kspan_object *obj)
{
	unsigned long index;
	struct huge *huge;
	bool found = false;

	rcu_read_lock();
	xa_for_each_range(&huge_objects, index, huge,
			  DIV_ROUND_UP(from, PAGE_SIZE), ULONG_MAX) {
		if (huge->heap == heap) {
			describe(huge, obj);
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
void kspan_huge_destroy(struct kspan_heap *heap)
{
	struct kspan_object obj;

	while (kspan_huge_next(heap, 0, &obj)) {
		if (heap->flags & KSPAN_HEAP_ZERO_ON_DESTROY)
			kspan_zero(obj.start, obj.size_bytes, GFP_KERNEL);
		kspan_huge_free(obj.start);
	}
	kspan_huge_flush();
}
