/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One function for each case, chosen by CASE. They are compiled with warnings
 * as errors: see compile_test.sh.
 */
#include <linux/kspan.h>
#include <linux/module.h>
#include <linux/string.h>

enum {
	CASE_FINE,
	CASE_WRITE_BEYOND,
	CASE_WRITE_BEYOND_ZEROED,
	CASE_FREE_INTERIOR,
	CASE_FREE_VARIABLE,
	CASE_UNUSED_RESULT,
	CASE_WRITE_BEYOND_TYPE,
	CASE_WRITE_BEYOND_COPY,
	CASE_FREE_INSIDE_STRING,
	CASE_UNUSED_STRING,
	CASE_WRONG_FORMAT,
	CASE_HEAD_TOO_FAR,
};

struct thing {
	char		bytes[100];
};

struct far {
	char		bytes[KSPAN_RCU_OFFSETS];
	struct rcu_head	rcu;
};

int kspan_compile_case(struct kspan_heap *heap);

int kspan_compile_case(struct kspan_heap *heap)
{
	char variable[16] = "";
	char *p;

#if CASE == 5
	kspan_alloc(heap, 100, GFP_KERNEL);
#endif
	p = CASE == CASE_WRITE_BEYOND_ZEROED ?
	    kspan_zalloc(heap, 100, GFP_KERNEL) :
	    kspan_alloc(heap, 100, GFP_KERNEL);
	if (CASE == CASE_WRITE_BEYOND_TYPE)
		p = (char *)kspan_new(heap, struct thing, GFP_KERNEL);
	if (CASE == CASE_WRITE_BEYOND_COPY)
		p = kspan_memdup(heap, variable, 16, GFP_KERNEL);
	if (CASE == CASE_FREE_INSIDE_STRING)
		p = kspan_strdup(heap, "something that is long", GFP_KERNEL);
#if CASE == 9
	kspan_strdup(heap, variable, GFP_KERNEL);
#elif CASE == 10
	p = kspan_asprintf(heap, GFP_KERNEL, "%s", 7);
#elif CASE == 11
	kspan_free_rcu((struct far *)p, rcu);
#endif
	if (!p)
		return -ENOMEM;
	if (CASE != CASE_FREE_INSIDE_STRING)
		memset(p, 1, CASE == CASE_WRITE_BEYOND ||
			     CASE == CASE_WRITE_BEYOND_TYPE ||
			     CASE == CASE_WRITE_BEYOND_ZEROED ? 101 : 100);
	if (CASE == CASE_FREE_VARIABLE) {
		OPTIMIZER_HIDE_VAR(variable[0]);
		kspan_free(variable);
	}
	kspan_free(CASE == CASE_FREE_INTERIOR ||
		   CASE == CASE_FREE_INSIDE_STRING ? p + 16 : p);
	return 0;
}

MODULE_DESCRIPTION("Test of kspan: what compilers say");
MODULE_LICENSE("GPL");
