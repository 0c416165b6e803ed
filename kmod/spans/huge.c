// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/wait_bit.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/trace.h"
#include "base/words.h"
#include "base/work.h"
#include "base/zero.h"
#include "pages/memcg.h"
#include "spans/huge.h"

/**
 * struct huge - an object in vmalloc memory
 * @objects: among which it is counted
 * @start: the object, at a page's start
 * @area: the vmalloc area it lies in
 * @size_bytes: the object's pages
 * @area_bytes: the area's pages
 * @node: in huge_tree
 * @sibling: in the tree of its heap
 * @link: in its heap's list of the dead
 * @rcu: frees the descriptor
 */
struct huge {
	struct kspan_huge_objects	*objects;
	void				*start;
	void				*area;
	size_t				size_bytes;
	size_t				area_bytes;
	struct rb_node			node;
	struct rb_node			sibling;
	struct llist_node		link;
	struct rcu_head			rcu;
};

/* Guards huge_tree, and the trees of all heaps. */
static DEFINE_SPINLOCK(huge_lock);

/*
 * Those of all heaps, by address. Readers go down under RCU, and once more if
 * it was changed meanwhile.
 */
static struct rb_root huge_tree = RB_ROOT;
static seqcount_spinlock_t huge_seq = SEQCNT_SPINLOCK_ZERO(huge_seq,
							   &huge_lock);

static void count_huge(struct huge *huge, int sign)
{
	struct kspan_huge_objects *objects = huge->objects;

	if (sign > 0)
		atomic64_inc(&objects->allocs);
	else
		atomic64_inc(&objects->frees);
	atomic64_add(sign * (s64)huge->size_bytes, &objects->bytes);
	atomic64_add(sign, &objects->live);
}

/* An area is none of the heap's any more: the heap may go with the last. */
static void let_go(struct kspan_huge_objects *objects, size_t area_bytes)
{
	if (!atomic64_sub_return(area_bytes, &objects->held_bytes))
		wake_up_var(&objects->held_bytes);
}

static void *huge_area(size_t area_bytes, int nid, gfp_t gfp)
{
	if (kspan_fault(KSPAN_FAULT_HUGE_AREA, gfp))
		return NULL;
	/* Below this kvmalloc_node() might answer with contiguous pages. */
	if (area_bytes <= KSPAN_MAX_CONTIG_BYTES)
		return __vmalloc(area_bytes, kspan_gfp_vmalloc(gfp, true));
	return kvmalloc_node(area_bytes, kspan_gfp_vmalloc(gfp, false), nid);
}

/* The one with the highest start at or below an address; or NULL. */
static struct huge *huge_below(unsigned long addr)
{
	struct rb_node *node = rcu_dereference_raw(huge_tree.rb_node);
	struct huge *best = NULL;

	while (node) {
		struct huge *huge = rb_entry(node, struct huge, node);

		if ((unsigned long)huge->start <= addr) {
			best = huge;
			node = rcu_dereference_raw(node->rb_right);
		} else {
			node = rcu_dereference_raw(node->rb_left);
		}
	}
	return best;
}

static void tree_link(struct huge *new)
{
	struct rb_node **link = &huge_tree.rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		link = new->start < rb_entry(parent, struct huge, node)->start ?
		       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node_rcu(&new->node, parent, link);
	rb_insert_color(&new->node, &huge_tree);
}

static bool precedes(struct rb_node *node, const struct rb_node *parent)
{
	return rb_entry(node, struct huge, sibling)->start <
	       rb_entry(parent, struct huge, sibling)->start;
}

/* Lets lookups and walks find an object. */
static void huge_link(struct huge *huge)
{
	unsigned long flags;

	spin_lock_irqsave(&huge_lock, flags);
	write_seqcount_begin(&huge_seq);
	tree_link(huge);
	write_seqcount_end(&huge_seq);
	rb_add(&huge->sibling, &huge->objects->by_addr, precedes);
	spin_unlock_irqrestore(&huge_lock, flags);
}

/* Nobody finds the object that starts at @p any more, which is returned. */
static struct huge *huge_unlink(const void *p)
{
	struct huge *huge;
	unsigned long flags;

	spin_lock_irqsave(&huge_lock, flags);
	huge = huge_below((unsigned long)p);
	if (huge && huge->start == p) {
		write_seqcount_begin(&huge_seq);
		rb_erase(&huge->node, &huge_tree);
		write_seqcount_end(&huge_seq);
		rb_erase(&huge->sibling, &huge->objects->by_addr);
	} else {
		huge = NULL;
	}
	spin_unlock_irqrestore(&huge_lock, flags);
	return huge;
}

/* The lowest one of a heap that starts at or above an address; or NULL. */
static struct huge *sibling_from(const struct kspan_huge_objects *objects,
				 unsigned long from)
{
	struct rb_node *node = objects->by_addr.rb_node;
	struct huge *best = NULL;

	lockdep_assert_held(&huge_lock);
	while (node) {
		struct huge *huge = rb_entry(node, struct huge, sibling);

		if ((unsigned long)huge->start >= from) {
			best = huge;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

/**
 * kspan_huge_alloc() - an object in vmalloc memory
 * @objects: among which it is counted
 * @size_bytes: how large
 * @align_bytes: a power of two up to 4 MB
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: as for vmalloc(); without __GFP_DIRECT_RECLAIM there is none
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: Process context that may sleep, else NULL.
 * Return: the object, zeroed as for kspan_large_alloc(); or NULL.
 */
void *kspan_huge_alloc(struct kspan_huge_objects *objects, size_t size_bytes,
		       size_t align_bytes, int nid, gfp_t gfp, bool *limited)
{
	struct kspan_source *source = objects->source;
	size_t slack = align_bytes > PAGE_SIZE ? align_bytes - PAGE_SIZE : 0;
	struct mem_cgroup *before;
	struct huge *huge;
	size_t area_bytes;
	bool zero;

	if (!gfpflags_allow_blocking(gfp)) {
		WARN_ON_ONCE(gfp & __GFP_NOFAIL);
		return NULL;
	}
	if (size_bytes > INT_MAX - slack ||
	    size_bytes >> PAGE_SHIFT > totalram_pages())
		return NULL;
	gfp = kspan_source_gfp(source, gfp, 0);
	area_bytes = PAGE_ALIGN(size_bytes) + slack;
	/* See huge_area(): small areas come from any node. */
	if (gfp & __GFP_THISNODE && !(gfp & __GFP_NOFAIL) &&
	    area_bytes <= KSPAN_MAX_CONTIG_BYTES && nr_online_nodes > 1)
		return NULL;
	if (kspan_fault(KSPAN_FAULT_HUGE, gfp))
		return NULL;
	/* Unless the kernel zeroes all memory, in one go. */
	zero = gfp & __GFP_ZERO && !want_init_on_alloc(gfp & ~__GFP_ZERO);
	huge = kzalloc(sizeof(*huge), kspan_gfp_metadata(gfp));
	if (!huge)
		return NULL;
	atomic_inc(&objects->making);
	if (!kspan_account_reserve(&source->account, area_bytes,
				   gfp & __GFP_NOFAIL)) {
		*limited = true;
		atomic_dec(&objects->making);
		goto free_huge;
	}
	atomic64_add(area_bytes, &objects->held_bytes);
	before = kspan_memcg_begin(source);
	huge->area = huge_area(area_bytes, nid, gfp);
	kspan_memcg_end(source, before);
	if (!huge->area)
		goto unreserve;
	/* The object in it is told of, as any other is. */
	kmemleak_free(huge->area);
	huge->objects = objects;
	huge->area_bytes = area_bytes;
	huge->size_bytes = PAGE_ALIGN(size_bytes);
	huge->start = PTR_ALIGN(huge->area, max(align_bytes, PAGE_SIZE));
	if (zero)
		kspan_zero(huge->start, huge->size_bytes, gfp);
	/* Counted before a walk can find it. */
	count_huge(huge, 1);
	huge_link(huge);
	atomic_dec(&objects->making);
	kspan_account_metadata(&source->account, sizeof(*huge));
	trace_grow(source->name, NUMA_NO_NODE, area_bytes, gfp);
	kspan_account_grown(&source->account, area_bytes);
	kspan_peak_grown(&source->peak,
			 READ_ONCE(source->account.backing_bytes));
	return huge->start;

unreserve:
	kspan_account_unreserve(&source->account, area_bytes);
	atomic_dec(&objects->making);
	let_go(objects, area_bytes);
free_huge:
	kfree(huge);
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_huge_alloc);

static void huge_delete(struct huge *huge)
{
	struct kspan_huge_objects *objects = huge->objects;
	struct kspan_account *account = &objects->source->account;
	size_t area_bytes = huge->area_bytes;

	vfree(huge->area);
	kspan_account_release(account, area_bytes, KSPAN_RELEASED_FREED);
	kspan_account_metadata(account, -(long)sizeof(*huge));
	kfree_rcu(huge, rcu);
	let_go(objects, area_bytes);
}

static void free_dead(struct work_struct *work)
{
	struct kspan_huge_objects *objects =
		container_of(work, struct kspan_huge_objects, free_work);
	struct llist_node *dead = llist_del_all(&objects->dead);
	struct huge *huge;
	struct huge *next;

	llist_for_each_entry_safe(huge, next, dead, link) {
		huge_delete(huge);
		cond_resched();
	}
}

/* All zero so far. */
void kspan_huge_init(struct kspan_huge_objects *objects,
		     struct kspan_source *source)
{
	objects->source = source;
	objects->by_addr = RB_ROOT;
	init_llist_head(&objects->dead);
	INIT_WORK(&objects->free_work, free_dead);
}

/**
 * kspan_huge_free() - free an object in vmalloc memory
 * @p: a pointer that is in no span
 *
 * Return: false, and nothing done, if it is not the start of a live one.
 */
bool kspan_huge_free(const void *p)
{
	struct huge *huge;

	if (!is_vmalloc_addr(p))
		return false;
	/* Once its memory is counted as gone, its heap may go, but not us. */
	rcu_read_lock();
	huge = huge_unlink(p);
	if (huge) {
		struct kspan_huge_objects *objects = huge->objects;

		count_huge(huge, -1);
		llist_add(&huge->link, &objects->dead);
		/*
		 * Even if others are in the list: who put them there may not
		 * come to this for long.
		 */
		queue_work(kspan_wq, &objects->free_work);
	}
	rcu_read_unlock();
	return huge;
}

static void describe(const struct huge *huge, struct kspan_huge_view *view)
{
	view->source = huge->objects->source;
	view->start = huge->start;
	view->size_bytes = huge->size_bytes;
	view->area_bytes = huge->area_bytes;
}

/**
 * kspan_huge_find() - the object in vmalloc memory around an address
 * @addr: the address
 * @view: out
 *
 * Context: RCU reader.
 * Return: whether there is one.
 */
bool kspan_huge_find(unsigned long addr, struct kspan_huge_view *view)
{
	struct huge *huge;
	unsigned int seq;

	if (!is_vmalloc_addr((void *)addr))
		return false;
	do {
		seq = read_seqcount_begin(&huge_seq);
		huge = huge_below(addr);
	} while (read_seqcount_retry(&huge_seq, seq));
	if (!huge || addr - (unsigned long)huge->start >= huge->size_bytes)
		return false;
	describe(huge, view);
	return true;
}

/**
 * kspan_huge_next() - walk a heap's objects in vmalloc memory
 * @objects: those of the heap
 * @from: lowest address of interest
 * @view: out
 *
 * Return: whether there is one that starts at or above @from.
 */
bool kspan_huge_next(const struct kspan_huge_objects *objects,
		     unsigned long from, struct kspan_huge_view *view)
{
	struct huge *huge;
	unsigned long flags;

	spin_lock_irqsave(&huge_lock, flags);
	huge = sibling_from(objects, from);
	if (huge)
		describe(huge, view);
	spin_unlock_irqrestore(&huge_lock, flags);
	return huge;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_huge_next);

/**
 * kspan_huge_peek() - read a part of an object, whoever frees it meanwhile
 * @objects: those of a heap
 * @addr: where from, aligned
 * @words: out
 * @nwords: how many, few
 *
 * Who frees the object has taken it off the tree first.
 *
 * Return: how many of them there were; 0 if the object is no more.
 */
size_t kspan_huge_peek(const struct kspan_huge_objects *objects,
		       unsigned long addr, unsigned long *words, size_t nwords)
{
	struct huge *huge;
	unsigned long flags;
	unsigned long offset;
	size_t n = 0;

	spin_lock_irqsave(&huge_lock, flags);
	huge = huge_below(addr);
	if (huge && huge->objects == objects) {
		offset = addr - (unsigned long)huge->start;
		if (offset < huge->size_bytes)
			n = min(nwords, (huge->size_bytes - offset) /
					sizeof(*words));
		kspan_copy_words(words, addr, n);
	}
	spin_unlock_irqrestore(&huge_lock, flags);
	return n;
}

/**
 * kspan_huge_flush() - what was freed has gone back to the kernel
 * @objects: those of a heap
 *
 * Context: Process context; sleeps.
 */
void kspan_huge_flush(struct kspan_huge_objects *objects)
{
	/* Whoever freed them may not have come to this yet. */
	if (!llist_empty(&objects->dead))
		queue_work(kspan_wq, &objects->free_work);
	flush_work(&objects->free_work);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_huge_flush);

/*
 * Frees all that a heap has in vmalloc memory; nobody else uses the heap. Those
 * who freed the last objects may still be about to queue the work: after a grace
 * period it can be flushed for good.
 */
void kspan_huge_destroy(struct kspan_huge_objects *objects)
{
	struct kspan_huge_view view;

	while (kspan_huge_next(objects, 0, &view)) {
		if (objects->source->flags & KSPAN_HEAP_ZERO_ON_DESTROY)
			kspan_zero(view.start, view.size_bytes, GFP_KERNEL);
		/* Nobody frees it one by one. */
		kmemleak_free(view.start);
		kspan_huge_free(view.start);
		cond_resched();
	}
	kspan_huge_flush(objects);
	wait_var_event(&objects->held_bytes,
		       !atomic64_read(&objects->held_bytes));
}
