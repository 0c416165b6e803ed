// SPDX-License-Identifier: GPL-2.0
/* krealloc() frees one object and makes another, with the same content. */
#include "kernel.h"

void *global;

void grown(void)
{
	char *p, *q;

	p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape */
	if (!p)
		return;
	q = krealloc(p, 16, GFP_KERNEL);	/* want: krealloc(16) does not escape, freed here on every path */
	if (!q)
		q = p;
	kfree(q);
}

void grown_or_given_up(void)
{
	char *p, *q;

	p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape */
	if (!p)
		return;
	q = krealloc(p, 16, GFP_KERNEL);	/* want: krealloc(16) does not escape, freed here on every path */
	if (!q) {
		kfree(p);
		return;
	}
	kfree(q);
}

void content_goes_along(void)
{
	void **p = kmalloc(8, GFP_KERNEL), **q;	/* want: kmalloc(8) does not escape */

	if (!p)
		return;
	p[0] = kmalloc(32, GFP_KERNEL);	/* want: kmalloc(32) escapes to heap */
	q = krealloc(p, 16, GFP_KERNEL);	/* want: krealloc(16) does not escape, freed here on every path */
	if (!q)
		return;
	global = q[0];
	kfree(q);
}

char *escapes(void)
{
	char *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape */

	return krealloc(p, 16, GFP_KERNEL);	/* want: krealloc(16) escapes to result */
}
