/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Idle caches: what magazines, depots and central lists hold though nobody has
 * asked for it during the last ticks goes back.
 *
 * Nothing on the fast paths helps with this: a tick compares the counters that
 * are there with those it remembers.
 */
#ifndef _KSPAN_IDLE_H
#define _KSPAN_IDLE_H

#include <linux/types.h>

struct kspan_giver;

enum {
	/* Ticks, of about a second, without use after which a cache is idle. */
	KSPAN_IDLE_TICKS = 3,
};

/**
 * struct kspan_idle_mag - what was seen of a magazine
 * @state: what any of its operations changes
 * @ticks: how often in a row it was the same
 */
struct kspan_idle_mag {
	u32	state;
	u32	ticks;
};

/**
 * struct kspan_idle_central - what was seen of a central list
 * @moves: the count of batches and single slots that came and went
 * @ticks: how often in a row it was the same
 */
struct kspan_idle_central {
	u64	moves;
	u32	ticks;
};

/**
 * struct kspan_idle - what was seen of the caches of a heap, or of a typed cache
 * @ticks: ticks so far; shelves and depots are looked at every few of them
 * @nr_stores: size classes of a heap; 1 of a typed cache
 * @centrals: for each store, those of all nodes
 * @mags: for each CPU, those of all stores
 */
struct kspan_idle {
	unsigned int			ticks;
	unsigned int			nr_stores;
	struct kspan_idle_central	*centrals;
	struct kspan_idle_mag		mags[];
};

struct kspan_idle *kspan_idle_new(unsigned int nr_stores);
void kspan_idle_delete(struct kspan_idle *idle);
size_t kspan_idle_bytes(unsigned int nr_stores);
bool kspan_idle_tick(struct kspan_giver *giver, u64 *waited_ns);

#endif /* _KSPAN_IDLE_H */
