// SPDX-License-Identifier: GPL-2.0
/*
 * Objects of one byte that are written to over and over: slow where the
 * allocator puts objects of different CPUs into one cache line. It may do so
 * on its own (thrash), or by handing out a neighbour of what was freed here and
 * comes from elsewhere (scratch). An op is one object. After cache-thrash and
 * cache-scratch.
 */
#include "smp.h"

enum {
	OBJECT_BYTES	= 1,
	WRITES		= 1000,
};

/* @first is allocated beside those of the other threads, and freed here. */
struct writer {
	u8 *first;
};

static void write_often(u8 *p)
{
	unsigned int i;

	for (i = 0; i < WRITES; i++)
		WRITE_ONCE(*p, READ_ONCE(*p) + 1);
}

static bool step(struct smp_thread *thread)
{
	struct writer *writer = thread->state;
	u8 *p;

	if (writer->first) {
		smp_free(thread, writer->first);
		writer->first = NULL;
	}
	p = smp_alloc(thread, OBJECT_BYTES);
	if (likely(p))
		write_often(p);
	smp_free(thread, p);
	thread->ops++;
	return true;
}

/* One thread allocates them all: back to back. */
static int scratch_prepare(struct smp_run *run)
{
	u32 i;

	for (i = 0; i < run->nr_threads; i++) {
		struct writer *writer = run->threads[i].state;

		writer->first = smp_alloc(&run->threads[i], OBJECT_BYTES);
	}
	return 0;
}

static void finish(struct smp_run *run)
{
	u32 i;

	for (i = 0; i < run->nr_threads; i++) {
		struct writer *writer = run->threads[i].state;

		smp_free(&run->threads[i], writer->first);
	}
}

const struct smp_pattern smp_cache_scratch = {
	.name		= "cache-scratch",
	.bytes		= OBJECT_BYTES,
	.state_bytes	= sizeof(struct writer),
	.prepare	= scratch_prepare,
	.step		= step,
	.finish		= finish,
};

const struct smp_pattern smp_cache_thrash = {
	.name		= "cache-thrash",
	.bytes		= OBJECT_BYTES,
	.state_bytes	= sizeof(struct writer),
	.step		= step,
	.finish		= finish,
};
