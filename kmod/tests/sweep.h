/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An interrupt on every instruction.
 *
 * Where the clock counts instructions (QEMU's icount), a timer can be set to
 * interrupt a call at each of its instructions in turn. Whatever the interrupt has
 * met half-done must come out whole.
 */
#ifndef _KSPAN_TESTS_SWEEP_H
#define _KSPAN_TESTS_SWEEP_H

#include <linux/bitmap.h>
#include <linux/hrtimer.h>
#include <linux/types.h>

struct kunit;
struct sweep;

enum {
	SWEEP_MAX_OFFSET	= 1 << 12,
	/* Shots at one setting of the timer. */
	SWEEP_ROUND		= 32,
};

enum sweep_phase {
	SWEEP_BEFORE,
	SWEEP_INSIDE,
	SWEEP_AFTER,
};

/**
 * struct sweep_call - what is interrupted
 * @prepare: makes the conditions
 * @call: is interrupted
 * @finish: looks after what it has given, or NULL
 * @open: it never keeps interrupts off
 */
struct sweep_call {
	void	(*prepare)(struct sweep *sweep);
	void	(*call)(struct sweep *sweep);
	void	(*finish)(struct sweep *sweep);
	bool	open;
};

/**
 * struct sweep - one call, interrupted at each instruction
 * @interrupt: called in a hard interrupt
 * @call: the call
 * @timer: interrupts
 * @phase: where the call is
 * @hit: where it was when the timer fired
 * @fired: the timer has fired
 * @started: time when the call began
 * @shots: interrupts so far
 * @ninside: interrupts in the call
 * @offsets: how far into the call they came
 */
struct sweep {
	void			(*interrupt)(struct sweep *sweep);
	const struct sweep_call	*call;
	struct hrtimer		timer;
	enum sweep_phase	phase;
	enum sweep_phase	hit;
	bool			fired;
	u64			started;
	unsigned int		shots;
	unsigned int		ninside;
	DECLARE_BITMAP(offsets, SWEEP_MAX_OFFSET);
};

/* Whether the clock counts instructions. */
bool sweep_is_possible(void);

/* Interrupts a call at each of its instructions. @sweep is zero but for @interrupt. */
void sweep_run(struct kunit *test, struct sweep *sweep,
	       const struct sweep_call *call);

#endif /* _KSPAN_TESTS_SWEEP_H */
