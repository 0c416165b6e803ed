// SPDX-License-Identifier: GPL-2.0
#include <linux/hrtimer.h>
#include <linux/sched.h>
#include <asm/tsc.h>

#include "tests/kit.h"
#include "tests/sweep.h"

enum {
	/* The timer's clock has a coarser grain than the clock. */
	GRAIN		= SWEEP_ROUND / 2,
	LEAD_NS		= 400,
	/* Before the call, so that the first interrupts come before it. */
	LEAD_LOOPS	= 1000,
	MAX_NS		= 1 << 18,
	/* A call is over when the timer has come too late so often. */
	ENOUGH		= 4,
};

static enum hrtimer_restart interrupt(struct hrtimer *timer)
{
	struct sweep *s = container_of(timer, struct sweep, timer);
	u64 offset = rdtsc() - s->started;

	s->shots++;
	s->hit = READ_ONCE(s->phase);
	if (s->hit == SWEEP_INSIDE) {
		s->ninside++;
		if (offset < SWEEP_MAX_OFFSET)
			__set_bit(offset, s->offsets);
	}
	s->interrupt(s);
	WRITE_ONCE(s->fired, true);
	return HRTIMER_NORESTART;
}

/* Three instructions each. */
static void delay(unsigned int n)
{
	asm volatile("1: nop\n\tdecl %0\n\tjnz 1b" : "+r" (n) : : "cc");
}

static enum sweep_phase shoot(struct sweep *s, u64 ns, unsigned int fine)
{
	s->call->prepare(s);
	s->fired = false;
	s->phase = SWEEP_BEFORE;
	hrtimer_start(&s->timer, ktime_add_ns(ktime_get(), ns),
		      HRTIMER_MODE_ABS_PINNED);
	delay(LEAD_LOOPS + fine);
	s->started = rdtsc();
	WRITE_ONCE(s->phase, SWEEP_INSIDE);
	s->call->call(s);
	WRITE_ONCE(s->phase, SWEEP_AFTER);
	if (s->call->finish)
		s->call->finish(s);
	while (!READ_ONCE(s->fired))
		cpu_relax();
	return s->hit;
}

static void expect_no_gap(struct kunit *test, struct sweep *s)
{
	unsigned long first = find_first_bit(s->offsets, SWEEP_MAX_OFFSET);
	unsigned long last = find_last_bit(s->offsets, SWEEP_MAX_OFFSET);
	unsigned long gap = find_next_zero_bit(s->offsets, SWEEP_MAX_OFFSET,
					       first);

	KUNIT_EXPECT_LT(test, first, last);
	KUNIT_EXPECT_GT_MSG(test, gap, last,
			    "no interrupt %lu instructions into the call",
			    gap - first);
}

void sweep_run(struct kunit *test, struct sweep *s,
	       const struct sweep_call *call)
{
	unsigned int nlate = 0;
	u64 ns;

	s->call = call;
	hrtimer_init(&s->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED);
	s->timer.function = interrupt;
	for (ns = LEAD_NS; nlate < ENOUGH && ns < MAX_NS; ns += GRAIN) {
		unsigned int fine;
		bool late = true;

		/* More than once at each, as the timer is not that exact. */
		for (fine = 1; fine <= SWEEP_ROUND; fine++)
			late &= shoot(s, ns, fine) == SWEEP_AFTER;
		nlate = late ? nlate + 1 : 0;
		cond_resched();
	}
	hrtimer_cancel(&s->timer);
	kunit_info(test, "%u interrupts, %u in the call\n", s->shots,
		   s->ninside);
	KUNIT_EXPECT_EQ(test, nlate, ENOUGH);
	KUNIT_EXPECT_GT(test, s->ninside, 0);
	if (call->open)
		expect_no_gap(test, s);
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

bool sweep_is_possible(void)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		if (TIME_OF(2000) - TIME_OF(1000) != 1000)
			return false;
	}
	return true;
}
