// SPDX-License-Identifier: GPL-2.0
#include <linux/rbtree_augmented.h>

#include "pages/half.h"

static inline u8 half_order(struct kspan_half *half)
{
	return half->order;
}

RB_DECLARE_CALLBACKS_MAX(static, half_augment, struct kspan_half, node, u8,
			 subtree_order, half_order)

static struct kspan_half *to_half(struct rb_node *node)
{
	return rb_entry_safe(node, struct kspan_half, node);
}

/* Enters a half; what it is sorted by is set already. */
void kspan_half_link(struct kspan_halves *halves, struct kspan_half *new)
{
	struct rb_root *root = &halves->by_kind[new->kind];
	struct rb_node **link = &root->rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		struct kspan_half *half = to_half(*link);

		parent = *link;
		if (half->subtree_order < new->order)
			half->subtree_order = new->order;
		link = kspan_half_precedes(new, half) ? &parent->rb_left
						      : &parent->rb_right;
	}
	new->subtree_order = new->order;
	rb_link_node(&new->node, parent, link);
	rb_insert_augmented(&new->node, root, &half_augment);
}

void kspan_half_unlink(struct kspan_halves *halves, struct kspan_half *half)
{
	rb_erase_augmented(&half->node, &halves->by_kind[half->kind],
			   &half_augment);
}

/* Whether a half whose longest run has become longer or not is in its place. */
static bool in_place(struct kspan_half *half, bool longer)
{
	struct kspan_half *other = to_half(longer ? rb_next(&half->node)
						  : rb_prev(&half->node));

	return !other || kspan_half_precedes(half, other) == longer;
}

/* Changes what a half is sorted by. */
void kspan_half_set(struct kspan_halves *halves, struct kspan_half *half,
		    unsigned int longest, unsigned int order,
		    enum kspan_half_kind kind)
{
	bool longer = longest > half->longest;
	bool same = longest == half->longest && kind == half->kind;

	half->longest = longest;
	if (same || (kind == half->kind && in_place(half, longer))) {
		if (order == half->order)
			return;
		half->order = order;
		half_augment_propagate(&half->node, NULL);
		return;
	}
	kspan_half_unlink(halves, half);
	half->kind = kind;
	half->order = order;
	kspan_half_link(halves, half);
}

/* The first with a run as long as this. */
static struct kspan_half *first_long(struct kspan_half *half,
				     unsigned int longest)
{
	struct kspan_half *best = NULL;

	while (half) {
		if (half->longest >= longest) {
			best = half;
			half = to_half(half->node.rb_left);
		} else {
			half = to_half(half->node.rb_right);
		}
	}
	return best;
}

/* The first with a block of such an order. */
static struct kspan_half *first_aligned(struct kspan_half *half,
					unsigned int order)
{
	if (!half || half->subtree_order < order)
		return NULL;
	for (;;) {
		struct kspan_half *left = to_half(half->node.rb_left);

		if (left && left->subtree_order >= order)
			half = left;
		else if (half->order < order)
			half = to_half(half->node.rb_right);
		else
			return half;
	}
}

/* The half of @kind that a run is taken from, or NULL. */
struct kspan_half *kspan_half_first(struct kspan_halves *halves,
				    enum kspan_half_kind kind,
				    const struct kspan_fit *fit)
{
	struct kspan_half *root = to_half(halves->by_kind[kind].rb_node);
	struct kspan_half *half = first_long(root, fit->longest);
	struct kspan_half *aligned;

	if (fit->order == U8_MAX)
		return half;
	aligned = first_aligned(root, fit->order);
	if (!half || (aligned && kspan_half_precedes(aligned, half)))
		half = aligned;
	return half;
}
