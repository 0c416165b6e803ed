/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work queues for what cannot be done where it shows. Growing page heaps and
 * freeing vmalloc memory may go to any CPU, as that on which it shows may be busy
 * for long. Draining CPU caches may not.
 */
#ifndef _KSPAN_WORK_H
#define _KSPAN_WORK_H

#include <linux/workqueue.h>

extern struct workqueue_struct *kspan_wq;
extern struct workqueue_struct *kspan_cpu_wq;

int kspan_work_init(void);
void kspan_work_exit(void);

#endif /* _KSPAN_WORK_H */
