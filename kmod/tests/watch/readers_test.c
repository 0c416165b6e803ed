// SPDX-License-Identifier: GPL-2.0
/*
 * Readers of counters, while a writer is in the middle of an operation: what
 * they are told belongs to one moment.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>

#include "caches/magazine.h"
#include "heaps/heap.h"
#include "spans/central.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/stats.h"

enum {
	SIZE_BYTES	= 64,
	/* A reader that does not wait is done by then. */
	PAUSE_MSECS	= 50,
	/* How long readers and writers run against each other. */
	RACE_MSECS	= 500,
	NR_HELD		= 10,
	NR_SLOTS	= 8,
};

static struct kspan_store *store_of(struct kunit *test)
{
	return &kit_heap(test)->storage.stores[kspan_sizeclass(SIZE_BYTES)];
}

/**
 * struct reader - a thread that reads counters once
 * @store: of which store
 * @cpu: whose magazine
 * @central: which central list
 * @mag_counts: what it was told
 * @central_counts: likewise
 * @done: it has been told
 */
struct reader {
	struct kspan_store		*store;
	unsigned int			cpu;
	struct kspan_central		*central;
	struct kspan_mag_counts		mag_counts;
	struct kspan_central_counts	central_counts;
	struct completion		done;
};

static int read_mag(void *arg)
{
	struct reader *reader = arg;

	kspan_mag_read(reader->store, reader->cpu, &reader->mag_counts);
	complete(&reader->done);
	return 0;
}

static int read_central(void *arg)
{
	struct reader *reader = arg;

	kspan_central_read(reader->central, &reader->central_counts);
	complete(&reader->done);
	return 0;
}

static struct task_struct *start(struct kunit *test, int (*fn)(void *arg),
				 void *arg)
{
	struct task_struct *task = kthread_create(fn, arg, "kunit-reader");

	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	/* It may be gone before it is stopped. */
	get_task_struct(task);
	wake_up_process(task);
	return task;
}

static void stop(struct task_struct *task)
{
	kthread_stop(task);
	put_task_struct(task);
}

/* A CPU has counted a pop, but not yet what follows from it. */
static void amid_an_operation_of_a_magazine(struct kunit *test)
{
	struct reader reader = {
		.store = store_of(test), .cpu = cpumask_last(cpu_possible_mask),
	};
	struct kspan_mag_counts before;
	struct task_struct *task;
	struct kspan_mag *mag;

	init_completion(&reader.done);
	kspan_mag_read(reader.store, reader.cpu, &before);
	mag = per_cpu_ptr(reader.store->mag, reader.cpu);
	/* Nobody else uses this heap. */
	mag->top |= KSPAN_MAG_BUSY;
	smp_wmb();
	WRITE_ONCE(mag->allocs, mag->allocs + 1);
	task = start(test, read_mag, &reader);
	KUNIT_EXPECT_EQ(test, 0,
			wait_for_completion_timeout(&reader.done,
						    msecs_to_jiffies(PAUSE_MSECS)));
	WRITE_ONCE(mag->net_in, mag->net_in + 1);
	smp_store_release(&mag->top, mag->top - KSPAN_MAG_BUSY);
	wait_for_completion(&reader.done);
	stop(task);
	KUNIT_EXPECT_EQ(test, reader.mag_counts.allocs, before.allocs + 1);
	KUNIT_EXPECT_EQ(test, reader.mag_counts.frees, before.frees);
	KUNIT_EXPECT_EQ(test, reader.mag_counts.slots, before.slots);
	mag->allocs--;
	mag->net_in--;
}

static void amid_a_change_of_a_central_list(struct kunit *test)
{
	struct kspan_central *central = &store_of(test)->central[0];
	struct reader reader = { .central = central };
	struct task_struct *task;
	unsigned long flags;
	bool told;

	init_completion(&reader.done);
	task = start(test, read_central, &reader);
	wait_for_completion(&reader.done);
	stop(task);
	KUNIT_EXPECT_EQ(test, reader.central_counts.out, 0);

	if (num_online_cpus() == 1)
		kunit_skip(test, "needs two CPUs");
	reinit_completion(&reader.done);
	task = kthread_create(read_central, &reader, "kunit-reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	spin_lock_irqsave(&central->lock, flags);
	write_seqcount_begin(&central->seq);
	central->counts.out++;
	wake_up_process(task);
	mdelay(PAUSE_MSECS);
	told = completion_done(&reader.done);
	central->counts.direct_allocs++;
	write_seqcount_end(&central->seq);
	spin_unlock_irqrestore(&central->lock, flags);
	wait_for_completion(&reader.done);
	stop(task);
	KUNIT_EXPECT_FALSE(test, told);
	KUNIT_EXPECT_EQ(test, reader.central_counts.out, 1);
	KUNIT_EXPECT_EQ(test, reader.central_counts.direct_allocs, 1);
	central->counts.out--;
	central->counts.direct_allocs--;
}

/* Slots go and come, each time counted in two places. */
static int take_and_put(void *arg)
{
	struct kspan_store *store = arg;
	void *objs[NR_SLOTS];
	bool limited;
	int nid;

	nid = kspan_central_grow(store, kspan_source_local_node(store->source),
				 GFP_KERNEL, &limited);
	while (!kthread_should_stop()) {
		unsigned int taken;

		taken = nid == NUMA_NO_NODE ? 0 :
			kspan_central_take(store, nid, objs, NR_SLOTS,
					   KSPAN_BATCH_DIRECT);
		kspan_central_put(store, objs, taken, KSPAN_BATCH_DIRECT);
		cond_resched();
	}
	return 0;
}

static void counts_of_a_central_list_agree(struct kunit *test)
{
	unsigned long end = jiffies + msecs_to_jiffies(RACE_MSECS);
	struct kspan_store *store = store_of(test);
	struct kspan_central_counts counts;
	unsigned int ndisagree = 0;
	struct task_struct *task;
	int nid;

	task = start(test, take_and_put, store);
	while (time_before(jiffies, end)) {
		for_each_online_node(nid) {
			kspan_central_read(&store->central[nid], &counts);
			ndisagree += counts.out != counts.direct_allocs -
						   counts.direct_frees;
		}
		cond_resched();
	}
	stop(task);
	KUNIT_EXPECT_EQ(test, ndisagree, 0);
	kit_expect_empty(test, kit_heap(test));
}

static int alloc_and_free(void *arg)
{
	while (!kthread_should_stop()) {
		kspan_free(kspan_alloc(arg, SIZE_BYTES, GFP_KERNEL));
		cond_resched();
	}
	return 0;
}

/*
 * What is held all the time is live at each look. To count an object's free but
 * not its allocation would lose one.
 */
static void what_is_held_is_live(struct kunit *test)
{
	unsigned long end = jiffies + msecs_to_jiffies(RACE_MSECS);
	unsigned int class = kspan_sizeclass(SIZE_BYTES);
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_store_stats stats;
	struct task_struct *task;
	void *held[NR_HELD];
	unsigned int nfew = 0;
	unsigned int i;

	for (i = 0; i < NR_HELD; i++)
		held[i] = kspan_alloc(heap, SIZE_BYTES, GFP_KERNEL);
	task = start(test, alloc_and_free, heap);
	while (time_before(jiffies, end)) {
		kspan_store_stats(heap, class, &stats);
		nfew += stats.live < NR_HELD;
		cond_resched();
	}
	stop(task);
	KUNIT_EXPECT_EQ(test, nfew, 0);
	while (i--)
		kspan_free(held[i]);
	kit_expect_empty(test, heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(amid_an_operation_of_a_magazine),
	KUNIT_CASE(amid_a_change_of_a_central_list),
	KUNIT_CASE(counts_of_a_central_list_agree),
	KUNIT_CASE(what_is_held_is_live),
	{}
};

struct kunit_suite kit_readers_suite = {
	.name = "kspan_readers",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
