// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of an object by its address: size, start, and walks over all
 * objects of a heap.
 */
#include <linux/kmemleak.h>
#include <linux/kspan.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "api/report.h"
#include "heaps/heap.h"
#include "spans/bump.h"

static bool describe(struct kspan_span *span, unsigned long addr,
		     struct kspan_object *obj)
{
	const struct kspan_store *store = kspan_span_store(span);
	unsigned int index;

	obj->heap = kspan_store_heap(store);
	obj->sizeclass = store->class;
	if (kspan_span_is_bump(span)) {
		obj->size_bytes = READ_ONCE(span->owner->size_bytes);
		obj->start = (void *)READ_ONCE(span->owner->start);
		obj->live = !kspan_bump_idle(span->owner);
		return true;
	}
	if (store->class == KSPAN_LARGE_CLASS) {
		obj->size_bytes = kspan_npages_bytes(span->npages);
		obj->start = (void *)span->addr;
		obj->live = kspan_span_slot_out(span, 0) &&
			    !kspan_slot_dead(span, 0);
		return true;
	}
	index = kspan_slot_index(addr - span->addr, store->sc->magic);
	if (index >= span->nelems)
		return false;
	obj->size_bytes = store->sc->size_bytes;
	obj->start = (void *)(span->addr + index * obj->size_bytes);
	/* What is out of the span but marked is in a CPU cache. */
	obj->live = kspan_span_slot_out(span, index) &&
		    !kspan_slot_marked(span, index, obj->start) &&
		    !kspan_slot_dead(span, index);
	return true;
}

static void describe_huge(const struct kspan_huge_view *view,
			  struct kspan_object *obj)
{
	obj->heap = kspan_source_heap(view->source);
	obj->start = view->start;
	obj->size_bytes = view->size_bytes;
	obj->sizeclass = KSPAN_LARGE_CLASS;
	obj->live = true;
}

/**
 * kspan_find_object() - the object around an address
 * @addr: any address
 * @obj: out
 *
 * Context: Any but NMI. Takes no lock.
 * Return: whether @addr lies in a slot, live or free, or in a large object. What
 * is said of an object that others free meanwhile may have been overtaken.
 */
bool kspan_find_object(const void *addr, struct kspan_object *obj)
{
	struct kspan_huge_view view;
	struct kspan_span *span;
	bool found;

	rcu_read_lock();
	span = kspan_span_at((unsigned long)addr);
	if (span) {
		found = describe(span, (unsigned long)addr, obj);
	} else {
		found = kspan_huge_find((unsigned long)addr, &view);
		if (found)
			describe_huge(&view, obj);
	}
	rcu_read_unlock();
	return found;
}
EXPORT_SYMBOL_GPL(kspan_find_object);

/**
 * kspan_owns() - whether the page around an address is a heap's
 * @addr: any address
 *
 * A page is a heap's from when it was taken from the kernel until it is given
 * back, whether there are objects in it or not. Of vmalloc memory it is one of a
 * live huge object.
 *
 * Context: Any but NMI. Takes no lock.
 * Return: whether it is; others may take or give it back meanwhile.
 */
bool kspan_owns(const void *addr)
{
	struct kspan_huge_view view;
	const struct kspan_row *row;
	bool owns;

	rcu_read_lock();
	row = kspan_arena_row((unsigned long)addr);
	if (row == &kspan_row_foreign)
		owns = kspan_huge_find((unsigned long)addr, &view);
	else
		owns = row != &kspan_row_released;
	rcu_read_unlock();
	return owns;
}
EXPORT_SYMBOL_GPL(kspan_owns);

/* The live object that starts at @p; what else @p may be is reported. */
static bool find_start(const void *p, struct kspan_object *obj,
		       const char *caller)
{
	if (kspan_find_object(p, obj) && obj->start == p && obj->live)
		return true;
	kspan_report_bad_free(p, caller);
	return false;
}

/**
 * kspan_usable_size() - bytes that an object has room for
 * @p: a live object; NULL and ZERO_SIZE_PTR have none
 *
 * What lies beyond the size that was asked for must not be used: the compiler
 * does not know of it, and FORTIFY_SOURCE stops a write there. Who wants it
 * allocates kspan_size_roundup() bytes.
 *
 * Context: Any but NMI. Takes report_lock, if the pointer is wrong.
 * Return: its slot's size, or its pages'; 0 for what lies in a stack or region, and
 * for a wrong pointer, which is reported.
 */
size_t kspan_usable_size(const void *p)
{
	struct kspan_object obj;

	if (ZERO_OR_NULL_PTR(p) || kspan_is_member(p) ||
	    !find_start(p, &obj, "kspan_usable_size"))
		return 0;
	return obj.size_bytes;
}
EXPORT_SYMBOL_GPL(kspan_usable_size);

/**
 * kspan_size_roundup() - bytes that an allocation of a size would have room for
 * @size: bytes
 *
 * Context: Any. Takes no lock.
 * Return: the slot's size, or that of the pages; 0 for 0, and @size where no
 * allocation could serve it.
 */
size_t kspan_size_roundup(size_t size)
{
	if (size <= KSPAN_MAX_CLASS_BYTES)
		return kspan_sizeclasses[kspan_sizeclass(size)].size_bytes;
	if (size <= KSPAN_MAX_CONTIG_BYTES)
		return round_up(size, KSPAN_PAGE_BYTES);
	return size > SIZE_MAX - PAGE_SIZE ? size : PAGE_ALIGN(size);
}
EXPORT_SYMBOL_GPL(kspan_size_roundup);

/**
 * kspan_free_sized() - free an object whose size the caller knows
 * @p: the object
 * @size: what was asked for when it was allocated; another size that would have
 *	given it the same slot will do
 *
 * Context: As kspan_free().
 */
void kspan_free_sized(const void *p, size_t size)
{
	struct kspan_object obj;

	if (!ZERO_OR_NULL_PTR(p) && !kspan_is_member(p) &&
	    kspan_find_object(p, &obj) && obj.start == p && obj.live && size > obj.size_bytes)
		kspan_report_wrong_size(p, size, obj.size_bytes);
	kspan_free(p);
}
EXPORT_SYMBOL_GPL(kspan_free_sized);

/**
 * kspan_free_sensitive() - wipe an object and free it
 * @p: the object, or NULL
 *
 * What lies in a stack or region is not wiped: nobody knows how large it is.
 *
 * Context: As kspan_free().
 */
void kspan_free_sensitive(const void *p)
{
	size_t size_bytes = kspan_usable_size(p);

	if (!size_bytes && kspan_is_member(p)) {
		kspan_free(p);
	} else if (size_bytes) {
		memzero_explicit((void *)p, size_bytes);
		kspan_free(p);
	}
}
EXPORT_SYMBOL_GPL(kspan_free_sensitive);

/**
 * kspan_realloc() - change the size of an object
 * @heap: where it is to be afterwards
 * @p: the object; NULL and ZERO_SIZE_PTR allocate
 * @size: bytes; 0 frees
 * @gfp: as for kmalloc(); with __GFP_ZERO what is behind the old size is zero,
 *	if the object was zeroed before as well
 *
 * The object stays where it is if its slot is of @heap, has room, and is not
 * more than twice too large.
 *
 * Context: As kspan_alloc().
 * Return: the object; ZERO_SIZE_PTR for size 0; NULL, and the old object as it
 * was, without memory, for what lies in a stack or region, or for a wrong pointer.
 * The last two are reported.
 */
void *kspan_realloc(struct kspan_heap *heap, const void *p, size_t size,
		    gfp_t gfp)
{
	struct kspan_object obj;
	void *new;

	if (!size) {
		kspan_free(p);
		return ZERO_SIZE_PTR;
	}
	if (ZERO_OR_NULL_PTR(p))
		return __kspan_alloc(heap, size, gfp);
	if (kspan_is_member(p)) {
		kspan_report_member(p, KSPAN_MISTAKE_MEMBER, "kspan_realloc");
		return NULL;
	}
	if (!find_start(p, &obj, "kspan_realloc"))
		return NULL;
	if (obj.heap == heap && size <= obj.size_bytes &&
	    size > obj.size_bytes / 2) {
		/* A later growth in place finds the tail as it is left here. */
		if (want_init_on_alloc(gfp))
			memset((void *)p + size, 0, obj.size_bytes - size);
		return (void *)p;
	}
	new = __kspan_alloc(heap, size, gfp);
	if (!new) {
		/* Smaller than it is will always do. */
		return obj.heap == heap && size <= obj.size_bytes ? (void *)p
								 : NULL;
	}
	memcpy(new, p, min(size, obj.size_bytes));
	kspan_free(p);
	return new;
}
EXPORT_SYMBOL_GPL(kspan_realloc);

/**
 * struct walk - a walk over a heap's objects
 * @fn: told of each
 * @arg: its second argument
 * @heap: whose objects
 */
struct walk {
	kspan_object_fn		fn;
	void			*arg;
	struct kspan_heap	*heap;
};

/* The next live object at or above @from in the span that holds @from. */
static bool next_in_span(struct kspan_heap *heap, unsigned long from,
			 unsigned long *end, struct kspan_object *obj)
{
	struct kspan_span *span;
	bool found = false;
	unsigned long addr;

	rcu_read_lock();
	span = kspan_span_in(&heap->storage.source, from);
	if (!span) {
		rcu_read_unlock();
		*end = ALIGN_DOWN(from, KSPAN_PAGE_BYTES) + KSPAN_PAGE_BYTES;
		return false;
	}
	*end = span->addr + kspan_npages_bytes(span->npages);
	/* A region is told of with its first span. */
	if (kspan_span_is_bump(span) && from != (unsigned long)
					READ_ONCE(span->owner->start)) {
		rcu_read_unlock();
		return false;
	}
	for (addr = from; addr < *end; addr = (unsigned long)obj->start +
					      obj->size_bytes) {
		if (!describe(span, addr, obj))
			break;
		if (obj->live && (unsigned long)obj->start >= from) {
			found = true;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

static int walk_span(const struct walk *walk, unsigned long from,
		     unsigned long *end)
{
	struct kspan_object obj;

	while (next_in_span(walk->heap, from, end, &obj)) {
		int ret = walk->fn(&obj, walk->arg);

		if (ret)
			return ret;
		from = (unsigned long)obj.start + obj.size_bytes;
		if (from >= *end)
			break;
		cond_resched();
	}
	return 0;
}

static int walk_chunk(const struct walk *walk,
		      const struct kspan_chunk_view *view)
{
	unsigned long addr = view->addr;
	int ret = 0;

	while (!ret && addr < view->addr + KSPAN_CHUNK_BYTES) {
		unsigned int page = kspan_page_in_chunk(addr);

		if (kspan_pagebits_test(&view->owned, page))
			ret = walk_span(walk, addr, &addr);
		else
			addr += KSPAN_PAGE_BYTES;
	}
	return ret;
}

static int walk_huge(const struct walk *walk)
{
	struct kspan_huge_view view;
	struct kspan_object obj;
	unsigned long from = 0;
	int ret = 0;

	while (!ret && kspan_huge_next(&walk->heap->storage.huge, from,
				       &view)) {
		describe_huge(&view, &obj);
		from = (unsigned long)obj.start + obj.size_bytes;
		ret = walk->fn(&obj, walk->arg);
	}
	return ret;
}

/**
 * kspan_heap_for_each_object() - do something with every live object
 * @heap: whose objects
 * @fn: told of each; runs unlocked, may sleep, may free the object or others
 * @arg: its second argument
 *
 * CPU caches are drained first. Goes by address, so that no object is told
 * twice; objects that others allocate or free meanwhile may be missed. At rest
 * it is exact.
 *
 * Context: Process context; sleeps. Takes the locks of kspan_heap_drain(), and none
 * while @fn runs.
 * Return: the first non-zero value that @fn gave, which ends the walk; or 0.
 */
int kspan_heap_for_each_object(struct kspan_heap *heap, kspan_object_fn fn,
			       void *arg)
{
	struct walk walk = { .fn = fn, .arg = arg, .heap = heap };
	struct kspan_source *source = &heap->storage.source;
	struct kspan_chunk_view view;
	int ret = 0;
	int nid;

	kspan_heap_drain(heap);
	for (nid = 0; nid < nr_node_ids && !ret; nid++) {
		unsigned long from = 0;

		while (!ret && kspan_pageheap_next_chunk(&source->nodes[nid].pages,
							 from, &view)) {
			ret = walk_chunk(&walk, &view);
			from = view.addr + KSPAN_CHUNK_BYTES;
		}
	}
	return ret ?: walk_huge(&walk);
}
EXPORT_SYMBOL_GPL(kspan_heap_for_each_object);
