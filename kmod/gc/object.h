/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects of a collected heap: what an address leads to.
 *
 * By a caller under RCU. An object may be freed meanwhile, by its user alone; while
 * objects are marked, its memory stays as it is nevertheless: see free.c.
 */
#ifndef _KSPAN_GC_OBJECT_H
#define _KSPAN_GC_OBJECT_H

#include "gc/gc.h"
#include "gc/type.h"
#include "spans/central.h"
#include "spans/huge.h"

/**
 * struct kspan_gc_object - an object
 * @span: its span
 * @index: its slot
 * @start: its first byte
 * @nbytes: those its user has; of an object that is being allocated, its slot
 * @type: its type; NULL of an object that is being allocated
 * @nr: elements
 */
struct kspan_gc_object {
	struct kspan_span		*span;
	unsigned int			index;
	unsigned long			start;
	size_t				nbytes;
	const struct kspan_gc_type	*type;
	size_t				nr;
};

/* What lies in its slot, which the caller has found. */
static inline void kspan_gc_describe(struct kspan_gc *gc, size_t slot_bytes,
				     struct kspan_gc_object *obj)
{
	const struct kspan_store *store = kspan_span_store(obj->span);
	u64 info;

	obj->type = store->type;
	obj->nr = 1;
	if (!kspan_store_is_informed(store)) {
		obj->nbytes = obj->type->size_bytes;
		return;
	}
	obj->nbytes = slot_bytes;
	/* Pairs with who has written it, and the type before. */
	info = smp_load_acquire(&kspan_span_info(obj->span)[obj->index]);
	if (!info)
		return;
	obj->type = gc->types[info >> KSPAN_GC_INFO_SHIFT];
	obj->nr = info & (BIT_ULL(KSPAN_GC_INFO_SHIFT) - 1);
	obj->nbytes = obj->nr * obj->type->size_bytes;
}

/**
 * kspan_gc_find() - the object around an address
 * @gc: of which heap
 * @addr: any address
 * @obj: out
 *
 * Return: whether one is allocated there. Dead ones are, too.
 */
static inline bool kspan_gc_find(struct kspan_gc *gc, unsigned long addr,
				 struct kspan_gc_object *obj)
{
	struct kspan_span *span = kspan_span_in(&gc->heap->storage.source, addr);
	const struct kspan_store *store;
	size_t slot_bytes;

	if (unlikely(!span && kspan_is_vast(addr)))
		span = kspan_vast_find(&gc->vasts, addr);
	if (!span)
		return false;
	store = kspan_span_store(span);
	obj->span = span;
	obj->index = 0;
	obj->start = span->addr;
	if (store->class == KSPAN_LARGE_CLASS) {
		slot_bytes = kspan_npages_bytes(span->npages);
		if (!kspan_span_slot_out(span, 0))
			return false;
	} else {
		slot_bytes = store->sc->size_bytes;
		obj->index = kspan_slot_index(addr - span->addr,
					      store->sc->magic);
		if (obj->index >= span->nelems)
			return false;
		obj->start += obj->index * slot_bytes;
		if (!kspan_span_slot_out(span, obj->index) ||
		    kspan_mark_intact((void *)obj->start, store->secret))
			return false;
	}
	kspan_gc_describe(gc, slot_bytes, obj);
	return addr - obj->start < obj->nbytes;
}

static inline bool kspan_gc_is_reached(const struct kspan_gc_object *obj)
{
	return test_bit(obj->index, kspan_span_reached(obj->span));
}

static inline bool kspan_gc_is_dead(const struct kspan_gc_object *obj)
{
	return test_bit(obj->index, kspan_span_dead(obj->span));
}

/* Whether a slot starts there that nobody has, of this heap. RCU reader. */
static inline bool kspan_gc_is_free(struct kspan_gc *gc,
				    unsigned long addr)
{
	struct kspan_span *span = kspan_span_in(&gc->heap->storage.source, addr);
	const struct kspan_store *store;
	unsigned int index = 0;

	if (!span)
		return false;
	store = kspan_span_store(span);
	if (store->class == KSPAN_LARGE_CLASS)
		return addr == span->addr && kspan_slot_dead(span, 0);
	return kspan_span_slot_at(span, store->sc, addr, &index) &&
	       (!kspan_span_slot_out(span, index) ||
		kspan_slot_marked(span, index, (void *)addr) ||
		kspan_slot_dead(span, index));
}

/* The collector of the heap that an address is of, if that is collected. */
static inline struct kspan_gc *kspan_gc_of(const void *addr)
{
	struct kspan_span *span = kspan_span_at((unsigned long)addr);
	struct kspan_huge_view view;

	if (likely(span))
		return kspan_span_heap(span)->gc;
	return kspan_huge_find((unsigned long)addr, &view) ?
	       kspan_source_heap(view.source)->gc : NULL;
}

typedef void (*kspan_gc_span_fn)(struct kspan_gc *gc, struct kspan_span *span,
				 void *arg);

void kspan_gc_walk(struct kspan_gc *gc, kspan_gc_span_fn fn, void *arg);

#endif /* _KSPAN_GC_OBJECT_H */
