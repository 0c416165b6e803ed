// SPDX-License-Identifier: GPL-2.0
/*
 * What a limit costs: allocations that fail at it, and the time and the bytes that
 * are counted when memory goes back.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "base/fault.h"
#include "caches/depot.h"
#include "caches/shelf.h"
#include "giveback/drain.h"
#include "giveback/scavenge.h"
#include "heaps/heap.h"
#include "pages/release.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	LIMIT_BYTES	= 1 << 20,
	OBJECT_BYTES	= 1024,
	MOST_OBJECTS	= LIMIT_BYTES / OBJECT_BYTES,
	/* More than a magazine has, so that some are in a depot. */
	NR_FREED	= 300,
	/* Some whole spans of slots, and not more than a magazine has. */
	NR_CACHED	= 16,
	OTHER_BYTES	= 2048,
	/* Above a page, so that vmalloc memory would do. */
	ANY_BYTES	= 8192,
	LARGE_BYTES	= 64 << 10,
	NR_LARGE	= 128,
};

static void suite_exit(struct kunit *test)
{
	kspan_fault_set(KSPAN_NR_FAULTS, KSPAN_FAULT_OFF);
	kit_quiet_exit(test);
}

static struct kspan_heap_stats stats_of(struct kunit *test)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(kit_heap(test), &stats);
	return stats;
}

/* A heap at its limit. Returns its objects, and how many. */
static void **fill_up(struct kunit *test, unsigned int *nobjs)
{
	void **objs = kunit_kcalloc(test, MOST_OBJECTS, sizeof(*objs),
				    GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, objs);
	KUNIT_ASSERT_EQ(test, kspan_heap_set_limit(kit_heap(test), LIMIT_BYTES),
			0);
	for (*nobjs = 0; *nobjs < MOST_OBJECTS; ++*nobjs) {
		objs[*nobjs] = kspan_alloc(kit_heap(test), OBJECT_BYTES,
					   GFP_KERNEL);
		if (!objs[*nobjs])
			break;
	}
	KUNIT_ASSERT_GT(test, *nobjs, NR_FREED);
	return objs;
}

/* Arrays full of slots that are on shelves and in depots. */
static unsigned int full_arrays(struct kunit *test)
{
	const struct kspan_store *store =
		&kit_heap(test)->storage.stores[kspan_sizeclass(OBJECT_BYTES)];
	unsigned int n = 0;
	unsigned int cpu;
	int nid;

	for_each_possible_cpu(cpu)
		n += per_cpu_ptr(store->shelf, cpu)->full.nr;
	for (nid = 0; nid < nr_node_ids; nid++)
		n += store->sc->bundle * store->depots[nid].full.nr;
	return n;
}

/* What depots hold is had, but not at every failure. */
static void failures_empty_depots_once_in_a_jiffy(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int tries = 0;
	unsigned int nobjs;
	unsigned int nfull;
	unsigned int i;
	unsigned long now;
	void **objs = fill_up(test, &nobjs);
	void *p;

	for (;;) {
		kspan_free_bulk(NR_FREED, objs);
		nfull = full_arrays(test);
		KUNIT_ASSERT_GT(test, nfull, 0);
		/* Somebody else has just tried, in the same jiffy. */
		now = jiffies;
		heap->giver.relieved = now;
		p = kspan_alloc(heap, LARGE_BYTES, GFP_NOWAIT | __GFP_NOWARN);
		if (!time_after(jiffies, now) || ++tries == 100)
			break;
		kspan_free(p);
		kspan_heap_drain(heap);
		for (i = 0; i < NR_FREED; i++)
			objs[i] = kspan_alloc(heap, OBJECT_BYTES, GFP_KERNEL);
	}
	KUNIT_EXPECT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, full_arrays(test), nfull);
	kspan_free(p);
	msleep(20);
	p = kspan_alloc(heap, LARGE_BYTES, GFP_NOWAIT | __GFP_NOWARN);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, full_arrays(test), 0);
	kspan_free(p);
	kspan_free_bulk(nobjs - NR_FREED, objs + NR_FREED);
	kit_expect_empty(test, heap);
}

/**
 * struct batch - what another CPU is to free
 * @objs: the objects
 * @nobjs: how many
 */
struct batch {
	void		**objs;
	unsigned int	nobjs;
};

static long free_batch(void *arg)
{
	struct batch *batch = arg;

	kspan_free_bulk(batch->nobjs, batch->objs);
	return 0;
}

/* Another CPU frees the first of some objects; skips where there is none. */
static void free_elsewhere(struct kunit *test, void **objs, unsigned int nobjs,
			   unsigned int nfreed)
{
	struct batch batch = { .objs = objs, .nobjs = nfreed };
	unsigned int other;

	if (num_online_cpus() == 1) {
		kspan_free_bulk(nobjs, objs);
		kunit_skip(test, "one CPU");
	}
	other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	work_on_cpu(other, free_batch, &batch);
}

/* What another CPU has on its shelf is had, too. */
static void failures_empty_shelves_of_all(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int nobjs;
	void **objs = fill_up(test, &nobjs);
	void *p;

	free_elsewhere(test, objs, nobjs, NR_FREED);
	KUNIT_EXPECT_GT(test, full_arrays(test), 0);
	msleep(20);
	p = kspan_alloc(heap, LARGE_BYTES, GFP_NOWAIT | __GFP_NOWARN);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, full_arrays(test), 0);
	kspan_free(p);
	kspan_free_bulk(nobjs - NR_FREED, objs + NR_FREED);
	kit_expect_empty(test, heap);
}

/* How often CPUs were asked to empty their caches. */
static unsigned int asked(struct kunit *test)
{
	unsigned int n = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		n += atomic_read(&per_cpu_ptr(kit_heap(test)->giver.drains,
					      cpu)->asked);
	return n;
}

/* What magazines of others hold is had by who may sleep, as it is free. */
static void who_sleeps_has_what_magazines_hold(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int nobjs;
	void **objs = fill_up(test, &nobjs);
	unsigned int before;
	void *p;

	free_elsewhere(test, objs, nobjs, NR_CACHED);
	before = asked(test);
	p = kspan_alloc(heap, OTHER_BYTES, GFP_NOWAIT | __GFP_NOWARN);
	KUNIT_EXPECT_NULL(test, p);
	kspan_free(p);
	p = kspan_alloc(heap, OTHER_BYTES, GFP_KERNEL | __GFP_NORETRY);
	KUNIT_EXPECT_NULL(test, p);
	kspan_free(p);
	KUNIT_EXPECT_EQ(test, asked(test), before);
	p = kspan_alloc(heap, OTHER_BYTES, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_GT(test, asked(test), before);
	kspan_free(p);
	kspan_free_bulk(nobjs - NR_CACHED, objs + NR_CACHED);
	kit_expect_empty(test, heap);
}

/* Likewise who would take vmalloc memory, too. */
static void who_takes_any_memory_has_it(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int nobjs;
	void **objs = fill_up(test, &nobjs);
	void *p;

	free_elsewhere(test, objs, nobjs, NR_CACHED);
	p = kspan_kvmalloc(heap, ANY_BYTES, GFP_NOWAIT | __GFP_NOWARN);
	KUNIT_EXPECT_NULL(test, p);
	kspan_free(p);
	p = kspan_kvmalloc(heap, ANY_BYTES, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	kspan_free(p);
	kspan_free_bulk(nobjs - NR_CACHED, objs + NR_CACHED);
	kit_expect_empty(test, heap);
}

/* A heap that is really full does not disturb its CPUs at each failure. */
static void failures_recall_in_vain_now_and_then(struct kunit *test)
{
	enum { NR = 200 };
	struct kspan_heap *heap = kit_heap(test);
	unsigned int nobjs;
	void **objs = fill_up(test, &nobjs);
	unsigned int before;
	unsigned int periods;
	unsigned long begun;
	unsigned int i;

	/* There is something in a magazine, and too little. */
	kspan_free(objs[--nobjs]);
	before = asked(test);
	begun = jiffies;
	for (i = 0; i < NR; i++) {
		KUNIT_ASSERT_NULL(test, kspan_alloc(heap, LARGE_BYTES,
						    GFP_KERNEL | __GFP_NOWARN));
		kspan_free(kspan_alloc(heap, OBJECT_BYTES, GFP_KERNEL));
	}
	periods = jiffies_to_msecs(jiffies - begun) / 100 + 1;
	KUNIT_EXPECT_GT(test, asked(test), before);
	KUNIT_EXPECT_LE(test, asked(test) - before,
			periods * num_online_cpus());
	kspan_free_bulk(nobjs, objs);
	kit_expect_empty(test, heap);
}

/* Nobody has to make room for what can never be had. */
static void the_impossible_fails_at_once(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int nobjs;
	unsigned int nfull;
	void **objs = fill_up(test, &nobjs);
	u64 hits;

	kspan_free_bulk(NR_FREED, objs);
	nfull = full_arrays(test);
	hits = stats_of(test).limit_hits_total;
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, LIMIT_BYTES + 1, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, stats_of(test).limit_hits_total, hits + 1);
	KUNIT_EXPECT_EQ(test, full_arrays(test), nfull);
	/* Above what the kernel has at all; no limit stands in the way. */
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, 0), 0);
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, (size_t)INT_MAX + 1,
					    GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, stats_of(test).limit_hits_total, hits + 1);
	KUNIT_EXPECT_EQ(test, full_arrays(test), nfull);
	kspan_free_bulk(nobjs - NR_FREED, objs + NR_FREED);
	kit_expect_empty(test, heap);
}

/* For the log, as times depend on the machine. */
static void what_a_failure_costs(struct kunit *test)
{
	enum { NR = 500 };
	struct kspan_heap *heap = kit_heap(test);
	unsigned int nobjs;
	void **objs = fill_up(test, &nobjs);
	u64 begun_ns = ktime_get_ns();
	u64 failed_ns;
	u64 passed_ns;
	unsigned int i;

	for (i = 0; i < NR; i++)
		KUNIT_ASSERT_NULL(test, kspan_alloc(heap, OBJECT_BYTES,
						    GFP_KERNEL));
	failed_ns = ktime_get_ns() - begun_ns;
	kspan_free_bulk(nobjs, objs);
	kspan_heap_drain(heap);
	begun_ns = ktime_get_ns();
	for (i = 0; i < NR; i++)
		kspan_free(kspan_alloc(heap, LARGE_BYTES, GFP_KERNEL));
	passed_ns = ktime_get_ns() - begun_ns;
	kunit_info(test, "a failure takes %llu ns, a large object %llu ns\n",
		   failed_ns / NR, passed_ns / NR);
	kit_expect_empty(test, heap);
}

static void fill_and_free(struct kunit *test)
{
	void **objs = kunit_kcalloc(test, NR_LARGE, sizeof(*objs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < NR_LARGE; i++)
		objs[i] = kspan_alloc(kit_heap(test), LARGE_BYTES, GFP_KERNEL);
	kspan_free_bulk(NR_LARGE, objs);
}

static void only_what_was_had_is_counted(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int tries;
	void *p;

	fill_and_free(test);
	kspan_heap_scavenge(heap, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, stats_of(test).backing_bytes, 0);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_soft_limit(heap, 8192), 0);
	kspan_fault_set(KSPAN_FAULT_BLOCK, KSPAN_FAULT_ALWAYS);
	p = kspan_alloc(heap, LARGE_BYTES, GFP_NOWAIT | __GFP_NOWARN);
	KUNIT_EXPECT_NULL(test, p);
	KUNIT_EXPECT_GT(test, kspan_fault_failed(KSPAN_FAULT_BLOCK), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).retaken_bytes_total, 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).soft_limit_hits_total, 0);
	/* A worker may be at it, which has been told, and get none either. */
	for (tries = 0; stats_of(test).backing_bytes && tries < 100; tries++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, stats_of(test).backing_bytes, 0);
	kspan_fault_set(KSPAN_NR_FAULTS, KSPAN_FAULT_OFF);
	p = kspan_alloc(heap, LARGE_BYTES, GFP_NOWAIT | __GFP_NOWARN);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_GE(test, stats_of(test).retaken_bytes_total, LARGE_BYTES);
	KUNIT_EXPECT_GT(test, stats_of(test).soft_limit_hits_total, 0);
	kspan_free(p);
	kit_expect_empty(test, heap);
}

static void poll_all(struct kspan_source *source)
{
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		spin_lock_irq(&source->nodes[nid].pages.lock);
		kspan_pageheap_poll(&source->nodes[nid].pages);
		spin_unlock_irq(&source->nodes[nid].pages.lock);
	}
}

static void make_ready(struct kspan_source *source)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		synchronize_rcu();
		poll_all(source);
	}
}

/* Its time is looked at after each block. */
static void a_pace_of_a_nanosecond_gives_back_a_block(struct kunit *test)
{
	struct kspan_source *source = &kit_heap(test)->storage.source;
	u64 before;
	int nid;

	fill_and_free(test);
	make_ready(source);
	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_node_heap *nh = &source->nodes[nid];
		unsigned long free = kspan_pageheap_ready(&nh->pages);
		struct kspan_pace pace = {
			.left_ns = 1,
			.since_ns = ktime_get_ns(),
		};
		unsigned long given;

		if (free < 3 * KSPAN_CHUNK_PAGES / 2)
			continue;
		before = stats_of(test).backing_bytes;
		given = kspan_scavenge_node(nh, KSPAN_RELEASE_ANY, ULONG_MAX,
					    KSPAN_RELEASED_EXPLICIT, &pace);
		KUNIT_EXPECT_GT(test, given, 0);
		KUNIT_EXPECT_LE(test, given, KSPAN_CHUNK_PAGES / 2);
		KUNIT_EXPECT_EQ(test, before - stats_of(test).backing_bytes,
				(u64)given << KSPAN_PAGE_SHIFT);
		KUNIT_EXPECT_LE(test, pace.left_ns, 0);
		KUNIT_EXPECT_GT(test, pace.spent_ns, 0);
		given = kspan_scavenge_node(nh, KSPAN_RELEASE_ANY, ULONG_MAX,
					    KSPAN_RELEASED_EXPLICIT, &pace);
		KUNIT_EXPECT_EQ(test, given, 0);
		return;
	}
	kunit_skip(test, "the heap is on too many nodes");
}

static void time_for_limits_is_counted(struct kunit *test)
{
	struct kspan_source *source = &kit_heap(test)->storage.source;
	struct kspan_scavenger_stats before;
	struct kspan_scavenger_stats after;
	u64 begun_ns;
	u64 took_ns;
	unsigned int ms;

	fill_and_free(test);
	make_ready(source);
	begun_ns = ktime_get_ns();
	kspan_scavenge_node(&source->nodes[kspan_source_local_node(source)],
			    KSPAN_RELEASE_ANY, ULONG_MAX,
			    KSPAN_RELEASED_EXPLICIT, NULL);
	took_ns = ktime_get_ns() - begun_ns;

	fill_and_free(test);
	make_ready(source);
	kspan_scavenger_read(&before);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_soft_limit(kit_heap(test), 8192),
			0);
	for (ms = 0; ms < 5000 && stats_of(test).backing_bytes > 8192; ms += 20)
		msleep(20);
	msleep(50);
	KUNIT_EXPECT_LE(test, stats_of(test).backing_bytes, 8192);
	kspan_scavenger_read(&after);
	kunit_info(test, "%llu ns of %llu ns\n",
		   after.spent_ns - before.spent_ns, took_ns);
	/* Either may have been kept from its CPU for a while. */
	KUNIT_EXPECT_GT(test, after.spent_ns - before.spent_ns, took_ns / 32);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(failures_empty_depots_once_in_a_jiffy),
	KUNIT_CASE(failures_empty_shelves_of_all),
	KUNIT_CASE(who_sleeps_has_what_magazines_hold),
	KUNIT_CASE(who_takes_any_memory_has_it),
	KUNIT_CASE(failures_recall_in_vain_now_and_then),
	KUNIT_CASE(the_impossible_fails_at_once),
	KUNIT_CASE(what_a_failure_costs),
	KUNIT_CASE(only_what_was_had_is_counted),
	KUNIT_CASE(a_pace_of_a_nanosecond_gives_back_a_block),
	KUNIT_CASE(time_for_limits_is_counted),
	{}
};

struct kunit_suite kit_relief_suite = {
	.name = "kspan_relief",
	.init = kit_quiet_init,
	.exit = suite_exit,
	.test_cases = cases,
};
