// SPDX-License-Identifier: GPL-2.0
/*
 * Memory in small pieces: who gets contiguous memory, who gets other memory, who
 * gets none, and who has to pay for it.
 */
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/scarcity.h"
#include "tests/suites.h"

enum {
	TRIES		= 128,
	NR_OBJECTS	= 3000,
	OBJECT_BYTES	= 8192,
};

static struct kit_scarcity held;

static const gfp_t efforts[] = {
	GFP_KERNEL, GFP_KERNEL | __GFP_NORETRY, GFP_KERNEL | __GFP_RETRY_MAYFAIL,
	GFP_KERNEL | __GFP_ZERO, GFP_ATOMIC, GFP_NOWAIT,
};

/* What kmalloc() does, which many a driver's DMA rests upon. */
static void contiguous_or_nothing(struct kunit *test)
{
	static const size_t sizes[] = { SZ_64K, 100000, SZ_512K, SZ_4M };
	struct kspan_heap *heap = kit_heap(test);
	void **objs = kunit_kcalloc(test, TRIES, sizeof(*objs), GFP_KERNEL);
	unsigned int nothing, i, k, n;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < ARRAY_SIZE(efforts); i++) {
		for (k = 0; k < ARRAY_SIZE(sizes); k++) {
			gfp_t gfp = efforts[i] | __GFP_NOWARN;

			nothing = 0;
			for (n = 0; n < TRIES && !nothing; n++) {
				objs[n] = kspan_alloc(heap, sizes[k], gfp);
				nothing += !objs[n];
				KUNIT_EXPECT_FALSE_MSG(test,
						       is_vmalloc_addr(objs[n]),
						       "%zu bytes, %pGg",
						       sizes[k], &gfp);
			}
			KUNIT_EXPECT_EQ_MSG(test, nothing, 1, "%zu bytes, %pGg",
					    sizes[k], &gfp);
			while (n--)
				kspan_free(objs[n]);
			objs[0] = kspan_alloc_node(heap, sizes[k], gfp,
						   numa_mem_id());
			objs[1] = kspan_alloc_aligned(heap, sizes[k], SZ_64K,
						      gfp);
			KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(objs[0]));
			KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(objs[1]));
			kspan_free(objs[0]);
			kspan_free(objs[1]);
			kspan_heap_drain(heap);
			kspan_heap_scavenge(heap, SIZE_MAX);
		}
	}
	kit_expect_empty(test, heap);
}

static void kvmalloc_turns_to_vmalloc(struct kunit *test)
{
	static const size_t sizes[] = { SZ_64K, 100000, SZ_512K, SZ_4M, SZ_8M };
	struct kspan_heap *heap = kit_heap(test);
	unsigned int nother, k, n;
	void *objs[4];

	for (k = 0; k < ARRAY_SIZE(sizes); k++) {
		nother = 0;
		for (n = 0; n < ARRAY_SIZE(objs); n++) {
			gfp_t gfp = GFP_KERNEL | (n & 1 ? __GFP_NOFAIL : 0);

			objs[n] = n & 2 ? kspan_kvzalloc(heap, sizes[k], gfp) :
				  kspan_kvmalloc_node(heap, sizes[k],
						      gfp | __GFP_ZERO,
						      numa_mem_id());
			KUNIT_ASSERT_NOT_NULL_MSG(test, objs[n], "%zu bytes",
						  sizes[k]);
			nother += is_vmalloc_addr(objs[n]);
			KUNIT_EXPECT_GE(test, kspan_usable_size(objs[n]),
					sizes[k]);
			KUNIT_EXPECT_NULL(test, memchr_inv(objs[n], 0,
							   sizes[k]));
		}
		KUNIT_EXPECT_GT_MSG(test, nother, 0, "%zu bytes", sizes[k]);
		while (n--)
			kspan_free(objs[n]);
	}
	/* There is no such turning for those that may not sleep. */
	objs[0] = kspan_kvmalloc(heap, SZ_4M, GFP_ATOMIC | __GFP_NOWARN);
	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(objs[0]));
	kspan_free(objs[0]);
	kit_expect_empty(test, heap);
}

/* Vmalloc memory is charged by the page, not by what it would be aligned to. */
static void kvmalloc_takes_what_it_needs(struct kunit *test)
{
	struct kspan_heap_stats before, after;
	struct kspan_heap *heap = kit_heap(test);
	void *p;

	kspan_heap_stats(heap, &before);
	p = kspan_kvmalloc(heap, SZ_4M, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	kspan_heap_stats(heap, &after);
	KUNIT_EXPECT_EQ(test, after.backing_bytes - before.backing_bytes, SZ_4M);
	kspan_free(p);
	kit_expect_empty(test, heap);
}

static void give_large(struct work_struct *work)
{
	kit_release_large(&held);
}

/* As kmalloc(), it waits until there is something. */
static void nofail_waits_for_contiguous_memory(struct kunit *test)
{
	static const size_t sizes[] = { SZ_64K, SZ_1M, SZ_4M };
	struct kspan_heap *heap = kit_heap(test);
	struct delayed_work work;
	void *objs[ARRAY_SIZE(sizes)];
	unsigned int i;

	INIT_DELAYED_WORK_ONSTACK(&work, give_large);
	schedule_delayed_work(&work, HZ / 5);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		objs[i] = kspan_alloc(heap, sizes[i],
				      GFP_KERNEL | __GFP_NOFAIL);
		KUNIT_EXPECT_NOT_NULL_MSG(test, objs[i], "%zu bytes", sizes[i]);
		KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(objs[i]));
	}
	flush_delayed_work(&work);
	destroy_delayed_work_on_stack(&work);
	while (i--)
		kspan_free(objs[i]);
	kit_expect_empty(test, heap);
}

static unsigned int reclaims_of_kspan(struct kunit *test, void **objs)
{
	unsigned int i;

	kit_reclaim_begin(test);
	for (i = 0; i < NR_OBJECTS; i++)
		objs[i] = kspan_alloc(kit_heap(test), OBJECT_BYTES, GFP_KERNEL);
	i = kit_reclaim_end();
	kspan_free_bulk(NR_OBJECTS, objs);
	kspan_heap_drain(kit_heap(test));
	kspan_heap_scavenge(kit_heap(test), SIZE_MAX);
	return i;
}

static unsigned int reclaims_of_kmalloc(struct kunit *test, void **objs)
{
	unsigned int i;

	kit_reclaim_begin(test);
	for (i = 0; i < NR_OBJECTS; i++)
		objs[i] = kmalloc(OBJECT_BYTES, GFP_KERNEL);
	i = kit_reclaim_end();
	kfree_bulk(NR_OBJECTS, objs);
	return i;
}

/* To grow by large blocks must not cost others their caches. */
static void growth_reclaims_nothing(struct kunit *test)
{
	void **objs = kunit_kcalloc(test, NR_OBJECTS, sizeof(*objs), GFP_KERNEL);
	unsigned int kspan;
	unsigned int slub;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	slub = reclaims_of_kmalloc(test, objs);
	kspan = reclaims_of_kspan(test, objs);
	kunit_info(test, "reclaim for large blocks: kmalloc() %u times, kspan %u times\n",
		   slub, kspan);
	KUNIT_EXPECT_LE(test, kspan, slub);
	kit_expect_empty(test, kit_heap(test));
}

static int scarce_init(struct kunit *test)
{
	int err = kit_heap_init(test);

	if (!err)
		kit_fragment(test, &held, PAGE_ALLOC_COSTLY_ORDER);
	return err;
}

static void scarce_exit(struct kunit *test)
{
	kit_release(&held);
	kit_heap_exit(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(contiguous_or_nothing),
	KUNIT_CASE(kvmalloc_turns_to_vmalloc),
	KUNIT_CASE(kvmalloc_takes_what_it_needs),
	KUNIT_CASE(nofail_waits_for_contiguous_memory),
	KUNIT_CASE(growth_reclaims_nothing),
	{}
};

struct kunit_suite kit_scarce_suite = {
	.name = "kspan_scarce",
	.init = scarce_init,
	.exit = scarce_exit,
	.test_cases = cases,
};
