// SPDX-License-Identifier: GPL-2.0
#include "pages/half.h"

static struct kspan_half *to_half(struct rb_node *node)
{
	return rb_entry_safe(node, struct kspan_half, node);
}

static bool precedes(struct rb_node *node, const struct rb_node *parent)
{
	return kspan_half_precedes(rb_entry(node, struct kspan_half, node),
				   rb_entry(parent, struct kspan_half, node));
}

/* Enters a half; what it is sorted by is set already. */
void kspan_half_link(struct kspan_halves *halves, struct kspan_half *half)
{
	rb_add(&half->node, &halves->by_kind[half->kind], precedes);
}

void kspan_half_unlink(struct kspan_halves *halves, struct kspan_half *half)
{
	rb_erase(&half->node, &halves->by_kind[half->kind]);
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
		    unsigned int longest, enum kspan_half_kind kind)
{
	bool longer = longest > half->longest;

	if (longest == half->longest && kind == half->kind)
		return;
	half->longest = longest;
	if (kind == half->kind && in_place(half, longer))
		return;
	kspan_half_unlink(halves, half);
	half->kind = kind;
	kspan_half_link(halves, half);
}

/* The half of @kind that a run of @npages is taken from, or NULL. */
struct kspan_half *kspan_half_first(struct kspan_halves *halves,
				    enum kspan_half_kind kind,
				    unsigned int npages)
{
	struct rb_node *node = halves->by_kind[kind].rb_node;
	struct kspan_half *best = NULL;

	while (node) {
		struct kspan_half *half = to_half(node);

		if (half->longest >= npages) {
			best = half;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

/* The second best after @half. */
struct kspan_half *kspan_half_next(struct kspan_half *half)
{
	return to_half(rb_next(&half->node));
}
