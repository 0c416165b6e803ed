// SPDX-License-Identifier: GPL-2.0
/* Pairs and bursts beside what they would cost at the least. */
#include <linux/preempt.h>
#include <linux/seq_file.h>

#include "ops.h"
#include "series.h"

static const u16 sizes[] = { 64, 1024 };

static __always_inline u64 pair(struct bench_loop *loop, u32 backend)
{
	size_t bytes = loop->bytes;

	OPTIMIZER_HIDE_VAR(bytes);
	return bench_pairs(loop, backend, bytes, GFP_KERNEL);
}

/* What a CPU's array gives goes back to the same. */
static u64 run_here(struct bench_loop *loop, u32 backend, bench_loop_fn body)
{
	u64 ticks;

	migrate_disable();
	ticks = body(loop, backend);
	migrate_enable();
	return ticks;
}

static u64 pair_here(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, pair);
}

static u64 run_pair(struct bench_loop *loop, u32 backend)
{
	return run_here(loop, backend, pair_here);
}

/* All of them, and back in the order they came. */
static __always_inline u64 burst(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	size_t bytes = copy.bytes;
	u64 start;
	unsigned int i;

	OPTIMIZER_HIDE_VAR(bytes);
	start = bench_ticks();
	for (i = 0; i < copy.batch; i++) {
		copy.objects[i] = bench_alloc(&copy, backend, bytes, GFP_KERNEL);
		if (unlikely(!copy.objects[i]))
			loop->failed = true;
	}
	for (i = 0; i < copy.batch; i++) {
		if (likely(copy.objects[i]))
			bench_free(&copy, backend, bytes, copy.objects[i]);
	}
	return bench_ticks() - start;
}

static u64 burst_here(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, burst);
}

static u64 run_burst(struct bench_loop *loop, u32 backend)
{
	return run_here(loop, backend, burst_here);
}

int bench_anchor_show(struct seq_file *m)
{
	static const struct bench_row rows[] = {
		{ .name = "anchor_pair", .run = run_pair, .batch = 1 },
		{ .name = "anchor_burst", .run = run_burst,
		  .batch = BENCH_MAX_OBJECTS, .fixed = true },
	};
	unsigned int i, k;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(rows) * ARRAY_SIZE(sizes); i++) {
		struct bench_row row = rows[i / ARRAY_SIZE(sizes)];

		k = i % ARRAY_SIZE(sizes);
		row.bytes = sizes[k];
		row.backends = BENCH_OBJECT_BACKENDS | BIT(BENCH_ARRAY) |
			       BIT(BENCH_REGION);
		err = bench_row_show(m, &row);
	}
	return err;
}
