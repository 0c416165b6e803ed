// SPDX-License-Identifier: GPL-2.0
/*
 * Verify sees what is wrong: each counter that it knows is changed, found to be
 * bad, and set right again.
 */
#include <linux/cpumask.h>
#include <linux/sizes.h>

#include "base/mark.h"
#include "caches/magazine.h"
#include "giveback/scavenge.h"
#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/verify.h"

enum {
	SIZE		= 112,
	NR_OBJECTS	= 200,
	RESERVE_BYTES	= SZ_1M,
};

static struct kspan_store *store_of(struct kunit *test)
{
	return &kit_heap(test)->storage.stores[kspan_sizeclass(SIZE)];
}

static struct kspan_central *central_of(struct kunit *test, void *p)
{
	return kspan_span_at((unsigned long)p)->central;
}

/* Nobody gives anything back meanwhile. */
static int suite_init(struct kunit *test)
{
	struct kspan_heap_params params = {
		.min_reserve_bytes = RESERVE_BYTES,
	};
	struct kspan_heap *heap = kspan_heap_create("kunit", &params);

	if (IS_ERR(heap))
		return PTR_ERR(heap);
	test->priv = heap;
	kspan_scavenger_background = false;
	return 0;
}

static void suite_exit(struct kunit *test)
{
	kspan_scavenger_background = true;
	kit_heap_exit(test);
}

/* Something of each kind, which leaves with the heap; returns a small object. */
static void *populate(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *kept = NULL;
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++) {
		void *p = kspan_alloc(heap, SIZE, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		if (i == NR_OBJECTS / 2)
			kept = p;
	}
	KUNIT_ASSERT_NOT_NULL(test, kspan_alloc(heap, SZ_64K, GFP_KERNEL));
	kspan_free(kspan_alloc(heap, SZ_64K, GFP_KERNEL));
	KUNIT_ASSERT_NOT_NULL(test, kspan_alloc(heap, SZ_8M, GFP_KERNEL));
	kspan_heap_drain(heap);
	KUNIT_ASSERT_EQ(test, kit_verify(test, heap), 0);
	return kept;
}

static void expect_bad(struct kunit *test, const char *what)
{
	KUNIT_EXPECT_GT_MSG(test, kspan_verify(kit_heap(test), NULL), 0,
			    "%s", what);
}

/* Changes something for as long as it takes to see that it is bad. */
#define EXPECT_BAD(test, what)						\
do {									\
	typeof(what) *__what = &(what);					\
	typeof(what) __before = *__what;				\
									\
	*__what = __before + 1;						\
	expect_bad(test, #what);					\
	*__what = __before;						\
} while (0)

#define EXPECT_BAD_ATOMIC64(test, what)					\
do {									\
	atomic64_t *__what = &(what);					\
									\
	atomic64_inc(__what);						\
	expect_bad(test, #what);					\
	atomic64_dec(__what);						\
} while (0)

static void counts_of_central_lists(struct kunit *test)
{
	void *p = populate(test);
	struct kspan_central *central = central_of(test, p);
	struct kspan_central *large =
		&kit_heap(test)->storage.stores[KSPAN_LARGE_CLASS].central[central->nid];

	EXPECT_BAD(test, central->counts.spans);
	EXPECT_BAD(test, central->counts.pages);
	EXPECT_BAD(test, central->counts.slots);
	EXPECT_BAD(test, central->counts.out);
	EXPECT_BAD(test, central->counts.direct_allocs);
	EXPECT_BAD(test, central->counts.direct_frees);
	EXPECT_BAD(test, central->counts.dropped);
	EXPECT_BAD(test, central->buckets.nr_empty);
	EXPECT_BAD(test, large->counts.spans);
	EXPECT_BAD(test, large->counts.pages);
	EXPECT_BAD(test, large->counts.slots);
	EXPECT_BAD(test, large->counts.out);
	EXPECT_BAD(test, large->counts.direct_allocs);
	KUNIT_EXPECT_EQ(test, kit_verify(test, kit_heap(test)), 0);
}

static void counts_of_page_heaps(struct kunit *test)
{
	void *p = populate(test);
	int nid = central_of(test, p)->nid;
	struct kspan_pageheap *ph =
		&kit_heap(test)->storage.source.nodes[nid].pages;
	struct kspan_chunk *chunk = kspan_chunk_find(&ph->chunks,
						     (unsigned long)p);

	KUNIT_ASSERT_NOT_NULL(test, chunk);
	EXPECT_BAD(test, ph->owned_pages);
	EXPECT_BAD(test, ph->free_pages);
	EXPECT_BAD(test, ph->poisoned_pages);
	EXPECT_BAD(test, ph->fresh_pages);
	EXPECT_BAD(test, ph->young_pages);
	EXPECT_BAD(test, ph->chunks.nr_chunks);
	EXPECT_BAD(test, ph->chunks.nr_arenas);
	EXPECT_BAD(test, chunk->sum.longest);
	EXPECT_BAD(test, chunk->sum.order);
	KUNIT_EXPECT_EQ(test, kit_verify(test, kit_heap(test)), 0);
}

static void counts_of_heaps(struct kunit *test)
{
	struct kspan_storage *storage = &kit_heap(test)->storage;

	populate(test);
	EXPECT_BAD(test, storage->source.account.backing_bytes);
	EXPECT_BAD(test, storage->reserve.idle_pages);
	EXPECT_BAD_ATOMIC64(test, storage->huge.live);
	EXPECT_BAD_ATOMIC64(test, storage->huge.bytes);
	EXPECT_BAD_ATOMIC64(test, storage->huge.held_bytes);
	EXPECT_BAD_ATOMIC64(test, storage->huge.allocs);
	EXPECT_BAD_ATOMIC64(test, storage->huge.frees);
	KUNIT_EXPECT_EQ(test, kit_verify(test, kit_heap(test)), 0);
}

static void counts_of_magazines(struct kunit *test)
{
	struct kspan_mag *mag;

	populate(test);
	mag = per_cpu_ptr(store_of(test)->mag, cpumask_first(cpu_online_mask));
	/* The heap is at rest, so nobody else writes there. */
	EXPECT_BAD(test, mag->net_in);
	KUNIT_EXPECT_EQ(test, kit_verify(test, kit_heap(test)), 0);
}

static void state_of_spans(struct kunit *test)
{
	void *p = populate(test);
	struct kspan_span *span = kspan_span_at((unsigned long)p);
	unsigned int free_index = span->free_index;

	EXPECT_BAD(test, span->bucket);
	EXPECT_BAD(test, span->relink_at);
	EXPECT_BAD(test, span->alloc_count);
	change_bit(1, span->alloc_bits);
	expect_bad(test, "a bit of a span");
	change_bit(1, span->alloc_bits);
	/* Where nothing but the identity looks. */
	span->free_index = span->nelems;
	expect_bad(test, "where a span looks for a slot");
	span->free_index = free_index;
	KUNIT_EXPECT_EQ(test, kit_verify(test, kit_heap(test)), 0);
}

/* With any number of free slots a span is where it should be. */
static void spans_move_from_bucket_to_bucket(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *first = kspan_alloc(heap, SIZE, GFP_KERNEL);
	unsigned int nelems;
	unsigned int i;
	void **objs;

	KUNIT_ASSERT_NOT_NULL(test, first);
	nelems = kspan_span_at((unsigned long)first)->nelems;
	objs = kunit_kcalloc(test, nelems, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	objs[0] = first;
	for (i = 1; i < nelems; i++)
		objs[i] = kspan_alloc(heap, SIZE, GFP_KERNEL);
	for (i = 0; i < nelems; i++) {
		kspan_free(objs[i]);
		kspan_heap_drain(heap);
		KUNIT_EXPECT_EQ(test, kit_verify(test, heap), 0);
	}
}

/* A free slot of a span that somebody has written to. */
static void marks_of_slots(struct kunit *test)
{
	void *p = populate(test);
	struct kspan_span *span = kspan_span_at((unsigned long)p);
	u32 size = kspan_span_store(span)->sc->size_bytes;
	unsigned int free;
	u64 *slot;
	u64 mark;

	kspan_free(p);
	kspan_heap_drain(kit_heap(test));
	free = find_first_zero_bit(span->alloc_bits, span->nelems);
	KUNIT_ASSERT_LT(test, free, span->nelems);
	slot = (u64 *)(span->addr + free * size);
	mark = *slot;
	*slot = 0;
	expect_bad(test, "the mark of a free slot");
	*slot = mark;
	KUNIT_EXPECT_EQ(test, kit_verify(test, kit_heap(test)), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(counts_of_central_lists),
	KUNIT_CASE(counts_of_page_heaps),
	KUNIT_CASE(counts_of_heaps),
	KUNIT_CASE(counts_of_magazines),
	KUNIT_CASE(state_of_spans),
	KUNIT_CASE(spans_move_from_bucket_to_bucket),
	KUNIT_CASE(marks_of_slots),
	{}
};

struct kunit_suite kit_verify_suite = {
	.name = "kspan_verify",
	.init = suite_init,
	.exit = suite_exit,
	.test_cases = cases,
};
