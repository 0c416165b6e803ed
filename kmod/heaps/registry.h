/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registry: the heaps there are, by name and by id.
 *
 * A heap is added, published when it is complete, hidden when it is to go, and
 * forgotten. It can be found, and so be used and destroyed by others, between
 * the second and the third. Its name is taken from the first on, and free again
 * when its directory has gone, whose readers are waited for with no lock held.
 */
#ifndef _KSPAN_REGISTRY_H
#define _KSPAN_REGISTRY_H

#include <linux/types.h>

struct kspan_heap;

int kspan_registry_add(struct kspan_heap *heap);
void kspan_registry_publish(struct kspan_heap *heap);
bool kspan_registry_hide(struct kspan_heap *heap);
bool kspan_heap_stays(const struct kspan_heap *heap);
void kspan_registry_free_name(struct kspan_heap *heap);
void kspan_registry_forget(struct kspan_heap *heap);
void kspan_registry_set_default(struct kspan_heap *heap);
int kspan_heap_for_each(int (*fn)(struct kspan_heap *heap, void *arg),
			void *arg);
struct kspan_heap *kspan_heap_of_id(u32 id);
struct kspan_heap *kspan_heap_next_id(u32 *id);
struct kspan_heap *kspan_heap_get_next(u32 *id);
struct kspan_heap *kspan_heap_get_id(u32 id);

#endif /* _KSPAN_REGISTRY_H */
