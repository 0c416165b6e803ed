/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ranges: memory outside of a heap that is said to hold pointers to its objects, for who
 * looks for objects that nothing leads to. They are known by their start, and in order.
 *
 * They are read under the lock, a few words at a time, so that who removes one knows
 * that nobody reads it any more.
 */
#ifndef _KSPAN_RANGES_H
#define _KSPAN_RANGES_H

#include <linux/types.h>

struct kspan_heap;

/**
 * struct kspan_ranges_cursor - where a reader has come to; zero at first
 * @start: in this range
 * @nwords: so many of its words have been read
 */
struct kspan_ranges_cursor {
	unsigned long	start;
	size_t		nwords;
};

void kspan_ranges_init(struct kspan_heap *heap);
void kspan_ranges_delete(struct kspan_heap *heap);
bool kspan_ranges_any(struct kspan_heap *heap);
size_t kspan_ranges_read(struct kspan_heap *heap,
			 struct kspan_ranges_cursor *cursor,
			 unsigned long *words, size_t nwords);

#endif /* _KSPAN_RANGES_H */
