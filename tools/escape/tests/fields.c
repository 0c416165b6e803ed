// SPDX-License-Identifier: GPL-2.0
/* Fields of an object are told apart, in callees too. */
#include "kernel.h"

struct both {
	void *kept;
	void *given;
};

void *global;

void one_is_given(void)
{
	struct both b;

	b.kept = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */
	b.given = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) escapes to heap */
	global = b.given;
	kfree(b.kept);
}

static noinline void give(struct both *b)
{
	global = b->given;
}

void one_is_given_by_callee(void)
{
	struct both b;

	b.kept = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape */
	b.given = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) escapes to heap */
	give(&b);
	kfree(b.kept);
}

static noinline void fill(struct both *b, void *kept, void *given)
{
	b->kept = kept;
	b->given = given;
}

void filled_by_callee(void)
{
	struct both b;
	void *kept = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */
	void *given = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) escapes to heap */

	fill(&b, kept, given);
	give(&b);
	kfree(kept);
}

struct outer {
	int n;
	struct both inner;
};

/* The callee's object begins in the middle of ours. */
void inside_another(void)
{
	struct outer o;
	void *kept = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */
	void *given = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) escapes to heap */

	fill(&o.inner, kept, given);
	give(&o.inner);
	kfree(kept);
}

void read_by_other_offset(void)
{
	struct outer o;
	void *given = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) escapes to heap */

	fill(&o.inner, NULL, given);
	global = ((void **)&o)[2];
}

void by_variable_index(int i)
{
	void *all[4];

	all[0] = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */
	all[1] = NULL;
	global = all[i];
}

void whole_structure(struct both *to)
{
	struct both b;

	b.kept = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to an argument's object */
	b.given = NULL;
	*to = b;
}

/* Many more than are told apart. */
struct many {
	void *at[64];
};

void one_of_many(void)
{
	struct many m;
	int i;

#define SET(n)	m.at[n] = kmalloc(n + 1, GFP_KERNEL)
	SET(0);		/* want: kmalloc(1) escapes to heap */
	SET(40);	/* want: kmalloc(41) escapes to heap */
	global = m.at[unknown_int()];
}
