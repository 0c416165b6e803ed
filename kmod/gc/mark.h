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

enum {
	/* Powers of two from 4 to 64 are as fast. */
	KSPAN_GC_LEADS	= 8,
};

/**
 * struct kspan_gc_lead - a pointer that has been read, and is followed later
 * @addr: where it leads; 0 if there is none
 * @slot: where it was read, as in the tracer
 */
struct kspan_gc_lead {
	unsigned long	addr;
	void		**slot;
};

/**
 * struct kspan_gc_tracer - who marks
 * @gc: of which heap
 * @page: grey objects of his own
 * @check: it is the second look, which the first must have left nothing to find
 * @slot: where the pointer was read that is looked at; NULL if that is not certain to
 *	be one
 * @leads: what is on its way into the cache; empty while he is not at work
 * @nr_leads: how many there have been since
 */
struct kspan_gc_tracer {
	struct kspan_gc		*gc;
	struct kspan_grey_page	*page;
	bool			check;
	void			**slot;
	struct kspan_gc_lead	leads[KSPAN_GC_LEADS];
	unsigned int		nr_leads;
};

void kspan_mark_reach(struct kspan_gc *gc, const void *p);
void kspan_mark_slot(struct kspan_gc_tracer *tracer, void **slot);
void kspan_mark_address(struct kspan_gc_tracer *tracer, unsigned long addr);
void kspan_mark_drain(struct kspan_gc *gc, struct kspan_gc_tracer *tracer);
bool kspan_mark_assist(struct kspan_gc *gc, size_t nbytes);
void kspan_mark_init(struct kspan_gc *gc);

#endif /* _KSPAN_GC_MARK_H */
