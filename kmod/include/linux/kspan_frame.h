/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What functions call whose objects "make escape PLACE=region" has placed. The compiler
 * writes these calls; nobody else does. A frame is what such a function has borrowed: a
 * stack of the default heap, or NULL as long as it needed none.
 */
#ifndef _LINUX_KSPAN_FRAME_H
#define _LINUX_KSPAN_FRAME_H

#include <linux/types.h>

struct kspan_heap;
struct kspan_stack;

void *__kspan_frame_kmalloc(struct kspan_stack **frame, size_t n, size_t size, gfp_t gfp);
void *__kspan_frame_alloc(struct kspan_stack **frame, struct kspan_heap *heap, size_t n,
			  size_t size, gfp_t gfp);
void __kspan_frame_kfree(const void *p);
void __kspan_frame_free(const void *p);
void __kspan_frame_end(struct kspan_stack *frame);

#endif
