// SPDX-License-Identifier: GPL-2.0
/* The cleanup attribute: a callee frees what a variable holds. */
#include "kernel.h"

static inline void __free_kfree(void *p)
{
	void *_T = *(void **)p;

	if (_T)
		kfree(_T);
}

static inline void __free_kfree_checked(void *p)
{
	void *_T = *(void **)p;

	if (!IS_ERR(_T) && _T)
		kfree(_T);
}

static inline void __free_sometimes(void *p)
{
	if (unknown_int())
		kfree(*(void **)p);
}

int freed_at_end(void)
{
	char *p __free(kfree) = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, freed here on every path, freed by callee */

	if (!p)
		return 1;
	p[0] = 1;
	return p[0];
}

int freed_at_end_checked(void)
{
	char *p __free(kfree_checked) = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, freed here on every path, freed by callee */

	if (!p)
		return 1;
	p[0] = 1;
	return p[0];
}

int freed_sometimes(void)
{
	char *p __free(sometimes) = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, freed by callee */

	p[0] = 1;
	return p[0];
}

/* no_free_ptr() */
char *taken_out(void)
{
	char *p __free(kfree) = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to result */
	char *q;

	if (!p)
		return NULL;
	q = p;
	p = NULL;
	return q;
}

int two(void)
{
	char *p __free(kfree) = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, freed here on every path, freed by callee */
	char *q __free(kfree) = kmalloc(32, GFP_KERNEL);	/* want: kmalloc(32) does not escape, freed here on every path, freed by callee */

	if (!p || !q)
		return 1;
	p[0] = q[0] = 1;
	return p[0];
}
