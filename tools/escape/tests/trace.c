// SPDX-License-Identifier: GPL-2.0
/* Models whose names end in "*": each tracepoint has functions of its own. */
#include "kernel.h"

void __SCT__tp_func_event(void *data, void *p);
void __SCT__other(void *data, void *p);

void traced(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	__SCT__tp_func_event(NULL, p);
	kfree(p);
}

void static_call(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap, freed here on every path */

	__SCT__other(NULL, p);
	kfree(p);
}
