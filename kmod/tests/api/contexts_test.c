// SPDX-License-Identifier: GPL-2.0
/*
 * An interrupt on every instruction of a call: it allocates and frees objects of the
 * class that the call is at work on, or borrows stacks beside a call that borrows one.
 * See sweep.h. Skipped where the clock is a clock.
 */
#include "caches/stacks.h"
#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "tests/sweep.h"

enum {
	OBJECT_BYTES	= 64,
	POOL		= 512,
	HELD		= 5,
};

/**
 * struct work - what both sides work with
 * @sweep: interrupts
 * @heap: of all objects
 * @pool: objects of the task, filled
 * @npool: how many
 * @held: objects of the interrupt, filled
 * @nerrors: contents that were not as they should be
 * @nbusy: interrupts in the call that found the magazine in use
 */
struct work {
	struct sweep		sweep;
	struct kspan_heap	*heap;
	void			*pool[POOL];
	unsigned int		npool;
	void			*held[HELD];
	unsigned int		nerrors;
	unsigned int		nbusy;
};

static struct work *work_of(struct sweep *sweep)
{
	return container_of(sweep, struct work, sweep);
}

static struct kspan_mag *mag_of(struct work *w)
{
	return &raw_cpu_ptr(w->heap->cpu)->mags[kspan_sizeclass(OBJECT_BYTES)];
}

/* Both sides fill their objects, so that none has one of the other's. */
static void fill(void *p, u32 tag)
{
	u64 *words = p;
	unsigned int i;

	for (i = 0; i < OBJECT_BYTES / 8; i++)
		words[i] = (u64)tag << 32 | (u32)(unsigned long)p | i;
}

static bool filled(const void *p, u32 tag)
{
	const u64 *words = p;
	unsigned int i;

	for (i = 0; i < OBJECT_BYTES / 8; i++) {
		if (words[i] != ((u64)tag << 32 | (u32)(unsigned long)p | i))
			return false;
	}
	return true;
}

enum {
	TAG_TASK	= 1,
	TAG_INTERRUPT	= 2,
};

/* Objects change hands only between an allocation and a free. */
static void *take(struct work *w, u32 tag, gfp_t gfp)
{
	void *p = kspan_alloc(w->heap, OBJECT_BYTES, gfp);

	if (p)
		fill(p, tag);
	else
		w->nerrors++;
	return p;
}

static void drop(struct work *w, void *p, u32 tag)
{
	if (p && !filled(p, tag))
		w->nerrors++;
	kspan_free(p);
}

static void interrupt(struct sweep *sweep)
{
	struct work *w = work_of(sweep);
	void **held = &w->held[sweep->shots % HELD];

	if (sweep->hit == SWEEP_INSIDE)
		w->nbusy += mag_of(w)->busy;
	/* Not what comes first goes first. */
	drop(w, take(w, TAG_INTERRUPT, GFP_ATOMIC), TAG_INTERRUPT);
	drop(w, *held, TAG_INTERRUPT);
	*held = take(w, TAG_INTERRUPT, GFP_ATOMIC);
}

static void take_to_pool(struct work *w)
{
	w->pool[w->npool++] = take(w, TAG_TASK, GFP_KERNEL);
}

static void drop_from_pool(struct work *w)
{
	drop(w, w->pool[--w->npool], TAG_TASK);
}

static unsigned int mag_count(struct work *w)
{
	return kspan_mag_count(mag_of(w)->top, mag_of(w)->capacity);
}

/* Has the magazine hold so many slots; its capacity at most. */
static void set_count(struct work *w, unsigned int nslots)
{
	while (w->npool > POOL / 2)
		drop_from_pool(w);
	if (!mag_of(w)->capacity) {
		take_to_pool(w);
		drop_from_pool(w);
	}
	while (mag_count(w) > nslots && w->npool < POOL)
		take_to_pool(w);
	while (mag_count(w) < nslots && w->npool)
		drop_from_pool(w);
}

/* The calls: each with what goes before it. */
static void prepare_half(struct sweep *sweep)
{
	struct work *w = work_of(sweep);

	set_count(w, mag_of(w)->capacity / 2);
}

static void prepare_empty(struct sweep *sweep)
{
	struct work *w = work_of(sweep);

	set_count(w, 0);
}

static void prepare_full(struct sweep *sweep)
{
	struct work *w = work_of(sweep);

	while (w->npool < POOL / 2)
		take_to_pool(w);
	set_count(w, 0);
	set_count(w, mag_of(w)->capacity);
}

static void prepare_drained(struct sweep *sweep)
{
	struct work *w = work_of(sweep);

	kspan_heap_drain(w->heap);
	while (w->npool > POOL / 2)
		drop_from_pool(w);
	kspan_heap_drain(w->heap);
}

/* Nor has the depot an array to give. */
static void prepare_empty_alone(struct sweep *sweep)
{
	struct work *w = work_of(sweep);

	kspan_heap_drain(w->heap);
	set_count(w, 0);
}

static void call_alloc(struct sweep *sweep)
{
	struct work *w = work_of(sweep);

	w->pool[w->npool++] = kspan_alloc(w->heap, OBJECT_BYTES, GFP_KERNEL);
}

static void call_free(struct sweep *sweep)
{
	struct work *w = work_of(sweep);

	kspan_free(w->pool[--w->npool]);
}

static void call_drain(struct sweep *sweep)
{
	struct work *w = work_of(sweep);

	kspan_heap_drain(w->heap);
}

/* What the call has added to the pool is not filled yet. */
static void finish_alloc(struct sweep *sweep)
{
	struct work *w = work_of(sweep);
	void *p = w->pool[w->npool - 1];

	if (p)
		fill(p, TAG_TASK);
	else
		w->nerrors++;
}

static void sweep_over(struct kunit *test, const struct sweep_call *call)
{
	struct work *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct kspan_heap_stats stats;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->heap = kit_heap(test);
	w->sweep.interrupt = interrupt;
	while (w->npool < POOL / 2)
		take_to_pool(w);
	sweep_run(test, &w->sweep, call);
	kunit_info(test, "%u in the magazine\n", w->nbusy);
	KUNIT_EXPECT_EQ(test, w->nerrors, 0);
	KUNIT_EXPECT_GT(test, w->nbusy, 0);

	kspan_heap_stats(w->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, w->npool + HELD);
	kit_expect_sound(test, w->heap);
	while (w->npool)
		drop_from_pool(w);
	for (i = 0; i < HELD; i++)
		drop(w, w->held[i], TAG_INTERRUPT);
	KUNIT_EXPECT_EQ(test, w->nerrors, 0);
	kit_expect_empty(test, w->heap);
	kspan_heap_stats(w->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.bad_frees_total, 0);
}

static void alloc_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_half, .call = call_alloc,
		.finish = finish_alloc, .open = true,
	};

	sweep_over(test, &call);
}

static void free_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_half, .call = call_free, .open = true,
	};

	sweep_over(test, &call);
}

static void refill_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_empty, .call = call_alloc,
		.finish = finish_alloc,
	};

	sweep_over(test, &call);
}

static void refill_from_spans_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_empty_alone, .call = call_alloc,
		.finish = finish_alloc,
	};

	sweep_over(test, &call);
}

static void flush_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_full, .call = call_free,
	};

	sweep_over(test, &call);
}

static void first_alloc_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_drained, .call = call_alloc,
		.finish = finish_alloc,
	};

	sweep_over(test, &call);
}

static void drain_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_half, .call = call_drain,
	};

	sweep_over(test, &call);
}

/* ---- stacks that are lent ---------------------------------------------------- */

/**
 * struct loan - what both sides borrow
 * @sweep: interrupts
 * @heap: whose stacks
 * @task: the task's, filled; or NULL
 * @held: the interrupt's, filled; or NULL
 * @takes: the next interrupt borrows one, and keeps it; otherwise it puts its own
 * @nerrors: contents that were not as they should be
 */
struct loan {
	struct sweep		sweep;
	struct kspan_heap	*heap;
	struct kspan_stack	*task;
	struct kspan_stack	*held;
	bool			takes;
	unsigned int		nerrors;
};

static struct loan *loan_of(struct sweep *sweep)
{
	return container_of(sweep, struct loan, sweep);
}

/* Where the first object that is pushed comes to lie. */
static void *first_of(const struct kspan_stack *stack)
{
	return (void *)kspan_stack_mark(stack);
}

/* A stack that nobody else has is empty, and stays as it is filled. */
static void fill_stack(struct loan *l, struct kspan_stack *stack, u32 tag)
{
	void *p = stack ? kspan_stack_push(stack, OBJECT_BYTES, 8) : NULL;

	if (p && p == first_of(stack))
		fill(p, tag);
	else
		l->nerrors++;
}

static void put_stack(struct loan *l, struct kspan_stack *stack, u32 tag)
{
	if (stack && (!first_of(stack) || !filled(first_of(stack), tag)))
		l->nerrors++;
	kspan_stack_put(stack);
}

static void take_or_put(struct loan *l)
{
	put_stack(l, l->held, TAG_INTERRUPT);
	l->held = NULL;
	if (l->takes) {
		l->held = kspan_stack_get(l->heap);
		fill_stack(l, l->held, TAG_INTERRUPT);
	}
}

/*
 * Who took one and put it again would leave all as it was. Either way comes to each
 * instruction, as those that are met by shots of one round are met by others' too.
 */
static void borrow(struct sweep *sweep)
{
	take_or_put(loan_of(sweep));
}

/* The interrupt has one if it is to put it, and none if it is to take one. */
static void prepare_interrupt(struct loan *l)
{
	l->takes = l->sweep.shots / SWEEP_ROUND % 2;
	take_or_put(l);
	l->takes = !l->takes;
}

/* One waits. */
static void prepare_get(struct sweep *sweep)
{
	struct loan *l = loan_of(sweep);
	struct kspan_stack *waits = kspan_stack_get(l->heap);

	put_stack(l, l->task, TAG_TASK);
	l->task = NULL;
	prepare_interrupt(l);
	kspan_stack_put(waits);
}

static void prepare_get_new(struct sweep *sweep)
{
	prepare_get(sweep);
	kspan_heap_drain(loan_of(sweep)->heap);
}

static void call_get(struct sweep *sweep)
{
	struct loan *l = loan_of(sweep);

	l->task = kspan_stack_get(l->heap);
}

static void finish_get(struct sweep *sweep)
{
	struct loan *l = loan_of(sweep);

	fill_stack(l, l->task, TAG_TASK);
}

/* No stack waits: the one that is put goes where the interrupt would look. */
static void prepare_put(struct sweep *sweep)
{
	struct loan *l = loan_of(sweep);

	prepare_interrupt(l);
	kspan_heap_drain(l->heap);
	l->task = kspan_stack_get(l->heap);
	fill_stack(l, l->task, TAG_TASK);
}

/* Others wait, and there is no room for one more. */
static void prepare_put_beside(struct sweep *sweep)
{
	struct kspan_stack *others[KSPAN_IDLE_STACKS];
	struct loan *l = loan_of(sweep);
	unsigned int i;

	prepare_interrupt(l);
	l->task = kspan_stack_get(l->heap);
	fill_stack(l, l->task, TAG_TASK);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = kspan_stack_get(l->heap);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		kspan_stack_put(others[i]);
}

static void call_put(struct sweep *sweep)
{
	struct loan *l = loan_of(sweep);

	put_stack(l, l->task, TAG_TASK);
}

static void finish_put(struct sweep *sweep)
{
	loan_of(sweep)->task = NULL;
}

static void sweep_over_loan(struct kunit *test, const struct sweep_call *call)
{
	struct loan *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);
	struct kspan_heap_stats stats;

	KUNIT_ASSERT_NOT_NULL(test, l);
	l->heap = kit_heap(test);
	l->sweep.interrupt = borrow;
	sweep_run(test, &l->sweep, call);
	KUNIT_EXPECT_EQ(test, l->nerrors, 0);
	kspan_heap_stats(l->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, !!l->task + !!l->held);
	put_stack(l, l->task, TAG_TASK);
	put_stack(l, l->held, TAG_INTERRUPT);
	KUNIT_EXPECT_EQ(test, l->nerrors, 0);
	kit_expect_empty(test, l->heap);
	kspan_heap_stats(l->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.bad_frees_total, 0);
}

static void stack_get_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_get, .call = call_get,
		.finish = finish_get, .open = true,
	};

	sweep_over_loan(test, &call);
}

static void stack_get_of_a_new_one_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_get_new, .call = call_get,
		.finish = finish_get,
	};

	sweep_over_loan(test, &call);
}

static void stack_put_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_put, .call = call_put,
		.finish = finish_put, .open = true,
	};

	sweep_over_loan(test, &call);
}

static void stack_put_without_room_is_interrupted(struct kunit *test)
{
	const struct sweep_call call = {
		.prepare = prepare_put_beside, .call = call_put,
		.finish = finish_put,
	};

	sweep_over_loan(test, &call);
}

static int contexts_init(struct kunit *test)
{
	if (!sweep_is_possible())
		kunit_skip(test, "the clock does not count instructions");
	return kit_heap_init(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(alloc_is_interrupted),
	KUNIT_CASE(free_is_interrupted),
	KUNIT_CASE(refill_is_interrupted),
	KUNIT_CASE(refill_from_spans_is_interrupted),
	KUNIT_CASE(flush_is_interrupted),
	KUNIT_CASE(first_alloc_is_interrupted),
	KUNIT_CASE(drain_is_interrupted),
	KUNIT_CASE(stack_get_is_interrupted),
	KUNIT_CASE(stack_get_of_a_new_one_is_interrupted),
	KUNIT_CASE(stack_put_is_interrupted),
	KUNIT_CASE(stack_put_without_room_is_interrupted),
	{}
};

struct kunit_suite kit_contexts_suite = {
	.name = "kspan_contexts",
	.init = contexts_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
