/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Large objects: above the largest size class, each on a span of its own, up to
 * KSPAN_MAX_CONTIG_BYTES.
 */
#ifndef _KSPAN_LARGE_H
#define _KSPAN_LARGE_H

#include <linux/gfp.h>

struct kspan_span;
struct kspan_store;

void *kspan_large_alloc(struct kspan_store *store, size_t size_bytes,
			size_t align_bytes, int nid, gfp_t gfp, bool *limited);
void *kspan_large_alloc_reserve(struct kspan_store *store, size_t size_bytes,
				size_t align_bytes, gfp_t gfp);
void *kspan_large_alloc_entitled(struct kspan_store *store, size_t size_bytes,
				 size_t align_bytes, int nid, gfp_t gfp,
				 bool *limited);
struct kspan_span *kspan_large_span(struct kspan_store *store,
				    size_t size_bytes, size_t align_bytes,
				    int nid, gfp_t gfp, bool *limited);
void kspan_large_span_free(struct kspan_span *span);
void kspan_large_count(const struct kspan_span *span, int sign,
		       unsigned int nobjs);
bool kspan_large_free(struct kspan_span *span, const void *p);

#endif /* _KSPAN_LARGE_H */
