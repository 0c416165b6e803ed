// SPDX-License-Identifier: GPL-2.0
/* Assembly code: from inputs to outputs; what it may keep goes to the heap. */
#include "kernel.h"

void *global;

void hidden(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
	void *q;

	__asm__("" : "=r"(q) : "0"(p));
	global = q;
}

void hidden_and_kept(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape */
	void *q;

	__asm__("" : "=r"(q) : "0"(p));
	kfree(q);
}

void computed(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
	void *q;

	__asm__("add $8, %0" : "=r"(q) : "0"(p));
	global = q;
}

void with_memory_clobber(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap, freed here on every path */

	__asm__ __volatile__("nop" : : "r"(p) : "memory");
	kfree(p);
}

void barrier_data(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	__asm__ __volatile__("" : : "r"(p) : "memory");
	kfree(p);
}

void memory_operand(void)
{
	int *p = kzalloc(8, GFP_KERNEL);	/* want: kzalloc(8) does not escape, freed here on every path */

	if (!p)
		return;
	__asm__ __volatile__("lock incl %0" : "+m"(*p) : : "memory");
	kfree(p);
}

/* xchg() */
void exchanged(void **slot)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */

	__asm__ __volatile__("xchgq %q0, %1" : "+r"(p), "+m"(*slot) : : "memory");
}

/* Assembly code writes to memory, but not to a local that it does not know. */
void in_a_local(void)
{
	struct node n;

	INIT_LIST_HEAD(&n.list);
	n.name = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */
	__asm__ __volatile__("nop" : : : "memory");
	kfree(n.name);
}

void written(void)
{
	struct node n;

	INIT_LIST_HEAD(&n.list);
	n.name = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape */
	__asm__ __volatile__("movq $0, %0" : "+m"(n.name));
	kfree(n.name);
}
