// SPDX-License-Identifier: GPL-2.0
/* Addresses of locals that their function leaves behind. */
#include "kernel.h"

int *direct(void)
{
	int x = 3;	/* want: &x outlives its function: returned */
	int *p = &x;

	__asm__("" : "+r"(p));
	return p;
}

static noinline int *same(int *p)
{
	return p;
}

int *by_callee(void)
{
	int x = 3;	/* want: &x outlives its function: returned */

	return same(&x);
}

char *array(void)
{
	char buf[16];	/* want: &buf outlives its function: returned */

	return strchr(buf, 'x');
}

int *of_static(void)
{
	static int x;

	return &x;
}

int *of_parameter(int *p)
{
	return same(p);
}

int *argument_itself(int n)	/* want: &n outlives its function: returned */
{
	return same(&n);
}

long as_number(void)
{
	int x;

	return (long)&x;
}

void passed_down(void)
{
	int x;

	unknown(&x);
}

/* What was in unknown memory may come back, for all the graph knows. */
struct node *known_elsewhere(void)
{
	struct node x;

	unknown(&x);
	return unknown_pointer();
}

int *one_path(int n, int *p)
{
	int x = 3;	/* want: &x outlives its function: returned */

	unknown(&x);
	return same(n ? p : &x);
}
