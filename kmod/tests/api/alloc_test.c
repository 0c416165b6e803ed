// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation: sizes, alignment, zeroing, flags, and limits.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

static const size_t edges[] = {
	32760, 32767, 32768, 32769, 40960, 40961, 65536, 100000, 131072,
	KSPAN_MAX_CONTIG_BYTES / 2, KSPAN_MAX_CONTIG_BYTES - 8192,
	KSPAN_MAX_CONTIG_BYTES - 1, KSPAN_MAX_CONTIG_BYTES,
	KSPAN_MAX_CONTIG_BYTES + 1, KSPAN_MAX_CONTIG_BYTES * 2,
	KSPAN_MAX_CONTIG_BYTES * 2 + 12345,
};

/* Usable and rounded size agree, and all of it can be written. */
static void expect_size(struct kunit *test, void *p, size_t size)
{
	size_t usable;

	KUNIT_ASSERT_NOT_NULL_MSG(test, p, "%zu bytes", size);
	usable = kspan_usable_size(p);
	KUNIT_EXPECT_GE(test, usable, size);
	KUNIT_EXPECT_EQ_MSG(test, usable, kspan_size_roundup(size),
			    "%zu bytes", size);
	memset(p, 0xff, usable);
	if (is_power_of_2(size))
		KUNIT_EXPECT_TRUE_MSG(test,
				      IS_ALIGNED((unsigned long)p,
						 min(size, KSPAN_MAX_CONTIG_BYTES)),
				      "%zu bytes", size);
	else if (size >= ARCH_KMALLOC_MINALIGN)
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)p,
						   ARCH_KMALLOC_MINALIGN));
}

static void every_size(struct kunit *test)
{
	size_t size;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, kspan_size_roundup(0), 0);
	for (size = 1; size <= KSPAN_MAX_CLASS_BYTES; size++) {
		void *p = kspan_alloc(kit_heap(test), size, GFP_KERNEL);

		expect_size(test, p, size);
		kspan_free(p);
	}
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		void *p = kspan_alloc(kit_heap(test), edges[i], GFP_KERNEL);

		expect_size(test, p, edges[i]);
		kspan_free(p);
	}
	kit_expect_empty(test, kit_heap(test));
}

static void nothing_and_too_much(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	size_t overflows = SIZE_MAX / 2 + 1;
	size_t zero = 0;

	OPTIMIZER_HIDE_VAR(overflows);
	OPTIMIZER_HIDE_VAR(zero);
	KUNIT_EXPECT_PTR_EQ(test, kspan_alloc(heap, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, kspan_alloc(heap, zero, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, kspan_zalloc(heap, zero, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, kspan_calloc(heap, zero, 8, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, kspan_alloc_node(heap, zero, GFP_KERNEL, 0),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, kspan_alloc_aligned(heap, zero, 64,
						      GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_NULL(test, kspan_calloc(heap, overflows, 2, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_alloc_array(heap, overflows, 8,
						  GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, overflows,
					    GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, overflows * 2 - 1,
					    GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, overflows * 2 - 4096,
					    GFP_KERNEL | __GFP_NOWARN));
	kit_expect_empty(test, heap);
}

/* Recycled memory, which is full of ones. */
static void zeroed(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct rnd_state rnd;
	unsigned int i;

	kit_seed(test, &rnd);
	for (i = 0; i < 3000; i++) {
		size_t size = i < 2900 ? 1 + kit_below(&rnd, 36000) :
			      edges[i % ARRAY_SIZE(edges)];
		void *p = kspan_alloc(heap, size, GFP_KERNEL);
		size_t usable;

		KUNIT_ASSERT_NOT_NULL(test, p);
		memset(p, 0xff, kspan_usable_size(p));
		kspan_free(p);
		p = i % 2 ? kspan_zalloc(heap, size, GFP_KERNEL) :
		    kspan_calloc(heap, 1, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		usable = kspan_usable_size(p);
		if (memchr_inv(p, 0, usable))
			KUNIT_FAIL_AND_ABORT(test, "%zu bytes", size);
		memset(p, 0xff, usable);
		kspan_free(p);
	}
	KUNIT_EXPECT_NULL(test, memchr_inv(kspan_zalloc(heap, 64, GFP_KERNEL),
					   0, 64));
}

static void aligned(struct kunit *test)
{
	size_t align;

	for (align = 1; align <= KSPAN_MAX_CONTIG_BYTES; align *= 2) {
		static const size_t sizes[] = {
			1, 7, 8, 24, 48, 100, 192, 500, 1408, 4096, 4864, 8192,
			9000, 12288, 16384, 20000, 32768, 32769, 65536, 200000,
		};
		unsigned int i;

		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			void *p = kspan_alloc_aligned(kit_heap(test), sizes[i],
						      align, GFP_KERNEL);

			KUNIT_ASSERT_NOT_NULL_MSG(test, p, "%zu bytes, align %zu",
						  sizes[i], align);
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)p,
							   align));
			KUNIT_EXPECT_GE(test, kspan_usable_size(p), sizes[i]);
			memset(p, 0xff, sizes[i]);
			kspan_free(p);
		}
		/* Pages above are the largest that have to be contiguous. */
		kspan_heap_scavenge(kit_heap(test), SIZE_MAX);
	}
	kit_reports_begin();
	KUNIT_EXPECT_NULL(test, kspan_alloc_aligned(kit_heap(test), 8, 3,
						    GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_alloc_aligned(kit_heap(test), 8, 0,
						    GFP_KERNEL));
	KUNIT_EXPECT_NULL(test,
			  kspan_alloc_aligned(kit_heap(test), 8,
					      KSPAN_MAX_CONTIG_BYTES * 2,
					      GFP_KERNEL));
	kit_reports_end();
	kit_expect_empty(test, kit_heap(test));
}

enum {
	LIMIT_BYTES	= 1 << 20,
	MOST_OBJECTS	= 2 * LIMIT_BYTES / 1024,
};

/* Fills a heap up to a limit; returns how many objects of 1024 bytes fit. */
static unsigned int fill_to_limit(struct kunit *test, void **objs)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int n;

	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, LIMIT_BYTES), 0);
	for (n = 0; n < MOST_OBJECTS; n++) {
		objs[n] = kspan_alloc(heap, 1024, GFP_KERNEL);
		if (!objs[n])
			break;
	}
	return n;
}

static void empty(struct kunit *test, void **objs, unsigned int n)
{
	while (n--)
		kspan_free(objs[n]);
	kit_expect_empty(test, kit_heap(test));
}

static void **limit_objs(struct kunit *test)
{
	void **objs = kunit_kcalloc(test, MOST_OBJECTS, sizeof(*objs),
				    GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, objs);
	return objs;
}

/* All of it can be used, but for what CPU caches hold, and no more. */
static void limit_is_the_most(struct kunit *test)
{
	void **objs = limit_objs(test);
	unsigned int n = fill_to_limit(test, objs);
	struct kspan_heap_stats stats;

	KUNIT_EXPECT_LE(test, n, LIMIT_BYTES / 1024);
	KUNIT_EXPECT_GE(test, n, LIMIT_BYTES / 1024 - 70);
	kspan_heap_stats(kit_heap(test), &stats);
	KUNIT_EXPECT_LE(test, stats.backing_bytes, LIMIT_BYTES);
	KUNIT_EXPECT_EQ(test, stats.limit_bytes, LIMIT_BYTES);
	empty(test, objs, n);
}

/* Each failure is counted once, whatever was asked for. */
static void limit_hits_are_counted(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void **objs = limit_objs(test);
	unsigned int n = fill_to_limit(test, objs);
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.limit_hits_total, 1);
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, 100000, GFP_KERNEL));
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.limit_hits_total, 2);
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, 5 << 20, GFP_KERNEL));
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.limit_hits_total, 3);
	kit_stats_add_up(test, &stats);
	empty(test, objs, n);
}

/* Who must not fail passes the limit, and is counted. */
static void nofail_passes_the_limit(struct kunit *test)
{
	static const size_t sizes[] = { 4096, 20000, 200000 };
	struct kspan_heap *heap = kit_heap(test);
	void **objs = limit_objs(test);
	unsigned int n = fill_to_limit(test, objs);
	struct kspan_heap_stats before;
	struct kspan_heap_stats after;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p;

		kspan_heap_stats(heap, &before);
		p = kspan_alloc(heap, sizes[i], GFP_KERNEL | __GFP_NOFAIL);
		KUNIT_EXPECT_NOT_NULL(test, p);
		kspan_heap_stats(heap, &after);
		if (after.backing_bytes > before.backing_bytes)
			KUNIT_EXPECT_GT(test, after.limit_hits_total,
					before.limit_hits_total);
		kspan_free(p);
	}
	kspan_heap_stats(heap, &after);
	KUNIT_EXPECT_GT(test, after.limit_hits_total, 1);
	kit_stats_add_up(test, &after);
	empty(test, objs, n);
}

static void limit_can_be_lifted(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void **objs = limit_objs(test);
	unsigned int n = fill_to_limit(test, objs);
	void *p;

	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, 0), 0);
	p = kspan_alloc(heap, 100000, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	kspan_free(p);
	empty(test, objs, n);
}

/* Empty spans of one class make room for another below the limit. */
static void limit_lets_classes_change(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int class;

	kspan_heap_set_limit(heap, 512 << 10);
	migrate_disable();
	for (class = 1; class < KSPAN_NR_STORES; class++) {
		void *p = kspan_alloc(heap, kspan_sizeclasses[class].size_bytes,
				      GFP_KERNEL);

		kspan_free(p);
		if (class % 4 == 0)
			kspan_heap_drain(heap);
		KUNIT_EXPECT_NOT_NULL_MSG(test, p, "class %u", class);
	}
	migrate_enable();
	kit_expect_empty(test, heap);
}

static void no_sleep(struct kunit *test)
{
	static const gfp_t flags[] = {
		GFP_ATOMIC, GFP_NOWAIT, GFP_ATOMIC | __GFP_ZERO,
		GFP_NOWAIT | __GFP_NOWARN,
	};
	struct kspan_heap *heap = kit_heap(test);
	unsigned long irqs;
	unsigned int i;
	size_t size;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		for (size = 8; size <= 128 << 10; size *= 2) {
			void *p;

			local_irq_save(irqs);
			p = kspan_alloc(heap, size, flags[i]);
			if (p)
				memset(p, 0xff, size);
			kspan_free(p);
			local_irq_restore(irqs);
			KUNIT_EXPECT_NOT_NULL_MSG(test, p, "%zu bytes", size);
		}
		/* vmalloc() might sleep: there is none. */
		KUNIT_EXPECT_NULL(test, kspan_alloc(heap, 5 << 20,
						    flags[i] | __GFP_NOWARN));
		KUNIT_EXPECT_NULL(test, kspan_kvmalloc(heap, 5 << 20,
						       flags[i] | __GFP_NOWARN));
		kspan_heap_drain(heap);
		kspan_heap_scavenge(heap, SIZE_MAX);
	}
	kit_expect_empty(test, heap);
}

/* Every way to ask, with an empty magazine and with a full one. */
static void *ask(struct kspan_heap *heap, unsigned int how, size_t size,
		 gfp_t gfp)
{
	void *p = NULL;

	switch (how) {
	case 0:
		return kspan_alloc(heap, size, gfp);
	case 1:
		return kspan_zalloc(heap, size, gfp);
	case 2:
		return kspan_alloc_node(heap, size, gfp, numa_mem_id());
	case 3:
		return kspan_alloc_aligned(heap, size, 64, gfp);
	case 4:
		return kspan_kvmalloc(heap, size, gfp);
	case 5:
		return kspan_realloc(heap, NULL, size, gfp);
	default:
		return kspan_alloc_bulk(heap, size, gfp, 1, &p) ? p : NULL;
	}
}

enum {
	NR_WAYS	= 7,
};

static const size_t sizes_of_all_kinds[] = {
	64, 6000, 32768, 100000, KSPAN_MAX_CONTIG_BYTES * 2,
};

static void zones_are_refused(struct kunit *test)
{
	static const gfp_t refused[] = {
		__GFP_DMA, __GFP_DMA32, __GFP_DMA | __GFP_NOFAIL,
	};
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i, k, how;

	kit_reports_begin();
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		for (k = 0; k < ARRAY_SIZE(sizes_of_all_kinds); k++) {
			size_t size = sizes_of_all_kinds[k];

			/* A hit would be there. */
			kspan_free(kspan_alloc(heap, size, GFP_KERNEL));
			for (how = 0; how < NR_WAYS; how++)
				KUNIT_EXPECT_NULL_MSG(test,
						      ask(heap, how, size,
							  GFP_KERNEL |
							  refused[i]),
						      "%zu bytes, way %u", size,
						      how);
		}
	}
	kit_reports_end();
	kit_expect_empty(test, heap);
}

static void other_zones_are_ignored(struct kunit *test)
{
	static const gfp_t ignored[] = {
		__GFP_HIGHMEM, __GFP_MOVABLE, __GFP_HIGHMEM | __GFP_MOVABLE,
	};
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i, k, how;

	kit_reports_begin();
	for (i = 0; i < ARRAY_SIZE(ignored); i++) {
		for (k = 0; k < ARRAY_SIZE(sizes_of_all_kinds); k++) {
			size_t size = sizes_of_all_kinds[k];

			for (how = 0; how < NR_WAYS; how++) {
				void *p = ask(heap, how, size, GFP_KERNEL |
					      ignored[i]);

				KUNIT_EXPECT_NOT_NULL_MSG(test, p,
							  "%zu bytes, way %u",
							  size, how);
				kspan_free(p);
			}
		}
	}
	kit_reports_end();
	kit_expect_empty(test, heap);
}

/* However many nodes there are. */
static void impossible_nodes_are_refused(struct kunit *test)
{
	static const int nodes[] = { MAX_NUMNODES + 13, 77777, -7, INT_MIN };
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i, k;

	kit_reports_begin();
	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		for (k = 0; k < ARRAY_SIZE(sizes_of_all_kinds); k++) {
			size_t size = sizes_of_all_kinds[k];

			KUNIT_EXPECT_NULL_MSG(test,
					      kspan_alloc_node(heap, size,
							       GFP_KERNEL,
							       nodes[i]),
					      "%zu bytes, node %d", size,
					      nodes[i]);
			KUNIT_EXPECT_NULL_MSG(test,
					      kspan_kvmalloc_node(heap, size,
								  GFP_KERNEL,
								  nodes[i]),
					      "%zu bytes, node %d", size,
					      nodes[i]);
		}
	}
	kit_reports_end();
	kit_expect_empty(test, heap);
}

static void by_node(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	int nid;

	for_each_online_node(nid) {
		void *p;

		if (!node_state(nid, N_MEMORY))
			continue;
		p = kspan_alloc_node(heap, 100, GFP_KERNEL | __GFP_THISNODE,
				     nid);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(p)), nid);
		kspan_free(p);
		p = kspan_alloc_node(heap, 50000, GFP_KERNEL | __GFP_THISNODE,
				     nid);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(p)), nid);
		kspan_free(p);
		p = kspan_alloc_node(heap, 100, GFP_KERNEL, NUMA_NO_NODE);
		KUNIT_EXPECT_NOT_NULL(test, p);
		kspan_free(p);
	}
	kit_expect_empty(test, heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_size),
	KUNIT_CASE(nothing_and_too_much),
	KUNIT_CASE(zeroed),
	KUNIT_CASE(aligned),
	KUNIT_CASE(limit_is_the_most),
	KUNIT_CASE(limit_hits_are_counted),
	KUNIT_CASE(nofail_passes_the_limit),
	KUNIT_CASE(limit_can_be_lifted),
	KUNIT_CASE(limit_lets_classes_change),
	KUNIT_CASE(no_sleep),
	KUNIT_CASE(zones_are_refused),
	KUNIT_CASE(other_zones_are_ignored),
	KUNIT_CASE(impossible_nodes_are_refused),
	KUNIT_CASE(by_node),
	{}
};

struct kunit_suite kit_alloc_suite = {
	.name = "kspan_alloc",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
