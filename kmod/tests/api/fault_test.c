// SPDX-License-Identifier: GPL-2.0
/*
 * No memory, at each place where it is asked for in turn: the caller is told so,
 * nothing leaks, nothing breaks, and afterwards all is well.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "base/fault.h"
#include "heaps/heap.h"
#include "tests/hammer.h"
#include "tests/suites.h"

enum {
	NR_OBJECTS	= 192,
	NR_BULK		= 40,
	NR_BLOCKS	= 16,
	THIRD_TIME	= 3,
	HAMMER_MS	= 150,
	WORKER_MS	= 20,
	WORKER_WAITS	= 50,
};

/**
 * struct object - one allocation, if it was not refused
 * @p: the object, or NULL
 * @size_bytes: as asked for
 */
struct object {
	void	*p;
	size_t	size_bytes;
};

static const int states[] = {
	KSPAN_FAULT_ONCE, KSPAN_FAULT_ALWAYS, THIRD_TIME,
};

static const enum kspan_fault_site growth_sites[] = {
	KSPAN_FAULT_BLOCK, KSPAN_FAULT_CHUNK, KSPAN_FAULT_LEAF,
	KSPAN_FAULT_LEAF_TABLE, KSPAN_FAULT_SPAN, KSPAN_FAULT_LARGE_SPAN,
	KSPAN_FAULT_ARRAY, KSPAN_FAULT_HUGE, KSPAN_FAULT_HUGE_AREA,
};

static const enum kspan_fault_site heap_sites[] = {
	KSPAN_FAULT_HEAP, KSPAN_FAULT_HEAP_CPUS, KSPAN_FAULT_HEAP_NODES,
	KSPAN_FAULT_HEAP_CENTRAL, KSPAN_FAULT_HEAP_ROWS, KSPAN_FAULT_HEAP_ID,
};

static size_t size_of(unsigned int i)
{
	static const size_t beyond_classes[] = {
		SZ_32K + 1, SZ_128K, SZ_1M, SZ_4M, SZ_4M + 1,
	};
	unsigned int n = ARRAY_SIZE(beyond_classes);

	return i % 16 ? kspan_sizeclasses[1 + i % KSPAN_NR_CLASSES].size_bytes
		      : beyond_classes[i / 16 % n];
}

static size_t filled_bytes(size_t size_bytes)
{
	return min_t(size_t, size_bytes, 512);
}

static void allocate(struct kspan_heap *heap, struct object *objects)
{
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++) {
		struct object *object = &objects[i];
		gfp_t gfp = i % 3 && i % 16 ? GFP_ATOMIC : GFP_KERNEL;

		object->size_bytes = size_of(i);
		object->p = kspan_alloc(heap, object->size_bytes,
					gfp | __GFP_NOWARN);
		if (object->p)
			kit_fill(object->p, filled_bytes(object->size_bytes),
				 i);
	}
}

/* An object that does not grow is what it was. */
static void reallocate(struct kunit *test, struct kspan_heap *heap,
		       struct object *objects)
{
	unsigned int i;

	for (i = 1; i < NR_OBJECTS; i += 7) {
		struct object *object = &objects[i];
		void *p;

		if (!object->p)
			continue;
		p = kspan_realloc(heap, object->p, 2 * object->size_bytes,
				  GFP_KERNEL | __GFP_NOWARN);
		if (p) {
			object->p = p;
			object->size_bytes *= 2;
		}
		KUNIT_EXPECT_TRUE(test, kit_filled(object->p,
						   filled_bytes(size_of(i)),
						   i));
	}
}

static unsigned int release(struct kunit *test, struct object *objects)
{
	unsigned int nlive = 0;
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++) {
		if (!objects[i].p)
			continue;
		nlive++;
		KUNIT_EXPECT_TRUE(test, kit_filled(objects[i].p,
						   filled_bytes(size_of(i)),
						   i));
		kspan_free(objects[i].p);
		objects[i].p = NULL;
	}
	return nlive;
}

static void in_bulk(struct kspan_heap *heap)
{
	void *objs[NR_BULK];
	unsigned int nobjs = kspan_alloc_bulk(heap, 3000,
					      GFP_KERNEL | __GFP_NOWARN,
					      NR_BULK, objs);

	kspan_free_bulk(nobjs, objs);
}

/* There is memory for whoever must not be refused. */
static void insist(struct kunit *test, struct kspan_heap *heap)
{
	static const size_t sizes[] = { 8, 1024, SZ_8K, SZ_32K, SZ_64K };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p = kspan_alloc(heap, sizes[i],
				      GFP_KERNEL | __GFP_NOFAIL);

		KUNIT_EXPECT_NOT_NULL(test, p);
		kspan_free(p);
	}
}

/* Nothing of all that has been in the heap is left. */
static void expect_as_new(struct kunit *test, struct kspan_heap *heap,
			  u64 metadata_bytes)
{
	struct kspan_heap_stats stats;
	unsigned int waits = 0;

	kit_expect_empty(test, heap);
	kspan_heap_scavenge(heap, SIZE_MAX);
	/* Objects in vmalloc memory are freed by a worker. */
	do {
		msleep(WORKER_MS);
		kspan_heap_stats(heap, &stats);
	} while (stats.backing_bytes && waits++ < WORKER_WAITS);
	KUNIT_EXPECT_EQ(test, stats.backing_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats.metadata_bytes, metadata_bytes);
	kit_expect_sound(test, heap);
}

static void try_growth(struct kunit *test, struct kspan_heap *heap,
		       struct object *objects, enum kspan_fault_site site,
		       int every)
{
	struct kspan_heap_stats stats;
	unsigned int nlive;
	u64 metadata_bytes;
	u64 nfailed;

	kspan_heap_stats(heap, &stats);
	metadata_bytes = stats.metadata_bytes;
	kspan_fault_set(site, every);
	allocate(heap, objects);
	reallocate(test, heap, objects);
	in_bulk(heap);
	insist(test, heap);
	nfailed = kspan_fault_failed(site);
	kspan_fault_set(site, KSPAN_FAULT_OFF);
	if (every == KSPAN_FAULT_ONCE)
		KUNIT_EXPECT_EQ_MSG(test, nfailed, 1, "site %d", site);
	else
		KUNIT_EXPECT_GT_MSG(test, nfailed, 0, "site %d", site);
	kit_expect_sound(test, heap);
	nlive = release(test, objects);
	/* Magazines work without arrays, only not as well. */
	if (site == KSPAN_FAULT_ARRAY)
		KUNIT_EXPECT_EQ(test, nlive, NR_OBJECTS);

	allocate(heap, objects);
	KUNIT_EXPECT_EQ_MSG(test, release(test, objects), NR_OBJECTS,
			    "after site %d", site);
	expect_as_new(test, heap, metadata_bytes);
}

static void each_growth_fails(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct object *objects;
	unsigned int i;
	unsigned int j;

	objects = kunit_kcalloc(test, NR_OBJECTS, sizeof(*objects),
				GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objects);
	for (i = 0; i < ARRAY_SIZE(growth_sites); i++) {
		for (j = 0; j < ARRAY_SIZE(states); j++)
			try_growth(test, heap, objects, growth_sites[i],
				   states[j]);
	}
}

/* Without any page there is NULL, in every context, and no heap has one. */
static unsigned long free_kernel_bytes(void)
{
	struct sysinfo info;

	si_meminfo(&info);
	return info.freeram * PAGE_SIZE;
}

/* A block that was had, and for which there is no chunk then, goes back. */
static void a_block_without_a_chunk_goes_back(struct kunit *test)
{
	unsigned long before;
	unsigned int i;

	kspan_heap_scavenge(kit_heap(test), SIZE_MAX);
	before = free_kernel_bytes();
	kspan_fault_set(KSPAN_FAULT_CHUNK, KSPAN_FAULT_ALWAYS);
	for (i = 0; i < NR_BLOCKS; i++)
		KUNIT_EXPECT_NULL(test, kspan_alloc(kit_heap(test), SZ_2M,
						    GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_GE(test, kspan_fault_failed(KSPAN_FAULT_CHUNK), NR_BLOCKS);
	kspan_fault_set(KSPAN_NR_FAULTS, KSPAN_FAULT_OFF);
	/* As much as a leak of all of them would be is far more than noise. */
	KUNIT_EXPECT_LT(test, before,
			free_kernel_bytes() + NR_BLOCKS / 2 * SZ_2M);
	kit_expect_empty(test, kit_heap(test));
}

static void no_pages_at_all(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int class;

	kspan_fault_set(KSPAN_FAULT_BLOCK, KSPAN_FAULT_ALWAYS);
	kspan_fault_set(KSPAN_FAULT_HUGE_AREA, KSPAN_FAULT_ALWAYS);
	for (class = 1; class < KSPAN_NR_STORES; class++) {
		size_t size_bytes = kspan_sizeclasses[class].size_bytes;

		KUNIT_EXPECT_NULL(test, kspan_alloc(heap, size_bytes,
						    GFP_KERNEL |
						    __GFP_NOWARN));
		KUNIT_EXPECT_NULL(test, kspan_alloc(heap, size_bytes,
						    GFP_ATOMIC |
						    __GFP_NOWARN));
	}
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, SZ_64K, GFP_ATOMIC));
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, SZ_64K, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, SZ_8M, GFP_KERNEL));
	kspan_fault_set(KSPAN_NR_FAULTS, KSPAN_FAULT_OFF);
	kit_expect_empty(test, heap);
}

static void heap_creation_fails(struct kunit *test)
{
	const struct kspan_heap_params params = { .flags = KSPAN_HEAP_ACCOUNT };
	struct kspan_heap *heap;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(heap_sites); i++) {
		kspan_fault_set(heap_sites[i], KSPAN_FAULT_ALWAYS);
		KUNIT_EXPECT_EQ(test, PTR_ERR(kspan_heap_create("fault",
								&params)),
				-ENOMEM);
		kspan_fault_set(heap_sites[i], KSPAN_FAULT_ONCE);
		KUNIT_EXPECT_EQ(test, PTR_ERR(kspan_heap_create("fault",
								&params)),
				-ENOMEM);
		/* Its name is free, and there is memory again. */
		heap = kspan_heap_create("fault", &params);
		KUNIT_EXPECT_FALSE(test, IS_ERR(heap));
		kspan_heap_destroy(heap);
		KUNIT_EXPECT_EQ(test, kspan_fault_failed(heap_sites[i]), 1);
		kspan_fault_set(heap_sites[i], KSPAN_FAULT_OFF);
	}
}

/* How often the kernel is asked for a block, in vain, for one object. */
static u64 asked_for(struct kunit *test, struct kspan_heap *heap,
		     size_t size_bytes, gfp_t gfp)
{
	u64 nasked;

	kspan_fault_set(KSPAN_FAULT_BLOCK, KSPAN_FAULT_ALWAYS);
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, size_bytes,
					    gfp | __GFP_NOWARN));
	nasked = kspan_fault_failed(KSPAN_FAULT_BLOCK);
	kspan_fault_set(KSPAN_FAULT_BLOCK, KSPAN_FAULT_OFF);
	KUNIT_EXPECT_GT(test, nasked, 0);
	return nasked;
}

/*
 * A second time for those for whom the kernel may kill, the first without. For
 * others that would only be reclaim once more.
 */
static void a_process_comes_last(struct kunit *test)
{
	static const unsigned int kinds[] = { KSPAN_HEAP_ACCOUNT, KSPAN_HEAP_NODE };
	static const gfp_t decided[] = {
		GFP_ATOMIC, GFP_NOFS, GFP_KERNEL | __GFP_NORETRY,
		GFP_KERNEL | __GFP_RETRY_MAYFAIL,
	};
	const gfp_t easy = GFP_KERNEL | __GFP_NORETRY;
	struct kspan_heap_params params = { .node = first_memory_node };
	struct kspan_heap *heap = kit_heap(test);
	u64 once = asked_for(test, heap, 64, easy);
	unsigned int i;
	u64 nasked;

	nasked = asked_for(test, heap, 64, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, nasked, 2 * once);
	for (i = 0; i < ARRAY_SIZE(decided); i++) {
		nasked = asked_for(test, heap, 64, decided[i]);
		KUNIT_EXPECT_LE_MSG(test, nasked, once, "%pGg", &decided[i]);
	}
	once = asked_for(test, heap, SZ_64K, easy);
	nasked = asked_for(test, heap, SZ_64K, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, nasked, once);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		params.flags = kinds[i];
		heap = kspan_heap_create("unkilled", &params);
		KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
		once = asked_for(test, heap, 64, easy);
		nasked = asked_for(test, heap, 64, GFP_KERNEL);
		KUNIT_EXPECT_EQ_MSG(test, nasked, once, "flags %#x", kinds[i]);
		kspan_heap_destroy(heap);
	}
}

static void faults_under_work(struct kunit *test)
{
	struct kit_hammer *hammer = kit_hammer_start(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(growth_sites); i++) {
		kspan_fault_set(growth_sites[i], THIRD_TIME);
		msleep(HAMMER_MS);
		kspan_heap_drain(kit_heap(test));
		kspan_heap_scavenge(kit_heap(test), SIZE_MAX);
		kspan_fault_set(growth_sites[i], KSPAN_FAULT_OFF);
	}
	/* They have been refused on purpose, until now. */
	msleep(HAMMER_MS);
	atomic_set(&hammer->nfailed, 0);
	kit_hammer_stop(test, hammer);
}

static void no_faults(struct kunit *test)
{
	kspan_fault_set(KSPAN_NR_FAULTS, KSPAN_FAULT_OFF);
	kit_heap_exit(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(each_growth_fails),
	KUNIT_CASE(a_block_without_a_chunk_goes_back),
	KUNIT_CASE(no_pages_at_all),
	KUNIT_CASE(heap_creation_fails),
	KUNIT_CASE(a_process_comes_last),
	KUNIT_CASE(faults_under_work),
	{}
};

struct kunit_suite kit_fault_suite = {
	.name = "kspan_fault",
	.init = kit_heap_init,
	.exit = no_faults,
	.test_cases = cases,
};
