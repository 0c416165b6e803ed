// SPDX-License-Identifier: GPL-2.0
/* Known functions have summaries; those that call each other are solved together. */
#include "kernel.h"

struct node *global;

static noinline void look(struct node *p)
{
	p->value++;
}

static noinline void publish(struct node *p)
{
	global = p;
}

static noinline void publish_next(struct node *p)
{
	global = p->next;
}

static noinline struct node *same(struct node *p)
{
	return p;
}

static noinline void link(struct node *a, struct node *b)
{
	a->next = b;
}

static noinline void make(struct node **out, struct node *inner)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to an argument's object */

	if (p)
		p->next = inner;
	*out = p;
}

void looked_at(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path */

	if (!p)
		return;
	look(p);
	kfree(p);
}

void published(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */

	publish(p);
}

void content_published(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path */

	if (!p)
		return;
	p->next = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) escapes to heap */
	publish_next(p);
	kfree(p);
}

void returned_and_published(void)
{
	publish(same(kzalloc(40, GFP_KERNEL)));	/* want: kzalloc(40) escapes to heap */
}

void linked(struct node *q)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to an argument's object */

	link(q, p);
}

void linked_here(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path */
	struct node head;

	link(&head, p);
	kfree(p);
}

/* What a callee stores in what it makes. */
void made_here(void)
{
	struct node *in = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) does not escape, freed here on every path */
	struct node *p;

	make(&p, in);
	kfree(p);
	kfree(in);
}

void made_for_argument(struct node **q)
{
	struct node *in = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) escapes to an argument's object */

	make(q, in);
}

static void odd(struct node *p, int n);

static noinline void even(struct node *p, int n)
{
	if (n)
		odd(p, n - 1);
}

static noinline void odd(struct node *p, int n)
{
	if (n)
		even(p, n - 1);
	else
		global = p->next;
}

void by_turns(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape, freed here on every path */

	if (!p)
		return;
	p->next = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) escapes to heap */
	even(p, 3);
	kfree(p);
}

/* Each round goes one step deeper. */
static noinline struct node *last(struct node *p)
{
	return p->next ? last(p->next) : p;
}

void found_last(void)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */
	struct node *b = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) escapes to heap */

	a->next = b;
	global = last(a);
}

/* Nobody knows which of two a linker takes. */
__attribute__((__weak__)) void weak(struct node *p)
{
}

void passed_to_weak(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap, freed here on every path */

	weak(p);
	kfree(p);
}
