// SPDX-License-Identifier: GPL-2.0
/*
 * A thousand objects, and then none: more than CPU caches hold, so that what a
 * refill and a flush cost shows, and in which order objects come back.
 */
#include <linux/irqflags.h>
#include <linux/prandom.h>
#include <linux/seq_file.h>

#include "ops.h"
#include "series.h"
#include "ticks.h"

enum {
	BURST	= BENCH_MAX_OBJECTS,
	STRIDE	= 37,			/* no common divisor with BURST */
};

static const u16 sizes[] = { 64, 200, 1024, 4096 };

enum part { WHOLE, ALLOCS, FREES };

static __always_inline u64 burst_part(struct bench_loop *loop, u32 backend,
				      enum part part)
{
	const struct bench_loop copy = *loop;
	size_t bytes = copy.bytes;
	u64 start, middle, end;
	unsigned long flags = 0;
	unsigned int i;

	OPTIMIZER_HIDE_VAR(bytes);
	/* Too long for one without a tick; PREEMPT_RT has to bear them. */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_irq_save(flags);
	start = bench_ticks();
	for (i = 0; i < BURST; i++) {
		copy.objects[i] = bench_alloc(&copy, backend, bytes,
					      GFP_ATOMIC);
		if (unlikely(!copy.objects[i]))
			loop->failed = true;
	}
	middle = bench_ticks();
	for (i = 0; i < BURST; i++) {
		void *p = copy.objects[copy.order[i]];

		if (likely(p))
			bench_free(&copy, backend, bytes, p);
	}
	end = bench_ticks();
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_irq_restore(flags);
	if (part == WHOLE)
		return end - start;
	return part == ALLOCS ? middle - start : end - middle;
}

static __always_inline u64 whole(struct bench_loop *loop, u32 backend)
{
	return burst_part(loop, backend, WHOLE);
}

static u64 run_whole(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, whole);
}

static __always_inline u64 allocs(struct bench_loop *loop, u32 backend)
{
	return burst_part(loop, backend, ALLOCS);
}

static u64 run_allocs(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, allocs);
}

static __always_inline u64 frees(struct bench_loop *loop, u32 backend)
{
	return burst_part(loop, backend, FREES);
}

static u64 run_frees(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, frees);
}

/* ---- orders ---------------------------------------------------------------- */

static void order_same(u16 *order)
{
	unsigned int i;

	for (i = 0; i < BURST; i++)
		order[i] = i;
}

static void order_reverse(u16 *order)
{
	unsigned int i;

	for (i = 0; i < BURST; i++)
		order[i] = BURST - 1 - i;
}

static void order_stride(u16 *order)
{
	unsigned int i;

	for (i = 0; i < BURST; i++)
		order[i] = i * STRIDE % BURST;
}

static void order_random(u16 *order)
{
	struct rnd_state random;
	unsigned int i, other;

	prandom_seed_state(&random, 1);
	order_same(order);
	for (i = BURST - 1; i; i--) {
		other = prandom_u32_state(&random) % (i + 1);
		swap(order[i], order[other]);
	}
}

static const struct {
	void (*fill)(u16 *order);
	const char *whole;
	const char *allocs;
	const char *frees;
} orders[] = {
	{ order_same, "burst_same", "burst_same_alloc", "burst_same_free" },
	{ order_reverse, "burst_reverse", "burst_reverse_alloc",
	  "burst_reverse_free" },
	{ order_random, "burst_random", "burst_random_alloc",
	  "burst_random_free" },
	{ order_stride, "burst_stride", "burst_stride_alloc",
	  "burst_stride_free" },
};

static int show_sizes(struct seq_file *m, const char *name, bench_loop_fn run,
		      const u16 *order)
{
	struct bench_row row = {
		.name = name, .run = run, .backends = BENCH_OBJECT_BACKENDS,
		.batch = BURST, .fixed = true, .order = order,
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(sizes); i++) {
		row.bytes = sizes[i];
		err = bench_row_show(m, &row);
	}
	return err;
}

int bench_burst_show(struct seq_file *m)
{
	unsigned int i;
	int err = 0;
	u16 *order;

	order = kmalloc_array(BURST, sizeof(*order), GFP_KERNEL);
	if (!order)
		return -ENOMEM;
	for (i = 0; !err && i < ARRAY_SIZE(orders); i++) {
		orders[i].fill(order);
		err = show_sizes(m, orders[i].whole, run_whole, order) ?:
		      show_sizes(m, orders[i].allocs, run_allocs, order) ?:
		      show_sizes(m, orders[i].frees, run_frees, order);
	}
	kfree(order);
	return err;
}
