// SPDX-License-Identifier: GPL-2.0
/*
 * The reserve: with the limit at its size, a heap has nothing else.
 */
#include <linux/cpumask.h>
#include <linux/workqueue.h>

#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	RESERVE_BYTES	= 1 << 20,
	NR_OBJECTS	= RESERVE_BYTES / 64,
};

static int suite_init(struct kunit *test)
{
	struct kspan_heap_params params = {
		.limit_bytes		= RESERVE_BYTES,
		.min_reserve_bytes	= RESERVE_BYTES,
	};
	struct kspan_heap *heap = kspan_heap_create("kunit", &params);

	if (IS_ERR(heap))
		return PTR_ERR(heap);
	test->priv = heap;
	return 0;
}

static struct kspan_heap_stats stats_of(struct kunit *test)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(kit_heap(test), &stats);
	return stats;
}

static void **new_objs(struct kunit *test)
{
	void **objs = kunit_kcalloc(test, NR_OBJECTS + 1, sizeof(*objs),
				    GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, objs);
	return objs;
}

static void expect_whole(struct kunit *test)
{
	struct kspan_heap_stats stats = stats_of(test);

	KUNIT_EXPECT_EQ(test, stats.reserve_free_bytes, RESERVE_BYTES);
	KUNIT_EXPECT_EQ(test, stats.backing_bytes, RESERVE_BYTES);
	KUNIT_EXPECT_EQ(test, stats.page_free_bytes, RESERVE_BYTES);
	kit_expect_empty(test, kit_heap(test));
}

static void is_there_from_the_beginning(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_bytes, RESERVE_BYTES);
	expect_whole(test);
}

/* Fills the reserve to the last byte with what leaves no tail. */
static void every_byte_can_be_used(struct kunit *test)
{
	static const size_t sizes[] = {
		64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 262144,
	};
	struct kspan_heap *heap = kit_heap(test);
	void **objs = new_objs(test);
	unsigned int i;
	unsigned int n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int want = RESERVE_BYTES / sizes[i];

		for (n = 0; n <= want; n++) {
			objs[n] = kspan_alloc(heap, sizes[i], n % 2 ?
					      GFP_ATOMIC : GFP_KERNEL);
			if (!objs[n])
				break;
			kit_fill(objs[n], sizes[i], n);
		}
		KUNIT_EXPECT_EQ_MSG(test, n, want, "size %zu", sizes[i]);
		KUNIT_EXPECT_EQ(test, stats_of(test).live_bytes, RESERVE_BYTES);
		KUNIT_EXPECT_EQ(test, stats_of(test).reserve_free_bytes, 0);
		kit_expect_sound(test, heap);
		while (n--) {
			KUNIT_ASSERT_TRUE(test,
					  kit_filled(objs[n], sizes[i], n));
			kspan_free(objs[n]);
		}
		expect_whole(test);
	}
}

/* Allocates and frees a record; @data counts failures. */
static long writer(void *data)
{
	struct kspan_heap *heap = data;
	void *records[3];
	long failed = 0;
	unsigned int i;
	unsigned int n;

	for (i = 0; i < 2000; i++) {
		for (n = 0; n < ARRAY_SIZE(records); n++) {
			records[n] = kspan_alloc(heap, RESERVE_BYTES / 4,
						 GFP_NOWAIT | __GFP_NOWARN);
			failed += !records[n];
		}
		kspan_free_bulk(ARRAY_SIZE(records), records);
		for (n = 0; n < ARRAY_SIZE(records); n++) {
			records[n] = kspan_alloc(heap, 8192, GFP_ATOMIC);
			failed += !records[n];
		}
		kspan_free_bulk(ARRAY_SIZE(records), records);
	}
	return failed;
}

/* What one CPU frees does not stay there, out of reach for the others. */
static void the_writer_may_move(struct kunit *test)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		KUNIT_EXPECT_EQ(test, work_on_cpu(cpu, writer, kit_heap(test)),
				0);
	expect_whole(test);
}

/* Half of it, in pieces of any size. */
static void any_sizes(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void **objs = new_objs(test);
	size_t live = 0;
	struct rnd_state rnd;
	unsigned int round;
	unsigned int n = 0;

	kit_seed(test, &rnd);
	for (round = 0; round < 3000; round++) {
		size_t size = 1 + kit_below(&rnd, 5000);

		if (live + kspan_size_roundup(size) <= RESERVE_BYTES / 4) {
			objs[n] = kspan_alloc(heap, size, GFP_ATOMIC);
			KUNIT_ASSERT_NOT_NULL_MSG(test, objs[n], "%zu", size);
			live += kspan_usable_size(objs[n++]);
		} else {
			unsigned int i = kit_below(&rnd, n);

			live -= kspan_usable_size(objs[i]);
			kspan_free(objs[i]);
			objs[i] = objs[--n];
		}
	}
	kit_expect_sound(test, heap);
	kspan_free_bulk(n, objs);
	expect_whole(test);
}

static void mistakes_are_refused(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *p = kspan_alloc(heap, 1000, GFP_KERNEL);
	void *q = kspan_alloc(heap, 1000, GFP_KERNEL);
	struct kspan_object obj;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_TRUE(test, kspan_find_object(p + 10, &obj));
	KUNIT_EXPECT_PTR_EQ(test, obj.start, p);
	KUNIT_EXPECT_PTR_EQ(test, obj.heap, heap);
	KUNIT_EXPECT_TRUE(test, obj.live);
	kit_expect_refused(test, p + 8, KSPAN_MISTAKE_INTERIOR);
	kspan_free(p);
	kit_expect_refused(test, p, KSPAN_MISTAKE_DOUBLE_FREE);
	kspan_free(q);
	expect_whole(test);
}

/* While there is other memory, the reserve is not touched. */
static void is_for_hard_times(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void **objs = new_objs(test);
	unsigned int n;

	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, 4 * RESERVE_BYTES), 0);
	for (n = 0; n < 2 * RESERVE_BYTES / 4096; n++) {
		objs[n] = kspan_alloc(heap, 4096, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[n]);
	}
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_free_bytes, RESERVE_BYTES);
	KUNIT_EXPECT_GE(test, stats_of(test).backing_bytes, 3 * RESERVE_BYTES);
	for (; n < NR_OBJECTS; n++) {
		objs[n] = kspan_alloc(heap, 4096, GFP_KERNEL);
		if (!objs[n])
			break;
	}
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_free_bytes, 0);
	KUNIT_EXPECT_EQ(test, n, 4 * RESERVE_BYTES / 4096);
	kspan_free_bulk(n, objs);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_free_bytes, RESERVE_BYTES);
	kspan_heap_drain(heap);
	kspan_heap_scavenge(heap, SIZE_MAX);
	expect_whole(test);
}

static void grows_and_shrinks(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *p;

	/* The limit includes it. */
	KUNIT_EXPECT_EQ(test, kspan_heap_set_reserve(heap, 2 * RESERVE_BYTES),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, 0), 0);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_reserve(heap, 2 * RESERVE_BYTES), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_free_bytes,
			2 * RESERVE_BYTES);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, 2 * RESERVE_BYTES), 0);
	/* Something is lent when it shrinks. */
	kspan_heap_scavenge(heap, SIZE_MAX);
	p = kspan_alloc(heap, 100000, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_LT(test, stats_of(test).reserve_free_bytes,
			2 * RESERVE_BYTES);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_reserve(heap, 0), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_bytes, 0);
	kit_expect_sound(test, heap);
	kspan_free(p);
	kspan_reserve_trim(&heap->storage.reserve);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_free_bytes, 0);
	kspan_heap_scavenge(heap, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, stats_of(test).backing_bytes, 0);
	kit_expect_empty(test, heap);
	/* None at all, and one again. */
	KUNIT_EXPECT_EQ(test, kspan_heap_set_reserve(heap, RESERVE_BYTES), 0);
	kspan_heap_scavenge(heap, SIZE_MAX);
	expect_whole(test);
}

static void must_be_had(struct kunit *test)
{
	struct kspan_heap_params params = { .min_reserve_bytes = 1UL << 40 };
	struct kspan_heap *heap;

	heap = kspan_heap_create("kunit-big", &params);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(heap), -ENOMEM);
	if (!IS_ERR(heap))
		kspan_heap_destroy(heap);
}

static void goes_with_the_heap(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);

	/* And what is lent of it. */
	KUNIT_EXPECT_NOT_NULL(test, kspan_alloc(heap, 100, GFP_KERNEL));
	KUNIT_EXPECT_NOT_NULL(test, kspan_alloc(heap, 100000, GFP_KERNEL));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_there_from_the_beginning),
	KUNIT_CASE(every_byte_can_be_used),
	KUNIT_CASE(the_writer_may_move),
	KUNIT_CASE(any_sizes),
	KUNIT_CASE(mistakes_are_refused),
	KUNIT_CASE(is_for_hard_times),
	KUNIT_CASE(grows_and_shrinks),
	KUNIT_CASE(must_be_had),
	KUNIT_CASE(goes_with_the_heap),
	{}
};

struct kunit_suite kit_reserve_suite = {
	.name = "kspan_reserve",
	.init = suite_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
