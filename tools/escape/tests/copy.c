// SPDX-License-Identifier: GPL-2.0
/* Copies of memory copy what it holds, if it can hold an address. */
#include "kernel.h"

struct pair {
	void *a, *b;
};

struct numbers {
	int a, b;
};

struct pair global_pair;
struct numbers global_numbers;

void structure(void)
{
	struct pair p;

	p.a = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
	p.b = NULL;
	global_pair = p;
}

void structure_of_numbers(void)
{
	struct numbers *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	if (!p)
		return;
	global_numbers = *p;
	kfree(p);
}

void by_memcpy(struct pair *to)
{
	struct pair p;

	p.a = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to an argument's object */
	p.b = NULL;
	memcpy(to, &p, sizeof(p));
}

void content_is_not_address(struct pair *to)
{
	struct pair *p = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) does not escape, freed here on every path */

	if (!p)
		return;
	memcpy(to, p, sizeof(*p));
	kfree(p);
}

struct pair returned_structure(void)
{
	struct pair p;

	p.a = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to result */
	p.b = NULL;
	return p;
}

void structure_of_callee(void)
{
	struct pair p = returned_structure();

	kfree(p.a);
}

void *duplicate(void)
{
	struct pair p;

	p.a = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to result */
	p.b = NULL;
	return kmemdup(&p, sizeof(p), GFP_KERNEL);	/* want: kmemdup(16) escapes to result */
}
