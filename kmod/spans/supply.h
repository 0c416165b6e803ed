/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Supply: pages for spans, and spans for central lists.
 *
 * Pages come from what is free in the heap. Next come spare spans, those without an
 * object that central lists keep as they were needed of late: they are as good as
 * free, whatever their class. The heap grows last.
 */
#ifndef _KSPAN_SUPPLY_H
#define _KSPAN_SUPPLY_H

#include "pages/pages.h"

struct kspan_store;

bool kspan_supply_pages(struct kspan_store *store, int nid,
			const struct kspan_run *run, gfp_t gfp,
			struct kspan_pages *pages, bool *limited);
int kspan_supply_span(struct kspan_store *store, int nid, gfp_t gfp,
		      bool *limited);

#endif /* _KSPAN_SUPPLY_H */
