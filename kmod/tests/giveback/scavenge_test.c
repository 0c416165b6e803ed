// SPDX-License-Identifier: GPL-2.0
/*
 * Memory goes back to the kernel: asked for, above limits, and under pressure.
 * The background's own work is left to a selftest, as it takes seconds.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/shrinker.h>
#include <linux/swap.h>

#include "giveback/scavenge.h"
#include "heaps/heap.h"
#include "pages/backing.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_LARGE	= 128,
	LARGE_BYTES	= 64 << 10,
	ALL_BYTES	= NR_LARGE * LARGE_BYTES,
	PAGES_SHIFT	= KSPAN_PAGE_SHIFT - PAGE_SHIFT,
};

static int suite_init(struct kunit *test)
{
	kspan_scavenger_background = false;
	return kit_heap_init(test);
}

static void suite_exit(struct kunit *test)
{
	kit_heap_exit(test);
	kspan_scavenger_background = true;
}

/* So much of objects that have spans of their own. */
static void **fill(struct kunit *test)
{
	void **objs = kunit_kcalloc(test, NR_LARGE, sizeof(*objs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < NR_LARGE; i++) {
		objs[i] = kspan_alloc(kit_heap(test), LARGE_BYTES, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	return objs;
}

static void fill_and_free(struct kunit *test)
{
	void **objs = fill(test);

	kspan_free_bulk(NR_LARGE, objs);
}

static struct kspan_heap_stats stats_of(struct kunit *test)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(kit_heap(test), &stats);
	return stats;
}

static void asked_for_all(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	size_t backing;

	fill_and_free(test);
	backing = stats_of(test).backing_bytes;
	KUNIT_EXPECT_GE(test, backing, ALL_BYTES);
	KUNIT_EXPECT_EQ(test, kspan_heap_scavenge(heap, SIZE_MAX), backing);
	KUNIT_EXPECT_EQ(test, stats_of(test).backing_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).released_explicit_bytes_total,
			backing);
	KUNIT_EXPECT_EQ(test, stats_of(test).released_bytes_total, backing);
	KUNIT_EXPECT_EQ(test, kspan_heap_scavenge(heap, SIZE_MAX), 0);
	kit_expect_empty(test, heap);
}

/* Never more than that, and in any portions all of it. */
static void asked_for_a_part(struct kunit *test)
{
	static const size_t parts[] = {
		0, 1, KSPAN_PAGE_BYTES, 3 * KSPAN_PAGE_BYTES, 100 << 10, 1 << 20,
	};
	struct kspan_heap *heap = kit_heap(test);
	size_t backing;
	unsigned int i;

	fill_and_free(test);
	backing = stats_of(test).backing_bytes;
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t given = kspan_heap_scavenge(heap, parts[i]);

		KUNIT_EXPECT_EQ(test, given,
				round_down(parts[i], KSPAN_PAGE_BYTES));
		backing -= given;
		KUNIT_EXPECT_EQ(test, stats_of(test).backing_bytes, backing);
		kit_expect_sound(test, heap);
	}
	KUNIT_EXPECT_EQ(test, kspan_heap_scavenge(heap, SIZE_MAX), backing);
}

/* Blocks are split, given back in part, and used again. */
static void random_parts(struct kunit *test)
{
	enum { NR = 300 };
	void **objs = kunit_kcalloc(test, NR, sizeof(*objs), GFP_KERNEL);
	struct kspan_heap *heap = kit_heap(test);
	struct rnd_state rnd;
	unsigned int round;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	kit_seed(test, &rnd);
	for (round = 0; round < 3000; round++) {
		unsigned int i = kit_below(&rnd, NR);

		if (objs[i]) {
			kspan_free(objs[i]);
			objs[i] = NULL;
		} else {
			objs[i] = kspan_alloc(heap, 1 + kit_below(&rnd, 100000),
					      GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		}
		if (!kit_below(&rnd, 100))
			kspan_heap_scavenge(heap, kit_below(&rnd, 1 << 21));
		if (round % 500 == 0)
			kit_expect_sound(test, heap);
	}
	for (round = 0; round < NR; round++)
		kspan_free(objs[round]);
	kspan_heap_drain(heap);
	kspan_heap_scavenge(heap, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, stats_of(test).backing_bytes, 0);
	kit_expect_empty(test, heap);
}

static void what_was_given_back_too_soon_is_counted(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	size_t given;

	fill_and_free(test);
	KUNIT_EXPECT_EQ(test, stats_of(test).retaken_bytes_total, 0);
	given = kspan_heap_scavenge(heap, SIZE_MAX);
	fill_and_free(test);
	KUNIT_EXPECT_EQ(test, stats_of(test).retaken_bytes_total, given);

	/* Ten seconds later nobody can say so. */
	given += kspan_heap_scavenge(heap, SIZE_MAX);
	spin_lock_irq(&heap->storage.source.account.lock);
	heap->storage.source.account.gone_second -= 10;
	spin_unlock_irq(&heap->storage.source.account.lock);
	fill_and_free(test);
	KUNIT_EXPECT_EQ(test, stats_of(test).retaken_bytes_total, given / 2);
	kit_expect_sound(test, heap);
}

static bool shrinks_to(struct kunit *test, u64 bytes)
{
	unsigned int ms;

	for (ms = 0; ms < 5000; ms += 20) {
		if (stats_of(test).backing_bytes <= bytes)
			return true;
		msleep(20);
	}
	return false;
}

static void a_soft_limit_is_worked_down_to(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	const u64 limit = 2 << 20;
	void **objs;

	KUNIT_EXPECT_EQ(test, kspan_heap_set_soft_limit(heap, limit), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).soft_limit_bytes, limit);
	/* Nothing is refused. */
	objs = fill(test);
	KUNIT_EXPECT_GE(test, stats_of(test).backing_bytes, ALL_BYTES);
	KUNIT_EXPECT_GT(test, stats_of(test).soft_limit_hits_total, 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).limit_hits_total, 0);
	kspan_free_bulk(NR_LARGE, objs);
	KUNIT_EXPECT_TRUE(test, shrinks_to(test, limit));
	KUNIT_EXPECT_GT(test, stats_of(test).released_limit_bytes_total, 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).released_background_bytes_total, 0);
	kit_expect_sound(test, heap);
}

static void a_lowered_limit_holds_at_once(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	const u64 limit = 1 << 20;
	void **objs = fill(test);
	void *p;

	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, limit), 0);
	p = kspan_alloc(heap, 2 * LARGE_BYTES, GFP_KERNEL);
	/* There may be room, but never by growing. */
	KUNIT_EXPECT_LE(test, stats_of(test).grown_bytes_total,
			stats_of(test).backing_bytes +
			stats_of(test).released_bytes_total);
	kspan_free(p);
	kspan_free_bulk(NR_LARGE, objs);
	KUNIT_EXPECT_TRUE(test, shrinks_to(test, limit));
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, 2 * limit, GFP_KERNEL));
	KUNIT_EXPECT_LE(test, stats_of(test).backing_bytes, limit);
	kit_expect_sound(test, heap);
}

static void free_pages_go_when_the_limit_is_lowered(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned long begun;

	fill_and_free(test);
	synchronize_rcu();
	synchronize_rcu();
	begun = jiffies;
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, 1 << 20), 0);
	KUNIT_EXPECT_TRUE(test, shrinks_to(test, 1 << 20));
	/* Sooner than a tick would come; slow kernels take that long for it. */
	if (!IS_ENABLED(CONFIG_PROVE_LOCKING) && !IS_ENABLED(CONFIG_KASAN))
		KUNIT_EXPECT_LT(test, jiffies - begun, HZ * 9 / 10);
}

static void limits_fit_together(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_heap_params params = {
		.limit_bytes = 1 << 20,
		.soft_limit_bytes = (1 << 20) + 1,
	};
	struct kspan_heap *other;

	KUNIT_EXPECT_EQ(test, PTR_ERR(kspan_heap_create("kunit-l", &params)),
			-EINVAL);
	params.soft_limit_bytes = 0;
	params.min_reserve_bytes = 2 << 20;
	KUNIT_EXPECT_EQ(test, PTR_ERR(kspan_heap_create("kunit-l", &params)),
			-EINVAL);
	params.soft_limit_bytes = 1 << 20;
	params.min_reserve_bytes = 1 << 20;
	other = kspan_heap_create("kunit-l", &params);
	KUNIT_EXPECT_FALSE(test, IS_ERR(other));
	kspan_heap_destroy(other);

	KUNIT_EXPECT_EQ(test, kspan_heap_set_soft_limit(heap, 4 << 20), 0);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, 2 << 20), -EINVAL);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, 8 << 20), 0);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_soft_limit(heap, 9 << 20), -EINVAL);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_reserve(heap, 9 << 20), -EINVAL);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_soft_limit(heap, 0), 0);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, 0), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).limit_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_bytes, 0);
}

static void free_pages_count_as_reclaimable(struct kunit *test)
{
	long before = kit_reclaimable();
	struct kspan_heap *heap = kspan_heap_create("kunit-r", NULL);
	struct kspan_heap_stats stats;
	void *p;
	void *q;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	p = kspan_alloc(heap, 1 << 20, GFP_KERNEL);
	q = kspan_alloc(heap, 100, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_NOT_NULL(test, q);
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, kit_reclaimable() - before,
			stats.page_free_bytes >> PAGE_SHIFT);
	kspan_free(p);
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_GE(test, stats.page_free_bytes, 1 << 20);
	KUNIT_EXPECT_EQ(test, kit_reclaimable() - before,
			stats.page_free_bytes >> PAGE_SHIFT);
	/* What is kept cannot be had. */
	KUNIT_EXPECT_EQ(test, kspan_heap_set_reserve(heap, 1 << 20), 0);
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, kit_reclaimable() - before,
			(stats.page_free_bytes - (1 << 20)) >> PAGE_SHIFT);
	kspan_heap_scavenge(heap, 100 << 10);
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, kit_reclaimable() - before,
			(stats.page_free_bytes - (1 << 20)) >> PAGE_SHIFT);
	kspan_heap_destroy(heap);
	KUNIT_EXPECT_EQ(test, kit_reclaimable(), before);
}

/* On all nodes, as the test may be on any. */
static unsigned long count(struct kunit *test)
{
	struct shrinker *shrinker = kit_heap(test)->giver.shrinker;
	struct shrink_control sc = { .gfp_mask = GFP_KERNEL };
	unsigned long npages = 0;

	for_each_online_node(sc.nid) {
		unsigned long here = shrinker->count_objects(shrinker, &sc);

		if (here != SHRINK_EMPTY)
			npages += here;
	}
	return npages ?: SHRINK_EMPTY;
}

/* As reclaim calls it, which lockdep is told. */
static unsigned long scan(struct kunit *test, unsigned long npages)
{
	struct shrinker *shrinker = kit_heap(test)->giver.shrinker;
	struct shrink_control sc = { .gfp_mask = GFP_KERNEL };
	unsigned long given = 0;

	fs_reclaim_acquire(GFP_KERNEL);
	for_each_online_node(sc.nid) {
		unsigned long here;

		sc.nr_to_scan = npages - given;
		here = shrinker->scan_objects(shrinker, &sc);
		if (here != SHRINK_STOP)
			given += here;
	}
	fs_reclaim_release(GFP_KERNEL);
	return given ?: SHRINK_STOP;
}

static void make_ready(void)
{
	synchronize_rcu();
	synchronize_rcu();
}

static void shrinker_is_honest(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned long npages;
	unsigned long given;
	void **objs;

	KUNIT_EXPECT_EQ(test, count(test), SHRINK_EMPTY);
	KUNIT_EXPECT_EQ(test, scan(test, 128), SHRINK_STOP);
	objs = fill(test);
	npages = stats_of(test).page_free_bytes >> PAGE_SHIFT;
	KUNIT_EXPECT_EQ(test, count(test), npages ?: SHRINK_EMPTY);

	/* Somebody may still be looking at what has just been freed. */
	preempt_disable();
	kspan_free_bulk(NR_LARGE, objs);
	given = count(test);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, given, npages ?: SHRINK_EMPTY);

	make_ready();
	count(test);
	make_ready();
	npages = stats_of(test).page_free_bytes >> PAGE_SHIFT;
	KUNIT_EXPECT_EQ(test, count(test), npages);

	/* Never more than it was asked for. */
	while (npages) {
		unsigned long wanted = npages % 3 ? 512 : 100;
		u64 before = stats_of(test).backing_bytes;

		given = scan(test, wanted);
		KUNIT_ASSERT_NE(test, given, SHRINK_STOP);
		KUNIT_ASSERT_LE(test, given, wanted);
		KUNIT_EXPECT_EQ(test, before - stats_of(test).backing_bytes,
				given << PAGE_SHIFT);
		npages -= given;
		KUNIT_ASSERT_EQ(test, count(test), npages ?: SHRINK_EMPTY);
	}
	KUNIT_EXPECT_EQ(test, stats_of(test).backing_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).released_pressure_bytes_total,
			stats_of(test).released_bytes_total);
	kit_expect_empty(test, heap);
}

static void shrinker_tells_reclaim(struct kunit *test)
{
	struct reclaim_state state = { };
	unsigned long given;

	fill_and_free(test);
	make_ready();
	count(test);
	make_ready();
	current->reclaim_state = &state;
	given = scan(test, 512);
	current->reclaim_state = NULL;
	KUNIT_EXPECT_EQ(test, given, 512);
	KUNIT_EXPECT_EQ(test, state.reclaimed, given);
}

static void shrinker_leaves_the_reserve(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);

	KUNIT_EXPECT_EQ(test, kspan_heap_set_reserve(heap, 1 << 20), 0);
	make_ready();
	while (scan(test, 512) != SHRINK_STOP)
		;
	kspan_heap_scavenge(heap, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, count(test), SHRINK_EMPTY);
	KUNIT_EXPECT_EQ(test, stats_of(test).backing_bytes, 1 << 20);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_free_bytes, 1 << 20);
}

/* Caches are drained by a worker, which the shrinker does not wait for. */
static void pressure_drains_caches(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *p = kspan_alloc(heap, 64, GFP_KERNEL);
	unsigned int ms;

	kspan_free(p);
	KUNIT_EXPECT_GT(test, stats_of(test).cached_bytes, 0);
	/* Not while ready pages suffice. */
	make_ready();
	KUNIT_EXPECT_NE(test, count(test), SHRINK_EMPTY);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(heap->giver.squeeze));
	while (scan(test, 512) != SHRINK_STOP)
		;
	for (ms = 0; ms < 5000 && stats_of(test).cached_bytes; ms += 20)
		msleep(20);
	KUNIT_EXPECT_EQ(test, stats_of(test).cached_bytes, 0);
	kit_expect_empty(test, heap);
}

/* Allocations within reclaim, which must not enter it again. */
static void reclaim_may_allocate(struct kunit *test)
{
	static const gfp_t flags[] = {
		GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_ATOMIC, GFP_NOWAIT,
		GFP_KERNEL | __GFP_NORETRY, GFP_KERNEL | __GFP_RETRY_MAYFAIL,
	};
	struct kspan_heap *heap = kit_heap(test);
	unsigned int noreclaim;
	unsigned int i;
	void *p;

	fs_reclaim_acquire(GFP_KERNEL);
	noreclaim = memalloc_noreclaim_save();
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		p = kspan_alloc(heap, 4096, flags[i]);
		KUNIT_EXPECT_NOT_NULL(test, p);
		kspan_free(p);
		p = kspan_alloc(heap, LARGE_BYTES, flags[i]);
		KUNIT_EXPECT_NOT_NULL(test, p);
		kspan_free(p);
	}
	memalloc_noreclaim_restore(noreclaim);
	fs_reclaim_release(GFP_KERNEL);
	kit_expect_empty(test, heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(asked_for_all),
	KUNIT_CASE(asked_for_a_part),
	KUNIT_CASE(random_parts),
	KUNIT_CASE(what_was_given_back_too_soon_is_counted),
	KUNIT_CASE(a_soft_limit_is_worked_down_to),
	KUNIT_CASE(a_lowered_limit_holds_at_once),
	KUNIT_CASE(free_pages_go_when_the_limit_is_lowered),
	KUNIT_CASE(limits_fit_together),
	KUNIT_CASE(free_pages_count_as_reclaimable),
	KUNIT_CASE(shrinker_is_honest),
	KUNIT_CASE(shrinker_tells_reclaim),
	KUNIT_CASE(shrinker_leaves_the_reserve),
	KUNIT_CASE(pressure_drains_caches),
	KUNIT_CASE(reclaim_may_allocate),
	{}
};

struct kunit_suite kit_scavenge_suite = {
	.name = "kspan_scavenge",
	.init = suite_init,
	.exit = suite_exit,
	.test_cases = cases,
};
