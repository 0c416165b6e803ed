// SPDX-License-Identifier: GPL-2.0
/* What one allocation and its free cost, together and each alone. */
#include <linux/seq_file.h>

#include "ops.h"
#include "series.h"
#include "ticks.h"

static const u16 sizes[] = {
	8, 16, 24, 32, 64, 96, 128, 200, 256, 512, 520, 1024, 1025, 2048, 4096,
	8192, 16384, 32768,
};

enum {
	/* So few that they stay within every CPU cache; of large ones, one. */
	HALF_BATCH	= 8,
	SMALL_BYTES	= 4096,
};

static __always_inline u64 pair(struct bench_loop *loop, u32 backend)
{
	size_t bytes = loop->bytes;

	OPTIMIZER_HIDE_VAR(bytes);
	return bench_pairs(loop, backend, bytes, GFP_KERNEL);
}

static u64 run_pair(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, pair);
}

static __always_inline u64 pair_zeroed(struct bench_loop *loop, u32 backend)
{
	size_t bytes = loop->bytes;

	OPTIMIZER_HIDE_VAR(bytes);
	return bench_pairs(loop, backend, bytes, GFP_KERNEL | __GFP_ZERO);
}

static u64 run_pair_zeroed(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, pair_zeroed);
}

static __always_inline u64 pair_constant(struct bench_loop *loop, u32 backend)
{
	const gfp_t gfp = GFP_KERNEL;

	switch (loop->bytes) {
	case 8:
		return bench_pairs(loop, backend, 8, gfp);
	case 16:
		return bench_pairs(loop, backend, 16, gfp);
	case 24:
		return bench_pairs(loop, backend, 24, gfp);
	case 32:
		return bench_pairs(loop, backend, 32, gfp);
	case 64:
		return bench_pairs(loop, backend, 64, gfp);
	case 96:
		return bench_pairs(loop, backend, 96, gfp);
	case 128:
		return bench_pairs(loop, backend, 128, gfp);
	case 200:
		return bench_pairs(loop, backend, 200, gfp);
	case 256:
		return bench_pairs(loop, backend, 256, gfp);
	case 512:
		return bench_pairs(loop, backend, 512, gfp);
	case 520:
		return bench_pairs(loop, backend, 520, gfp);
	case 1024:
		return bench_pairs(loop, backend, 1024, gfp);
	case 1025:
		return bench_pairs(loop, backend, 1025, gfp);
	case 2048:
		return bench_pairs(loop, backend, 2048, gfp);
	case 4096:
		return bench_pairs(loop, backend, 4096, gfp);
	case 8192:
		return bench_pairs(loop, backend, 8192, gfp);
	case 16384:
		return bench_pairs(loop, backend, 16384, gfp);
	case 32768:
		return bench_pairs(loop, backend, 32768, gfp);
	default:
		loop->failed = true;
		return 0;
	}
}

static u64 run_pair_constant(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, pair_constant);
}

/* Takes a batch and frees it; the ticks of one of the two. */
static __always_inline u64 half(struct bench_loop *loop, u32 backend,
				bool frees)
{
	const struct bench_loop copy = *loop;
	size_t bytes = copy.bytes;
	u64 start, middle, ticks = 0;
	unsigned int i, left;

	OPTIMIZER_HIDE_VAR(bytes);
	for (left = copy.nobjs; left; left -= copy.batch) {
		start = bench_ticks();
		for (i = 0; i < copy.batch; i++) {
			copy.objects[i] = bench_alloc(&copy, backend, bytes,
						      GFP_KERNEL);
			if (unlikely(!copy.objects[i]))
				loop->failed = true;
		}
		middle = bench_ticks();
		for (i = 0; i < copy.batch; i++) {
			if (likely(copy.objects[i]))
				bench_free(&copy, backend, bytes,
					   copy.objects[i]);
		}
		ticks += frees ? bench_ticks() - middle : middle - start;
	}
	return ticks;
}

static __always_inline u64 alloc_alone(struct bench_loop *loop, u32 backend)
{
	return half(loop, backend, false);
}

static u64 run_alloc_alone(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, alloc_alone);
}

static __always_inline u64 free_alone(struct bench_loop *loop, u32 backend)
{
	return half(loop, backend, true);
}

static u64 run_free_alone(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, free_alone);
}

static int show_sizes(struct seq_file *m, const char *name,
		      bench_loop_fn run, unsigned int batch)
{
	struct bench_row row = {
		.name = name, .run = run, .backends = BENCH_OBJECT_BACKENDS,
	};
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		row.bytes = sizes[i];
		row.batch = sizes[i] <= SMALL_BYTES ? batch : 1;
		err = bench_row_show(m, &row);
		if (err)
			return err;
	}
	return 0;
}

int bench_pair_show(struct seq_file *m)
{
	return show_sizes(m, "pair", run_pair, 1) ?:
	       show_sizes(m, "pair_constant", run_pair_constant, 1);
}

int bench_zeroed_show(struct seq_file *m)
{
	return show_sizes(m, "pair_zeroed", run_pair_zeroed, 1);
}

int bench_half_show(struct seq_file *m)
{
	return show_sizes(m, "alloc", run_alloc_alone, HALF_BATCH) ?:
	       show_sizes(m, "free", run_free_alone, HALF_BATCH);
}
