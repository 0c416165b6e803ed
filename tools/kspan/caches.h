/* SPDX-License-Identifier: GPL-2.0 */
/* The kmem_caches of a trace, as kspan_bench.ko takes them. */
#ifndef KSPAN_CACHES_H
#define KSPAN_CACHES_H

#include "trace.h"

struct trace_caches {
	struct kspan_bench_cache *caches;
	uint32_t nr;
	uint16_t *cache_of;	/* of each event: from 1; 0 is kmalloc(), or a free */
};

/* One for each name and size that has objects; -ENOMEM, or -E2BIG: too many. */
int caches_of_trace(const struct trace *trace, struct trace_caches *caches);
void caches_free(struct trace_caches *caches);

#endif /* KSPAN_CACHES_H */
