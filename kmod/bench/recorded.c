// SPDX-License-Identifier: GPL-2.0
#include <linux/kspan.h>
#include <linux/slab.h>

#include "memory.h"
#include "recorded.h"
#include "trace.h"

/* Beyond a cache line no cache asks for more, but for pages of its own. */
enum { MAX_ALIGN_BYTES = 64 };

/* The alignment by which @cache's objects became slots; 0: there was more. */
static unsigned int align_of(const struct kspan_bench_cache *cache)
{
	unsigned int align = sizeof(void *);

	for (; align <= MAX_ALIGN_BYTES; align *= 2)
		if (ALIGN(cache->object_bytes, align) == cache->slot_bytes)
			return align;
	return 0;
}

static struct kmem_cache *make(const struct kspan_bench_cache *cache,
			       unsigned int number)
{
	unsigned int align = align_of(cache);
	u32 bytes = align ? cache->object_bytes : cache->slot_bytes;
	char name[32];

	snprintf(name, sizeof(name), "kspan_bench_trace-%u", number);
	/* A range for usercopy keeps the cache from being merged. */
	return kmem_cache_create_usercopy(name, bytes, align, 0, 0, bytes, NULL);
}

int bench_recorded_make(struct bench_recorded *recorded,
			const struct bench_trace *trace)
{
	u32 i;

	if (!trace->nr_caches)
		return 0;
	recorded->caches = bench_vmalloc(trace->nr_caches,
					 sizeof(*recorded->caches));
	if (!recorded->caches)
		return -ENOMEM;
	for (i = 0; i < trace->nr_caches; i++) {
		recorded->caches[i] = make(&trace->caches[i], i);
		if (!recorded->caches[i]) {
			bench_recorded_destroy(recorded);
			return -ENOMEM;
		}
		recorded->nr++;
	}
	return 0;
}

/*
 * Slots that were larger than size and alignment make them had something of the
 * kernel's own behind the object, which a typed cache has elsewhere.
 */
static struct kspan_cache *make_typed(const struct kspan_bench_cache *cache,
				      unsigned int number,
				      struct kspan_heap *heap)
{
	char name[32];

	snprintf(name, sizeof(name), "trace-%u", number);
	return kspan_cache_create(heap, name, cache->object_bytes,
				  align_of(cache), 0, NULL);
}

int bench_recorded_make_typed(struct bench_recorded *recorded,
			      const struct bench_trace *trace,
			      struct kspan_heap *heap)
{
	u32 i;

	if (!trace->nr_caches)
		return 0;
	recorded->typed = bench_vmalloc(trace->nr_caches,
					sizeof(*recorded->typed));
	if (!recorded->typed)
		return -ENOMEM;
	for (i = 0; i < trace->nr_caches; i++) {
		recorded->typed[i] = make_typed(&trace->caches[i], i, heap);
		if (!recorded->typed[i]) {
			bench_recorded_destroy(recorded);
			return -ENOMEM;
		}
	}
	return 0;
}

void bench_recorded_destroy(struct bench_recorded *recorded)
{
	vfree(recorded->typed);
	recorded->typed = NULL;
	while (recorded->nr)
		kmem_cache_destroy(recorded->caches[--recorded->nr]);
	vfree(recorded->caches);
	recorded->caches = NULL;
}

void bench_recorded_shrink(struct bench_recorded *recorded)
{
	u32 i;

	for (i = 0; i < recorded->nr; i++)
		kmem_cache_shrink(recorded->caches[i]);
}
