// SPDX-License-Identifier: GPL-2.0
/*
 * Whose slots a CPU gets: its own again, of spans that it need not share, and no two
 * of one cache line.
 */
#include <linux/workqueue.h>

#include "caches/magazine.h"
#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	/* Some arrays of them. */
	NR_OWN	= 1500,
	/* That a CPU has, before it is the other's turn. */
	NR_TURN	= 50,
};

/**
 * struct tenant - what one CPU has had
 * @heap: of which heap
 * @objs: objects
 * @nobjs: how many
 */
struct tenant {
	struct kspan_heap	*heap;
	void			*objs[NR_OWN];
	unsigned int		nobjs;
};

static long tenant_alloc(void *arg)
{
	struct tenant *tenant = arg;

	tenant->nobjs = kspan_alloc_bulk(tenant->heap, 64, GFP_KERNEL, NR_OWN,
					 tenant->objs);
	return 0;
}

static long tenant_alloc_part(void *arg)
{
	struct tenant *tenant = arg;

	tenant->nobjs = kspan_alloc_bulk(tenant->heap, 64, GFP_KERNEL, NR_TURN,
					 tenant->objs);
	return 0;
}

/**
 * struct one - an object that a CPU is to have
 * @heap: of which heap
 * @p: out
 */
struct one {
	struct kspan_heap	*heap;
	void			*p;
};

static long alloc_one(void *arg)
{
	struct one *one = arg;

	one->p = kspan_alloc(one->heap, 64, GFP_KERNEL | __GFP_NOWARN);
	return 0;
}

static long tenant_free(void *arg)
{
	struct tenant *tenant = arg;

	kspan_free_bulk(tenant->nobjs, tenant->objs);
	return 0;
}

static bool tenant_had(const struct tenant *tenant, const void *p)
{
	unsigned int i;

	for (i = 0; i < tenant->nobjs; i++) {
		if (tenant->objs[i] == p)
			return true;
	}
	return false;
}

/* What a CPU has freed it gets back, and not what another one has freed since. */
static void own_arrays_come_back(struct kunit *test)
{
	struct tenant *tenants = kunit_kcalloc(test, 3, sizeof(*tenants),
					       GFP_KERNEL);
	unsigned int nforeign = 0;
	unsigned int other;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, tenants);
	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	for (i = 0; i < 3; i++)
		tenants[i].heap = kit_heap(test);
	other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	if (cpu_to_node(other) != numa_node_id())
		kunit_skip(test, "the other CPU has a depot of its own");
	tenant_alloc(&tenants[0]);
	work_on_cpu(other, tenant_alloc, &tenants[1]);
	tenant_free(&tenants[0]);
	work_on_cpu(other, tenant_free, &tenants[1]);
	tenant_alloc(&tenants[2]);
	KUNIT_ASSERT_EQ(test, tenants[2].nobjs, NR_OWN);
	for (i = 0; i < NR_OWN; i++)
		nforeign += !tenant_had(&tenants[0], tenants[2].objs[i]);
	/* What did not fit into a whole array is in some magazine. */
	KUNIT_EXPECT_LT(test, nforeign, KSPAN_MAX_CAPACITY);
	tenant_free(&tenants[2]);
}

/* Whether an object of each is in one page of the heap. */
static unsigned int shared_pages(const struct tenant *a, const struct tenant *b)
{
	unsigned int n = 0;
	unsigned int i, j;

	for (i = 0; i < a->nobjs; i++) {
		unsigned long page = (unsigned long)a->objs[i] / KSPAN_PAGE_BYTES;

		for (j = 0; j < b->nobjs; j++) {
			if ((unsigned long)b->objs[j] / KSPAN_PAGE_BYTES == page) {
				n++;
				break;
			}
		}
	}
	return n;
}

/* CPUs that allocate in turn do not share spans, but for the first one. */
static void spans_are_of_one_cpu(struct kunit *test)
{
	struct tenant *tenants = kunit_kcalloc(test, 2, sizeof(*tenants),
					       GFP_KERNEL);
	struct tenant *part = kunit_kzalloc(test, sizeof(*part), GFP_KERNEL);
	struct kspan_storage *storage = &kit_heap(test)->storage;
	struct kspan_central *central =
		&storage->stores[kspan_sizeclass(64)]
			 .central[kspan_source_local_node(&storage->source)];
	unsigned int cpus[2] = { raw_smp_processor_id() };
	unsigned int i, turn;

	KUNIT_ASSERT_NOT_NULL(test, tenants);
	KUNIT_ASSERT_NOT_NULL(test, part);
	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	cpus[1] = cpumask_any_but(cpu_online_mask, cpus[0]);
	if (cpu_to_node(cpus[1]) != numa_node_id())
		kunit_skip(test, "the other CPU has spans of its own");
	part->heap = kit_heap(test);
	for (turn = 0; turn < 2 * (NR_OWN / NR_TURN); turn++) {
		struct tenant *tenant = &tenants[turn % 2];

		work_on_cpu(cpus[turn % 2], tenant_alloc_part, part);
		KUNIT_ASSERT_EQ(test, part->nobjs, NR_TURN);
		for (i = 0; i < NR_TURN; i++)
			tenant->objs[tenant->nobjs++] = part->objs[i];
	}
	KUNIT_EXPECT_LE(test, shared_pages(&tenants[0], &tenants[1]),
			KSPAN_PAGE_BYTES / 64);
	kit_expect_sound(test, kit_heap(test));
	tenant_free(&tenants[0]);
	tenant_free(&tenants[1]);
	kit_expect_empty(test, kit_heap(test));
	/* Spans that go are nobody's. */
	kspan_central_trim(central->store, central->nid);
	for (i = 0; i < KSPAN_SPAN_USERS; i++)
		KUNIT_EXPECT_NULL(test, central->buckets.used[i]);
}

/* Where there is nothing else, a span serves all. */
static void spans_are_shared_at_the_limit(struct kunit *test)
{
	struct tenant *tenants = kunit_kcalloc(test, 2, sizeof(*tenants),
					       GFP_KERNEL);
	struct kspan_store *store =
		&kit_heap(test)->storage.stores[kspan_sizeclass(64)];
	int nid = kspan_source_local_node(store->source);
	struct one one = { .heap = kit_heap(test) };
	unsigned int other;
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, tenants);
	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	if (cpu_to_node(other) != numa_node_id())
		kunit_skip(test, "the other CPU has spans of its own");
	tenants[0].heap = kit_heap(test);
	/* All that the heap may have; some of it is free in this CPU's last span. */
	KUNIT_ASSERT_EQ(test, kspan_heap_set_limit(kit_heap(test), 1 << 20), 0);
	do {
		p = kspan_alloc(kit_heap(test), KSPAN_PAGE_BYTES,
				GFP_KERNEL | __GFP_NOWARN);
		if (p)
			tenants[1].objs[tenants[1].nobjs++] = p;
	} while (p && tenants[1].nobjs < NR_OWN);
	kspan_free(tenants[1].objs[--tenants[1].nobjs]);
	kspan_free(tenants[1].objs[--tenants[1].nobjs]);
	kspan_free(tenants[1].objs[--tenants[1].nobjs]);
	kspan_heap_drain(kit_heap(test));
	/* Two spans, and part of a third. */
	tenants[0].nobjs = kspan_alloc_bulk(kit_heap(test), 64,
					    GFP_KERNEL | __GFP_NOWARN,
					    2 * store->sc->nelems + 1,
					    tenants[0].objs);
	KUNIT_ASSERT_EQ(test, tenants[0].nobjs, 2 * store->sc->nelems + 1);
	kspan_mag_drain(store, true);
	KUNIT_EXPECT_TRUE(test, kspan_central_crowded(store, nid));
	work_on_cpu(other, alloc_one, &one);
	KUNIT_EXPECT_NOT_NULL(test, one.p);
	kspan_free(one.p);
	tenant_free(&tenants[0]);
	tenant_free(&tenants[1]);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(kit_heap(test), 0), 0);
	kit_expect_empty(test, kit_heap(test));
}

/* Two that follow each other may be for two CPUs. */
static void neighbours_share_no_line(struct kunit *test)
{
	static const size_t sizes[] = { 8, 16, 32 };
	void *objs[KSPAN_MAX_BATCH];
	unsigned int i;
	unsigned int n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int nshared = 0;

		for (n = 0; n < ARRAY_SIZE(objs); n++) {
			objs[n] = kspan_alloc(kit_heap(test), sizes[i],
					      GFP_KERNEL);
			KUNIT_EXPECT_NOT_NULL(test, objs[n]);
			nshared += n && (unsigned long)objs[n] / L1_CACHE_BYTES ==
					(unsigned long)objs[n - 1] / L1_CACHE_BYTES;
		}
		KUNIT_EXPECT_EQ_MSG(test, nshared, 0, "%zu bytes", sizes[i]);
		kspan_free_bulk(n, objs);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(own_arrays_come_back),
	KUNIT_CASE(spans_are_of_one_cpu),
	KUNIT_CASE(spans_are_shared_at_the_limit),
	KUNIT_CASE(neighbours_share_no_line),
	{}
};

struct kunit_suite kit_neighbour_suite = {
	.name = "kspan_neighbour",
	.init = kit_quiet_init,
	.exit = kit_quiet_exit,
	.test_cases = cases,
};
