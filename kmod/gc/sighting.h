/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sightings: what zombie.c keeps of a heap.
 */
#ifndef _KSPAN_GC_SIGHTING_H
#define _KSPAN_GC_SIGHTING_H

#include <linux/atomic.h>
#include <linux/types.h>

enum {
	/* Of one cycle; more are not told of. */
	KSPAN_ZOMBIES_MOST	= 32,
};

/**
 * struct kspan_zombie - perhaps one
 * @slot: where the pointer was read
 * @addr: where it leads to
 */
struct kspan_zombie {
	void		**slot;
	unsigned long	addr;
};

/**
 * struct kspan_zombies - those of a cycle
 * @nr: how many were met, of which the first are in @seen
 * @told: the log knows that there is one
 * @seen: written by markers, each an entry of his own; read when nobody marks
 */
struct kspan_zombies {
	atomic_t		nr;
	bool			told;
	struct kspan_zombie	seen[KSPAN_ZOMBIES_MOST];
};

#endif /* _KSPAN_GC_SIGHTING_H */
