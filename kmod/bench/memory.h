/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of the bench itself: none of it is in what the bench measures. */
#ifndef _KSPAN_BENCH_MEMORY_H
#define _KSPAN_BENCH_MEMORY_H

#include <linux/overflow.h>
#include <linux/vmalloc.h>

/* Zeroed; NULL rather than that the OOM killer gets to work for it. */
static inline void *bench_vmalloc(size_t n, size_t size_bytes)
{
	return __vmalloc(array_size(n, size_bytes),
			 GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN |
			 __GFP_RETRY_MAYFAIL);
}

#endif /* _KSPAN_BENCH_MEMORY_H */
