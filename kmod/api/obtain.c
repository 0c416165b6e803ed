// SPDX-License-Identifier: GPL-2.0
#include <linux/kspan.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "api/obtain.h"
#include "api/rcu.h"
#include "base/compat.h"
#include "base/gfp.h"
#include "caches/refill.h"
#include "giveback/drain.h"
#include "heaps/heap.h"
#include "spans/bump.h"
#include "spans/large.h"

/**
 * struct want - what the slow paths look for
 * @heap: where from
 * @store: of which store; of large objects, and then
 * @size: bytes, and
 * @align: their alignment
 * @owner: the stack or region that is to have it, or NULL
 * @nid: on which node; NUMA_NO_NODE is the nearest
 * @limited: the heap's limit stood in the way
 * @vmalloced: what was found is vmalloc memory
 */
struct want {
	struct kspan_heap	*heap;
	struct kspan_store	*store;
	size_t			size;
	size_t			align;
	struct kspan_bump_owner	*owner;
	int			nid;
	bool			limited;
	bool			vmalloced;
};

static bool is_large(const struct want *want)
{
	return want->store->class == KSPAN_LARGE_CLASS;
}

static int node_of(const struct want *want)
{
	return want->nid == NUMA_NO_NODE ? kspan_heap_local_node(want->heap)
					 : want->nid;
}

/* Empty spans of any class make room for another, once the depots are. */
static bool trim_empty_spans(struct kspan_heap *heap)
{
	/* It takes its time. */
	if (in_hardirq() || irqs_disabled())
		return false;
	return kspan_drain_relieve(&heap->giver);
}

/* From the CPU's cache, spans and pages, which grow by what the kernel gives. */
static void *from_shared(struct want *want, gfp_t gfp)
{
	struct kspan_store *store = want->store;

	if (want->owner)
		return kspan_bump_grow(want->owner, want->size, node_of(want),
				       gfp, &want->limited);
	if (is_large(want))
		return kspan_large_alloc(store, want->size, want->align,
					 node_of(want), gfp, &want->limited);
	if (want->nid != NUMA_NO_NODE)
		return kspan_take_node(store, want->nid, gfp, &want->limited);
	/* Magazines of size classes are what kspan_alloc() takes from. */
	if (store->collected && kspan_store_is_informed(store))
		return kspan_take_direct(store, gfp, &want->limited);
	return kspan_pop_slow(store, gfp, &want->limited);
}

/* As the kernel decides it. OOM victims have a share of their own. */
static bool entitled(gfp_t gfp)
{
	return kspan_gfp_entitled(gfp, current->flags & PF_MEMALLOC &&
				       (in_serving_softirq() ||
					!in_interrupt()));
}

/* From the kernel's reserves, and not among what others are served from. */
static void *from_entitled(struct want *want, gfp_t gfp)
{
	struct kspan_store *store = want->store;

	if (is_large(want))
		return kspan_large_alloc_entitled(store, want->size,
						  want->align, node_of(want),
						  gfp, &want->limited);
	return kspan_entitled_alloc(store, node_of(want), gfp, &want->limited);
}

static void *from_memory(struct want *want, gfp_t gfp)
{
	void *p;

	if (likely(!entitled(gfp)))
		return from_shared(want, gfp);
	p = from_shared(want, kspan_gfp_unentitled(gfp));
	return p || want->owner ? p : from_entitled(want, gfp);
}

/*
 * How to try before what the heap has idle is looked at. For a large object, a heap of
 * one node and one that accounts the kernel kills nobody, and to try twice would only
 * be to reclaim twice.
 */
static gfp_t first_try(const struct want *want, gfp_t gfp)
{
	const unsigned int unkilled = KSPAN_HEAP_ACCOUNT | KSPAN_HEAP_NODE;

	if (is_large(want) ||
	    want->heap->storage.source.flags & unkilled)
		return gfp;
	return kspan_gfp_try_unkilled(gfp);
}

/*
 * Another try, if the limit stands in the way of somebody who may wait until CPUs have
 * emptied their magazines, and they have.
 */
static void *try_recalled(struct want *want, gfp_t gfp,
			  void *(*again)(struct want *want, gfp_t gfp))
{
	void *p;

	if (!want->limited || !gfpflags_allow_blocking(gfp) ||
	    gfp & __GFP_NORETRY || !kspan_drain_recall(&want->heap->giver))
		return NULL;
	p = again(want, gfp);
	if (!p)
		kspan_drain_recalled_in_vain(&want->heap->giver);
	return p;
}

static void *from_memory_trimmed(struct want *want, gfp_t gfp)
{
	gfp_t first_gfp = first_try(want, gfp);
	void *p = from_memory(want, first_gfp);
	bool relieved;

	if (p)
		return p;
	relieved = kspan_rcu_relieve(want->heap, gfp);
	if (trim_empty_spans(want->heap) || relieved ||
	    (first_gfp != gfp && !want->limited))
		p = from_memory(want, gfp);
	if (!p && relieved)
		WRITE_ONCE(want->heap->rcu_vain, jiffies);
	return p ?: try_recalled(want, gfp, from_memory);
}

static void *from_reserve(struct want *want, gfp_t gfp)
{
	struct kspan_store *store = want->store;

	if (want->owner)
		return NULL;
	if (is_large(want))
		return kspan_large_alloc_reserve(store, want->size, want->align,
						 gfp);
	return kspan_reserve_alloc(store);
}

/* Somebody has to free what will do, as kmalloc() waits for it. */
static void *from_patience(struct want *want, gfp_t gfp)
{
	void *p;

	if (WARN_ON_ONCE(!gfpflags_allow_blocking(gfp)))
		return NULL;
	for (;;) {
		p = from_memory_trimmed(want, gfp) ?: from_reserve(want, gfp);
		if (p)
			return p;
		memalloc_retry_wait(gfp);
	}
}

/* On the node that was named and on no other. */
static void *from_node(struct want *want, gfp_t gfp)
{
	gfp_t node_gfp = kspan_gfp_try_node(gfp);

	return gfp & __GFP_THISNODE ? from_memory_trimmed(want, node_gfp)
				    : from_memory(want, node_gfp);
}

/* All there is, in turn. */
static void *obtain(struct want *want, gfp_t gfp)
{
	bool at_home = want->heap->storage.source.nid != NUMA_NO_NODE;
	void *p;

	might_alloc(gfp);
	if (want->nid != NUMA_NO_NODE) {
		p = from_node(want, gfp);
		if (p || kspan_gfp_this_node(gfp, false))
			return p;
		/* Pages are still rather from there, slots from the cache. */
		if (!is_large(want))
			want->nid = NUMA_NO_NODE;
		gfp = kspan_gfp_any_node(gfp);
	}
	p = from_memory_trimmed(want, at_home ? kspan_gfp_try_home(gfp) : gfp);
	if (!p)
		p = from_reserve(want, gfp);
	if (!p && !kspan_gfp_may_fail(gfp))
		p = from_patience(want, gfp);
	return p;
}

static void *huge_once(struct want *want, gfp_t gfp)
{
	return kspan_huge_alloc(&want->heap->storage.huge, want->size,
				want->align, node_of(want), gfp, &want->limited);
}

static void *huge(struct want *want, gfp_t gfp)
{
	void *p = huge_once(want, gfp);

	if (!p && want->limited && kspan_rcu_relieve(want->heap, gfp)) {
		trim_empty_spans(want->heap);
		p = huge_once(want, gfp);
		if (!p)
			WRITE_ONCE(want->heap->rcu_vain, jiffies);
	}
	return p ?: try_recalled(want, gfp, huge_once);
}

/* Objects of a collected heap have types, which these callers know nothing of. */
static bool refuse(const struct kspan_heap *heap)
{
	if (likely(!heap->gc))
		return false;
	pr_err_ratelimited("kspan: BUG: plain allocation from the collected heap %s, from %pS; kspan_gc_alloc() allocates from it\n",
			   heap->storage.source.name,
			   __builtin_return_address(0));
	return true;
}

static void count_limit(const struct want *want, const void *p)
{
	if (want->limited)
		kspan_account_limit_hit(&want->heap->storage.source.account, p);
}

/**
 * kspan_obtain_of() - a slot of a store, as it is, past the fast path
 * @store: the store; not of large objects
 * @nid: as for kspan_obtain_slot()
 * @gfp: likewise
 *
 * Return: the slot, or NULL.
 */
void *kspan_obtain_of(struct kspan_store *store, int nid, gfp_t gfp)
{
	struct want want = {
		.heap = kspan_store_heap(store), .store = store, .nid = nid,
	};
	void *p = obtain(&want, gfp);

	count_limit(&want, p);
	return p;
}

/**
 * kspan_obtain_slot() - a slot, past the fast path
 * @heap: where from
 * @class: the size class; 0 is that of size 0
 * @nid: the node it is to be of; NUMA_NO_NODE is the nearest, from the CPU's cache
 * @gfp: as for kmalloc(), without zone modifiers
 *
 * Return: as kspan_alloc().
 */
void *kspan_obtain_slot(struct kspan_heap *heap, unsigned int class, int nid,
			gfp_t gfp)
{
	void *p;

	if (class == KSPAN_LARGE_CLASS)
		return ZERO_SIZE_PTR;
	if (unlikely(refuse(heap)))
		return NULL;
	p = kspan_obtain_of(&heap->storage.stores[class], nid, gfp);
	return p && want_init_on_alloc(gfp) ? kspan_zero_slot(p, class) : p;
}

/**
 * kspan_obtain_pages() - pages for one object
 * @heap: where from
 * @size: bytes
 * @align: their alignment
 * @nid: the node they are to be of; NUMA_NO_NODE is the nearest
 * @gfp: as for kmalloc(), without zone modifiers
 *
 * Contiguous up to 4 MB, vmalloc memory above.
 *
 * Return: as kspan_alloc().
 */
void *kspan_obtain_pages(struct kspan_heap *heap, size_t size, size_t align,
			 int nid, gfp_t gfp)
{
	struct want want = {
		.heap = heap,
		.store = &heap->storage.stores[KSPAN_LARGE_CLASS],
		.size = size, .align = align, .nid = nid,
	};
	void *p;

	if (unlikely(refuse(heap)) ||
	    !kspan_account_possible(&heap->storage.source.account, size, gfp))
		return NULL;
	if (size <= KSPAN_MAX_CONTIG_BYTES)
		p = obtain(&want, gfp);
	else
		p = huge(&want, gfp);
	count_limit(&want, p);
	return p;
}

/**
 * kspan_obtain_collected() - pages for one object of a collected heap
 * @heap: where from
 * @size: bytes; above KSPAN_MAX_CONTIG_BYTES from vmalloc memory
 * @gfp: as for kmalloc(), without zone modifiers
 *
 * Return: the object, zero, but not yet with what it is; or NULL.
 */
void *kspan_obtain_collected(struct kspan_heap *heap, size_t size, gfp_t gfp)
{
	struct want want = {
		.heap = heap,
		.store = &heap->storage.stores[KSPAN_LARGE_CLASS],
		.size = size, .align = KSPAN_PAGE_BYTES, .nid = NUMA_NO_NODE,
	};
	void *p;

	if (!kspan_account_possible(&heap->storage.source.account, size, gfp))
		return NULL;
	if (size <= KSPAN_MAX_CONTIG_BYTES)
		p = obtain(&want, gfp | __GFP_ZERO);
	else
		p = huge(&want, gfp | __GFP_ZERO);
	count_limit(&want, p);
	return p;
}

/**
 * kspan_obtain_span() - a span for a stack or region
 * @heap: where from
 * @owner: the stack or region
 * @size: bytes, up to 4 MB
 * @gfp: as for kmalloc(), without zone modifiers
 *
 * The heap's reserve and the kernel's are not for it: what they lend has to come back
 * object by object.
 *
 * Return: the span's first byte, or NULL.
 */
void *kspan_obtain_span(struct kspan_heap *heap, struct kspan_bump_owner *owner,
			size_t size, gfp_t gfp)
{
	struct want want = {
		.heap = heap,
		.store = &heap->storage.stores[KSPAN_LARGE_CLASS],
		.size = size, .align = KSPAN_PAGE_BYTES, .owner = owner,
		.nid = gfp & __GFP_THISNODE && nr_online_nodes > 1 ?
		       kspan_heap_local_node(heap) : NUMA_NO_NODE,
	};
	void *p;

	if (unlikely(refuse(heap)) ||
	    !kspan_account_possible(&heap->storage.source.account, size, gfp))
		return NULL;
	p = obtain(&want, gfp);
	count_limit(&want, p);
	return p;
}

/* Contiguous if that is easy, else from vmalloc(), else from the reserve. */
static void *any_once(struct want *want, gfp_t gfp)
{
	gfp_t contig_gfp = kspan_gfp_try_contig(gfp);
	void *p = from_memory(want, contig_gfp);

	if (p)
		return p;
	/* More than whole pages nobody expects of vmalloc(). */
	p = kspan_huge_alloc(&want->heap->storage.huge, want->size, 1,
			     node_of(want), gfp, &want->limited);
	want->vmalloced = p;
	return p ?: obtain(want, contig_gfp);
}

/**
 * kspan_obtain_any() - memory that need not be contiguous
 * @heap: where from
 * @size: bytes, up to 4 MB
 * @nid: the node it is rather to be of; NUMA_NO_NODE is the nearest
 * @gfp: as for kvmalloc(), without zone modifiers and __GFP_THISNODE
 *
 * Return: as kspan_kvmalloc().
 */
void *kspan_obtain_any(struct kspan_heap *heap, size_t size, int nid,
		       gfp_t gfp)
{
	struct want want = {
		.heap = heap, .nid = nid,
		.size = size, .align = kspan_natural_align(size),
	};
	unsigned int class = KSPAN_LARGE_CLASS;
	void *p;

	if (unlikely(refuse(heap)))
		return NULL;
	if (size <= KSPAN_MAX_CLASS_BYTES)
		class = kspan_sizeclass(size);
	want.store = &heap->storage.stores[class];
	p = any_once(&want, gfp) ?: try_recalled(&want, gfp, any_once);
	count_limit(&want, p);
	if (p && !want.vmalloced && class != KSPAN_LARGE_CLASS && want_init_on_alloc(gfp))
		kspan_zero_slot(p, class);
	return p;
}

/**
 * kspan_fix_zones() - what becomes of zone modifiers
 * @gfp: the caller's flags; without them afterwards
 *
 * Return: false if they leave nothing to give.
 */
bool kspan_fix_zones(gfp_t *gfp)
{
	gfp_t refused = kspan_gfp_refused(*gfp);
	gfp_t ignored = kspan_gfp_ignored(*gfp);

	if (WARN_ONCE(refused, "kspan: %pGg: heaps have no memory for devices, returning NULL\n",
		      &refused))
		return false;
	WARN_ONCE(ignored, "kspan: %pGg is ignored\n", &ignored);
	*gfp = kspan_gfp_fix(*gfp);
	return true;
}
