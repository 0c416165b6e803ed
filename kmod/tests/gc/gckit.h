/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of collected heaps share: a heap whose cycles are asked for, with a
 * type of nodes, and one slot that is a root.
 */
#ifndef _KSPAN_GCKIT_H
#define _KSPAN_GCKIT_H

#include <kunit/test.h>
#include <linux/kspan_gc.h>

#include "tests/kit.h"

/* Its first four words are pointers. */
struct gckit_node {
	struct gckit_node	*next;
	struct gckit_node	*other;
	struct gckit_node	*third;
	struct gckit_node	*fourth;
	u64			value;
	u64			tag;
};

/**
 * struct gckit - a test's heap
 * @heap: the heap
 * @nodes: struct gckit_node, by offsets
 * @root: a root of one slot
 */
struct gckit {
	struct kspan_heap		*heap;
	const struct kspan_gc_type	*nodes;
	void				*root;
};

/* init and exit of a suite whose tests have one in test->priv. */
int gckit_init(struct kunit *test);
void gckit_exit(struct kunit *test);

static inline struct gckit *gckit(struct kunit *test)
{
	return test->priv;
}

/* A node, in a section; fails the test without. */
struct gckit_node *gckit_node(struct kunit *test, u64 value);

/* A list of nodes with values from @nr - 1 down to 0 is what the root holds. */
void gckit_list(struct kunit *test, unsigned int nr);

/* Whether the root's list is as gckit_list() has made it. */
bool gckit_list_intact(struct kunit *test, unsigned int nr);

/* Live objects of the heap. */
u64 gckit_live(struct kunit *test);

static inline void gckit_set(struct kunit *test, void **slot, void *p)
{
	kspan_gc_store(gckit(test)->heap, slot, p);
}

#endif /* _KSPAN_GCKIT_H */
