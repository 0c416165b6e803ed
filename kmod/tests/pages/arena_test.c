// SPDX-License-Identifier: GPL-2.0
/*
 * Arenas: what any address leads to.
 */
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "heaps/heap.h"
#include "pages/arena.h"
#include "pages/backing.h"
#include "spans/span.h"
#include "tests/hammer.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NEIGHBOUR_BYTES	= 1 << 20,
	NR_NEIGHBOURS	= 16,
};

static void expect_nobody(struct kunit *test, const void *p)
{
	unsigned long addr = (unsigned long)p;
	struct kspan_object obj;

	rcu_read_lock();
	KUNIT_EXPECT_PTR_EQ_MSG(test, kspan_arena_row(addr),
				&kspan_row_foreign, "%lx", addr);
	KUNIT_EXPECT_NULL(test, kspan_span_at(addr));
	KUNIT_EXPECT_EQ(test, kspan_tag_heap_id(kspan_arena_tag(addr)), 0);
	rcu_read_unlock();
	KUNIT_EXPECT_FALSE(test, kspan_find_object(p, &obj));
	KUNIT_EXPECT_FALSE(test, kspan_owns(p));
}

static void foreign_addresses(struct kunit *test)
{
	static const unsigned long addrs[] = {
		0, 1, 16, PAGE_SIZE, 0x400000, 0x7fffffffe000, 0x7fffffffffff,
		0x800000000000, PAGE_OFFSET - 1, PAGE_OFFSET - KSPAN_CHUNK_BYTES,
		-4095UL, -1UL, (unsigned long)foreign_addresses,
	};
	unsigned long page = __get_free_page(GFP_KERNEL);
	void *slab = kmalloc(64, GFP_KERNEL);
	void *area = vmalloc(PAGE_SIZE);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addrs); i++)
		expect_nobody(test, (void *)addrs[i]);
	expect_nobody(test, &i);
	expect_nobody(test, (void *)page);
	expect_nobody(test, slab);
	expect_nobody(test, area);
	/* The ends of the direct map, as far as the map knows it. */
	expect_nobody(test, (void *)PAGE_OFFSET);
	expect_nobody(test, (void *)((kspan_map->first_chunk +
				      kspan_map->nr_chunks) <<
				     KSPAN_CHUNK_SHIFT) - 1);
	expect_nobody(test, (void *)((kspan_map->first_chunk +
				      kspan_map->nr_chunks) <<
				     KSPAN_CHUNK_SHIFT));
	vfree(area);
	kfree(slab);
	free_page(page);
}

/* Every page of the span of @p, and every object in it by several addresses. */
static void expect_span(struct kunit *test, void *p, size_t slot_bytes,
			unsigned int class)
{
	struct kspan_span *span;
	struct kspan_object obj;
	unsigned long end;
	unsigned long addr;
	unsigned int i;

	rcu_read_lock();
	span = kspan_span_at((unsigned long)p);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_NULL(test, span);
	end = span->addr + kspan_npages_bytes(span->npages);
	KUNIT_ASSERT_GE(test, (unsigned long)p, span->addr);
	for (addr = span->addr; addr < end; addr += KSPAN_PAGE_BYTES) {
		rcu_read_lock();
		KUNIT_EXPECT_PTR_EQ(test, kspan_span_at(addr), span);
		KUNIT_EXPECT_PTR_EQ(test,
				    kspan_span_at(addr +
						     KSPAN_PAGE_BYTES - 1),
				    span);
		KUNIT_EXPECT_PTR_NE(test, kspan_arena_row(addr),
				    &kspan_row_foreign);
		KUNIT_EXPECT_PTR_NE(test, kspan_arena_row(addr),
				    &kspan_row_free);
		rcu_read_unlock();
	}
	for (i = 0; i < span->nelems; i++) {
		const size_t offsets[] = { 0, 1, slot_bytes / 2, slot_bytes - 1 };
		void *slot = (void *)span->addr + i * slot_bytes;
		unsigned int j;

		for (j = 0; j < ARRAY_SIZE(offsets); j++) {
			KUNIT_ASSERT_TRUE(test,
					  kspan_find_object(slot + offsets[j],
							    &obj));
			KUNIT_ASSERT_PTR_EQ(test, obj.start, slot);
			KUNIT_ASSERT_EQ(test, obj.size_bytes, slot_bytes);
			KUNIT_ASSERT_EQ(test, obj.sizeclass, class);
			KUNIT_ASSERT_PTR_EQ(test, obj.heap, kit_heap(test));
			KUNIT_ASSERT_EQ(test, obj.live, slot == p);
		}
	}
	if (span->addr + span->nelems * slot_bytes < end)
		KUNIT_EXPECT_FALSE(test, kspan_find_object((void *)end - 1,
							   &obj));
}

static void every_page_of_spans(struct kunit *test)
{
	unsigned int class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		u32 size = kspan_sizeclasses[class].size_bytes;
		void *p = kspan_alloc(kit_heap(test), size, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		expect_span(test, p, size, class);
		kspan_free(p);
	}
}

static void every_page_of_large_objects(struct kunit *test)
{
	static const u32 npages[] = { 5, 6, 17, 64, 511, 512 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(npages); i++) {
		size_t size = kspan_npages_bytes(npages[i]);
		void *p = kspan_alloc(kit_heap(test), size, GFP_KERNEL);
		struct kspan_object obj;

		KUNIT_ASSERT_NOT_NULL(test, p);
		if (is_vmalloc_addr(p)) {
			kspan_free(p);
			kunit_skip(test, "no contiguous pages");
		}
		expect_span(test, p, size, KSPAN_LARGE_CLASS);
		kspan_free(p);
		KUNIT_EXPECT_FALSE(test, kspan_find_object(p, &obj));
	}
}

static void huge_objects(struct kunit *test)
{
	size_t size = KSPAN_MAX_CONTIG_BYTES + 3 * PAGE_SIZE;
	struct kspan_object obj;
	void *objs[4];
	unsigned int i;
	size_t offset;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kspan_alloc(kit_heap(test), size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		for (offset = 0; offset < size; offset += PAGE_SIZE / 2) {
			KUNIT_ASSERT_TRUE(test,
					  kspan_find_object(objs[i] + offset,
							    &obj));
			KUNIT_ASSERT_PTR_EQ(test, obj.start, objs[i]);
			KUNIT_ASSERT_EQ(test, obj.size_bytes, size);
			KUNIT_ASSERT_EQ(test, obj.sizeclass, 0);
			KUNIT_ASSERT_TRUE(test, obj.live);
		}
		KUNIT_EXPECT_FALSE(test, kspan_find_object(objs[i] + size,
							   &obj) &&
				   obj.start == objs[i]);
		KUNIT_EXPECT_FALSE(test, kspan_find_object(objs[i] - 1, &obj) &&
				   obj.start == objs[i]);
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		kspan_free(objs[i]);
		KUNIT_EXPECT_FALSE(test, kspan_find_object(objs[i], &obj));
	}
}

static u32 tag_heap_id(const void *p)
{
	u32 id;

	rcu_read_lock();
	id = kspan_tag_heap_id(kspan_arena_tag((unsigned long)p));
	rcu_read_unlock();
	return id;
}

static bool same_chunk(const void *p, const void *q)
{
	return !(((unsigned long)p ^ (unsigned long)q) >> KSPAN_CHUNK_SHIFT);
}

/*
 * Two heaps in one chunk, of which one goes: its pages bear its number while
 * the other keeps the chunk, and its neighbour does not notice.
 */
/**
 * struct neighbours - two heaps with pages in one chunk
 * @gone: the heap that goes
 * @id: its id
 * @ours: objects of the test's heap
 * @p: of these, one in a chunk with @q
 * @q: an object of @gone
 */
struct neighbours {
	struct kspan_heap	*gone;
	u32			id;
	void			*ours[NR_NEIGHBOURS];
	void			*p;
	void			*q;
};

static void neighbours_meet(struct kunit *test, struct neighbours *n)
{
	void *theirs[NR_NEIGHBOURS];
	unsigned int i;
	unsigned int j;

	memset(n, 0, sizeof(*n));
	n->gone = kspan_heap_create("kunit-gone", NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(n->gone));
	n->id = n->gone->storage.source.id;
	/* Four make a chunk. */
	for (i = 0; i < NR_NEIGHBOURS; i++) {
		n->ours[i] = kspan_alloc(kit_heap(test), NEIGHBOUR_BYTES,
					 GFP_KERNEL);
		theirs[i] = kspan_alloc(n->gone, NEIGHBOUR_BYTES, GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, n->ours[i]);
		kit_fill(n->ours[i], NEIGHBOUR_BYTES, i);
	}
	for (i = 0; i < NR_NEIGHBOURS; i++) {
		for (j = 0; j < NR_NEIGHBOURS; j++) {
			if (same_chunk(n->ours[i], theirs[j])) {
				n->p = n->ours[i];
				n->q = theirs[j];
			}
		}
	}
	if (!n->q)
		kspan_heap_destroy(n->gone);
	KUNIT_ASSERT_NOT_NULL(test, n->q);
}

static void neighbours_part(struct kunit *test, struct neighbours *n)
{
	unsigned int i;

	for (i = 0; i < NR_NEIGHBOURS; i++) {
		KUNIT_EXPECT_TRUE(test, kit_filled(n->ours[i], NEIGHBOUR_BYTES,
						   i));
		kspan_free(n->ours[i]);
	}
	kit_expect_empty(test, kit_heap(test));
}

/* Whose a page is does not follow from its chunk. */
static void heaps_share_a_chunk(struct kunit *test)
{
	struct kspan_object obj;
	struct neighbours n;

	neighbours_meet(test, &n);
	KUNIT_EXPECT_TRUE(test, kspan_find_object(n.q, &obj));
	KUNIT_EXPECT_PTR_EQ(test, obj.heap, n.gone);
	KUNIT_EXPECT_TRUE(test, kspan_find_object(n.p + NEIGHBOUR_BYTES / 2,
						  &obj));
	KUNIT_EXPECT_PTR_EQ(test, obj.start, n.p);
	KUNIT_EXPECT_PTR_EQ(test, obj.heap, kit_heap(test));
	kspan_heap_destroy(n.gone);
	neighbours_part(test, &n);
}

/* All pages of a span that goes, and not the first alone. */
static void no_page_of_a_span_stays(struct kunit *test)
{
	enum { NR_PAGES = 8 };
	struct kspan_heap *heap = kspan_heap_create("kspan-arena-span", NULL);
	unsigned long addr;
	unsigned int i;
	void *p;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	p = kspan_alloc(heap, NR_PAGES * KSPAN_PAGE_BYTES, GFP_KERNEL);
	addr = (unsigned long)p;
	KUNIT_EXPECT_NOT_NULL(test, p);
	kspan_free(p);
	for (i = 0; p && i < NR_PAGES; i++) {
		KUNIT_EXPECT_PTR_EQ(test,
				    kspan_arena_row(addr + i * KSPAN_PAGE_BYTES),
				    &kspan_row_free);
		KUNIT_EXPECT_NULL(test,
				  kspan_span_at(addr + i * KSPAN_PAGE_BYTES));
	}
	kspan_heap_destroy(heap);
}

static void freed_pages_stay_the_heaps(struct kunit *test)
{
	struct neighbours n;

	neighbours_meet(test, &n);
	kspan_free(n.q);
	KUNIT_EXPECT_EQ(test, tag_heap_id(n.q), n.id);
	KUNIT_EXPECT_PTR_EQ(test, kspan_arena_row((unsigned long)n.q),
			    &kspan_row_free);
	KUNIT_EXPECT_TRUE(test, kspan_owns(n.q));
	kspan_heap_destroy(n.gone);
	neighbours_part(test, &n);
}

/* A heap goes, and its neighbour's pages are what they were. */
static void pages_of_a_heap_that_goes(struct kunit *test)
{
	struct kspan_object obj;
	struct neighbours n;

	neighbours_meet(test, &n);
	kspan_heap_destroy(n.gone);
	KUNIT_EXPECT_EQ(test, tag_heap_id(n.q), n.id);
	KUNIT_EXPECT_PTR_EQ(test, kspan_arena_row((unsigned long)n.q),
			    &kspan_row_released);
	KUNIT_EXPECT_FALSE(test, kspan_owns(n.q));
	KUNIT_EXPECT_FALSE(test, kspan_find_object(n.q, &obj));
	KUNIT_EXPECT_TRUE(test, kspan_owns(n.p));
	KUNIT_EXPECT_TRUE(test, kspan_find_object(n.p + NEIGHBOUR_BYTES / 2,
						  &obj));
	KUNIT_EXPECT_PTR_EQ(test, obj.heap, kit_heap(test));
	neighbours_part(test, &n);
}

/* The last page of a chunk takes the chunk's leaf with it. */
static void leaf_goes_with_the_last_page(struct kunit *test)
{
	void *p = kspan_alloc(kit_heap(test), KSPAN_MAX_CONTIG_BYTES,
			      GFP_KERNEL);
	struct kspan_heap_stats stats;

	KUNIT_ASSERT_NOT_NULL(test, p);
	if (is_vmalloc_addr(p)) {
		kspan_free(p);
		kunit_skip(test, "no contiguous pages");
	}
	KUNIT_EXPECT_PTR_EQ(test, PTR_ALIGN(p, KSPAN_CHUNK_BYTES), p);
	kspan_free(p);
	KUNIT_EXPECT_EQ(test, kspan_heap_scavenge(kit_heap(test), SIZE_MAX),
			KSPAN_MAX_CONTIG_BYTES);
	expect_nobody(test, p);
	expect_nobody(test, p + KSPAN_CHUNK_BYTES - 1);
	kspan_heap_stats(kit_heap(test), &stats);
	KUNIT_EXPECT_EQ(test, stats.backing_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats.arenas, 0);
}

/* What is entered and goes while a longer map is filled is in that, too. */
static void the_map_grows_beside_work(struct kunit *test)
{
	struct kspan_heap *heap = kspan_heap_create("kunit-map", NULL);
	struct kit_hammer *hammer;
	void *before = test->priv;
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	test->priv = heap;
	hammer = kit_hammer_start(test);
	for (i = 0; i < 100; i++) {
		unsigned long end = (kspan_map->first_chunk +
				     kspan_map->nr_chunks + 1)
				    << KSPAN_CHUNK_SHIFT;

		KUNIT_EXPECT_EQ(test, kspan_map_extend(end), 0);
		KUNIT_EXPECT_PTR_EQ(test, kspan_arena_row(end - 1),
				    &kspan_row_foreign);
		KUNIT_EXPECT_EQ(test, kspan_arena_tag(end - 1),
				KSPAN_TAG_NOBODY);
	}
	kit_hammer_stop(test, hammer);
	kit_expect_empty(test, heap);
	kspan_heap_destroy(heap);
	test->priv = before;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(foreign_addresses),
	KUNIT_CASE(every_page_of_spans),
	KUNIT_CASE(every_page_of_large_objects),
	KUNIT_CASE(huge_objects),
	KUNIT_CASE(heaps_share_a_chunk),
	KUNIT_CASE(no_page_of_a_span_stays),
	KUNIT_CASE(freed_pages_stay_the_heaps),
	KUNIT_CASE(pages_of_a_heap_that_goes),
	KUNIT_CASE(leaf_goes_with_the_last_page),
	KUNIT_CASE(the_map_grows_beside_work),
	{}
};

struct kunit_suite kit_arena_suite = {
	.name = "kspan_arena",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
