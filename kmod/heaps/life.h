/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Life: heaps are built and torn down.
 */
#ifndef _KSPAN_LIFE_H
#define _KSPAN_LIFE_H

#include <linux/types.h>

struct kspan_heap_params;

/**
 * struct kspan_heap_waits - what was told last of a heap that waits to be destroyed
 * @nrefs: references that it waited for
 * @total: how often any was told of
 *
 * For tests; nothing guards it.
 */
struct kspan_heap_waits {
	unsigned int	nrefs;
	unsigned int	total;
};

extern unsigned int kspan_heap_patience_ms;
extern struct kspan_heap_waits kspan_heap_last_wait;

int kspan_heap_create_user(const char *name,
			   const struct kspan_heap_params *params,
			   const char *owner_name, u64 *id);
int kspan_heap_destroy_user(const char *name);
void kspan_heap_destroy_id(u32 id);
int kspan_heaps_init(void);
void kspan_heaps_exit(void);

#endif /* _KSPAN_LIFE_H */
