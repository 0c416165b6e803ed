// SPDX-License-Identifier: GPL-2.0
/*
 * A server: every thread replaces random objects of its array, and from time to
 * time another thread takes the array over, so that frees are of objects from
 * elsewhere. An op is one object replaced. After larson, whose threads die and
 * leave their array to a new one; on bound threads the array moves instead.
 */
#include <linux/sched.h>

#include "smp.h"

enum {
	MIN_BYTES	= 8,
	MAX_BYTES	= 1000,		/* not reached */
	SLOTS		= 5000,
	/* What the owner of all arrays replaces at first, for each slot. */
	WARM_UP		= 4,
	/* A tenth of larson's, for runs of less than a second. */
	TAKE_OVER_OPS	= 10 * SLOTS,
	STEP_OPS	= 250,
};

struct array {
	void *slots[SLOTS];
};

/* @spare is the array that nobody works on at the moment. */
struct larson {
	struct array *spare;
	struct array arrays[SMP_MAX_THREADS + 1];
};

struct worker {
	struct array *array;
	unsigned int ops;
};

static void replace(struct smp_thread *thread, void **slot)
{
	u8 *p;

	smp_free(thread, *slot);
	p = smp_alloc(thread, MIN_BYTES +
		      smp_random_below(thread, MAX_BYTES - MIN_BYTES));
	if (likely(p)) {
		WRITE_ONCE(p[0], 1);
		WRITE_ONCE(p[1], 2);
	}
	*slot = p;
}

static void shuffle(struct smp_thread *thread, struct array *array)
{
	unsigned int i, other;

	for (i = SLOTS - 1; i; i--) {
		other = smp_random_below(thread, i + 1);
		swap(array->slots[i], array->slots[other]);
	}
}

static int prepare(struct smp_run *run)
{
	struct smp_thread *thread = &run->threads[0];
	struct larson *larson = run->shared;
	unsigned int i, j;

	for (i = 0; i <= run->nr_threads; i++) {
		struct array *array = &larson->arrays[i];

		for (j = 0; j < SLOTS; j++)
			replace(thread, &array->slots[j]);
		shuffle(thread, array);
		for (j = 0; j < WARM_UP * SLOTS; j++)
			replace(thread,
				&array->slots[smp_random_below(thread, SLOTS)]);
		cond_resched();
	}
	larson->spare = &larson->arrays[run->nr_threads];
	for (i = 0; i < run->nr_threads; i++) {
		struct worker *worker = run->threads[i].state;

		worker->array = &larson->arrays[i];
	}
	return 0;
}

static bool step(struct smp_thread *thread)
{
	struct larson *larson = thread->run->shared;
	struct worker *worker = thread->state;
	unsigned int i;

	for (i = 0; i < STEP_OPS; i++)
		replace(thread,
			&worker->array->slots[smp_random_below(thread, SLOTS)]);
	thread->ops += STEP_OPS;
	worker->ops += STEP_OPS;
	if (worker->ops >= TAKE_OVER_OPS) {
		worker->array = xchg(&larson->spare, worker->array);
		worker->ops = 0;
	}
	return true;
}

static void finish(struct smp_run *run)
{
	struct larson *larson = run->shared;
	unsigned int i, j;

	for (i = 0; i <= run->nr_threads; i++)
		for (j = 0; j < SLOTS; j++)
			smp_free(&run->threads[0], larson->arrays[i].slots[j]);
}

const struct smp_pattern smp_larson = {
	.name		= "larson",
	.state_bytes	= sizeof(struct worker),
	.shared_bytes	= sizeof(struct larson),
	.prepare	= prepare,
	.step		= step,
	.finish		= finish,
};
