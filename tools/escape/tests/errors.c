// SPDX-License-Identifier: GPL-2.0
/* IS_ERR() edges: where there is no object, nothing is to be freed. */
#include "kernel.h"

static noinline struct node *make(int n)
{
	struct node *p;

	if (n < 0)
		return ERR_PTR(-22);
	p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to result */
	if (!p)
		return ERR_PTR(-12);
	return p;
}

/* options: params */
long checked(int n)
{
	struct node *p = make(n);	/* want: make() does not escape, freed here on every path */

	if (IS_ERR(p))
		return PTR_ERR(p);
	n = p->value;
	kfree(p);
	return n;
}

static inline bool IS_ERR_OR_NULL(const void *p)
{
	return unlikely(!p) || unlikely((unsigned long)p >= (unsigned long)-4095);
}

void checked_for_both(int n)
{
	struct node *p = make(n);	/* want: make() does not escape, freed here on every path */

	if (!IS_ERR_OR_NULL(p))
		kfree(p);
}

void written_out(int n)
{
	struct node *p = make(n);	/* want: make() does not escape, freed here on every path */

	if ((unsigned long)p >= (unsigned long)-4095)
		return;
	kfree(p);
}

void not_that_one(int n)
{
	struct node *p = make(n);	/* want: make() does not escape, not freed on every path */
	struct node *q = make(n + 1);	/* want: make() does not escape, freed here on every path */

	if (IS_ERR(q))
		return;
	kfree(q);
	kfree(p);
}
