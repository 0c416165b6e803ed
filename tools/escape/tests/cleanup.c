// SPDX-License-Identifier: GPL-2.0
/* The certificate: every path to the end frees exactly this object. */
#include "kernel.h"

struct node *global;

int with_goto(int n)
{
	char *a, *b = NULL;
	int ret = -1;

	a = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) does not escape, freed here on every path */
	if (!a)
		goto out;
	b = kmalloc(24, GFP_KERNEL);	/* want: kmalloc(24) does not escape, freed here on every path */
	if (!b)
		goto out;
	a[0] = n;
	b[0] = a[0];
	ret = b[0];
out:
	kfree(b);
	kfree(a);
	return ret;
}

int with_unlikely(int n)
{
	char *a = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) does not escape, freed here on every path */

	if (unlikely(!a))
		return -1;
	a[0] = n;
	n = a[0];
	kfree(a);
	return n;
}

int one_path_forgotten(int n)
{
	char *a = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) does not escape, not freed on every path */

	if (!a)
		return -1;
	if (n)
		return -2;
	kfree(a);
	return 0;
}

int on_each_path(int n)
{
	char *a = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) does not escape, freed here on every path */

	if (!a)
		return -1;
	if (n) {
		kfree(a);
		return -2;
	}
	a[0] = 1;
	kfree(a);
	return 0;
}

/* The heap has it, but only until the end. */
void published_meanwhile(void)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap, freed here on every path */

	global = a;
	unknown_int();
	global = NULL;
	kfree(a);
}

void read_back(void)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap, freed here on every path */

	global = a;
	kfree(global);
}

void changed_meanwhile(void)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */

	global = a;
	unknown_int();
	kfree(global);
}

void overwritten(struct node *b)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) escapes to heap */

	global = a;
	global = b;
	kfree(global);
}

/* What is freed is this object or none, which the path tells. */
int maybe_on_stack(int n)
{
	char buf[64];
	char *p = buf;

	if (n > 64)
		p = kmalloc(n, GFP_KERNEL);	/* want: kmalloc(n) does not escape, freed here on every path */
	if (!p)
		return -1;
	p[0] = 1;
	n = p[0];
	if (p != buf)
		kfree(p);
	return n;
}

void null_sometimes(int n)
{
	struct node *a = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape */
	struct node *b = n ? a : NULL;

	kfree(b);
}

void only_the_old_one(int n)
{
	struct node *old = NULL, *p = kzalloc(40, GFP_KERNEL);	/* want: kzalloc(40) does not escape */

	while (n--) {
		kfree(old);
		old = p;
		p = kzalloc(32, GFP_KERNEL);	/* want: kzalloc(32) does not escape, carried by a loop */
	}
	kfree(p);
}

void not_the_start(void)
{
	char *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape */

	kfree(p + 8);
}

void never_ends(void)
{
	char *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) does not escape, never freed */

	for (;;)
		p[0]++;
}
