// SPDX-License-Identifier: GPL-2.0
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "gc/gc.h"
#include "gc/mark.h"
#include "gc/root.h"

enum {
	/* Slots that are read while the lock is held. */
	READ_SLOTS	= 64,
};

/**
 * struct root - slots that hold objects
 * @node: among the heap's
 * @slots: the first
 * @nr: how many
 */
struct root {
	struct rb_node	node;
	void		**slots;
	size_t		nr;
};

static struct root *find(struct kspan_gc *gc, void **slots)
{
	struct rb_node *node = gc->roots.rb_node;

	while (node) {
		struct root *root = rb_entry(node, struct root, node);

		if (slots == root->slots)
			return root;
		node = slots < root->slots ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/* The first one whose slots begin above @slots, or at it with @at. */
static struct root *find_from(struct kspan_gc *gc, void **slots, bool at)
{
	struct rb_node *node = gc->roots.rb_node;
	struct root *best = NULL;

	while (node) {
		struct root *root = rb_entry(node, struct root, node);

		if (slots < root->slots || (at && slots == root->slots)) {
			best = root;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

static bool precedes(struct rb_node *node, const struct rb_node *parent)
{
	return rb_entry(node, struct root, node)->slots <
	       rb_entry(parent, struct root, node)->slots;
}

/* What the slots lead to stays for this cycle. */
static void reach_slots(struct kspan_gc *gc, void **slots, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		kspan_mark_reach(gc, READ_ONCE(slots[i]));
}

/**
 * kspan_gc_root_add() - let slots outside of objects hold what they point to
 * @heap: a collected heap
 * @slots: the first
 * @nr: how many
 *
 * The slots are written by kspan_gc_store() from now on; what is in them by now holds
 * its objects if the caller does, too.
 *
 * Context: Any but hard interrupts and NMI; inside of sections or not. Takes gc->lock.
 * Return: 0; -EEXIST if there is a root with that first slot; -EINVAL; -ENOMEM.
 */
int kspan_gc_root_add(struct kspan_heap *heap, void **slots, size_t nr)
{
	struct kspan_gc *gc = kspan_heap_gc(heap);
	struct root *root = NULL;
	unsigned long flags;
	int err = 0;

	if (!gc || !slots || !nr || !IS_ALIGNED((unsigned long)slots,
						sizeof(void *)))
		return -EINVAL;
	if (!kspan_fault(KSPAN_FAULT_GC_ROOT, GFP_ATOMIC))
		root = kmalloc(sizeof(*root), GFP_ATOMIC);
	if (!root)
		return -ENOMEM;
	root->slots = slots;
	root->nr = nr;
	/* The snapshot waits until what is in them is grey. */
	rcu_read_lock();
	spin_lock_irqsave(&gc->lock, flags);
	if (find(gc, slots))
		err = -EEXIST;
	else
		rb_add(&root->node, &gc->roots, precedes);
	spin_unlock_irqrestore(&gc->lock, flags);
	if (!err && kspan_gc_phase(gc) == KSPAN_GC_MARK)
		reach_slots(gc, slots, nr);
	rcu_read_unlock();
	if (err)
		kfree(root);
	return err;
}
EXPORT_SYMBOL_GPL(kspan_gc_root_add);

/**
 * kspan_gc_root_remove() - let slots hold nothing any more
 * @heap: the heap
 * @slots: as given to kspan_gc_root_add(); others are reported
 *
 * Nobody reads the slots when it returns.
 *
 * Context: As kspan_gc_root_add().
 */
void kspan_gc_root_remove(struct kspan_heap *heap, void **slots)
{
	struct kspan_gc *gc = kspan_heap_gc(heap);
	struct root *root;
	unsigned long flags;

	if (!gc)
		return;
	rcu_read_lock();
	spin_lock_irqsave(&gc->lock, flags);
	root = find(gc, slots);
	if (root)
		rb_erase(&root->node, &gc->roots);
	spin_unlock_irqrestore(&gc->lock, flags);
	/* As if each slot were overwritten. */
	if (root && kspan_gc_phase(gc) == KSPAN_GC_MARK)
		reach_slots(gc, root->slots, root->nr);
	rcu_read_unlock();
	if (!root)
		pr_err_ratelimited("kspan: BUG: heap %s: %p is removed, which is no root\n",
				   heap->storage.source.name, slots);
	kfree(root);
}
EXPORT_SYMBOL_GPL(kspan_gc_root_remove);

/* All slots of all roots. Process context; may sleep. */
void kspan_roots_mark(struct kspan_gc *gc, struct kspan_gc_tracer *tracer)
{
	void **slots = NULL;
	size_t from = 0;
	bool more;

	do {
		struct root *root;
		unsigned long flags;
		size_t to = 0;

		rcu_read_lock();
		spin_lock_irqsave(&gc->lock, flags);
		/* One that has come since with the same slots will do. */
		root = find_from(gc, slots, from);
		more = root;
		if (root && root->slots != slots)
			from = 0;
		if (root) {
			slots = root->slots;
			to = min(root->nr, from + READ_SLOTS);
			for (; from < to; from++)
				kspan_mark_slot(tracer, &slots[from]);
			if (from >= root->nr)
				from = 0;
		}
		spin_unlock_irqrestore(&gc->lock, flags);
		rcu_read_unlock();
		kspan_grey_provide(&gc->grey, 2);
		cond_resched();
	} while (more);
}

/* Whether a slot is a root's, and has a pointer in it. */
bool kspan_root_holds(struct kspan_gc *gc, void **slot, const void *p)
{
	struct rb_node *node;
	unsigned long flags;
	bool holds = false;

	spin_lock_irqsave(&gc->lock, flags);
	for (node = gc->roots.rb_node; node && !holds; ) {
		struct root *root = rb_entry(node, struct root, node);

		if (slot < root->slots) {
			node = node->rb_left;
			continue;
		}
		holds = slot < root->slots + root->nr && READ_ONCE(*slot) == p;
		node = node->rb_right;
	}
	spin_unlock_irqrestore(&gc->lock, flags);
	return holds;
}

/* The heap goes. */
void kspan_roots_delete(struct kspan_gc *gc)
{
	struct root *root;
	struct root *next;

	rbtree_postorder_for_each_entry_safe(root, next, &gc->roots, node)
		kfree(root);
	gc->roots = RB_ROOT;
}
