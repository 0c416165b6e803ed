// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/compat.h"
#include "base/fault.h"
#include "gc/gc.h"
#include "gc/type.h"
#include "heaps/typed.h"

enum {
	/* Larger single objects have spans of their own, or share those of arrays. */
	MAX_STORE_BYTES	= KSPAN_MAX_CLASS_BYTES,
	/* A heap's stores have numbers, too. */
	MAX_OWN_STORES	= 512,
	MOST_ALIGN_BYTES = 64,
};

static bool offsets_valid(const struct kspan_gc_type_desc *desc)
{
	unsigned int i;

	if (!desc->nr_pointers)
		return true;
	if (!desc->pointers || desc->size < sizeof(void *) ||
	    desc->nr_pointers > desc->size / sizeof(void *))
		return false;
	for (i = 0; i < desc->nr_pointers; i++) {
		if (desc->pointers[i] % sizeof(void *) ||
		    desc->pointers[i] > desc->size - sizeof(void *))
			return false;
	}
	/* Those of all elements of an array are aligned. */
	return !(desc->size % sizeof(void *));
}

static bool desc_valid(const struct kspan_gc_type_desc *desc)
{
	unsigned int nr_ways = !!desc->nr_pointers + !!desc->trace +
			       !!(desc->flags & KSPAN_GC_NOSCAN) +
			       !!(desc->flags & KSPAN_GC_CONSERVATIVE);

	return desc->name && desc->name[0] && desc->size &&
	       desc->size <= KSPAN_GC_MAX_BYTES &&
	       !(desc->flags & ~KSPAN_GC_TYPE_FLAGS) && nr_ways <= 1 &&
	       offsets_valid(desc);
}

static unsigned int scan_of(const struct kspan_gc_type_desc *desc)
{
	if (desc->flags & KSPAN_GC_CONSERVATIVE)
		return KSPAN_GC_SCAN_WORDS;
	if (desc->trace)
		return KSPAN_GC_SCAN_TRACE;
	return desc->nr_pointers ? KSPAN_GC_SCAN_OFFSETS : KSPAN_GC_SCAN_NONE;
}

static size_t type_bytes(const struct kspan_gc_type *type)
{
	return struct_size(type, pointers, type->nr_pointers) +
	       strlen(type->name) + 1;
}

/* A store for single objects; types may share a name, but stores do not. */
static struct kspan_cache *new_cache(struct kspan_gc *gc,
				     const struct kspan_gc_type *type)
{
	struct kspan_typed_spec spec = {
		.size_bytes	= type->size_bytes,
		/* What takes no more room. */
		.align_bytes	= min_t(size_t, MOST_ALIGN_BYTES,
					type->size_bytes & -type->size_bytes),
	};
	char name[KSPAN_NAME_BYTES + 8];

	snprintf(name, sizeof(name), "%.*s#%u", KSPAN_NAME_BYTES - 1,
		 type->name, type->number);
	spec.name = name;
	return kspan_typed_new(gc->heap, &spec);
}

static void type_free(struct kspan_gc_type *type)
{
	if (!type)
		return;
	kfree(type->name);
	kfree(type);
}

static struct kspan_gc_type *type_new(struct kspan_gc *gc,
				      const struct kspan_gc_type_desc *desc)
{
	struct kspan_gc_type *type;

	if (kspan_fault(KSPAN_FAULT_GC_TYPE, GFP_KERNEL))
		return NULL;
	type = kzalloc(struct_size(type, pointers, desc->nr_pointers),
		       GFP_KERNEL);
	if (!type)
		return NULL;
	type->gc = gc;
	type->size_bytes = desc->size;
	type->scan = scan_of(desc);
	type->trace = desc->trace;
	type->nr_pointers = desc->nr_pointers;
	if (desc->nr_pointers)
		memcpy(type->pointers, desc->pointers,
		       desc->nr_pointers * sizeof(*desc->pointers));
	type->name = kstrdup(desc->name, GFP_KERNEL);
	if (type->name)
		return type;
	kfree(type);
	return NULL;
}

/* By the holder of types_mutex. */
static int type_add(struct kspan_gc *gc, struct kspan_gc_type *type)
{
	if (gc->nr_types + 1 == KSPAN_GC_MAX_TYPES)
		return -ENOSPC;
	type->number = gc->nr_types + 1;
	if (type->size_bytes <= MAX_STORE_BYTES &&
	    gc->nr_types < MAX_OWN_STORES) {
		type->cache = new_cache(gc, type);
		if (!type->cache)
			return -ENOMEM;
		/* Nobody has allocated from it. */
		WRITE_ONCE(type->cache->store.type, type);
	}
	/* Markers find it by the number of an object of it. */
	smp_store_release(&gc->types[type->number], type);
	gc->nr_types++;
	kspan_account_metadata(&gc->heap->storage.source.account,
			       type_bytes(type));
	return 0;
}

/**
 * kspan_gc_type_register() - say what objects are like
 * @heap: a collected heap
 * @desc: what they are like; copied
 *
 * The type goes with the heap.
 *
 * Context: Process context; sleeps. Takes typed_mutex.
 * Return: the type; ERR_PTR: -EINVAL for a heap without KSPAN_HEAP_GC, a size that is 0
 * or too large, offsets that are not aligned or lie outside, several ways to find
 * pointers, or unknown flags; -ENOSPC for too many; -ENOMEM.
 */
const struct kspan_gc_type *
kspan_gc_type_register(struct kspan_heap *heap,
		       const struct kspan_gc_type_desc *desc)
{
	struct kspan_gc_type *type;
	struct kspan_gc *gc;
	int err;

	if (IS_ERR_OR_NULL(heap) || !heap->gc || !desc || !desc_valid(desc))
		return ERR_PTR(-EINVAL);
	gc = heap->gc;
	type = type_new(gc, desc);
	if (!type)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&gc->types_mutex);
	err = type_add(gc, type);
	mutex_unlock(&gc->types_mutex);
	if (!err)
		return type;
	type_free(type);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(kspan_gc_type_register);

/* The heap goes. */
void kspan_gc_types_delete(struct kspan_gc *gc)
{
	unsigned int i;

	if (!gc->types)
		return;
	for (i = 1; i <= gc->nr_types; i++)
		type_free(gc->types[i]);
	kvfree(gc->types);
}

/**
 * kspan_gc_types_forget() - a module goes, whose functions may be called no more
 * @gc: of any heap
 * @mod: the module
 *
 * What its types' functions would have told is found word by word from now on.
 *
 * Context: Process context; takes cycle_mutex.
 */
void kspan_gc_types_forget(struct kspan_gc *gc, const struct module *mod)
{
	unsigned int i;

	mutex_lock(&gc->cycle_mutex);
	mutex_lock(&gc->types_mutex);
	for (i = 1; i <= gc->nr_types; i++) {
		struct kspan_gc_type *type = gc->types[i];

		if (!type->trace ||
		    !within_module((unsigned long)type->trace, mod))
			continue;
		type->scan = KSPAN_GC_SCAN_WORDS;
		type->trace = NULL;
	}
	mutex_unlock(&gc->types_mutex);
	mutex_unlock(&gc->cycle_mutex);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gc_types_forget);
