// SPDX-License-Identifier: GPL-2.0
/*
 * Stale slots: an object was freed twice, one of the two went back to its span,
 * and the other is still in a cache when the page is somebody else's, or
 * nobody's.
 */
#include "heaps/heap.h"
#include "spans/central.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	SIZE_BYTES	= 64,
	OTHER_BYTES	= 128,
	TAIL_SIZE_BYTES	= 48,
};

static struct kspan_store *store_of(struct kunit *test, size_t size)
{
	return &kit_heap(test)->storage.stores[kspan_sizeclass(size)];
}

static void *object(struct kunit *test, size_t size)
{
	void *p = kspan_alloc(kit_heap(test), size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

/* What a free does that cannot use the magazine, as in an interrupt. */
static void put_directly(struct kspan_store *store, void *slot)
{
	kspan_central_put(store, &slot, 1, KSPAN_BATCH_DIRECT);
}

static void trim(struct kspan_store *store)
{
	int nid;

	for_each_online_node(nid)
		kspan_central_trim(store, nid);
}

/* An object that starts where none of twice its size does. */
static u64 *odd_object(struct kunit *test)
{
	void *p = object(test, SIZE_BYTES);
	void *q = object(test, SIZE_BYTES);

	if ((unsigned long)p % OTHER_BYTES == 0)
		swap(p, q);
	kspan_free(q);
	kspan_heap_drain(kit_heap(test));
	KUNIT_ASSERT_EQ(test, (unsigned long)p % OTHER_BYTES, SIZE_BYTES);
	return p;
}

/*
 * Frees @p to the magazine and past it, so that its page goes and the slot stays
 * in the magazine. The caller does not migrate.
 */
static void free_twice(struct kunit *test, u64 *p)
{
	struct kspan_store *store = store_of(test, SIZE_BYTES);

	kspan_free(p);
	put_directly(store, p);
	trim(store);
	KUNIT_EXPECT_NULL(test, kspan_span_at((unsigned long)p));
}

static void expect_last(struct kunit *test, unsigned long total,
			enum kspan_mistake mistake, const void *p)
{
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);
	KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake, (int)mistake);
	KUNIT_EXPECT_EQ(test, kspan_last_report.addr, (unsigned long)p);
}

static void page_is_free(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	u64 *p = odd_object(test);
	void *q;

	migrate_disable();
	free_twice(test, p);
	WRITE_ONCE(*p, 0);
	kit_reports_begin();
	q = kspan_alloc(kit_heap(test), SIZE_BYTES, GFP_KERNEL);
	kit_reports_end();
	migrate_enable();
	KUNIT_EXPECT_NOT_NULL(test, q);
	expect_last(test, total + 1, KSPAN_MISTAKE_LATE_DOUBLE_FREE, p);
	kspan_free(q);
	kit_expect_empty(test, kit_heap(test));
}

/* A batch with a slot of another store, whose object stays as it is. */
static void slot_is_another_stores(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	u64 *p = object(test, OTHER_BYTES);
	struct kspan_object found;

	kit_fill(p, OTHER_BYTES, 1);
	kit_reports_begin();
	put_directly(store_of(test, SIZE_BYTES), p);
	kit_reports_end();
	expect_last(test, total + 1, KSPAN_MISTAKE_LATE_DOUBLE_FREE, p);
	KUNIT_EXPECT_TRUE(test, kspan_find_object(p, &found) && found.live);
	KUNIT_EXPECT_TRUE(test, kit_filled(p, OTHER_BYTES, 1));
	kspan_free(p);
	kit_expect_empty(test, kit_heap(test));
}

static void page_is_another_stores(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	struct kspan_store *other = store_of(test, OTHER_BYTES);
	struct kspan_central_counts counts;
	u64 *p = odd_object(test);
	struct kspan_span *span;
	void *q[2];

	migrate_disable();
	free_twice(test, p);
	q[0] = kspan_alloc(kit_heap(test), OTHER_BYTES, GFP_KERNEL);
	span = kspan_span_at((unsigned long)p);
	KUNIT_EXPECT_NOT_NULL(test, span);
	KUNIT_EXPECT_PTR_EQ(test, span ? kspan_span_store(span) : NULL, other);
	WRITE_ONCE(*p, 0);
	kit_reports_begin();
	q[1] = kspan_alloc(kit_heap(test), SIZE_BYTES, GFP_KERNEL);
	kit_reports_end();
	migrate_enable();
	expect_last(test, total + 1, KSPAN_MISTAKE_LATE_DOUBLE_FREE, p);
	kspan_central_read(&other->central[span->central->nid], &counts);
	KUNIT_EXPECT_EQ(test, counts.dropped, 0);
	kspan_free_bulk(ARRAY_SIZE(q), q);
	kit_expect_empty(test, kit_heap(test));
}

/* What is flushed is no slot any more, as the page was cut anew. */
static void slot_is_no_start(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	void *p = object(test, SIZE_BYTES);
	struct kspan_object obj;

	kit_reports_begin();
	put_directly(store_of(test, SIZE_BYTES), p + 8);
	kit_reports_end();
	expect_last(test, total + 1, KSPAN_MISTAKE_LATE_DOUBLE_FREE, p + 8);
	KUNIT_EXPECT_TRUE(test, kspan_find_object(p, &obj));
	KUNIT_EXPECT_TRUE(test, obj.live);
	kspan_free(p);
	kit_expect_empty(test, kit_heap(test));
}

static void slot_is_the_tail(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	void *p = object(test, TAIL_SIZE_BYTES);
	struct kspan_span *span = kspan_span_at((unsigned long)p);
	void *tail = (void *)span->addr + span->nelems * TAIL_SIZE_BYTES;

	KUNIT_ASSERT_PTR_EQ(test, kspan_span_at((unsigned long)tail), span);
	kit_reports_begin();
	put_directly(store_of(test, TAIL_SIZE_BYTES), tail);
	kit_reports_end();
	expect_last(test, total + 1, KSPAN_MISTAKE_LATE_DOUBLE_FREE, tail);
	KUNIT_EXPECT_TRUE(test, kspan_span_identity_holds(span));
	kspan_free(p);
	kit_expect_empty(test, kit_heap(test));
}

static void slot_is_of_no_heap(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	unsigned long page = __get_free_page(GFP_KERNEL);

	KUNIT_ASSERT_NE(test, page, 0UL);
	kit_reports_begin();
	put_directly(store_of(test, SIZE_BYTES), (void *)page);
	kspan_central_drop(store_of(test, SIZE_BYTES), (void *)page,
			   KSPAN_BATCH_DIRECT);
	kit_reports_end();
	expect_last(test, total + 2, KSPAN_MISTAKE_LATE_DOUBLE_FREE,
		    (void *)page);
	free_page(page);
	kit_expect_empty(test, kit_heap(test));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(page_is_free),
	KUNIT_CASE(slot_is_another_stores),
	KUNIT_CASE(page_is_another_stores),
	KUNIT_CASE(slot_is_no_start),
	KUNIT_CASE(slot_is_the_tail),
	KUNIT_CASE(slot_is_of_no_heap),
	{}
};

struct kunit_suite kit_stale_suite = {
	.name = "kspan_stale",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
