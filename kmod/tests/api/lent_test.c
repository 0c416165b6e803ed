// SPDX-License-Identifier: GPL-2.0
/*
 * Borrowed stacks on all CPUs, and in hard interrupts: each is one borrower's at a
 * time, wherever it is put.
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/sizes.h>

#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_THREADS	= 4,
	NR_PLACES	= 6,
	NR_HELD		= 3,
	FILL_BYTES	= 512,
	RUN_MS		= 400,
	INTERRUPT_NS	= 30 * 1000,
};

/**
 * struct place - a stack that lies there until somebody takes it
 * @stack: the stack, or NULL
 * @tag: what is pushed on it
 */
struct place {
	struct kspan_stack	*stack;
	u32			tag;
};

/**
 * struct lending - borrowers at work
 * @heap: whose stacks
 * @lock: guards @places
 * @places: what they exchange
 * @held: what interrupts have
 * @timer: interrupts
 * @shots: how often
 * @nborrowed: stacks that somebody got
 * @nfailed: how often somebody got none
 * @nspoilt: stacks that two had at a time
 * @seed: of random numbers
 */
struct lending {
	struct kspan_heap	*heap;
	spinlock_t		lock; /* see above */
	struct place		places[NR_PLACES];
	struct place		held[NR_HELD];
	struct hrtimer		timer;
	unsigned int		shots;
	atomic64_t		nborrowed;
	atomic_t		nfailed;
	atomic_t		nspoilt;
	u32			seed;
};

static void borrow(struct lending *lending, struct place *place, u32 tag)
{
	void *p;

	place->tag = tag;
	place->stack = kspan_stack_get(lending->heap);
	if (!place->stack) {
		atomic_inc(&lending->nfailed);
		return;
	}
	atomic64_inc(&lending->nborrowed);
	/* Somebody else would have to have it for this to fail. */
	p = kspan_stack_push(place->stack, KSPAN_STACK_BYTES, 8);
	if (p)
		kit_fill(p, FILL_BYTES, tag);
	else
		atomic_inc(&lending->nspoilt);
}

static void give(struct lending *lending, struct place *place)
{
	if (!place->stack)
		return;
	if (!kit_filled((void *)kspan_stack_mark(place->stack), FILL_BYTES,
			place->tag))
		atomic_inc(&lending->nspoilt);
	kspan_stack_put(place->stack);
	place->stack = NULL;
}

static int work(void *arg)
{
	struct lending *lending = arg;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, lending->seed ^ current->pid);
	while (!kthread_should_stop()) {
		struct place *place =
			&lending->places[kit_below(&rnd, NR_PLACES)];
		struct place mine;

		borrow(lending, &mine, prandom_u32_state(&rnd));
		spin_lock_irq(&lending->lock);
		swap(mine, *place);
		spin_unlock_irq(&lending->lock);
		if (!kit_below(&rnd, 10))
			schedule_timeout_uninterruptible(1);
		give(lending, &mine);
		if (!kit_below(&rnd, 200))
			kspan_heap_drain(lending->heap);
		cond_resched();
	}
	return 0;
}

static enum hrtimer_restart interrupt(struct hrtimer *timer)
{
	struct lending *lending = container_of(timer, struct lending, timer);
	struct place *held = &lending->held[lending->shots++ % NR_HELD];
	struct place now;

	borrow(lending, &now, lending->shots);
	give(lending, &now);
	give(lending, held);
	borrow(lending, held, lending->shots);
	hrtimer_forward_now(timer, INTERRUPT_NS);
	return HRTIMER_RESTART;
}

static struct lending *lending_new(struct kunit *test)
{
	struct lending *lending = kunit_kzalloc(test, sizeof(*lending),
						GFP_KERNEL);
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, lending);
	kit_seed(test, &rnd);
	lending->heap = kit_heap(test);
	lending->seed = prandom_u32_state(&rnd);
	spin_lock_init(&lending->lock);
	return lending;
}

static void expect_all_well(struct kunit *test, struct lending *lending)
{
	struct kspan_heap_stats stats;
	unsigned int i;

	for (i = 0; i < NR_PLACES; i++)
		give(lending, &lending->places[i]);
	for (i = 0; i < NR_HELD; i++)
		give(lending, &lending->held[i]);
	kunit_info(test, "%lld borrowed, %d times none, %u interrupts\n",
		   atomic64_read(&lending->nborrowed),
		   atomic_read(&lending->nfailed), lending->shots);
	KUNIT_EXPECT_EQ(test, atomic_read(&lending->nspoilt), 0);
	KUNIT_EXPECT_GT(test, atomic64_read(&lending->nborrowed), 100);
	kit_expect_sound(test, lending->heap);
	kit_expect_empty(test, lending->heap);
	kspan_heap_stats(lending->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.allocs_total,
			atomic64_read(&lending->nborrowed));
	KUNIT_EXPECT_EQ(test, stats.frees_total, stats.allocs_total);
	KUNIT_EXPECT_EQ(test, stats.bad_frees_total, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&lending->heap->storage.nr_stacks), 0);
}

static void on_several_cpus(struct kunit *test)
{
	struct lending *lending = lending_new(test);
	struct task_struct *tasks[NR_THREADS];
	unsigned int nlooks = 0;
	unsigned long end;
	unsigned int i;

	for (i = 0; i < NR_THREADS; i++) {
		tasks[i] = kthread_run(work, lending, "kspan-borrower");
		KUNIT_ASSERT_FALSE(test, IS_ERR(tasks[i]));
	}
	end = jiffies + msecs_to_jiffies(RUN_MS);
	while (time_before(jiffies, end)) {
		struct kspan_heap_stats stats;

		kspan_heap_stats(lending->heap, &stats);
		if (!kit_stats_add_up(test, &stats))
			break;
		nlooks++;
		cond_resched();
	}
	for (i = 0; i < NR_THREADS; i++)
		kthread_stop(tasks[i]);
	KUNIT_EXPECT_GT(test, nlooks, 0);
	expect_all_well(test, lending);
}

static void in_hard_interrupts(struct kunit *test)
{
	struct lending *lending = lending_new(test);
	unsigned long end;
	struct place mine;
	u32 tag = 0;

	/* Where stacks may not be had in hard interrupts, it is none. */
	hrtimer_init(&lending->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	lending->timer.function = interrupt;
	kit_stay();
	hrtimer_start(&lending->timer, INTERRUPT_NS, HRTIMER_MODE_REL_PINNED);
	end = jiffies + msecs_to_jiffies(RUN_MS);
	while (time_before(jiffies, end)) {
		borrow(lending, &mine, --tag);
		if (tag % 64)
			give(lending, &mine);
		else
			kspan_heap_drain(lending->heap);
		give(lending, &mine);
	}
	hrtimer_cancel(&lending->timer);
	KUNIT_EXPECT_GT(test, lending->shots, 10);
	expect_all_well(test, lending);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(on_several_cpus),
	KUNIT_CASE(in_hard_interrupts),
	{}
};

struct kunit_suite kit_lent_suite = {
	.name		= "kspan_stack_lent",
	.init		= kit_heap_init,
	.exit		= kit_heap_exit,
	.test_cases	= cases,
};
