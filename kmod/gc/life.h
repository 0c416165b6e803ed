/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Collectors come and go with their heaps.
 */
#ifndef _KSPAN_GC_LIFE_H
#define _KSPAN_GC_LIFE_H

struct kspan_heap;
struct kspan_heap_params;

int kspan_gc_new(struct kspan_heap *heap, const struct kspan_heap_params *params);
void kspan_gc_delete(struct kspan_heap *heap);
void kspan_gc_end(struct kspan_heap *heap);
int kspan_gc_init(void);
void kspan_gc_exit(void);

#endif /* _KSPAN_GC_LIFE_H */
