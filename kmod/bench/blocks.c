// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of 2 MB blocks. Where objects lie the load itself knows, so that a block
 * is free if no object is in it, whatever the heap has in mind with its pages.
 */
#include <linux/io.h>
#include <linux/kspan.h>
#include <linux/mm.h>

#include "blocks.h"
#include "population.h"

enum { STEP_BYTES = SZ_8K };

static void add(struct bench_blocks *blocks, const void *addr)
{
	unsigned long block;

	if (!virt_addr_valid(addr))
		return;
	block = virt_to_phys((void *)addr) / BENCH_BLOCK_BYTES;
	if (!WARN_ON_ONCE(block >= BENCH_MAX_BLOCKS))
		__set_bit(block, blocks->bits);
}

void bench_blocks_of_objects(struct bench_blocks *blocks,
			     const struct population *population)
{
	u32 i;

	bitmap_zero(blocks->bits, BENCH_MAX_BLOCKS);
	for (i = population->first; i < population->end; i++) {
		const struct population_object *object =
			&population->objects[i];

		add(blocks, object->p);
		/* No object is larger than two blocks. */
		add(blocks, object->p + object->bytes / 2);
		add(blocks, object->p + object->bytes - 1);
	}
}

/* How many of a block's pages are a heap's, in steps of the heap's pages. */
static u32 owned_steps(u32 block)
{
	void *start = phys_to_virt((phys_addr_t)block * BENCH_BLOCK_BYTES);
	u32 at, n = 0;

	for (at = 0; at < BENCH_BLOCK_BYTES; at += STEP_BYTES)
		n += kspan_owns(start + at);
	return n;
}

void bench_blocks_keep_owned(struct bench_blocks *blocks)
{
	u32 block;

	for_each_set_bit(block, blocks->bits, BENCH_MAX_BLOCKS) {
		if (owned_steps(block) < BENCH_BLOCK_BYTES / STEP_BYTES)
			__clear_bit(block, blocks->bits);
	}
}

u32 bench_blocks_count_without(const struct bench_blocks *blocks,
			       const struct bench_blocks *others)
{
	u32 block, n = 0;

	for_each_set_bit(block, blocks->bits, BENCH_MAX_BLOCKS)
		n += !test_bit(block, others->bits);
	return n;
}

u32 bench_blocks_count_back(const struct bench_blocks *blocks)
{
	u32 block, n = 0;

	for_each_set_bit(block, blocks->bits, BENCH_MAX_BLOCKS)
		n += !owned_steps(block);
	return n;
}
