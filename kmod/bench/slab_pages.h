/* SPDX-License-Identifier: GPL-2.0 */
/* The machine's slab pages, those of large kmalloc included. */
#ifndef _KSPAN_BENCH_SLAB_PAGES_H
#define _KSPAN_BENCH_SLAB_PAGES_H

#include <linux/types.h>

s64 bench_slab_bytes(void);

#endif /* _KSPAN_BENCH_SLAB_PAGES_H */
