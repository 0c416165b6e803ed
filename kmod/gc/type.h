/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types: what objects of a collected heap are like.
 *
 * Single objects of a type lie in a store of its own, as those of a typed cache do,
 * so that a slot needs nothing to say what lies in it. Arrays, and single objects that
 * are too large for that, lie in stores of many types, where a word for each slot has
 * the type's number and how many there are.
 */
#ifndef _KSPAN_GC_TYPE_H
#define _KSPAN_GC_TYPE_H

#include <linux/kspan_gc.h>
#include <linux/types.h>

#include "base/sizeclass.h"

struct kspan_cache;
struct kspan_gc;

/* The largest object. */
#define KSPAN_GC_MAX_BYTES	((size_t)INT_MAX)

/* How the pointers of an object are found. */
enum kspan_gc_scan {
	KSPAN_GC_SCAN_NONE,
	KSPAN_GC_SCAN_OFFSETS,
	KSPAN_GC_SCAN_TRACE,
	KSPAN_GC_SCAN_WORDS,
};

/**
 * struct kspan_gc_type - a type
 * @gc: of which heap
 * @cache: its store is among the heap's typed caches; NULL if it has none
 * @size_bytes: of one
 * @scan: enum kspan_gc_scan; like @trace it changes when the module of that goes, under
 *	cycle_mutex
 * @number: among those of the heap
 * @trace: see struct kspan_gc_type_desc
 * @name: likewise
 * @nr_pointers: likewise
 * @pointers: likewise
 *
 * It stays as long as its heap.
 */
struct kspan_gc_type {
	struct kspan_gc		*gc;
	struct kspan_cache	*cache;
	size_t			size_bytes;
	unsigned int		scan;
	unsigned int		number;
	void			(*trace)(void *obj, struct kspan_gc_tracer *tracer);
	const char		*name;
	unsigned int		nr_pointers;
	u32			pointers[];
};

/* The word of a slot: number of the type, and of the elements. */
#define KSPAN_GC_INFO_SHIFT	48

static inline u64 kspan_gc_info(const struct kspan_gc_type *type, size_t nr)
{
	return (u64)type->number << KSPAN_GC_INFO_SHIFT | nr;
}

void kspan_gc_types_delete(struct kspan_gc *gc);
void kspan_gc_types_forget(struct kspan_gc *gc, const struct module *mod);

#endif /* _KSPAN_GC_TYPE_H */
