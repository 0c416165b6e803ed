// SPDX-License-Identifier: GPL-2.0
/* options: place=region */
/* What is on a stack until its function ends. */
#include "user.h"

struct node *global;

static noinline int of_variable_size(int n)
{
	char *p = kmalloc(n, GFP_KERNEL);	/* want: kmalloc(n) does not escape, freed here on every path; kmalloc(n) placed on a stack */
	int ret;

	if (!p)
		return -1;
	memset(p, 3, n);
	ret = p[n - 1];
	kfree(p);
	return ret;
}

static noinline int large(void)
{
	int *p = kzalloc(3000, GFP_KERNEL);	/* want: kzalloc(3000) does not escape, freed here on every path; kzalloc(3000) placed on a stack */
	int ret;

	if (!p)
		return -1;
	ret = p[700] + 4;
	kfree(p);
	return ret;
}

static noinline int both(int n)
{
	char *p, *q = NULL;
	int ret = -1;

	p = kmalloc(16, GFP_KERNEL);	/* want: kmalloc(16) does not escape, freed here on every path; kmalloc(16) placed in a slot */
	if (!p)
		return ret;
	q = kcalloc(n, 8, GFP_KERNEL);	/* want: kcalloc(n) does not escape, freed here on every path; kcalloc(n) placed on a stack */
	if (!q)
		goto out;
	p[0] = q[8 * n - 1] + n;
	ret = p[0];
	if (n > 100)
		goto out;
	ret++;
out:
	kfree(q);
	kfree(p);
	return ret;
}

/* Others know it, but only until the end. */
static noinline int certified(int n)
{
	struct node *p = kzalloc(sizeof(*p), GFP_KERNEL);	/* want: kzalloc(48) escapes to heap, freed here on every path; kzalloc(48) placed on a stack */

	if (!p)
		return -1;
	global = p;
	global->value = n;
	n = p->value;
	global = NULL;
	kfree(p);
	return n;
}

static noinline int cleared_by_flags(int n, gfp_t gfp)
{
	char *p = kmalloc(n, gfp);	/* want: kmalloc(n) does not escape, freed here on every path; kmalloc(n) placed on a stack */
	int ret;

	if (!p)
		return -1;
	ret = p[n - 1];
	memset(p, 9, n);
	kfree(p);
	return ret;
}

/* Two of a heap are worth a stack. */
static noinline int two_of_heap(struct kspan_heap *heap, int n)
{
	char *p = kspan_alloc(heap, n, GFP_KERNEL);	/* want: kspan_alloc(n) does not escape, freed here on every path; kspan_alloc(n) placed on a stack */
	char *q = kspan_alloc(heap, 2 * n, GFP_KERNEL);	/* want: kspan_alloc(n) does not escape, freed here on every path; kspan_alloc(n) placed on a stack */
	int ret = -1;

	if (p && q) {
		memset(p, 5, n);
		memset(q, 6, 2 * n);
		ret = p[n - 1] + q[2 * n - 1];
	}
	kspan_free(q);
	kspan_free(p);
	return ret;
}

/* ---- not these ------------------------------------------------------------------ */

static noinline int too_large(void)
{
	char *p = kzalloc(20000, GFP_KERNEL);	/* want: kzalloc(20000) does not escape, freed here on every path; kzalloc(20000) placed on a stack */
	int ret;

	if (!p)
		return -1;
	ret = p[19999];
	kfree(p);
	return ret;
}

/* A lone one is had for less. */
static noinline int one_of_heap(struct kspan_heap *heap, int n)
{
	char *p = kspan_alloc(heap, n, GFP_KERNEL);	/* want: kspan_alloc(n) does not escape, freed here on every path */
	int ret;

	if (!p)
		return -1;
	memset(p, 7, n);
	ret = p[n - 1];
	kspan_free(p);
	return ret;
}

static noinline int in_loop(int n)
{
	int sum = 0;
	char *p;

	while (n--) {
		p = kzalloc(300, GFP_KERNEL);	/* want: kzalloc(300) does not escape, freed here on every path */
		if (!p)
			return -1;
		sum += p[299];
		kfree(p);
	}
	return sum;
}

static noinline int recursive(int n)
{
	char *p = kzalloc(300, GFP_KERNEL);	/* want: kzalloc(300) does not escape, freed here on every path */
	int ret;

	if (!p)
		return -1;
	p[0] = n ? recursive(n - 1) + 1 : 0;
	ret = p[0];
	kfree(p);
	return ret;
}

static noinline void published(void)
{
	global = kzalloc(300, GFP_KERNEL);	/* want: kzalloc(300) escapes to heap */
}

static noinline int sometimes_freed(int n)
{
	char *p = kzalloc(300, GFP_KERNEL);	/* want: kzalloc(300) does not escape, not freed on every path; kzalloc(300) placed on a stack */

	if (!p || n)
		return -1;
	kfree(p);
	return 0;
}

static noinline void node_free(void *p)
{
	kfree(p);
}

static noinline int freed_by_callee(void)
{
	char *p = kzalloc(300, GFP_KERNEL);	/* want: kzalloc(300) does not escape, freed here on every path, freed by callee */
	int ret;

	if (!p)
		return -1;
	ret = p[299];
	node_free(p);
	return ret;
}

int main(int argc, char **argv)
{
	unsigned int placed;

	printf("%d %d %d ", of_variable_size(argc + 40), large(), both(argc + 3));
	printf("%d %d ", both(200), certified(8));
	printf("%d ", cleared_by_flags(argc + 99, GFP_KERNEL | __GFP_ZERO));
	printf("%d ", two_of_heap(NULL, argc + 30));
	placed = allocations;
	printf("%d ", one_of_heap(NULL, argc + 50));
	printf("%d %d %d ", too_large(), in_loop(3), recursive(3));
	published();
	printf("%d %d %d\n", global->value, sometimes_freed(0), freed_by_callee());
	kfree(global);
	fprintf(stderr, "allocations: %u %u, live: %d, borrowed: %d\n", placed, allocations,
		live, borrowed);
	return 0;
}
