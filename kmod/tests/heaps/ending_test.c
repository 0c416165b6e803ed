// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a heap: what is told of live objects, and what is wiped.
 */
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/leftovers.h"

enum {
	NR_OBJECTS	= 256,
	PATTERN		= 0xa5,
};

static struct kspan_heap *heap_with(struct kunit *test, unsigned int flags)
{
	struct kspan_heap_params params = { .flags = flags };
	struct kspan_heap *heap = kspan_heap_create("kunit-end", &params);

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	return heap;
}

static void *object(struct kunit *test, struct kspan_heap *heap, size_t size)
{
	void *p = kspan_alloc(heap, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static void end(struct kspan_heap *heap)
{
	kit_reports_begin();
	kspan_heap_destroy(heap);
	kit_reports_end();
}

static void live_objects_are_told(struct kunit *test)
{
	unsigned long total = kspan_last_leftovers.total;
	struct kspan_heap *heap = heap_with(test, KSPAN_HEAP_WARN_LIVE);
	unsigned int i;

	for (i = 0; i < 3; i++)
		object(test, heap, 64);
	for (i = 0; i < 2; i++)
		object(test, heap, 1024);
	kspan_free(object(test, heap, 256));
	object(test, heap, SZ_64K);
	object(test, heap, SZ_4M + PAGE_SIZE);
	end(heap);
	KUNIT_EXPECT_EQ(test, kspan_last_leftovers.total, total + 1);
	KUNIT_EXPECT_EQ(test, kspan_last_leftovers.objects, 7);
	KUNIT_EXPECT_EQ(test, kspan_last_leftovers.bytes, 3 * 64 + 2 * 1024 +
			SZ_64K + SZ_4M + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kspan_last_leftovers.nlines, 3);
}

static void silence(struct kunit *test)
{
	unsigned long total = kspan_last_leftovers.total;
	struct kspan_heap *heap = heap_with(test, 0);

	object(test, heap, 64);
	kspan_heap_destroy(heap);
	/* What lies in caches is not live. */
	heap = heap_with(test, KSPAN_HEAP_WARN_LIVE);
	kspan_free(object(test, heap, 64));
	kspan_heap_destroy(heap);
	KUNIT_EXPECT_EQ(test, kspan_last_leftovers.total, total);
}

/* Whether words that we have written are there, whosever memory it is by now. */
static unsigned int nr_patterns(const void *p, size_t size_bytes)
{
	unsigned int n = 0;
	const u64 *word;

	for (word = p; (void *)word < p + size_bytes; word++) {
		u64 value;

		n += !copy_from_kernel_nofault(&value, word, sizeof(value)) &&
		     value == 0x0101010101010101ULL * PATTERN;
	}
	return n;
}

/* How much is left of objects that are live when their heap goes, or not. */
static unsigned int left_behind(struct kunit *test, unsigned int flags)
{
	static const size_t sizes[] = { 64, 1024, 9472, SZ_32K, SZ_64K };
	struct kspan_heap *heap = heap_with(test, flags);
	void **objs = kunit_kcalloc(test, NR_OBJECTS, sizeof(*objs),
				    GFP_KERNEL);
	unsigned int n = 0;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < NR_OBJECTS; i++) {
		size_t size = sizes[i % ARRAY_SIZE(sizes)];

		objs[i] = object(test, heap, size);
		memset(objs[i], PATTERN, size);
	}
	for (i = 0; i < NR_OBJECTS; i += 3)
		kspan_free(objs[i]);
	kspan_heap_destroy(heap);
	for (i = 0; i < NR_OBJECTS; i++)
		n += nr_patterns(objs[i], sizes[i % ARRAY_SIZE(sizes)]);
	return n;
}

/* What is left of a page that is given back to the kernel as it is. */
static unsigned int left_by_the_kernel(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page_address(page), PATTERN, PAGE_SIZE);
	__free_page(page);
	return nr_patterns(page_address(page), PAGE_SIZE);
}

static void wiped(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, left_behind(test, KSPAN_HEAP_ZERO_ON_DESTROY), 0);
	/* One would see it otherwise, where the kernel does not wipe all it frees. */
	if (left_by_the_kernel(test))
		KUNIT_EXPECT_GT(test, left_behind(test, 0), 0);
	else
		kunit_info(test, "the kernel wipes pages itself\n");
}

static void huge_is_wiped(struct kunit *test)
{
	struct kspan_heap *heap = heap_with(test, KSPAN_HEAP_ZERO_ON_DESTROY);
	size_t size = SZ_4M + SZ_64K;
	void *p = object(test, heap, size);
	struct page *pages[4];
	unsigned int n = 0;
	unsigned int i;

	memset(p, PATTERN, size);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = vmalloc_to_page(p + i * SZ_1M);
	kspan_heap_destroy(heap);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		n += nr_patterns(page_address(pages[i]), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, n, 0);
}

/* Dirties an object and gives it back; a zeroed one is on its pages then. */
static void expect_zeroed(struct kunit *test, struct kspan_heap *heap,
			  size_t size)
{
	void *dirty = kspan_alloc(heap, size, GFP_KERNEL | __GFP_NOWARN);
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, dirty);
	memset(dirty, PATTERN, size);
	kspan_free(dirty);
	p = kspan_zalloc(heap, size, GFP_KERNEL | __GFP_NOWARN);
	KUNIT_EXPECT_PTR_EQ(test, p, dirty);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL_MSG(test, memchr_inv(p, 0, size), "%zu bytes", size);
	kspan_free(p);
}

static void used_again_is_zeroed(struct kunit *test)
{
	struct kspan_heap *heap = heap_with(test, 0);

	migrate_disable();
	expect_zeroed(test, heap, SZ_64K);
	expect_zeroed(test, heap, SZ_1M);
	expect_zeroed(test, heap, 1024);
	migrate_enable();
	kspan_heap_destroy(heap);
}

static void lent_is_zeroed(struct kunit *test)
{
	struct kspan_heap_params params = {
		.limit_bytes		= SZ_1M,
		.min_reserve_bytes	= SZ_1M,
	};
	struct kspan_heap *heap = kspan_heap_create("kunit-lent", &params);

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	expect_zeroed(test, heap, SZ_64K);
	expect_zeroed(test, heap, SZ_256K);
	expect_zeroed(test, heap, 1024);
	kspan_heap_destroy(heap);
}

/* The kernel's pages are dirty, unless it cleans them itself. */
static void fresh_is_zeroed(struct kunit *test)
{
	struct kspan_heap *heap = heap_with(test, 0);
	struct page *pages[16];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 4);
		if (pages[i])
			memset(page_address(pages[i]), PATTERN, SZ_64K);
	}
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		if (pages[i])
			__free_pages(pages[i], 4);
	}
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		void *p = kspan_zalloc(heap, SZ_64K, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, SZ_64K));
	}
	kspan_heap_destroy(heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(live_objects_are_told),
	KUNIT_CASE(silence),
	KUNIT_CASE(wiped),
	KUNIT_CASE(huge_is_wiped),
	KUNIT_CASE(used_again_is_zeroed),
	KUNIT_CASE(lent_is_zeroed),
	KUNIT_CASE(fresh_is_zeroed),
	{}
};

struct kunit_suite kit_ending_suite = {
	.name = "kspan_ending",
	.test_cases = cases,
};
