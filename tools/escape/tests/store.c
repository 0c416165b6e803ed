// SPDX-License-Identifier: GPL-2.0
/* A store goes into the objects that the pointer may name, not to the heap. */
#include "kernel.h"

struct node *global;

int into_own(void)
{
	struct node *a, *b;
	int n = 0;

	a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path */
	b = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path */
	if (a && b) {
		a->next = b;
		n = a->next->value;
	}
	kfree(b);
	kfree(a);
	return n;
}

void into_escaped(void)
{
	struct node *a, *b;

	a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */
	b = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */
	global = a;
	a->next = b;
}

void into_argument(struct node *p)
{
	p->next = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to an argument's object */
}

void deep_into_argument(struct node *p)
{
	p->next->next->next = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to an argument's object */
}

void into_unknown(void)
{
	struct node *p = unknown_pointer();

	p->next = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */
}

struct node *loaded_back(void)
{
	struct node *slot;
	struct node **p = &slot;

	*p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to result */
	return slot;
}

struct node *in_result(void)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to result */

	if (a)
		a->next = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) escapes to result */
	return a;
}

int self_reference(void)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path */
	int n;

	if (!a)
		return 0;
	a->next = a;
	n = a->next->next->value;
	kfree(a);
	return n;
}
