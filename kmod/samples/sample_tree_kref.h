/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sample_tree.c without a collector: each pointer holds a reference. This is as good as
 * it gets, and subtrees that are cut off are lost nevertheless, as the pointers of their
 * nodes hold each other.
 */
#ifndef _KSPAN_SAMPLE_TREE_KREF_H
#define _KSPAN_SAMPLE_TREE_KREF_H

#include "sample_tree_object.h"

static atomic_t nlive;
static LIST_HEAD(dying);

static int objects_begin(void)
{
	return 0;
}

static void release(struct kref *refs)
{
	struct object *object = container_of(refs, struct object, refs);

	list_add(&object->dying, &dying);
}

static void unref(void *p)
{
	struct object *object = p;

	if (object)
		kref_put(&object->refs, release);
}

/* What a dead object led to may die, too. A loop, as it may be a long chain. */
static void bury(void)
{
	while (!list_empty(&dying)) {
		struct object *object = list_first_entry(&dying, struct object,
							 dying);

		list_del(&object->dying);
		if (object->is_node) {
			struct node *node = container_of(object, struct node,
							 object);

			unref(node->parent);
			unref(node->child);
			unref(node->sibling);
			unref(node->subscribers);
			atomic_inc(&ndied);
		} else {
			struct link *link = container_of(object, struct link,
							 object);

			unref(link->who);
			unref(link->whom);
			unref(link->next);
		}
		kfree(object);
		atomic_dec(&nlive);
	}
}

/* Each pointer holds what it leads to. */
static void point_at(void **slot, void *to)
{
	struct object *object = to;
	void *old = *slot;

	if (object)
		kref_get(&object->refs);
	*slot = to;
	unref(old);
}

#define point(slot, to)		point_at((void **)(slot), to)
#define follow(slot)		(*(slot))

static void *new_object(size_t bytes, bool is_node)
{
	struct object *object = kzalloc(bytes, GFP_KERNEL);

	if (!object)
		return NULL;
	/* The reference of its maker, who gives it up by let_go(). */
	kref_init(&object->refs);
	object->is_node = is_node;
	atomic_inc(&nlive);
	return object;
}

static struct node *new_node(void)
{
	return new_object(sizeof(struct node), true);
}

static struct link *new_link(void)
{
	return new_object(sizeof(struct link), false);
}

static void let_go(void *object)
{
	unref(object);
}

static void change_begin(void)
{
	mutex_lock(&mutex);
}

static void change_end(void)
{
	bury();
	mutex_unlock(&mutex);
}

/* Whoever reads keeps all others out. */
static void read_begin(void)
{
	change_begin();
}

static void read_end(void)
{
	change_end();
}

static int watch(struct node *node)
{
	return -EOPNOTSUPP;
}

static int watched_number(void)
{
	return -1;
}

static unsigned long count_live(void)
{
	return atomic_read(&nlive);
}

static void collect(void)
{
}

static void objects_end(void)
{
	change_begin();
	point(&root, NULL);
	change_end();
	if (atomic_read(&nlive))
		pr_notice("%d objects are lost\n", atomic_read(&nlive));
}

#endif /* _KSPAN_SAMPLE_TREE_KREF_H */
