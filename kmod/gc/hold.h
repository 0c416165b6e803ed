/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hold up: mutators wait, or do the collector's work, between their sections.
 */
#ifndef _KSPAN_GC_HOLD_H
#define _KSPAN_GC_HOLD_H

struct kspan_gc;

void kspan_hold_up(struct kspan_gc *gc);

#endif /* _KSPAN_GC_HOLD_H */
