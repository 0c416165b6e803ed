/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A random graph of collected objects, and a reference collector.
 *
 * Threads on all CPUs, and interrupts of these, change a graph that hangs on roots and
 * pins, while cycles run. From time to time all stop. Then the graph is walked from its
 * roots, breadth first and with nothing but pointers; each object must be the one that
 * the pointer was made for, with its contents. After one more cycle exactly the objects
 * that were found are live: as many as statistics say, weak references lead to these
 * and to no others, and cleanups have run, once, for the others.
 *
 * The low bits of an object's number are in each pointer to it, as an offset into the
 * object. So a pointer to a slot that was freed and used again is noticed, and all
 * pointers are interior ones.
 *
 * Uses what any module may use: kmod/tests has it in KUnit, selftests/gc on stock kernels.
 */
#ifndef _KSPAN_TESTS_GRAPH_H
#define _KSPAN_TESTS_GRAPH_H

#include <linux/kspan_gc.h>

/**
 * struct graph_how - what is done to the graph
 * @heap: a collected heap without objects
 * @seed: of the random numbers
 * @nthreads: threads that change it
 * @most_objects: above so many more is cut off than hung on
 * @sleepable: every other thread uses sections that may sleep
 * @interrupts: interrupts change it too
 */
struct graph_how {
	struct kspan_heap	*heap;
	u32			seed;
	unsigned int		nthreads;
	unsigned int		most_objects;
	bool			sleepable;
	bool			interrupts;
};

struct graph;

struct graph *graph_create(const struct graph_how *how);
int graph_start(struct graph *graph);
void graph_stop(struct graph *graph);
bool graph_check(struct graph *graph);
u64 graph_mutations(const struct graph *graph);
u64 graph_failed(const struct graph *graph);
unsigned int graph_reached(const struct graph *graph);
bool graph_destroy(struct graph *graph);

#endif /* _KSPAN_TESTS_GRAPH_H */
