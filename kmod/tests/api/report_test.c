// SPDX-License-Identifier: GPL-2.0
/*
 * Wrong frees: each is refused, named for what it is, and harms nothing.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "pages/arena.h"
#include "spans/lookup.h"
#include "spans/span.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	LARGE_BYTES	= 5 * KSPAN_PAGE_BYTES,
	HUGE_BYTES	= KSPAN_MAX_CONTIG_BYTES + PAGE_SIZE,
	NEIGHBOUR_BYTES	= 1 << 20,
	NR_NEIGHBOURS	= 48,
};

static void *object(struct kunit *test, size_t size)
{
	void *p = kspan_alloc(kit_heap(test), size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static u64 bad_frees(struct kspan_heap *heap)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	return stats.bad_frees_total;
}

static void nothing_is_ignored(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;

	kspan_free(NULL);
	kspan_free(ZERO_SIZE_PTR);
	kspan_free_sized(NULL, 8);
	kspan_free_sensitive(NULL);
	kspan_free_sensitive(ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);
}

/* Of the kernel's allocators. Where a heap has been before, that is what is told. */
static void expect_stranger(struct kunit *test, const void *p)
{
	unsigned long total = kspan_last_report.total;

	kit_reports_begin();
	kspan_free(p);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 1);
	KUNIT_EXPECT_TRUE(test,
			  kspan_last_report.mistake == KSPAN_MISTAKE_FOREIGN ||
			  kspan_last_report.mistake == KSPAN_MISTAKE_RELEASED);
	KUNIT_EXPECT_EQ(test, kspan_last_report.addr, (unsigned long)p);
}

static void foreign(struct kunit *test)
{
	static const unsigned long addrs[] = {
		17, 100, PAGE_SIZE, 0x400000, 0x7fffffffe000, 0x800000000000,
		PAGE_OFFSET - 8, (unsigned long)&kspan_last_report,
		(unsigned long)foreign, -4095UL, -8UL, -1UL,
	};
	u64 counted = bad_frees(kspan_default_heap());
	unsigned long page = __get_free_page(GFP_KERNEL);
	void *slab = kmalloc(64, GFP_KERNEL);
	void *big = kmalloc(KMALLOC_MAX_CACHE_SIZE * 2, GFP_KERNEL);
	void *area = vmalloc(PAGE_SIZE);
	u64 on_stack = 1;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addrs); i++)
		kit_expect_refused(test, (void *)addrs[i],
				   KSPAN_MISTAKE_FOREIGN);
	kit_expect_refused(test, &on_stack, KSPAN_MISTAKE_FOREIGN);
	expect_stranger(test, slab);
	expect_stranger(test, slab + 8);
	expect_stranger(test, big);
	kit_expect_refused(test, area, KSPAN_MISTAKE_FOREIGN);
	expect_stranger(test, (void *)page);
	KUNIT_EXPECT_EQ(test, on_stack, 1);
	KUNIT_EXPECT_EQ(test, bad_frees(kspan_default_heap()),
			counted + ARRAY_SIZE(addrs) + 6);
	vfree(area);
	kfree(big);
	kfree(slab);
	free_page(page);
}

static void interior(struct kunit *test)
{
	unsigned int class;
	u64 nbad = 0;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		u32 size = kspan_sizeclasses[class].size_bytes;
		const u32 offsets[] = { 1, 7, size / 2, size - 8, size - 1 };
		void *p = object(test, size);
		unsigned int i;

		kit_fill(p, size, class);
		for (i = 0; i < ARRAY_SIZE(offsets); i++) {
			if (!offsets[i])
				continue;
			kit_expect_refused(test, p + offsets[i],
					   KSPAN_MISTAKE_INTERIOR);
			KUNIT_EXPECT_EQ(test, kspan_last_report.object,
					(unsigned long)p);
			nbad++;
		}
		KUNIT_EXPECT_TRUE(test, kit_filled(p, size, class));
		kspan_free(p);
	}
	KUNIT_EXPECT_EQ(test, bad_frees(kit_heap(test)), nbad);
	kit_expect_empty(test, kit_heap(test));
}

static void tail(struct kunit *test)
{
	unsigned int ntails = 0;
	unsigned int class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		u32 size = kspan_sizeclasses[class].size_bytes;
		void *p = object(test, size);
		struct kspan_span *span = kspan_span_at((unsigned long)p);
		unsigned long end = span->addr + (u32)span->npages *
				    KSPAN_PAGE_BYTES;
		unsigned long limit = span->addr + span->nelems * size;

		if (limit < end) {
			kit_expect_refused(test, (void *)limit,
					   KSPAN_MISTAKE_TAIL);
			kit_expect_refused(test, (void *)end - 8,
					   KSPAN_MISTAKE_TAIL);
			ntails++;
		}
		kspan_free(p);
	}
	KUNIT_EXPECT_GE(test, ntails, 30);
	kit_expect_empty(test, kit_heap(test));
}

static void double_free(struct kunit *test)
{
	unsigned int class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		void *p = object(test, kspan_sizeclasses[class].size_bytes);

		kspan_free(p);
		kit_expect_refused(test, p, KSPAN_MISTAKE_DOUBLE_FREE);
		KUNIT_EXPECT_EQ(test, kspan_last_report.object,
				(unsigned long)p);
	}
	KUNIT_EXPECT_EQ(test, bad_frees(kit_heap(test)), KSPAN_NR_CLASSES);
	kit_expect_empty(test, kit_heap(test));
}

/* A slot that was never handed out is as free as one that came back. */
static void never_allocated(struct kunit *test)
{
	void *p = object(test, 64);
	struct kspan_span *span = kspan_span_at((unsigned long)p);

	kit_expect_refused(test, (void *)span->addr + 64 * 127,
			   KSPAN_MISTAKE_DOUBLE_FREE);
	kspan_free(p);
	kit_expect_empty(test, kit_heap(test));
}

static void large_and_huge(struct kunit *test)
{
	void *large = object(test, LARGE_BYTES);
	void *huge = object(test, HUGE_BYTES);

	kit_fill(large, LARGE_BYTES, 1);
	kit_expect_refused(test, large + 8, KSPAN_MISTAKE_INTERIOR);
	kit_expect_refused(test, large + KSPAN_PAGE_BYTES,
			   KSPAN_MISTAKE_INTERIOR);
	kit_expect_refused(test, large + LARGE_BYTES - 8,
			   KSPAN_MISTAKE_INTERIOR);
	KUNIT_EXPECT_EQ(test, kspan_last_report.object, (unsigned long)large);
	kit_expect_refused(test, huge + 8, KSPAN_MISTAKE_INTERIOR);
	kit_expect_refused(test, huge + PAGE_SIZE, KSPAN_MISTAKE_INTERIOR);
	KUNIT_EXPECT_EQ(test, kspan_last_report.object, (unsigned long)huge);
	KUNIT_EXPECT_EQ(test, bad_frees(kit_heap(test)), 5);
	KUNIT_EXPECT_TRUE(test, kit_filled(large, LARGE_BYTES, 1));

	kspan_free(large);
	kit_expect_refused(test, large, KSPAN_MISTAKE_FREE_PAGE);
	KUNIT_EXPECT_EQ(test, bad_frees(kit_heap(test)), 6);
	kspan_free(huge);
	kit_expect_refused(test, huge, KSPAN_MISTAKE_FOREIGN);
	kit_expect_empty(test, kit_heap(test));
}

/* In one chunk, but in different blocks. */
static bool neighbours(const void *p, const void *q)
{
	unsigned long differs = (unsigned long)p ^ (unsigned long)q;

	return differs >> (KSPAN_CHUNK_SHIFT - 1) == 1;
}

/* A page that has gone back is known as such while its chunk is in use. */
static void released(struct kunit *test)
{
	unsigned int gone = NR_NEIGHBOURS;
	unsigned int kept = NR_NEIGHBOURS;
	void *objs[NR_NEIGHBOURS];
	unsigned int i;
	unsigned int j;

	for (i = 0; i < NR_NEIGHBOURS; i++)
		objs[i] = object(test, NEIGHBOUR_BYTES);
	for (i = 0; i < NR_NEIGHBOURS; i++) {
		for (j = 0; j < i; j++) {
			if (neighbours(objs[i], objs[j])) {
				gone = i;
				kept = j;
			}
		}
	}
	for (i = 0; i < NR_NEIGHBOURS; i++) {
		if (i != kept)
			kspan_free(objs[i]);
	}
	if (kept == NR_NEIGHBOURS)
		kunit_skip(test, "memory is too fragmented");
	KUNIT_EXPECT_GE(test, kspan_heap_scavenge(kit_heap(test), SIZE_MAX),
			NEIGHBOUR_BYTES);
	kit_expect_refused(test, objs[gone], KSPAN_MISTAKE_RELEASED);
	KUNIT_EXPECT_EQ(test, bad_frees(kit_heap(test)), 1);
	kspan_free(objs[kept]);
	kit_expect_empty(test, kit_heap(test));
}

static void after_destroy(struct kunit *test)
{
	struct kspan_heap *heap = kspan_heap_create("kunit-gone", NULL);
	unsigned long total;
	void *p;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	p = kspan_alloc(heap, 64, GFP_KERNEL);
	kspan_heap_destroy(heap);
	KUNIT_ASSERT_NOT_NULL(test, p);
	total = kspan_last_report.total;
	kit_reports_begin();
	kspan_free(p);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 1);
	KUNIT_EXPECT_TRUE(test,
			  kspan_last_report.mistake == KSPAN_MISTAKE_RELEASED ||
			  kspan_last_report.mistake == KSPAN_MISTAKE_FOREIGN);
}

/* The mark was written over, so that only the flush can tell. */
static void late_double_free(struct kunit *test)
{
	struct kspan_heap_stats stats;
	unsigned int class;

	for (class = 1; class < KSPAN_NR_STORES; class += 11) {
		u64 *p = object(test, kspan_sizeclasses[class].size_bytes);
		u64 nbad = bad_frees(kit_heap(test));

		kspan_free(p);
		WRITE_ONCE(*p, 0);
		kspan_free(p);
		kit_reports_begin();
		kspan_heap_drain(kit_heap(test));
		kit_reports_end();
		KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake,
				(int)KSPAN_MISTAKE_LATE_DOUBLE_FREE);
		KUNIT_EXPECT_EQ(test, kspan_last_report.addr, (unsigned long)p);
		KUNIT_EXPECT_EQ(test, bad_frees(kit_heap(test)), nbad + 1);
		/* One free too many was counted, and is made up for. */
		p = object(test, kspan_sizeclasses[class].size_bytes);
		kspan_heap_stats(kit_heap(test), &stats);
		KUNIT_EXPECT_EQ(test, stats.live_objects, 1);
		KUNIT_EXPECT_EQ(test, stats.allocs_total,
				stats.frees_total + 1);
		kspan_free(p);
		kit_expect_empty(test, kit_heap(test));
	}
}

/* Not handed out twice, though it was freed twice and is popped before that. */
static void freed_twice_handed_out_once(struct kunit *test)
{
	u64 *p = object(test, 96);
	u64 *second;
	u64 *first;

	migrate_disable();
	kspan_free(p);
	WRITE_ONCE(*p, 0);
	kspan_free(p);
	kit_reports_begin();
	first = kspan_alloc(kit_heap(test), 96, GFP_KERNEL);
	second = kspan_alloc(kit_heap(test), 96, GFP_KERNEL);
	kit_reports_end();
	migrate_enable();
	KUNIT_EXPECT_NOT_NULL(test, first);
	KUNIT_EXPECT_NOT_NULL(test, second);
	KUNIT_EXPECT_PTR_NE(test, first, second);
	kspan_free(first);
	kspan_free(second);
}

static void write_after_free(struct kunit *test)
{
	struct kspan_heap_stats stats;
	unsigned int class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		u32 size = kspan_sizeclasses[class].size_bytes;
		u64 *p = object(test, size);
		unsigned long total = kspan_last_report.total;
		u64 *q;

		migrate_disable();
		kspan_free(p);
		WRITE_ONCE(*p, 0x1122334455667788);
		kit_reports_begin();
		q = kspan_alloc(kit_heap(test), size, GFP_KERNEL);
		kit_reports_end();
		migrate_enable();
		KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 1);
		KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake,
				(int)KSPAN_MISTAKE_WRITE_AFTER_FREE);
		KUNIT_EXPECT_EQ(test, kspan_last_report.object,
				(unsigned long)p);
		KUNIT_EXPECT_NOT_NULL(test, q);
		KUNIT_EXPECT_PTR_NE(test, q, p);
		kspan_free(q);
	}
	kspan_heap_drain(kit_heap(test));
	kit_expect_sound(test, kit_heap(test));
	kspan_heap_stats(kit_heap(test), &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, 0);
}

static void wrong_size(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;
	void *p = object(test, 100);

	kspan_free_sized(p, 100);
	p = object(test, 100);
	kspan_free_sized(p, 112);
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);

	p = object(test, 100);
	kit_reports_begin();
	kspan_free_sized(p, 113);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 1);
	KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake,
			(int)KSPAN_MISTAKE_WRONG_SIZE);
	kit_expect_empty(test, kit_heap(test));
}

/* The others that take a pointer refuse what kspan_free() refuses. */
static void other_calls(struct kunit *test)
{
	u8 *p = object(test, 64);
	unsigned long total = kspan_last_report.total;

	memset(p, 0xa5, 64);
	kit_reports_begin();
	KUNIT_EXPECT_EQ(test, kspan_usable_size(p + 1), 0);
	KUNIT_EXPECT_NULL(test, kspan_realloc(kit_heap(test), p + 8, 1000,
					      GFP_KERNEL));
	kspan_free_sensitive(p + 16);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 3);
	KUNIT_EXPECT_EQ(test, bad_frees(kit_heap(test)), 3);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0xa5, 64));
	kspan_free(p);
	kit_reports_begin();
	KUNIT_EXPECT_EQ(test, kspan_usable_size(p), 0);
	KUNIT_EXPECT_NULL(test, kspan_realloc(kit_heap(test), p, 1000,
					      GFP_KERNEL));
	kspan_free_sensitive(p);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 6);
	kit_expect_empty(test, kit_heap(test));
}

static bool said(const char *what, const char *hint)
{
	return strstr(kspan_last_report.what, what) &&
	       strstr(kspan_last_report.hint, hint);
}

/* A page that no heap has had: of one that has, it would be said that it was released. */
static unsigned long foreign_page(struct kunit *test)
{
	enum { MOST = 256 };
	unsigned long *pages = kunit_kcalloc(test, MOST, sizeof(*pages),
					     GFP_KERNEL);
	unsigned long found = 0;
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	for (n = 0; n < MOST && !found; n++) {
		pages[n] = __get_free_page(GFP_KERNEL);
		KUNIT_ASSERT_NE(test, pages[n], 0);
		if (kspan_arena_tag(pages[n]) == KSPAN_TAG_NOBODY)
			found = pages[n];
	}
	while (n--)
		if (pages[n] != found)
			free_page(pages[n]);
	KUNIT_ASSERT_NE(test, found, 0);
	return found;
}

static void words(struct kunit *test)
{
	static const char guess[] = "is it from kmalloc() or a stack?";
	unsigned long page = foreign_page(test);
	u64 *p = object(test, 64);
	u64 on_stack = 1;
	u64 *q;

	kit_expect_refused(test, p + 2, KSPAN_MISTAKE_INTERIOR);
	KUNIT_EXPECT_TRUE(test, said("16 bytes inside", "kspan_alloc() gave"));
	kit_expect_refused(test, ERR_PTR(-ENOMEM), KSPAN_MISTAKE_FOREIGN);
	KUNIT_EXPECT_TRUE(test, said("an error pointer (-12)", "failed"));
	kit_expect_refused(test, &on_stack, KSPAN_MISTAKE_FOREIGN);
	KUNIT_EXPECT_TRUE(test, said("on this task's stack", ""));
	KUNIT_EXPECT_FALSE(test, said("", guess));
	kit_expect_refused(test, (void *)page, KSPAN_MISTAKE_FOREIGN);
	KUNIT_EXPECT_TRUE(test, said("foreign pointer", guess));
	free_page(page);

	migrate_disable();
	kspan_free(p);
	WRITE_ONCE(*p, 1);
	kit_reports_begin();
	q = kspan_alloc(kit_heap(test), 64, GFP_KERNEL);
	kit_reports_end();
	migrate_enable();
	KUNIT_EXPECT_TRUE(test, said("write after free",
				     "or the object before it overflowed"));
	kspan_free(q);
}

/* However many functions of kspan lie in between, it is us. */
static void expect_caller(struct kunit *test)
{
	KUNIT_EXPECT_TRUE_MSG(test, within_module(kspan_last_report.caller,
						  THIS_MODULE),
			      "%pS", (void *)kspan_last_report.caller);
	kspan_last_report.caller = 0;
}

static void names_the_caller(struct kunit *test)
{
	void *p = object(test, 64);
	void *inside[] = { p + 8 };

	kit_expect_refused(test, p + 8, KSPAN_MISTAKE_INTERIOR);
	expect_caller(test);
	kit_reports_begin();
	kspan_free_bulk(1, inside);
	expect_caller(test);
	kspan_free_sensitive(p + 8);
	expect_caller(test);
	kspan_free_sized(p, 65);
	expect_caller(test);
	kspan_free_sized(p, 64);
	expect_caller(test);
	kit_reports_end();
}

static struct kunit_case cases[] = {
	KUNIT_CASE(words),
	KUNIT_CASE(names_the_caller),
	KUNIT_CASE(nothing_is_ignored),
	KUNIT_CASE(foreign),
	KUNIT_CASE(interior),
	KUNIT_CASE(tail),
	KUNIT_CASE(double_free),
	KUNIT_CASE(never_allocated),
	KUNIT_CASE(large_and_huge),
	KUNIT_CASE(released),
	KUNIT_CASE(after_destroy),
	KUNIT_CASE(late_double_free),
	KUNIT_CASE(freed_twice_handed_out_once),
	KUNIT_CASE(write_after_free),
	KUNIT_CASE(wrong_size),
	KUNIT_CASE(other_calls),
	{}
};

struct kunit_suite kit_report_suite = {
	.name = "kspan_report",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
