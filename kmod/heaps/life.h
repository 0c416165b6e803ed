/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Life: heaps are built and torn down.
 */
#ifndef _KSPAN_LIFE_H
#define _KSPAN_LIFE_H

struct kspan_heap;
struct kspan_heap_params;
struct module;

struct kspan_heap *kspan_heap_create_as(const char *name,
					const struct kspan_heap_params *params,
					unsigned int owner_kind,
					struct module *owner,
					const char *owner_name);
int kspan_heap_destroy_user(const char *name);
int kspan_heaps_init(void);
void kspan_heaps_exit(void);

#endif /* _KSPAN_LIFE_H */
