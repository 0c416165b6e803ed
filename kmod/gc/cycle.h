/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cycles: from the beginning of marking to the end of sweeping.
 */
#ifndef _KSPAN_GC_CYCLE_H
#define _KSPAN_GC_CYCLE_H

#include <linux/types.h>

struct kspan_gc;

void kspan_cycle_init(struct kspan_gc *gc);
void kspan_cycle_begin_all(struct kspan_gc *gc);
void kspan_cycle_end_all(struct kspan_gc *gc);

#endif /* _KSPAN_GC_CYCLE_H */
