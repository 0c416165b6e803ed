/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The work queue for what cannot be done where it shows: growing page heaps,
 * draining CPU caches, freeing vmalloc memory.
 */
#ifndef _KSPAN_WORK_H
#define _KSPAN_WORK_H

#include <linux/workqueue.h>

extern struct workqueue_struct *kspan_wq;

int kspan_work_init(void);
void kspan_work_exit(void);

#endif /* _KSPAN_WORK_H */
