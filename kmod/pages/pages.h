/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages of a heap: from its page heap, which grows when it must.
 */
#ifndef _KSPAN_PAGES_H
#define _KSPAN_PAGES_H

#include <linux/gfp.h>

#include "pages/growth.h"
#include "pages/release.h"
#include "pages/source.h"

bool kspan_pages_take(struct kspan_source *source, int nid,
		      const struct kspan_run *run, struct kspan_pages *pages);
bool kspan_pages_alloc(struct kspan_source *source, int nid,
		       const struct kspan_run *run, gfp_t gfp,
		       struct kspan_pages *pages, bool *limited);
void kspan_pages_unretire(struct kspan_node_heap *nh, unsigned long start,
			  unsigned long end);
void kspan_pages_free(struct kspan_source *source, int nid, unsigned long addr,
		      unsigned int npages);
void kspan_pages_retire(struct kspan_source *source, int nid,
			unsigned long addr, unsigned int npages);
void kspan_pages_release_retired(struct kspan_source *source, int nid,
				 unsigned long addr, unsigned int npages);
void kspan_pages_release(struct kspan_node_heap *nh,
			 const struct kspan_block *block,
			 enum kspan_release_reason reason);

#endif /* _KSPAN_PAGES_H */
