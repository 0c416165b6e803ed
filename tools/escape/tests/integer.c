// SPDX-License-Identifier: GPL-2.0
/* Addresses as integers: kept while they are wide enough, and not returned as such. */
#include "kernel.h"

void *global;
unsigned long global_word;
int global_int;
long global_difference;

void and_back(void)
{
	unsigned long word = (unsigned long)kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */

	global = (void *)(word | 1);
}

void as_word(void)
{
	global_word = (unsigned long)kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
}

void narrowed(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	global_int = (int)(unsigned long)p;
	kfree(p);
}

void difference(char *q)
{
	char *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	global_difference = p - q;
	kfree(p);
}

int compared(void *q)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */
	int same = p == q;

	kfree(p);
	return same;
}

long returned(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */
	long word = (long)p;

	kfree(p);
	return word;
}

/* Low bits that are flags, as in a tagged pointer. */
void tagged(void)
{
	unsigned long word = (unsigned long)kmalloc(8, GFP_KERNEL) | 1;	/* want: kmalloc(8) does not escape */

	kfree((void *)(word & ~1UL));
}
