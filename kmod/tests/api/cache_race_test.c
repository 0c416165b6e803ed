// SPDX-License-Identifier: GPL-2.0
/* Typed caches that several CPUs use, look at, and take away. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "heaps/typed.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/verify.h"

enum {
	NR_PLACES	= 64,
	RACE_MS		= 1500,
	MAGIC		= 0x7e57ab1e,
};

/**
 * struct typed - an object that readers may look at after it was freed
 * @magic: MAGIC, as long as it is one of the cache
 * @key: of the object that it is now
 * @rest: makes it as large as objects are
 */
struct typed {
	u64	magic;
	u64	key;
	u8	rest[112];
};

/**
 * struct race - what threads share
 * @test: the test
 * @heap: the heap
 * @cache: a cache that is typesafe
 * @places: where objects are published
 * @nread: objects that were looked at
 * @nwrong: of these, such that were something else
 * @nspoilt: objects of other caches that were not as they had been left
 */
struct race {
	struct kunit		*test;
	struct kspan_heap	*heap;
	struct kspan_cache	*cache;
	struct typed __rcu	*places[NR_PLACES];
	atomic_long_t		nread;
	atomic_long_t		nwrong;
	atomic_long_t		nspoilt;
};

/**
 * struct hold - a reader, and who waits for it
 * @begun: it looks
 * @over: it may stop
 */
struct hold {
	struct completion	begun;
	bool			over;
};

static void make_typed(void *slot)
{
	struct typed *obj = slot;

	obj->magic = MAGIC;
	obj->key = 0;
}

static void seed(struct rnd_state *rnd)
{
	prandom_seed_state(rnd, (unsigned long)current ^ get_cycles());
}

/* Publishes and frees, without waiting for readers. */
static int writer(void *arg)
{
	struct race *race = arg;
	struct rnd_state rnd;

	seed(&rnd);
	while (!kthread_should_stop()) {
		u32 place = kit_below(&rnd, NR_PLACES);
		struct typed *obj = kspan_cache_alloc(race->cache, GFP_KERNEL);
		struct typed *old;

		if (!obj)
			continue;
		WRITE_ONCE(obj->key, place);
		old = (__force struct typed *)
			xchg((__force struct typed **)&race->places[place], obj);
		if (old)
			kspan_cache_free(race->cache, old);
		/* Its pages go, and others want them. */
		if (!kit_below(&rnd, 2000))
			kspan_cache_shrink(race->cache);
		cond_resched();
	}
	return 0;
}

static int reader(void *arg)
{
	struct race *race = arg;
	struct rnd_state rnd;

	seed(&rnd);
	while (!kthread_should_stop()) {
		u32 place = kit_below(&rnd, NR_PLACES);
		struct typed *obj;
		u32 i;

		rcu_read_lock();
		obj = rcu_dereference(race->places[place]);
		for (i = 0; obj && i < 300; i++) {
			if (READ_ONCE(obj->magic) != MAGIC ||
			    READ_ONCE(obj->key) >= NR_PLACES)
				atomic_long_inc(&race->nwrong);
			atomic_long_inc(&race->nread);
			cpu_relax();
		}
		rcu_read_unlock();
		cond_resched();
	}
	return 0;
}

/* Wants pages of the same heap, and fills them. */
static int spoiler(void *arg)
{
	struct race *race = arg;
	struct rnd_state rnd;

	seed(&rnd);
	while (!kthread_should_stop()) {
		u32 nr = 1 + kit_below(&rnd, 60);
		void *p[60];
		u32 i;

		for (i = 0; i < nr; i++) {
			p[i] = kspan_alloc(race->heap, 8192, GFP_KERNEL);
			if (p[i])
				memset(p[i], 0xee, 8192);
		}
		for (i = 0; i < nr; i++)
			kspan_free(p[i]);
		kspan_heap_drain(race->heap);
		cond_resched();
	}
	return 0;
}

static void run(struct race *race, int (*const *fns)(void *), u32 nr)
{
	struct task_struct *tasks[8];
	u32 i;

	for (i = 0; i < nr; i++)
		tasks[i] = kthread_run(fns[i], race, "kspan_race/%u", i);
	msleep(RACE_MS);
	for (i = 0; i < nr; i++) {
		if (!IS_ERR(tasks[i]))
			kthread_stop(tasks[i]);
	}
}

static struct race *race_new(struct kunit *test)
{
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, race);
	race->test = test;
	race->heap = kit_heap(test);
	return race;
}

/* Under RCU what was an object of the cache is one until the end. */
static void readers_see_the_type(struct kunit *test)
{
	static int (*const fns[])(void *) = {
		writer, writer, reader, reader, spoiler,
	};
	struct race *race = race_new(test);
	u32 i;

	race->cache = kspan_cache_create(race->heap, "typesafe",
					 sizeof(struct typed), 0,
					 KSPAN_CACHE_TYPESAFE_BY_RCU,
					 make_typed);
	KUNIT_ASSERT_NOT_NULL(test, race->cache);
	run(race, fns, ARRAY_SIZE(fns));
	kunit_info(test, "%ld looks\n", atomic_long_read(&race->nread));
	KUNIT_EXPECT_GT(test, atomic_long_read(&race->nread), 1000L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&race->nwrong), 0L);
	for (i = 0; i < NR_PLACES; i++)
		kspan_free(rcu_dereference_protected(race->places[i], true));
	kspan_cache_destroy(race->cache);
	kit_expect_empty(test, race->heap);
}

/* A reader who takes its time. */
static int look_on(void *arg)
{
	struct hold *hold = arg;

	rcu_read_lock();
	complete(&hold->begun);
	while (!READ_ONCE(hold->over) && !kthread_should_stop())
		cpu_relax();
	rcu_read_unlock();
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static unsigned long free_heap_pages(struct kspan_source *source)
{
	unsigned long npages = 0;
	int nid;

	for_each_online_node(nid)
		npages += READ_ONCE(source->nodes[nid].pages.free_pages);
	return npages;
}

/* Pages wait for whoever looks at what was freed, and nobody else gets them. */
static void pages_wait_for_readers(struct kunit *test)
{
	struct race *race = race_new(test);
	struct kspan_source *source = &race->heap->storage.source;
	struct hold hold = { };
	struct task_struct *task;
	unsigned long before;
	struct typed *obj;

	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	race->cache = kspan_cache_create(race->heap, "held", sizeof(struct typed),
					 0, KSPAN_CACHE_TYPESAFE_BY_RCU, NULL);
	KUNIT_ASSERT_NOT_NULL(test, race->cache);
	obj = kspan_cache_alloc(race->cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	obj->magic = MAGIC;
	before = free_heap_pages(source);

	init_completion(&hold.begun);
	migrate_disable();
	task = kthread_run_on_cpu(look_on, &hold,
				  cpumask_any_but(cpu_online_mask,
						  smp_processor_id()),
				  "kspan_hold/%u");
	migrate_enable();
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wait_for_completion(&hold.begun);
	kspan_cache_free(race->cache, obj);
	kspan_cache_shrink(race->cache);
	KUNIT_EXPECT_GT(test, atomic_long_read(&source->waiting_pages), 0L);
	KUNIT_EXPECT_EQ(test, free_heap_pages(source), before);
	KUNIT_EXPECT_EQ(test, READ_ONCE(obj->magic), (u64)MAGIC);

	WRITE_ONCE(hold.over, true);
	kthread_stop(task);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_long_read(&source->waiting_pages), 0L);
	KUNIT_EXPECT_GT(test, free_heap_pages(source), before);
	kspan_cache_destroy(race->cache);
	kit_expect_empty(test, race->heap);
}

/* A cache of its own, which comes and goes. */
static int comer(void *arg)
{
	struct race *race = arg;
	struct rnd_state rnd;
	char name[24];

	seed(&rnd);
	snprintf(name, sizeof(name), "comer-%d", current->pid);
	while (!kthread_should_stop()) {
		u32 size = 8 + kit_below(&rnd, 2000);
		bool ctor = size > 16 && kit_below(&rnd, 2);
		unsigned int flags = kit_below(&rnd, 4) ?
				     0 : KSPAN_CACHE_TYPESAFE_BY_RCU;
		struct kspan_cache *cache;
		void *p[40];
		u32 i;

		cache = kspan_cache_create(race->heap, name, size, 0, flags,
					   ctor ? make_typed : NULL);
		if (!cache) {
			atomic_long_inc(&race->nwrong);
			continue;
		}
		for (i = 0; i < ARRAY_SIZE(p); i++) {
			p[i] = kspan_cache_alloc(cache, GFP_KERNEL);
			if (p[i])
				kit_fill(p[i], size, i);
		}
		for (i = 0; i < ARRAY_SIZE(p); i++) {
			if (p[i] && !kit_filled(p[i], size, i))
				atomic_long_inc(&race->nspoilt);
			kspan_cache_free(cache, p[i]);
		}
		kspan_cache_destroy(cache);
		atomic_long_inc(&race->nread);
	}
	return 0;
}

/* Looks at all there is. */
static int walker(void *arg)
{
	struct race *race = arg;
	struct kspan_heap_stats stats;

	while (!kthread_should_stop()) {
		kspan_heap_stats(race->heap, &stats);
		if (stats.allocs_total < stats.frees_total)
			atomic_long_inc(&race->nwrong);
		kspan_heap_drain(race->heap);
		/* It may be busy; it must not be wrong. */
		if (kspan_verify(race->heap, NULL) > 0)
			atomic_long_inc(&race->nwrong);
		kspan_heap_scavenge(race->heap, 1 << 20);
		cond_resched();
	}
	return 0;
}

static void caches_come_and_go(struct kunit *test)
{
	static int (*const fns[])(void *) = {
		comer, comer, comer, walker,
	};
	struct race *race = race_new(test);

	run(race, fns, ARRAY_SIZE(fns));
	kunit_info(test, "%ld caches\n", atomic_long_read(&race->nread));
	KUNIT_EXPECT_GT(test, atomic_long_read(&race->nread), 5L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&race->nwrong), 0L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&race->nspoilt), 0L);
	kit_expect_empty(test, race->heap);
}

/* Of many that free an object at a time one succeeds. */
static void *victim;
static atomic_t nr_ready;
static atomic_t go;

static int free_it(void *arg)
{
	struct race *race = arg;

	atomic_inc(&nr_ready);
	while (!atomic_read(&go) && !kthread_should_stop())
		cpu_relax();
	kspan_cache_free(race->cache, victim);
	while (!kthread_should_stop())
		usleep_range(500, 1000);
	return 0;
}

static void one_free_of_many(struct kunit *test)
{
	struct race *race = race_new(test);
	struct task_struct *tasks[2];
	struct kspan_heap_stats stats;
	u32 round;
	u32 i;

	race->cache = kspan_cache_create(race->heap, "once", 64, 0,
					 KSPAN_CACHE_TYPESAFE_BY_RCU, NULL);
	KUNIT_ASSERT_NOT_NULL(test, race->cache);
	kit_reports_begin();
	for (round = 0; round < 50; round++) {
		victim = kspan_cache_alloc(race->cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, victim);
		atomic_set(&nr_ready, 0);
		atomic_set(&go, 0);
		for (i = 0; i < 2; i++) {
			tasks[i] = kthread_run_on_cpu(free_it, race,
						      i % num_online_cpus(),
						      "kspan_once/%u");
			KUNIT_ASSERT_FALSE(test, IS_ERR(tasks[i]));
		}
		while (atomic_read(&nr_ready) < 2 && num_online_cpus() > 1)
			cond_resched();
		atomic_set(&go, 1);
		for (i = 0; i < 2; i++)
			kthread_stop(tasks[i]);
	}
	kit_reports_end();
	kspan_heap_stats(race->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.bad_frees_total, 50);
	kspan_cache_destroy(race->cache);
	kit_expect_empty(test, race->heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(readers_see_the_type),
	KUNIT_CASE(pages_wait_for_readers),
	KUNIT_CASE(caches_come_and_go),
	KUNIT_CASE(one_free_of_many),
	{}
};

struct kunit_suite kit_cache_race_suite = {
	.name = "kspan_cache_race",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
