// SPDX-License-Identifier: GPL-2.0
/*
 * Copies, arrays and single types: each call beside the kernel's own, with the same
 * arguments. They are to give the same.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "tests/kit.h"
#include "tests/suites.h"

static const char * const texts[] = {
	"", "a", "seven b", "eight by", "a text that is longer than a few words",
};

static const gfp_t flags[] = {
	GFP_KERNEL, GFP_NOFS, GFP_ATOMIC, GFP_NOWAIT, GFP_KERNEL | __GFP_ZERO,
	GFP_KERNEL_ACCOUNT, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN,
	GFP_KERNEL | __GFP_NOFAIL,
};

/* The same kind of pointer, and the same bytes; frees both. */
static void expect_same(struct kunit *test, void *ours, const void *theirs,
			size_t size)
{
	struct kspan_object obj;

	if (IS_ERR_OR_NULL(theirs) || theirs == ZERO_SIZE_PTR) {
		KUNIT_EXPECT_PTR_EQ(test, (const void *)ours, theirs);
		return;
	}
	if (IS_ERR_OR_NULL(ours) || ours == ZERO_SIZE_PTR) {
		KUNIT_FAIL(test, "%zu bytes: %p in place of memory", size, ours);
	} else {
		KUNIT_EXPECT_TRUE(test, kspan_find_object(ours, &obj));
		KUNIT_EXPECT_PTR_EQ(test, obj.heap, kit_heap(test));
		KUNIT_EXPECT_PTR_EQ(test, obj.start, ours);
		KUNIT_EXPECT_GE(test, obj.size_bytes, size);
		KUNIT_EXPECT_EQ(test, memcmp(ours, theirs, size), 0);
		kspan_free(ours);
	}
	kfree(theirs);
}

static void memory_is_copied(struct kunit *test)
{
	static const size_t sizes[] = { 0, 1, 8, 100, 4096, 32768, 40000, 300000 };
	void *src = kvmalloc(300000, GFP_KERNEL);
	unsigned int i;
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, src);
	kit_fill(src, 300000, 7);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (n = 0; n < ARRAY_SIZE(flags); n++)
			expect_same(test,
				    kspan_memdup(kit_heap(test), src, sizes[i],
						 flags[n]),
				    kmemdup(src, sizes[i], flags[n]), sizes[i]);
	}
	kvfree(src);
	kit_expect_empty(test, kit_heap(test));
}

static void strings_are_copied(struct kunit *test)
{
	static const size_t maxima[] = { 0, 1, 7, 8, 9, 1000, SIZE_MAX };
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;
	unsigned int k;
	unsigned int n;

	expect_same(test, kspan_strdup(heap, NULL, GFP_KERNEL),
		    kstrdup(NULL, GFP_KERNEL), 0);
	expect_same(test, kspan_strndup(heap, NULL, 5, GFP_KERNEL),
		    kstrndup(NULL, 5, GFP_KERNEL), 0);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		for (n = 0; n < ARRAY_SIZE(flags); n++)
			expect_same(test, kspan_strdup(heap, texts[i], flags[n]),
				    kstrdup(texts[i], flags[n]),
				    strlen(texts[i]) + 1);
		for (k = 0; k < ARRAY_SIZE(maxima); k++)
			expect_same(test,
				    kspan_strndup(heap, texts[i], maxima[k],
						  GFP_KERNEL),
				    kstrndup(texts[i], maxima[k], GFP_KERNEL),
				    min(strlen(texts[i]), maxima[k]) + 1);
	}
	kit_expect_empty(test, heap);
}

/* Behind a string that has no end there may be no memory. */
static void no_byte_is_read_beyond_the_most(struct kunit *test)
{
	char *page = vmalloc(PAGE_SIZE);
	char *copy;

	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page, 'x', PAGE_SIZE);
	copy = kspan_strndup(kit_heap(test), page + PAGE_SIZE - 8, 8,
			     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_STREQ(test, copy, "xxxxxxxx");
	kspan_free(copy);
	vfree(page);
}

static char *vformat(struct kspan_heap *heap, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = kspan_vasprintf(heap, GFP_KERNEL, fmt, args);
	va_end(args);
	return text;
}

static void text_is_formatted(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		expect_same(test,
			    kspan_asprintf(heap, flags[i], "%s-%d-%#x-%pGg",
					   texts[4], -5, 77, &flags[i]),
			    kasprintf(flags[i], "%s-%d-%#x-%pGg", texts[4], -5,
				      77, &flags[i]), strlen(texts[4]) + 9);
	expect_same(test, kspan_asprintf(heap, GFP_KERNEL, "%s", ""),
		    kasprintf(GFP_KERNEL, "%s", ""), 1);
	expect_same(test, kspan_asprintf(heap, GFP_KERNEL, "%5000d", 1),
		    kasprintf(GFP_KERNEL, "%5000d", 1), 5001);
	expect_same(test, vformat(heap, "%d of %s", 3, "five"),
		    kasprintf(GFP_KERNEL, "%d of %s", 3, "five"), 10);
	kit_expect_empty(test, heap);
}

/* Two pages of user space, and none behind them. */
static char __user *user_pages(struct kunit *test)
{
	unsigned long addr = kunit_vm_mmap(test, NULL, 0, 3 * PAGE_SIZE,
					   PROT_READ | PROT_WRITE,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	KUNIT_ASSERT_NE(test, addr, 0UL);
	KUNIT_ASSERT_LT(test, addr, TASK_SIZE);
	KUNIT_ASSERT_EQ(test, vm_munmap(addr + 2 * PAGE_SIZE, PAGE_SIZE), 0);
	return (char __user *)addr;
}

static void user_memory_is_copied(struct kunit *test)
{
	static const size_t sizes[] = { 0, 1, 8, 100, 4096, 8192, 8193, 40000 };
	struct kspan_heap *heap = kit_heap(test);
	char __user *u = user_pages(test);
	void *src = kmalloc(2 * PAGE_SIZE, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, src);
	kit_fill(src, 2 * PAGE_SIZE, 9);
	KUNIT_ASSERT_EQ(test, copy_to_user(u, src, 2 * PAGE_SIZE), 0UL);
	kfree(src);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		expect_same(test, kspan_memdup_user(heap, u, sizes[i]),
			    memdup_user(u, sizes[i]), sizes[i]);
	expect_same(test, kspan_memdup_user(heap, NULL, 8),
		    memdup_user(NULL, 8), 8);
	expect_same(test, kspan_memdup_user(heap, NULL, 0),
		    memdup_user(NULL, 0), 0);
	/* Of the kernel's own, above all that a heap would have, and too much. */
	expect_same(test,
		    kspan_memdup_user(heap, (void __user *)__va(0), 8),
		    memdup_user((void __user *)__va(0), 8), 8);
	expect_same(test, kspan_memdup_user(heap, u, SIZE_MAX / 2),
		    memdup_user(u, SIZE_MAX / 2), 0);
	expect_same(test, kspan_memdup_user(heap, u, SIZE_MAX),
		    memdup_user(u, SIZE_MAX), 0);
	kit_expect_empty(test, heap);
}

static void user_strings_are_copied(struct kunit *test)
{
	static const long maxima[] = { 0, 1, 5, 6, 7, 100, 4096, LONG_MAX };
	struct kspan_heap *heap = kit_heap(test);
	char __user *u = user_pages(test);
	char __user *last = u + 2 * PAGE_SIZE - 6;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, copy_to_user(u, "hello", 6), 0UL);
	/* Ends with the last byte that there is; and has no end. */
	KUNIT_ASSERT_EQ(test, copy_to_user(last, "at end", 6), 0UL);
	for (i = 0; i < ARRAY_SIZE(maxima); i++) {
		expect_same(test, kspan_strndup_user(heap, u, maxima[i]),
			    strndup_user(u, maxima[i]), 6);
		expect_same(test, kspan_strndup_user(heap, last, maxima[i]),
			    strndup_user(last, maxima[i]), 6);
		expect_same(test, kspan_strndup_user(heap, NULL, maxima[i]),
			    strndup_user(NULL, maxima[i]), 6);
	}
	KUNIT_EXPECT_EQ(test, PTR_ERR(kspan_strndup_user(heap, u, 5)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(kspan_strndup_user(heap, last, 7)),
			-EFAULT);
	KUNIT_ASSERT_EQ(test, copy_to_user(last + 5, "", 1), 0UL);
	expect_same(test, kspan_strndup_user(heap, last, 6),
		    strndup_user(last, 6), 6);
	kit_expect_empty(test, heap);
}

static void arrays_change_their_size(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	size_t huge = SIZE_MAX / 2 + 1;
	u32 *theirs = NULL;
	u32 *ours = NULL;
	unsigned int n;

	OPTIMIZER_HIDE_VAR(huge);
	for (n = 1; n < 100000; n *= 3) {
		ours = kspan_realloc_array(heap, ours, n, sizeof(*ours),
					   GFP_KERNEL | __GFP_ZERO);
		theirs = krealloc_array(theirs, n, sizeof(*theirs),
					GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, ours);
		KUNIT_ASSERT_NOT_NULL(test, theirs);
		KUNIT_EXPECT_EQ(test, memcmp(ours, theirs, n * sizeof(*ours)),
				0);
		memset32(ours, n, n);
		memset32(theirs, n, n);
	}
	/* What there was stays as it was. */
	KUNIT_EXPECT_NULL(test, kspan_realloc_array(heap, ours, huge, 2,
						    GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_realloc_array(heap, ours, huge, 8,
						    GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_realloc_array(heap, NULL, 2, huge,
						    GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, memcmp(ours, theirs, n / 3 * sizeof(*ours)), 0);
	KUNIT_EXPECT_PTR_EQ(test,
			    (void *)kspan_realloc_array(heap, ours, 0, 8,
							GFP_KERNEL),
			    (void *)krealloc_array(theirs, 0, 8, GFP_KERNEL));
	kit_expect_empty(test, heap);
}

struct thing {
	u64	words[7];
	char	name[13];
};

static void one_of_a_type(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct thing *thing;
	unsigned int i;
	void *p;
	int nid;

	for (i = 0; i < 1000; i++) {
		thing = kspan_new(heap, struct thing, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, thing);
		KUNIT_EXPECT_NULL(test, memchr_inv(thing, 0, sizeof(*thing)));
		KUNIT_EXPECT_EQ(test, kspan_usable_size(thing),
				kspan_size_roundup(sizeof(*thing)));
		memset(thing, 0xff, sizeof(*thing));
		kspan_free(thing);
	}
	for_each_node_state(nid, N_MEMORY) {
		p = kspan_zalloc_node(heap, 100, GFP_KERNEL | __GFP_THISNODE,
				      nid);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(p)), nid);
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 100));
		kspan_free(p);
	}
	KUNIT_EXPECT_PTR_EQ(test, kspan_zalloc_node(heap, 0, GFP_KERNEL,
						    NUMA_NO_NODE),
			    ZERO_SIZE_PTR);
	kit_expect_empty(test, heap);
}

static bool exists(const char *name)
{
	struct kspan_heap *found __free(kspan_heap_put) = kspan_heap_find(name);

	return found;
}

/* Frees, destroys and lets go of all that is its own, but for what it returns. */
static char *in_a_scope(struct kunit *test, struct kspan_heap *heap)
{
	char *kept __free(kspan) = kspan_strdup(heap, "kept", GFP_KERNEL);
	char *freed __free(kspan) = kspan_strdup(heap, "freed", GFP_KERNEL);
	void *error __free(kspan) = ERR_PTR(-ENOMEM);
	void *none __free(kspan) = NULL;
	struct kspan_heap *ended __free(kspan_heap) =
		kspan_heap_create("kunit-scope", NULL);
	struct kspan_heap *taken __free(kspan_heap) =
		kspan_heap_create("kunit-scope", NULL);

	KUNIT_EXPECT_TRUE(test, exists("kunit-scope"));
	KUNIT_EXPECT_FALSE(test, exists("kunit-no-scope"));
	KUNIT_EXPECT_EQ(test, PTR_ERR(taken), -EEXIST);
	KUNIT_EXPECT_TRUE(test, kept && freed && !none && IS_ERR(error));
	KUNIT_EXPECT_NOT_NULL(test, kspan_alloc(ended, 9, GFP_KERNEL));
	return no_free_ptr(kept);
}

static void scopes_end(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	char *kept = in_a_scope(test, heap);
	struct kspan_heap_stats stats;

	KUNIT_EXPECT_FALSE(test, exists("kunit-scope"));
	KUNIT_EXPECT_STREQ(test, kept, "kept");
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, 1);
	kspan_free(kept);
	kit_expect_empty(test, heap);
}

/* A heap at its limit, and flags for which a heap has nothing. */
static void no_memory(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	char __user *u = user_pages(test);
	const char *text = texts[4];

	KUNIT_ASSERT_EQ(test, copy_to_user(u, "hello", 6), 0UL);
	kspan_heap_set_limit(heap, 1);
	KUNIT_EXPECT_NULL(test, kspan_memdup(heap, text, 30, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_strdup(heap, text, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_strndup(heap, text, 9, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_asprintf(heap, GFP_KERNEL, "%s", text));
	KUNIT_EXPECT_NULL(test, kspan_new(heap, struct thing, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_zalloc_node(heap, 9, GFP_KERNEL,
						  NUMA_NO_NODE));
	KUNIT_EXPECT_NULL(test, kspan_realloc_array(heap, NULL, 3, 3,
						    GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PTR_ERR(kspan_memdup_user(heap, u, 6)), -ENOMEM);
	KUNIT_EXPECT_EQ(test, PTR_ERR(kspan_strndup_user(heap, u, 6)), -ENOMEM);
	kspan_heap_set_limit(heap, 0);
	kit_reports_begin();
	KUNIT_EXPECT_NULL(test, kspan_memdup(heap, text, 30, GFP_DMA));
	KUNIT_EXPECT_NULL(test, kspan_strdup(heap, text, GFP_DMA32));
	KUNIT_EXPECT_NULL(test, kspan_strndup(heap, text, 9, GFP_DMA));
	KUNIT_EXPECT_NULL(test, kspan_asprintf(heap, GFP_DMA, "%s", text));
	KUNIT_EXPECT_NULL(test, kspan_new(heap, struct thing, GFP_DMA32));
	KUNIT_EXPECT_NULL(test, kspan_zalloc_node(heap, 9, GFP_DMA, 0));
	KUNIT_EXPECT_NULL(test, kspan_realloc_array(heap, NULL, 3, 3, GFP_DMA));
	kit_reports_end();
	kit_expect_empty(test, heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(memory_is_copied),
	KUNIT_CASE(strings_are_copied),
	KUNIT_CASE(no_byte_is_read_beyond_the_most),
	KUNIT_CASE(text_is_formatted),
	KUNIT_CASE(user_memory_is_copied),
	KUNIT_CASE(user_strings_are_copied),
	KUNIT_CASE(arrays_change_their_size),
	KUNIT_CASE(one_of_a_type),
	KUNIT_CASE(scopes_end),
	KUNIT_CASE(no_memory),
	{}
};

struct kunit_suite kit_copy_suite = {
	.name = "kspan_copy",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
