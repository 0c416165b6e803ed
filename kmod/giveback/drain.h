/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drain: CPU caches and depots give back what they hold, when they are told to
 * and when a CPU goes.
 *
 * A CPU empties its own cache, in a work item. It may not come to that: a
 * real-time task that never sleeps keeps all work items of its CPU waiting. So
 * nobody waits for a CPU for long, and no lock is held meanwhile. Each heap asks
 * by work items of its own, and takes back at its end what no CPU has begun.
 */
#ifndef _KSPAN_DRAIN_H
#define _KSPAN_DRAIN_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/jiffies.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "base/sizeclass.h"

struct kspan_giver;
struct kspan_storage;
struct kspan_store;

enum {
	/* How long somebody waits who has asked for a drain. */
	KSPAN_DRAIN_PATIENCE	= 5 * HZ,
};

/**
 * struct kspan_drain - what a heap asks of a CPU
 * @work: does it
 * @giver: the heap
 * @cpu: the CPU; constant, as the others
 * @asked: requests so far
 * @done: how many of them are done
 * @background: the scavenger asks, whose time it is
 * @classes: stores whose magazines are to be emptied; that of large objects, which has
 *	none, stands for idle stacks
 */
struct kspan_drain {
	struct work_struct	work;
	struct kspan_giver	*giver;
	unsigned int		cpu;
	atomic_t		asked;
	int			done;
	bool			background;
	DECLARE_BITMAP(classes, KSPAN_MAX_STORES);
};

/*
 * Sets the bits of the stores whose magazines a CPU is to empty, if any; in a walk of
 * stores.h.
 */
typedef bool (*kspan_drain_choice)(struct kspan_storage *storage, unsigned int cpu,
				   unsigned long *classes, void *arg);

struct kspan_drain __percpu *kspan_drains_new(struct kspan_giver *giver);
void kspan_drains_delete(struct kspan_drain __percpu *drains);
void kspan_drains_cancel(struct kspan_giver *giver);
size_t kspan_drains_bytes(void);
bool kspan_drain_chosen(struct kspan_giver *giver, kspan_drain_choice choose,
			void *arg, u64 *waited_ns);
bool kspan_drain_filled(struct kspan_giver *giver, u64 *waited_ns);
int kspan_drain_within(struct kspan_giver *giver, long *patience);
int kspan_drain(struct kspan_giver *giver);
int kspan_drain_store(struct kspan_giver *giver, struct kspan_store *store);
u64 kspan_drain_take_spent(void);
void kspan_drain_depots(struct kspan_storage *storage);
bool kspan_drain_relieve(struct kspan_giver *giver);
bool kspan_drain_recall(struct kspan_giver *giver);
void kspan_drain_recalled_in_vain(struct kspan_giver *giver);
int kspan_drain_init(void);
void kspan_drain_exit(void);

#endif /* _KSPAN_DRAIN_H */
