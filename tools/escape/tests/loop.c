// SPDX-License-Identifier: GPL-2.0
/* Loops: does a round leave its object to the next? */
#include "kernel.h"

int each_round(int n)
{
	int i, sum = 0;
	char *p;

	for (i = 0; i < n; i++) {
		p = kmalloc(32, GFP_KERNEL);	/* want: kmalloc(32) does not escape, freed here on every path */
		if (!p)
			return -1;
		p[0] = i;
		sum += p[0];
		kfree(p);
	}
	return sum;
}

int carried_by_variable(int n)
{
	struct node *old = NULL, *p;
	int sum = 0;

	while (n--) {
		p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, carried by a loop */
		if (!p)
			break;
		p->next = old;
		old = p;
	}
	while (old) {
		p = old->next;
		sum += old->value;
		kfree(old);
		old = p;
	}
	return sum;
}

void carried_by_storage(int n)
{
	void *all[16];
	int i;

	for (i = 0; i < 16; i++)
		all[i] = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, carried by a loop, not freed on every path */
	for (i = 0; i < 16; i++)
		kfree(all[i]);
}

int storage_inside(int n)
{
	int sum = 0;

	while (n--) {
		struct node inner;

		inner.next = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path */
		if (!inner.next)
			break;
		unknown_int();
		sum += inner.next->value;
		kfree(inner.next);
	}
	return sum;
}

void last_one_counts(int n)
{
	char *p = NULL;

	while (n--) {
		kfree(p);
		p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, carried by a loop */
	}
	kfree(p);
}

int by_goto(int n)
{
	char *p;

again:
	p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */
	if (!p)
		return -1;
	p[0] = n;
	n = p[0];
	kfree(p);
	if (n)
		goto again;
	return 0;
}
