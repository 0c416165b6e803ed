// SPDX-License-Identifier: GPL-2.0
/* options: go-stores */
/* With Go's rule each store through a pointer goes to the heap. */
#include "kernel.h"

int into_own(void)
{
	struct node *a, *b;
	int n = 0;

	a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path */
	b = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap, freed here on every path */
	if (a && b) {
		a->next = b;
		n = a->next->value;
	}
	kfree(b);
	kfree(a);
	return n;
}

void into_argument(struct node *p)
{
	p->next = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */
}

struct node *into_variable(void)
{
	struct node *slot;
	struct node **p = &slot;

	unknown_int();
	slot = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to result */
	return *p;
}

void table_is_indirect(void);
struct ops {
	void (*see)(void *p);
};

static void see(void *p)
{
}

static const struct ops ops = { .see = see };

void indirect(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap, freed here on every path */

	ops.see(p);
	kfree(p);
}
