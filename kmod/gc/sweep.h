/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sweeping: slots whose objects are dead are free again.
 */
#ifndef _KSPAN_GC_SWEEP_H
#define _KSPAN_GC_SWEEP_H

#include "gc/swept.h"

struct kspan_gc;
struct kspan_span;
struct kspan_store;

bool kspan_sweep_claim(struct kspan_span *span, unsigned int index, void *slot);
bool kspan_sweep_some(struct kspan_store *store, int nid);
void kspan_sweep_open(struct kspan_gc *gc);
void kspan_sweep_spans(struct kspan_gc *gc, struct kspan_swept *swept);
void kspan_sweep_close(struct kspan_gc *gc, struct kspan_swept *swept);
void kspan_sweep_heap(struct kspan_gc *gc, struct kspan_swept *swept);

#endif /* _KSPAN_GC_SWEEP_H */
