/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Growth: a page heap takes blocks from the kernel, as large as it can make use
 * of soon, and as small as the caller's flags make it.
 */
#ifndef _KSPAN_GROWTH_H
#define _KSPAN_GROWTH_H

#include <linux/gfp.h>
#include <linux/workqueue.h>

#include "pages/source.h"

/**
 * struct kspan_pages - a run of pages in use
 * @addr: the first byte
 * @nid: node of the page heap it is from
 * @zeroed: it is known to be zero
 */
struct kspan_pages {
	unsigned long	addr;
	int		nid;
	bool		zeroed;
};

bool kspan_grow(struct kspan_node_heap *nh, unsigned int least, gfp_t gfp,
		bool *limited);
bool kspan_grow_apart(struct kspan_node_heap *nh, unsigned int order, gfp_t gfp,
		      struct kspan_pages *pages, bool *limited);
void kspan_grow_tell(struct kspan_source *source, gfp_t gfp);
void kspan_grow_work(struct work_struct *work);
void kspan_count_reclaimable(int nid, long npages);

#endif /* _KSPAN_GROWTH_H */
