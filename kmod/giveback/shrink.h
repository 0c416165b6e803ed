/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shrinker: gives free pages of a heap to a kernel that is short of memory.
 */
#ifndef _KSPAN_SHRINK_H
#define _KSPAN_SHRINK_H

struct kspan_giver;

int kspan_shrinker_add(struct kspan_giver *giver);
void kspan_shrinker_remove(struct kspan_giver *giver);
int kspan_shrinkers_init(void);
void kspan_shrinkers_exit(void);

#endif /* _KSPAN_SHRINK_H */
