// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that are written in full: blocks of equal ones, the first half freed
 * in the order of allocation, the second in the opposite one (simple), or a
 * table of sizes that are the rarer the larger (thread). An op is one
 * allocation. After glibc's own malloc benchmarks.
 */
#include "smp.h"

enum {
	MAX_BLOCK	= 1600,
	SLOTS		= 1024,
	MIN_BYTES	= 4,
	MAX_BYTES	= 32768,
	STEP_OPS	= 100,
};

struct table {
	u32 turn;
	void *slots[MAX_BLOCK];
};

static void block(struct smp_thread *thread, u32 nobjs, u32 bytes)
{
	struct table *table = thread->state;
	u32 i;

	for (i = 0; i < nobjs; i++) {
		table->slots[i] = smp_alloc(thread, bytes);
		if (likely(table->slots[i]))
			smp_fill(table->slots[i], bytes);
	}
	for (i = 0; i < nobjs / 2; i++)
		smp_free(thread, table->slots[i]);
	for (i = nobjs; i > nobjs / 2; i--)
		smp_free(thread, table->slots[i - 1]);
	thread->ops += nobjs;
}

/* Blocks of every length get as many objects. */
static bool simple_step(struct smp_thread *thread)
{
	static const u16 lengths[] = { 25, 100, 400, MAX_BLOCK };
	static const u16 sizes[] = { 16, 32, 64 };
	struct table *table = thread->state;
	u32 length = lengths[table->turn % ARRAY_SIZE(lengths)];
	u32 bytes = sizes[table->turn / ARRAY_SIZE(lengths) %
			  ARRAY_SIZE(sizes)];
	u32 i;

	for (i = 0; i < MAX_BLOCK / length; i++)
		block(thread, length, bytes);
	table->turn++;
	return true;
}

/* No block is left from one step to the next. */
static void simple_finish(struct smp_run *run)
{
}

/* The share of sizes above s falls with 1 / s. */
static u32 random_bytes(struct smp_thread *thread)
{
	u64 bytes = div_u64((u64)MIN_BYTES << 32, smp_random(thread));

	return min_t(u64, bytes, MAX_BYTES);
}

static bool thread_step(struct smp_thread *thread)
{
	struct table *table = thread->state;
	u32 i;

	for (i = 0; i < STEP_OPS; i++) {
		void **slot = &table->slots[smp_random_below(thread, SLOTS)];
		u32 bytes = random_bytes(thread);

		smp_free(thread, *slot);
		*slot = smp_alloc(thread, bytes);
		if (likely(*slot))
			smp_fill(*slot, bytes);
	}
	thread->ops += STEP_OPS;
	return true;
}

static void thread_finish(struct smp_run *run)
{
	u32 i, j;

	for (i = 0; i < run->nr_threads; i++) {
		struct table *table = run->threads[i].state;

		for (j = 0; j < SLOTS; j++)
			smp_free(&run->threads[i], table->slots[j]);
	}
}

const struct smp_pattern smp_glibc_simple = {
	.name		= "glibc-simple",
	.state_bytes	= sizeof(struct table),
	.step		= simple_step,
	.finish		= simple_finish,
};

const struct smp_pattern smp_glibc_thread = {
	.name		= "glibc-thread",
	.state_bytes	= sizeof(struct table),
	.step		= thread_step,
	.finish		= thread_finish,
};
