// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes: what is allocated comes from where it should, and goes back there. Some
 * of the nodes may have no CPU, or no memory.
 */
#include <linux/cpu.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "heaps/heap.h"
#include "pages/arena.h"
#include "pages/backing.h"
#include "tests/kit.h"
#include "tests/scarcity.h"
#include "tests/suites.h"

enum {
	NR_OBJECTS	= 300,
	OBJECT_BYTES	= 1024,
	NR_REST		= 64,
};

/**
 * struct batch - what a CPU is to allocate or free
 * @heap: where
 * @objs: the objects
 */
struct batch {
	struct kspan_heap	*heap;
	void			*objs[NR_OBJECTS];
};

static int node_of(const void *p)
{
	return p ? page_to_nid(virt_to_page((void *)p)) : NUMA_NO_NODE;
}

static long allocate(void *arg)
{
	struct batch *batch = arg;
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++)
		batch->objs[i] = kspan_alloc(batch->heap, OBJECT_BYTES,
					     GFP_KERNEL);
	return 0;
}

static long release(void *arg)
{
	struct batch *batch = arg;
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++)
		kspan_free(batch->objs[i]);
	return 0;
}

static struct batch *batch_new(struct kunit *test, struct kspan_heap *heap)
{
	struct batch *batch = kunit_kzalloc(test, sizeof(*batch), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, batch);
	batch->heap = heap;
	return batch;
}

/* Where a CPU's memory should come from. */
static int home_of(unsigned int cpu)
{
	int nearest = NUMA_NO_NODE;
	int nid;

	for_each_node_state(nid, N_MEMORY) {
		if (nearest == NUMA_NO_NODE ||
		    node_distance(cpu_to_node(cpu), nid) <
		    node_distance(cpu_to_node(cpu), nearest))
			nearest = nid;
	}
	return nearest;
}

/* Every page heap has pages of its node, and no other. */
static void expect_pages_at_home(struct kunit *test, struct kspan_heap *heap)
{
	struct kspan_chunk_view view;
	unsigned long nstrangers = 0;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		unsigned long from = 0;
		unsigned int page;

		while (kspan_pageheap_next_chunk(&heap->storage.source.nodes[nid].pages, from,
						 &view)) {
			for_each_set_bit(page, view.owned.bits,
					 KSPAN_CHUNK_PAGES)
				nstrangers += node_of((void *)view.addr +
					kspan_npages_bytes(page)) != nid;
			from = view.addr + KSPAN_CHUNK_BYTES;
		}
	}
	KUNIT_EXPECT_EQ(test, nstrangers, 0);
}

static void local_by_default(struct kunit *test)
{
	struct batch *batch = batch_new(test, kit_heap(test));
	unsigned int cpu;
	unsigned int i;

	for_each_online_cpu(cpu) {
		unsigned int naway = 0;

		/* Nothing is left of what others have freed. */
		kspan_heap_drain(batch->heap);
		work_on_cpu(cpu, allocate, batch);
		for (i = 0; i < NR_OBJECTS; i++) {
			KUNIT_ASSERT_NOT_NULL(test, batch->objs[i]);
			naway += node_of(batch->objs[i]) != home_of(cpu);
		}
		KUNIT_EXPECT_EQ_MSG(test, naway, 0, "cpu %u of node %d", cpu,
				    cpu_to_node(cpu));
		work_on_cpu(cpu, release, batch);
	}
	kit_expect_empty(test, batch->heap);
	expect_pages_at_home(test, batch->heap);
}

static void remote_frees_go_home(struct kunit *test)
{
	unsigned int from = cpumask_first(cpu_online_mask);
	unsigned int to = cpumask_last(cpu_online_mask);
	struct batch *batch = batch_new(test, kit_heap(test));
	struct kspan_heap *heap = batch->heap;
	int home = home_of(from);
	int nid;

	if (home == home_of(to))
		kunit_skip(test, "one node has all CPUs");
	work_on_cpu(from, allocate, batch);
	work_on_cpu(to, release, batch);
	kspan_heap_drain(heap);
	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_pageheap *ph = &heap->storage.source.nodes[nid].pages;

		if (nid == home)
			KUNIT_EXPECT_GE(test, ph->owned_pages,
					NR_OBJECTS * OBJECT_BYTES /
					KSPAN_PAGE_BYTES);
		else
			KUNIT_EXPECT_EQ(test, ph->owned_pages, 0);
	}
	kit_expect_empty(test, heap);
	expect_pages_at_home(test, heap);
	/* And are used there again, by those of that node. */
	work_on_cpu(from, allocate, batch);
	for (nid = 0; nid < nr_node_ids; nid++) {
		if (nid != home)
			KUNIT_EXPECT_EQ(test, heap->storage.source.nodes[nid].pages.owned_pages,
					0);
	}
	work_on_cpu(to, release, batch);
	kit_expect_empty(test, heap);
}

static void a_node_that_is_asked_for(struct kunit *test)
{
	static const size_t sizes[] = {
		8, 1024, 20000, SZ_32K, SZ_64K, SZ_1M, SZ_8M,
	};
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;
	void *p;
	int nid;

	for_each_online_node(nid) {
		bool has_memory = node_state(nid, N_MEMORY);

		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			p = kspan_alloc_node(heap, sizes[i], GFP_KERNEL |
					     __GFP_THISNODE | __GFP_NOWARN,
					     nid);
			if (!has_memory)
				KUNIT_EXPECT_NULL(test, p);
			else if (sizes[i] <= KSPAN_MAX_CONTIG_BYTES)
				KUNIT_EXPECT_EQ_MSG(test, node_of(p), nid,
						    "%zu bytes", sizes[i]);
			else
				KUNIT_EXPECT_NOT_NULL(test, p);
			kspan_free(p);

			/* Elsewhere, if there is nothing. */
			p = kspan_alloc_node(heap, sizes[i], GFP_KERNEL, nid);
			KUNIT_EXPECT_NOT_NULL(test, p);
			if (p && has_memory &&
			    sizes[i] <= KSPAN_MAX_CONTIG_BYTES)
				KUNIT_EXPECT_EQ(test, node_of(p), nid);
			kspan_free(p);
		}
	}
	kit_expect_empty(test, heap);
	expect_pages_at_home(test, heap);
}

static void a_heap_of_one_node(struct kunit *test)
{
	struct kspan_heap_params params = { .flags = KSPAN_HEAP_NODE };
	struct kspan_heap *heap;
	struct batch *batch;
	unsigned int cpu;
	unsigned int i;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		params.node = nid;
		heap = kspan_heap_create("node", &params);
		if (!node_state(nid, N_MEMORY)) {
			KUNIT_EXPECT_EQ(test, PTR_ERR(heap), -EINVAL);
			continue;
		}
		KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
		batch = batch_new(test, heap);
		for_each_online_cpu(cpu) {
			work_on_cpu(cpu, allocate, batch);
			for (i = 0; i < NR_OBJECTS; i++)
				KUNIT_EXPECT_EQ(test, node_of(batch->objs[i]),
						nid);
			work_on_cpu(cpumask_last(cpu_online_mask), release,
				    batch);
		}
		kit_expect_empty(test, heap);
		expect_pages_at_home(test, heap);
		kspan_heap_destroy(heap);
	}
}

static const size_t sizes_of_all_kinds[] = {
	8, 1024, 20000, SZ_32K, SZ_64K, SZ_1M,
};

/* Whoever must not fail is served, from elsewhere if need be. */
static void expect_never_null(struct kunit *test, struct kspan_heap *heap,
			      int nid)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes_of_all_kinds); i++) {
		size_t size = sizes_of_all_kinds[i];
		void *objs[3];
		unsigned int k;

		objs[0] = kspan_alloc_node(heap, size,
					   GFP_KERNEL | __GFP_NOFAIL, nid);
		objs[1] = kspan_alloc_node(heap, size, GFP_KERNEL |
					   __GFP_NOFAIL | __GFP_THISNODE, nid);
		objs[2] = kspan_kvmalloc_node(heap, size, GFP_KERNEL |
					      __GFP_NOFAIL | __GFP_THISNODE,
					      nid);
		for (k = 0; k < ARRAY_SIZE(objs); k++) {
			KUNIT_EXPECT_NOT_NULL_MSG(test, objs[k],
						  "%zu bytes, node %d, way %u",
						  size, nid, k);
			kspan_free(objs[k]);
		}
	}
}

static void a_node_without_memory_answers(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *p;
	int nid;

	for_each_node(nid) {
		if (node_state(nid, N_MEMORY))
			continue;
		expect_never_null(test, heap, nid);
		p = kspan_alloc_node(heap, 1024, GFP_KERNEL, nid);
		KUNIT_EXPECT_EQ(test, node_of(p), kspan_nearest_node(nid));
		kspan_free(p);
	}
	kit_expect_empty(test, heap);
}

/* What CPUs have in their lists comes out, then there is nothing. */
static unsigned int take_rest(struct kspan_heap *heap, void **objs, int nid)
{
	unsigned int n;

	for (n = 0; n < NR_REST; n++) {
		objs[n] = kspan_alloc_node(heap, SZ_1M, GFP_KERNEL |
					   __GFP_NORETRY | __GFP_NOWARN |
					   __GFP_THISNODE, nid);
		if (!objs[n])
			break;
	}
	return n;
}

static void a_full_node_answers(struct kunit *test)
{
	struct kspan_heap_params params = { .flags = KSPAN_HEAP_NODE };
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_heap *of_node;
	struct kit_scarcity held;
	void *rest[NR_REST];
	unsigned int n;
	int nid;

	for_each_node_state(nid, N_MEMORY) {
		params.node = nid;
		of_node = kspan_heap_create("full", &params);
		KUNIT_ASSERT_FALSE(test, IS_ERR(of_node));
		kit_fill_node(test, &held, nid);
		n = take_rest(heap, rest, nid);
		KUNIT_EXPECT_LT(test, n, NR_REST);
		expect_never_null(test, heap, nid);
		expect_never_null(test, of_node, nid);
		kspan_free_bulk(n, rest);
		kit_release(&held);
		kit_expect_empty(test, of_node);
		expect_pages_at_home(test, of_node);
		kspan_heap_destroy(of_node);
		kit_expect_empty(test, heap);
		kspan_heap_scavenge(heap, SIZE_MAX);
	}
}

/* Whichever node is named. */
static void a_heap_of_one_node_stays_there(struct kunit *test)
{
	struct kspan_heap_params params = { .flags = KSPAN_HEAP_NODE };
	struct kspan_heap *heap;
	unsigned int i;
	int named;
	void *p;

	for_each_node_state(params.node, N_MEMORY) {
		heap = kspan_heap_create("node", &params);
		KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
		for_each_node_state(named, N_MEMORY) {
			for (i = 0; i < ARRAY_SIZE(sizes_of_all_kinds); i++) {
				size_t size = sizes_of_all_kinds[i];

				p = kspan_alloc_node(heap, size, GFP_KERNEL,
						     named);
				KUNIT_EXPECT_EQ_MSG(test, node_of(p),
						    params.node,
						    "%zu bytes, node %d", size,
						    named);
				kspan_free(p);
				p = kspan_alloc_node(heap, size, GFP_KERNEL |
						     __GFP_THISNODE, named);
				if (named == params.node)
					KUNIT_EXPECT_EQ(test, node_of(p), named);
				else
					KUNIT_EXPECT_NULL(test, p);
				kspan_free(p);
			}
		}
		kit_expect_empty(test, heap);
		expect_pages_at_home(test, heap);
		kspan_heap_destroy(heap);
	}
}

/* One CPU's objects in the cache of another. */
static void this_node_is_meant(struct kunit *test)
{
	unsigned int to = cpumask_last(cpu_online_mask);
	struct batch *batch = batch_new(test, kit_heap(test));
	struct kspan_heap *heap = batch->heap;
	int home = home_of(to);
	unsigned int i;
	void *p;
	int nid;

	for_each_node_state(nid, N_MEMORY) {
		if (nid == home)
			continue;
		for (i = 0; i < NR_OBJECTS; i++)
			batch->objs[i] = kspan_alloc_node(heap, OBJECT_BYTES,
							  GFP_KERNEL |
							  __GFP_THISNODE, nid);
		work_on_cpu(to, release, batch);
	}
	memset(batch->objs, 0, sizeof(batch->objs));
	for (i = 0; i < NR_OBJECTS; i++) {
		migrate_disable();
		home = home_of(smp_processor_id());
		if (i & 1) {
			p = kspan_alloc(heap, OBJECT_BYTES,
					GFP_ATOMIC | __GFP_THISNODE);
		} else if (!kspan_alloc_bulk(heap, OBJECT_BYTES,
					     GFP_ATOMIC | __GFP_THISNODE, 1,
					     &p)) {
			p = NULL;
		}
		migrate_enable();
		batch->objs[i] = p;
		if (node_of(p) != home) {
			KUNIT_FAIL(test, "object %u of node %d, not %d", i,
				   node_of(p), home);
			break;
		}
	}
	for (i = 0; i < NR_OBJECTS; i++)
		kspan_free(batch->objs[i]);
	kit_expect_empty(test, heap);
}

static int numa_init(struct kunit *test)
{
	if (num_online_nodes() == 1)
		kunit_skip(test, "one node");
	return kit_heap_init(test);
}

static void numa_exit(struct kunit *test)
{
	if (test->priv)
		kit_heap_exit(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(local_by_default),
	KUNIT_CASE(remote_frees_go_home),
	KUNIT_CASE(a_node_that_is_asked_for),
	KUNIT_CASE(a_heap_of_one_node),
	KUNIT_CASE(a_heap_of_one_node_stays_there),
	KUNIT_CASE(this_node_is_meant),
	KUNIT_CASE(a_node_without_memory_answers),
	KUNIT_CASE(a_full_node_answers),
	{}
};

struct kunit_suite kit_numa_suite = {
	.name = "kspan_numa",
	.init = numa_init,
	.exit = numa_exit,
	.test_cases = cases,
};
