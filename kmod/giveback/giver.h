/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Givers: what this floor knows of a heap, which is to give memory back, and how
 * it comes by all of them.
 */
#ifndef _KSPAN_GIVER_H
#define _KSPAN_GIVER_H

#include "spans/storage.h"

struct kspan_drain;
struct kspan_idle;
struct kspan_ticket;
struct shrinker;

/**
 * struct kspan_giver - a heap that gives memory back
 * @storage: what it has; constant
 * @shrinker: tells of memory pressure
 * @ticket: lets that of its cgroup reach it; NULL if it has none
 * @idle: what the scavenger has seen of the caches
 * @drains: asks CPUs for what they have cached
 * @ticked: jiffies of the scavenger's last tick
 * @limited: jiffies at which caches were drained for a limit
 * @relieved: jiffies at which depots were emptied for an allocation that failed
 * @recalled: jiffies at which magazines were emptied for one that failed all the same
 * @squeeze: the scavenger is to drain the caches
 * @squeeze_asked: jiffies at which somebody has asked for that
 */
struct kspan_giver {
	struct kspan_storage	*storage;
	struct shrinker		*shrinker;
	struct kspan_ticket	*ticket;
	struct kspan_idle	*idle;
	struct kspan_drain __percpu *drains;
	unsigned long		ticked;
	unsigned long		limited;
	unsigned long		relieved;
	unsigned long		recalled;
	bool			squeeze;
	unsigned long		squeeze_asked;
};

typedef int (*kspan_giver_fn)(struct kspan_giver *giver, void *arg);

/*
 * Calls a function with the giver of every heap, each of which stays meanwhile;
 * ends at the first value other than 0, which it returns. May sleep.
 */
typedef int (*kspan_giver_walk)(kspan_giver_fn fn, void *arg);

void kspan_giver_set_walk(kspan_giver_walk walk);
int kspan_giver_for_each(kspan_giver_fn fn, void *arg);
void kspan_giver_init(struct kspan_giver *giver, struct kspan_storage *storage);

#endif /* _KSPAN_GIVER_H */
