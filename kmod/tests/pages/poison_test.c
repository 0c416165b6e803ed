// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that others have laid hands on: the kernel has found their memory to be
 * broken, or somebody has changed their reference counts.
 */
#include <linux/mm.h>
#include <linux/sizes.h>

#include "base/compat.h"
#include "heaps/heap.h"
#include "spans/stores.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_OBJECTS = 400,
};

#ifdef CONFIG_MEMORY_FAILURE
static unsigned long poisoned_pages(struct kspan_heap *heap)
{
	unsigned long npages = 0;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++)
		npages += heap->storage.source.nodes[nid].pages.poisoned_pages;
	return npages;
}

static bool on_page(const void *p, size_t size_bytes, const struct page *page)
{
	const void *bad = page_address(page);

	return p < bad + PAGE_SIZE && bad < p + size_bytes;
}

/* Takes much of the heap's memory, of which no object is to lie on the page. */
static void expect_avoided(struct kunit *test, struct kspan_heap *heap,
			   size_t size_bytes, const struct page *page)
{
	void **objs = kunit_kcalloc(test, NR_OBJECTS, sizeof(*objs),
				    GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < NR_OBJECTS; i++) {
		objs[i] = kspan_alloc(heap, size_bytes, GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, objs[i]);
		KUNIT_EXPECT_FALSE(test, on_page(objs[i], size_bytes, page));
	}
	KUNIT_EXPECT_EQ(test, poisoned_pages(heap), 1);
	kit_expect_sound(test, heap);
	for (i = 0; i < NR_OBJECTS; i++)
		kspan_free(objs[i]);
}

/* Is the page in a free block of the kernel? Nobody else is at it. */
static bool in_free_list(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned int order;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		struct page *head = pfn_to_page(round_down(pfn, 1UL << order));

		if (PageBuddy(head) && page_private(head) >= order)
			return true;
	}
	return false;
}

/*
 * What the kernel has got back is mended afterwards: such a page does not come
 * back from it either.
 */
static void mend(struct kunit *test, struct page *page)
{
	KUNIT_ASSERT_FALSE(test, in_free_list(page));
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 0);
	KUNIT_EXPECT_TRUE(test, PageHWPoison(page));
	ClearPageHWPoison(page);
	page_ref_inc(page);
	__free_page(page);
}

static void poisoned_in_use(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *small = kspan_alloc(heap, 512, GFP_KERNEL);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, small);
	page = virt_to_page(small);
	SetPageHWPoison(page);
	/* Its user has it as long as it wants. */
	KUNIT_EXPECT_EQ(test, poisoned_pages(heap), 0);
	kspan_free(small);
	kspan_heap_drain(heap);
	kspan_heap_scavenge(heap, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, poisoned_pages(heap), 1);
	expect_avoided(test, heap, 512, page);
	expect_avoided(test, heap, SZ_64K, page);
	kit_expect_empty(test, heap);
	/* All but the page goes back. */
	kspan_heap_scavenge(heap, SIZE_MAX);
	kit_expect_sound(test, heap);
	KUNIT_EXPECT_EQ(test, heap->storage.source.account.backing_bytes, KSPAN_PAGE_BYTES);
	kspan_heap_destroy(heap);
	test->priv = NULL;
	mend(test, page);
}

static void poisoned_pages_are_not_reclaimable(struct kunit *test)
{
	void *large = kspan_alloc(kit_heap(test), SZ_64K, GFP_KERNEL);
	struct page *page;
	long before;

	KUNIT_ASSERT_NOT_NULL(test, large);
	page = virt_to_page(large + SZ_32K);
	before = kit_reclaimable();
	SetPageHWPoison(page);
	kit_reports_begin();
	kspan_free(large);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kit_reclaimable() - before,
			(SZ_64K - KSPAN_PAGE_BYTES) >> PAGE_SHIFT);
	kspan_heap_destroy(kit_heap(test));
	test->priv = NULL;
	mend(test, page);
}

static void poisoned_while_free(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *large = kspan_alloc(heap, SZ_1M, GFP_KERNEL);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, large);
	page = virt_to_page(large + SZ_512K + PAGE_SIZE);
	kspan_free(large);
	SetPageHWPoison(page);
	expect_avoided(test, heap, SZ_64K, page);
	kspan_heap_destroy(heap);
	test->priv = NULL;
	mend(test, page);
}

/* Nobody has looked at the page since, and it goes to the kernel. */
static void poisoned_on_its_way(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *large = kspan_alloc(heap, SZ_2M, GFP_KERNEL);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, large);
	page = virt_to_page(large + SZ_1M);
	kspan_free(large);
	SetPageHWPoison(page);
	kspan_heap_scavenge(heap, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, heap->storage.source.account.backing_bytes, 0);
	KUNIT_EXPECT_EQ(test, poisoned_pages(heap), 0);
	kit_expect_sound(test, heap);
	mend(test, page);
}

/* Neither a wipe nor anything else writes to what the hardware has lost. */
static void poisoned_is_not_written(struct kunit *test)
{
	struct kspan_heap_params params = {
		.flags = KSPAN_HEAP_ZERO_ON_DESTROY,
	};
	struct kspan_heap *heap = kspan_heap_create("kunit-hw", &params);
	struct page *pages[3];
	void *objs[3];
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	/* A live object's page, one whose span has gone, and a large one's. */
	objs[0] = kspan_alloc(heap, 1024, GFP_KERNEL);
	objs[1] = kspan_alloc(heap, 512, GFP_KERNEL);
	objs[2] = kspan_alloc(heap, SZ_64K, GFP_KERNEL);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		pages[i] = virt_to_page(objs[i]);
	}
	kspan_free(objs[1]);
	kspan_heap_drain(heap);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		memset(page_address(pages[i]), 0xa5, PAGE_SIZE);
		SetPageHWPoison(pages[i]);
	}
	kspan_stores_trim(&heap->storage);
	kspan_heap_destroy(heap);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		KUNIT_EXPECT_NULL_MSG(test,
				      memchr_inv(page_address(pages[i]), 0xa5,
						 PAGE_SIZE), "page %u", i);
		mend(test, pages[i]);
	}
}
#endif

/* As a stray kfree() does, on a kernel that does not check. */
static void strays(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	u8 *large = kspan_alloc(heap, SZ_64K, GFP_KERNEL);
	struct page *page;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, large);
	page = virt_to_page(large);
	for (i = 0; i < SZ_64K / PAGE_SIZE; i++)
		KUNIT_EXPECT_EQ(test, page_ref_count(page + i), 0);
	page_ref_dec(page);
	page_ref_dec(page);
	page_ref_dec(page + 3);
	kit_fill(large, SZ_64K, 1);
	KUNIT_EXPECT_TRUE(test, kit_filled(large, SZ_64K, 1));
	kit_reports_begin();
	kspan_free(large);
	kit_reports_end();
	kit_expect_empty(test, heap);
	kspan_heap_scavenge(heap, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, heap->storage.source.account.backing_bytes, 0);
}

/* It is told whose the page was, while that is known. */
static void strays_are_named(struct kunit *test)
{
	static const size_t sizes[] = { 64, 9472, SZ_64K };
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long total = kspan_last_report.total;
		void *p = kspan_alloc(heap, sizes[i], GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		page_ref_dec(virt_to_page(p));
		kit_reports_begin();
		kspan_free(p);
		kspan_heap_drain(heap);
		kspan_stores_trim(&heap->storage);
		kit_reports_end();
		KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 1);
		KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake,
				(int)KSPAN_MISTAKE_STRAY_FREE);
		KUNIT_EXPECT_STREQ(test, kspan_last_report.heap_name, "kunit");
		KUNIT_EXPECT_EQ(test, kspan_last_report.class,
				sizes[i] > KSPAN_MAX_CLASS_BYTES ? 0 :
				kspan_sizeclass(sizes[i]));
		KUNIT_EXPECT_EQ(test, page_ref_count(virt_to_page(p)), 0);
	}
}

static void poison_exit(struct kunit *test)
{
	kspan_heap_destroy(kit_heap(test));
}

static struct kunit_case cases[] = {
#ifdef CONFIG_MEMORY_FAILURE
	KUNIT_CASE(poisoned_in_use),
	KUNIT_CASE(poisoned_pages_are_not_reclaimable),
	KUNIT_CASE(poisoned_while_free),
	KUNIT_CASE(poisoned_on_its_way),
	KUNIT_CASE(poisoned_is_not_written),
#endif
	KUNIT_CASE(strays),
	KUNIT_CASE(strays_are_named),
	{}
};

struct kunit_suite kit_poison_suite = {
	.name = "kspan_poison",
	.init = kit_heap_init,
	.exit = poison_exit,
	.test_cases = cases,
};
