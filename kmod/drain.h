/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drain: CPU caches and depots give back what they hold, when they are told to
 * and when a CPU goes.
 */
#ifndef _KSPAN_DRAIN_H
#define _KSPAN_DRAIN_H

struct kspan_heap;

void kspan_drain(struct kspan_heap *heap);
void kspan_drain_cpus_held(struct kspan_heap *heap);
void kspan_drain_depots(struct kspan_heap *heap);
int kspan_drain_init(void);
void kspan_drain_exit(void);

#endif /* _KSPAN_DRAIN_H */
