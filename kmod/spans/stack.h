/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stacks: what kspan keeps of one beside what its users see.
 */
#ifndef _KSPAN_STACK_H
#define _KSPAN_STACK_H

#include <linux/llist.h>

#include "spans/bump.h"

enum {
	/* Stacks that wait on a CPU to be borrowed, at most. */
	KSPAN_IDLE_STACKS	= 4,
};

/**
 * struct kspan_idle_stacks - those of one heap that wait on one CPU
 * @slots: each a stack or NULL. The first holds only such as need not be looked at
 * @gets: stacks borrowed from @slots
 * @puts: stacks put there
 *
 * Interrupts use them as tasks do: each slot is emptied and filled by one operation
 * of its CPU. No other CPU touches them, but when that one is dead.
 */
struct kspan_idle_stacks {
	struct kspan_stack	*slots[KSPAN_IDLE_STACKS];
	u64			gets;
	u64			puts;
};

/**
 * struct kspan_stack_body - a stack
 * @owner: of its span; first, as both are freed as one
 * @stack: what its users see
 * @top: its end
 * @lowest: nothing is handed out below
 * @deferred: among those that are to be given back when that is possible
 * @lent: it is borrowed, and goes to a CPU's cache; constant
 */
struct kspan_stack_body {
	struct kspan_bump_owner	owner;
	struct kspan_stack	stack;
	unsigned long		top;
	unsigned long		lowest;
	struct llist_node	deferred;
	bool			lent;
};

static_assert(!offsetof(struct kspan_stack_body, owner));

static inline struct kspan_stack_body *kspan_stack_body(struct kspan_stack *stack)
{
	return container_of(stack, struct kspan_stack_body, stack);
}

/* Frees a stack; @nobjs as for kspan_bump_shrink(). Any context but NMI. */
static inline void kspan_stack_free(struct kspan_stack_body *body,
				    unsigned int nobjs)
{
	kspan_bump_shrink(&body->owner, kspan_bump_head(&body->owner), nobjs);
	kspan_bump_owner_free(&body->owner);
}

#endif /* _KSPAN_STACK_H */
