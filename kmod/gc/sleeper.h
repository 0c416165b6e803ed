/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sleepers: sections that may sleep.
 *
 * Such a section is a reader of the heap's own SRCU, which wants back at its end what it
 * gave at its beginning. That is kept here for each task.
 */
#ifndef _KSPAN_GC_SLEEPER_H
#define _KSPAN_GC_SLEEPER_H

#include <linux/types.h>

struct kspan_gc;

bool kspan_sleeper_nested(struct kspan_gc *gc);
void kspan_sleeper_begin(struct kspan_gc *gc);
bool kspan_sleeper_end(struct kspan_gc *gc);
bool kspan_sections_in(const struct kspan_gc *gc);
bool kspan_sections_may_wait(void);
void kspan_sections_wait(struct kspan_gc *gc, bool hurry);

#endif /* _KSPAN_GC_SLEEPER_H */
