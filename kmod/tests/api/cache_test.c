// SPDX-License-Identifier: GPL-2.0
/* Typed caches, against a model of what is live in them. */
#include <linux/nodemask.h>
#include <linux/sizes.h>

#include "heaps/typed.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/stats.h"

enum {
	NR_CACHES	= 8,
	NR_OBJECTS	= 600,
	NR_STEPS	= 30000,
	CTOR_BYTE	= 0x5a,
};

static atomic_t nr_constructed;

static void count_and_fill(void *slot)
{
	atomic_inc(&nr_constructed);
	memset(slot, CTOR_BYTE, 64);
}

/**
 * struct kind - a cache of the model
 * @size: as asked for
 * @align: likewise
 * @flags: likewise
 * @ctor: whether there is one
 * @cache: the cache
 */
struct kind {
	size_t			size;
	size_t			align;
	unsigned int		flags;
	bool			ctor;
	struct kspan_cache	*cache;
};

static const struct kind kinds[NR_CACHES] = {
	{ .size = 1 },
	{ .size = 72, .align = 8 },
	{ .size = 200, .flags = KSPAN_CACHE_HWALIGN },
	{ .size = 104, .ctor = true },
	{ .size = 328, .flags = KSPAN_CACHE_TYPESAFE_BY_RCU },
	{ .size = 1000, .align = 64, .ctor = true,
	  .flags = KSPAN_CACHE_TYPESAFE_BY_RCU },
	{ .size = 5000, .align = 4096 },
	{ .size = 40008 },
};

/**
 * struct object - one of the model
 * @p: the object
 * @kind: its cache
 * @tag: what it is filled with
 */
struct object {
	void	*p;
	u32	kind;
	u32	tag;
};

/**
 * struct model - what is live
 * @kinds: caches
 * @objects: objects; the first @nr are live
 * @nr: how many
 * @nr_of: how many of each cache
 * @rnd: random numbers
 */
struct model {
	struct kind		kinds[NR_CACHES];
	struct object		objects[NR_OBJECTS];
	u32			nr;
	u32			nr_of[NR_CACHES];
	struct rnd_state	rnd;
};

static size_t slot_bytes(const struct kind *kind)
{
	return kspan_cache_size(kind->cache) ?
	       ALIGN(kind->size, max_t(size_t, kind->align, 8)) : 0;
}

static void expect_object(struct kunit *test, const struct kind *kind,
			  void *p, bool live)
{
	struct kspan_object obj;
	size_t inside = kind->size - 1;

	KUNIT_EXPECT_TRUE(test, kspan_find_object(p + inside, &obj));
	KUNIT_EXPECT_PTR_EQ(test, obj.heap, kit_heap(test));
	KUNIT_EXPECT_PTR_EQ(test, obj.start, p);
	KUNIT_EXPECT_GE(test, obj.sizeclass, KSPAN_NR_STORES);
	KUNIT_EXPECT_EQ(test, obj.live, live);
	if (!(kind->flags & KSPAN_CACHE_HWALIGN))
		KUNIT_EXPECT_EQ(test, obj.size_bytes, slot_bytes(kind));
}

static void add(struct kunit *test, struct model *m, u32 k)
{
	struct kind *kind = &m->kinds[k];
	struct object *object = &m->objects[m->nr];
	bool zero = !kind->ctor && !kit_below(&m->rnd, 4);
	gfp_t gfp = kit_below(&m->rnd, 2) ? GFP_KERNEL : GFP_ATOMIC;

	object->p = zero ? kspan_cache_zalloc(kind->cache, gfp) :
			   kspan_cache_alloc(kind->cache, gfp);
	KUNIT_ASSERT_NOT_NULL(test, object->p);
	if (zero)
		KUNIT_EXPECT_NULL(test, memchr_inv(object->p, 0, kind->size));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)object->p,
					   max_t(size_t, kind->align, 8)));
	object->kind = k;
	object->tag = prandom_u32_state(&m->rnd);
	kit_fill(object->p, kind->size, object->tag);
	m->nr++;
	m->nr_of[k]++;
}

static void drop(struct kunit *test, struct model *m, u32 i)
{
	struct object *object = &m->objects[i];
	struct kind *kind = &m->kinds[object->kind];

	KUNIT_EXPECT_TRUE(test, kit_filled(object->p, kind->size,
					   object->tag));
	if (!kit_below(&m->rnd, 16)) {
		expect_object(test, kind, object->p, true);
		KUNIT_EXPECT_GE(test, kspan_usable_size(object->p),
				kind->size);
	}
	if (kit_below(&m->rnd, 2))
		kspan_cache_free(kind->cache, object->p);
	else
		kspan_free(object->p);
	/* Nobody has written to it. */
	if (kind->ctor || kind->flags & KSPAN_CACHE_TYPESAFE_BY_RCU)
		KUNIT_EXPECT_TRUE(test, kit_filled(object->p, kind->size,
						   object->tag));
	m->nr_of[object->kind]--;
	*object = m->objects[--m->nr];
}

static void expect_counts(struct kunit *test, struct model *m)
{
	struct kspan_store_stats stats;
	u32 k;

	for (k = 0; k < NR_CACHES; k++) {
		kspan_store_stats(kit_heap(test),
				  m->kinds[k].cache->store.class, &stats);
		KUNIT_EXPECT_EQ(test, stats.live, m->nr_of[k]);
	}
	kit_expect_sound(test, kit_heap(test));
}

static struct model *model_new(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	char name[16];
	u32 k;

	KUNIT_ASSERT_NOT_NULL(test, m);
	kit_seed(test, &m->rnd);
	memcpy(m->kinds, kinds, sizeof(kinds));
	for (k = 0; k < NR_CACHES; k++) {
		struct kind *kind = &m->kinds[k];

		snprintf(name, sizeof(name), "model %u", k);
		kind->cache = kit_cache(test, name, kind->size, kind->align,
					kind->flags,
					kind->ctor ? count_and_fill : NULL);
		KUNIT_EXPECT_EQ(test, kspan_cache_size(kind->cache),
				kind->size);
	}
	return m;
}

static void follows_the_model(struct kunit *test)
{
	struct model *m = model_new(test);
	u32 step;
	u32 k;

	for (step = 0; step < NR_STEPS; step++) {
		bool grow = step / 1000 % 2 ? kit_below(&m->rnd, 3) :
					      !kit_below(&m->rnd, 3);

		if (m->nr < NR_OBJECTS && (!m->nr || grow))
			add(test, m, kit_below(&m->rnd, NR_CACHES));
		else
			drop(test, m, kit_below(&m->rnd, m->nr));
		if (!(step % 5000))
			expect_counts(test, m);
		if (!(step % 1777))
			kspan_cache_shrink(m->kinds[step % NR_CACHES].cache);
	}
	expect_counts(test, m);
	while (m->nr)
		drop(test, m, 0);
	kit_expect_empty(test, kit_heap(test));
	for (k = 0; k < NR_CACHES; k++)
		kspan_cache_destroy(m->kinds[k].cache);
	kit_expect_empty(test, kit_heap(test));
}

/* The constructor runs once for each slot, and what it has made stays. */
static void constructs_once(struct kunit *test)
{
	struct kspan_cache *cache = kit_cache(test, "ctor", 64, 0, 0,
					 count_and_fill);
	struct kspan_store_stats stats;
	static void *p[200];
	u32 round;
	u32 i;

	atomic_set(&nr_constructed, 0);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < ARRAY_SIZE(p); i++) {
			p[i] = kspan_cache_alloc(cache, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, p[i]);
			KUNIT_EXPECT_NULL(test, memchr_inv(p[i], CTOR_BYTE,
							   64));
		}
		for (i = 0; i < ARRAY_SIZE(p); i++)
			kspan_cache_free(cache, p[i]);
		if (round % 5 == 4)
			kspan_heap_drain(kit_heap(test));
	}
	kspan_store_stats(kit_heap(test), cache->store.class, &stats);
	KUNIT_EXPECT_GE(test, stats.counts.slots, ARRAY_SIZE(p));
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_constructed),
			stats.counts.slots);
	kspan_cache_destroy(cache);
	kit_expect_empty(test, kit_heap(test));
}

/* An empty cache gives all its pages back. */
static void shrinks(struct kunit *test)
{
	static const unsigned int flags[] = { 0, KSPAN_CACHE_TYPESAFE_BY_RCU };
	struct kspan_store_stats stats;
	static void *p[300];
	u32 f;
	u32 i;

	for (f = 0; f < ARRAY_SIZE(flags); f++) {
		struct kspan_cache *cache = kit_cache(test, "shrinks", 500, 0,
						 flags[f], NULL);

		for (i = 0; i < ARRAY_SIZE(p); i++)
			p[i] = kspan_cache_alloc(cache, GFP_KERNEL);
		for (i = 0; i < ARRAY_SIZE(p); i++)
			kspan_cache_free(cache, p[i]);
		kspan_cache_shrink(cache);
		kspan_store_stats(kit_heap(test), cache->store.class, &stats);
		KUNIT_EXPECT_EQ(test, stats.counts.spans, 0);
		kit_expect_sound(test, kit_heap(test));
		kspan_cache_destroy(cache);
	}
	kit_expect_empty(test, kit_heap(test));
}

static void expect_refused(struct kunit *test, struct kspan_cache *cache,
			   void *p, enum kspan_mistake mistake)
{
	unsigned long total = kspan_last_report.total;
	struct kspan_heap_stats before;
	struct kspan_heap_stats after;

	kspan_heap_stats(kit_heap(test), &before);
	kit_reports_begin();
	kspan_cache_free(cache, p);
	kit_reports_end();
	kspan_heap_stats(kit_heap(test), &after);
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 1);
	KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake, (int)mistake);
	KUNIT_EXPECT_STREQ(test, kspan_last_report.freed_to,
			   cache->store.name);
	KUNIT_EXPECT_EQ(test, after.bad_frees_total,
			before.bad_frees_total + 1);
	KUNIT_EXPECT_EQ(test, after.live_objects, before.live_objects);
}

static void refuse_frees(struct kunit *test, unsigned int flags,
			 void (*ctor)(void *))
{
	struct kspan_cache *one = kit_cache(test, "one", 96, 0, flags, ctor);
	struct kspan_cache *two = kit_cache(test, "two", 96, 0, flags, ctor);
	void *foreign = kunit_kmalloc(test, 96, GFP_KERNEL);
	void *plain = kspan_alloc(kit_heap(test), 96, GFP_KERNEL);
	void *p = kspan_cache_alloc(one, GFP_KERNEL);
	void *q = kspan_cache_alloc(one, GFP_KERNEL);
	void *many[4] = { NULL, p, plain, q };

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_NOT_NULL(test, q);
	kspan_cache_free(one, NULL);
	expect_refused(test, two, p, KSPAN_MISTAKE_WRONG_CACHE);
	KUNIT_EXPECT_STREQ(test, kspan_last_report.cache_name, "one");
	expect_refused(test, one, plain, KSPAN_MISTAKE_WRONG_CACHE);
	expect_refused(test, one, foreign, KSPAN_MISTAKE_FOREIGN);
	expect_refused(test, one, p + 8, KSPAN_MISTAKE_INTERIOR);
	expect_refused(test, one, (void *)16, KSPAN_MISTAKE_FOREIGN);
	kspan_cache_free(one, p);
	expect_refused(test, one, p, KSPAN_MISTAKE_DOUBLE_FREE);
	kit_expect_refused(test, p, KSPAN_MISTAKE_DOUBLE_FREE);
	p = kspan_cache_alloc(one, GFP_KERNEL);
	many[1] = p;
	kit_expect_refused(test, p + 8, KSPAN_MISTAKE_INTERIOR);
	kit_reports_begin();
	kspan_cache_free_bulk(one, ARRAY_SIZE(many), many);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake,
			(int)KSPAN_MISTAKE_WRONG_CACHE);
	kspan_free(plain);
	kit_expect_empty(test, kit_heap(test));
	kspan_cache_destroy(one);
	kspan_cache_destroy(two);
}

static void refuses_bad_frees(struct kunit *test)
{
	refuse_frees(test, 0, NULL);
	refuse_frees(test, 0, count_and_fill);
	refuse_frees(test, KSPAN_CACHE_TYPESAFE_BY_RCU, NULL);
}

static void bulk(struct kunit *test)
{
	void **p = kunit_kcalloc(test, 500, sizeof(*p), GFP_KERNEL);
	struct kspan_cache *cache = kit_cache(test, "bulk", 88, 0, 0, NULL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, kspan_cache_alloc_bulk(cache, GFP_KERNEL, 500,
						     p), 500);
	for (i = 0; i < 500; i++)
		kit_fill(p[i], 88, i);
	for (i = 0; i < 500; i++)
		KUNIT_EXPECT_TRUE(test, kit_filled(p[i], 88, i));
	kspan_cache_free_bulk(cache, 500, p);
	kit_expect_empty(test, kit_heap(test));
	kspan_cache_destroy(cache);
}

static void on_each_node(struct kunit *test)
{
	struct kspan_cache *cache = kit_cache(test, "nodes", 300, 0, 0, NULL);
	int nid;

	for_each_online_node(nid) {
		void *p = kspan_cache_alloc_node(cache, GFP_KERNEL |
						 __GFP_THISNODE, nid);

		if (!node_state(nid, N_MEMORY))
			continue;
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(p)), nid);
		kspan_cache_free(cache, p);
	}
	kit_expect_empty(test, kit_heap(test));
	kspan_cache_destroy(cache);
}

/* At the limit there is NULL, counted; and what there is comes back. */
static void at_the_limit(struct kunit *test)
{
	struct kspan_cache *cache = kit_cache(test, "limit", 3000, 0, 0, NULL);
	void **p = kunit_kcalloc(test, 1000, sizeof(*p), GFP_KERNEL);
	struct kspan_heap_stats stats;
	u32 nr;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, kspan_heap_set_limit(kit_heap(test), SZ_1M), 0);
	nr = kspan_cache_alloc_bulk(cache, GFP_KERNEL | __GFP_NOWARN, 1000, p);
	kspan_heap_stats(kit_heap(test), &stats);
	KUNIT_EXPECT_GT(test, nr, 200);
	KUNIT_EXPECT_LT(test, nr, 350);
	KUNIT_EXPECT_LE(test, stats.backing_bytes, SZ_1M);
	KUNIT_EXPECT_GT(test, stats.limit_hits_total, 0);
	kspan_cache_free_bulk(cache, nr, p);
	kspan_heap_set_limit(kit_heap(test), 0);
	kspan_cache_destroy(cache);
	kit_expect_empty(test, kit_heap(test));
}

static void realloc_moves(struct kunit *test)
{
	struct kspan_cache *cache = kit_cache(test, "moves", 100, 0, 0, NULL);
	void *p = kspan_cache_alloc(cache, GFP_KERNEL);
	void *q;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, kspan_usable_size(p), 104);
	kit_fill(p, 100, 7);
	q = kspan_realloc(kit_heap(test), p, 300, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_TRUE(test, kit_filled(q, 100, 7));
	kspan_free(q);
	kit_expect_empty(test, kit_heap(test));
	kspan_cache_destroy(cache);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(follows_the_model),
	KUNIT_CASE(constructs_once),
	KUNIT_CASE(shrinks),
	KUNIT_CASE(refuses_bad_frees),
	KUNIT_CASE(bulk),
	KUNIT_CASE(on_each_node),
	KUNIT_CASE(at_the_limit),
	KUNIT_CASE(realloc_moves),
	{}
};

struct kunit_suite kit_cache_suite = {
	.name = "kspan_cache",
	.init = kit_quiet_init,
	.exit = kit_quiet_exit,
	.test_cases = cases,
};
