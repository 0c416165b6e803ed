// SPDX-License-Identifier: GPL-2.0
/* Calls of functions that nobody knows, and of those that are not meant. */
#include "kernel.h"

void __compiletime_failed(void *p) __attribute__((__error__("no")));
void die(void *p) __attribute__((__noreturn__));

struct node *global;

void to_unknown(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap, freed here on every path */

	unknown(p);
	kfree(p);
}

void content_to_unknown(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */

	p->next = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) escapes to heap */
	unknown(p);
}

void indirect(void (*see)(void *p))
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap, freed here on every path */

	see(p);
	kfree(p);
}

void never(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	if (sizeof(long) != 8)
		__compiletime_failed(p);
	if (!p)
		die(p);
	kfree(p);
}

/* What is in memory that others know may be changed by them. */
void changed_meanwhile(struct node *q)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */

	global = p;
	unknown_int();
	global->next->next = kmalloc(32, GFP_KERNEL);	/* want: kmalloc(32) escapes to heap */
}
