/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Large objects: above 32 KB on spans of their own, above 4 MB in vmalloc
 * memory ("huge"). Smaller ones go there too where contiguous pages have run
 * out and the caller may sleep.
 */
#ifndef _KSPAN_LARGE_H
#define _KSPAN_LARGE_H

#include <linux/kspan.h>

struct kspan_span;

void *kspan_large_alloc(struct kspan_heap *heap, size_t size_bytes,
			size_t align_bytes, int nid, gfp_t gfp, bool *limited);
void *kspan_large_alloc_reserve(struct kspan_heap *heap, size_t size_bytes,
				size_t align_bytes, gfp_t gfp);
bool kspan_large_free(struct kspan_span *span);
void *kspan_huge_alloc(struct kspan_heap *heap, size_t size_bytes,
		       size_t align_bytes, int nid, gfp_t gfp, bool *limited);
bool kspan_huge_free(const void *p);
bool kspan_huge_find(unsigned long addr, struct kspan_object *obj);
bool kspan_huge_next(struct kspan_heap *heap, unsigned long from,
		     struct kspan_object *obj);
void kspan_huge_flush(void);
void kspan_huge_destroy(struct kspan_heap *heap);
void kspan_zero(void *p, size_t size_bytes, gfp_t gfp);

#endif /* _KSPAN_LARGE_H */
