/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Leftovers: what a heap with KSPAN_HEAP_WARN_LIVE still holds when it is
 * destroyed.
 */
#ifndef _KSPAN_LEFTOVERS_H
#define _KSPAN_LEFTOVERS_H

#include <linux/types.h>

struct kspan_heap;

/**
 * struct kspan_leftovers - the last report, for tests
 * @objects: that were live
 * @bytes: their slots and pages
 * @nlines: kinds of objects told one by one
 * @total: reports so far
 */
struct kspan_leftovers {
	u64		objects;
	u64		bytes;
	unsigned int	nlines;
	unsigned long	total;
};

extern struct kspan_leftovers kspan_last_leftovers;

void kspan_leftovers_tell(struct kspan_heap *heap);

#endif /* _KSPAN_LEFTOVERS_H */
