// SPDX-License-Identifier: GPL-2.0
/* options: params */
/* What happens to parameters, in Go's words. */
#include "kernel.h"

struct node *global;

int looked_at(struct node *p)	/* want: p does not escape */
{
	return p->value;
}

void published(struct node *p)	/* want: leaking param: p */
{
	global = p;
}

void content_published(struct node *p)	/* want: leaking param content: p */
{
	global = p->next;
}

struct node *returned(struct node *p)	/* want: leaking param: p to result level=0 */
{
	return p;
}

struct node *content_returned(struct node *p)	/* want: leaking param content: p to result level=1 */
{
	return p->next;
}

void stored(struct node *p,	/* want: p does not escape */
	    struct node *q)	/* want: leaking param: q to *p */
{
	p->next = q;
}

void stored_deeper(struct node *p,	/* want: p does not escape */
		   struct node *q)	/* want: leaking param: q to **p */
{
	p->next->next = q;
}

struct node *in_new(struct node *p)	/* want: leaking param: p to a new object */
{
	struct node *q = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to result */

	if (q)
		q->next = p;
	return q;
}

void freed(struct node *p)	/* want: p does not escape; p is freed */
{
	if (!p)
		return;
	kfree(p);
}

void content_freed(struct node *p)	/* want: p does not escape; content of p is freed */
{
	kfree(p->name);
}

void both_freed(struct node *p)	/* want: p does not escape; p is freed; content of p is freed */
{
	kfree(p->name);
	kfree(p);
}

void freed_perhaps(struct node *p)	/* want: p does not escape; p may be freed */
{
	if (--p->value == 0)
		kfree(p);
}

void freed_after_change(struct node *p,	/* want: p does not escape; content of p may be freed */
			char *name)	/* want: leaking param: name to *p; name is freed */
{
	p->name = name;
	kfree(p->name);
}
