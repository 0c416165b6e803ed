// SPDX-License-Identifier: GPL-2.0
/* options: place=slot */
/* What becomes a variable of its function; the program prints what it computes. */
#include "user.h"

struct node *global;

static noinline int plain(int n)
{
	struct node *p = kmalloc(sizeof(*p), GFP_KERNEL);	/* want: kmalloc(48) does not escape, freed here on every path; kmalloc(48) placed in a slot */
	int ret;

	if (!p)
		return -1;
	p->value = n;
	ret = p->value * 2;
	kfree(p);
	return ret;
}

static noinline int cleared(void)
{
	struct node *p = kzalloc(sizeof(*p), GFP_KERNEL);	/* want: kzalloc(48) does not escape, freed here on every path; kzalloc(48) placed in a slot */
	int ret;

	if (!p)
		return -1;
	ret = p->value + !p->next + !p->list.prev;
	kfree(p);
	return ret;
}

/* Each round finds it clear again. */
static noinline int cleared_each_round(int n)
{
	int sum = 0;
	char *p;

	while (n--) {
		p = kmalloc(40, GFP_KERNEL | __GFP_ZERO);	/* want: kmalloc(40) does not escape, freed here on every path; kmalloc(40) placed in a slot */
		if (!p)
			return -1;
		sum += p[n];
		memset(p, 7, 40);
		sum += p[n];
		kfree(p);
	}
	return sum;
}

static noinline int cleanup(int n)
{
	char *a, *b = NULL;
	int ret = -1;

	a = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) does not escape, freed here on every path; kmalloc(16) placed in a slot */
	if (!a)
		goto out;
	b = kmalloc(24, GFP_KERNEL);	/* want: kmalloc(24) does not escape, freed here on every path; kmalloc(24) placed in a slot */
	if (!b)
		goto out;
	a[0] = n;
	b[0] = a[0] + 1;
	ret = b[0];
out:
	kfree(b);
	kfree(a);
	return ret;
}

static noinline int linked(int n)
{
	struct node *a = kzalloc(sizeof(*a), GFP_KERNEL);	/* want: kzalloc(48) does not escape, freed here on every path; kzalloc(48) placed in a slot */
	struct node *b = kzalloc(sizeof(*b), GFP_KERNEL);	/* want: kzalloc(48) does not escape, freed here on every path; kzalloc(48) placed in a slot */
	struct list_head head;
	int ret = -1;

	INIT_LIST_HEAD(&head);
	if (a && b) {
		a->value = n;
		a->next = b;
		b->next = a;
		list_add(&a->list, &head);
		list_add(&b->list, &head);
		ret = container_of(head.next, struct node, list)->next->value;
	}
	kfree(b);
	kfree(a);
	return ret;
}

static noinline int in_order(unsigned long size)
{
	char *p = kmalloc(64, GFP_KERNEL);	/* want: kmalloc(64) does not escape, freed here on every path; kmalloc(64) placed in a slot */
	int ret;

	if (!p)
		return -1;
	ret = (unsigned long)p % size;
	kfree(p);
	return ret;
}

/* ---- not these ------------------------------------------------------------------ */

static noinline int too_large(void)
{
	char *p = kzalloc(300, GFP_KERNEL);	/* want: kzalloc(300) does not escape, freed here on every path */
	int ret;

	if (!p)
		return -1;
	ret = p[299];
	kfree(p);
	return ret;
}

static noinline int too_many(void)
{
	char *a = kzalloc(250, GFP_KERNEL);	/* want: kzalloc(250) does not escape, freed here on every path; kzalloc(250) placed in a slot */
	char *b = kzalloc(251, GFP_KERNEL);	/* want: kzalloc(251) does not escape, freed here on every path; kzalloc(251) placed in a slot */
	char *c = kzalloc(252, GFP_KERNEL);	/* want: kzalloc(252) does not escape, freed here on every path */
	int ret = 0;

	if (a && b && c)
		ret = a[1] + b[2] + c[3];
	kfree(a);
	kfree(b);
	kfree(c);
	return ret;
}

static noinline int of_variable_size(int n)
{
	char *p = kzalloc(n, GFP_KERNEL);	/* want: kzalloc(n) does not escape, freed here on every path */
	int ret;

	if (!p)
		return -1;
	ret = p[n - 1];
	kfree(p);
	return ret;
}

static noinline int recursive(int n)
{
	struct node *p = kzalloc(sizeof(*p), GFP_KERNEL);	/* want: kzalloc(48) does not escape, freed here on every path */
	int ret;

	if (!p)
		return -1;
	p->value = n ? recursive(n - 1) + 1 : 0;
	ret = p->value;
	kfree(p);
	return ret;
}

static noinline int carried(int n)
{
	struct node *old = NULL, *p;
	int sum = 0;

	while (n--) {
		p = kmalloc(sizeof(*p), GFP_KERNEL);	/* want: kmalloc(48) does not escape, carried by a loop */
		if (!p)
			break;
		p->value = n;
		p->next = old;
		old = p;
	}
	while (old) {
		p = old->next;
		sum += old->value;
		kfree(old);
		old = p;
	}
	return sum;
}

static noinline int published(void)
{
	struct node *p = kzalloc(sizeof(*p), GFP_KERNEL);	/* want: kzalloc(48) escapes to heap, freed here on every path */
	int ret;

	if (!p)
		return -1;
	global = p;
	ret = global->value;
	kfree(p);
	return ret;
}

static noinline void node_free(struct node *p)
{
	kfree(p);
}

static noinline int freed_by_callee(void)
{
	struct node *p = kzalloc(sizeof(*p), GFP_KERNEL);	/* want: kzalloc(48) does not escape, freed here on every path, freed by callee */
	int ret;

	if (!p)
		return -1;
	ret = p->value;
	node_free(p);
	return ret;
}

static noinline int one_of_two(int n)
{
	char *a = kzalloc(8, GFP_KERNEL);	/* want: kzalloc(8) does not escape */
	char *b = kzalloc(16, GFP_KERNEL);	/* want: kzalloc(16) does not escape */
	char *c = n ? a : b, *d = n ? b : a;

	kfree(c);
	kfree(d);
	return n;
}

static noinline __kspan_keep int kept(void)
{
	char *p = kzalloc(8, GFP_KERNEL);	/* want: kzalloc(8) does not escape, freed here on every path */
	int ret = p[3];

	kfree(p);
	return ret;
}

static noinline int kept_variable(void)
{
	char *p __kspan_keep = kzalloc(8, GFP_KERNEL);	/* want: kzalloc(8) does not escape, freed here on every path */
	int ret = p[3];

	kfree(p);
	return ret;
}

/* As the kernel's macros around its allocators have it. */
#define hooked(call)	({ void *_p = (call); _p; })

static noinline int kept_behind_macro(void)
{
	char *p __kspan_keep = hooked(kzalloc(8, GFP_KERNEL));	/* want: kzalloc(8) does not escape, freed here on every path */
	int ret = p[3];

	kfree(p);
	return ret;
}

static noinline int kept_in_memory(void)
{
	char *p __kspan_keep = hooked(kzalloc(8, GFP_KERNEL));	/* want: kzalloc(8) does not escape */
	char **to = &p;
	int ret;

	__asm__ __volatile__("" : "+m" (p));
	ret = (*to)[3];
	kfree(*to);
	return ret;
}

int main(int argc, char **argv)
{
	unsigned int placed;

	printf("%d %d %d ", plain(3), cleared(), cleared_each_round(3));
	printf("%d %d %d ", cleanup(4), linked(5), in_order(64));
	placed = allocations;
	printf("%d %d %d ", too_large(), too_many(), of_variable_size(argc + 3));
	printf("%d %d %d ", recursive(4), carried(4), published());
	printf("%d %d %d %d ", freed_by_callee(), one_of_two(1), kept(), kept_variable());
	printf("%d %d\n", kept_behind_macro(), kept_in_memory());
	fprintf(stderr, "allocations: %u %u, live: %d\n", placed, allocations, live);
	return 0;
}
