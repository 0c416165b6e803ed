// SPDX-License-Identifier: GPL-2.0
/* Lists, by what list_add() does: a local head keeps its entries here. */
#include "kernel.h"

struct list_head global_list;

void on_local_list(void)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, freed here on every path */
	struct list_head head;

	if (!p)
		return;
	INIT_LIST_HEAD(&head);
	list_add(&p->list, &head);
	list_del(&p->list);
	kfree(p);
}

void on_global_list(void)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to heap */

	list_add(&p->list, &global_list);
}

void on_argument_list(struct list_head *head)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to an argument's object */

	list_add(&p->list, head);
}

/* Entries are freed by way of the list: each, but the graph sees one of them. */
int collected(int n)
{
	struct list_head head;
	struct node *p;
	int i, sum = 0;

	INIT_LIST_HEAD(&head);
	for (i = 0; i < n; i++) {
		p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, carried by a loop, not freed on every path */
		if (!p)
			break;
		list_add(&p->list, &head);
	}
	while (head.next != &head) {
		p = container_of(head.next, struct node, list);
		sum += p->value;
		list_del(&p->list);
		kfree(p);
	}
	return sum;
}
