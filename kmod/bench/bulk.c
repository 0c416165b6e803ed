// SPDX-License-Identifier: GPL-2.0
/*
 * Many objects in one call. kmalloc() knows only how to free them so: there it
 * is called for each.
 */
#include <linux/seq_file.h>

#include "ops.h"
#include "series.h"
#include "ticks.h"

static const u16 sizes[] = { 64, 256, 1024 };

static const struct {
	const char *name;
	unsigned int batch;
} batches[] = {
	{ "bulk_1", 1 }, { "bulk_8", 8 }, { "bulk_16", 16 }, { "bulk_64", 64 },
	{ "bulk_250", 250 },
};

static __always_inline unsigned int alloc_many(const struct bench_loop *loop,
					       u32 backend, size_t bytes)
{
	unsigned int i;

	switch (backend) {
	case KSPAN_BENCH_KSPAN:
		return kspan_alloc_bulk(loop->heap, bytes, GFP_KERNEL,
					loop->batch, loop->objects);
	case KSPAN_BENCH_KMEM_CACHE:
		/* All or none; what it returns for all is not always how many. */
		return kmem_cache_alloc_bulk(loop->cache, GFP_KERNEL,
					     loop->batch, loop->objects) ?
		       loop->batch : 0;
	case BENCH_KSPAN_CACHE:
		return kspan_cache_alloc_bulk(loop->typed, GFP_KERNEL,
					      loop->batch, loop->objects);
	case KSPAN_BENCH_KMALLOC:
		for (i = 0; i < loop->batch; i++) {
			loop->objects[i] = kmalloc(bytes, GFP_KERNEL);
			if (unlikely(!loop->objects[i]))
				break;
		}
		return i;
	default:
		return loop->batch;
	}
}

static __always_inline void free_many(const struct bench_loop *loop,
				      u32 backend, unsigned int nobjs)
{
	switch (backend) {
	case KSPAN_BENCH_KSPAN:
		kspan_free_bulk(nobjs, loop->objects);
		break;
	case KSPAN_BENCH_KMEM_CACHE:
		kmem_cache_free_bulk(loop->cache, nobjs, loop->objects);
		break;
	case BENCH_KSPAN_CACHE:
		kspan_cache_free_bulk(loop->typed, nobjs, loop->objects);
		break;
	case KSPAN_BENCH_KMALLOC:
		kfree_bulk(nobjs, loop->objects);
		break;
	}
}

static __always_inline u64 bulk(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	size_t bytes = copy.bytes;
	u64 start = bench_ticks();
	unsigned int left;

	OPTIMIZER_HIDE_VAR(bytes);
	for (left = copy.nobjs; left; left -= copy.batch) {
		unsigned int nobjs = alloc_many(&copy, backend, bytes);

		if (unlikely(nobjs != copy.batch))
			loop->failed = true;
		if (likely(nobjs))
			free_many(&copy, backend, nobjs);
	}
	return bench_ticks() - start;
}

static u64 run_bulk(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, bulk);
}

int bench_bulk_show(struct seq_file *m)
{
	struct bench_row row = {
		.run = run_bulk, .backends = BENCH_OBJECT_BACKENDS,
	};
	unsigned int i, j;
	int err;

	for (i = 0; i < ARRAY_SIZE(batches); i++) {
		row.name = batches[i].name;
		row.batch = batches[i].batch;
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			row.bytes = sizes[j];
			err = bench_row_show(m, &row);
			if (err)
				return err;
		}
	}
	return 0;
}
