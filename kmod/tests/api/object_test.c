// SPDX-License-Identifier: GPL-2.0
/*
 * What is done with objects by their address: other sizes, sized and sensitive
 * frees, and walks over all of a heap.
 */
#include <linux/slab.h>

#include "base/sizeclass.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_OBJECTS	= 2000,
};

static size_t random_size(struct rnd_state *rnd)
{
	u32 dice = kit_below(rnd, 100);

	if (dice < 2)
		return KSPAN_MAX_CONTIG_BYTES + kit_below(rnd, 100000);
	if (dice < 12)
		return 32768 + kit_below(rnd, 100000);
	return 1 + kit_below(rnd, dice < 30 ? 32768 : 400);
}

static void realloc_keeps_contents(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct rnd_state rnd;
	size_t size = 0;
	void *p = NULL;
	unsigned int i;

	kit_seed(test, &rnd);
	for (i = 0; i < 800; i++) {
		size_t other = random_size(&rnd);

		p = kspan_realloc(heap, p, other, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_ASSERT_TRUE_MSG(test, kit_filled(p, min(size, other), i),
				      "from %zu to %zu bytes", size, other);
		KUNIT_ASSERT_GE(test, kspan_usable_size(p), other);
		size = other;
		kit_fill(p, size, i + 1);
	}
	KUNIT_EXPECT_PTR_EQ(test, kspan_realloc(heap, p, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	kit_expect_empty(test, heap);
}

static void realloc_zeroes_the_tail(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct rnd_state rnd;
	unsigned int round;

	kit_seed(test, &rnd);
	for (round = 0; round < 300; round++) {
		size_t size = 1 + kit_below(&rnd, 3000);
		u8 *p = kspan_zalloc(heap, size, GFP_KERNEL);
		unsigned int i;

		for (i = 0; i < 6; i++) {
			size_t other = 1 + kit_below(&rnd, 3000);

			KUNIT_ASSERT_NOT_NULL(test, p);
			memset(p, 0xff, size);
			p = kspan_realloc(heap, p, other,
					  GFP_KERNEL | __GFP_ZERO);
			KUNIT_ASSERT_NOT_NULL(test, p);
			if (other > size && memchr_inv(p + size, 0, other - size))
				KUNIT_FAIL_AND_ABORT(test,
						     "from %zu to %zu bytes",
						     size, other);
			size = other;
		}
		kspan_free(p);
	}
	kit_expect_empty(test, heap);
}

static void realloc_edges(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_heap *other = kspan_heap_create("kunit-other", NULL);
	struct kspan_object obj;
	void *p;
	void *q;

	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	p = kspan_realloc(heap, NULL, 100, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	kit_fill(p, 100, 1);
	/* Within the slot it stays. */
	KUNIT_EXPECT_PTR_EQ(test, kspan_realloc(heap, p, 112, GFP_KERNEL), p);
	/* To another heap it moves. */
	q = kspan_realloc(other, p, 100, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, kspan_find_object(q, &obj));
	KUNIT_EXPECT_PTR_EQ(test, obj.heap, other);
	KUNIT_EXPECT_TRUE(test, kit_filled(q, 100, 1));
	kit_expect_empty(test, heap);
	/* Without memory it stays as it was. */
	kspan_heap_set_limit(other, 1);
	KUNIT_EXPECT_NULL(test, kspan_realloc(other, q, 100000, GFP_KERNEL));
	KUNIT_EXPECT_TRUE(test, kit_filled(q, 100, 1));
	kspan_free(q);
	p = kspan_realloc(heap, ZERO_SIZE_PTR, 10, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	kspan_free(p);
	KUNIT_EXPECT_PTR_EQ(test, kspan_realloc(heap, NULL, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	kspan_heap_destroy(other);
	kit_expect_empty(test, heap);
}

static void sensitive_is_wiped(struct kunit *test)
{
	static const size_t sizes[] = { 24, 100, 4096, 32768, 50000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *p = kspan_alloc(kit_heap(test), sizes[i], GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		memset(p, 0xa5, kspan_usable_size(p));
		kspan_free_sensitive(p);
		/* Its page is the heap's still; the mark is in the first word. */
		KUNIT_EXPECT_NULL(test, memchr_inv(p + 8, 0, sizes[i] - 8));
	}
	kit_expect_empty(test, kit_heap(test));
}

static void scoped_free(struct kunit *test)
{
	struct kspan_heap_stats stats;

	{
		void *p __free(kspan) = kspan_alloc(kit_heap(test), 100,
						    GFP_KERNEL);

		KUNIT_EXPECT_NOT_NULL(test, p);
		kspan_heap_stats(kit_heap(test), &stats);
		KUNIT_EXPECT_EQ(test, stats.live_objects, 1);
	}
	kspan_heap_stats(kit_heap(test), &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, 0);
}

/* What has been freed is in this CPU's cache, and found there. */
static void cached_slots_are_not_live(struct kunit *test)
{
	/* Keeps the span where it is. */
	void *other = kspan_alloc(kit_heap(test), 100, GFP_KERNEL);
	void *p = kspan_alloc(kit_heap(test), 100, GFP_KERNEL);
	struct kspan_object obj;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, kspan_find_object(p, &obj));
	KUNIT_EXPECT_TRUE(test, obj.live);
	kspan_free(p);
	KUNIT_EXPECT_TRUE(test, kspan_find_object(p, &obj));
	KUNIT_EXPECT_PTR_EQ(test, obj.start, p);
	KUNIT_EXPECT_FALSE(test, obj.live);
	kspan_free(other);
}

/* The objects that a walk should tell of, and how often it has. */
struct roll {
	struct kunit		*test;
	void			*objs[NR_OBJECTS];
	size_t			sizes[NR_OBJECTS];
	unsigned int		told[NR_OBJECTS];
	unsigned int		ntold;
	unsigned int		nstrangers;
	unsigned int		stop_at;
	bool			freeing;
};

static int note(const struct kspan_object *obj, void *arg)
{
	struct roll *roll = arg;
	unsigned int i;

	might_sleep();
	roll->ntold++;
	for (i = 0; i < NR_OBJECTS && roll->objs[i] != obj->start; i++)
		;
	if (i == NR_OBJECTS) {
		roll->nstrangers++;
		return 0;
	}
	roll->told[i]++;
	KUNIT_EXPECT_TRUE(roll->test, obj->live);
	KUNIT_EXPECT_EQ(roll->test, obj->size_bytes,
			kspan_size_roundup(roll->sizes[i]));
	KUNIT_EXPECT_PTR_EQ(roll->test, obj->heap, kit_heap(roll->test));
	if (roll->freeing) {
		kspan_free(obj->start);
		roll->objs[i] = NULL;
	}
	return roll->ntold == roll->stop_at ? 42 : 0;
}

static struct roll *roll_new(struct kunit *test)
{
	struct roll *roll = kunit_kzalloc(test, sizeof(*roll), GFP_KERNEL);
	struct rnd_state rnd;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, roll);
	roll->test = test;
	kit_seed(test, &rnd);
	for (i = 0; i < NR_OBJECTS; i++) {
		roll->sizes[i] = i % 100 ? 1 + kit_below(&rnd, 8192)
					 : random_size(&rnd);
		roll->objs[i] = kspan_alloc(kit_heap(test), roll->sizes[i],
					    GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, roll->objs[i]);
	}
	/* Holes. */
	for (i = 0; i < NR_OBJECTS; i++) {
		if (kit_below(&rnd, 3))
			continue;
		kspan_free(roll->objs[i]);
		roll->objs[i] = NULL;
	}
	return roll;
}

static void walk_tells_of_each_once(struct kunit *test)
{
	struct roll *roll = roll_new(test);
	unsigned int i;

	KUNIT_EXPECT_EQ(test,
			kspan_heap_for_each_object(kit_heap(test), note, roll),
			0);
	KUNIT_EXPECT_EQ(test, roll->nstrangers, 0);
	for (i = 0; i < NR_OBJECTS; i++)
		KUNIT_ASSERT_EQ(test, roll->told[i], !!roll->objs[i]);

	roll->stop_at = roll->ntold + 17;
	KUNIT_EXPECT_EQ(test,
			kspan_heap_for_each_object(kit_heap(test), note, roll),
			42);
	KUNIT_EXPECT_EQ(test, roll->ntold, roll->stop_at);
	for (i = 0; i < NR_OBJECTS; i++)
		kspan_free(roll->objs[i]);
	kit_expect_empty(test, kit_heap(test));
}

static void walk_may_free(struct kunit *test)
{
	struct roll *roll = roll_new(test);
	unsigned int i;

	roll->freeing = true;
	KUNIT_EXPECT_EQ(test,
			kspan_heap_for_each_object(kit_heap(test), note, roll),
			0);
	KUNIT_EXPECT_EQ(test, roll->nstrangers, 0);
	for (i = 0; i < NR_OBJECTS; i++) {
		KUNIT_ASSERT_LE(test, roll->told[i], 1);
		KUNIT_ASSERT_NULL(test, roll->objs[i]);
	}
	kit_expect_empty(test, kit_heap(test));
}

static void walk_of_nothing(struct kunit *test)
{
	struct roll *roll = kunit_kzalloc(test, sizeof(*roll), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, roll);
	kspan_free(kspan_alloc(kit_heap(test), 64, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test,
			kspan_heap_for_each_object(kit_heap(test), note, roll),
			0);
	KUNIT_EXPECT_EQ(test, roll->ntold, 0);
}

/* A huge object has no page in the direct map, but it is a heap's. */
static void huge_objects_are_owned(struct kunit *test)
{
	size_t size = KSPAN_MAX_CONTIG_BYTES + 1;
	char *p = kspan_alloc(kit_heap(test), size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, kspan_owns(p));
	KUNIT_EXPECT_TRUE(test, kspan_owns(p + size - 1));
	KUNIT_EXPECT_FALSE(test, kspan_owns(p - 1));
	kspan_free(p);
	KUNIT_EXPECT_FALSE(test, kspan_owns(p));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(realloc_keeps_contents),
	KUNIT_CASE(realloc_zeroes_the_tail),
	KUNIT_CASE(realloc_edges),
	KUNIT_CASE(sensitive_is_wiped),
	KUNIT_CASE(cached_slots_are_not_live),
	KUNIT_CASE(scoped_free),
	KUNIT_CASE(walk_tells_of_each_once),
	KUNIT_CASE(walk_may_free),
	KUNIT_CASE(walk_of_nothing),
	KUNIT_CASE(huge_objects_are_owned),
	{}
};

struct kunit_suite kit_object_suite = {
	.name = "kspan_object",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
