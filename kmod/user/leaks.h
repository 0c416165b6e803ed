/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live objects that nothing leads to, for who asks from user space.
 */
#ifndef _KSPAN_USER_LEAKS_H
#define _KSPAN_USER_LEAKS_H

struct dentry;
struct kspan_heap;
struct kspan_ioc_unreachable;

int kspan_leaks_check(const struct kspan_ioc_unreachable *ioc);
int kspan_leaks_list(struct kspan_heap *heap,
		     struct kspan_ioc_unreachable *ioc);
void kspan_leaks_add(struct kspan_heap *heap, struct dentry *dir);

#endif /* _KSPAN_USER_LEAKS_H */
