// SPDX-License-Identifier: GPL-2.0
/*
 * Stacks: against a model, on their edges, and as objects of their heap.
 */
#include <linux/sizes.h>
#include <linux/slab.h>

#include "base/fault.h"
#include "giveback/idle.h"
#include "giveback/scavenge.h"
#include "heaps/heap.h"
#include "spans/stack.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/leftovers.h"

enum {
	MAX_PUSHED	= 256,
	NR_STEPS	= 20000,
	NR_BORROWED	= 2 * KSPAN_IDLE_STACKS,
};

/**
 * struct pushed - what the model knows of a push
 * @addr: where it is
 * @size_bytes: how large
 * @tag: what it is filled with
 * @mark: the mark from before
 */
struct pushed {
	unsigned long	addr;
	size_t		size_bytes;
	u32		tag;
	kspan_mark_t	mark;
};

static struct kspan_heap_stats stats_of(struct kspan_heap *heap)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	return stats;
}

static struct kspan_stack *new_stack(struct kunit *test, size_t size_bytes)
{
	struct kspan_stack *stack = kspan_stack_create(kit_heap(test),
						       size_bytes, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stack);
	return stack;
}

/* One push beside the model; returns whether there was room. */
static bool step_push(struct kunit *test, struct rnd_state *rnd,
		      struct kspan_stack *stack, unsigned long base,
		      unsigned long *low, struct pushed *pushed, u32 tag)
{
	size_t size = kit_below(rnd, 20) ? 1 + kit_below(rnd, 300) :
					   1 + kit_below(rnd, 40000);
	size_t align = kit_below(rnd, 4) ? 1UL << kit_below(rnd, 13) : 0;
	kspan_mark_t mark = kspan_stack_mark(stack);
	bool fits = *low - base >= size &&
		    ((*low - size) & -(align ?: 1)) >= base;
	void *p = kspan_stack_push(stack, size, align);

	KUNIT_ASSERT_EQ_MSG(test, !!p, fits, "%zu bytes at %zu", size, align);
	if (!p)
		return false;
	pushed->addr = (unsigned long)p;
	pushed->size_bytes = size;
	pushed->tag = tag;
	pushed->mark = mark;
	KUNIT_ASSERT_EQ(test, pushed->addr & ((align ?: 1) - 1), 0);
	KUNIT_ASSERT_GE(test, pushed->addr, base);
	KUNIT_ASSERT_LE(test, pushed->addr + size, *low);
	kit_fill(p, size, tag);
	*low = pushed->addr;
	return true;
}

static void against_the_model(struct kunit *test, bool checked)
{
	struct pushed *pushed = kunit_kcalloc(test, MAX_PUSHED,
					      sizeof(*pushed), GFP_KERNEL);
	unsigned long base, top, low;
	struct kspan_stack *stack;
	unsigned int npushed = 0;
	u64 noverflows = 0;
	struct rnd_state rnd;
	unsigned int step;
	void *whole;

	KUNIT_ASSERT_NOT_NULL(test, pushed);
	kit_seed(test, &rnd);
	kspan_checked = checked;
	stack = new_stack(test, 40000);
	top = kspan_stack_mark(stack);
	whole = kspan_stack_push(stack, 40000, 1);
	KUNIT_ASSERT_NOT_NULL(test, whole);
	base = (unsigned long)whole;
	KUNIT_ASSERT_EQ(test, base + 40000, top);
	kspan_stack_release(stack, top);
	low = top;
	for (step = 0; step < NR_STEPS / KIT_SLOWNESS; step++) {
		if (npushed < MAX_PUSHED && kit_below(&rnd, 3)) {
			if (step_push(test, &rnd, stack, base, &low,
				      &pushed[npushed], step))
				npushed++;
			else
				noverflows++;
		} else if (npushed) {
			unsigned int left = npushed - 1 -
				kit_below(&rnd, min(npushed, 8U));

			while (npushed > left) {
				struct pushed *last = &pushed[--npushed];

				KUNIT_ASSERT_TRUE(test,
						  kit_filled((void *)last->addr,
							     last->size_bytes,
							     last->tag));
			}
			low = pushed[left].mark;
			kspan_stack_release(stack, low);
			KUNIT_ASSERT_EQ(test, kspan_stack_mark(stack), low);
		}
	}
	KUNIT_EXPECT_GT(test, noverflows, 0);
	KUNIT_EXPECT_EQ(test, kspan_stack_overflows(stack), noverflows);
	KUNIT_EXPECT_EQ(test, stats_of(kit_heap(test)).stack_overflows_total,
			noverflows);
	kspan_stack_destroy(stack);
	kspan_checked = false;
	kit_expect_empty(test, kit_heap(test));
}

static void random_pushes(struct kunit *test)
{
	against_the_model(test, false);
}

static void random_pushes_checked(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;

	against_the_model(test, true);
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);
}

static void edges(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_stack *stack;
	size_t none = 0;

	OPTIMIZER_HIDE_VAR(none);
	KUNIT_EXPECT_NULL(test, kspan_stack_create(heap, 0, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_stack_create(heap, SZ_4M + 1, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_stack_create(heap, SIZE_MAX, GFP_KERNEL));
	kspan_stack_destroy(NULL);
	kspan_stack_put(NULL);
	kit_expect_empty(test, heap);

	stack = new_stack(test, SZ_16K);
	KUNIT_EXPECT_PTR_EQ(test, kspan_stack_push(stack, none, 8), ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, kspan_stack_push(stack, 0, 0), ZERO_SIZE_PTR);
	KUNIT_EXPECT_NULL(test, kspan_stack_push(stack, SZ_16K + 1, none));
	KUNIT_EXPECT_NULL(test, kspan_stack_push(stack, SIZE_MAX, 1));
	KUNIT_EXPECT_NULL(test, kspan_stack_push(stack, SIZE_MAX - 7, 8));
	KUNIT_EXPECT_NULL(test, kspan_stack_push(stack, 8, 1UL << 63));
	KUNIT_EXPECT_EQ(test, kspan_stack_overflows(stack), 4);
	KUNIT_EXPECT_NOT_NULL(test, kspan_stack_push(stack, SZ_16K, 4096));
	KUNIT_EXPECT_NULL(test, kspan_stack_push(stack, 1, none));
	KUNIT_EXPECT_EQ(test, kspan_stack_overflows(stack), 5);
	kspan_stack_destroy(stack);

	stack = new_stack(test, SZ_4M);
	KUNIT_EXPECT_NOT_NULL(test, kspan_stack_push(stack, SZ_4M, 1));
	kspan_stack_destroy(stack);
	kit_expect_empty(test, heap);
}

static void marks_nest(struct kunit *test)
{
	struct kspan_stack *stack = new_stack(test, 4096);
	kspan_mark_t outer, middle, inner;
	void *a, *b;

	outer = kspan_stack_mark(stack);
	a = kspan_stack_push(stack, 100, 8);
	middle = kspan_stack_mark(stack);
	KUNIT_EXPECT_NOT_NULL(test, kspan_stack_push(stack, 200, 8));
	inner = kspan_stack_mark(stack);
	KUNIT_EXPECT_NOT_NULL(test, kspan_stack_push(stack, 300, 8));
	kspan_stack_release(stack, inner);
	KUNIT_EXPECT_EQ(test, kspan_stack_mark(stack), inner);
	kspan_stack_release(stack, middle);
	KUNIT_EXPECT_EQ(test, kspan_stack_mark(stack), middle);
	/* What an outer mark has released says nothing any more. */
	kspan_stack_release(stack, inner);
	KUNIT_EXPECT_EQ(test, kspan_stack_mark(stack), middle);
	kspan_stack_release(stack, outer);
	kspan_stack_release(stack, middle);
	KUNIT_EXPECT_EQ(test, kspan_stack_mark(stack), outer);
	b = kspan_stack_push(stack, 100, 8);
	KUNIT_EXPECT_PTR_EQ(test, a, b);
	kspan_stack_destroy(stack);
	kit_expect_empty(test, kit_heap(test));
}

static unsigned int depth_of(struct kspan_stack *stack, unsigned int levels)
{
	kspan_stack_scope(stack);

	if (!kspan_stack_push(stack, 100, 8))
		return 0;
	return levels ? 1 + depth_of(stack, levels - 1) : 1;
}

static void scopes_release(struct kunit *test)
{
	kspan_mark_t before;

	{
		struct kspan_stack *stack __free(kspan_stack) =
			new_stack(test, 4096);

		before = kspan_stack_mark(stack);
		KUNIT_EXPECT_EQ(test, depth_of(stack, 9), 10);
		KUNIT_EXPECT_EQ(test, kspan_stack_mark(stack), before);
		KUNIT_EXPECT_EQ(test, depth_of(stack, 100), 39);
		KUNIT_EXPECT_EQ(test, kspan_stack_mark(stack), before);
		{
			kspan_stack_scope(stack);
			kspan_stack_scope(NULL);
			KUNIT_EXPECT_NOT_NULL(test,
					      kspan_stack_push(stack, 9, 1));
		}
		KUNIT_EXPECT_EQ(test, kspan_stack_mark(stack), before);
	}
	{
		CLASS(kspan_stack, borrowed)(kit_heap(test));

		KUNIT_EXPECT_NOT_NULL(test, borrowed);
		KUNIT_EXPECT_EQ(test, stats_of(kit_heap(test)).live_objects, 1);
	}
	kit_expect_empty(test, kit_heap(test));
}

static int count_objects(const struct kspan_object *obj, void *arg)
{
	struct kspan_object *last = arg;

	last->size_bytes += obj->size_bytes;
	last->start = obj->start;
	last->sizeclass += 1000 + obj->sizeclass;
	last->live = obj->live;
	return 0;
}

static void is_one_object(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_stack *stack = new_stack(test, 20000);
	struct kspan_object walked = { };
	struct kspan_heap_stats stats;
	struct kspan_object obj;
	unsigned int i;
	u8 *p = NULL;

	for (i = 0; i < 10; i++)
		p = kspan_stack_push(stack, 1000, 8);
	stats = stats_of(heap);
	KUNIT_EXPECT_EQ(test, stats.live_objects, 1);
	KUNIT_EXPECT_EQ(test, stats.allocs_total, 1);
	KUNIT_EXPECT_EQ(test, stats.large_objects, 1);
	KUNIT_EXPECT_EQ(test, stats.live_bytes, 3 * SZ_8K);
	KUNIT_EXPECT_EQ(test, stats.cached_bytes, 0);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_TRUE(test, kspan_find_object(p + i, &obj));
		KUNIT_EXPECT_PTR_EQ(test, obj.heap, heap);
		KUNIT_EXPECT_EQ(test, obj.sizeclass, 0);
		KUNIT_EXPECT_EQ(test, obj.size_bytes, 3 * SZ_8K);
		KUNIT_EXPECT_TRUE(test, (u8 *)obj.start <= p + i);
		KUNIT_EXPECT_TRUE(test, obj.live);
	}
	KUNIT_EXPECT_EQ(test, kspan_heap_for_each_object(heap, count_objects,
							 &walked), 0);
	KUNIT_EXPECT_EQ(test, walked.sizeclass, 1000);
	KUNIT_EXPECT_EQ(test, walked.size_bytes, 3 * SZ_8K);
	KUNIT_EXPECT_PTR_EQ(test, walked.start, obj.start);
	KUNIT_EXPECT_TRUE(test, walked.live);
	kit_expect_sound(test, heap);
	kspan_stack_destroy(stack);
	KUNIT_EXPECT_EQ(test, stats_of(heap).frees_total, 1);
	kit_expect_empty(test, heap);
}

static void members_are_not_freed(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_stack *stack = new_stack(test, SZ_16K);
	unsigned long total = kspan_last_report.total;
	struct kspan_heap_stats stats;
	void *bulk[4];
	u8 *p;

	p = kspan_stack_push(stack, 1000, 64);
	KUNIT_ASSERT_NOT_NULL(test, p);
	kit_fill(p, 1000, 1);
	kspan_free(p);
	kspan_free(p);
	kspan_free(p + 500);
	/* The span's own start and end are members as well. */
	kspan_free((void *)(kspan_stack_mark(stack) + 1000));
	kspan_free_sized(p, 100000);
	kspan_free_sensitive(p);
	bulk[0] = p;
	bulk[1] = p + 8;
	bulk[2] = kspan_alloc(heap, 100, GFP_KERNEL);
	bulk[3] = p;
	kspan_free_bulk(4, bulk);
	KUNIT_EXPECT_EQ(test, kspan_usable_size(p), 0);
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);
	stats = stats_of(heap);
	KUNIT_EXPECT_EQ(test, stats.member_frees_total, 9);
	KUNIT_EXPECT_EQ(test, stats.bad_frees_total, 0);
	KUNIT_EXPECT_EQ(test, stats.frees_total, 1);

	kit_reports_begin();
	KUNIT_EXPECT_NULL(test, kspan_realloc(heap, p, 2000, GFP_KERNEL));
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 1);
	KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake,
			(int)KSPAN_MISTAKE_MEMBER);
	KUNIT_EXPECT_PTR_EQ(test, kspan_realloc(heap, p, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	stats = stats_of(heap);
	KUNIT_EXPECT_EQ(test, stats.member_frees_total, 10);
	KUNIT_EXPECT_EQ(test, stats.bad_frees_total, 0);
	KUNIT_EXPECT_TRUE(test, kit_filled(p, 1000, 1));
	KUNIT_EXPECT_EQ(test, stats.live_objects, 1);
	kspan_stack_destroy(stack);
	kit_expect_empty(test, heap);
}

static void borrow(struct kunit *test, struct kspan_stack **stacks)
{
	unsigned int i, k;

	for (i = 0; i < NR_BORROWED; i++) {
		u8 *p;

		stacks[i] = kspan_stack_get(kit_heap(test));
		KUNIT_ASSERT_NOT_NULL(test, stacks[i]);
		for (k = 0; k < i; k++)
			KUNIT_ASSERT_PTR_NE(test, stacks[i], stacks[k]);
		/* Empty, and all of it there. */
		p = kspan_stack_push(stacks[i], KSPAN_STACK_BYTES, 4096);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_NULL(test, kspan_stack_push(stacks[i], 1, 1));
		KUNIT_EXPECT_EQ(test, kspan_stack_overflows(stacks[i]), 1);
		kit_fill(p, KSPAN_STACK_BYTES, i);
	}
}

static void put_all(struct kunit *test, struct kspan_stack **stacks)
{
	unsigned int i;

	for (i = 0; i < NR_BORROWED; i++) {
		KUNIT_EXPECT_TRUE(test,
				  kit_filled((void *)kspan_stack_mark(stacks[i]),
					     KSPAN_STACK_BYTES, i));
		kspan_stack_put(stacks[i]);
	}
}

static void lent(struct kunit *test, bool checked)
{
	const u64 span_bytes = KSPAN_STACK_BYTES +
			       (checked ? 2 * KSPAN_PAGE_BYTES : 0);
	unsigned int nidle = KSPAN_IDLE_STACKS - checked;
	struct kspan_stack *stacks[NR_BORROWED];
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_heap_stats stats;
	struct kspan_object obj;
	unsigned int round;
	void *start;

	kspan_checked = checked;
	for (round = 0; round < 3; round++) {
		borrow(test, stacks);
		stats = stats_of(heap);
		KUNIT_EXPECT_EQ(test, stats.live_objects, NR_BORROWED);
		KUNIT_EXPECT_EQ(test, stats.live_bytes, NR_BORROWED * span_bytes);
		KUNIT_EXPECT_EQ(test, stats.cached_bytes, 0);
		kit_expect_sound(test, heap);
		start = (void *)kspan_stack_mark(stacks[0]);
		KUNIT_EXPECT_TRUE(test, kspan_find_object(start, &obj));
		KUNIT_EXPECT_TRUE(test, obj.live);
		put_all(test, stacks);
		stats = stats_of(heap);
		KUNIT_EXPECT_EQ(test, stats.live_objects, 0);
		KUNIT_EXPECT_EQ(test, stats.live_bytes, 0);
		KUNIT_EXPECT_EQ(test, stats.cached_bytes, nidle * span_bytes);
		kit_expect_sound(test, heap);
		/* The first to come back stays. */
		KUNIT_EXPECT_TRUE(test, kspan_find_object(start, &obj));
		KUNIT_EXPECT_FALSE(test, obj.live);
	}
	kspan_checked = false;
	kit_expect_empty(test, heap);
	KUNIT_EXPECT_EQ(test, atomic_read(&heap->storage.nr_stacks), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&heap->storage.idle_extra_bytes), 0);
}

static void several_are_lent(struct kunit *test)
{
	lent(test, false);
}

static void several_are_lent_checked(struct kunit *test)
{
	unsigned long total = kspan_last_report.total;

	lent(test, true);
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total);
}

static void nobodys_are_refused(struct kunit *test)
{
	struct kspan_stack *stack = kspan_stack_get(kit_heap(test));
	unsigned long total = kspan_last_report.total;
	kspan_mark_t mark;

	KUNIT_ASSERT_NOT_NULL(test, stack);
	mark = kspan_stack_mark(stack);
	kspan_stack_put(stack);
	kit_reports_begin();
	kspan_stack_put(stack);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 1);
	KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake,
			(int)KSPAN_MISTAKE_PUT_TWICE);
	KUNIT_EXPECT_NULL(test, kspan_stack_push(stack, 8, 8));
	kspan_stack_release(stack, mark);
	KUNIT_EXPECT_NULL(test, kspan_stack_push(stack, 8, 8));
	KUNIT_EXPECT_EQ(test, stats_of(kit_heap(test)).live_objects, 0);
	/* Destroyed as it was made. */
	stack = kspan_stack_get(kit_heap(test));
	kspan_stack_destroy(stack);
	KUNIT_EXPECT_EQ(test, stats_of(kit_heap(test)).cached_bytes,
			KSPAN_STACK_BYTES);
	kspan_stack_put(new_stack(test, 100));
	kit_expect_empty(test, kit_heap(test));
}

static void idle_ones_go_back(struct kunit *test)
{
	struct kspan_stack *stacks[NR_BORROWED];
	struct kspan_heap *heap = kit_heap(test);
	u64 waited_ns = 0;
	unsigned int i;

	borrow(test, stacks);
	/* The scavenger goes on while there is one that may fall idle. */
	KUNIT_EXPECT_TRUE(test, kspan_idle_tick(&heap->giver, &waited_ns));
	put_all(test, stacks);
	for (i = 0; i < KSPAN_IDLE_TICKS; i++) {
		KUNIT_EXPECT_TRUE(test, kspan_idle_tick(&heap->giver,
							&waited_ns));
		KUNIT_EXPECT_GT(test, stats_of(heap).cached_bytes, 0);
	}
	for (i = 0; i < KSPAN_IDLE_TICKS; i++)
		kspan_idle_tick(&heap->giver, &waited_ns);
	KUNIT_EXPECT_EQ(test, stats_of(heap).cached_bytes, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&heap->storage.nr_stacks), 0);
	kit_expect_empty(test, heap);
}

static void without_memory(struct kunit *test)
{
	static const enum kspan_fault_site sites[] = {
		KSPAN_FAULT_BUMP, KSPAN_FAULT_LARGE_SPAN, KSPAN_FAULT_BLOCK,
	};
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_stack *stack;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sites); i++) {
		kspan_fault_set(sites[i], KSPAN_FAULT_ALWAYS);
		KUNIT_EXPECT_NULL(test, kspan_stack_create(heap, SZ_2M,
							   GFP_KERNEL));
		KUNIT_EXPECT_NULL(test, kspan_stack_get(heap));
		KUNIT_EXPECT_GT(test, kspan_fault_failed(sites[i]), 0);
		kspan_fault_set(sites[i], KSPAN_FAULT_OFF);
		kit_expect_empty(test, heap);
		/* As if nothing had happened. */
		stack = kspan_stack_get(heap);
		KUNIT_EXPECT_NOT_NULL(test, stack);
		kspan_stack_put(stack);
		kit_expect_empty(test, heap);
		kspan_heap_scavenge(heap, SIZE_MAX);
	}
}

static void the_limit_holds(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_stack *stacks[8] = { };
	unsigned int i;

	kspan_heap_set_limit(heap, SZ_64K);
	KUNIT_EXPECT_NULL(test, kspan_stack_create(heap, SZ_128K, GFP_KERNEL));
	for (i = 0; i < ARRAY_SIZE(stacks); i++)
		stacks[i] = kspan_stack_get(heap);
	KUNIT_EXPECT_NOT_NULL(test, stacks[3]);
	KUNIT_EXPECT_NULL(test, stacks[4]);
	KUNIT_EXPECT_GT(test, stats_of(heap).limit_hits_total, 0);
	KUNIT_EXPECT_LE(test, stats_of(heap).backing_bytes, SZ_64K);
	for (i = 0; i < ARRAY_SIZE(stacks); i++)
		kspan_stack_put(stacks[i]);
	kit_expect_empty(test, heap);
}

static void go_with_their_heap(struct kunit *test)
{
	struct kspan_heap_params params = { .flags = KSPAN_HEAP_WARN_LIVE };
	struct kspan_heap *heap = kspan_heap_create("kunit-going", &params);
	struct kspan_stack *left;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	/* One that waits is no object. */
	left = kspan_stack_get(heap);
	kspan_stack_put(kspan_stack_get(heap));
	KUNIT_EXPECT_NOT_NULL(test, left);
	KUNIT_EXPECT_NOT_NULL(test, kspan_stack_create(heap, SZ_32K, GFP_KERNEL));
	kspan_last_leftovers.objects = 0;
	kspan_heap_destroy(heap);
	KUNIT_EXPECT_EQ(test, kspan_last_leftovers.objects, 2);
	KUNIT_EXPECT_EQ(test, kspan_last_leftovers.bytes,
			SZ_32K + KSPAN_STACK_BYTES);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(random_pushes),
	KUNIT_CASE(random_pushes_checked),
	KUNIT_CASE(edges),
	KUNIT_CASE(marks_nest),
	KUNIT_CASE(scopes_release),
	KUNIT_CASE(is_one_object),
	KUNIT_CASE(members_are_not_freed),
	KUNIT_CASE(several_are_lent),
	KUNIT_CASE(several_are_lent_checked),
	KUNIT_CASE(nobodys_are_refused),
	KUNIT_CASE(idle_ones_go_back),
	KUNIT_CASE(without_memory),
	KUNIT_CASE(the_limit_holds),
	KUNIT_CASE(go_with_their_heap),
	{}
};

struct kunit_suite kit_stack_suite = {
	.name		= "kspan_stack",
	.init		= kit_quiet_init,
	.exit		= kit_quiet_exit,
	.test_cases	= cases,
};
