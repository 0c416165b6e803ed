// SPDX-License-Identifier: GPL-2.0
/*
 * CPU caches: batches, capacity, drains, the count of operations, and what an
 * interrupt in the middle of an operation does.
 */
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>

#include "caches/depot.h"
#include "caches/shelf.h"
#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/stats.h"

enum {
	MANY	= 11000,
};

/* The magazine of this CPU; the caller does not migrate. */
static struct kspan_mag *mag_of(struct kunit *test, unsigned int class)
{
	return &raw_cpu_ptr(kit_heap(test)->cpu)->mags[class];
}

static unsigned int mag_count(const struct kspan_mag *mag)
{
	return kspan_mag_count(mag->top, mag->capacity);
}

static void store_stats(struct kunit *test, unsigned int class,
			struct kspan_store_stats *stats)
{
	kspan_store_stats(kit_heap(test), class, stats);
}

/* The first allocation brings a batch; a refill comes when that is used up. */
static void refills_bring_a_batch(struct kunit *test)
{
	unsigned int class;

	migrate_disable();
	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];
		struct kspan_store_stats stats;
		void *objs[KSPAN_MAX_BATCH + 1];
		unsigned int batch;
		unsigned int i;

		kspan_heap_drain(kit_heap(test));
		objs[0] = kspan_alloc(kit_heap(test), sc->size_bytes,
				      GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, objs[0]);
		store_stats(test, class, &stats);
		batch = min(sc->batch, sc->nelems);
		KUNIT_EXPECT_EQ(test, stats.counts.refills, 1);
		KUNIT_EXPECT_EQ(test, stats.counts.out, batch);
		KUNIT_EXPECT_EQ(test, stats.live, 1);
		KUNIT_EXPECT_EQ(test, stats.cached, batch - 1);
		KUNIT_EXPECT_EQ(test, mag_count(mag_of(test, class)),
				batch - 1);
		for (i = 1; i <= batch; i++) {
			store_stats(test, class, &stats);
			KUNIT_EXPECT_EQ(test, stats.counts.refills, 1);
			objs[i] = kspan_alloc(kit_heap(test), sc->size_bytes,
					      GFP_KERNEL);
			KUNIT_EXPECT_NOT_NULL(test, objs[i]);
		}
		store_stats(test, class, &stats);
		KUNIT_EXPECT_EQ(test, stats.counts.refills, 2);
		KUNIT_EXPECT_EQ(test, stats.live, batch + 1);
		KUNIT_EXPECT_EQ(test, stats.allocs, batch + 1);
		for (i = 0; i <= batch; i++)
			kspan_free(objs[i]);
	}
	migrate_enable();
	kit_expect_empty(test, kit_heap(test));
}

/*
 * A full array goes to the shelf, and from there to the depot; where both have
 * enough, its coldest batch goes to the spans, and what came last stays.
 */
/**
 * struct full - a magazine, a shelf and a depot, and objects that fill all
 * @objs: MANY of them
 * @class: their class
 * @sc: its layout
 * @mag: this CPU's magazine
 * @shelf: this CPU's shelf
 * @depot: this node's depot
 */
struct full {
	void			**objs;
	unsigned int		class;
	const struct kspan_sizeclass *sc;
	struct kspan_mag	*mag;
	struct kspan_shelf	*shelf;
	struct kspan_depot	*depot;
};

/* Nothing is cached; the caller stays on this CPU until full_end(). */
static void full_begin(struct kunit *test, struct full *full)
{
	struct kspan_store_stats stats;
	unsigned int i;
	int local;

	full->objs = kunit_kcalloc(test, MANY, sizeof(*full->objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, full->objs);
	full->class = kspan_sizeclass(64);
	full->sc = &kspan_sizeclasses[full->class];
	for (i = 0; i < MANY; i++) {
		full->objs[i] = kspan_alloc(kit_heap(test), 64, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, full->objs[i]);
	}
	kspan_heap_drain(kit_heap(test));
	store_stats(test, full->class, &stats);
	KUNIT_EXPECT_EQ(test, stats.cached, 0);
	migrate_disable();
	full->mag = mag_of(test, full->class);
	full->shelf = &raw_cpu_ptr(kit_heap(test)->cpu)->shelves[full->class];
	local = kspan_source_local_node(&kit_heap(test)->storage.source);
	full->depot = &kit_heap(test)->storage.stores[full->class].depots[local];
}

/* Arrays that are in no magazine. */
static unsigned int full_arrays(const struct full *full)
{
	return full->shelf->full.nr + full->depot->full.nr * full->sc->bundle;
}

/* Of them at most. */
static unsigned int most_arrays(const struct full *full)
{
	return (2 + full->sc->depot_bundles) * full->sc->bundle;
}

static void full_free_all(struct full *full)
{
	unsigned int i;

	for (i = 0; i < MANY; i++)
		kspan_free(full->objs[i]);
}

static void full_end(struct kunit *test, struct full *full)
{
	migrate_enable();
	kspan_heap_drain(kit_heap(test));
	KUNIT_EXPECT_FALSE(test, kspan_shelf_has_any(full->shelf));
	KUNIT_EXPECT_FALSE(test, kspan_depot_has_any(full->depot));
	kit_expect_empty(test, kit_heap(test));
}

/* A full array goes to the shelf; when there is no room, its coldest slots go. */
static void full_arrays_make_room(struct kunit *test)
{
	unsigned int spilt = 0;
	struct full full;
	unsigned int i;

	full_begin(test, &full);
	for (i = 0; i < MANY; i++) {
		unsigned int before = mag_count(full.mag);
		unsigned int nr_full = full_arrays(&full);

		kspan_free(full.objs[i]);
		if (!i || before < full.mag->capacity) {
			KUNIT_EXPECT_EQ(test, mag_count(full.mag), before + 1);
		} else if (full_arrays(&full) == nr_full) {
			KUNIT_EXPECT_EQ(test, mag_count(full.mag),
					before + 1 - full.sc->batch);
			spilt++;
		} else {
			KUNIT_EXPECT_EQ(test, full_arrays(&full), nr_full + 1);
			KUNIT_EXPECT_EQ(test, mag_count(full.mag), 1);
			KUNIT_EXPECT_EQ(test, spilt, 0);
		}
		KUNIT_EXPECT_PTR_EQ(test, full.mag->top[-1],
				    full.objs[i]);
		/* The coldest have gone. */
		if (mag_count(full.mag) > 1)
			KUNIT_EXPECT_PTR_EQ(test, full.mag->top[-2],
					    full.objs[i - 1]);
	}
	KUNIT_EXPECT_GT(test, spilt, 0);
	full_end(test, &full);
}

static void depots_have_bounds(struct kunit *test)
{
	struct full full;

	full_begin(test, &full);
	full_free_all(&full);
	KUNIT_EXPECT_EQ(test, full.mag->capacity, full.sc->capacity);
	KUNIT_EXPECT_EQ(test, full.shelf->full.nr, 2 * full.sc->bundle);
	KUNIT_EXPECT_EQ(test, full.depot->full.nr, full.sc->depot_bundles);
	KUNIT_EXPECT_LE(test, full.shelf->empty.nr, 2 * full.sc->bundle);
	full_end(test, &full);
}

static void depots_are_counted_as_cached(struct kunit *test)
{
	struct kspan_store_stats stats;
	struct full full;

	full_begin(test, &full);
	full_free_all(&full);
	store_stats(test, full.class, &stats);
	KUNIT_EXPECT_EQ(test, stats.cached, mag_count(full.mag) +
			full_arrays(&full) * full.mag->capacity);
	KUNIT_EXPECT_EQ(test, stats.frees, MANY);
	KUNIT_EXPECT_EQ(test, stats.live, 0);
	full_end(test, &full);
}

/* The last in is the first out, and the depot's come before the spans'. */
static void depots_come_before_spans(struct kunit *test)
{
	struct full full;
	unsigned int i;

	full_begin(test, &full);
	full_free_all(&full);
	for (i = 0; i <= full.mag->capacity; i++) {
		void *p = kspan_alloc(kit_heap(test), 64, GFP_KERNEL);

		if (!i)
			KUNIT_EXPECT_PTR_EQ(test, p, full.objs[MANY - 1]);
		full.objs[i] = p;
	}
	KUNIT_EXPECT_EQ(test, full_arrays(&full), most_arrays(&full) - 1);
	kspan_free_bulk(full.mag->capacity + 1, full.objs);
	full_end(test, &full);
}

/* All classes in use together hold a megabyte for each CPU at most. */
static void capacity_is_capped(struct kunit *test)
{
	unsigned int bytes = 0;
	unsigned int class;
	unsigned int i;

	migrate_disable();
	for (class = 1; class < KSPAN_NR_STORES; class++) {
		size_t size = kspan_sizeclasses[class].size_bytes;

		for (i = 0; i < 300; i++)
			kspan_free(kspan_alloc(kit_heap(test), size,
					       GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, mag_of(test, class)->capacity,
				kspan_sizeclasses[class].capacity);
	}
	for (class = 1; class < KSPAN_NR_STORES; class++)
		bytes += mag_of(test, class)->capacity *
			 kspan_sizeclasses[class].size_bytes;
	migrate_enable();
	KUNIT_EXPECT_LE(test, bytes, KSPAN_CPU_CAP_BYTES);
	KUNIT_EXPECT_GT(test, bytes, KSPAN_CPU_CAP_BYTES / 2);
	kspan_heap_drain(kit_heap(test));
	for (class = 1; class < KSPAN_NR_STORES; class++)
		for_each_possible_cpu(i)
			KUNIT_EXPECT_EQ(test, per_cpu_ptr(kit_heap(test)->cpu,
							  i)->mags[class]
					      .capacity, 0);
	kit_expect_empty(test, kit_heap(test));
}

static void expect_counts(struct kunit *test, unsigned int class, u64 allocs,
			  u64 frees)
{
	struct kspan_store_stats stats;

	store_stats(test, class, &stats);
	KUNIT_EXPECT_EQ(test, stats.allocs, allocs);
	KUNIT_EXPECT_EQ(test, stats.frees, frees);
}

/* Frees are not counted but derived: whatever moves slots keeps them. */
static void frees_are_derived(struct kunit *test)
{
	unsigned int class = kspan_sizeclass(64);
	unsigned int round;
	u64 n = 0;

	migrate_disable();
	for (round = 0; round < 20; round++) {
		unsigned int i;
		void *objs[200];

		for (i = 0; i < ARRAY_SIZE(objs); i++) {
			objs[i] = kspan_alloc(kit_heap(test), 64, GFP_KERNEL);
			expect_counts(test, class, n + i + 1, n);
		}
		/* With an array, and without one. */
		if (round % 2)
			kspan_heap_drain(kit_heap(test));
		expect_counts(test, class, n + ARRAY_SIZE(objs), n);
		for (i = 0; i < ARRAY_SIZE(objs); i++) {
			kspan_free(objs[i]);
			expect_counts(test, class, n + ARRAY_SIZE(objs),
				      n + i + 1);
		}
		n += ARRAY_SIZE(objs);
		if (round % 3 == 0)
			kspan_heap_drain(kit_heap(test));
		expect_counts(test, class, n, n);
	}
	migrate_enable();
	kit_expect_empty(test, kit_heap(test));
}

/* An interrupt that finds the magazine of its class in use. */
struct intruder {
	struct kspan_heap	*heap;
	struct irq_work		work;
	struct hrtimer		timer;
	bool			done;
	bool			in_irq;
	void			*kept;
	void			*to_free;
};

static void intrude(struct intruder *intruder)
{
	void *p = kspan_alloc(intruder->heap, 64, GFP_ATOMIC);

	intruder->in_irq = in_hardirq();
	intruder->kept = kspan_alloc(intruder->heap, 64, GFP_ATOMIC);
	if (p)
		memset(p, 0x5a, 64);
	kspan_free(p);
	kspan_free(intruder->to_free);
	WRITE_ONCE(intruder->done, true);
}

static void intrude_by_work(struct irq_work *work)
{
	intrude(container_of(work, struct intruder, work));
}

static enum hrtimer_restart intrude_by_timer(struct hrtimer *timer)
{
	intrude(container_of(timer, struct intruder, timer));
	return HRTIMER_NORESTART;
}

/* Between the beginning and the end of an operation of ours. */
static void interrupt_goes_past(struct kunit *test, bool by_timer)
{
	unsigned int class = kspan_sizeclass(64);
	struct intruder *intruder = kunit_kzalloc(test, sizeof(*intruder),
						  GFP_KERNEL);
	struct kspan_store_stats before;
	struct kspan_store_stats after;
	struct kspan_mag __percpu *mag = &kit_heap(test)->cpu->mags[class];
	unsigned int spins = 0;
	unsigned int count;

	KUNIT_ASSERT_NOT_NULL(test, intruder);
	intruder->heap = kit_heap(test);
	init_irq_work(&intruder->work, intrude_by_work);
	hrtimer_init(&intruder->timer, CLOCK_MONOTONIC,
		     HRTIMER_MODE_REL_PINNED);
	intruder->timer.function = intrude_by_timer;
	intruder->to_free = kspan_alloc(kit_heap(test), 64, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, intruder->to_free);
	store_stats(test, class, &before);

	preempt_disable();
	count = mag_count(mag_of(test, class));
	if (!kspan_mag_begin(mag))
		KUNIT_FAIL(test, "busy at rest");
	if (by_timer)
		hrtimer_start(&intruder->timer, ns_to_ktime(20000),
			      HRTIMER_MODE_REL_PINNED);
	else
		irq_work_queue(&intruder->work);
	while (!READ_ONCE(intruder->done) && ++spins < 1U << 30)
		cpu_relax();
	KUNIT_EXPECT_EQ(test, mag_count(mag_of(test, class)), count);
	kspan_mag_end(mag);
	preempt_enable();
	hrtimer_cancel(&intruder->timer);
	irq_work_sync(&intruder->work);

	KUNIT_EXPECT_TRUE(test, intruder->done);
	KUNIT_EXPECT_TRUE(test, intruder->in_irq);
	KUNIT_EXPECT_NOT_NULL(test, intruder->kept);
	store_stats(test, class, &after);
	KUNIT_EXPECT_EQ(test, after.allocs, before.allocs + 2);
	KUNIT_EXPECT_EQ(test, after.frees, before.frees + 2);
	KUNIT_EXPECT_EQ(test, after.counts.direct_allocs,
			before.counts.direct_allocs + 2);
	KUNIT_EXPECT_EQ(test, after.counts.direct_frees,
			before.counts.direct_frees + 2);
	kspan_free(intruder->kept);
	kit_expect_empty(test, kit_heap(test));
}

static void irq_work_goes_past(struct kunit *test)
{
	interrupt_goes_past(test, false);
}

static void timer_goes_past(struct kunit *test)
{
	interrupt_goes_past(test, true);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(refills_bring_a_batch),
	KUNIT_CASE(full_arrays_make_room),
	KUNIT_CASE(depots_have_bounds),
	KUNIT_CASE(depots_are_counted_as_cached),
	KUNIT_CASE(depots_come_before_spans),
	KUNIT_CASE(capacity_is_capped),
	KUNIT_CASE(frees_are_derived),
	KUNIT_CASE(irq_work_goes_past),
	KUNIT_CASE(timer_goes_past),
	{}
};

struct kunit_suite kit_cpucache_suite = {
	.name = "kspan_cpucache",
	.init = kit_quiet_init,
	.exit = kit_quiet_exit,
	.test_cases = cases,
};
