/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Typed caches: see linux/kspan.h for what they do.
 */
#ifndef _KSPAN_CACHE_H
#define _KSPAN_CACHE_H

#include <linux/kspan.h>

void *kspan_cache_obtain(struct kspan_cache *cache, int nid, gfp_t gfp);
void kspan_cache_zero(const struct kspan_cache *cache, void *p, gfp_t gfp);
int kspan_caches_init(void);
void kspan_caches_exit(void);

/* The last report of objects that were left, for tests. */
struct kspan_cache_leak {
	char			cache_name[KSPAN_NAME_BYTES];
	unsigned int		nr_told;
	unsigned long		nr_objects;
	unsigned long		total;
};

extern struct kspan_cache_leak kspan_last_cache_leak;

#endif /* _KSPAN_CACHE_H */
