// SPDX-License-Identifier: GPL-2.0
/* Assignment, PHI and ?: copy an address. */
#include "kernel.h"

struct node *global;

int through_copies(int n)
{
	struct node *a, *b, *c;

	a = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, freed here on every path */
	if (!a)
		return 0;
	b = a;
	c = b;
	c->value = n;
	n = a->value;
	kfree(c);
	return n;
}

void through_copies_to_global(void)
{
	struct node *a, *b;

	a = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to heap */
	b = a;
	global = b;
}

void one_of_two(int n)
{
	struct node *a, *b, *c;

	a = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
	b = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) escapes to heap */
	if (n)
		c = a;
	else
		c = b;
	global = c;
}

void one_of_two_kept(int n)
{
	struct node *a, *b;

	a = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
	b = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) does not escape, freed here on every path */
	global = n ? a : NULL;
	kfree(b);
}

struct node *result(void)
{
	struct node *a = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to result */

	return a;
}

void overwritten(void)
{
	struct node *a = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, never freed */

	a = NULL;
	global = a;
}
