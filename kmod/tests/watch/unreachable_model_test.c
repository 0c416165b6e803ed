// SPDX-License-Identifier: GPL-2.0
/*
 * Random graphs: what a scan tells of is what a model of it does not reach.
 */
#include <linux/kspan_leaks.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_OBJECTS	= 4000 / KIT_SLOWNESS,
	NR_GRAPHS	= 6,
	SHORT_MS	= 2,
};

/**
 * struct told - what a scan has told
 * @reached: what it must not tell of
 * @nreached: how many they are
 * @nwrong: of these, those that it has told of
 */
struct told {
	void		**reached;
	unsigned int	nreached;
	unsigned long	nwrong;
};

static int tell(const struct kspan_unreachable *obj, void *arg)
{
	struct told *told = arg;
	unsigned int i;

	for (i = 0; i < told->nreached; i++)
		told->nwrong += told->reached[i] == obj->start;
	return 0;
}

/**
 * struct graph - objects and what leads to what
 * @objs: the objects
 * @nwords: of each
 * @reached: the model's answer
 * @stack: the model's
 */
struct graph {
	void		*objs[NR_OBJECTS];
	unsigned int	nwords[NR_OBJECTS];
	bool		reached[NR_OBJECTS];
	unsigned int	stack[NR_OBJECTS];
};

static void make_graph(struct kunit *test, struct graph *graph,
		       struct rnd_state *rnd)
{
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++) {
		unsigned int nwords = 1 + kit_below(rnd, 1 << kit_below(rnd, 9));

		if (!kit_below(rnd, 500))
			nwords = SZ_64K / 8 + kit_below(rnd, SZ_64K);
		graph->nwords[i] = nwords;
		graph->objs[i] = kspan_zalloc(kit_heap(test), nwords * 8,
					      GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, graph->objs[i]);
	}
}

/* Some words of some objects lead into other objects. */
static void wire_graph(struct graph *graph, struct rnd_state *rnd,
		       unsigned int nedges)
{
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++)
		memset(graph->objs[i], 0, graph->nwords[i] * 8);
	while (nedges--) {
		unsigned int from = kit_below(rnd, NR_OBJECTS);
		unsigned int to = kit_below(rnd, NR_OBJECTS);
		void **slot = graph->objs[from];

		slot += kit_below(rnd, graph->nwords[from]);
		*slot = graph->objs[to] +
			kit_below(rnd, graph->nwords[to] * 8);
	}
}

/* The object of the graph that holds an address; NR_OBJECTS if none does. */
static unsigned int model_find(struct graph *graph, void *p)
{
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++) {
		if (p >= graph->objs[i] &&
		    p < graph->objs[i] + graph->nwords[i] * 8)
			break;
	}
	return i;
}

static unsigned int model_reach(struct graph *graph, void *root)
{
	unsigned int nreached = 0;
	unsigned int n = 0;
	unsigned int at;
	unsigned int i;

	memset(graph->reached, 0, sizeof(graph->reached));
	at = model_find(graph, root);
	graph->reached[at] = true;
	graph->stack[n++] = at;
	while (n) {
		void **words = graph->objs[at = graph->stack[--n]];

		nreached++;
		for (i = 0; i < graph->nwords[at]; i++) {
			unsigned int to = words[i] ? model_find(graph, words[i]) :
						     NR_OBJECTS;

			if (to == NR_OBJECTS || graph->reached[to])
				continue;
			graph->reached[to] = true;
			graph->stack[n++] = to;
		}
		cond_resched();
	}
	return nreached;
}

static void test_random(struct kunit *test)
{
	struct graph *graph = kvzalloc(sizeof(*graph), GFP_KERNEL);
	struct rnd_state rnd;
	unsigned int round;
	void *root = NULL;

	KUNIT_ASSERT_NOT_NULL(test, graph);
	kit_seed(test, &rnd);
	make_graph(test, graph, &rnd);
	KUNIT_ASSERT_EQ(test, kspan_heap_root_add(kit_heap(test), &root,
						  sizeof(root)), 0);
	for (round = 0; round < NR_GRAPHS; round++) {
		struct kspan_scan_params params = { .interval_ms = SHORT_MS };
		struct told told = { };
		unsigned int nreached;
		unsigned int i;
		unsigned int n = 0;
		void **reached;

		wire_graph(graph, &rnd, NR_OBJECTS / 2 * (1 + round));
		root = graph->objs[kit_below(&rnd, NR_OBJECTS)];
		nreached = model_reach(graph, root);
		reached = kvmalloc_array(nreached, sizeof(*reached), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, reached);
		for (i = 0; i < NR_OBJECTS; i++) {
			if (graph->reached[i])
				reached[n++] = graph->objs[i];
		}
		told.reached = reached;
		told.nreached = n;
		KUNIT_EXPECT_EQ(test, kspan_heap_unreachable(kit_heap(test),
							     &params, tell, &told),
				NR_OBJECTS - nreached);
		KUNIT_EXPECT_EQ(test, told.nwrong, 0);
		kunit_info(test, "round %u: %u of %u reached\n", round,
			   nreached, NR_OBJECTS);
		kvfree(reached);
	}
	kspan_heap_root_remove(kit_heap(test), &root);
	kvfree(graph);
}

static struct kunit_case unreachable_model_cases[] = {
	KUNIT_CASE_SLOW(test_random),
	{}
};

struct kunit_suite kit_unreachable_model_suite = {
	.name		= "kspan_unreachable_model",
	.init		= kit_heap_init,
	.exit		= kit_heap_exit,
	.test_cases	= unreachable_model_cases,
};
