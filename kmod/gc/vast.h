/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Vast objects: those that lie in vmalloc memory, above KSPAN_MAX_CONTIG_BYTES.
 *
 * The spans' floor knows their memory as huge objects. What a collector wants to know
 * is in a span's descriptor, which no lookup of pages finds: these are kept by address,
 * here.
 */
#ifndef _KSPAN_GC_VAST_H
#define _KSPAN_GC_VAST_H

#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct kspan_central;
struct kspan_span;

/**
 * struct kspan_vasts - those of a heap
 * @lock: guards @by_addr; raw, innermost
 * @by_addr: a tree of them
 * @central: whose spans they are taken for
 */
struct kspan_vasts {
	raw_spinlock_t		lock;
	struct rb_root		by_addr;
	struct kspan_central	*central;
};

static inline bool kspan_is_vast(unsigned long addr)
{
	return is_vmalloc_addr((void *)addr);
}

void kspan_vasts_init(struct kspan_vasts *vasts, struct kspan_central *central);
struct kspan_span *kspan_vast_new(struct kspan_vasts *vasts, gfp_t gfp);
void kspan_vast_link(struct kspan_vasts *vasts, struct kspan_span *span,
		     void *p, size_t nbytes, u64 info, bool reached);
void kspan_vast_drop(struct kspan_span *span);
struct kspan_span *kspan_vast_find(struct kspan_vasts *vasts,
				   unsigned long addr);
struct kspan_span *kspan_vast_next(struct kspan_vasts *vasts,
				   unsigned long above);
bool kspan_vast_free(struct kspan_vasts *vasts, struct kspan_span *span);
void kspan_vasts_delete(struct kspan_vasts *vasts);

#endif /* _KSPAN_GC_VAST_H */
