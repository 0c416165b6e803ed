// SPDX-License-Identifier: GPL-2.0
/* Extra arguments go to the heap, except to what prints them. */
#include "kernel.h"

void keep_all(int n, ...)
{
	__builtin_va_list list;

	__builtin_va_start(list, n);
	unknown(list);
	__builtin_va_end(list);
}

__attribute__((__format__(printf, 1, 2))) void complain(const char *fmt, ...);

static void local_complain(const char *fmt, ...)
	__attribute__((__format__(printf, 1, 2)));

static void local_complain(const char *fmt, ...)
{
	__builtin_va_list list;

	__builtin_va_start(list, fmt);
	unknown(list);
	__builtin_va_end(list);
}

void kept(void)
{
	char *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap, freed here on every path */

	keep_all(1, p);
	kfree(p);
}

void printed(void)
{
	char *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	_printk("%s\n", p);
	kfree(p);
}

void complained(void)
{
	char *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	complain("%s\n", p);
	local_complain("%s\n", p);
	kfree(p);
}

void written(void)
{
	char *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	if (!p)
		return;
	snprintf(p, 8, "%p", p);
	kfree(p);
}
