// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_OBJECTS = 1500,
	NR_ROUNDS = 40,
};

static void **array(struct kunit *test)
{
	void **p = kunit_kcalloc(test, NR_OBJECTS, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

/* All sizes of batches, larger and smaller than a magazine; no slot twice. */
static void contents_stay(struct kunit *test)
{
	static const unsigned int sizes[] = { 8, 24, 64, 200, 1024, 5000, 32768 };
	struct kspan_heap *heap = kit_heap(test);
	void **p = array(test);
	struct rnd_state rnd;
	unsigned int round;

	kit_seed(test, &rnd);
	for (round = 0; round < NR_ROUNDS; round++) {
		unsigned int size = sizes[kit_below(&rnd, ARRAY_SIZE(sizes))];
		unsigned int nr = 1 + kit_below(&rnd, size > 1024 ?
						40 : NR_OBJECTS);
		unsigned int i;

		KUNIT_ASSERT_EQ(test, kspan_alloc_bulk(heap, size, GFP_KERNEL,
						       nr, p), nr);
		for (i = 0; i < nr; i++)
			kit_fill(p[i], size, i);
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_TRUE(test, kit_filled(p[i], size, i));
		kspan_free_bulk(nr, p);
	}
	kit_expect_empty(test, heap);
}

static void zeroed(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void **p = array(test);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, kspan_alloc_bulk(heap, 96, GFP_KERNEL, 300, p),
			300);
	for (i = 0; i < 300; i++)
		memset(p[i], 0xff, 96);
	kspan_free_bulk(300, p);
	KUNIT_ASSERT_EQ(test, kspan_alloc_bulk(heap, 96, GFP_KERNEL |
					       __GFP_ZERO, 300, p), 300);
	for (i = 0; i < 300; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(p[i], 0, 96));
	kspan_free_bulk(300, p);
	kit_expect_empty(test, heap);
}

/* One call may free objects of any sizes and heaps, and nothings. */
static void mixed(struct kunit *test)
{
	struct kspan_heap *other = kspan_heap_create("kunit-other", NULL);
	void **p = array(test);
	struct rnd_state rnd;
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	kit_seed(test, &rnd);
	for (i = 0; i < 600; i++) {
		unsigned int size = kit_below(&rnd, 4) ?
				    kit_below(&rnd, 2000) :
				    kit_below(&rnd, 100000);

		p[i] = i % 50 ? kspan_alloc(i % 3 ? kit_heap(test) : other,
					    size, GFP_KERNEL) : NULL;
	}
	p[600] = kspan_alloc(other, 5 << 20, GFP_KERNEL);
	kspan_free_bulk(601, p);
	kit_expect_empty(test, kit_heap(test));
	kit_expect_empty(test, other);
	kspan_heap_destroy(other);
}

/* A bad pointer among good ones is refused, and the good ones are freed. */
static void bad_among_good(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_heap_stats stats;
	void **p = array(test);
	unsigned long total = kspan_last_report.total;

	KUNIT_ASSERT_EQ(test, kspan_alloc_bulk(heap, 64, GFP_KERNEL, 100, p),
			100);
	p[100] = p[3];
	p[101] = p[99];
	p[99] = p[7] + 8;
	kit_reports_begin();
	kspan_free_bulk(102, p);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 2);
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.bad_frees_total, 2);
	KUNIT_EXPECT_EQ(test, stats.live_objects, 0);
	kit_expect_empty(test, heap);
}

/* What lies above a slot that was written to is had, and what lies below. */
static void broken_among_good(struct kunit *test)
{
	enum { NR = 20, BROKEN = 8 };
	struct kspan_heap *heap = kit_heap(test);
	void **p = array(test);
	u64 *broken;
	unsigned int i, k;

	migrate_disable();
	KUNIT_ASSERT_EQ(test, kspan_alloc_bulk(heap, 64, GFP_KERNEL, NR, p), NR);
	broken = p[BROKEN];
	kspan_free_bulk(NR, p);
	WRITE_ONCE(*broken, 0x1122334455667788);
	memset(p, 0, NR * sizeof(*p));
	kit_reports_begin();
	KUNIT_EXPECT_EQ(test, kspan_alloc_bulk(heap, 64, GFP_KERNEL, NR, p), NR);
	kit_reports_end();
	migrate_enable();
	for (i = 0; i < NR; i++) {
		KUNIT_ASSERT_NOT_NULL(test, p[i]);
		KUNIT_EXPECT_PTR_NE(test, p[i], (void *)broken);
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_PTR_NE(test, p[i], p[k]);
		kit_fill(p[i], 64, i);
	}
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_TRUE(test, kit_filled(p[i], 64, i));
	kspan_free_bulk(NR, p);
}

static void limited(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_heap_stats stats;
	void **p = array(test);
	unsigned int nr;

	kspan_heap_set_limit(heap, 256 << 10);
	nr = kspan_alloc_bulk(heap, 1024, GFP_KERNEL | __GFP_NOWARN, 1000, p);
	KUNIT_EXPECT_GT(test, nr, 0);
	KUNIT_EXPECT_LE(test, nr, 256);
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, nr);
	KUNIT_EXPECT_EQ(test, stats.limit_hits_total, 1);
	KUNIT_EXPECT_LE(test, stats.backing_bytes, 256 << 10);
	kspan_free_bulk(nr, p);
	kit_expect_empty(test, heap);
}

/* Size 0, no objects, and sizes that have no class. */
static void edges(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void **p = array(test);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, kspan_alloc_bulk(heap, 64, GFP_KERNEL, 0, p), 0);
	kspan_free_bulk(0, p);
	KUNIT_EXPECT_EQ(test, kspan_alloc_bulk(heap, 0, GFP_KERNEL, 3, p), 3);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_PTR_EQ(test, p[i], ZERO_SIZE_PTR);
	kspan_free_bulk(3, p);
	KUNIT_EXPECT_EQ(test, kspan_alloc_bulk(heap, 100000, GFP_KERNEL, 5, p),
			5);
	kspan_free_bulk(5, p);
	kit_expect_empty(test, heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(contents_stay),
	KUNIT_CASE(zeroed),
	KUNIT_CASE(mixed),
	KUNIT_CASE(bad_among_good),
	KUNIT_CASE(broken_among_good),
	KUNIT_CASE(limited),
	KUNIT_CASE(edges),
	{}
};

struct kunit_suite kit_bulk_suite = {
	.name = "kspan_bulk",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
