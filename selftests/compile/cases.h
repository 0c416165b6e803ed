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
	if (!p)
		return -ENOMEM;
	memset(p, 1, CASE == CASE_WRITE_BEYOND ||
		     CASE == CASE_WRITE_BEYOND_ZEROED ? 101 : 100);
	if (CASE == CASE_FREE_VARIABLE) {
		OPTIMIZER_HIDE_VAR(variable[0]);
		kspan_free(variable);
	}
	kspan_free(CASE == CASE_FREE_INTERIOR ? p + 16 : p);
	return 0;
}

MODULE_DESCRIPTION("Test of kspan: what compilers say");
MODULE_LICENSE("GPL");
