/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tempo: what pace.c keeps of a heap.
 */
#ifndef _KSPAN_GC_TEMPO_H
#define _KSPAN_GC_TEMPO_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/types.h>

struct shrinker;

/* What is asked of mutators. */
enum kspan_press {
	KSPAN_PRESS_NONE,
	/* To mark for a moment. */
	KSPAN_PRESS_ASSIST,
	/* To wait until a cycle is complete. */
	KSPAN_PRESS_WAIT,
};

/**
 * struct kspan_tempo - when a heap's cycles begin
 * @percent: gc_percent, or KSPAN_GC_OFF
 * @min_bytes: gc_min_bytes
 * @goal_bytes: live bytes at which a cycle is to be complete
 * @trigger_bytes: live bytes at which it begins
 * @press: enum kspan_press
 * @wait_for: completed cycles that KSPAN_PRESS_WAIT waits for
 * @starved: an allocation has failed, for which KSPAN_PRESS_WAIT waits
 * @urgent: the cycle takes all the CPU that it can use
 * @debt: per CPU: bytes that it has refilled since live bytes were counted
 * @owed: per CPU: bytes that it has refilled since mutators are pressed, and for which
 *	nobody has done anything yet
 * @share_from: when what follows began, in ns
 * @share_ns: CPU time that the collector has taken since
 * @shrinker: starts a cycle when the kernel is short of memory
 */
struct kspan_tempo {
	unsigned int		percent;
	size_t			min_bytes;
	u64			goal_bytes;
	u64			trigger_bytes;
	unsigned int		press;
	unsigned long		wait_for;
	bool			starved;
	bool			urgent;
	unsigned long __percpu	*debt;
	unsigned long __percpu	*owed;
	u64			share_from;
	atomic64_t		share_ns;
	struct shrinker		*shrinker;
};

#endif /* _KSPAN_GC_TEMPO_H */
