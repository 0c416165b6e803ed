// SPDX-License-Identifier: GPL-2.0
/*
 * Sample: a tree whose nodes point back to their parents, and subscribe to each other.
 *
 * Devices, directories, and whatever else is arranged in a tree and wants to know of each
 * other's changes, has this shape. Its pointers run in circles: a parent leads to its
 * children and each of these back; who publishes leads to its subscribers, and these,
 * to cancel one day, lead back. Who owns what is not to be said, so a counter of
 * references never comes to zero: in the build sample_tree_kmalloc each pointer holds
 * a struct kref, and a subtree that is cut off is lost for good. In the other, the heap
 * finds out by itself that nobody can reach it.
 *
 * What to copy from it:
 *
 *  - A heap with KSPAN_HEAP_GC, types whose pointers are told by their offsets, and one
 *    root, which is all that keeps the tree.
 *  - Who changes the tree has a mutex, as ever, and a section that may sleep. Each
 *    pointer that others may see is written by kspan_gc_store().
 *  - Who only reads has a plain section and no lock. What it has found stays until the
 *    section ends, even if it is cut off meanwhile.
 *  - A weak reference to a node that does not keep it, and a cleanup that tells when it is
 *    gone.
 *
 * In /sys/kernel/debug/sample_tree/ (of the other build, sample_tree_kmalloc/):
 *
 *	do	takes lines: "add PARENT NODE", "cut NODE", "subscribe NODE TO",
 *		"publish NODE", "watch NODE"; nodes are numbers, and 0 is the root
 *	collect	takes anything, and collects
 *	stats	counts
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#ifndef SAMPLE_KMALLOC
#include <linux/kspan_gc.h>

/* A collected object needs nothing to be collected. */
struct object {
};
#else
#include "sample_tree_object.h"
#endif

/**
 * struct node - a node of the tree
 * @object: what counters need
 * @number: its name; never changes
 * @parent: the node above
 * @child: the first node below
 * @sibling: the next of the same parent
 * @subscribers: who wants to know
 * @ntold: what it was told of as a subscriber
 */
struct node {
	struct object	object;
	unsigned int	number;
	atomic_t	ntold;
	struct node	*parent;
	struct node	*child;
	struct node	*sibling;
	struct link	*subscribers;
};

/**
 * struct link - a subscription
 * @object: what counters need
 * @who: the subscriber
 * @whom: who publishes
 * @next: the next of the same
 */
struct link {
	struct object	object;
	struct node	*who;
	struct node	*whom;
	struct link	*next;
};

static struct dentry *dir;
static DEFINE_MUTEX(mutex);	/* for who changes the tree */
static struct node *root;
static atomic_t ndied;
static atomic_t ndelivered;

/* ---- the two ways to have objects --------------------------------------------- */

#ifndef SAMPLE_KMALLOC

static struct kspan_heap *heap;
static const struct kspan_gc_type *node_type;
static const struct kspan_gc_type *link_type;
static struct kspan_gc_weak *watched;

static int objects_begin(void)
{
	static const u32 node_pointers[] = {
		offsetof(struct node, parent), offsetof(struct node, child),
		offsetof(struct node, sibling), offsetof(struct node, subscribers),
	};
	static const u32 link_pointers[] = {
		offsetof(struct link, who), offsetof(struct link, whom),
		offsetof(struct link, next),
	};
	static const struct kspan_gc_type_desc node_desc = {
		.name = "node",
		.size = sizeof(struct node),
		.pointers = node_pointers,
		.nr_pointers = ARRAY_SIZE(node_pointers),
	};
	static const struct kspan_gc_type_desc link_desc = {
		.name = "link",
		.size = sizeof(struct link),
		.pointers = link_pointers,
		.nr_pointers = ARRAY_SIZE(link_pointers),
	};
	struct kspan_heap_params params = { .flags = KSPAN_HEAP_GC };
	int err;

	heap = kspan_heap_create("sample_tree", &params);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	node_type = kspan_gc_type_register(heap, &node_desc);
	link_type = kspan_gc_type_register(heap, &link_desc);
	if (IS_ERR(node_type) || IS_ERR(link_type))
		err = -ENOMEM;
	else
		err = kspan_gc_root_add(heap, (void **)&root, 1);
	if (err)
		kspan_heap_destroy(heap);
	return err;
}

/* With all objects that are left. Their cleanups run before it returns. */
static void objects_end(void)
{
	if (watched)
		kspan_gc_weak_put(watched);
	kspan_heap_destroy(heap);
}

static void count_death(void *unused)
{
	atomic_inc(&ndied);
}

static struct node *new_node(void)
{
	struct node *node = kspan_gc_alloc(heap, node_type, 1, GFP_KERNEL);

	/* Who gets no cleanup is not counted, which is no harm here. */
	if (node && kspan_gc_cleanup_add(node, count_death, NULL, GFP_KERNEL))
		pr_warn("a node's death will not be counted\n");
	return node;
}

static struct link *new_link(void)
{
	return kspan_gc_alloc(heap, link_type, 1, GFP_KERNEL);
}

/* Its maker has put it where it belongs. The section has held it. */
static void let_go(void *object)
{
}

/* Makes a pointer in an object, or the root, lead to another object. */
#define point(slot, to)		kspan_gc_store(heap, (void **)(slot), to)
#define follow(slot)							\
({									\
	typeof(slot) __slot = (slot);					\
	(typeof(*__slot))kspan_gc_load((void **)__slot);		\
})

static void change_begin(void)
{
	mutex_lock(&mutex);
	kspan_gc_enter_sleepable(heap);
}

static void change_end(void)
{
	kspan_gc_leave_sleepable(heap);
	mutex_unlock(&mutex);
}

static void read_begin(void)
	__acquires(RCU)
{
	kspan_gc_enter(heap);
}

static void read_end(void)
	__releases(RCU)
{
	kspan_gc_leave(heap);
}

static int watch(struct node *node)
{
	struct kspan_gc_weak *weak = kspan_gc_weak_create(node, GFP_KERNEL);

	if (!weak)
		return -ENOMEM;
	if (watched)
		kspan_gc_weak_put(watched);
	watched = weak;
	return 0;
}

/* The watched node's number, -1 without one, and -2 if it is dead. */
static int watched_number(void)
{
	struct node *node;
	int number = -1;

	change_begin();
	if (watched) {
		node = kspan_gc_weak_get(watched);
		number = node ? (int)node->number : -2;
	}
	change_end();
	return number;
}

static unsigned long count_live(void)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	return stats.live_objects;
}

static void collect(void)
{
	kspan_gc_collect(heap);
	kspan_gc_cleanup_barrier(heap);
}

#else

#include "sample_tree_kref.h"

#endif /* SAMPLE_KMALLOC */

/* ---- the tree ------------------------------------------------------------------ */

/* The node after this one, from above to below. The way back needs no stack. */
static struct node *node_after(struct node *node)
{
	struct node *next = follow(&node->child);

	while (!next) {
		next = follow(&node->sibling);
		if (next)
			break;
		node = follow(&node->parent);
		if (!node)
			break;
	}
	return next;
}

static struct node *find(unsigned int number)
{
	struct node *node;

	for (node = follow(&root); node; node = node_after(node)) {
		if (node->number == number)
			return node;
	}
	return NULL;
}

/* The caller changes the tree. */
static int add(unsigned int parent_number, unsigned int number)
{
	struct node *parent = find(parent_number), *node;

	if (!parent)
		return -ENOENT;
	if (find(number))
		return -EEXIST;
	node = new_node();
	if (!node)
		return -ENOMEM;
	/* Complete before anybody can see it. */
	node->number = number;
	point(&node->parent, parent);
	point(&node->sibling, follow(&parent->child));
	point(&parent->child, node);
	let_go(node);
	return 0;
}

/* With all that is below it. Who is there at the moment may go on to the end. */
static int cut(unsigned int number)
{
	struct node *node = find(number), *parent;
	struct node **slot;

	if (!node || node == root)
		return -ENOENT;
	parent = follow(&node->parent);
	for (slot = &parent->child; follow(slot) != node;
	     slot = &follow(slot)->sibling)
		;
	point(slot, follow(&node->sibling));
	return 0;
}

static int subscribe(unsigned int who, unsigned int whom)
{
	struct node *subscriber = find(who), *publisher = find(whom);
	struct link *link;

	if (!subscriber || !publisher)
		return -ENOENT;
	link = new_link();
	if (!link)
		return -ENOMEM;
	point(&link->who, subscriber);
	point(&link->whom, publisher);
	point(&link->next, follow(&publisher->subscribers));
	point(&publisher->subscribers, link);
	let_go(link);
	return 0;
}

/* Reads only, as subscribers count for themselves. */
static int publish(unsigned int number)
{
	struct node *node;
	struct link *link;

	read_begin();
	node = find(number);
	for (link = node ? follow(&node->subscribers) : NULL; link;
	     link = follow(&link->next)) {
		atomic_inc(&follow(&link->who)->ntold);
		atomic_inc(&ndelivered);
	}
	read_end();
	return node ? 0 : -ENOENT;
}

static int watch_number(unsigned int number)
{
	struct node *node = find(number);

	return node ? watch(node) : -ENOENT;
}

static int plant(void)
{
	struct node *node;

	change_begin();
	node = new_node();
	if (node) {
		point(&root, node);
		let_go(node);
	}
	change_end();
	return node ? 0 : -ENOMEM;
}

/* ---- files ----------------------------------------------------------------------- */

static int do_line(const char *line)
{
	unsigned int a, b;
	int err = -EINVAL;

	if (sscanf(line, "publish %u", &a) == 1)
		return publish(a);
	change_begin();
	if (sscanf(line, "add %u %u", &a, &b) == 2)
		err = add(a, b);
	else if (sscanf(line, "cut %u", &a) == 1)
		err = cut(a);
	else if (sscanf(line, "subscribe %u %u", &a, &b) == 2)
		err = subscribe(a, b);
	else if (sscanf(line, "watch %u", &a) == 1)
		err = watch_number(a);
	change_end();
	return err;
}

/* Takes the lines that fit a page, and leaves the rest to the next write. */
static ssize_t do_write(struct file *file, const char __user *ubuf, size_t count,
			loff_t *ppos)
{
	char *lines, *rest, *line;
	int err = 0;

	count = min(count, PAGE_SIZE - 1);
	lines = memdup_user_nul(ubuf, count);
	if (IS_ERR(lines))
		return PTR_ERR(lines);
	rest = strrchr(lines, '\n');
	if (rest) {
		*rest = '\0';
		count = rest + 1 - lines;
	}
	rest = lines;
	while (!err && (line = strsep(&rest, "\n")))
		err = do_line(line);
	kfree(lines);
	return err ?: count;
}

static const struct file_operations do_fops = {
	.owner	= THIS_MODULE,
	.open	= nonseekable_open,
	.write	= do_write,
};

static ssize_t collect_write(struct file *file, const char __user *ubuf,
			     size_t count, loff_t *ppos)
{
	collect();
	return count;
}

static const struct file_operations collect_fops = {
	.owner	= THIS_MODULE,
	.open	= nonseekable_open,
	.write	= collect_write,
};

static int stats_show(struct seq_file *m, void *unused)
{
	unsigned int nnodes = 0;
	struct node *node;

	read_begin();
	for (node = follow(&root); node; node = node_after(node))
		nnodes++;
	read_end();
	seq_printf(m, "nodes %u\nlive_objects %lu\ndied %d\n", nnodes, count_live(),
		   atomic_read(&ndied));
	seq_printf(m, "delivered %d\nwatched %d\n", atomic_read(&ndelivered),
		   watched_number());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/* ---- the module ------------------------------------------------------------------ */

static int __init tree_init(void)
{
	int err = objects_begin();

	if (err)
		return err;
	err = plant();
	if (err) {
		objects_end();
		return err;
	}
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("do", 0200, dir, NULL, &do_fops);
	debugfs_create_file("collect", 0200, dir, NULL, &collect_fops);
	debugfs_create_file("stats", 0400, dir, NULL, &stats_fops);
	return 0;
}
module_init(tree_init);

static void __exit tree_exit(void)
{
	debugfs_remove(dir);
	objects_end();
}
module_exit(tree_exit);

MODULE_DESCRIPTION("Sample: a tree with pointers in circles, in a collected heap");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
