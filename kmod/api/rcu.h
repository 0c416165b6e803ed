/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RCU: frees that wait for a grace period.
 *
 * Each CPU links what is freed there by the heads in the objects. While one of its
 * lists waits for a grace period, the next one fills up; when the period is over, the
 * first is freed, and the second begins to wait. So there is one callback for each
 * CPU and grace period, nothing is needed but the heads, and no timer is: an object
 * waits for two grace periods at most.
 *
 * Frees without a head are put down in pages of pointers, which are linked likewise.
 */
#ifndef _KSPAN_RCU_H
#define _KSPAN_RCU_H

#include <linux/types.h>

struct kspan_heap;

unsigned long kspan_rcu_pending(void);
bool kspan_rcu_relieve(struct kspan_heap *heap, gfp_t gfp);
int kspan_rcu_init(void);
void kspan_rcu_exit(void);

#endif /* _KSPAN_RCU_H */
