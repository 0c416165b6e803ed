// SPDX-License-Identifier: GPL-2.0
/* Annotations of functions that are defined elsewhere, and of those that are not. */
#include "kernel.h"
#include "../../../kmod/include/linux/kspan_escape.h"

void see(void *p __kspan_noescape);
void keep(void *p __kspan_noescape, void *q __kspan_escapes);
void one_of_two(void *p __kspan_noescape, void *q);
void *first(void *p __kspan_noescape, void *q __kspan_noescape) __kspan_returns_arg(0);
void put(void *p __kspan_frees);
void send(void *p __kspan_noescape __kspan_dma);

void *global;

void seen(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	see(p);
	kfree(p);
}

void kept(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */
	void *q = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) escapes to heap, freed here on every path */

	keep(p, q);
	kfree(p);
	kfree(q);
}

void without_annotation(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */
	void *q = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) escapes to heap, freed here on every path */

	one_of_two(p, q);
	kfree(p);
	kfree(q);
}

void returned(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
	void *q = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) does not escape, freed here on every path */

	global = first(p, q);
	kfree(q);
}

void freed(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path, freed by callee */

	put(p);
}

void sent(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path, used for DMA */

	send(p);
	kfree(p);
}

/* The programmer knows that what is stored is taken out again. */
static noinline void stored_for_a_while(void *p __kspan_noescape)
{
	global = p;
	unknown_int();
	global = NULL;
}

void believed(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	stored_for_a_while(p);
	kfree(p);
}
