// SPDX-License-Identifier: GPL-2.0
#include <linux/kspan_leaks.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/words.h"
#include "heaps/heap.h"
#include "heaps/ranges.h"

/**
 * struct leak_range - words that may lead to objects
 * @node: among the heap's
 * @start: the first
 * @nwords: how many
 */
struct leak_range {
	struct rb_node	node;
	unsigned long	start;
	size_t		nwords;
};

void kspan_ranges_init(struct kspan_heap *heap)
{
	spin_lock_init(&heap->ranges_lock);
	heap->ranges = RB_ROOT;
}

/* The heap goes. */
void kspan_ranges_delete(struct kspan_heap *heap)
{
	struct leak_range *range;
	struct leak_range *next;

	rbtree_postorder_for_each_entry_safe(range, next, &heap->ranges, node)
		kfree(range);
	heap->ranges = RB_ROOT;
}

bool kspan_ranges_any(struct kspan_heap *heap)
{
	return !RB_EMPTY_ROOT(&heap->ranges);
}

/* The first one that starts at or above an address; or NULL. By the lock's holder. */
static struct leak_range *range_from(struct kspan_heap *heap, unsigned long start)
{
	struct rb_node *node = heap->ranges.rb_node;
	struct leak_range *best = NULL;

	while (node) {
		struct leak_range *range = rb_entry(node, struct leak_range, node);

		if (start <= range->start) {
			best = range;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

static bool precedes(struct rb_node *node, const struct rb_node *parent)
{
	return rb_entry(node, struct leak_range, node)->start <
	       rb_entry(parent, struct leak_range, node)->start;
}

/**
 * kspan_heap_root_add() - say where pointers to objects of a heap lie
 * @heap: an ordinary heap
 * @start: the first of these words, aligned
 * @size_bytes: how far they reach
 *
 * Nothing is done with it but by kspan_heap_unreachable(). The memory is there until it
 * is removed, or the heap destroyed. It may be written to in any way.
 *
 * Context: Process context; sleeps. Takes ranges_lock.
 * Return: 0; -EEXIST if there is one that starts there; -EINVAL for what is not
 * aligned or has no word, and for a collected heap; -ENOMEM.
 */
int kspan_heap_root_add(struct kspan_heap *heap, const void *start,
			size_t size_bytes)
{
	unsigned long first = (unsigned long)start;
	struct leak_range *range = NULL;
	struct leak_range *after;
	unsigned long flags;
	int err = 0;

	if (IS_ERR_OR_NULL(heap) || heap->gc || !first ||
	    !IS_ALIGNED(first, sizeof(long)) || size_bytes < sizeof(long) ||
	    first + size_bytes < first)
		return -EINVAL;
	if (!kspan_fault(KSPAN_FAULT_RANGE, GFP_KERNEL))
		range = kmalloc(sizeof(*range), GFP_KERNEL);
	if (!range)
		return -ENOMEM;
	range->start = first;
	range->nwords = size_bytes / sizeof(long);
	spin_lock_irqsave(&heap->ranges_lock, flags);
	after = range_from(heap, first);
	if (after && after->start == first)
		err = -EEXIST;
	else
		rb_add(&range->node, &heap->ranges, precedes);
	spin_unlock_irqrestore(&heap->ranges_lock, flags);
	if (err)
		kfree(range);
	return err;
}
EXPORT_SYMBOL_GPL(kspan_heap_root_add);

/**
 * kspan_heap_root_remove() - take back what was said of where pointers lie
 * @heap: the heap
 * @start: as given to kspan_heap_root_add(); others are reported
 *
 * Nobody reads there when it returns.
 *
 * Context: Any but NMI. Takes ranges_lock.
 */
void kspan_heap_root_remove(struct kspan_heap *heap, const void *start)
{
	struct leak_range *range;
	unsigned long flags;

	if (IS_ERR_OR_NULL(heap))
		return;
	spin_lock_irqsave(&heap->ranges_lock, flags);
	range = range_from(heap, (unsigned long)start);
	if (range && range->start == (unsigned long)start)
		rb_erase(&range->node, &heap->ranges);
	else
		range = NULL;
	spin_unlock_irqrestore(&heap->ranges_lock, flags);
	if (!range)
		pr_err_ratelimited("kspan: BUG: heap %s: %p is removed, which is no root\n",
				   heap->storage.source.name, start);
	kfree(range);
}
EXPORT_SYMBOL_GPL(kspan_heap_root_remove);

/**
 * kspan_ranges_read() - read some more words of a heap's ranges
 * @heap: the heap
 * @cursor: where the last call has come to
 * @words: out
 * @nwords: how many at most, few
 *
 * Return: how many; 0 at the end.
 */
size_t kspan_ranges_read(struct kspan_heap *heap,
			 struct kspan_ranges_cursor *cursor,
			 unsigned long *words, size_t nwords)
{
	struct leak_range *range;
	unsigned long flags;
	size_t n = 0;

	spin_lock_irqsave(&heap->ranges_lock, flags);
	range = range_from(heap, cursor->start);
	/* One that has come since with the same start will do. */
	if (range && range->start == cursor->start &&
	    cursor->nwords >= range->nwords)
		range = range_from(heap, cursor->start + 1);
	if (range) {
		if (range->start != cursor->start)
			cursor->nwords = 0;
		cursor->start = range->start;
		n = min(nwords, range->nwords - cursor->nwords);
		kspan_copy_words(words, range->start +
				 cursor->nwords * sizeof(*words), n);
		cursor->nwords += n;
	}
	spin_unlock_irqrestore(&heap->ranges_lock, flags);
	return n;
}
