// SPDX-License-Identifier: GPL-2.0
#include "base/compat.h"
#include "base/goal.h"

/* The most pages in use of late. */
unsigned long kspan_goal_recent(const struct kspan_goal *goal)
{
	unsigned long recent = 0;
	unsigned int i;

	for (i = 0; i < KSPAN_GOAL_TICKS; i++) {
		if (goal->peaks[i] > recent)
			recent = goal->peaks[i];
	}
	return recent;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_goal_recent);

/**
 * kspan_goal_tick() - a second has passed
 * @goal: the goal
 * @peak_pages: the most pages in use in it
 */
void kspan_goal_tick(struct kspan_goal *goal, unsigned long peak_pages)
{
	unsigned long recent;

	goal->peaks[goal->next] = peak_pages;
	goal->next = (goal->next + 1) % KSPAN_GOAL_TICKS;
	recent = kspan_goal_recent(goal);
	if (goal->need > recent)
		goal->need = recent + ((goal->need - recent) >>
				       KSPAN_GOAL_DECAY_SHIFT);
	else
		goal->need = recent;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_goal_tick);

static unsigned long less(unsigned long npages, unsigned long by)
{
	return npages > by ? npages - by : 0;
}

/**
 * kspan_goal_forget() - pages were in use, but by nobody
 * @goal: the goal
 * @npages: pages that came back when idle caches were drained
 */
void kspan_goal_forget(struct kspan_goal *goal, unsigned long npages)
{
	unsigned int i;

	for (i = 0; i < KSPAN_GOAL_TICKS; i++)
		goal->peaks[i] = less(goal->peaks[i], npages);
	goal->need = less(goal->need, npages);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_goal_forget);

static unsigned long keep_pages(unsigned long need)
{
	return need + need * KSPAN_GOAL_PERCENT / 100 + KSPAN_GOAL_LEAST_PAGES;
}

/* How many fresh pages are just ahead of a need, as growth takes them. */
unsigned long kspan_goal_ahead(unsigned long need)
{
	return (keep_pages(need) >> KSPAN_GOAL_AHEAD_SHIFT) +
	       KSPAN_GOAL_LEAST_PAGES;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_goal_ahead);

/**
 * kspan_goal_surplus() - how many pages are more than enough
 * @need: pages that are needed
 * @owned_pages: pages there are
 * @fresh_pages: of these, those that were never handed out
 *
 * Fresh pages do not count, as far as they are ahead of the need.
 */
unsigned long kspan_goal_surplus(unsigned long need, unsigned long owned_pages,
				 unsigned long fresh_pages)
{
	unsigned long ahead = kspan_goal_ahead(need);

	if (fresh_pages < ahead)
		ahead = fresh_pages;
	return less(owned_pages, keep_pages(need) + ahead);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_goal_surplus);

/**
 * kspan_pace_fill() - time has passed
 * @pace: what may be spent
 * @now_ns: a clock's time
 */
void kspan_pace_fill(struct kspan_pace *pace, u64 now_ns)
{
	u64 elapsed_ns = now_ns - pace->filled_ns;

	pace->filled_ns = now_ns;
	pace->left_ns += elapsed_ns / KSPAN_PACE_PARTS;
	if (pace->left_ns > KSPAN_PACE_BURST_NS)
		pace->left_ns = KSPAN_PACE_BURST_NS;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pace_fill);

/**
 * kspan_pace_charge() - time has been spent
 * @pace: what may be spent
 * @spent_ns: how much
 * @bounded: on what has to do with what there is
 */
void kspan_pace_charge(struct kspan_pace *pace, u64 spent_ns, bool bounded)
{
	pace->spent_ns += spent_ns;
	if (!bounded)
		return;
	pace->left_ns -= spent_ns;
	if (pace->left_ns < -KSPAN_PACE_DEBT_NS)
		pace->left_ns = -KSPAN_PACE_DEBT_NS;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pace_charge);

/* The time since it was last accounted for has been spent. */
void kspan_pace_spend(struct kspan_pace *pace, u64 now_ns, bool bounded)
{
	kspan_pace_charge(pace, now_ns - pace->since_ns, bounded);
	pace->since_ns = now_ns;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pace_spend);
