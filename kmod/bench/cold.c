// SPDX-License-Identifier: GPL-2.0
/*
 * An allocation and its free when neither the allocator's data nor the object
 * are in the CPU's caches: memory of some megabytes is written to before each.
 * Instructions do not tell; this is for machines whose clock counts cycles.
 */
#include <linux/cache.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#include "ops.h"
#include "series.h"
#include "ticks.h"

enum {
	COLD_BYTES	= 64,
};

/* Written to before each operation; NULL and 0 outside of a run. */
static u8 *working_set;
static size_t working_set_bytes;

static void write_working_set(void)
{
	size_t at;

	for (at = 0; at < working_set_bytes; at += L1_CACHE_BYTES)
		WRITE_ONCE(working_set[at], working_set[at] + 1);
}

static __always_inline u64 cold_pair(struct bench_loop *loop, u32 backend)
{
	size_t bytes = loop->bytes;
	u64 ticks, start;
	void *p;

	OPTIMIZER_HIDE_VAR(bytes);
	write_working_set();
	start = bench_ticks();
	p = bench_alloc(loop, backend, bytes, GFP_KERNEL);
	ticks = bench_ticks() - start;
	if (unlikely(!p)) {
		loop->failed = true;
		return 0;
	}
	write_working_set();
	start = bench_ticks();
	bench_free(loop, backend, bytes, p);
	return ticks + bench_ticks() - start;
}

static u64 run_cold_pair(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, cold_pair);
}

int bench_cold_show(struct seq_file *m)
{
	static const struct {
		const char *name;
		size_t bytes;
	} sets[] = {
		{ "cold_1m", 1 << 20 },
		{ "cold_8m", 8 << 20 },
		{ "cold_64m", 64 << 20 },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(sets); i++) {
		struct bench_row row = {
			.name = sets[i].name, .run = run_cold_pair,
			.backends = BENCH_OBJECT_BACKENDS,
			.bytes = COLD_BYTES, .batch = 1, .fixed = true,
		};

		working_set = vzalloc(sets[i].bytes);
		if (!working_set)
			return -ENOMEM;
		working_set_bytes = sets[i].bytes;
		err = bench_row_show(m, &row);
		working_set_bytes = 0;
		vfree(working_set);
		working_set = NULL;
	}
	return err;
}
