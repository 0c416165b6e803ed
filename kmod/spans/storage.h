/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Storage: all that the objects of one heap lie in. Its page source, the stores
 * of its size classes and of its large objects, its huge objects, its reserve.
 */
#ifndef _KSPAN_STORAGE_H
#define _KSPAN_STORAGE_H

#include "base/sizeclass.h"
#include "pages/source.h"
#include "spans/central.h"
#include "spans/entitled.h"
#include "spans/huge.h"
#include "spans/reserve.h"

/**
 * struct kspan_storage - what a heap's objects lie in
 * @secret: of the freed marks of its slots; first, as the fast path wants it
 * @source: pages
 * @stores: store 0 is for large objects, the others are size classes
 * @rows: rows of all size classes
 * @nr_rows: how many
 * @huge: objects in vmalloc memory
 * @reserve: pages for when the kernel gives none
 * @entitled: objects in the kernel's own reserves
 */
struct kspan_storage {
	u64				secret;
	struct kspan_source		source;
	struct kspan_store		stores[KSPAN_NR_STORES];
	struct kspan_row		*rows;
	unsigned int			nr_rows;
	struct kspan_huge_objects	huge;
	struct kspan_reserve		reserve;
	struct kspan_entitled		entitled;
};

int kspan_storage_init(struct kspan_storage *storage, const char *name,
		       const struct kspan_heap_params *params);
int kspan_storage_init_rows(struct kspan_storage *storage);
void kspan_storage_delete(struct kspan_storage *storage);
void kspan_storage_drop(struct kspan_storage *storage);
size_t kspan_storage_trim(struct kspan_storage *storage);
size_t kspan_storage_trim_atomic(struct kspan_storage *storage);

#endif /* _KSPAN_STORAGE_H */
