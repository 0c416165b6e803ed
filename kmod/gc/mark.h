/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marking: from what is reached to all that it leads to.
 */
#ifndef _KSPAN_GC_MARK_H
#define _KSPAN_GC_MARK_H

#include <linux/types.h>

struct kspan_gc;
struct kspan_gc_object;
struct kspan_grey_page;

/**
 * struct kspan_gc_tracer - who marks
 * @gc: of which heap
 * @page: grey objects of his own
 * @check: it is the second look, which the first must have left nothing to find
 * @slot: where the pointer was read that is looked at; NULL if that is not certain to
 *	be one
 */
struct kspan_gc_tracer {
	struct kspan_gc		*gc;
	struct kspan_grey_page	*page;
	bool			check;
	void			**slot;
};

void kspan_mark_reach(struct kspan_gc *gc, const void *p);
void kspan_mark_slot(struct kspan_gc_tracer *tracer, void **slot);
void kspan_mark_address(struct kspan_gc_tracer *tracer, unsigned long addr);
void kspan_mark_drain(struct kspan_gc *gc, struct kspan_gc_tracer *tracer);
bool kspan_mark_assist(struct kspan_gc *gc, size_t nbytes);
void kspan_mark_init(struct kspan_gc *gc);

#endif /* _KSPAN_GC_MARK_H */
