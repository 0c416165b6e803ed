// SPDX-License-Identifier: GPL-2.0
/*
 * An annotation that does not say the truth: the plugin believes it, and the program uses
 * an object that is gone. A verify build shows it, and so does one with a slot.
 */
#include "user.h"

struct node *global;

static noinline void look_at(struct node **p __kspan_noescape)
{
	global = *p;
	*p = NULL;
}

static noinline int hand_over(int n)
{
	struct node *p = kmalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -1;
	p->value = n;
	if (n < 0) {
		kfree(p);
		return n;
	}
	look_at(&p);
	kfree(p);
	return 0;
}

int main(int argc, char **argv)
{
	if (hand_over(argc - 8) > 0 || hand_over(7))
		return 1;
	return global->value != 7;
}
