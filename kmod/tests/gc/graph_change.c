// SPDX-License-Identifier: GPL-2.0
/* How the graph is changed. */
#include <linux/delay.h>
#include <linux/sched.h>

#include "graph_int.h"

enum {
	WALK_STEPS	= 8,
	LONG_LIST	= 400,
};

/* ---- types ------------------------------------------------------------------- */

static void trace(void *obj, struct kspan_gc_tracer *tracer)
{
	struct graph_node *node = obj;
	unsigned int i;

	/* It may be about to be filled: where its slots are is known without. */
	for (i = 0; i < GRAPH_TRACED_SLOTS; i++)
		kspan_gc_trace(tracer,
			       READ_ONCE(node->slots[i * GRAPH_TRACED_STRIDE]));
}

#define OFFSET(i)	(offsetof(struct graph_node, slots) + (i) * sizeof(void *))
#define NODE_BYTES(n)	OFFSET(n)

int graph_register_types(struct graph *graph)
{
	static u32 offsets[GRAPH_WIDE_SLOTS];
	static const struct kspan_gc_type_desc descs[GRAPH_KINDS] = {
		[GRAPH_PAIR] = { "pair", NODE_BYTES(2), 0, offsets, 2 },
		/* What stands behind the link is the user's. */
		[GRAPH_LINK] = { "link", NODE_BYTES(4), 0, offsets, 1 },
		[GRAPH_WIDE] = { "wide", NODE_BYTES(GRAPH_WIDE_SLOTS), 0, offsets,
				 GRAPH_WIDE_SLOTS },
		[GRAPH_CELLS] = { "cell", GRAPH_CELL_WORDS * sizeof(void *), 0,
				  offsets, 2 },
		[GRAPH_TRACED] = { "traced", NODE_BYTES(GRAPH_TRACED_SLOTS *
							GRAPH_TRACED_STRIDE),
				   .trace = trace },
		[GRAPH_GUESSED] = { "guessed", NODE_BYTES(2 * GRAPH_GUESSED_SLOTS),
				    KSPAN_GC_CONSERVATIVE },
		[GRAPH_LEAF] = { "leaf", NODE_BYTES(GRAPH_LEAF_WORDS),
				 KSPAN_GC_NOSCAN },
	};
	unsigned int i;

	for (i = 0; i < GRAPH_WIDE_SLOTS; i++)
		offsets[i] = OFFSET(i);
	for (i = 0; i < GRAPH_KINDS; i++) {
		graph->types[i] = kspan_gc_type_register(graph->how.heap,
							 &descs[i]);
		if (IS_ERR(graph->types[i]))
			return PTR_ERR(graph->types[i]);
	}
	return 0;
}

/* ---- what is done in a section ------------------------------------------------ */

static struct graph_node *make(struct graph_worker *worker, unsigned int kind,
			       unsigned int nr, gfp_t gfp)
{
	struct graph *graph = worker->graph;
	struct graph_node *node;
	unsigned int i;

	node = kspan_gc_alloc(graph->how.heap, graph->types[kind],
			      kind == GRAPH_CELLS ? nr : 1, gfp | __GFP_NOWARN);
	if (!node) {
		atomic64_inc(&worker->nfailed);
		return NULL;
	}
	if (node->magic || node->slots[0])
		graph_error(graph, "an object is not zero");
	node->magic = GRAPH_MAGIC;
	node->id = (u32)atomic_inc_return(&graph->next_id) % GRAPH_IDS;
	node->kind = kind;
	node->nr = nr;
	node->sum = graph_sum(node);
	for (i = 1; kind == GRAPH_LEAF && i < GRAPH_LEAF_WORDS; i++)
		node->slots[i] = (void *)(node->id * 31ul + i);
	/* Odd words are noise: a number, an error, memory that is not the heap's. */
	for (i = 0; kind == GRAPH_GUESSED && i < GRAPH_GUESSED_SLOTS; i++)
		node->slots[2 * i + 1] = i == 0 ? (void *)(unsigned long)node->id :
					 i == 1 ? ERR_PTR(-ENOMEM) :
					 i == 2 ? graph : ZERO_SIZE_PTR;
	return node;
}

static unsigned int random_kind(struct rnd_state *rnd, unsigned int *nr)
{
	u32 dice = graph_below(rnd, 400);

	*nr = 1;
	if (dice < 1) {
		*nr = 1 + graph_below(rnd, GRAPH_MOST_CELLS);
		return GRAPH_CELLS;
	}
	if (dice < 2)
		return GRAPH_TRACED;
	if (dice < 30) {
		*nr = 1 + graph_below(rnd, 20);
		return GRAPH_CELLS;
	}
	if (dice < 60)
		return GRAPH_GUESSED;
	if (dice < 80)
		return GRAPH_WIDE;
	if (dice < 130)
		return GRAPH_LEAF;
	if (dice < 200)
		return GRAPH_LINK;
	return GRAPH_PAIR;
}

static void **random_root(struct graph_worker *worker, struct rnd_state *rnd)
{
	/* Interrupts leave alone what only the thread may remove. */
	if (rnd == &worker->rnd && worker->own_added && !graph_below(rnd, 8))
		return &worker->own[graph_below(rnd, GRAPH_OWN_ROOTS)];
	return &worker->graph->roots[graph_below(rnd, GRAPH_ROOTS)];
}

/* A node some steps from a root; looks at all on its way. */
static struct graph_node *find(struct graph_worker *worker, struct rnd_state *rnd)
{
	struct graph *graph = worker->graph;
	struct graph_node *node, *next;
	unsigned int i, steps = graph_below(rnd, WALK_STEPS);

	node = graph_node(graph, kspan_gc_load(random_root(worker, rnd)), "find");
	for (i = 0; node && i < steps; i++) {
		unsigned int nslots = graph_nslots(node);

		if (!nslots)
			break;
		next = graph_node(graph,
				  kspan_gc_load(graph_slot(node, graph_below(rnd, nslots))),
				  "step");
		if (!next)
			break;
		node = next;
	}
	return node;
}

/* A slot of a node, or a root. */
static void **random_slot(struct graph_worker *worker, struct rnd_state *rnd,
			  struct graph_node *node)
{
	unsigned int nslots = node ? graph_nslots(node) : 0;

	if (!nslots || !graph_below(rnd, 6))
		return random_root(worker, rnd);
	return graph_slot(node, graph_below(rnd, nslots));
}

static void store(struct graph_worker *worker, void **slot,
		  struct graph_node *node)
{
	kspan_gc_store(worker->graph->how.heap, slot,
		       node ? graph_pointer(node) : NULL);
}

/* What it is to point to is put in without a store: nobody sees the object yet. */
static void fill(struct graph_node *node, struct graph_node *a,
		 struct graph_node *b)
{
	if (a && node->kind == GRAPH_LEAF)
		node->slots[0] = graph_pointer(a);
	else if (a)
		*graph_slot(node, 0) = graph_pointer(a);
	if (b && graph_nslots(node) > 1)
		*graph_slot(node, graph_nslots(node) - 1) = graph_pointer(b);
}

static void hang_on(struct graph_worker *worker, struct rnd_state *rnd, gfp_t gfp)
{
	struct graph_node *a = find(worker, rnd), *b = find(worker, rnd), *node;
	unsigned int nr, kind = random_kind(rnd, &nr);

	node = make(worker, kind, nr, gfp);
	if (!node)
		return;
	fill(node, a, b);
	store(worker, random_slot(worker, rnd, a), node);
}

static void hang_on_list(struct graph_worker *worker, struct rnd_state *rnd,
			 gfp_t gfp)
{
	unsigned int i, n = graph_below(rnd, LONG_LIST);
	struct graph_node *head = find(worker, rnd);
	struct graph_node *node;

	for (i = 0; i < n; i++) {
		node = make(worker, GRAPH_LINK, 1, gfp);
		if (!node)
			break;
		fill(node, head, NULL);
		head = node;
	}
	store(worker, random_slot(worker, rnd, head), head);
}

/* Cycles come of this. */
static void tie(struct graph_worker *worker, struct rnd_state *rnd)
{
	struct graph_node *from = find(worker, rnd), *to = find(worker, rnd);

	store(worker, random_slot(worker, rnd, from), to);
}

/* From one place to another: the collector must not miss it between them. */
static void move(struct graph_worker *worker, struct rnd_state *rnd)
{
	struct graph_node *a = find(worker, rnd), *b = find(worker, rnd);
	void **from = random_slot(worker, rnd, a);
	void **to = random_slot(worker, rnd, b);
	struct graph_node *node = graph_node(worker->graph, kspan_gc_load(from),
					     "move");

	if (!node)
		return;
	store(worker, from, NULL);
	/* A section may be open inside in which nothing sleeps. */
	if (rnd == &worker->rnd && !graph_below(rnd, 64))
		udelay(5);
	store(worker, to, node);
}

static void cut(struct graph_worker *worker, struct rnd_state *rnd)
{
	store(worker, random_slot(worker, rnd, find(worker, rnd)), NULL);
}

/* ---- what only threads do ------------------------------------------------------ */

static void pin(struct graph_worker *worker)
{
	void **pin = &worker->pins[graph_below(&worker->rnd, GRAPH_PINS)];
	struct graph_node *node;

	if (*pin) {
		node = graph_node(worker->graph, *pin, "pin");
		kspan_gc_unpin(*pin);
		*pin = NULL;
		if (node && graph_below(&worker->rnd, 2))
			store(worker, random_root(worker, &worker->rnd), node);
		return;
	}
	node = find(worker, &worker->rnd);
	if (!node)
		return;
	if (kspan_gc_pin(graph_pointer(node)))
		atomic64_inc(&worker->nfailed);
	else
		*pin = graph_pointer(node);
}

static void wait_for_death(struct graph_worker *worker, struct graph_life *life,
			   gfp_t gfp)
{
	struct graph_node *node = find(worker, &worker->rnd);

	if (!node)
		return;
	life->weak = kspan_gc_weak_create(graph_pointer(node), gfp | __GFP_NOWARN);
	if (!life->weak) {
		atomic64_inc(&worker->nfailed);
		return;
	}
	life->id = node->id;
	life->dead = false;
	atomic_set(&life->nruns, 0);
	life->cleanup = graph_below(&worker->rnd, 2) &&
			!kspan_gc_cleanup_add(node, graph_cleanup, life,
					      gfp | __GFP_NOWARN);
}

static void ask_life(struct graph_worker *worker, struct graph_life *life)
{
	struct graph_node *node;
	void *p = kspan_gc_weak_get(life->weak);

	node = graph_node(worker->graph, p, "weak");
	if (!p) {
		life->dead = true;
		return;
	}
	if (life->dead)
		graph_error(worker->graph, "object %u was dead", life->id);
	if (!node)
		return;
	if (node->id != life->id)
		graph_error(worker->graph, "a weak reference to %u gives %u",
			    life->id, node->id);
	if (atomic_read(&life->nruns))
		graph_error(worker->graph, "object %u lives after its cleanup",
			    life->id);
	if (life->cleanup && !graph_below(&worker->rnd, 8)) {
		kspan_gc_cleanup_remove(node, graph_cleanup, life);
		life->cleanup = false;
	}
	if (!graph_below(&worker->rnd, 4))
		store(worker, random_slot(worker, &worker->rnd,
					  find(worker, &worker->rnd)), node);
}

static void life(struct graph_worker *worker, gfp_t gfp)
{
	struct graph_life *life = &worker->lives[graph_below(&worker->rnd, GRAPH_LIVES)];

	if (life->weak)
		ask_life(worker, life);
	else
		wait_for_death(worker, life, gfp);
}

/* An object that nobody else has seen. */
static void make_and_free(struct graph_worker *worker, gfp_t gfp)
{
	unsigned int nr, kind = random_kind(&worker->rnd, &nr);
	struct graph_node *node = make(worker, kind, nr, gfp);

	if (!node)
		return;
	fill(node, find(worker, &worker->rnd), NULL);
	kspan_free(node);
}

/* One change by a thread, in a section. */
void graph_mutate(struct graph_worker *worker, gfp_t gfp)
{
	u32 dice = graph_below(&worker->rnd, 100);

	atomic64_inc(&worker->nmutations);
	if (READ_ONCE(worker->graph->cutting) && dice < 50)
		cut(worker, &worker->rnd);
	else if (dice < 35)
		hang_on(worker, &worker->rnd, gfp);
	else if (dice < 36)
		hang_on_list(worker, &worker->rnd, gfp);
	else if (dice < 56)
		tie(worker, &worker->rnd);
	else if (dice < 72)
		move(worker, &worker->rnd);
	else if (dice < 82)
		cut(worker, &worker->rnd);
	else if (dice < 87)
		pin(worker);
	else if (dice < 95)
		life(worker, gfp);
	else
		make_and_free(worker, gfp);
}

/* Outside of sections. */
void graph_change_roots(struct graph_worker *worker)
{
	struct kspan_heap *heap = worker->graph->how.heap;

	if (worker->own_added) {
		kspan_gc_root_remove(heap, worker->own);
		worker->own_added = false;
		memset(worker->own, 0, sizeof(worker->own));
		return;
	}
	if (kspan_gc_root_add(heap, worker->own, GRAPH_OWN_ROOTS))
		atomic64_inc(&worker->nfailed);
	else
		worker->own_added = true;
}

/* By an interrupt, which has random numbers of its own; in a section. */
void graph_interrupt(struct graph_worker *worker, struct rnd_state *rnd)
{
	if (graph_below(rnd, 2))
		hang_on(worker, rnd, GFP_ATOMIC);
	move(worker, rnd);
	cut(worker, rnd);
	atomic64_add(3, &worker->nmutations);
}
