/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drain: CPU caches and depots give back what they hold, when they are told to
 * and when a CPU goes.
 */
#ifndef _KSPAN_DRAIN_H
#define _KSPAN_DRAIN_H

#include <linux/types.h>

struct kspan_storage;

/* Sets the bits of the classes whose magazines a CPU is to empty, if any. */
typedef bool (*kspan_drain_choice)(struct kspan_storage *storage, unsigned int cpu,
				   unsigned long *classes, void *arg);

u64 kspan_drain_chosen(struct kspan_storage *storage, kspan_drain_choice choose,
		       void *arg);
void kspan_drain(struct kspan_storage *storage);
void kspan_drain_cpus_held(struct kspan_storage *storage);
void kspan_drain_depots(struct kspan_storage *storage);
int kspan_drain_init(void);
void kspan_drain_exit(void);

#endif /* _KSPAN_DRAIN_H */
