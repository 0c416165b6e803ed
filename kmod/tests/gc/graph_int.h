/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the graph's parts share: graph_change.c changes it, by the threads of
 * graph_run.c, and graph_check.c looks.
 */
#ifndef _KSPAN_TESTS_GRAPH_INT_H
#define _KSPAN_TESTS_GRAPH_INT_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/interrupt.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "graph.h"

enum graph_kind {
	GRAPH_PAIR,		/* two pointers */
	GRAPH_LINK,		/* of a list */
	GRAPH_WIDE,		/* many pointers */
	GRAPH_CELLS,		/* an array of pairs, small or large */
	GRAPH_TRACED,		/* large, with a trace function */
	GRAPH_GUESSED,		/* words that may be pointers */
	GRAPH_LEAF,		/* what looks like a pointer holds nothing */
	GRAPH_KINDS,
};

enum {
	GRAPH_ROOTS		= 64,
	/* Each thread's own. */
	GRAPH_OWN_ROOTS		= 4,
	GRAPH_PINS		= 4,
	GRAPH_LIVES		= 32,
	GRAPH_MAX_THREADS	= 16,

	GRAPH_IDS		= 1 << 24,
	/* Objects are told apart by offsets below this, in bytes. */
	GRAPH_TAGS		= 24,
	GRAPH_MAGIC		= 0x67726166,

	GRAPH_WIDE_SLOTS	= 64,
	GRAPH_TRACED_SLOTS	= 500,
	GRAPH_TRACED_STRIDE	= 16,
	GRAPH_GUESSED_SLOTS	= 4,
	GRAPH_LEAF_WORDS	= 5,
	GRAPH_MOST_CELLS	= 6000,
};

/**
 * struct graph_node - an object
 * @magic: GRAPH_MAGIC
 * @id: its number, of which a slot that is used again has another
 * @kind: enum graph_kind
 * @nr: elements
 * @sum: of the above
 * @seen: the check that has come to it last
 * @slots: see graph_slot()
 */
struct graph_node {
	u32	magic;
	u32	id;
	u32	kind;
	u32	nr;
	u32	sum;
	u32	seen;
	void	*slots[];
};

/* An element of GRAPH_CELLS: the first is the node's own. */
#define GRAPH_CELL_WORDS	5

/**
 * struct graph_life - an object whose death is waited for
 * @weak: leads to it; NULL if this is not in use
 * @id: the object
 * @nruns: how often its cleanup has run
 * @cleanup: it has one
 * @dead: its weak reference has given NULL
 */
struct graph_life {
	struct kspan_gc_weak	*weak;
	u32			id;
	atomic_t		nruns;
	bool			cleanup;
	bool			dead;
};

/**
 * struct graph_worker - a thread, and what interrupts its CPU
 * @graph: the graph
 * @task: the thread
 * @cpu: where it is
 * @sleepable: its sections may sleep
 * @rnd: random numbers of the thread
 * @hard_rnd: of its hard interrupts
 * @soft_rnd: of its softirq
 * @soft: what interrupts in softirq
 * @nmutations: what it has done
 * @nfailed: allocations of any kind that got nothing
 * @own: roots that come and go
 * @own_added: these are roots
 * @pins: objects that it has pinned
 * @lives: objects whose death it waits for
 */
struct graph_worker {
	struct graph		*graph;
	struct task_struct	*task;
	unsigned int		cpu;
	bool			sleepable;
	struct rnd_state	rnd;
	struct rnd_state	hard_rnd;
	struct rnd_state	soft_rnd;
	struct tasklet_struct	soft;
	atomic64_t		nmutations;
	atomic64_t		nfailed;
	void			*own[GRAPH_OWN_ROOTS];
	bool			own_added;
	void			*pins[GRAPH_PINS];
	struct graph_life	lives[GRAPH_LIVES];
};

/**
 * struct graph - the graph
 * @how: what is done to it
 * @types: of each kind
 * @roots: shared by all
 * @next_id: the number of the next object
 * @nerrors: what was wrong; the first are told
 * @cutting: there are too many objects
 * @round: checks so far
 * @reached: a bit for each number that the last check has come to
 * @queue: of the check
 * @room: of @queue
 * @nreached: objects that it came to
 * @collector: a thread that collects without pause
 * @workers: the threads
 */
struct graph {
	struct graph_how		how;
	const struct kspan_gc_type	*types[GRAPH_KINDS];
	void				*roots[GRAPH_ROOTS];
	atomic_t			next_id;
	atomic_t			nerrors;
	bool				cutting;
	u32				round;
	unsigned long			*reached;
	struct graph_node		**queue;
	unsigned int			room;
	unsigned int			nreached;
	struct task_struct		*collector;
	struct graph_worker		workers[GRAPH_MAX_THREADS];
};

static inline unsigned int graph_nslots(const struct graph_node *node)
{
	switch (node->kind) {
	case GRAPH_PAIR:
		return 2;
	case GRAPH_LINK:
		return 1;
	case GRAPH_WIDE:
		return GRAPH_WIDE_SLOTS;
	case GRAPH_CELLS:
		return 2 * node->nr;
	case GRAPH_TRACED:
		return GRAPH_TRACED_SLOTS;
	case GRAPH_GUESSED:
		return GRAPH_GUESSED_SLOTS;
	default:
		return 0;
	}
}

static inline void **graph_slot(struct graph_node *node, unsigned int i)
{
	switch (node->kind) {
	case GRAPH_CELLS:
		return &node->slots[i / 2 * GRAPH_CELL_WORDS + i % 2];
	case GRAPH_TRACED:
		return &node->slots[i * GRAPH_TRACED_STRIDE];
	case GRAPH_GUESSED:
		return &node->slots[2 * i];
	default:
		return &node->slots[i];
	}
}

static inline u32 graph_sum(const struct graph_node *node)
{
	return (node->id * 2654435761u) ^ (node->kind << 24) ^ (node->nr << 8) ^
	       node->magic;
}

/* A number below @ceil. */
static inline u32 graph_below(struct rnd_state *rnd, u32 ceil)
{
	return prandom_u32_state(rnd) % ceil;
}

/* A pointer to a node. */
static inline void *graph_pointer(const struct graph_node *node)
{
	return (char *)node + node->id % GRAPH_TAGS;
}

__printf(2, 3)
void graph_error(struct graph *graph, const char *format, ...);
struct graph_node *graph_node(struct graph *graph, const void *p,
			      const char *where);
void graph_cleanup(void *arg);
int graph_register_types(struct graph *graph);
void graph_mutate(struct graph_worker *worker, gfp_t gfp);
void graph_interrupt(struct graph_worker *worker, struct rnd_state *rnd);
void graph_change_roots(struct graph_worker *worker);

#endif /* _KSPAN_TESTS_GRAPH_INT_H */
