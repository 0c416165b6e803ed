/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sweeping: slots whose objects are dead are free again.
 */
#ifndef _KSPAN_GC_SWEEP_H
#define _KSPAN_GC_SWEEP_H

#include <linux/types.h>

struct kspan_gc;
struct kspan_span;

/**
 * struct kspan_swept - what a sweep has found
 * @marked_bytes: live
 * @freed_bytes: dead
 * @freed_objects: how many of these
 */
struct kspan_swept {
	u64	marked_bytes;
	u64	freed_bytes;
	u64	freed_objects;
};

bool kspan_sweep_claim(struct kspan_span *span, unsigned int index, void *slot);
void kspan_sweep_heap(struct kspan_gc *gc, struct kspan_swept *swept);

#endif /* _KSPAN_GC_SWEEP_H */
