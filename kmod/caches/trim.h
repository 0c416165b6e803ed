/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trim: what shelves and depots hold goes back to the spans, and the arrays to the
 * kernel.
 */
#ifndef _KSPAN_TRIM_H
#define _KSPAN_TRIM_H

#include <linux/types.h>

struct kspan_store;

void kspan_trim_shelf(struct kspan_store *store, unsigned int cpu);
void kspan_trim_all(struct kspan_store *store);
bool kspan_trim_unused(struct kspan_store *store);
bool kspan_trim_has_any(const struct kspan_store *store);

#endif /* _KSPAN_TRIM_H */
