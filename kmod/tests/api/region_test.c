// SPDX-License-Identifier: GPL-2.0
/*
 * Regions: against a model, without memory, and as objects of their heap.
 */
#include <linux/sizes.h>
#include <linux/slab.h>

#include "base/fault.h"
#include "heaps/heap.h"
#include "spans/bump.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/leftovers.h"

enum {
	NR_MEMBERS	= 1000,
	NR_ROUNDS	= 12,
	/* What a reset leaves: the first span, and the largest of the others. */
	KEPT_BYTES	= SZ_8K + SZ_128K,
};

/**
 * struct member - what the model knows of an allocation
 * @p: where it is
 * @size_bytes: how large
 */
struct member {
	u8	*p;
	size_t	size_bytes;
};

static struct kspan_heap_stats stats_of(struct kspan_heap *heap)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	return stats;
}

static struct kspan_region *new_region(struct kunit *test)
{
	struct kspan_region *region = kspan_region_create(kit_heap(test),
							  GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, region);
	return region;
}

static size_t random_size(struct rnd_state *rnd)
{
	switch (kit_below(rnd, 50)) {
	case 0:
		return 1 + kit_below(rnd, 200000);
	case 1:
		return 1UL << kit_below(rnd, 18);
	case 2 ... 9:
		return 1 + kit_below(rnd, 8192);
	default:
		return 1 + kit_below(rnd, 300);
	}
}

static size_t alignment_of(size_t size)
{
	if (is_power_of_2(size))
		return min_t(size_t, size, PAGE_SIZE);
	return size < 8 ? 1 : 8;
}

/* One more member, of any of the ways to make one. */
static void step(struct kunit *test, struct rnd_state *rnd,
		 struct kspan_region *region, struct member *member,
		 const u8 *text, u32 tag)
{
	size_t size = random_size(rnd);
	size_t align = alignment_of(size);
	u8 *p;

	switch (kit_below(rnd, 4)) {
	case 0:
		p = kspan_region_zalloc(region, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_ASSERT_NULL(test, memchr_inv(p, 0, size));
		break;
	case 1:
		size = 1 + kit_below(rnd, 1000);
		align = 1;
		p = kspan_region_strdup(region, text + 1000 - size + 1,
					GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_ASSERT_STREQ(test, p, text + 1000 - size + 1);
		break;
	case 2:
		size = 1 + size % 1000;
		align = alignment_of(size);
		p = kspan_region_memdup(region, text, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_ASSERT_EQ(test, memcmp(p, text, size), 0);
		break;
	default:
		p = kspan_region_alloc(region, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
	}
	KUNIT_ASSERT_EQ_MSG(test, (unsigned long)p & (align - 1), 0,
			    "%zu bytes", size);
	kit_fill(p, size, tag);
	member->p = p;
	member->size_bytes = size;
}

static void against_the_model(struct kunit *test, bool checked)
{
	struct member *members = kunit_kcalloc(test, NR_MEMBERS,
					       sizeof(*members), GFP_KERNEL);
	u8 *text = kunit_kzalloc(test, 1001, GFP_KERNEL);
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_region *region;
	struct rnd_state rnd;
	unsigned int round;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, members);
	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, 'x', 1000);
	kit_seed(test, &rnd);
	kspan_checked = checked;
	region = new_region(test);
	for (round = 0; round < NR_ROUNDS; round++) {
		unsigned int nmembers = kit_below(&rnd, NR_MEMBERS);

		for (i = 0; i < nmembers; i++)
			step(test, &rnd, region, &members[i], text, i);
		for (i = 0; i < nmembers; i++)
			KUNIT_ASSERT_TRUE(test,
					  kit_filled(members[i].p,
						     members[i].size_bytes, i));
		KUNIT_EXPECT_EQ(test, stats_of(heap).live_objects, 1);
		kspan_region_reset(region);
		if (!checked)
			KUNIT_EXPECT_LE(test, stats_of(heap).live_bytes,
					KEPT_BYTES);
	}
	kit_expect_sound(test, heap);
	kspan_region_destroy(region);
	kspan_checked = false;
	KUNIT_EXPECT_EQ(test, stats_of(heap).allocs_total, 1);
	KUNIT_EXPECT_EQ(test, stats_of(heap).frees_total, 1);
	kit_expect_empty(test, heap);
}

static void random_members(struct kunit *test)
{
	against_the_model(test, false);
}

static void random_members_checked(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;

	against_the_model(test, true);
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);
}

static void edges(struct kunit *test)
{
	struct kspan_region *region = new_region(test);
	size_t none = 0;
	char *s;

	OPTIMIZER_HIDE_VAR(none);
	KUNIT_EXPECT_PTR_EQ(test, kspan_region_alloc(region, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, kspan_region_alloc(region, none, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, kspan_region_zalloc(region, none, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, kspan_region_memdup(region, "", 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_NULL(test, kspan_region_strdup(region, NULL, GFP_KERNEL));
	s = kspan_region_strdup(region, "", GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_EQ(test, *s, 0);
	KUNIT_EXPECT_NULL(test, kspan_region_alloc(region, SZ_4M + 1,
						   GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_region_alloc(region, SIZE_MAX,
						   GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_region_alloc(region, 1UL << 63,
						   GFP_KERNEL));
	KUNIT_EXPECT_NOT_NULL(test, kspan_region_alloc(region, SZ_4M,
						       GFP_KERNEL));
	KUNIT_EXPECT_NOT_NULL(test, kspan_region_alloc(region, 10, GFP_ATOMIC));
	kspan_region_destroy(NULL);
	kspan_region_destroy(region);
	kit_expect_empty(test, kit_heap(test));
}

static void zeroed_after_a_reset(struct kunit *test)
{
	struct kspan_region *region = new_region(test);
	unsigned int round;
	unsigned int i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 300; i++) {
			u8 *p = kspan_region_zalloc(region, 1000, GFP_KERNEL);

			KUNIT_ASSERT_NOT_NULL(test, p);
			KUNIT_ASSERT_NULL(test, memchr_inv(p, 0, 1000));
			memset(p, 0xff, 1000);
		}
		kspan_region_reset(region);
	}
	kspan_region_destroy(region);
	kit_expect_empty(test, kit_heap(test));
}

static int count_objects(const struct kspan_object *obj, void *arg)
{
	struct kspan_object *sum = arg;

	sum->size_bytes += obj->size_bytes;
	sum->sizeclass += 1000 + obj->sizeclass;
	sum->start = obj->start;
	return 0;
}

/* However many spans it has. */
static void is_one_object(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_region *region = new_region(test);
	struct kspan_object obj, walked;
	struct kspan_heap_stats stats;
	unsigned int i;
	void *start;
	u8 *p;

	p = kspan_region_alloc(region, 100, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, kspan_find_object(p, &obj));
	KUNIT_EXPECT_EQ(test, obj.size_bytes, SZ_8K);
	KUNIT_EXPECT_TRUE(test, (u8 *)obj.start <= p);
	start = obj.start;
	for (i = 0; i < 40; i++) {
		size_t size = i % 10 ? 8000 : SZ_256K;

		p = kspan_region_alloc(region, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		stats = stats_of(heap);
		KUNIT_ASSERT_TRUE(test, kspan_find_object(p + 7, &obj));
		KUNIT_EXPECT_PTR_EQ(test, obj.heap, heap);
		KUNIT_EXPECT_PTR_EQ(test, obj.start, start);
		KUNIT_EXPECT_EQ(test, obj.size_bytes, stats.live_bytes);
		KUNIT_EXPECT_EQ(test, obj.sizeclass, 0);
		KUNIT_EXPECT_TRUE(test, obj.live);
	}
	KUNIT_EXPECT_GT(test, stats.spans, 6);
	KUNIT_EXPECT_EQ(test, stats.live_objects, 1);
	KUNIT_EXPECT_EQ(test, stats.large_objects, 1);
	walked = (struct kspan_object){ };
	KUNIT_EXPECT_EQ(test, kspan_heap_for_each_object(heap, count_objects,
							 &walked), 0);
	KUNIT_EXPECT_EQ(test, walked.sizeclass, 1000);
	KUNIT_EXPECT_EQ(test, walked.size_bytes, stats.live_bytes);
	KUNIT_EXPECT_PTR_EQ(test, walked.start, start);
	kit_expect_sound(test, heap);
	kspan_region_reset(region);
	kit_expect_sound(test, heap);
	KUNIT_EXPECT_LE(test, stats_of(heap).spans, 2);
	kspan_region_destroy(region);
	kit_expect_empty(test, heap);
}

static void members_are_not_freed(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_region *region = new_region(test);
	unsigned long total = kspan_last_report.total;
	u8 **members = kunit_kcalloc(test, NR_MEMBERS, sizeof(*members),
				     GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, members);
	for (i = 0; i < NR_MEMBERS; i++) {
		members[i] = kspan_region_alloc(region, 200, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, members[i]);
		kit_fill(members[i], 200, i);
	}
	for (i = 0; i < NR_MEMBERS; i++) {
		kspan_free(members[i]);
		kspan_free(members[i] + 3);
		KUNIT_ASSERT_EQ(test, kspan_usable_size(members[i]), 0);
	}
	kspan_free_bulk(NR_MEMBERS, (void **)members);
	kspan_free_rcu_mightsleep(members[0]);
	__kspan_free_rcu((struct rcu_head *)members[1], 0);
	for (i = 0; i < NR_MEMBERS; i++)
		KUNIT_ASSERT_TRUE(test, kit_filled(members[i], 200, i));
	KUNIT_EXPECT_EQ(test, stats_of(heap).member_frees_total,
			3 * NR_MEMBERS + 2);
	KUNIT_EXPECT_EQ(test, stats_of(heap).bad_frees_total, 0);
	KUNIT_EXPECT_EQ(test, stats_of(heap).frees_total, 0);
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);
	kspan_region_destroy(region);
	kit_expect_empty(test, heap);
	/* Afterwards there is nothing to belong to. */
	kit_reports_begin();
	kspan_free(members[0]);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 1);
	KUNIT_EXPECT_EQ(test, stats_of(heap).member_frees_total,
			3 * NR_MEMBERS + 2);
}

static void stays_usable_without_memory(struct kunit *test)
{
	static const enum kspan_fault_site sites[] = {
		KSPAN_FAULT_LARGE_SPAN, KSPAN_FAULT_BLOCK, KSPAN_FAULT_CHUNK,
	};
	struct kspan_heap *heap = kit_heap(test);
	unsigned int nfailed;
	unsigned int i, k;

	kspan_fault_set(KSPAN_FAULT_BUMP, KSPAN_FAULT_ALWAYS);
	KUNIT_EXPECT_NULL(test, kspan_region_create(heap, GFP_KERNEL));
	kspan_fault_set(KSPAN_FAULT_BUMP, KSPAN_FAULT_OFF);
	kspan_fault_set(KSPAN_FAULT_LARGE_SPAN, KSPAN_FAULT_ALWAYS);
	KUNIT_EXPECT_NULL(test, kspan_region_create(heap, GFP_KERNEL));
	kspan_fault_set(KSPAN_FAULT_LARGE_SPAN, KSPAN_FAULT_OFF);
	kit_expect_empty(test, heap);
	for (k = 0; k < ARRAY_SIZE(sites); k++) {
		struct kspan_region *region = new_region(test);
		u8 *before = NULL;

		nfailed = 0;
		kspan_fault_set(sites[k], 3);
		for (i = 0; i < 3000; i++) {
			size_t size = i % 100 ? 1000 : SZ_1M;
			u8 *p = kspan_region_alloc(region, size,
						   GFP_KERNEL | __GFP_NOWARN);

			nfailed += !p;
			if (before)
				KUNIT_ASSERT_TRUE(test,
						  kit_filled(before, 1000, k));
			before = p;
			if (p)
				kit_fill(p, 1000, k);
			if (i % 1000 == 999) {
				kspan_region_reset(region);
				before = NULL;
			}
		}
		KUNIT_EXPECT_GT(test, kspan_fault_failed(sites[k]), 0);
		kspan_fault_set(sites[k], KSPAN_FAULT_OFF);
		KUNIT_EXPECT_LT(test, nfailed, 1500);
		KUNIT_EXPECT_NOT_NULL(test, kspan_region_alloc(region, 100000,
							       GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, stats_of(heap).live_objects, 1);
		kit_expect_sound(test, heap);
		kspan_region_destroy(region);
		kit_expect_empty(test, heap);
		kspan_heap_scavenge(heap, SIZE_MAX);
	}
}

static void the_limit_holds(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_region *region = new_region(test);
	unsigned int n = 0;
	u8 *p;

	kspan_heap_set_limit(heap, SZ_256K);
	KUNIT_EXPECT_NULL(test, kspan_region_alloc(region, SZ_512K, GFP_KERNEL));
	while (n < 10000) {
		p = kspan_region_alloc(region, 100, GFP_KERNEL);
		if (!p)
			break;
		n++;
	}
	/* To the end of what there is, by shorter spans. */
	KUNIT_EXPECT_GT(test, n, (SZ_256K - 2 * SZ_8K) / 104);
	KUNIT_EXPECT_LE(test, n, SZ_256K / 104);
	KUNIT_EXPECT_GT(test, stats_of(heap).limit_hits_total, 0);
	KUNIT_EXPECT_LE(test, stats_of(heap).backing_bytes, SZ_256K);
	KUNIT_EXPECT_NULL(test, kspan_region_alloc(region, 8000, GFP_KERNEL));
	kspan_region_reset(region);
	KUNIT_EXPECT_NOT_NULL(test, kspan_region_alloc(region, 8000,
						       GFP_KERNEL));
	kspan_heap_set_limit(heap, 0);
	KUNIT_EXPECT_NOT_NULL(test, kspan_region_alloc(region, SZ_512K,
						       GFP_KERNEL));
	kspan_region_destroy(region);
	kit_expect_empty(test, heap);
}

/* What is filled to the same extent again does not go to the heap any more. */
static void fills_again_from_what_it_kept(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_region *region = new_region(test);
	struct kspan_heap_stats stats;
	unsigned int round;
	unsigned int i;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < 1000; i++)
			KUNIT_ASSERT_NOT_NULL(test,
					      kspan_region_alloc(region, 64,
								 GFP_KERNEL));
		if (!round)
			kspan_region_reset(region);
		if (round == 1)
			stats = stats_of(heap);
		if (round)
			kspan_region_reset(region);
	}
	KUNIT_EXPECT_EQ(test, stats_of(heap).spans, stats.spans);
	KUNIT_EXPECT_EQ(test, stats.spans, 2);
	KUNIT_EXPECT_EQ(test, stats_of(heap).backing_bytes, stats.backing_bytes);
	kspan_region_destroy(region);
	kit_expect_empty(test, heap);
}

/* What is large has a span of its own, and small objects go on as before. */
static void large_ones_are_apart(struct kunit *test)
{
	struct kspan_region *region = new_region(test);
	u8 *before = kspan_region_alloc(region, 64, GFP_KERNEL);
	u64 spans = stats_of(kit_heap(test)).spans;
	u8 *large = kspan_region_alloc(region, SZ_64K, GFP_KERNEL);
	u8 *after = kspan_region_alloc(region, 64, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, before && large && after);
	KUNIT_EXPECT_EQ(test, stats_of(kit_heap(test)).spans, spans + 1);
	KUNIT_EXPECT_PTR_EQ(test, after, before - 64);
	kspan_region_destroy(region);
	kit_expect_empty(test, kit_heap(test));
}

static void scoped(struct kunit *test)
{
	{
		struct kspan_region *region __free(kspan_region) =
			new_region(test);
		CLASS(kspan_region, other)(kit_heap(test), GFP_KERNEL);

		KUNIT_EXPECT_NOT_NULL(test, kspan_region_alloc(region, 9000,
							       GFP_KERNEL));
		KUNIT_EXPECT_NOT_NULL(test, kspan_region_alloc(other, 9000,
							       GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, stats_of(kit_heap(test)).live_objects, 2);
	}
	kit_expect_empty(test, kit_heap(test));
}

static void goes_with_its_heap(struct kunit *test)
{
	struct kspan_heap_params params = {
		.flags = KSPAN_HEAP_WARN_LIVE | KSPAN_HEAP_ZERO_ON_DESTROY,
	};
	struct kspan_heap *heap = kspan_heap_create("kunit-going", &params);
	struct kspan_region *region;
	unsigned int i;
	u64 bytes;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	region = kspan_region_create(heap, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, region);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_NOT_NULL(test, kspan_region_alloc(region, 1000,
							       GFP_KERNEL));
	bytes = stats_of(heap).live_bytes;
	kspan_last_leftovers.objects = 0;
	kspan_heap_destroy(heap);
	KUNIT_EXPECT_EQ(test, kspan_last_leftovers.objects, 1);
	KUNIT_EXPECT_EQ(test, kspan_last_leftovers.bytes, bytes);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(random_members),
	KUNIT_CASE(random_members_checked),
	KUNIT_CASE(edges),
	KUNIT_CASE(zeroed_after_a_reset),
	KUNIT_CASE(is_one_object),
	KUNIT_CASE(members_are_not_freed),
	KUNIT_CASE(stays_usable_without_memory),
	KUNIT_CASE(the_limit_holds),
	KUNIT_CASE(fills_again_from_what_it_kept),
	KUNIT_CASE(large_ones_are_apart),
	KUNIT_CASE(scoped),
	KUNIT_CASE(goes_with_its_heap),
	{}
};

struct kunit_suite kit_region_suite = {
	.name		= "kspan_region",
	.init		= kit_quiet_init,
	.exit		= kit_quiet_exit,
	.test_cases	= cases,
};
