// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that have nothing to do with each other: what they lose to one
 * another is the allocator's. After Hoard's threadtest and linux-scalability.
 */
#include "smp.h"

enum {
	OBJECT_BYTES	= 64,
	OBJECTS		= 1000,
	PAIRS		= 200,
};

struct threadtest {
	void *objects[OBJECTS];
};

/* Allocates many and frees them; an op is one object. */
static bool threadtest_step(struct smp_thread *thread)
{
	struct threadtest *test = thread->state;
	unsigned int i;

	for (i = 0; i < OBJECTS; i++) {
		u64 *p = smp_alloc(thread, OBJECT_BYTES);

		if (likely(p))
			WRITE_ONCE(*p, i);
		test->objects[i] = p;
	}
	for (i = 0; i < OBJECTS; i++)
		smp_free(thread, test->objects[i]);
	thread->ops += OBJECTS;
	return true;
}

/* Allocates one and frees it; an op is one object. */
static bool scalability_step(struct smp_thread *thread)
{
	unsigned int i;

	for (i = 0; i < PAIRS; i++) {
		u64 *p = smp_alloc(thread, OBJECT_BYTES);

		if (likely(p))
			WRITE_ONCE(*p, i);
		smp_free(thread, p);
	}
	thread->ops += PAIRS;
	return true;
}

/* Every step has freed its own. */
static void finish(struct smp_run *run)
{
}

const struct smp_pattern smp_threadtest = {
	.name		= "threadtest",
	.bytes		= OBJECT_BYTES,
	.state_bytes	= sizeof(struct threadtest),
	.step		= threadtest_step,
	.finish		= finish,
};

const struct smp_pattern smp_scalability = {
	.name		= "linux-scalability",
	.bytes		= OBJECT_BYTES,
	.step		= scalability_step,
	.finish		= finish,
};
