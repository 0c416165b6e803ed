// SPDX-License-Identifier: GPL-2.0
/* Prefills, against a model of what they hold. */
#include <linux/mempool.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

#include "base/fault.h"
#include "heaps/typed.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/stats.h"

enum {
	SIZE		= 120,
	NR_STEPS	= 4000,
	MOST		= 700,
	MAX_NR		= 64 << 10,
};

static atomic_t nr_constructed;

static void construct(void *slot)
{
	atomic_inc(&nr_constructed);
	memset(slot, 0x5a, SIZE);
}

static struct kspan_cache *make(struct kunit *test, unsigned int flags,
				void (*ctor)(void *))
{
	return kit_cache(test, "prefill", SIZE, 0, flags, ctor);
}

/* What is filled is cached; what was taken is live. */
static void expect_counts(struct kunit *test, struct kspan_cache *cache,
			  u32 nlive, u32 nfilled)
{
	struct kspan_store_stats stats;

	kspan_store_stats(kit_heap(test), cache->store.class, &stats);
	KUNIT_EXPECT_EQ(test, stats.live, nlive);
	KUNIT_EXPECT_GE(test, stats.cached, nfilled);
	KUNIT_EXPECT_EQ(test, kit_verify(test, kit_heap(test)), 0);
}

static void model(struct kunit *test, unsigned int flags, void (*ctor)(void *))
{
	void **live = kunit_kcalloc(test, NR_STEPS, sizeof(*live), GFP_KERNEL);
	struct kspan_cache *cache = make(test, flags, ctor);
	struct kspan_prefill *pf;
	struct rnd_state rnd;
	u32 nfilled = 0;
	u32 nlive = 0;
	u32 step;

	KUNIT_ASSERT_NOT_NULL(test, live);
	kit_seed(test, &rnd);
	pf = kspan_prefill_get(cache, GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, pf);
	KUNIT_EXPECT_NULL(test, kspan_prefill_alloc(pf));
	for (step = 0; step < NR_STEPS; step++) {
		if (!kit_below(&rnd, 40)) {
			u32 nr = kit_below(&rnd, MOST);

			KUNIT_EXPECT_EQ(test, 0,
					kspan_prefill_refill(pf, GFP_KERNEL,
							     nr));
			nfilled = max(nfilled, nr);
		} else if (nlive && !kit_below(&rnd, 3)) {
			u32 i = kit_below(&rnd, nlive);

			KUNIT_EXPECT_TRUE(test, kit_filled(live[i], SIZE, 9));
			kspan_cache_free(cache, live[i]);
			live[i] = live[--nlive];
		} else {
			void *p = kspan_prefill_alloc(pf);

			KUNIT_EXPECT_EQ(test, !!p, !!nfilled);
			if (!p)
				continue;
			nfilled--;
			kit_fill(p, SIZE, 9);
			live[nlive++] = p;
		}
		if (!(step % 500))
			expect_counts(test, cache, nlive, nfilled);
	}
	expect_counts(test, cache, nlive, nfilled);
	kspan_prefill_put(pf);
	kspan_cache_free_bulk(cache, nlive, live);
	kit_expect_empty(test, kit_heap(test));
	kspan_cache_destroy(cache);
}

static void follows_the_model(struct kunit *test)
{
	model(test, 0, NULL);
	model(test, 0, construct);
	model(test, KSPAN_CACHE_TYPESAFE_BY_RCU, NULL);
}

/* With interrupts off and without any memory, what was filled is there. */
static void never_fails(struct kunit *test)
{
	static void *p[MOST];
	struct kspan_cache *cache = make(test, 0, NULL);
	struct kspan_prefill *pf;
	unsigned long flags;
	u32 nr = 0;
	u32 i;

	pf = kspan_prefill_get(cache, GFP_KERNEL | __GFP_ZERO, MOST);
	KUNIT_ASSERT_NOT_NULL(test, pf);
	kspan_fault_set(KSPAN_FAULT_BLOCK, KSPAN_FAULT_ALWAYS);
	kspan_fault_set(KSPAN_FAULT_SPAN, KSPAN_FAULT_ALWAYS);
	local_irq_save(flags);
	for (i = 0; i < MOST; i++) {
		p[i] = kspan_prefill_alloc(pf);
		nr += p[i] && !memchr_inv(p[i], 0, SIZE);
	}
	local_irq_restore(flags);
	kspan_fault_set(KSPAN_NR_FAULTS, KSPAN_FAULT_OFF);
	KUNIT_EXPECT_EQ(test, nr, MOST);
	KUNIT_EXPECT_NULL(test, kspan_prefill_alloc(pf));
	for (i = 0; i < MOST; i++)
		kspan_free(p[i]);
	kspan_prefill_put(pf);
	kspan_prefill_put(NULL);
	kit_expect_empty(test, kit_heap(test));
	kspan_cache_destroy(cache);
}

/* All or nothing; a refill that fails keeps what there is. */
static void fails_as_a_whole(struct kunit *test)
{
	struct kspan_cache *cache = make(test, 0, NULL);
	struct kspan_prefill *pf;
	u32 i;

	kspan_fault_set(KSPAN_FAULT_PREFILL, KSPAN_FAULT_ONCE);
	KUNIT_EXPECT_NULL(test, kspan_prefill_get(cache, GFP_KERNEL, 10));
	/* The array of the second block of pointers. */
	kspan_fault_set(KSPAN_FAULT_PREFILL, 3);
	KUNIT_EXPECT_NULL(test, kspan_prefill_get(cache, GFP_KERNEL, 1000));
	kspan_fault_set(KSPAN_NR_FAULTS, KSPAN_FAULT_OFF);
	KUNIT_EXPECT_NULL(test, kspan_prefill_get(cache, GFP_KERNEL,
						  MAX_NR + 1));
	KUNIT_ASSERT_EQ(test, kspan_heap_set_limit(kit_heap(test), SZ_1M), 0);
	KUNIT_EXPECT_NULL(test, kspan_prefill_get(cache, GFP_KERNEL |
						  __GFP_NOWARN, 20000));
	kit_expect_empty(test, kit_heap(test));
	pf = kspan_prefill_get(cache, GFP_KERNEL, 100);
	KUNIT_ASSERT_NOT_NULL(test, pf);
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			kspan_prefill_refill(pf, GFP_KERNEL | __GFP_NOWARN,
					     20000));
	for (i = 0; i < 100; i++) {
		void *p = kspan_prefill_alloc(pf);

		KUNIT_EXPECT_NOT_NULL(test, p);
		kspan_cache_free(cache, p);
	}
	kspan_prefill_put(pf);
	kspan_heap_set_limit(kit_heap(test), 0);
	kit_expect_empty(test, kit_heap(test));
	kspan_cache_destroy(cache);
}

static void as_many_as_can_be(struct kunit *test)
{
	struct kspan_cache *cache = make(test, 0, NULL);
	struct kspan_prefill *pf = kspan_prefill_get(cache, GFP_KERNEL, MAX_NR);

	KUNIT_ASSERT_NOT_NULL(test, pf);
	expect_counts(test, cache, 0, MAX_NR);
	kspan_prefill_put(pf);
	kit_expect_empty(test, kit_heap(test));
	kspan_cache_destroy(cache);
}

/* What is written to while it is free is not handed out. */
static void a_broken_mark_is_replaced(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	struct kspan_cache *cache = make(test, 0, NULL);
	struct kspan_prefill *pf;
	void *p;
	void *q;

	p = kspan_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	kspan_cache_free(cache, p);
	kspan_cache_shrink(cache);
	pf = kspan_prefill_get(cache, GFP_KERNEL, 1);
	KUNIT_ASSERT_NOT_NULL(test, pf);
	p = kspan_prefill_alloc(pf);
	kspan_prefill_put(pf);
	kspan_cache_free(cache, p);
	kspan_cache_shrink(cache);
	pf = kspan_prefill_get(cache, GFP_KERNEL, 1);
	KUNIT_ASSERT_NOT_NULL(test, pf);
	*(u64 *)p = 1;
	kit_reports_begin();
	q = kspan_prefill_alloc(pf);
	kit_reports_end();
	KUNIT_EXPECT_NOT_NULL(test, q);
	/* The same slot, if the page was the same. */
	if (kspan_last_report.total == total)
		kunit_info(test, "the page was another one\n");
	else
		KUNIT_EXPECT_PTR_NE(test, q, p);
	kspan_free(q);
	kspan_prefill_put(pf);
	KUNIT_EXPECT_EQ(test, kit_verify(test, kit_heap(test)), 0);
}

/* A mempool of a cache keeps its elements, and leaves nothing. */
static void mempool(struct kunit *test)
{
	struct kspan_cache *cache = make(test, 0, NULL);
	struct kspan_heap_stats stats;
	mempool_t *pool;
	void *p;

	pool = kspan_mempool_create_cache(8, cache);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	kspan_heap_stats(kit_heap(test), &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, 8);
	p = mempool_alloc(pool, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	mempool_free(p, pool);
	mempool_destroy(pool);
	kspan_fault_set(KSPAN_FAULT_SPAN, KSPAN_FAULT_ALWAYS);
	kspan_cache_shrink(cache);
	KUNIT_EXPECT_NULL(test, kspan_mempool_create_cache(8, cache));
	kspan_fault_set(KSPAN_NR_FAULTS, KSPAN_FAULT_OFF);
	kit_expect_empty(test, kit_heap(test));
	kspan_cache_destroy(cache);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(follows_the_model),
	KUNIT_CASE(never_fails),
	KUNIT_CASE(fails_as_a_whole),
	KUNIT_CASE(as_many_as_can_be),
	KUNIT_CASE(a_broken_mark_is_replaced),
	KUNIT_CASE(mempool),
	{}
};

struct kunit_suite kit_prefill_suite = {
	.name = "kspan_prefill",
	.init = kit_quiet_init,
	.exit = kit_quiet_exit,
	.test_cases = cases,
};
