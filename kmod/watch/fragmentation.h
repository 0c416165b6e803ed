/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fragmentation: where the memory is that a heap holds and nobody uses, for how
 * long it has been so, and how full spans are. Reads only.
 */
#ifndef _KSPAN_FRAGMENTATION_H
#define _KSPAN_FRAGMENTATION_H

#include <linux/types.h>

#include "base/age.h"
#include "base/sizeclass.h"

struct dentry;
struct kspan_heap;
struct kspan_source;

enum {
	/* No slot out, below 25, 50, 75 and 100 percent of them, and all. */
	KSPAN_NR_FULLNESS	= 6,
};

/**
 * struct kspan_survey - what a walk over a heap's chunks has found
 * @free_pages: free pages by age
 * @span_pages: pages of spans by the age of the span
 * @spans: spans by age
 * @free_runs: runs of free pages; none crosses a chunk's border
 * @longest_free_run_pages: the longest of them
 * @free_halves: halves of chunks, 2 MB each, that are free pages altogether
 * @free_chunks: chunks, 4 MB each, that are so
 * @nr_stores: length of @fullness
 * @fullness: spans of each store by the share of their slots that are out
 */
struct kspan_survey {
	u64	free_pages[KSPAN_NR_AGES];
	u64	span_pages[KSPAN_NR_AGES];
	u64	spans[KSPAN_NR_AGES];
	u64	free_runs;
	u64	longest_free_run_pages;
	u64	free_halves;
	u64	free_chunks;
	unsigned int nr_stores;
	u64	fullness[][KSPAN_NR_FULLNESS];
};

struct kspan_survey *kspan_survey_new(struct kspan_heap *heap);
void kspan_fragmentation_look(struct kspan_source *source);
void kspan_fragmentation_add(struct kspan_heap *heap, struct dentry *dir);

#endif /* _KSPAN_FRAGMENTATION_H */
