// SPDX-License-Identifier: GPL-2.0
/* options: max-steps=100 place=region */
/* Functions whose graphs take more steps than that. */
#include "kernel.h"

struct large {
	void *f1, *f2, *f3, *f4, *f5, *f6, *f7, *f8;
};

int small(void)
{
	int *p = kmalloc(64, GFP_KERNEL);	/* want: kmalloc(64) does not escape, freed here on every path; kmalloc(64) placed in a slot */
	int ret;

	if (!p)
		return -1;
	ret = *p;
	kfree(p);
	return ret;
}

/* With its words as one it takes few enough. */
int larger(struct large *a)	/* want: larger() is too large to tell the fields of its objects apart */
{
	int *p = kmalloc(64, GFP_KERNEL);	/* want: kmalloc(64) does not escape, freed here on every path */
	struct large x;
	int ret;

	if (!p)
		return -1;
	ret = *p;
	x = *a;
	a->f1 = x.f2;
	a->f2 = x.f3;
	a->f3 = x.f4;
	a->f4 = x.f5;
	a->f5 = x.f6;
	a->f6 = x.f7;
	a->f7 = x.f8;
	a->f8 = x.f1;
	kfree(p);
	return ret;
}

/* So too it takes too many: whatever it has or gets may be anywhere. */
int too_large(struct large *a, struct large *b, int *c)	/* want: too_large() is too large to analyse: all its objects escape */
{
	int *p = kmalloc(64, GFP_KERNEL);	/* want: kmalloc(64) escapes to heap */
	struct large x, y;
	int ret;

	if (!p)
		return -1;
	ret = *p + *c;
	x = *a;
	y = *b;
	x.f1 = y.f2;
	x.f2 = y.f3;
	x.f3 = y.f4;
	x.f4 = y.f5;
	x.f5 = y.f6;
	x.f6 = y.f7;
	x.f7 = y.f8;
	x.f8 = y.f1;
	y.f1 = x.f2;
	y.f2 = x.f3;
	y.f3 = x.f4;
	y.f4 = x.f5;
	y.f5 = x.f6;
	y.f6 = x.f7;
	y.f7 = x.f8;
	y.f8 = x.f1;
	a->f1 = b->f2;
	a->f2 = b->f3;
	a->f3 = b->f4;
	a->f4 = b->f5;
	a->f5 = b->f6;
	a->f6 = b->f7;
	a->f7 = b->f8;
	a->f8 = b->f1;
	kfree(p);
	return ret;
}

int calls_too_large(void)
{
	int *p = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) escapes to heap, freed here on every path */
	struct large x = {}, y = {};
	int ret = -1;

	if (p)
		ret = too_large(&x, &y, p);
	kfree(p);
	return ret;
}
