// SPDX-License-Identifier: GPL-2.0
/*
 * Frees after a grace period: when an object goes, of which kind, and that none is
 * forgotten, however many there are.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#include "api/rcu.h"
#include "base/compat.h"
#include "base/fault.h"
#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	READER_MS	= 100,
	GONE_MS		= 10000,
	NR_MANY		= 200000 / KIT_SLOWNESS,
	NR_STORM	= 2000000 / KIT_SLOWNESS,
	NR_THREADS	= 4,
	NR_TICKS	= 300,
	TICK_OBJECTS	= 20,
	TICK_NS		= 200000,
};

/* With the head first, in the middle, and as late as it may be. */
struct first {
	struct rcu_head	rcu;
	u64		value;
};

struct middle {
	u64		value;
	struct rcu_head	rcu;
	u64		others[5];
};

struct last {
	u8		bytes[KSPAN_RCU_OFFSETS - sizeof(void *)];
	struct rcu_head	rcu;
};

static u64 nlive(struct kspan_heap *heap)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	return stats.live_objects;
}

static bool is_live(const void *p)
{
	struct kspan_object obj;

	return kspan_find_object(p, &obj) && obj.start == p && obj.live;
}

/* Without a barrier they go as well. */
static void expect_gone(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < GONE_MS && nlive(kit_heap(test)); i++)
		usleep_range(1000, 2000);
	kunit_info(test, "gone after %u ms\n", i);
	KUNIT_EXPECT_EQ(test, nlive(kit_heap(test)), 0);
	KUNIT_EXPECT_EQ(test, kspan_rcu_pending(), 0);
}

static void goes_after_a_grace_period(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct first *first = kspan_new(heap, struct first, GFP_KERNEL);
	struct middle *middle = kspan_new(heap, struct middle, GFP_KERNEL);
	struct last *last = kspan_new(heap, struct last, GFP_KERNEL);
	void *plain = kspan_alloc(heap, 100, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, first && middle && last && plain);
	kspan_free_rcu_mightsleep(plain);
	middle->value = 77;
	rcu_read_lock();
	kspan_free_rcu(first, rcu);
	kspan_free_rcu(middle, rcu);
	kspan_free_rcu(last, rcu);
	mdelay(READER_MS);
	KUNIT_EXPECT_TRUE(test, is_live(first));
	KUNIT_EXPECT_TRUE(test, is_live(middle));
	KUNIT_EXPECT_TRUE(test, is_live(last));
	KUNIT_EXPECT_EQ(test, middle->value, 77ULL);
	rcu_read_unlock();
	expect_gone(test);
	KUNIT_EXPECT_FALSE(test, is_live(first));
	KUNIT_EXPECT_FALSE(test, is_live(middle));
	KUNIT_EXPECT_FALSE(test, is_live(last));
	KUNIT_EXPECT_FALSE(test, is_live(plain));
	kit_expect_empty(test, heap);
}

/**
 * struct reader - a thread that reads for a while
 * @begun: it has begun
 * @stop: it may end
 */
struct reader {
	struct completion	begun;
	bool			stop;
};

static int read_on(void *arg)
{
	struct reader *reader = arg;

	rcu_read_lock();
	complete(&reader->begun);
	while (!READ_ONCE(reader->stop))
		cpu_relax();
	rcu_read_unlock();
	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	return 0;
}

static void a_reader_elsewhere_is_waited_for(struct kunit *test)
{
	struct reader reader = {};
	struct kspan_heap *heap = kit_heap(test);
	struct middle *p = kspan_new(heap, struct middle, GFP_KERNEL);
	void *plain = kspan_alloc(heap, 64, GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_TRUE(test, p && plain);
	init_completion(&reader.begun);
	task = kthread_run(read_on, &reader, "kspan-reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wait_for_completion(&reader.begun);
	kspan_free_rcu(p, rcu);
	kspan_free_rcu_mightsleep(plain);
	msleep(READER_MS);
	KUNIT_EXPECT_TRUE(test, is_live(p));
	KUNIT_EXPECT_TRUE(test, is_live(plain));
	WRITE_ONCE(reader.stop, true);
	kthread_stop(task);
	kspan_rcu_barrier(heap);
	KUNIT_EXPECT_FALSE(test, is_live(p));
	KUNIT_EXPECT_FALSE(test, is_live(plain));
	kit_expect_empty(test, heap);
}

/**
 * struct barrier - a thread that waits for all frees
 * @heap: of which heap
 * @over: they have been done
 */
struct barrier {
	struct kspan_heap	*heap;
	bool			over;
};

static int wait_for_all(void *arg)
{
	struct barrier *barrier = arg;

	kspan_rcu_barrier(barrier->heap);
	WRITE_ONCE(barrier->over, true);
	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	return 0;
}

/* Whoever cannot wait for the callback hurries the grace period, and waits for it. */
static void a_barrier_waits_for_readers(struct kunit *test)
{
	struct barrier barrier = { .heap = kit_heap(test) };
	struct reader reader = {};
	struct task_struct *reading;
	struct task_struct *waiting;
	struct first *p;

	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	init_completion(&reader.begun);
	p = kspan_new(kit_heap(test), struct first, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	p->value = 77;
	reading = kthread_run(read_on, &reader, "kspan-reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(reading));
	wait_for_completion(&reader.begun);
	kspan_free_rcu(p, rcu);
	waiting = kthread_run(wait_for_all, &barrier, "kspan-barrier");
	if (!IS_ERR(waiting))
		msleep(READER_MS);
	KUNIT_EXPECT_FALSE(test, IS_ERR(waiting));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(barrier.over));
	KUNIT_EXPECT_TRUE(test, is_live(p));
	KUNIT_EXPECT_EQ(test, READ_ONCE(p->value), 77ULL);
	WRITE_ONCE(reader.stop, true);
	kthread_stop(reading);
	expect_gone(test);
	if (!IS_ERR(waiting))
		kthread_stop(waiting);
	kit_expect_empty(test, kit_heap(test));
}

/* So many that pages of pointers become full. */
static void without_heads_too(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	for (i = 0; i < 3000; i++) {
		void *p = kspan_alloc(heap, 64, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		kspan_free_rcu_mightsleep(p);
	}
	kspan_rcu_barrier(heap);
	KUNIT_EXPECT_EQ(test, nlive(heap), 0);
	kit_expect_empty(test, heap);
}

static void without_a_page_it_waits(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *p;

	kspan_rcu_barrier(heap);
	kspan_fault_set(KSPAN_FAULT_RCU_PAGE, KSPAN_FAULT_ALWAYS);
	p = kspan_alloc(heap, 64, GFP_KERNEL);
	kspan_free_rcu_mightsleep(p);
	KUNIT_EXPECT_EQ(test, kspan_fault_failed(KSPAN_FAULT_RCU_PAGE), 1);
	kspan_fault_set(KSPAN_FAULT_RCU_PAGE, KSPAN_FAULT_OFF);
	KUNIT_EXPECT_FALSE(test, is_live(p));
	kit_expect_empty(test, heap);
}

static void objects_of_every_kind(struct kunit *test)
{
	static const size_t sizes[] = {
		SZ_32K, SZ_32K + 1, SZ_64K, SZ_1M, SZ_4M, SZ_4M + 1, SZ_8M,
	};
	struct kspan_heap *heap = kit_heap(test);
	unsigned int class;
	unsigned int i;

	for (class = 1; class <= KSPAN_NR_CLASSES; class++) {
		size_t size = kspan_sizeclasses[class].size_bytes;
		void *p = kspan_alloc(heap, size, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		if (size >= sizeof(struct first))
			kspan_free_rcu((struct first *)p, rcu);
		else
			kspan_free_rcu_mightsleep(p);
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct last *last = kspan_alloc(heap, sizes[i], GFP_KERNEL);
		void *plain = kspan_alloc(heap, sizes[i], GFP_KERNEL);

		KUNIT_ASSERT_TRUE(test, last && plain);
		kspan_free_rcu(last, rcu);
		kspan_free_rcu_mightsleep(plain);
		kspan_rcu_barrier(heap);
		KUNIT_EXPECT_FALSE(test, is_live(last));
		KUNIT_EXPECT_FALSE(test, is_live(plain));
	}
	kit_expect_empty(test, heap);
}

static void nothing_is_ignored(struct kunit *test)
{
	unsigned long pending = kspan_rcu_pending();
	struct first *none = NULL;

	kspan_free_rcu(none, rcu);
	none = ZERO_SIZE_PTR;
	kspan_free_rcu(none, rcu);
	kspan_free_rcu_mightsleep(NULL);
	kspan_free_rcu_mightsleep(ZERO_SIZE_PTR);
	KUNIT_EXPECT_LE(test, kspan_rcu_pending(), pending);
}

/* Runs @call, which is to be refused. */
#define EXPECT_REFUSED(test, call)					\
do {									\
	unsigned long total_ = kspan_last_report.total;			\
									\
	kit_reports_begin();						\
	call;								\
	kit_reports_end();						\
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total_ + 1);	\
} while (0)

static void mistakes_are_refused(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct first *p = kspan_new(heap, struct first, GFP_KERNEL);
	struct middle *freed = kspan_new(heap, struct middle, GFP_KERNEL);
	struct first local = {};
	struct middle before;

	KUNIT_ASSERT_TRUE(test, p && freed);
	kspan_free(freed);
	before = *freed;
	EXPECT_REFUSED(test, kspan_free_rcu(freed, rcu));
	KUNIT_EXPECT_EQ(test, memcmp(freed, &before, sizeof(before)), 0);
	EXPECT_REFUSED(test, kspan_free_rcu_mightsleep(freed));
	EXPECT_REFUSED(test, kspan_free_rcu((struct first *)((void *)p + 8),
					    rcu));
	EXPECT_REFUSED(test, kspan_free_rcu(&local, rcu));
	KUNIT_EXPECT_NULL(test, memchr_inv(&local, 0, sizeof(local)));
	rcu_read_lock();
	kspan_free_rcu(p, rcu);
	EXPECT_REFUSED(test, kspan_free_rcu(p, rcu));
	rcu_read_unlock();
	kspan_rcu_barrier(heap);
	KUNIT_EXPECT_EQ(test, kspan_last_report.mistake,
			KSPAN_MISTAKE_DOUBLE_FREE);
	kit_expect_empty(test, heap);
}

/* An object that is freed and taken again may be freed again, whatever is in it. */
static void over_and_over(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned long total = kspan_last_report.total;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		struct middle *p = kspan_alloc(heap, sizeof(*p), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		kspan_free_rcu(p, rcu);
		kspan_rcu_barrier(heap);
	}
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);
	kit_expect_empty(test, heap);
}

static void the_barrier_waits_for_all(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int round;
	unsigned int i;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < NR_MANY / 10; i++) {
			struct middle *p = kspan_alloc(heap, sizeof(*p),
						       GFP_KERNEL);

			KUNIT_ASSERT_NOT_NULL(test, p);
			kspan_free_rcu(p, rcu);
		}
		/* At another moment of a grace period. */
		msleep(round * 3);
		kspan_rcu_barrier(heap);
		KUNIT_EXPECT_EQ(test, nlive(heap), 0);
	}
	kit_expect_empty(test, heap);
}

/* The end of a heap waits for its frees, and its pages are not touched then. */
static void the_heap_ends(struct kunit *test)
{
	const struct kspan_heap_params params = {
		.flags = KSPAN_HEAP_WARN_LIVE,
	};
	unsigned int round;
	unsigned int i;

	for (round = 0; round < 5; round++) {
		struct kspan_heap *heap = kspan_heap_create("rcu-ends", &params);

		KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
		for (i = 0; i < 10000; i++) {
			struct middle *p = kspan_alloc(heap, sizeof(*p),
						       GFP_KERNEL);

			KUNIT_ASSERT_NOT_NULL(test, p);
			kspan_free_rcu(p, rcu);
		}
		kspan_free_rcu_mightsleep(kspan_alloc(heap, SZ_8M, GFP_KERNEL));
		kspan_heap_destroy(heap);
		KUNIT_EXPECT_EQ(test, kspan_rcu_pending(), 0);
	}
}

/* A heap that has room for much less than is freed meanwhile: nothing fails. */
static void the_limit_hurries(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	kspan_heap_set_limit(heap, SZ_2M);
	for (i = 0; i < NR_MANY; i++) {
		struct middle *p = kspan_alloc(heap, sizeof(*p), GFP_KERNEL);

		if (!p)
			break;
		kspan_free_rcu(p, rcu);
	}
	KUNIT_EXPECT_EQ(test, i, NR_MANY);
	/* What caches hold would be in the way of large objects. */
	kspan_rcu_barrier(heap);
	kspan_heap_drain(heap);
	kspan_heap_scavenge(heap, SIZE_MAX);
	for (i = 0; i < 20; i++) {
		void *p = kspan_alloc(heap, SZ_512K, GFP_KERNEL);

		KUNIT_EXPECT_NOT_NULL(test, p);
		kspan_free_rcu_mightsleep(p);
	}
	kspan_rcu_barrier(heap);
	kspan_heap_set_limit(heap, SZ_16M);
	for (i = 0; i < 10; i++) {
		void *p = kspan_alloc(heap, SZ_8M, GFP_KERNEL);

		KUNIT_EXPECT_NOT_NULL(test, p);
		kspan_free_rcu_mightsleep(p);
	}
	kspan_rcu_barrier(heap);
	kspan_heap_set_limit(heap, 0);
	kit_expect_empty(test, heap);
}

/**
 * struct storm - a thread that frees as fast as it can
 * @heap: of what
 * @done: it has
 * @failed: an allocation has
 */
struct storm {
	struct kspan_heap	*heap;
	struct completion	done;
	bool			failed;
};

static int blow(void *arg)
{
	struct storm *storm = arg;
	unsigned int i;

	for (i = 0; i < NR_STORM / NR_THREADS; i++) {
		struct middle *p = kspan_alloc(storm->heap, sizeof(*p),
					       GFP_KERNEL);

		if (!p) {
			storm->failed = true;
			break;
		}
		if (i % 16)
			kspan_free_rcu(p, rcu);
		else
			kspan_free_rcu_mightsleep(p);
	}
	complete(&storm->done);
	return 0;
}

/* Threads that never pause; what waits at a time is far less than what they free. */
static void a_storm_is_bounded(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct storm storms[NR_THREADS];
	struct kspan_heap_stats stats;
	u64 most_bytes = 0;
	unsigned int i;

	for (i = 0; i < NR_THREADS; i++) {
		storms[i] = (struct storm){ .heap = heap };
		init_completion(&storms[i].done);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(blow, &storms[i],
							    "kspan-storm")));
	}
	for (i = 0; i < NR_THREADS; i++) {
		while (!wait_for_completion_timeout(&storms[i].done, 1)) {
			kspan_heap_stats(heap, &stats);
			most_bytes = max(most_bytes, stats.backing_bytes);
		}
		KUNIT_EXPECT_FALSE(test, storms[i].failed);
	}
	kspan_heap_stats(heap, &stats);
	most_bytes = max(most_bytes, stats.backing_bytes);
	kunit_info(test, "%llu KB at most, of %llu KB\n", most_bytes >> 10,
		   (u64)NR_STORM * sizeof(struct middle) >> 10);
	KUNIT_EXPECT_LT(test, most_bytes,
			(u64)NR_STORM * sizeof(struct middle) / 2);
	kspan_rcu_barrier(heap);
	kit_expect_empty(test, heap);
}

/**
 * struct ticker - a timer that frees in hard interrupts
 * @timer: the timer
 * @p: the objects
 * @nfreed: how many it has freed
 */
struct ticker {
	struct hrtimer	timer;
	struct middle	*p[NR_TICKS * TICK_OBJECTS];
	unsigned int	nfreed;
};

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct ticker *ticker = container_of(timer, struct ticker, timer);
	unsigned int nfreed = ticker->nfreed;
	unsigned int i;

	for (i = 0; i < TICK_OBJECTS; i++)
		kspan_free_rcu(ticker->p[nfreed++], rcu);
	WRITE_ONCE(ticker->nfreed, nfreed);
	if (nfreed == ARRAY_SIZE(ticker->p))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ns_to_ktime(TICK_NS));
	return HRTIMER_RESTART;
}

static void in_hard_interrupts(struct kunit *test)
{
	struct ticker *ticker = kvzalloc(sizeof(*ticker), GFP_KERNEL);
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ticker);
	for (i = 0; i < ARRAY_SIZE(ticker->p); i++)
		ticker->p[i] = kspan_new(heap, struct middle, GFP_KERNEL);
	hrtimer_setup(&ticker->timer, tick, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_HARD);
	hrtimer_start(&ticker->timer, ns_to_ktime(TICK_NS),
		      HRTIMER_MODE_REL_HARD);
	/* It is to interrupt all that there is. */
	while (READ_ONCE(ticker->nfreed) < ARRAY_SIZE(ticker->p)) {
		struct middle *p = kspan_alloc(heap, sizeof(*p), GFP_KERNEL);

		kspan_free_rcu(p, rcu);
		kspan_free_rcu_mightsleep(kspan_alloc(heap, 8, GFP_KERNEL));
	}
	hrtimer_cancel(&ticker->timer);
	kspan_rcu_barrier(heap);
	kvfree(ticker);
	kit_expect_empty(test, heap);
}

/* With interrupts off, and nothing else to start the first grace period. */
static void with_interrupts_off(struct kunit *test)
{
	struct middle *p = kspan_new(kit_heap(test), struct middle, GFP_KERNEL);
	unsigned long flags;

	KUNIT_ASSERT_NOT_NULL(test, p);
	local_irq_save(flags);
	kspan_free_rcu(p, rcu);
	local_irq_restore(flags);
	expect_gone(test);
	kit_expect_empty(test, kit_heap(test));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(goes_after_a_grace_period),
	KUNIT_CASE(a_reader_elsewhere_is_waited_for),
	KUNIT_CASE(a_barrier_waits_for_readers),
	KUNIT_CASE(without_heads_too),
	KUNIT_CASE(without_a_page_it_waits),
	KUNIT_CASE(objects_of_every_kind),
	KUNIT_CASE(nothing_is_ignored),
	KUNIT_CASE(mistakes_are_refused),
	KUNIT_CASE(over_and_over),
	KUNIT_CASE(the_barrier_waits_for_all),
	KUNIT_CASE(the_heap_ends),
	KUNIT_CASE(the_limit_hurries),
	KUNIT_CASE(a_storm_is_bounded),
	KUNIT_CASE(in_hard_interrupts),
	KUNIT_CASE(with_interrupts_off),
	{}
};

struct kunit_suite kit_rcu_suite = {
	.name = "kspan_rcu",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
