/* SPDX-License-Identifier: GPL-2.0 */
/* Sets of 2 MB blocks: what the kernel could map by one entry. */
#ifndef _KSPAN_BENCH_BLOCKS_H
#define _KSPAN_BENCH_BLOCKS_H

#include <linux/bitmap.h>
#include <linux/sizes.h>
#include <linux/types.h>

struct population;

enum {
	BENCH_BLOCK_BYTES	= SZ_2M,
	/* 128 GB of memory; nobody runs this on more. */
	BENCH_MAX_BLOCKS	= 1 << 16,
};

struct bench_blocks {
	DECLARE_BITMAP(bits, BENCH_MAX_BLOCKS);
};

/* The blocks in which an object of @population lies. */
void bench_blocks_of_objects(struct bench_blocks *blocks,
			     const struct population *population);

/* Takes those out of which not every page is a heap's. */
void bench_blocks_keep_owned(struct bench_blocks *blocks);

/* How many of @blocks are not in @others. */
u32 bench_blocks_count_without(const struct bench_blocks *blocks,
			       const struct bench_blocks *others);

/* How many there are without a page that is a heap's. */
u32 bench_blocks_count_back(const struct bench_blocks *blocks);

#endif /* _KSPAN_BENCH_BLOCKS_H */
