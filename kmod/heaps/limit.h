/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limits: the bounds of a heap's memory are set here. What they stop stands in
 * pages/account.c, and giveback/scavenge.c brings the heap down to them.
 */
#ifndef _KSPAN_LIMIT_H
#define _KSPAN_LIMIT_H

struct kspan_heap;
struct kspan_limits;

int kspan_heap_set_limits(struct kspan_heap *heap, unsigned int which,
			  const struct kspan_limits *limits,
			  struct kspan_limits *before);

#endif /* _KSPAN_LIMIT_H */
