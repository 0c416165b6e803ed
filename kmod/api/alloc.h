/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fast paths: see linux/kspan.h for what they do.
 */
#ifndef _KSPAN_ALLOC_H
#define _KSPAN_ALLOC_H

#include <linux/kspan.h>

/*
 * Where every instruction counts: function tracing would cost one in each call,
 * switched off. What these call when there is more to do is traceable.
 */
notrace __kspan_direct void *__kspan_alloc(struct kspan_heap *heap, size_t size,
					   gfp_t gfp);
notrace __kspan_direct void *__kspan_alloc_plain(struct kspan_heap *heap,
						 size_t size, gfp_t gfp);
notrace __kspan_direct void *__kspan_alloc_mag(struct kspan_heap *heap,
					       unsigned long mag_offset,
					       gfp_t gfp, size_t size);
notrace __kspan_direct void *__kspan_alloc_mag_plain(struct kspan_heap *heap,
						     unsigned long mag_offset,
						     gfp_t gfp, size_t size);
notrace void kspan_free(const void *p);

#endif /* _KSPAN_ALLOC_H */
