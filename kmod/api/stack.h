/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Borrowing stacks: see linux/kspan_bump.h.
 */
#ifndef _KSPAN_API_STACK_H
#define _KSPAN_API_STACK_H

#include <linux/kspan.h>

/* As in alloc.h: where every instruction counts. */
notrace __kspan_direct struct kspan_stack *__kspan_stack_get(struct kspan_heap *heap);
notrace __kspan_direct void __kspan_stack_put(struct kspan_stack *stack);

#endif /* _KSPAN_API_STACK_H */
