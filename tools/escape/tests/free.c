// SPDX-License-Identifier: GPL-2.0
/* Objects that a callee frees, always or sometimes. */
#include "kernel.h"

static noinline void node_free(struct node *p)
{
	if (!p)
		return;
	kfree(p->name);
	kfree(p);
}

static noinline void node_put(struct node *p)
{
	if (--p->value == 0)
		kfree(p);
}

static noinline void node_free_twice_removed(struct node *p)
{
	node_free(p);
}

void always(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path, freed by callee */

	node_free(p);
}

void always_by_two(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path, freed by callee */

	node_free_twice_removed(p);
}

void sometimes(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed by callee */

	if (!p)
		return;
	p->value = 1;
	node_put(p);
}

void content(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path, freed by callee */

	if (!p)
		return;
	p->name = kstrdup("x", GFP_KERNEL);	/* want: kstrdup(n) does not escape, freed by callee */
	node_free(p);
}
