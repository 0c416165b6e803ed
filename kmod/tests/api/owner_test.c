// SPDX-License-Identifier: GPL-2.0
/*
 * Two CPUs free an object at the same time. One of them is refused, and what it
 * does on its way to that must not touch the memory, which the first may have
 * given to somebody else by then: to one who has the old object's memory in the
 * midst of his.
 */
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "caches/magazine.h"
#include "caches/trim.h"
#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_ROUNDS	= 1000 / KIT_SLOWNESS,
	/* For memory that others have on a busy machine, each a grace period. */
	MOST_TRIES	= 200,
};

/**
 * struct race - who frees what
 * @heap: where
 * @size_bytes: of the object, and of one before it
 * @p: the object
 * @round: the round that the second freer may begin
 * @done: the one that it has ended
 * @delay: loops that the second waits, so that it comes a bit later
 */
struct race {
	struct kspan_heap	*heap;
	size_t			size_bytes;
	void			*p;
	unsigned int		round;
	unsigned int		done;
	unsigned int		delay;
};

/* Slots go back to the pages that they are of. */
static void settle(struct race *race)
{
	struct kspan_store *store;
	int nid;

	if (race->size_bytes > KSPAN_MAX_CLASS_BYTES)
		return;
	store = &race->heap->storage.stores[kspan_sizeclass(race->size_bytes)];
	kspan_mag_drain(store, false);
	kspan_trim_all(store);
	for_each_online_node(nid)
		kspan_central_trim(store, nid);
}

static int second(void *arg)
{
	struct race *race = arg;
	unsigned int round = 0;
	unsigned int i;

	while (!kthread_should_stop()) {
		/* The object of a round is there before the round. */
		if (smp_load_acquire(&race->round) == round) {
			cond_resched();
			continue;
		}
		round++;
		for (i = 0; i < race->delay; i++)
			cpu_relax();
		kspan_free(race->p);
		settle(race);
		/* Its report has been counted. */
		smp_store_release(&race->done, round);
	}
	return 0;
}

/* Whether an object of twice the size may start at the first and hold both. */
static bool fit(const struct race *race, const void *first, const void *other)
{
	return other == first + race->size_bytes &&
	       (!is_power_of_2(race->size_bytes) ||
		IS_ALIGNED((unsigned long)first, 2 * race->size_bytes));
}

/* Two neighbours, the first of which goes; returns the second. */
static void *second_of_two(struct race *race)
{
	void *objs[4] = {};
	void *found = NULL;
	unsigned int i;
	unsigned int j;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kspan_alloc(race->heap, race->size_bytes,
				      GFP_ATOMIC | __GFP_NOWARN);
		for (j = 0; j < i && !found && objs[i]; j++) {
			if (fit(race, objs[j], objs[i]))
				swap(found, objs[i]);
			else if (fit(race, objs[i], objs[j]))
				swap(found, objs[j]);
		}
	}
	kspan_free_bulk(ARRAY_SIZE(objs), objs);
	settle(race);
	return found;
}

/**
 * struct outcome - of one round
 * @covered: the next owner had got the object's memory
 * @whole: and it was as he had left it
 * @nreports: frees that were refused
 */
struct outcome {
	bool		covered;
	bool		whole;
	unsigned int	nreports;
};

static bool play(struct race *race, unsigned int round, struct outcome *outcome)
{
	unsigned long total = kspan_last_report.total;
	size_t next_bytes = 2 * race->size_bytes;
	unsigned int tries;
	void *next;

	race->p = NULL;
	for (tries = 0; tries < MOST_TRIES && !race->p; tries++) {
		race->p = second_of_two(race);
		/* What was lent may come back after a grace period only. */
		if (!race->p)
			synchronize_rcu();
	}
	if (!race->p)
		return false;
	race->delay = round % 64;
	/* The other looks at the object when it sees the round. */
	smp_store_release(&race->round, round);
	kspan_free(race->p);
	settle(race);
	next = kspan_alloc(race->heap, next_bytes, GFP_ATOMIC);
	if (next)
		memset(next, 0xa5, next_bytes);
	/* Then its report is there, too. */
	while (smp_load_acquire(&race->done) != round)
		cpu_relax();
	outcome->nreports = kspan_last_report.total - total;
	if (!next)
		return false;
	/* No free of the old object can be told from one of this. */
	if (next == race->p && !outcome->nreports) {
		outcome->nreports = 1;
		return true;
	}
	outcome->covered = next < race->p && race->p < next + next_bytes;
	outcome->whole = !memchr_inv(next, 0xa5, next_bytes);
	kspan_free(next);
	return true;
}

static void race(struct kunit *test, struct kspan_heap *heap, size_t size_bytes)
{
	struct race race = { .heap = heap, .size_bytes = size_bytes };
	struct outcome outcome = { .whole = true, .nreports = 1 };
	unsigned int ncovered = 0;
	struct task_struct *task;
	unsigned int round;
	bool played = true;
	unsigned int cpu;

	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	migrate_disable();
	cpu = cpumask_any_but(cpu_online_mask, smp_processor_id());
	task = kthread_create(second, &race, "kspan-second");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	kthread_bind(task, cpu);
	wake_up_process(task);
	kit_reports_begin();
	for (round = 1; round <= NR_ROUNDS; round++) {
		played = play(&race, round, &outcome);
		ncovered += outcome.covered;
		if (!played || !outcome.whole || outcome.nreports != 1)
			break;
		cond_resched();
	}
	kthread_stop(task);
	kit_reports_end();
	migrate_enable();
	kunit_info(test, "%u rounds, %u with the same memory\n", round - 1,
		   ncovered);
	KUNIT_EXPECT_TRUE(test, played);
	KUNIT_EXPECT_TRUE(test, outcome.whole);
	KUNIT_EXPECT_EQ_MSG(test, outcome.nreports, 1, "the last is %u",
			    kspan_last_report.mistake);
	KUNIT_EXPECT_GT(test, ncovered, NR_ROUNDS / 10);
	kit_expect_empty(test, heap);
}

static void large(struct kunit *test)
{
	/* Room for neighbours: blocks that are got one by one need not be. */
	kspan_free(kspan_alloc(kit_heap(test), SZ_1M, GFP_KERNEL));
	race(test, kit_heap(test), 5 * KSPAN_PAGE_BYTES);
}

/* Heaps that have nothing but their reserve. */
static void lent(struct kunit *test, size_t size_bytes)
{
	struct kspan_heap_params params = {
		.limit_bytes		= SZ_128K,
		.min_reserve_bytes	= SZ_128K,
	};
	struct kspan_heap *heap = kspan_heap_create("kunit-lent", &params);

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	race(test, heap, size_bytes);
	kspan_heap_destroy(heap);
}

static void lent_large(struct kunit *test)
{
	lent(test, 5 * KSPAN_PAGE_BYTES);
}

static void lent_slot(struct kunit *test)
{
	lent(test, SZ_32K);
}

/* Otherwise the fast path takes the object, and marks it at once. */
static void wiped_slot(struct kunit *test)
{
	if (!want_init_on_free())
		kunit_skip(test, "nothing is wiped");
	race(test, kit_heap(test), SZ_32K);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(large),
	KUNIT_CASE(lent_large),
	KUNIT_CASE(lent_slot),
	KUNIT_CASE(wiped_slot),
	{}
};

struct kunit_suite kit_owner_suite = {
	.name = "kspan_owner",
	.init = kit_quiet_init,
	.exit = kit_quiet_exit,
	.test_cases = cases,
};
