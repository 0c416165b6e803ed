/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cycles: from the beginning of marking to the end of sweeping.
 */
#ifndef _KSPAN_GC_CYCLE_H
#define _KSPAN_GC_CYCLE_H

#include "gc/gc.h"

void kspan_cycle_init(struct kspan_gc *gc);
void kspan_cycle_begin_all(struct kspan_gc *gc);
void kspan_cycle_end_all(struct kspan_gc *gc);

#if IS_ENABLED(CONFIG_KUNIT)
void kspan_cycle_change_phase(struct kspan_gc *gc, enum kspan_gc_phase phase);
#endif

#endif /* _KSPAN_GC_CYCLE_H */
