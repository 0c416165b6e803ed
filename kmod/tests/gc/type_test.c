// SPDX-License-Identifier: GPL-2.0
/*
 * Types: which are refused, and where pointers are looked for.
 */
#include "tests/gc/gckit.h"
#include "tests/suites.h"

static const u32 first_word[] = { 0 };

static const struct kspan_gc_type *new_type(struct kunit *test,
					    const struct kspan_gc_type_desc *desc)
{
	const struct kspan_gc_type *type =
		kspan_gc_type_register(gckit(test)->heap, desc);

	KUNIT_ASSERT_FALSE(test, IS_ERR(type));
	return type;
}

static void no_trace(void *obj, struct kspan_gc_tracer *tracer)
{
}

static void bad_types_are_refused(struct kunit *test)
{
	static const u32 odd[] = { 4 }, outside[] = { 64 }, edge[] = { 57 };
	static const struct kspan_gc_type_desc bad[] = {
		{ .name = "empty" },
		{ .size = 64 },
		{ .name = "flag", .size = 64, .flags = BIT(2) },
		{ .name = "odd", .size = 64, .pointers = odd, .nr_pointers = 1 },
		{ .name = "out", .size = 64, .pointers = outside,
		  .nr_pointers = 1 },
		{ .name = "edge", .size = 64, .pointers = edge,
		  .nr_pointers = 1 },
		{ .name = "none", .size = 64, .nr_pointers = 1 },
		{ .name = "tiny", .size = 4, .pointers = first_word,
		  .nr_pointers = 1 },
		{ .name = "two", .size = 64, .flags = KSPAN_GC_CONSERVATIVE,
		  .trace = no_trace },
		{ .name = "both", .size = 64,
		  .flags = KSPAN_GC_CONSERVATIVE | KSPAN_GC_NOSCAN },
	};
	static const struct kspan_gc_type_desc good = {
		.name = "good", .size = 64,
	};
	struct kspan_heap *plain;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    PTR_ERR_OR_ZERO(kspan_gc_type_register(gckit(test)->heap,
									   &bad[i])),
				    -EINVAL, "case %u", i);
	plain = kspan_heap_create("gckit-plain", NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(plain));
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(kspan_gc_type_register(plain,
								     &good)),
			-EINVAL);
	kspan_heap_destroy(plain);
	/* Names need not differ. */
	new_type(test, &good);
	new_type(test, &good);
}

/* An object of a type whose word at @offset leads to a node; which stays or not. */
static bool word_holds(struct kunit *test, const struct kspan_gc_type *type,
		       size_t nr, size_t offset)
{
	struct gckit *kit = gckit(test);
	void *holder;
	u64 before;
	u64 after;

	kspan_gc_enter(kit->heap);
	gckit_set(test, &kit->root, NULL);
	kspan_gc_leave(kit->heap);
	kspan_gc_collect(kit->heap);
	before = gckit_live(test);

	kspan_gc_enter(kit->heap);
	holder = kspan_gc_alloc(kit->heap, type, nr, GFP_ATOMIC);
	if (holder) {
		gckit_set(test, holder + offset, gckit_node(test, 1));
		gckit_set(test, &kit->root, holder);
	}
	kspan_gc_leave(kit->heap);
	KUNIT_EXPECT_NOT_NULL(test, holder);
	kspan_gc_collect(kit->heap);
	after = gckit_live(test);
	KUNIT_EXPECT_GE(test, after, before + 1);
	return after == before + 2;
}

static void offsets_hold(struct kunit *test)
{
	static const u32 offsets[] = { 8, 24 };
	const struct kspan_gc_type_desc desc = {
		.name = "offsets", .size = 40, .pointers = offsets,
		.nr_pointers = 2,
	};
	const struct kspan_gc_type *type = new_type(test, &desc);
	size_t nr;
	size_t offset;

	for (nr = 1; nr <= 3; nr++) {
		for (offset = 0; offset < nr * 40; offset += 8) {
			bool pointer = offset % 40 == 8 || offset % 40 == 24;

			KUNIT_EXPECT_EQ_MSG(test,
					    word_holds(test, type, nr, offset),
					    pointer, "word %zu of %zu", offset,
					    nr);
		}
	}
}

static void trace_second(void *obj, struct kspan_gc_tracer *tracer)
{
	kspan_gc_trace(tracer, READ_ONCE(((void **)obj)[1]));
}

static void traced_hold(struct kunit *test)
{
	const struct kspan_gc_type_desc desc = {
		.name = "traced", .size = 24, .trace = trace_second,
	};
	const struct kspan_gc_type *type = new_type(test, &desc);
	size_t offset;

	for (offset = 0; offset < 72; offset += 8)
		KUNIT_EXPECT_EQ(test, word_holds(test, type, 3, offset),
				offset % 24 == 8);
}

static void words_hold(struct kunit *test)
{
	const struct kspan_gc_type_desc desc = {
		.name = "words", .size = 30, .flags = KSPAN_GC_CONSERVATIVE,
	};
	const struct kspan_gc_type *type = new_type(test, &desc);

	KUNIT_EXPECT_TRUE(test, word_holds(test, type, 1, 0));
	KUNIT_EXPECT_TRUE(test, word_holds(test, type, 1, 16));
	KUNIT_EXPECT_TRUE(test, word_holds(test, type, 2, 48));
}

static void noscan_holds_nothing(struct kunit *test)
{
	struct kspan_gc_type_desc desc = { .name = "plain", .size = 64 };

	KUNIT_EXPECT_FALSE(test, word_holds(test, new_type(test, &desc), 1, 0));
	desc.flags = KSPAN_GC_NOSCAN;
	KUNIT_EXPECT_FALSE(test, word_holds(test, new_type(test, &desc), 3, 0));
}

/* In every piece of a large object, and where elements lie across their borders. */
static void large_objects_hold(struct kunit *test)
{
	const struct kspan_gc_type_desc desc = {
		.name = "large", .size = 24, .pointers = first_word,
		.nr_pointers = 1,
	};
	const struct kspan_gc_type *type = new_type(test, &desc);
	const size_t nr = (1 << 20) / 24;
	struct gckit *kit = gckit(test);
	void *large;
	size_t i;

	kspan_gc_enter(kit->heap);
	large = kspan_gc_alloc(kit->heap, type, nr, GFP_ATOMIC);
	if (large) {
		for (i = 0; i < nr; i += 1000)
			gckit_set(test, large + i * 24, gckit_node(test, i));
		gckit_set(test, large + (nr - 1) * 24, gckit_node(test, nr));
		/* An address in it will do. */
		gckit_set(test, &kit->root, large + 500000);
	}
	kspan_gc_leave(kit->heap);
	KUNIT_ASSERT_NOT_NULL(test, large);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), DIV_ROUND_UP(nr, 1000) + 2);
	kspan_gc_enter(kit->heap);
	gckit_set(test, &kit->root, large + nr * 24);
	kspan_gc_leave(kit->heap);
	/* Behind the last element is not in it. */
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
}

/* Above 4 MB, where memory is not contiguous. */
static void vast_objects_hold(struct kunit *test)
{
	const struct kspan_gc_type_desc desc = {
		.name = "vast", .size = 24, .pointers = first_word,
		.nr_pointers = 1,
	};
	const struct kspan_gc_type *type = new_type(test, &desc);
	const size_t nr = (6 << 20) / 24;
	struct gckit *kit = gckit(test);
	unsigned int round;
	void *vast;
	size_t i;

	for (round = 0; round < 2; round++) {
		kspan_gc_enter_sleepable(kit->heap);
		KUNIT_EXPECT_NULL(test, kspan_gc_alloc(kit->heap, type, nr,
						       GFP_ATOMIC));
		vast = kspan_gc_alloc(kit->heap, type, nr, GFP_KERNEL);
		if (vast) {
			KUNIT_EXPECT_NULL(test, memchr_inv(vast, 0, nr * 24));
			for (i = 0; i < nr; i += 1000)
				gckit_set(test, vast + i * 24,
					  gckit_node(test, i));
			gckit_set(test, &kit->root, vast + nr * 24 - 1);
		}
		kspan_gc_leave_sleepable(kit->heap);
		KUNIT_ASSERT_NOT_NULL(test, vast);
		kspan_gc_collect(kit->heap);
		KUNIT_EXPECT_EQ(test, gckit_live(test),
				DIV_ROUND_UP(nr, 1000) + 1);
		if (!round) {
			kspan_gc_enter(kit->heap);
			gckit_set(test, &kit->root, vast + nr * 24);
			kspan_gc_leave(kit->heap);
		} else {
			KUNIT_EXPECT_EQ(test, kspan_gc_pin(vast), 0);
			kit_expect_refused(test, vast, KSPAN_MISTAKE_PINNED);
			kspan_gc_unpin(vast);
			kspan_gc_enter(kit->heap);
			gckit_set(test, &kit->root, NULL);
			kspan_free(vast);
			kspan_gc_leave(kit->heap);
		}
		kspan_gc_collect(kit->heap);
		KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
	}
}

static void interior_pointers_hold(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct gckit_node *node;
	unsigned int i;

	for (i = 0; i <= sizeof(*node); i++) {
		/* No other object is to lie behind it. */
		kspan_gc_enter(kit->heap);
		gckit_set(test, &kit->root, NULL);
		kspan_gc_leave(kit->heap);
		kspan_gc_collect(kit->heap);
		kspan_gc_enter(kit->heap);
		node = gckit_node(test, i);
		gckit_set(test, &kit->root, (void *)node + i);
		kspan_gc_leave(kit->heap);
		kspan_gc_collect(kit->heap);
		KUNIT_EXPECT_EQ(test, gckit_live(test), i < sizeof(*node));
	}
}

static void other_values_are_ignored(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	void *values[] = { ZERO_SIZE_PTR, ERR_PTR(-ENOMEM), kit, &kit->root,
			   (void *)1, (void *)ULONG_MAX, (void *)PAGE_OFFSET,
			   (void *)0x1234567812345678UL, kit->heap };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		kspan_gc_enter(kit->heap);
		gckit_node(test, i);
		gckit_set(test, &kit->root, values[i]);
		kspan_gc_leave(kit->heap);
		kspan_gc_collect(kit->heap);
		KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
	}
}

static void sizes_are_checked(struct kunit *test)
{
	struct gckit *kit = gckit(test);

	kspan_gc_enter(kit->heap);
	KUNIT_EXPECT_PTR_EQ(test, kspan_gc_alloc(kit->heap, kit->nodes, 0,
						 GFP_ATOMIC), ZERO_SIZE_PTR);
	KUNIT_EXPECT_NULL(test, kspan_gc_alloc(kit->heap, kit->nodes,
					       SIZE_MAX / 8, GFP_ATOMIC));
	KUNIT_EXPECT_NULL(test, kspan_gc_alloc(kit->heap, kit->nodes,
					       SIZE_MAX, GFP_ATOMIC));
	kspan_gc_leave(kit->heap);
}

static struct kunit_case type_cases[] = {
	KUNIT_CASE(bad_types_are_refused),
	KUNIT_CASE(offsets_hold),
	KUNIT_CASE(traced_hold),
	KUNIT_CASE(words_hold),
	KUNIT_CASE(noscan_holds_nothing),
	KUNIT_CASE(large_objects_hold),
	KUNIT_CASE(vast_objects_hold),
	KUNIT_CASE(interior_pointers_hold),
	KUNIT_CASE(other_values_are_ignored),
	KUNIT_CASE(sizes_are_checked),
	{}
};

struct kunit_suite kit_gc_type_suite = {
	.name = "kspan_gc_type",
	.init = gckit_init,
	.exit = gckit_exit,
	.test_cases = type_cases,
};
