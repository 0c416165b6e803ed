// SPDX-License-Identifier: GPL-2.0
/*
 * Objects of many sizes, some of them kept until the end of a round, some
 * exchanged with other threads, all verified. An op is one allocation. After
 * mstress.
 */
#include <linux/sched.h>

#include "smp.h"

enum {
	/* Of a round of thread 0; others do up to eight times as many. */
	ROUND_ALLOCS	= 5000,
	MAX_SCALE	= 8,
	MAX_ALLOCS	= ROUND_ALLOCS * MAX_SCALE,
	EXCHANGED	= 1000,
	/*
	 * One size in a thousand is a thousand times as large. What mstress
	 * does to one in ten thousand is beyond what kmalloc() has.
	 */
	HUGE_FACTOR	= 1000,
	BIG_FACTOR	= 100,
	STEP_ALLOCS	= 32,
};

#define COOKIE	0xbf58476d1ce4e5b9UL

struct exchange {
	unsigned long *objects[EXCHANGED];
};

/* Objects of a round: those below @nr_allocs and @nr_kept are NULL or ours. */
struct stress {
	u32 nr_allocs;
	u32 nr_kept;
	unsigned long *allocs[MAX_ALLOCS];
	unsigned long *kept[MAX_ALLOCS / 2];
};

/* Every word tells how many follow. */
static unsigned long *object_new(struct smp_thread *thread, u32 max_shift)
{
	u32 nwords = 1U << smp_random_below(thread, max_shift + 1);
	u32 luck = smp_random_below(thread, 1000);
	unsigned long *p;
	u32 i;

	if (luck == 0)
		nwords *= HUGE_FACTOR;
	else if (luck < 15)
		nwords *= BIG_FACTOR;
	p = smp_alloc(thread, nwords * sizeof(*p));
	if (unlikely(!p))
		return NULL;
	for (i = 0; i < nwords; i++)
		WRITE_ONCE(p[i], (nwords - i) ^ COOKIE);
	return p;
}

static void object_free(struct smp_thread *thread, unsigned long *p)
{
	unsigned long nwords, i;

	if (!p)
		return;
	nwords = p[0] ^ COOKIE;
	for (i = 0; i < nwords; i++) {
		if (unlikely(READ_ONCE(p[i]) != ((nwords - i) ^ COOKIE))) {
			thread->errors++;
			break;
		}
	}
	smp_free(thread, p);
}

static void free_all(struct smp_thread *thread)
{
	struct stress *stress = thread->state;

	while (stress->nr_allocs)
		object_free(thread, stress->allocs[--stress->nr_allocs]);
	while (stress->nr_kept)
		object_free(thread, stress->kept[--stress->nr_kept]);
}

/* Half of what is exchanged at the time does not survive all threads' rounds. */
static void round_end(struct smp_thread *thread)
{
	struct exchange *exchange = thread->run->shared;
	u32 i, at;

	free_all(thread);
	for (i = 0; i < EXCHANGED / 2 / thread->run->nr_threads; i++) {
		at = smp_random_below(thread, EXCHANGED);
		object_free(thread, xchg(&exchange->objects[at], NULL));
	}
	cond_resched();
}

static void one_alloc(struct smp_thread *thread)
{
	struct exchange *exchange = thread->run->shared;
	struct stress *stress = thread->state;
	u32 luck = smp_random_below(thread, 100);
	u32 at, other;

	stress->allocs[stress->nr_allocs++] = object_new(thread, 4);
	if (stress->nr_allocs % 2) {
		stress->kept[stress->nr_kept++] = object_new(thread, 6);
		thread->ops++;
	}
	thread->ops++;
	at = smp_random_below(thread, stress->nr_allocs);
	if (luck < 66) {
		object_free(thread, stress->allocs[at]);
		stress->allocs[at] = NULL;
	}
	if (luck % 4 == 0) {
		at = smp_random_below(thread, stress->nr_allocs);
		other = smp_random_below(thread, EXCHANGED);
		stress->allocs[at] = xchg(&exchange->objects[other],
					  stress->allocs[at]);
	}
}

static bool step(struct smp_thread *thread)
{
	u32 round = ROUND_ALLOCS * (thread->number % MAX_SCALE + 1);
	struct stress *stress = thread->state;
	unsigned int i;

	for (i = 0; i < STEP_ALLOCS && stress->nr_allocs < round; i++)
		one_alloc(thread);
	if (stress->nr_allocs == round)
		round_end(thread);
	return true;
}

static void finish(struct smp_run *run)
{
	struct exchange *exchange = run->shared;
	u32 i;

	for (i = 0; i < run->nr_threads; i++)
		free_all(&run->threads[i]);
	for (i = 0; i < EXCHANGED; i++)
		object_free(&run->threads[0], exchange->objects[i]);
}

const struct smp_pattern smp_mstress = {
	.name		= "mstress",
	.state_bytes	= sizeof(struct stress),
	.shared_bytes	= sizeof(struct exchange),
	.step		= step,
	.finish		= finish,
};
