/* SPDX-License-Identifier: GPL-2.0 */
/*
 * debugfs: /sys/kernel/debug/kspan.
 */
#ifndef _KSPAN_DEBUGFS_H
#define _KSPAN_DEBUGFS_H

struct kspan_heap;

void kspan_debugfs_init(void);
void kspan_debugfs_exit(void);
void kspan_debugfs_add(struct kspan_heap *heap);
void kspan_debugfs_remove(struct kspan_heap *heap);

#endif /* _KSPAN_DEBUGFS_H */
