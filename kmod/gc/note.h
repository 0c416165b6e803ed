/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notes: what is known of single objects besides, of which few have any.
 *
 * A note has an object's pins, its weak references and its cleanups. It is found by
 * the object's start, and goes when it has nothing left, or when the object dies: then
 * weak references lead to nothing and cleanups are due. That is done for all notes at
 * once when marking ends, before any slot is swept.
 */
#ifndef _KSPAN_GC_NOTE_H
#define _KSPAN_GC_NOTE_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

struct kspan_gc;
struct kspan_gc_tracer;

/**
 * struct kspan_note - a note
 * @node: among the heap's
 * @start: the object
 * @pins: how often it is pinned
 * @weaks: struct kspan_gc_weak
 * @cleanups: struct kspan_gc_cleanup
 *
 * Guarded by gc->lock.
 */
struct kspan_note {
	struct rb_node		node;
	unsigned long		start;
	unsigned long		pins;
	struct list_head	weaks;
	struct list_head	cleanups;
};

/**
 * struct kspan_gc_weak - a weak reference
 * @link: in its note, or among those whose object is dead
 * @gc: of which heap
 * @note: of its object; NULL when that is dead
 * @p: the address that was given; likewise
 */
struct kspan_gc_weak {
	struct list_head	link;
	struct kspan_gc		*gc;
	struct kspan_note	*note;
	void			*p;
};

/**
 * struct kspan_gc_cleanup - what is to be done when an object is dead
 * @link: in its note, or among those that are due
 * @fn: does it
 * @arg: its argument
 */
struct kspan_gc_cleanup {
	struct list_head	link;
	void			(*fn)(void *arg);
	void			*arg;
};

struct kspan_note *kspan_note_new(gfp_t gfp);
struct kspan_note *kspan_note_find(struct kspan_gc *gc, unsigned long start);
struct kspan_note *kspan_note_from(struct kspan_gc *gc, unsigned long from);
struct kspan_note *kspan_note_get(struct kspan_gc *gc, unsigned long start,
				  struct kspan_note **new);
void kspan_note_put(struct kspan_gc *gc, struct kspan_note *note);
bool kspan_note_kill(struct kspan_gc *gc, struct kspan_note *note);
void kspan_notes_settle(struct kspan_gc *gc, bool all);
void kspan_notes_delete(struct kspan_gc *gc);
void kspan_notes_mark_pins(struct kspan_gc *gc, struct kspan_gc_tracer *tracer);

#endif /* _KSPAN_GC_NOTE_H */
