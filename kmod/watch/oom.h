/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is said of the heaps when the kernel is out of memory.
 */
#ifndef _KSPAN_OOM_H
#define _KSPAN_OOM_H

int kspan_oom_init(void);
void kspan_oom_exit(void);

#endif /* _KSPAN_OOM_H */
