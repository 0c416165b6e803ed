/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Roots: slots outside of objects, known by the first of a range.
 *
 * They are read under gc->lock, a few at a time, so that who removes one knows that
 * nobody reads it any more.
 */
#ifndef _KSPAN_GC_ROOT_H
#define _KSPAN_GC_ROOT_H

#include <linux/types.h>

struct kspan_gc;
struct kspan_gc_tracer;

void kspan_roots_mark(struct kspan_gc *gc, struct kspan_gc_tracer *tracer);
bool kspan_root_holds(struct kspan_gc *gc, void **slot, const void *p);
void kspan_roots_delete(struct kspan_gc *gc);

#endif /* _KSPAN_GC_ROOT_H */
