// SPDX-License-Identifier: GPL-2.0
/* options: why */
/* The chain from where an object is, back to where its address was taken. */
#include "kernel.h"

struct node *global;

static noinline void publish(struct node *p)
{
	global = p;
}

void stored(void)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */
	/* chain: flow: {heap} = a (assign to global at why.c:19:9) */
	/* chain: flow: a = &kzalloc(40) (allocation: kzalloc at why.c:15:19) */

	global = a;
}

void by_callee(void)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */
	/* chain: flow: {heap} = a (call parameter: publish at why.c:27:2) */

	publish(a);
}

void two_steps(void)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */
	struct node *b = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) escapes to heap */
	/* chain: (assign through pointer at why.c:36:10) */

	a->next = b;
	publish(a);
}

int *local(void)
{
	int x;	/* want: &x outlives its function: returned */
	/* chain: flow: {temp} = p (assign at why.c:46:9) */
	int *p = &x;

	return p;
}
