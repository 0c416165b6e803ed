/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arenas: which page of the direct map is whose.
 *
 * An arena is a 64 MB window of the direct map, 16 chunks of 4 MB. A chunk in
 * which any heap has pages has a leaf: for each 8 KB page a row (what a free
 * needs) and a tag (the span, or whose page it is). Several heaps may have
 * pages in one chunk, and so may the rest of the kernel: ownership is per page.
 *
 * Lookups take no lock. They run with preemption off or under RCU, and all that
 * they read (map, leaves, rows, spans) is freed only after a grace period.
 * Chunks that no heap has pages in share a dummy leaf of foreign rows, so that
 * a lookup in the direct map tests for nothing.
 */
#ifndef _KSPAN_ARENA_H
#define _KSPAN_ARENA_H

#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "base/age.h"
#include "base/row.h"
#include "base/units.h"

struct kspan_span;

/**
 * struct kspan_map - the leaves of all chunks of the direct map
 * @first_chunk: number (address >> KSPAN_CHUNK_SHIFT) of the first chunk
 * @nr_chunks: entries of @rows and @leaves
 * @leaves: the leaf of each chunk, NULL where there is none
 * @rows: for each chunk where its rows would start if they began at address 0,
 *	so that they are indexed by the page number of an address as it is. The
 *	tags follow the rows
 *
 * Published in kspan_map; entries are written under map_lock.
 */
struct kspan_map {
	unsigned long		first_chunk;
	unsigned long		nr_chunks;
	struct kspan_leaf	**leaves;
	unsigned long		rows[];
};

extern struct kspan_map *kspan_map;
extern const struct kspan_row kspan_row_foreign;
extern const struct kspan_row kspan_row_free;
extern const struct kspan_row kspan_row_released;

/*
 * The row of an address in the chunk that is number @chunk of @map.
 *
 * Plain loads: a row is published complete, and one that has just been replaced
 * is as good as the new one was a moment ago.
 */
static __always_inline const struct kspan_row *
kspan_map_row(const struct kspan_map *map, unsigned long chunk,
	      unsigned long addr)
{
	/* Races with a chunk's first page or last; see above. */
	const struct kspan_row **rows = (void *)data_race(map->rows[chunk]);

	/* Races with spans that come and go; see above. */
	return data_race(rows[kspan_page_number(addr)]);
}

/* The tag of an address in the chunk that is number @chunk of @map. */
static __always_inline unsigned long kspan_map_tag(const struct kspan_map *map,
						   unsigned long chunk,
						   unsigned long addr)
{
	/* Races with a chunk's first page or last; either table will do. */
	const unsigned long *tags = (void *)data_race(map->rows[chunk]);
	unsigned long tag;

	/* Races with spans that come and go; see kspan_map_row(). */
	tag = data_race(tags[kspan_page_number(addr) + KSPAN_CHUNK_PAGES]);
	/* Pairs with kspan_arena_publish(). */
	smp_rmb();
	return tag;
}

/*
 * A tag is the span a page belongs to, or, with bit 0 set, the id of the heap
 * whose free or released page it is, and in the upper half since when; id 0 is
 * nobody's.
 */
#define KSPAN_TAG_NO_SPAN	1UL
#define KSPAN_TAG_NOBODY	KSPAN_TAG_NO_SPAN
#define KSPAN_TAG_SINCE_SHIFT	32

static inline struct kspan_span *kspan_tag_span(unsigned long tag)
{
	return tag & KSPAN_TAG_NO_SPAN ? NULL : (struct kspan_span *)tag;
}

static inline unsigned long kspan_tag_of_heap(u32 heap_id)
{
	return (unsigned long)kspan_moment() << KSPAN_TAG_SINCE_SHIFT |
	       (unsigned long)heap_id << 1 | KSPAN_TAG_NO_SPAN;
}

static inline u32 kspan_tag_heap_id(unsigned long tag)
{
	return tag & KSPAN_TAG_NO_SPAN ? (u32)tag >> 1 : 0;
}

/* The moment from which on a page has been free; see age.h. */
static inline u32 kspan_tag_since(unsigned long tag)
{
	return tag >> KSPAN_TAG_SINCE_SHIFT;
}

int kspan_arena_init(void);
void kspan_arena_exit(void);
int kspan_arena_add(unsigned long addr, unsigned int npages, u32 heap_id,
		    gfp_t gfp);
void kspan_arena_release(unsigned long addr, unsigned int npages, u32 heap_id);
void kspan_arena_publish(unsigned long addr, unsigned int npages,
			 const struct kspan_span *span,
			 const struct kspan_row *rows, unsigned int nrows);
void kspan_arena_unpublish(unsigned long addr, unsigned int npages,
			   u32 heap_id);
const struct kspan_row *kspan_arena_row(unsigned long addr);
unsigned long kspan_arena_tag(unsigned long addr);
unsigned long kspan_arena_number(unsigned long addr);

#if IS_ENABLED(CONFIG_KUNIT)
int kspan_map_extend(unsigned long end);
#endif

#endif /* _KSPAN_ARENA_H */
