/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Goal: how many pages a page heap should keep, and how much time may be spent
 * on giving back the others. Pure: plain numbers.
 */
#ifndef _KSPAN_GOAL_H
#define _KSPAN_GOAL_H

#include <linux/types.h>

#include "base/sizeclass.h"

enum {
	/* Ticks, of about a second, in which a peak is not forgotten. */
	KSPAN_GOAL_TICKS	= 5,
	/* What the need was too high shrinks to a quarter with each further. */
	KSPAN_GOAL_DECAY_SHIFT	= 2,
	/* Kept beyond the need: a tenth of it, and so much. */
	KSPAN_GOAL_PERCENT	= 10,
	KSPAN_GOAL_LEAST_PAGES	= (64 << 10) / KSPAN_PAGE_BYTES,
	/* Growth takes less than such a part ahead of need: an eighth. */
	KSPAN_GOAL_AHEAD_SHIFT	= 3,
};

/**
 * struct kspan_goal - what a page heap needed lately
 * @peaks: the most pages in use, of each of the last ticks
 * @next: where the next peak goes
 * @need: the pages it is thought to need: the greatest of the peaks, or more
 *	for a while after a greater one has been forgotten
 */
struct kspan_goal {
	unsigned long	peaks[KSPAN_GOAL_TICKS];
	unsigned int	next;
	unsigned long	need;
};

void kspan_goal_tick(struct kspan_goal *goal, unsigned long peak_pages);
void kspan_goal_forget(struct kspan_goal *goal, unsigned long npages);
unsigned long kspan_goal_recent(const struct kspan_goal *goal);
unsigned long kspan_goal_ahead(unsigned long need);
unsigned long kspan_goal_surplus(unsigned long need, unsigned long owned_pages,
				 unsigned long fresh_pages);

enum {
	/* Of each second. */
	KSPAN_PACE_NS		= 10 * 1000 * 1000,
	/* Saved up at most: as much. */
	KSPAN_PACE_BURST_NS	= KSPAN_PACE_NS,
	/* Owed at most: time that went to others may have been counted. */
	KSPAN_PACE_DEBT_NS	= KSPAN_PACE_NS,
	KSPAN_PACE_PARTS	= 100,
};

/**
 * struct kspan_pace - a hundredth of the time of one CPU
 * @filled_ns: when @left_ns was last added to
 * @left_ns: what may be spent; negative if more was
 * @since_ns: until when time has been accounted for
 * @spent_ns: all that was spent, on what is bounded and on what is not
 */
struct kspan_pace {
	u64	filled_ns;
	s64	left_ns;
	u64	since_ns;
	u64	spent_ns;
};

void kspan_pace_fill(struct kspan_pace *pace, u64 now_ns);
void kspan_pace_charge(struct kspan_pace *pace, u64 spent_ns, bool bounded);
void kspan_pace_spend(struct kspan_pace *pace, u64 now_ns, bool bounded);

#endif /* _KSPAN_GOAL_H */
