// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's reserves: with all other memory taken, those who may dig into
 * them get some of it, and nobody else is served from that.
 *
 * Nothing is expected while there is no memory, as that would take some.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>

#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/scarcity.h"
#include "tests/suites.h"

enum {
	NR_ENTITLED	= 24,
	NR_OTHERS	= 200,
	NR_EATEN	= 4000,
	OBJECT_BYTES	= 256,
};

/**
 * struct dearth - what was had while there was no memory
 * @eaten: what anybody could have yet
 * @neaten: how many
 * @entitled: objects of those who may have reserves
 * @large: likewise, pages
 * @others: objects of the others
 * @nentitled: how many of @entitled there are
 * @nreserves: of these, how many lie in the kernel's reserves
 * @large_in_reserves: whether @large does
 * @nstrays: of @others, how many do
 * @nagain: of others, how many do after some of @entitled were freed
 */
struct dearth {
	void		*eaten[NR_EATEN];
	unsigned int	neaten;
	void		*entitled[NR_ENTITLED];
	void		*large;
	void		*others[NR_OTHERS];
	unsigned int	nentitled;
	unsigned int	nreserves;
	bool		large_in_reserves;
	unsigned int	nstrays;
	unsigned int	nagain;
};

/* The first page of a block knows where it is from; here they are the least. */
static bool in_reserves(const void *p)
{
	unsigned long addr = ALIGN_DOWN((unsigned long)p, KSPAN_PAGE_BYTES);

	return p && page_is_pfmemalloc(virt_to_page((void *)addr));
}

static unsigned int ask_for_others(struct kspan_heap *heap, void **objs)
{
	unsigned int nstrays = 0;
	unsigned int i;

	for (i = 0; i < NR_OTHERS; i++) {
		objs[i] = kspan_alloc(heap, OBJECT_BYTES, __GFP_NOWARN |
				      (i & 1 ? __GFP_HIGH : 0));
		nstrays += in_reserves(objs[i]);
	}
	return nstrays;
}

/* What other CPUs had in their lists when memory was taken, by pages and slots. */
static void eat(struct kspan_heap *heap, struct dearth *d, size_t size)
{
	while (d->neaten < NR_EATEN) {
		void *p = kspan_alloc(heap, size, __GFP_NOWARN);

		if (!p)
			break;
		d->eaten[d->neaten++] = p;
	}
}

/* Either the task may, or the flags say so. */
static void *ask_entitled(struct kspan_heap *heap, size_t size, bool task)
{
	unsigned int flags;
	void *p;

	if (!task)
		return kspan_alloc(heap, size, __GFP_MEMALLOC | __GFP_NOWARN);
	flags = memalloc_noreclaim_save();
	p = kspan_alloc(heap, size, GFP_KERNEL | __GFP_NOWARN);
	memalloc_noreclaim_restore(flags);
	return p;
}

static void starve(struct kspan_heap *heap, struct dearth *d, bool task)
{
	unsigned int i;

	eat(heap, d, SZ_8K);
	eat(heap, d, OBJECT_BYTES);
	for (i = 0; i < NR_ENTITLED; i++) {
		d->entitled[i] = ask_entitled(heap, OBJECT_BYTES, task);
		d->nentitled += !!d->entitled[i];
		d->nreserves += in_reserves(d->entitled[i]);
	}
	d->large = ask_entitled(heap, SZ_64K, task);
	d->large_in_reserves = in_reserves(d->large);
	d->nstrays = ask_for_others(heap, d->others);
	kspan_free_bulk(NR_OTHERS, d->others);
	eat(heap, d, OBJECT_BYTES);
	/* What is freed comes back to those who may have it. */
	for (i = 2; i < NR_ENTITLED; i++)
		kspan_free(d->entitled[i]);
	kspan_free(d->large);
	d->nagain = ask_for_others(heap, d->others);
	d->nagain += in_reserves(kspan_alloc(heap, SZ_64K, __GFP_NOWARN));
}

static void apart(struct kunit *test, bool task)
{
	struct dearth *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	struct kspan_heap *heap = kit_heap(test);
	struct kit_scarcity held;

	if (nr_online_nodes > 1)
		kunit_skip(test, "several nodes");
	KUNIT_ASSERT_NOT_NULL(test, d);
	kit_fill_node(test, &held, numa_mem_id());
	starve(heap, d, task);
	kit_release(&held);
	kspan_free_bulk(d->neaten, d->eaten);

	KUNIT_EXPECT_EQ(test, d->nentitled, NR_ENTITLED);
	/* All memory was taken indeed. */
	KUNIT_EXPECT_GT(test, d->nreserves, 0);
	KUNIT_EXPECT_EQ(test, d->nstrays, 0);
	KUNIT_EXPECT_EQ(test, d->nagain, 0);
	/* They share a span, as the reserves are small. */
	KUNIT_EXPECT_EQ(test,
			(unsigned long)d->entitled[0] >> KSPAN_PAGE_SHIFT,
			(unsigned long)d->entitled[1] >> KSPAN_PAGE_SHIFT);
	kunit_info(test, "%u of %u in reserves, large object: %s\n",
		   d->nreserves, d->nentitled, !d->large ? "none" :
		   d->large_in_reserves ? "in reserves" : "not in reserves");
	kit_expect_sound(test, heap);

	/* Freed twice, it is told as any other object. */
	kspan_free(d->entitled[0]);
	kit_expect_refused(test, d->entitled[0], KSPAN_MISTAKE_DOUBLE_FREE);
	kspan_free(d->entitled[1]);
	kspan_entitled_flush(&heap->storage.entitled);
	KUNIT_EXPECT_TRUE(test, list_empty(&heap->storage.entitled.spans));
	KUNIT_EXPECT_TRUE(test, list_empty(&heap->storage.entitled.dead));
	kit_expect_sound(test, heap);
}

static void reserves_by_task_are_kept_apart(struct kunit *test)
{
	apart(test, true);
}

static void reserves_by_flags_are_kept_apart(struct kunit *test)
{
	apart(test, false);
}

/* With memory for all, they are as others are. */
static void entitled_with_plenty(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		void *p = ask_entitled(heap, OBJECT_BYTES, i);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_TRUE(test, list_empty(&heap->storage.entitled.spans));
		kspan_free(p);
	}
	kit_expect_empty(test, heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(reserves_by_task_are_kept_apart),
	KUNIT_CASE(reserves_by_flags_are_kept_apart),
	KUNIT_CASE(entitled_with_plenty),
	{}
};

struct kunit_suite kit_entitled_suite = {
	.name = "kspan_entitled",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
