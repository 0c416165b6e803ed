// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "gc/vast.h"
#include "spans/collected.h"
#include "spans/huge.h"
#include "spans/span.h"

/**
 * struct vast - a vast object
 * @node: among those of its heap
 * @rcu: frees it
 * @nbytes: of the object
 * @linked: it is among those; guarded by the lock
 * @span: its descriptor, of one slot
 */
struct vast {
	struct rb_node		node;
	struct rcu_head		rcu;
	size_t			nbytes;
	bool			linked;
	struct kspan_span	span;
};

static struct vast *vast_of(struct kspan_span *span)
{
	return container_of(span, struct vast, span);
}

void kspan_vasts_init(struct kspan_vasts *vasts, struct kspan_central *central)
{
	raw_spin_lock_init(&vasts->lock);
	vasts->by_addr = RB_ROOT;
	vasts->central = central;
}

/* What describes one that is about to be; or NULL. */
struct kspan_span *kspan_vast_new(struct kspan_vasts *vasts, gfp_t gfp)
{
	size_t nbits = sizeof(unsigned long) + kspan_collected_bytes(1, true);
	struct vast *vast = kzalloc(sizeof(*vast) + nbits, gfp);

	if (!vast)
		return NULL;
	vast->span.central = vasts->central;
	vast->span.nelems = 1;
	vast->span.kind = KSPAN_SPAN_LARGE;
	vast->span.alloc_bits[0] = ~0UL;
	return &vast->span;
}

static bool precedes(struct rb_node *node, const struct rb_node *parent)
{
	return rb_entry(node, struct vast, node)->span.addr <
	       rb_entry(parent, struct vast, node)->span.addr;
}

/**
 * kspan_vast_link() - there is a vast object
 * @vasts: the heap's
 * @span: of kspan_vast_new()
 * @p: the object
 * @nbytes: its bytes
 * @info: what it is
 * @reached: whether the collector is at work
 */
void kspan_vast_link(struct kspan_vasts *vasts, struct kspan_span *span,
		     void *p, size_t nbytes, u64 info, bool reached)
{
	struct vast *vast = vast_of(span);
	unsigned long flags;

	span->addr = (unsigned long)p;
	vast->nbytes = nbytes;
	vast->linked = true;
	kspan_span_info(span)[0] = info;
	if (reached)
		set_bit(0, kspan_span_reached(span));
	raw_spin_lock_irqsave(&vasts->lock, flags);
	rb_add(&vast->node, &vasts->by_addr, precedes);
	raw_spin_unlock_irqrestore(&vasts->lock, flags);
}

/* There is no object for it. */
void kspan_vast_drop(struct kspan_span *span)
{
	kfree(vast_of(span));
}

/* The one that an address lies in; or NULL. RCU reader; any context but NMI. */
struct kspan_span *kspan_vast_find(struct kspan_vasts *vasts,
				   unsigned long addr)
{
	struct vast *best = NULL;
	struct rb_node *node;
	unsigned long flags;

	raw_spin_lock_irqsave(&vasts->lock, flags);
	for (node = vasts->by_addr.rb_node; node; ) {
		struct vast *vast = rb_entry(node, struct vast, node);

		if (vast->span.addr <= addr) {
			best = vast;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	raw_spin_unlock_irqrestore(&vasts->lock, flags);
	return best && addr - best->span.addr < best->nbytes ? &best->span :
							       NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_vast_find);

/* The lowest one above an address; or NULL. Likewise. */
struct kspan_span *kspan_vast_next(struct kspan_vasts *vasts,
				   unsigned long above)
{
	struct vast *best = NULL;
	struct rb_node *node;
	unsigned long flags;

	raw_spin_lock_irqsave(&vasts->lock, flags);
	for (node = vasts->by_addr.rb_node; node; ) {
		struct vast *vast = rb_entry(node, struct vast, node);

		if (vast->span.addr > above) {
			best = vast;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	raw_spin_unlock_irqrestore(&vasts->lock, flags);
	return best ? &best->span : NULL;
}

/**
 * kspan_vast_free() - free a vast object
 * @vasts: the heap's
 * @span: its descriptor; the caller is an RCU reader
 *
 * Return: false, and nothing done, if somebody else has.
 */
bool kspan_vast_free(struct kspan_vasts *vasts, struct kspan_span *span)
{
	struct vast *vast = vast_of(span);
	unsigned long flags;
	bool ours;

	raw_spin_lock_irqsave(&vasts->lock, flags);
	ours = vast->linked;
	if (ours)
		rb_erase(&vast->node, &vasts->by_addr);
	vast->linked = false;
	raw_spin_unlock_irqrestore(&vasts->lock, flags);
	if (!ours)
		return false;
	kmemleak_free((void *)span->addr);
	WARN_ON_ONCE(!kspan_huge_free((void *)span->addr));
	kfree_rcu(vast, rcu);
	return true;
}

/* The heap goes, which frees their memory. */
void kspan_vasts_delete(struct kspan_vasts *vasts)
{
	struct vast *vast;
	struct vast *next;

	rbtree_postorder_for_each_entry_safe(vast, next, &vasts->by_addr, node)
		kfree(vast);
}
