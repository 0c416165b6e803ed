// SPDX-License-Identifier: GPL-2.0
/* The reference collector: what must be live, found by pointers alone. */
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "graph_int.h"

enum {
	MAX_TOLD	= 12,
};

void graph_error(struct graph *graph, const char *format, ...)
{
	struct va_format what = { .fmt = format };
	va_list args;

	if (atomic_inc_return(&graph->nerrors) > MAX_TOLD)
		return;
	va_start(args, format);
	what.va = &args;
	pr_err("graph: %pV\n", &what);
	va_end(args);
}

/*
 * The node that a pointer was made for, which must be live and whole. Only for who
 * holds it.
 */
struct graph_node *graph_node(struct graph *graph, const void *p,
			      const char *where)
{
	struct graph_node *node;
	struct kspan_object obj;

	if (!p)
		return NULL;
	if (!kspan_find_object(p, &obj) || !obj.live ||
	    obj.heap != graph->how.heap) {
		graph_error(graph, "%s: %p leads to no live object", where, p);
		return NULL;
	}
	node = obj.start;
	if (node->magic != GRAPH_MAGIC || node->sum != graph_sum(node)) {
		graph_error(graph, "%s: the object at %p is spoilt: %*ph", where,
			    node, 24, node);
		return NULL;
	}
	if (p != graph_pointer(node)) {
		graph_error(graph, "%s: %p was made for another than object %u",
			    where, p, node->id);
		return NULL;
	}
	return node;
}

/* A cleanup of an object that is dead. */
void graph_cleanup(void *arg)
{
	struct graph_life *life = arg;

	atomic_inc(&life->nruns);
}

/* ---- the walk --------------------------------------------------------------- */

static bool leaf_is_whole(const struct graph_node *node)
{
	unsigned int i;

	for (i = 1; i < GRAPH_LEAF_WORDS; i++) {
		if ((unsigned long)node->slots[i] != node->id * 31ul + i)
			return false;
	}
	return true;
}

static void reach(struct graph *graph, const void *p, const char *where)
{
	struct graph_node *node = graph_node(graph, p, where);

	if (!node || node->seen == graph->round)
		return;
	node->seen = graph->round;
	if (graph->nreached == graph->room) {
		graph_error(graph, "too many objects");
		return;
	}
	if (node->kind == GRAPH_LEAF && !leaf_is_whole(node))
		graph_error(graph, "leaf %u is spoilt", node->id);
	set_bit(node->id % GRAPH_IDS, graph->reached);
	graph->queue[graph->nreached++] = node;
}

static void walk(struct graph *graph)
{
	unsigned int i, j, head;

	graph->round++;
	graph->nreached = 0;
	bitmap_zero(graph->reached, GRAPH_IDS);
	for (i = 0; i < GRAPH_ROOTS; i++)
		reach(graph, graph->roots[i], "root");
	for (i = 0; i < graph->how.nthreads; i++) {
		struct graph_worker *worker = &graph->workers[i];

		for (j = 0; worker->own_added && j < GRAPH_OWN_ROOTS; j++)
			reach(graph, worker->own[j], "own root");
		for (j = 0; j < GRAPH_PINS; j++)
			reach(graph, worker->pins[j], "pin");
	}
	for (head = 0; head < graph->nreached; head++) {
		struct graph_node *node = graph->queue[head];

		for (i = 0; i < graph_nslots(node); i++)
			reach(graph, *graph_slot(node, i), "slot");
		if (!(head % 1024))
			cond_resched();
	}
}

/* ---- what follows from it ---------------------------------------------------- */

static void check_life(struct graph *graph, struct graph_life *life)
{
	struct kspan_heap *heap = graph->how.heap;
	bool reached = test_bit(life->id % GRAPH_IDS, graph->reached);
	int nruns = atomic_read(&life->nruns);
	struct graph_node *node;
	void *p;

	kspan_gc_enter(heap);
	p = kspan_gc_weak_get(life->weak);
	node = graph_node(graph, p, "weak");
	if (!!p != reached)
		graph_error(graph, "object %u %s reached, and its weak reference gives %p",
			    life->id, reached ? "is" : "is not", p);
	if (node && node->id != life->id)
		graph_error(graph, "a weak reference to %u gives %u", life->id,
			    node->id);
	if (p && life->dead)
		graph_error(graph, "object %u was dead", life->id);
	kspan_gc_leave(heap);
	if (nruns != (!reached && life->cleanup))
		graph_error(graph, "object %u %s reached, and its cleanup has run %d times",
			    life->id, reached ? "is" : "is not", nruns);
	if (p)
		return;
	kspan_gc_weak_put(life->weak);
	life->weak = NULL;
}

/**
 * graph_check() - one cycle, and look whether what is left is what should be
 * @graph: the graph, whose threads are stopped
 *
 * Return: whether all was well, now and since it was made.
 */
bool graph_check(struct graph *graph)
{
	struct kspan_heap *heap = graph->how.heap;
	struct kspan_heap_stats stats;
	unsigned int i, j;

	walk(graph);
	kspan_gc_collect(heap);
	kspan_gc_cleanup_barrier(heap);
	kspan_heap_stats(heap, &stats);
	if (stats.live_objects != graph->nreached)
		graph_error(graph, "%llu objects are live, and %u are reached",
			    stats.live_objects, graph->nreached);
	for (i = 0; i < graph->how.nthreads; i++) {
		for (j = 0; j < GRAPH_LIVES; j++) {
			if (graph->workers[i].lives[j].weak)
				check_life(graph, &graph->workers[i].lives[j]);
		}
	}
	/* And nothing of that is spoilt. */
	walk(graph);
	if (stats.live_objects != graph->nreached)
		graph_error(graph, "%u objects are reached after the cycle",
			    graph->nreached);
	return !atomic_read(&graph->nerrors);
}
