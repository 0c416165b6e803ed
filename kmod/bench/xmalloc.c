// SPDX-License-Identifier: GPL-2.0
/*
 * Every object is freed on another CPU than it was allocated on: half of the
 * threads only allocate, the others only free. Batches go through a stack of
 * limited depth. An op is a free. After xmalloc-test.
 */
#include <linux/spinlock.h>

#include "smp.h"

enum {
	OBJECT_BYTES	= 64,
	BATCH_OBJECTS	= 4096,
	STACK_BATCHES	= 100,
	/* A thread holds one more. */
	BATCHES		= STACK_BATCHES + SMP_MAX_THREADS,
	/* What is written of an object, at most. */
	WRITTEN_BYTES	= 128,
};

static const u16 mixed_bytes[] = {
	8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024,
	1536, 2048,
};

struct batch {
	struct batch *next;
	void *objects[BATCH_OBJECTS];
};

/* A batch is one thread's or in a list. */
struct xmalloc {
	spinlock_t lock;	/* guards the lists and @nr_full */
	struct batch *full;
	struct batch *empty;
	u32 nr_full;
	struct batch batches[BATCHES];
};

static struct batch *take(struct xmalloc *xmalloc, struct batch **list)
{
	struct batch *batch;

	spin_lock(&xmalloc->lock);
	batch = *list;
	if (batch && list == &xmalloc->empty &&
	    xmalloc->nr_full >= STACK_BATCHES)
		batch = NULL;
	if (batch) {
		*list = batch->next;
		xmalloc->nr_full -= list == &xmalloc->full;
	}
	spin_unlock(&xmalloc->lock);
	return batch;
}

static void put(struct xmalloc *xmalloc, struct batch **list,
		struct batch *batch)
{
	spin_lock(&xmalloc->lock);
	batch->next = *list;
	*list = batch;
	xmalloc->nr_full += list == &xmalloc->full;
	spin_unlock(&xmalloc->lock);
}

static int prepare(struct smp_run *run)
{
	struct xmalloc *xmalloc = run->shared;
	unsigned int i;

	spin_lock_init(&xmalloc->lock);
	for (i = 0; i < BATCHES; i++)
		put(xmalloc, &xmalloc->empty, &xmalloc->batches[i]);
	return 0;
}

static void fill(struct smp_thread *thread, struct batch *batch)
{
	unsigned int i;

	for (i = 0; i < BATCH_OBJECTS; i++) {
		void *p = smp_alloc(thread, OBJECT_BYTES);

		if (likely(p))
			smp_fill(p, OBJECT_BYTES);
		batch->objects[i] = p;
	}
}

static void fill_mixed(struct smp_thread *thread, struct batch *batch)
{
	unsigned int i;

	for (i = 0; i < BATCH_OBJECTS; i++) {
		u32 at = smp_random_below(thread, ARRAY_SIZE(mixed_bytes));
		void *p = smp_alloc(thread, mixed_bytes[at]);

		if (likely(p))
			smp_fill(p, min_t(u32, mixed_bytes[at], WRITTEN_BYTES));
		batch->objects[i] = p;
	}
}

static void empty(struct smp_thread *thread, struct batch *batch)
{
	unsigned int i;

	for (i = 0; i < BATCH_OBJECTS; i++)
		smp_free(thread, batch->objects[i]);
}

static __always_inline bool step(struct smp_thread *thread,
				 void (*fill)(struct smp_thread *thread,
					      struct batch *batch))
{
	struct xmalloc *xmalloc = thread->run->shared;
	bool consumes = thread->number % 2;
	struct batch *batch;

	batch = take(xmalloc, consumes ? &xmalloc->full : &xmalloc->empty);
	if (!batch)
		return false;
	if (consumes) {
		empty(thread, batch);
		put(xmalloc, &xmalloc->empty, batch);
		thread->ops += BATCH_OBJECTS;
	} else {
		fill(thread, batch);
		put(xmalloc, &xmalloc->full, batch);
	}
	return true;
}

static bool step_64(struct smp_thread *thread)
{
	return step(thread, fill);
}

static bool step_mixed(struct smp_thread *thread)
{
	return step(thread, fill_mixed);
}

static void finish(struct smp_run *run)
{
	struct xmalloc *xmalloc = run->shared;
	struct batch *batch;

	for (batch = xmalloc->full; batch; batch = batch->next)
		empty(&run->threads[0], batch);
}

const struct smp_pattern smp_xmalloc = {
	.name		= "xmalloc",
	.bytes		= OBJECT_BYTES,
	.min_threads	= 2,
	.shared_bytes	= sizeof(struct xmalloc),
	.prepare	= prepare,
	.step		= step_64,
	.finish		= finish,
};

const struct smp_pattern smp_xmalloc_mixed = {
	.name		= "xmalloc-mixed",
	.min_threads	= 2,
	.shared_bytes	= sizeof(struct xmalloc),
	.prepare	= prepare,
	.step		= step_mixed,
	.finish		= finish,
};
