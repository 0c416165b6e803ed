// SPDX-License-Identifier: GPL-2.0
/* Globals, static locals, other CPUs' variables: the heap. */
#include "kernel.h"

struct node *global;
static struct node *file_global;
struct node global_node;
struct node *global_array[4];
__attribute__((__section__(".data..percpu"))) struct node *percpu;

void to_global(void)
{
	global = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
}

void to_file_global(void)
{
	file_global = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
}

void to_static_local(void)
{
	static struct node *kept;

	kept = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
}

void to_field_of_global(void)
{
	global_node.next = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
}

void to_array(int i)
{
	global_array[i] = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
}

void to_percpu(void)
{
	struct node **p = (struct node **)((unsigned long)&percpu + unknown_int());

	*p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
}

void through_address_of_global(void)
{
	struct node *p = &global_node;

	p->next = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
}

int read_from_global(void)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, freed here on every path */

	if (!p)
		return 0;
	p->next = global;
	p->value = global_node.value;
	kfree(p);
	return 0;
}
