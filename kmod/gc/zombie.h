/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zombies: freed objects to which something leads that can be reached. Their memory may
 * become another object's, and then there is no telling any more.
 *
 * Marking notes where it has met some, and the sweep looks again: what has freed an
 * object may just have been about to take the pointer away.
 */
#ifndef _KSPAN_GC_ZOMBIE_H
#define _KSPAN_GC_ZOMBIE_H

struct kspan_gc;

void kspan_zombies_settle(struct kspan_gc *gc);

#endif /* _KSPAN_GC_ZOMBIE_H */
