// SPDX-License-Identifier: GPL-2.0
/* Indirect calls through constant tables that the file has. */
#include "kernel.h"

struct ops {
	void (*see)(void *p);
	void (*keep)(void *p);
	void (*other)(void *p);
};

static void *kept;

static void see(void *p)
{
}

static void see_too(void *p)
{
}

static void keep(void *p)
{
	kept = p;
}

static const struct ops ops = { .see = see, .keep = keep, .other = unknown };
static const struct ops ops_too = { .see = see_too, .keep = keep };
struct ops ops_to_change = { .see = see };

void directly(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	ops.see(p);
	kfree(p);
}

void kept_by_function(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap */

	ops.keep(p);
}

void other_function(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap, freed here on every path */

	ops.other(p);
	kfree(p);
}

void through_pointer(int n)
{
	const struct ops *o = n ? &ops : &ops_too;
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	o->see(p);
	kfree(p);
}

void can_be_changed(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap, freed here on every path */

	ops_to_change.see(p);
	kfree(p);
}

void one_of_two(int n)
{
	void (*f)(void *p) = n ? see : see_too;
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	f(p);
	kfree(p);
}

void one_is_not_known(int n, void (*g)(void *p))
{
	void (*f)(void *p) = n ? see : g;
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap, freed here on every path */

	f(p);
	kfree(p);
}

static void each(void (*f)(void *p), void *p)
{
	f(p);
}

/* A callback's caller is another function: as in Go, its argument leaks. */
void callback(void)
{
	void *p = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) escapes to heap, freed here on every path */

	each(see, p);
	kfree(p);
}
