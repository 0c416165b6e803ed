// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "gc/gc.h"
#include "gc/mark.h"
#include "gc/note.h"
#include "gc/object.h"

enum {
	/* Notes that are gone through while the lock is held. */
	BATCH_NOTES	= 32,
};

/* One to be used if the object has none; may be NULL. */
struct kspan_note *kspan_note_new(gfp_t gfp)
{
	struct kspan_note *note;

	if (kspan_fault(KSPAN_FAULT_GC_NOTE, gfp))
		return NULL;
	note = kzalloc(sizeof(*note), gfp);
	if (note) {
		INIT_LIST_HEAD(&note->weaks);
		INIT_LIST_HEAD(&note->cleanups);
	}
	return note;
}

/* By the holder of gc->lock, as all that follow. */
struct kspan_note *kspan_note_find(struct kspan_gc *gc, unsigned long start)
{
	struct kspan_note *note = kspan_note_from(gc, start);

	return note && note->start == start ? note : NULL;
}

/* The first one whose object starts at @from or above. */
struct kspan_note *kspan_note_from(struct kspan_gc *gc, unsigned long from)
{
	struct rb_node *node = gc->notes.rb_node;
	struct kspan_note *best = NULL;

	while (node) {
		struct kspan_note *note = rb_entry(node, struct kspan_note,
						   node);

		if (from <= note->start) {
			best = note;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

static bool precedes(struct rb_node *node, const struct rb_node *parent)
{
	return rb_entry(node, struct kspan_note, node)->start <
	       rb_entry(parent, struct kspan_note, node)->start;
}

/**
 * kspan_note_get() - the note of an object
 * @gc: of which heap
 * @start: the object
 * @new: one to take if there is none; NULL then
 *
 * Return: the note; NULL if there is none, and no new one.
 */
struct kspan_note *kspan_note_get(struct kspan_gc *gc, unsigned long start,
				  struct kspan_note **new)
{
	struct kspan_note *note = kspan_note_find(gc, start);

	if (note || !*new)
		return note;
	note = *new;
	*new = NULL;
	note->start = start;
	rb_add(&note->node, &gc->notes, precedes);
	return note;
}

/* Something has gone from a note, which may have been the last. */
void kspan_note_put(struct kspan_gc *gc, struct kspan_note *note)
{
	if (note->pins || !list_empty(&note->weaks) ||
	    !list_empty(&note->cleanups))
		return;
	rb_erase(&note->node, &gc->notes);
	kfree(note);
}

/**
 * kspan_note_kill() - an object is dead
 * @gc: of which heap
 * @note: its note; goes
 *
 * Return: whether cleanups are due now.
 */
bool kspan_note_kill(struct kspan_gc *gc, struct kspan_note *note)
{
	bool due = !list_empty(&note->cleanups);
	struct kspan_gc_weak *weak;
	struct kspan_gc_weak *next;

	list_for_each_entry_safe(weak, next, &note->weaks, link) {
		list_move(&weak->link, &gc->lone_weaks);
		weak->note = NULL;
		WRITE_ONCE(weak->p, NULL);
	}
	list_splice_tail_init(&note->cleanups, &gc->due);
	rb_erase(&note->node, &gc->notes);
	kfree(note);
	return due;
}

static bool is_dead(struct kspan_gc *gc, const struct kspan_note *note)
{
	struct kspan_gc_object obj;

	return !kspan_gc_find(gc, note->start, &obj) ||
	       !kspan_gc_is_reached(&obj);
}

typedef void (*note_fn)(struct kspan_gc *gc, struct kspan_note *note, void *arg);

/* All notes, a few at a time; @fn is called with the lock held, and may kill its own. */
static void walk_notes(struct kspan_gc *gc, note_fn fn, void *arg)
{
	unsigned long from = 0;
	struct kspan_note *note;
	unsigned long flags;

	do {
		unsigned int i;

		rcu_read_lock();
		spin_lock_irqsave(&gc->lock, flags);
		for (i = 0; i < BATCH_NOTES; i++) {
			note = kspan_note_from(gc, from);
			if (!note)
				break;
			from = note->start + 1;
			fn(gc, note, arg);
		}
		spin_unlock_irqrestore(&gc->lock, flags);
		rcu_read_unlock();
		/* What has become grey takes room. */
		if (kspan_gc_phase(gc) == KSPAN_GC_MARK)
			kspan_grey_provide(&gc->grey, 2);
		cond_resched();
	} while (note);
}

/**
 * struct settling - what becomes of notes
 * @all: the heap goes, and every object with it
 * @due: some cleanups are due
 */
struct settling {
	bool	all;
	bool	due;
};

static void settle(struct kspan_gc *gc, struct kspan_note *note, void *arg)
{
	struct settling *settling = arg;

	if (settling->all || is_dead(gc, note))
		settling->due |= kspan_note_kill(gc, note);
}

/**
 * kspan_notes_settle() - kill the objects that are dead, as far as notes know them
 * @gc: of which heap
 * @all: all of them, as the heap goes
 *
 * Context: Process context; may sleep. Marking has ended.
 */
void kspan_notes_settle(struct kspan_gc *gc, bool all)
{
	struct settling settling = { .all = all };

	walk_notes(gc, settle, &settling);
	if (settling.due)
		kspan_gc_kick_cleanups(gc);
}

/* The heap goes, and with it what its users have left. */
void kspan_notes_delete(struct kspan_gc *gc)
{
	struct kspan_gc_weak *weak;
	struct kspan_gc_weak *next;

	list_for_each_entry_safe(weak, next, &gc->lone_weaks, link)
		kfree(weak);
}

static void mark_pinned(struct kspan_gc *gc, struct kspan_note *note, void *arg)
{
	struct kspan_gc_tracer *tracer = arg;

	tracer->slot = NULL;
	if (note->pins)
		kspan_mark_address(tracer, note->start);
}

/* Objects that are pinned are roots. Process context; may sleep. */
void kspan_notes_mark_pins(struct kspan_gc *gc, struct kspan_gc_tracer *tracer)
{
	walk_notes(gc, mark_pinned, tracer);
}
