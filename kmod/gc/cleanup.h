/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cleanups: functions that run once an object is dead, in a work item of the heap, one
 * after the other.
 */
#ifndef _KSPAN_GC_CLEANUP_H
#define _KSPAN_GC_CLEANUP_H

struct kspan_gc;
struct module;

void kspan_cleanups_init(struct kspan_gc *gc);
void kspan_cleanups_forget(struct kspan_gc *gc, const struct module *mod);

#endif /* _KSPAN_GC_CLEANUP_H */
