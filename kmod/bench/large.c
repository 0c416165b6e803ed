// SPDX-License-Identifier: GPL-2.0
/*
 * Pages: objects of 1, 4 and 64 of kspan's, the smallest with a span of its own,
 * and 64 KB and 1 MB, beside what else gives pages. kspan has the first two in
 * its CPU caches.
 */
#include <linux/seq_file.h>
#include <linux/sizes.h>

#include "ops.h"
#include "series.h"

static const size_t sizes[] = {
	SZ_8K, SZ_32K, SZ_32K + SZ_8K, SZ_64K, SZ_512K, SZ_1M,
};

static __always_inline u64 large(struct bench_loop *loop, u32 backend)
{
	size_t bytes = loop->bytes;

	OPTIMIZER_HIDE_VAR(bytes);
	return bench_pairs(loop, backend, bytes, GFP_KERNEL);
}

static u64 run_large(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, large);
}

int bench_large_show(struct seq_file *m)
{
	struct bench_row row = {
		.name = "large", .run = run_large, .batch = 1,
		.backends = BIT(KSPAN_BENCH_KSPAN) | BIT(KSPAN_BENCH_KMALLOC) |
			    BIT(BENCH_ALLOC_PAGES) | BIT(BENCH_KVMALLOC),
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(sizes); i++) {
		row.bytes = sizes[i];
		err = bench_row_show(m, &row);
	}
	return err;
}
