// SPDX-License-Identifier: GPL-2.0
/*
 * Spare spans: those that were needed are kept, so many at most, and for so long; and
 * no heap grows while it has them.
 */
#include <linux/topology.h>

#include "heaps/heap.h"
#include "spans/central.h"
#include "spans/supply.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	/* Two to a span of a page. */
	SPARE_BYTES	= 4096,
	NR_SPARE	= 600,
	NR_SPANS	= NR_SPARE / 2,
	/* One to a page. */
	OTHER_BYTES	= 8192,
	/* In arrays, and lost to order. */
	SLACK_PAGES	= 64,
};

static struct kspan_central *central(struct kunit *test)
{
	struct kspan_storage *storage = &kit_heap(test)->storage;

	return &storage->stores[kspan_sizeclass(SPARE_BYTES)]
		.central[kspan_source_local_node(&storage->source)];
}

static unsigned int nr_empty(struct kunit *test)
{
	return READ_ONCE(central(test)->buckets.nr_empty);
}

static unsigned long pages_left(struct kunit *test)
{
	struct kspan_source *source = &kit_heap(test)->storage.source;

	return READ_ONCE(source->nodes[kspan_source_local_node(source)]
			 .pages.free_pages);
}

static u64 grown_bytes(struct kunit *test)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(kit_heap(test), &stats);
	return stats.grown_bytes_total;
}

static void **objects(struct kunit *test, size_t size_bytes, unsigned int nobjs)
{
	void **objs = kunit_kcalloc(test, nobjs, sizeof(*objs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, objs);
	KUNIT_ASSERT_EQ(test, kspan_alloc_bulk(kit_heap(test), size_bytes,
					       GFP_KERNEL, nobjs, objs), nobjs);
	return objs;
}

/* In and out; all slots are in their spans afterwards. */
static void burst(struct kunit *test, unsigned int nobjs)
{
	void **objs = objects(test, SPARE_BYTES, nobjs);

	kspan_free_bulk(nobjs, objs);
	kspan_heap_drain(kit_heap(test));
}

/* The second one shows that spans are wanted, which had just gone. */
static void bursts(struct kunit *test, unsigned int nobjs)
{
	burst(test, nobjs);
	burst(test, nobjs);
}

static void a_peak_is_not_kept(struct kunit *test)
{
	burst(test, NR_SPARE);
	KUNIT_EXPECT_EQ(test, nr_empty(test), KSPAN_KEEP_EMPTY_PAGES);
	kit_expect_empty(test, kit_heap(test));
}

static void needed_spans_are_kept(struct kunit *test)
{
	unsigned long before;
	void **objs;

	bursts(test, NR_SPARE);
	/* What was kept from the first was not made anew. */
	KUNIT_EXPECT_GE(test, nr_empty(test), NR_SPANS - KSPAN_KEEP_EMPTY_PAGES);
	burst(test, NR_SPARE);
	KUNIT_EXPECT_GE(test, nr_empty(test), NR_SPANS);
	before = pages_left(test);
	objs = objects(test, SPARE_BYTES, NR_SPARE);
	KUNIT_EXPECT_EQ(test, pages_left(test), before);
	kspan_free_bulk(NR_SPARE, objs);
	kit_expect_empty(test, kit_heap(test));
}

static void so_many_at_most(struct kunit *test)
{
	bursts(test, 6 * KSPAN_KEEP_WANTED_PAGES);
	KUNIT_EXPECT_EQ(test, nr_empty(test), KSPAN_KEEP_WANTED_PAGES);
	kit_expect_empty(test, kit_heap(test));
}

static void what_is_not_needed_any_more_goes(struct kunit *test)
{
	struct kspan_central *spare = central(test);
	unsigned int before;

	bursts(test, NR_SPARE);
	before = nr_empty(test);
	/* Until now they were needed. */
	kspan_central_trim_unused(spare->store, spare->nid);
	KUNIT_EXPECT_EQ(test, nr_empty(test), before);
	/* Nobody has needed one since. */
	kspan_central_trim_unused(spare->store, spare->nid);
	KUNIT_EXPECT_EQ(test, nr_empty(test), KSPAN_KEEP_EMPTY_PAGES);
	burst(test, NR_SPARE);
	KUNIT_EXPECT_EQ(test, nr_empty(test), KSPAN_KEEP_EMPTY_PAGES);
	kit_expect_empty(test, kit_heap(test));
}

/* What went long before tells nothing. */
static void a_slow_change_is_none(struct kunit *test)
{
	struct kspan_central *spare = central(test);

	burst(test, NR_SPARE);
	kspan_central_trim_unused(spare->store, spare->nid);
	burst(test, NR_SPARE);
	KUNIT_EXPECT_EQ(test, nr_empty(test), KSPAN_KEEP_EMPTY_PAGES);
	kit_expect_empty(test, kit_heap(test));
}

static void who_is_idle_starts_anew(struct kunit *test)
{
	struct kspan_central *spare = central(test);

	bursts(test, NR_SPARE);
	kspan_central_trim(spare->store, spare->nid);
	KUNIT_EXPECT_EQ(test, nr_empty(test), 0);
	burst(test, NR_SPARE);
	KUNIT_EXPECT_EQ(test, nr_empty(test), KSPAN_KEEP_EMPTY_PAGES);
	kit_expect_empty(test, kit_heap(test));
}

/* Who frees takes as many spans apart as it has made empty, at most. */
static void nobody_pays_for_others(struct kunit *test)
{
	struct kspan_central *spare = central(test);
	unsigned int before;
	void *slot;

	bursts(test, NR_SPARE);
	before = nr_empty(test);
	KUNIT_ASSERT_GT(test, before, 2 * KSPAN_KEEP_EMPTY_PAGES);
	spin_lock_irq(&spare->lock);
	spare->buckets.wanted = 0;
	spin_unlock_irq(&spare->lock);
	KUNIT_ASSERT_EQ(test, kspan_central_take(spare->store, spare->nid, &slot,
						 1, KSPAN_BATCH_DIRECT), 1);
	kspan_central_put(spare->store, &slot, 1, KSPAN_BATCH_DIRECT);
	KUNIT_EXPECT_EQ(test, nr_empty(test), before - 1);
	kit_expect_empty(test, kit_heap(test));
}

static void no_heap_grows_while_it_has_them(struct kunit *test)
{
	unsigned int nobjs;
	void **objs;
	u64 before;

	bursts(test, NR_SPARE);
	burst(test, NR_SPARE);
	before = grown_bytes(test);
	KUNIT_ASSERT_GE(test, nr_empty(test), NR_SPANS);
	nobjs = nr_empty(test) + pages_left(test) - SLACK_PAGES;
	objs = objects(test, OTHER_BYTES, nobjs);
	KUNIT_EXPECT_EQ(test, grown_bytes(test), before);
	KUNIT_EXPECT_LE(test, nr_empty(test), SLACK_PAGES);
	kspan_free_bulk(nobjs, objs);
	kit_expect_empty(test, kit_heap(test));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_peak_is_not_kept),
	KUNIT_CASE(needed_spans_are_kept),
	KUNIT_CASE(so_many_at_most),
	KUNIT_CASE(what_is_not_needed_any_more_goes),
	KUNIT_CASE(a_slow_change_is_none),
	KUNIT_CASE(who_is_idle_starts_anew),
	KUNIT_CASE(nobody_pays_for_others),
	KUNIT_CASE(no_heap_grows_while_it_has_them),
	{}
};

struct kunit_suite kit_supply_suite = {
	.name = "kspan_supply",
	.init = kit_quiet_init,
	.exit = kit_quiet_exit,
	.test_cases = cases,
};
