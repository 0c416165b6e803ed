/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists: the requests of /dev/kspan that fill an array of user space.
 *
 * User memory may wait for its owner for ever, so entries are gathered first and
 * copied when no heap is held.
 */
#ifndef _KSPAN_LIST_H
#define _KSPAN_LIST_H

struct kspan_heap;
struct kspan_ioc_list;

int kspan_list_check(const struct kspan_ioc_list *list);
int kspan_list_heaps(struct kspan_ioc_list *list);
int kspan_list_classes(struct kspan_heap *heap, struct kspan_ioc_list *list);
int kspan_list_spans(struct kspan_heap *heap, struct kspan_ioc_list *list);
int kspan_list_arenas(struct kspan_heap *heap, struct kspan_ioc_list *list);

#endif /* _KSPAN_LIST_H */
