/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file gc of a collected heap.
 */
#ifndef _KSPAN_USER_COLLECTED_H
#define _KSPAN_USER_COLLECTED_H

struct dentry;
struct kspan_heap;

void kspan_collected_add(struct kspan_heap *heap, struct dentry *dir);

#endif /* _KSPAN_USER_COLLECTED_H */
