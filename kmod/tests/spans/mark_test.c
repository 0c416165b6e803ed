// SPDX-License-Identifier: GPL-2.0
/*
 * Freed marks: nobody who gets memory that was in a slot sees one, be it an
 * object of another size, a large one, a loan, or the kernel.
 */
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "base/compat.h"
#include "base/mark.h"
#include "heaps/heap.h"
#include "spans/stores.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_OLD		= 4096,
	OLD_BYTES	= SZ_1M,
};

static u64 secret_of(const struct kspan_heap *heap)
{
	return heap->storage.secret;
}

/* Whether a word lies between two addresses that is the mark of its place. */
static bool shows_mark(const void *from, size_t size_bytes, u64 secret)
{
	const u64 *word;

	for (word = from; (void *)word < from + size_bytes; word++) {
		u64 value;

		/* The kernel's own by now, perhaps, and mapped or not. */
		if (!copy_from_kernel_nofault(&value, word, sizeof(value)) &&
		    value == kspan_mark(word, secret))
			return true;
	}
	return false;
}

/**
 * struct old - objects that were there before
 * @objs: where they lay
 * @nobjs: how many
 * @size_bytes: of one
 */
struct old {
	void		**objs;
	unsigned int	nobjs;
	size_t		size_bytes;
};

/* Fills about a megabyte with objects, none of which is zeroed. */
static struct old *old_objects(struct kunit *test, struct kspan_heap *heap,
			       size_t size_bytes, gfp_t gfp)
{
	struct old *old = kunit_kzalloc(test, sizeof(*old), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, old);
	old->size_bytes = size_bytes;
	old->nobjs = min_t(unsigned int, NR_OLD, OLD_BYTES / size_bytes);
	old->objs = kunit_kcalloc(test, old->nobjs, sizeof(void *), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, old->objs);
	for (i = 0; i < old->nobjs; i++) {
		old->objs[i] = kspan_alloc(heap, size_bytes, gfp);
		KUNIT_ASSERT_NOT_NULL(test, old->objs[i]);
		memset(old->objs[i], 0xa5, size_bytes);
	}
	return old;
}

/* Frees them, and their spans. */
static void old_go(struct kspan_heap *heap, const struct old *old)
{
	kspan_free_bulk(old->nobjs, old->objs);
	kspan_heap_drain(heap);
	kspan_stores_trim(&heap->storage);
}

static bool in_old_page(const struct old *old, unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < old->nobjs; i++) {
		if (ALIGN_DOWN((unsigned long)old->objs[i], KSPAN_PAGE_BYTES) ==
		    ALIGN_DOWN(addr, KSPAN_PAGE_BYTES))
			return true;
	}
	return false;
}

/* New objects on the pages of old ones. */
static void expect_no_mark(struct kunit *test, struct kspan_heap *heap,
			   const struct old *old, size_t size_bytes, gfp_t gfp)
{
	unsigned int nobjs = min_t(size_t, NR_OLD, SZ_512K / size_bytes);
	void **objs = kunit_kcalloc(test, nobjs, sizeof(*objs), GFP_KERNEL);
	unsigned int nused = 0;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < nobjs; i++) {
		objs[i] = kspan_alloc(heap, size_bytes, gfp);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		nused += in_old_page(old, (unsigned long)objs[i]);
	}
	KUNIT_EXPECT_GT(test, nused, 0);
	for (i = 0; i < nobjs; i++) {
		if (shows_mark(objs[i], size_bytes, secret_of(heap)))
			break;
	}
	KUNIT_EXPECT_EQ_MSG(test, i, nobjs, "%zu bytes where %zu were",
			    size_bytes, old->size_bytes);
	kspan_free_bulk(nobjs, objs);
}

static void another_size(struct kunit *test)
{
	static const size_t sizes[] = { 8, 48, 64, 1024, 9472, 32768 };
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	kit_stay();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t next = sizes[(i + 1) % ARRAY_SIZE(sizes)];
		struct old *old = old_objects(test, heap, sizes[i], GFP_KERNEL);

		old_go(heap, old);
		expect_no_mark(test, heap, old, next, GFP_KERNEL);
		kit_expect_empty(test, heap);
	}
}

static void large_object(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct old *old = old_objects(test, heap, 256, GFP_KERNEL);

	old_go(heap, old);
	expect_no_mark(test, heap, old, SZ_64K, GFP_KERNEL);
	kit_expect_empty(test, heap);
}

/* A large object itself leaves none behind either. */
static void after_large_object(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct old *old = old_objects(test, heap, SZ_64K, GFP_KERNEL);

	old_go(heap, old);
	expect_no_mark(test, heap, old, SZ_128K, GFP_KERNEL);
	expect_no_mark(test, heap, old, SZ_16K, GFP_KERNEL);
	kit_expect_empty(test, heap);
}

/* The heap has its reserve and nothing else. */
static void loan(struct kunit *test)
{
	struct kspan_heap_params params = {
		.limit_bytes		= 2 * OLD_BYTES,
		.min_reserve_bytes	= 2 * OLD_BYTES,
	};
	struct kspan_heap *heap = kspan_heap_create("kunit-loan", &params);
	struct old *old;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	old = old_objects(test, heap, 64, GFP_ATOMIC);
	old_go(heap, old);
	expect_no_mark(test, heap, old, SZ_64K, GFP_ATOMIC);
	expect_no_mark(test, heap, old, 1024, GFP_ATOMIC);
	kit_expect_empty(test, heap);
	kspan_heap_destroy(heap);
}

static void expect_clean_pages(struct kunit *test, const struct old *old,
			       u64 secret)
{
	unsigned int i;

	for (i = 0; i < old->nobjs; i++) {
		unsigned long page = ALIGN_DOWN((unsigned long)old->objs[i],
						KSPAN_PAGE_BYTES);

		if (shows_mark((void *)page, KSPAN_PAGE_BYTES, secret))
			break;
	}
	KUNIT_EXPECT_EQ_MSG(test, i, old->nobjs, "%zu bytes", old->size_bytes);
}

static void given_back(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct old *old = old_objects(test, heap, 512, GFP_KERNEL);

	old_go(heap, old);
	kspan_heap_scavenge(heap, SIZE_MAX);
	expect_clean_pages(test, old, secret_of(heap));
}

/* Live, cached, in a depot, in a span, out of use, and lent. */
static void destroyed(struct kunit *test)
{
	struct kspan_heap_params params = { .min_reserve_bytes = SZ_64K };
	struct kspan_heap *heap = kspan_heap_create("kunit-gone", &params);
	u64 secret;
	struct old *lent;
	struct old *old;
	unsigned int i;
	u32 half;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	secret = secret_of(heap);
	old = old_objects(test, heap, 1024, GFP_KERNEL);
	for (i = 0; i < old->nobjs; i += 3)
		kspan_free(old->objs[i]);
	/* A mark that was broken in its lower half. */
	migrate_disable();
	kspan_free(old->objs[1]);
	*(u32 *)old->objs[1] ^= 1;
	kit_reports_begin();
	KUNIT_EXPECT_NOT_NULL(test, kspan_alloc(heap, 1024, GFP_KERNEL));
	kit_reports_end();
	migrate_enable();
	kspan_heap_set_limit(heap, 1);
	lent = kunit_kzalloc(test, sizeof(*lent), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, lent);
	lent->objs = kunit_kcalloc(test, 1, sizeof(void *), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, lent->objs);
	lent->objs[0] = kspan_alloc(heap, 128, GFP_KERNEL | __GFP_NOWARN);
	KUNIT_EXPECT_NOT_NULL(test, lent->objs[0]);
	lent->nobjs = !!lent->objs[0];
	kspan_heap_destroy(heap);
	expect_clean_pages(test, old, secret);
	expect_clean_pages(test, lent, secret);
	/* Half a mark is the half of a secret. */
	if (!copy_from_kernel_nofault(&half, old->objs[1] + 4, sizeof(half)))
		KUNIT_EXPECT_NE(test, half,
				(u32)(kspan_mark(old->objs[1], secret) >> 32));
}

/* What a magazine without slots shows is not made of the secret. */
static void sentinel(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int class = kspan_sizeclass(64);
	struct kspan_mag *mag;
	u64 **lowest;
	void *p;

	migrate_disable();
	p = kspan_alloc(heap, 64, GFP_KERNEL);
	mag = &this_cpu_ptr(heap->cpu)->mags[class];
	lowest = (u64 **)kspan_mag_array((void **)mag->top, mag->capacity);
	KUNIT_EXPECT_EQ(test, *lowest[-1], 1);
	migrate_enable();
	KUNIT_ASSERT_NOT_NULL(test, p);
	kspan_free(p);
}

static void secrets(struct kunit *test)
{
	struct kspan_heap *other = kspan_heap_create("kunit-other", NULL);
	u64 *p;

	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	KUNIT_EXPECT_NE(test, secret_of(kit_heap(test)), secret_of(other));
	/* No mark can be zero, or what a sentinel points at. */
	KUNIT_EXPECT_EQ(test, secret_of(other) >> 63, 0);
	p = kspan_alloc(other, 64, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	kspan_free(p);
	KUNIT_EXPECT_TRUE(test, kspan_mark_intact(p, secret_of(other)));
	kspan_heap_destroy(other);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(another_size),
	KUNIT_CASE(large_object),
	KUNIT_CASE(after_large_object),
	KUNIT_CASE(loan),
	KUNIT_CASE(given_back),
	KUNIT_CASE(destroyed),
	KUNIT_CASE(sentinel),
	KUNIT_CASE(secrets),
	{}
};

struct kunit_suite kit_mark_suite = {
	.name = "kspan_mark",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
