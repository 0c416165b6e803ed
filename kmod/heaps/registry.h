/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registry: the heaps there are, by name and by id.
 */
#ifndef _KSPAN_REGISTRY_H
#define _KSPAN_REGISTRY_H

#include <linux/types.h>

struct kspan_heap;

int kspan_registry_add(struct kspan_heap *heap);
void kspan_registry_hide(struct kspan_heap *heap);
struct kspan_heap *kspan_registry_take(int (*wanted)(struct kspan_heap *heap,
						     void *arg), void *arg);
void kspan_registry_forget(struct kspan_heap *heap);
void kspan_registry_set_default(struct kspan_heap *heap);
int kspan_heap_for_each(int (*fn)(struct kspan_heap *heap, void *arg),
			void *arg);
struct kspan_heap *kspan_heap_of_id(u32 id);
struct kspan_heap *kspan_heap_next_id(u32 *id);

#endif /* _KSPAN_REGISTRY_H */
