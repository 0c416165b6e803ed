// SPDX-License-Identifier: GPL-2.0
/*
 * An interrupt on every instruction.
 *
 * Where the clock counts instructions (QEMU's icount), a timer can be set to
 * interrupt a call at each of its instructions in turn. The interrupt allocates
 * and frees objects of the class that the call is at work on; whatever it has
 * met half-done must come out whole. Skipped where the clock is a clock.
 */
#include <linux/hrtimer.h>
#include <asm/tsc.h>

#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	OBJECT_BYTES	= 64,
	POOL		= 512,
	HELD		= 5,
	/* The timer's clock has a coarser grain than the clock. */
	GRAIN		= 16,
	LEAD_NS		= 400,
	/* Before the call, so that the first interrupts come before it. */
	LEAD_LOOPS	= 1000,
	MAX_NS		= 1 << 18,
	MAX_OFFSET	= 1 << 12,
	/* A call is over when the timer has come too late so often. */
	ENOUGH		= 4,
};

enum phase {
	BEFORE,
	INSIDE,
	AFTER,
};

/**
 * struct sweep - one call, interrupted at each instruction
 * @test: the test
 * @heap: its heap
 * @timer: interrupts
 * @phase: where the call is
 * @hit: where it was when the timer fired
 * @fired: the timer has fired
 * @started: time when the call began
 * @pool: objects of the task, filled
 * @npool: how many
 * @held: objects of the interrupt, filled
 * @shots: interrupts so far
 * @nerrors: contents that were not as they should be
 * @ninside: interrupts in the call
 * @nbusy: of these, those that found the magazine in use
 * @offsets: how far into the call they came
 */
struct sweep {
	struct kunit		*test;
	struct kspan_heap	*heap;
	struct hrtimer		timer;
	enum phase		phase;
	enum phase		hit;
	bool			fired;
	u64			started;
	void			*pool[POOL];
	unsigned int		npool;
	void			*held[HELD];
	unsigned int		shots;
	unsigned int		nerrors;
	unsigned int		ninside;
	unsigned int		nbusy;
	DECLARE_BITMAP(offsets, MAX_OFFSET);
};

static struct kspan_mag *mag_of(struct sweep *s)
{
	return &raw_cpu_ptr(s->heap->cpu)->mags[kspan_sizeclass(OBJECT_BYTES)];
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
static void *take(struct sweep *s, u32 tag, gfp_t gfp)
{
	void *p = kspan_alloc(s->heap, OBJECT_BYTES, gfp);

	if (p)
		fill(p, tag);
	else
		s->nerrors++;
	return p;
}

static void drop(struct sweep *s, void *p, u32 tag)
{
	if (p && !filled(p, tag))
		s->nerrors++;
	kspan_free(p);
}

static enum hrtimer_restart interrupt(struct hrtimer *timer)
{
	struct sweep *s = container_of(timer, struct sweep, timer);
	u64 offset = rdtsc() - s->started;
	void **held = &s->held[s->shots++ % HELD];

	s->hit = READ_ONCE(s->phase);
	if (s->hit == INSIDE) {
		s->ninside++;
		s->nbusy += mag_of(s)->busy;
		if (offset < MAX_OFFSET)
			__set_bit(offset, s->offsets);
	}
	/* Not what comes first goes first. */
	drop(s, take(s, TAG_INTERRUPT, GFP_ATOMIC), TAG_INTERRUPT);
	drop(s, *held, TAG_INTERRUPT);
	*held = take(s, TAG_INTERRUPT, GFP_ATOMIC);
	WRITE_ONCE(s->fired, true);
	return HRTIMER_NORESTART;
}

static void take_to_pool(struct sweep *s)
{
	s->pool[s->npool++] = take(s, TAG_TASK, GFP_KERNEL);
}

static void drop_from_pool(struct sweep *s)
{
	drop(s, s->pool[--s->npool], TAG_TASK);
}

static unsigned int mag_count(struct sweep *s)
{
	return kspan_mag_count(mag_of(s)->top, mag_of(s)->capacity);
}

/* Has the magazine hold so many slots; its capacity at most. */
static void set_count(struct sweep *s, unsigned int nslots)
{
	while (s->npool > POOL / 2)
		drop_from_pool(s);
	if (!mag_of(s)->capacity) {
		take_to_pool(s);
		drop_from_pool(s);
	}
	while (mag_count(s) > nslots && s->npool < POOL)
		take_to_pool(s);
	while (mag_count(s) < nslots && s->npool)
		drop_from_pool(s);
}

/* The calls: each with what goes before it. */
static void prepare_half(struct sweep *s)
{
	set_count(s, mag_of(s)->capacity / 2);
}

static void prepare_empty(struct sweep *s)
{
	set_count(s, 0);
}

static void prepare_full(struct sweep *s)
{
	while (s->npool < POOL / 2)
		take_to_pool(s);
	set_count(s, 0);
	set_count(s, mag_of(s)->capacity);
}

static void prepare_drained(struct sweep *s)
{
	kspan_heap_drain(s->heap);
	while (s->npool > POOL / 2)
		drop_from_pool(s);
	kspan_heap_drain(s->heap);
}

/* Nor has the depot an array to give. */
static void prepare_empty_alone(struct sweep *s)
{
	kspan_heap_drain(s->heap);
	set_count(s, 0);
}

static void call_alloc(struct sweep *s)
{
	s->pool[s->npool++] = kspan_alloc(s->heap, OBJECT_BYTES, GFP_KERNEL);
}

static void call_free(struct sweep *s)
{
	kspan_free(s->pool[--s->npool]);
}

static void call_drain(struct sweep *s)
{
	kspan_heap_drain(s->heap);
}

/* What the call has added to the pool is not filled yet. */
static void finish_alloc(struct sweep *s)
{
	void *p = s->pool[s->npool - 1];

	if (p)
		fill(p, TAG_TASK);
	else
		s->nerrors++;
}

/**
 * struct call - what is interrupted
 * @prepare: makes the conditions
 * @call: is interrupted
 * @finish: looks after what it has given, or NULL
 * @open: it never keeps interrupts off
 */
struct call {
	void	(*prepare)(struct sweep *s);
	void	(*call)(struct sweep *s);
	void	(*finish)(struct sweep *s);
	bool	open;
};

/* Three instructions each. */
static void delay(unsigned int n)
{
	asm volatile("1: nop\n\tdecl %0\n\tjnz 1b" : "+r" (n) : : "cc");
}

static enum phase shoot(struct sweep *s, const struct call *call, u64 ns,
			unsigned int fine)
{
	call->prepare(s);
	s->fired = false;
	s->phase = BEFORE;
	hrtimer_start(&s->timer, ktime_add_ns(ktime_get(), ns),
		      HRTIMER_MODE_ABS_PINNED);
	delay(LEAD_LOOPS + fine);
	s->started = rdtsc();
	WRITE_ONCE(s->phase, INSIDE);
	call->call(s);
	WRITE_ONCE(s->phase, AFTER);
	if (call->finish)
		call->finish(s);
	while (!READ_ONCE(s->fired))
		cpu_relax();
	return s->hit;
}

static void expect_no_gap(struct sweep *s)
{
	unsigned long first = find_first_bit(s->offsets, MAX_OFFSET);
	unsigned long last = find_last_bit(s->offsets, MAX_OFFSET);
	unsigned long gap = find_next_zero_bit(s->offsets, MAX_OFFSET, first);

	KUNIT_EXPECT_LT(s->test, first, last);
	KUNIT_EXPECT_GT_MSG(s->test, gap, last,
			    "no interrupt %lu instructions into the call",
			    gap - first);
}

static void sweep_over(struct kunit *test, const struct call *call)
{
	struct sweep *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct kspan_heap_stats stats;
	unsigned int nlate = 0;
	unsigned int i;
	u64 ns;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->test = test;
	s->heap = kit_heap(test);
	hrtimer_init(&s->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED);
	s->timer.function = interrupt;
	while (s->npool < POOL / 2)
		take_to_pool(s);
	for (ns = LEAD_NS; nlate < ENOUGH && ns < MAX_NS; ns += GRAIN) {
		unsigned int fine;
		bool late = true;

		for (fine = 1; fine <= GRAIN; fine++)
			late &= shoot(s, call, ns, fine) == AFTER;
		nlate = late ? nlate + 1 : 0;
		cond_resched();
	}
	hrtimer_cancel(&s->timer);
	kunit_info(test, "%u interrupts, %u in the call, %u in the magazine\n",
		   s->shots, s->ninside, s->nbusy);
	KUNIT_EXPECT_EQ(test, s->nerrors, 0);
	KUNIT_EXPECT_EQ(test, nlate, ENOUGH);
	KUNIT_EXPECT_GT(test, s->nbusy, 0);
	if (call->open)
		expect_no_gap(s);

	kspan_heap_stats(s->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, s->npool + HELD);
	kit_expect_sound(test, s->heap);
	while (s->npool)
		drop_from_pool(s);
	for (i = 0; i < HELD; i++)
		drop(s, s->held[i], TAG_INTERRUPT);
	KUNIT_EXPECT_EQ(test, s->nerrors, 0);
	kit_expect_empty(test, s->heap);
	kspan_heap_stats(s->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.bad_frees_total, 0);
}

static void alloc_is_interrupted(struct kunit *test)
{
	const struct call call = {
		.prepare = prepare_half, .call = call_alloc,
		.finish = finish_alloc, .open = true,
	};

	sweep_over(test, &call);
}

static void free_is_interrupted(struct kunit *test)
{
	const struct call call = {
		.prepare = prepare_half, .call = call_free, .open = true,
	};

	sweep_over(test, &call);
}

static void refill_is_interrupted(struct kunit *test)
{
	const struct call call = {
		.prepare = prepare_empty, .call = call_alloc,
		.finish = finish_alloc,
	};

	sweep_over(test, &call);
}

static void refill_from_spans_is_interrupted(struct kunit *test)
{
	const struct call call = {
		.prepare = prepare_empty_alone, .call = call_alloc,
		.finish = finish_alloc,
	};

	sweep_over(test, &call);
}

static void flush_is_interrupted(struct kunit *test)
{
	const struct call call = {
		.prepare = prepare_full, .call = call_free,
	};

	sweep_over(test, &call);
}

static void first_alloc_is_interrupted(struct kunit *test)
{
	const struct call call = {
		.prepare = prepare_drained, .call = call_alloc,
		.finish = finish_alloc,
	};

	sweep_over(test, &call);
}

static void drain_is_interrupted(struct kunit *test)
{
	const struct call call = {
		.prepare = prepare_half, .call = call_drain,
	};

	sweep_over(test, &call);
}

/* The time that so many instructions take, with interrupts off. */
#define TIME_OF(ninstructions) \
({ \
	unsigned long __flags; \
	u64 __begin; \
	u64 __end; \
	local_irq_save(__flags); \
	__begin = rdtsc(); \
	asm volatile(".rept " #ninstructions "\n\tnop\n\t.endr"); \
	__end = rdtsc(); \
	local_irq_restore(__flags); \
	__end - __begin; \
})

static bool clock_counts_instructions(void)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		if (TIME_OF(2000) - TIME_OF(1000) != 1000)
			return false;
	}
	return true;
}

static int contexts_init(struct kunit *test)
{
	if (!clock_counts_instructions())
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
	{}
};

struct kunit_suite kit_contexts_suite = {
	.name = "kspan_contexts",
	.init = contexts_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
