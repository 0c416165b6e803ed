// SPDX-License-Identifier: GPL-2.0
/*
 * A graph that all threads change. Three of four ops walk along some edges, one of
 * eight leads an edge elsewhere, and one of eight puts a new node in place of an old
 * one. Where nodes are counted, readers are in RCU sections, edges are changed under
 * the node's lock, and who takes a node out cuts its edges, as cycles would stay.
 */
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "graph.h"

enum {
	NODES		= 16384,
	EDGES		= 4,
	HOPS		= 4,
	STEP_OPS	= 128,
};

struct node {
	void *edges[EDGES];
	u64 value;
};

/* What a node needs beside that if it is counted. */
struct counted {
	struct node node;
	struct rcu_head rcu;
	struct kref ref;
	spinlock_t lock;	/* guards the edges and @out */
	bool kmalloced;
	bool out;
};

struct graph {
	const struct kspan_gc_type *type;
	void *nodes[NODES];
};

static const u32 pointers[] = {
	offsetof(struct node, edges[0]), offsetof(struct node, edges[1]),
	offsetof(struct node, edges[2]), offsetof(struct node, edges[3]),
};

static const struct kspan_gc_type_desc desc = {
	.name = "node", .size = sizeof(struct node),
	.pointers = pointers, .nr_pointers = ARRAY_SIZE(pointers),
};

int graph_type(struct smp_run *run, const struct kspan_gc_type_desc *desc,
	       const struct kspan_gc_type **type)
{
	if (!graph_collected(&run->threads[0]))
		return 0;
	*type = kspan_gc_type_register(run->store.heap, desc);
	return PTR_ERR_OR_ZERO(*type);
}

static void **slot_of(struct smp_thread *thread)
{
	struct graph *graph = thread->run->shared;

	return &graph->nodes[smp_random_below(thread, NODES)];
}

/* ---- collected ------------------------------------------------------------- */

static void walk_collected(struct smp_thread *thread)
{
	struct node *node = kspan_gc_load(slot_of(thread));
	unsigned int i;

	for (i = 0; node && i < HOPS; i++) {
		thread->errors += READ_ONCE(node->value) != 1;
		node = kspan_gc_load(&node->edges[smp_random(thread) % EDGES]);
	}
}

static void lead_collected(struct smp_thread *thread)
{
	struct node *node = kspan_gc_load(slot_of(thread));

	if (node)
		kspan_gc_store(thread->store->heap,
			       &node->edges[smp_random(thread) % EDGES],
			       kspan_gc_load(slot_of(thread)));
}

static void renew_collected(struct smp_thread *thread)
{
	const struct graph *graph = thread->run->shared;
	struct kspan_heap *heap = thread->store->heap;
	struct node *node = kspan_gc_alloc(heap, graph->type, 1,
					   GFP_NOWAIT | __GFP_NOWARN);
	unsigned int i;

	if (unlikely(!node)) {
		thread->errors++;
		return;
	}
	node->value = 1;
	for (i = 0; i < EDGES; i++)
		kspan_gc_store(heap, &node->edges[i],
			       kspan_gc_load(slot_of(thread)));
	kspan_gc_store(heap, slot_of(thread), node);
}

/* ---- counted --------------------------------------------------------------- */

static void release(struct kref *ref)
{
	struct counted *counted = container_of(ref, struct counted, ref);

	if (counted->kmalloced)
		kfree_rcu(counted, rcu);
	else
		kspan_free_rcu(counted, rcu);
}

static void put(struct counted *counted)
{
	if (counted)
		kref_put(&counted->ref, release);
}

/* A node, in an RCU section. */
static struct counted *load(void **slot)
{
	/* Pairs with the store or exchange that has put it there. */
	return smp_load_acquire(slot);
}

/* A reference to what lies in a slot; likewise. */
static struct counted *get(void **slot)
{
	struct counted *counted = load(slot);

	return counted && kref_get_unless_zero(&counted->ref) ? counted : NULL;
}

static void walk_counted(struct smp_thread *thread)
{
	struct counted *counted = load(slot_of(thread));
	unsigned int i;

	for (i = 0; counted && i < HOPS; i++) {
		void **edges = counted->node.edges;

		thread->errors += READ_ONCE(counted->node.value) != 1;
		counted = load(&edges[smp_random(thread) % EDGES]);
	}
}

static void lead_counted(struct smp_thread *thread)
{
	struct counted *counted = load(slot_of(thread));
	struct counted *target = get(slot_of(thread));
	void **edge;

	if (counted) {
		edge = &counted->node.edges[smp_random(thread) % EDGES];
		spin_lock(&counted->lock);
		if (!counted->out) {
			struct counted *old = *edge;

			/* Pairs with load(). */
			smp_store_release(edge, target);
			target = old;
		}
		spin_unlock(&counted->lock);
	}
	put(target);
}

/* Nothing leads on from it any more, and nothing can be made to. */
static void take_out(struct counted *counted)
{
	void *edges[EDGES];
	unsigned int i;

	if (!counted)
		return;
	spin_lock(&counted->lock);
	counted->out = true;
	for (i = 0; i < EDGES; i++) {
		edges[i] = counted->node.edges[i];
		WRITE_ONCE(counted->node.edges[i], NULL);
	}
	spin_unlock(&counted->lock);
	for (i = 0; i < EDGES; i++)
		put(edges[i]);
	put(counted);
}

static void renew_counted(struct smp_thread *thread, struct counted *counted)
{
	unsigned int i;

	memset(counted, 0, sizeof(*counted));
	kref_init(&counted->ref);
	spin_lock_init(&counted->lock);
	counted->kmalloced = thread->backend == KSPAN_BENCH_KMALLOC;
	counted->node.value = 1;
	for (i = 0; i < EDGES; i++)
		counted->node.edges[i] = get(slot_of(thread));
	take_out(xchg(slot_of(thread), counted));
}

/* ---- the pattern ----------------------------------------------------------- */

static void op_collected(struct smp_thread *thread, unsigned int i)
{
	kspan_gc_enter(thread->store->heap);
	if (i % 4)
		walk_collected(thread);
	else if (i % 8)
		lead_collected(thread);
	else
		renew_collected(thread);
	kspan_gc_leave(thread->store->heap);
}

static void op_counted(struct smp_thread *thread, unsigned int i)
{
	struct counted *counted = NULL;

	if (i % 8 == 0) {
		counted = smp_alloc(thread, sizeof(*counted));
		if (unlikely(!counted))
			return;
	}
	rcu_read_lock();
	if (i % 4)
		walk_counted(thread);
	else if (i % 8)
		lead_counted(thread);
	else
		renew_counted(thread, counted);
	rcu_read_unlock();
}

static bool step(struct smp_thread *thread)
{
	unsigned int i;

	for (i = 0; i < STEP_OPS; i++) {
		if (graph_collected(thread))
			op_collected(thread, i);
		else
			op_counted(thread, i);
	}
	thread->ops += STEP_OPS;
	return true;
}

static int prepare(struct smp_run *run)
{
	struct graph *graph = run->shared;
	unsigned int i;
	int err = graph_type(run, &desc, &graph->type);

	if (!err && graph_collected(&run->threads[0]))
		err = kspan_gc_root_add(run->store.heap, graph->nodes, NODES);
	/* Every slot has been met by now, more or less. */
	for (i = 0; !err && i < 4 * NODES; i++) {
		if (graph_collected(&run->threads[0]))
			op_collected(&run->threads[0], 0);
		else
			op_counted(&run->threads[0], 0);
		cond_resched();
	}
	return err;
}

static void finish(struct smp_run *run)
{
	struct graph *graph = run->shared;
	unsigned int i;

	if (graph_collected(&run->threads[0])) {
		kspan_gc_root_remove(run->store.heap, graph->nodes);
		return;
	}
	for (i = 0; i < NODES; i++)
		take_out(graph->nodes[i]);
	rcu_barrier();
}

const struct smp_pattern smp_graph = {
	.name		= "graph",
	.backends	= GRAPH_BACKENDS,
	.shared_bytes	= sizeof(struct graph),
	.prepare	= prepare,
	.step		= step,
	.finish		= finish,
};
