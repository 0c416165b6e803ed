// SPDX-License-Identifier: GPL-2.0
/*
 * What verify knows of a collected heap: each bit and word is changed in turn, and it has
 * to be seen.
 */
#include <linux/kspan_gc.h>

#include "gc/object.h"
#include "tests/gc/gckit.h"
#include "tests/suites.h"
#include "watch/verify.h"

/* The span of an object, and its slot in it. */
static struct kspan_span *span_of(struct kunit *test, void *p,
				  unsigned int *index)
{
	struct kspan_gc_object obj;
	struct kspan_gc *gc = gckit(test)->heap->gc;
	bool found;

	rcu_read_lock();
	found = kspan_gc_find(gc, (unsigned long)p, &obj);
	rcu_read_unlock();
	KUNIT_ASSERT_TRUE(test, found);
	*index = obj.index;
	return obj.span;
}

static void expect_bad(struct kunit *test, int nbad)
{
	KUNIT_EXPECT_EQ(test, kspan_verify(gckit(test)->heap, NULL), nbad);
}

/* In arrays small and large, a word says what lies in a slot. */
static void test_verify_sees_words(struct kunit *test)
{
	static const unsigned int lengths[] = { 3, 2000 };
	struct gckit *kit = gckit(test);
	unsigned int index, i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct kspan_span *span;
		u64 word;
		void *p;

		kspan_gc_enter_sleepable(kit->heap);
		p = kspan_gc_alloc(kit->heap, kit->nodes, lengths[i],
				   GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, p);
		gckit_set(test, &kit->root, p);
		kspan_gc_leave_sleepable(kit->heap);
		if (!p)
			return;
		span = span_of(test, p, &index);
		expect_bad(test, 0);
		word = kspan_span_info(span)[index];
		kspan_span_info(span)[index] = 0;
		expect_bad(test, 1);
		kspan_span_info(span)[index] = word;
		if (lengths[i] == 3) {
			/* A slot that is free, of those that are. */
			unsigned int other = index ? 0 : 1;

			kspan_span_info(span)[other] = word;
			expect_bad(test, 1);
			kspan_span_info(span)[other] = 0;
		}
		expect_bad(test, 0);
	}
}

/* A slot that is dead has an object that was freed. */
static void test_verify_sees_dead(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct kspan_span *span;
	unsigned int index, other;

	gckit_list(test, 1);
	span = span_of(test, kit->root, &index);
	other = index ? 0 : 1;
	expect_bad(test, 0);
	set_bit(other, kspan_span_dead(span));
	expect_bad(test, 1);
	clear_bit(other, kspan_span_dead(span));
	expect_bad(test, 0);
}

static u64 count_zombies(struct kunit *test)
{
	struct kspan_gc_stats stats;

	kspan_gc_collect(gckit(test)->heap);
	kspan_gc_stats(gckit(test)->heap, &stats);
	return stats.zombies_total;
}

/* The node at the lowest address, which has none just before it. */
static struct gckit_node **lowest_link(struct gckit_node **first)
{
	struct gckit_node **lowest = first;

	for (; *first; first = &(*first)->next) {
		if (*first < *lowest)
			lowest = first;
	}
	return lowest;
}

/* What was freed, and is still led to, is told of as long as it is so. */
static void test_zombies(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct gckit_node **link;
	struct gckit_node *freed;
	bool told;

	gckit_list(test, 20);
	KUNIT_EXPECT_EQ(test, count_zombies(test), 0);
	link = lowest_link((struct gckit_node **)&kit->root);
	freed = *link;
	kit_reports_begin();
	kspan_free(freed);
	KUNIT_EXPECT_EQ(test, count_zombies(test), 1);
	told = READ_ONCE(kit->heap->gc->zombies.told);
	KUNIT_EXPECT_TRUE(test, told);
	KUNIT_EXPECT_EQ(test, count_zombies(test), 2);
	kit_reports_end();
	kspan_gc_enter(kit->heap);
	gckit_set(test, (void **)link, NULL);
	kspan_gc_leave(kit->heap);
	KUNIT_EXPECT_EQ(test, count_zombies(test), 2);
}

/* The end of a live object, and what a mutator puts right in time. */
static void test_no_zombies(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct gckit_node *nodes[2] = { };
	struct gckit_node *node;

	gckit_list(test, 20);
	for (node = kit->root; node; node = node->next) {
		struct gckit_node *other;

		for (other = kit->root; other; other = other->next) {
			if (other == node + 1) {
				nodes[0] = node;
				nodes[1] = other;
			}
		}
	}
	KUNIT_ASSERT_NOT_NULL(test, nodes[0]);
	kspan_gc_enter(kit->heap);
	gckit_set(test, &kit->root, nodes[0]);
	gckit_set(test, (void **)&nodes[0]->next, NULL);
	gckit_set(test, (void **)&nodes[0]->other, nodes[1]);
	kspan_gc_leave(kit->heap);
	kspan_free(nodes[1]);
	KUNIT_EXPECT_EQ(test, count_zombies(test), 0);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_zombies),
	KUNIT_CASE(test_no_zombies),
	KUNIT_CASE(test_verify_sees_words),
	KUNIT_CASE(test_verify_sees_dead),
	{}
};

struct kunit_suite kit_gc_seen_suite = {
	.name = "kspan_gc_seen",
	.init = gckit_init,
	.exit = gckit_exit,
	.test_cases = cases,
};
