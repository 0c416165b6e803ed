// SPDX-License-Identifier: GPL-2.0
/* The address of a field or an element means the whole object. */
#include "kernel.h"

int *global_int;
char *global_char;

void field(void)
{
	struct node *a = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to heap */

	global_int = &a->value;
}

void element(int i)
{
	char *a = kmalloc(100, GFP_KERNEL);	/* want: kmalloc(100) escapes to heap */

	global_char = a + i;
}

int field_kept(void)
{
	struct node *a = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, freed here on every path */
	int *p, n;

	if (!a)
		return 0;
	p = &a->value;
	*p = 3;
	n = a->value;
	kfree(a);
	return n;
}

int *field_of_param(struct node *a)
{
	return &a->value;
}

void field_by_callee(void)
{
	struct node *a = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to heap */

	global_int = field_of_param(a);
}

struct node *container(struct list_head *list)
{
	return container_of(list, struct node, list);
}

void back_and_forth(void)
{
	struct node *a = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, freed here on every path */
	struct list_head *list;

	if (!a)
		return;
	list = &a->list;
	kfree(container_of(list, struct node, list));
}

void container_by_callee(void)
{
	struct node *a = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape */

	if (!a)
		return;
	kfree(container(&a->list));
}
