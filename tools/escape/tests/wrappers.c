// SPDX-License-Identifier: GPL-2.0
/* options: params */
/* Functions that make objects for others. */
#include "kernel.h"

struct node *global;

static noinline struct node *make(void)
{
	return kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to result */
}

static noinline struct node *make_and_publish(void)
{
	struct node *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */

	global = p;
	return p;
}

static noinline int make_into(struct node **to)	/* want: to does not escape */
{
	*to = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to an argument's object */
	return *to ? 0 : -12;
}

/* Nobody gets this one: it is not the caller's. */
static noinline struct node *make_other(void)
{
	struct node *p = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) does not escape, freed here on every path */

	kfree(p);
	return make();	/* want: make() escapes to result */
}

void use(void)
{
	kfree(make());	/* want: make() does not escape, freed here on every path */
}

void use_published(void)
{
	struct node *p = make_and_publish();	/* want: make_and_publish() escapes to heap */

	p->value = 3;
}

int use_out(void)
{
	struct node *p;

	if (make_into(&p))	/* want: make_into() does not escape, not freed on every path */
		return -12;
	kfree(p);
	return 0;
}

struct node *use_and_return(void)
{
	return make_other();	/* want: make_other() escapes to result */
}
