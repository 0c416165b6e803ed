// SPDX-License-Identifier: GPL-2.0
/* Typed caches come and go. */
#include <linux/sizes.h>

#include "api/cache.h"
#include "base/fault.h"
#include "heaps/typed.h"
#include "spans/stores.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	LEAKED	= 21,
};

static void touch(void *slot)
{
	memset(slot, 0x5a, 8);
}

static void refuses_bad_values(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_cache *cache = kit_cache(test, "taken", 8, 0, 0, NULL);
	struct kspan_cache *twin;

	KUNIT_EXPECT_NULL(test, kspan_cache_create(heap, "a", 0, 0, 0, NULL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create(heap, "a", SZ_4M + 1, 0, 0,
						   NULL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create(heap, "a", 8, 24, 0, NULL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create(heap, "a", 8, SZ_8M, 0,
						   NULL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create(heap, "a", 8, 0, 1 << 7,
						   NULL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create(heap, "", 8, 0, 0, NULL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create(heap, NULL, 8, 0, 0, NULL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create(heap, "taken", 8, 0, 0,
						   NULL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create_usercopy(heap, "a", 8, 0, 0,
							    4, 8, NULL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create_usercopy(heap, "a", 8, 0, 0,
							    9, 0, NULL));
	twin = kspan_cache_create(kspan_default_heap(), "taken", 8, 0, 0, NULL);
	KUNIT_EXPECT_NOT_NULL(test, twin);
	kspan_cache_destroy(twin);
	kspan_cache_destroy(cache);
	kspan_cache_destroy(NULL);
	/* The name is free again. */
	cache = kit_cache(test, "taken", 16, 0, 0, NULL);
	kspan_cache_destroy(cache);
}

static int count_typed(const struct kspan_object *obj, void *arg)
{
	*(u32 *)arg += obj->sizeclass >= KSPAN_NR_STORES;
	return 0;
}

/* What is left is told of, stays, and is taken by kspan_free(). */
static void leak(struct kunit *test, unsigned int flags, void (*ctor)(void *))
{
	struct kspan_cache *cache = kit_cache(test, "leaky", 192, 0, flags, ctor);
	unsigned long total = kspan_last_cache_leak.total;
	struct kspan_heap_stats before;
	struct kspan_heap_stats after;
	void *p[LEAKED];
	u32 nfound = 0;
	u32 i;

	for (i = 0; i < LEAKED; i++)
		p[i] = kspan_cache_alloc(cache, GFP_KERNEL);
	kspan_heap_stats(kit_heap(test), &before);
	kit_reports_begin();
	kspan_cache_destroy(cache);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_cache_leak.total, total + 1);
	KUNIT_EXPECT_EQ(test, kspan_last_cache_leak.nr_objects, LEAKED);
	KUNIT_EXPECT_EQ(test, kspan_last_cache_leak.nr_told, 16);
	KUNIT_EXPECT_STREQ(test, kspan_last_cache_leak.cache_name, "leaky");
	kspan_heap_stats(kit_heap(test), &after);
	KUNIT_EXPECT_EQ(test, after.live_objects, before.live_objects);
	kspan_heap_for_each_object(kit_heap(test), count_typed, &nfound);
	KUNIT_EXPECT_EQ(test, nfound, LEAKED);
	kit_expect_sound(test, kit_heap(test));
	/* Another one may be called so. */
	cache = kit_cache(test, "leaky", 192, 0, 0, NULL);
	for (i = 0; i < LEAKED; i++)
		kspan_free(p[i]);
	kit_expect_empty(test, kit_heap(test));
	kspan_cache_destroy(cache);
	kspan_heap_stats(kit_heap(test), &after);
	KUNIT_EXPECT_EQ(test, after.allocs_total, before.allocs_total);
}

static void leaks_are_told(struct kunit *test)
{
	leak(test, 0, NULL);
	leak(test, 0, touch);
	leak(test, KSPAN_CACHE_TYPESAFE_BY_RCU, NULL);
}

/* What a cache has counted, its heap has counted when it has gone. */
static void counters_stay(struct kunit *test)
{
	struct kspan_cache *cache = kit_cache(test, "counted", 640, 0, 0, NULL);
	struct kspan_heap_stats before;
	struct kspan_heap_stats after;
	static void *p[100];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = kspan_cache_alloc(cache, GFP_KERNEL);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		kspan_cache_free(cache, p[i]);
	kspan_cache_shrink(cache);
	kspan_heap_stats(kit_heap(test), &before);
	kspan_cache_destroy(cache);
	kspan_heap_stats(kit_heap(test), &after);
	KUNIT_EXPECT_GE(test, before.allocs_total, 100);
	KUNIT_EXPECT_EQ(test, after.allocs_total, before.allocs_total);
	KUNIT_EXPECT_EQ(test, after.frees_total, before.frees_total);
	KUNIT_EXPECT_EQ(test, after.refills_total, before.refills_total);
	KUNIT_EXPECT_EQ(test, after.flushes_total, before.flushes_total);
	KUNIT_EXPECT_LT(test, after.metadata_bytes, before.metadata_bytes);
}

struct delayed {
	u64		word;
	struct rcu_head	rcu;
};

/* What is freed after a grace period is not left. */
static void frees_to_come_are_waited_for(struct kunit *test)
{
	unsigned long total = kspan_last_cache_leak.total;
	struct kspan_cache *cache = kit_cache(test, "delayed",
					 sizeof(struct delayed), 0, 0, touch);
	u32 i;

	for (i = 0; i < 300; i++) {
		struct delayed *p = kspan_cache_alloc(cache, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		kspan_free_rcu(p, rcu);
	}
	kspan_cache_destroy(cache);
	KUNIT_EXPECT_EQ(test, kspan_last_cache_leak.total, total);
	kit_expect_empty(test, kit_heap(test));
}

static const enum kspan_fault_site sites[] = {
	KSPAN_FAULT_CACHE, KSPAN_FAULT_CACHE_CENTRAL, KSPAN_FAULT_CACHE_CPUS,
	KSPAN_FAULT_CACHE_DEPOTS, KSPAN_FAULT_CACHE_ROWS,
	KSPAN_FAULT_CACHE_IDLE,
};

/* No memory, wherever it is asked for: NULL, and nothing is left. */
static void creation_fails(struct kunit *test)
{
	struct kspan_heap_stats before;
	struct kspan_heap_stats after;
	struct kspan_cache *cache;
	u32 i;

	kspan_heap_stats(kit_heap(test), &before);
	for (i = 0; i < ARRAY_SIZE(sites); i++) {
		kspan_fault_set(sites[i], KSPAN_FAULT_ONCE);
		KUNIT_EXPECT_NULL(test, kspan_cache_create(kit_heap(test),
							   "fault", 48, 0, 0,
							   NULL));
		KUNIT_EXPECT_EQ(test, kspan_fault_failed(sites[i]), 1);
		kspan_fault_set(sites[i], KSPAN_FAULT_OFF);
		KUNIT_EXPECT_EQ(test, kspan_stores_end(&kit_heap(test)->storage),
				KSPAN_NR_STORES);
		cache = kit_cache(test, "fault", 48, 0, 0, NULL);
		kspan_cache_destroy(cache);
	}
	kspan_heap_stats(kit_heap(test), &after);
	KUNIT_EXPECT_EQ(test, after.metadata_bytes, before.metadata_bytes);
}

struct tagged {
	u64	tag;
	u64	body[3];
};

/* Named and aligned after the type; many at a time have numbers of their own. */
static void many_caches(struct kunit *test)
{
	struct kspan_cache *named = KSPAN_CACHE(kit_heap(test), tagged, 0);
	static struct kspan_cache *caches[40];
	char name[16];
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, named);
	KUNIT_EXPECT_STREQ(test, named->store.name, "tagged");
	KUNIT_EXPECT_EQ(test, kspan_cache_size(named), sizeof(struct tagged));
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		snprintf(name, sizeof(name), "many-%u", i);
		caches[i] = kit_cache(test, name, 8 * (i + 1), 0, 0, NULL);
		KUNIT_EXPECT_EQ(test, caches[i]->store.class,
				KSPAN_NR_STORES + 1 + i);
	}
	kspan_cache_destroy(caches[3]);
	caches[3] = kit_cache(test, "again", 8, 0, 0, NULL);
	KUNIT_EXPECT_EQ(test, caches[3]->store.class, KSPAN_NR_STORES + 4);
	kspan_cache_destroy(named);
	/* The others go with the heap. */
}

static struct kunit_case cases[] = {
	KUNIT_CASE(refuses_bad_values),
	KUNIT_CASE(leaks_are_told),
	KUNIT_CASE(counters_stay),
	KUNIT_CASE(frees_to_come_are_waited_for),
	KUNIT_CASE(creation_fails),
	KUNIT_CASE(many_caches),
	{}
};

struct kunit_suite kit_cache_life_suite = {
	.name = "kspan_cache_life",
	.init = kit_quiet_init,
	.exit = kit_quiet_exit,
	.test_cases = cases,
};
