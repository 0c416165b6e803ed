// SPDX-License-Identifier: GPL-2.0
/*
 * Binary trees that are built, walked and dropped, beside one that lives long. After
 * the binary-trees benchmark. An op is a node.
 */
#include <linux/kref.h>

#include "graph.h"

enum {
	DEPTH		= 9,
	LONG_DEPTH	= 15,
};

/* @ref is not used where nodes are collected. */
struct node {
	struct node *left;
	struct node *right;
	struct kref ref;
	bool kmalloced;
};

struct trees {
	const struct kspan_gc_type *type;
};

struct worker {
	void *root;
};

static const u32 pointers[] = {
	offsetof(struct node, left), offsetof(struct node, right),
};

static const struct kspan_gc_type_desc desc = {
	.name = "tree_node", .size = sizeof(struct node),
	.pointers = pointers, .nr_pointers = ARRAY_SIZE(pointers),
};

static struct node *build_collected(struct smp_thread *thread,
				    unsigned int depth)
{
	const struct trees *trees = thread->run->shared;
	struct kspan_heap *heap = thread->store->heap;
	struct node *node = kspan_gc_alloc(heap, trees->type, 1, SMP_GFP);

	if (unlikely(!node)) {
		thread->errors++;
		return NULL;
	}
	if (depth) {
		kspan_gc_store(heap, (void **)&node->left,
			       build_collected(thread, depth - 1));
		kspan_gc_store(heap, (void **)&node->right,
			       build_collected(thread, depth - 1));
	}
	return node;
}

static struct node *build_counted(struct smp_thread *thread, unsigned int depth)
{
	struct node *node = smp_alloc(thread, sizeof(*node));

	if (unlikely(!node))
		return NULL;
	kref_init(&node->ref);
	node->kmalloced = thread->backend == KSPAN_BENCH_KMALLOC;
	node->left = depth ? build_counted(thread, depth - 1) : NULL;
	node->right = depth ? build_counted(thread, depth - 1) : NULL;
	return node;
}

static void put(struct node *node);

static void release(struct kref *ref)
{
	struct node *node = container_of(ref, struct node, ref);

	put(node->left);
	put(node->right);
	if (node->kmalloced)
		kfree(node);
	else
		kspan_free(node);
}

static void put(struct node *node)
{
	if (node)
		kref_put(&node->ref, release);
}

static unsigned int count_collected(struct node *node)
{
	if (!node)
		return 0;
	return 1 + count_collected(kspan_gc_load((void **)&node->left)) +
	       count_collected(kspan_gc_load((void **)&node->right));
}

static unsigned int count(const struct node *node)
{
	return node ? 1 + count(node->left) + count(node->right) : 0;
}

static bool step(struct smp_thread *thread)
{
	struct kspan_heap *heap = thread->store->heap;
	struct node *node;
	unsigned int n;

	if (graph_collected(thread)) {
		kspan_gc_enter_sleepable(heap);
		n = count_collected(build_collected(thread, DEPTH));
		kspan_gc_leave_sleepable(heap);
	} else {
		node = build_counted(thread, DEPTH);
		n = count(node);
		put(node);
	}
	thread->ops += n;
	return true;
}

static int prepare(struct smp_run *run)
{
	struct kspan_heap *heap = run->store.heap;
	struct trees *trees = run->shared;
	int err = graph_type(run, &desc, &trees->type);
	u32 i;

	for (i = 0; !err && i < run->nr_threads; i++) {
		struct smp_thread *thread = &run->threads[i];
		struct worker *worker = thread->state;

		if (!graph_collected(thread)) {
			worker->root = build_counted(thread, LONG_DEPTH);
			continue;
		}
		err = kspan_gc_root_add(heap, &worker->root, 1);
		if (err)
			break;
		kspan_gc_enter_sleepable(heap);
		kspan_gc_store(heap, &worker->root,
			       build_collected(thread, LONG_DEPTH));
		kspan_gc_leave_sleepable(heap);
	}
	return err;
}

static void finish(struct smp_run *run)
{
	u32 i;

	for (i = 0; i < run->nr_threads; i++) {
		struct worker *worker = run->threads[i].state;

		if (graph_collected(&run->threads[i]))
			kspan_gc_root_remove(run->store.heap, &worker->root);
		else
			put(worker->root);
	}
}

const struct smp_pattern smp_binary_trees = {
	.name		= "binary-trees",
	.backends	= GRAPH_BACKENDS,
	.bytes		= sizeof(struct node),
	.state_bytes	= sizeof(struct worker),
	.shared_bytes	= sizeof(struct trees),
	.prepare	= prepare,
	.step		= step,
	.finish		= finish,
};
