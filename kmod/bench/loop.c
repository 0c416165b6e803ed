// SPDX-License-Identifier: GPL-2.0
/*
 * Times loops.
 *
 * A loop is kept so short that most runs contain no timer tick, and the fastest
 * of many is one that contains none. Nothing is subtracted: what the loop costs
 * that does nothing stands beside the figures.
 */
#include <linux/kspan_gc.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "least.h"
#include "loop.h"
#include "memory.h"
#include "ticks.h"

enum {
	REPEATS		= 100,
	LOOP_MAX_US	= 20,
	MAX_OBJECTS	= 200,		/* more say nothing new */
	WARM_UP_RUNS	= 10,
};

static const char *const backend_names[BENCH_NR_BACKENDS] = {
	[KSPAN_BENCH_NULL]		= "empty",
	[KSPAN_BENCH_KSPAN]		= "kspan",
	[KSPAN_BENCH_KMALLOC]		= "kmalloc",
	[KSPAN_BENCH_KMEM_CACHE]	= "kmem_cache",
	[BENCH_ALLOC_PAGES]		= "alloc_pages",
	[BENCH_KVMALLOC]		= "kvmalloc",
	[BENCH_KSPAN_CACHE]		= "kspan_cache",
	[BENCH_ARRAY]			= "array",
	[BENCH_REGION]			= "region",
	[BENCH_COLLECTED]		= "collected",
};

const char *bench_backend_name(u32 backend)
{
	return backend_names[backend];
}

int bench_loop_begin(struct bench_loop *loop, u32 backend, size_t bytes)
{
	*loop = (struct bench_loop){ .bytes = bytes };
	loop->objects = bench_vmalloc(BENCH_MAX_OBJECTS, sizeof(void *));
	if (!loop->objects)
		return -ENOMEM;
	if (backend == KSPAN_BENCH_KSPAN || backend == BENCH_KSPAN_CACHE) {
		loop->heap = kspan_heap_create("bench", NULL);
		if (IS_ERR(loop->heap)) {
			vfree(loop->objects);
			return PTR_ERR(loop->heap);
		}
	}
	if (backend == BENCH_COLLECTED) {
		struct kspan_heap_params params = { .flags = KSPAN_HEAP_GC };
		struct kspan_gc_type_desc desc = {
			.name = "bench", .size = bytes, .flags = KSPAN_GC_NOSCAN,
		};

		loop->heap = kspan_heap_create("bench", &params);
		if (IS_ERR(loop->heap)) {
			vfree(loop->objects);
			return PTR_ERR(loop->heap);
		}
		loop->type = kspan_gc_type_register(loop->heap, &desc);
		if (IS_ERR(loop->type)) {
			kspan_heap_destroy(loop->heap);
			vfree(loop->objects);
			return PTR_ERR(loop->type);
		}
	}
	if (backend == BENCH_KSPAN_CACHE) {
		loop->typed = kspan_cache_create(loop->heap, "bench", bytes, 0,
						 0, NULL);
		if (!loop->typed) {
			kspan_heap_destroy(loop->heap);
			vfree(loop->objects);
			return -ENOMEM;
		}
	}
	if (backend == KSPAN_BENCH_KMEM_CACHE) {
		/* A range for usercopy keeps the cache from being merged. */
		loop->cache = kmem_cache_create_usercopy("kspan_bench", bytes,
							 0, 0, 0, bytes, NULL);
		if (!loop->cache) {
			vfree(loop->objects);
			return -ENOMEM;
		}
	}
	if (backend == BENCH_ARRAY) {
		loop->array = bench_array_new(BENCH_MAX_OBJECTS, bytes);
		if (!loop->array) {
			vfree(loop->objects);
			return -ENOMEM;
		}
	}
	if (backend == BENCH_REGION) {
		loop->region = bench_region_new(BENCH_MAX_OBJECTS, bytes);
		if (!loop->region) {
			vfree(loop->objects);
			return -ENOMEM;
		}
	}
	return 0;
}

void bench_loop_end(struct bench_loop *loop)
{
	bench_region_delete(loop->region);
	bench_array_delete(loop->array);
	kmem_cache_destroy(loop->cache);
	kspan_cache_destroy(loop->typed);
	kspan_heap_destroy(loop->heap);
	vfree(loop->objects);
}

static u64 fastest(bench_loop_fn run, struct bench_loop *loop, u32 backend)
{
	unsigned int i;
	u64 best = U64_MAX;

	for (i = 0; i < WARM_UP_RUNS; i++)
		best = min(best, run(loop, backend));
	return best;
}

/* As many objects, in whole batches, as make a run of LOOP_MAX_US. */
static unsigned int objects_of(const struct bench_row *row,
			       struct bench_loop *loop, u32 backend)
{
	u64 nbatches = bench_ticks_per_ms() * LOOP_MAX_US / 1000;

	loop->nobjs = row->batch;
	nbatches = div64_u64(nbatches,
			     max(fastest(row->run, loop, backend), 1ULL));
	if (row->fixed)
		return row->batch;
	return row->batch * clamp(nbatches, 1,
				  max(MAX_OBJECTS / row->batch, 1U));
}

static int compare_ticks(const void *a, const void *b)
{
	u64 left = *(const u64 *)a, right = *(const u64 *)b;

	return left < right ? -1 : left > right;
}

static int time_loop(struct seq_file *m, const struct bench_row *row,
		     u32 backend, struct bench_loop *loop, u64 *ticks)
{
	unsigned int i;
	u64 empty;

	loop->batch = row->batch;
	loop->order = row->order;
	migrate_disable();
	loop->nobjs = objects_of(row, loop, backend);
	for (i = 0; i < REPEATS && !loop->failed; i++) {
		ticks[i] = row->run(loop, backend);
		cond_resched();
	}
	empty = fastest(row->run, loop, KSPAN_BENCH_NULL);
	migrate_enable();
	if (loop->failed)
		return -ENOMEM;
	sort(ticks, REPEATS, sizeof(*ticks), compare_ticks, NULL);
	seq_printf(m, "%s %s %zu %u %llu %llu %llu %llu %u\n", row->name,
		   bench_backend_name(backend), row->bytes, loop->nobjs,
		   ticks[0], ticks[REPEATS / 2], ticks[REPEATS - 1], empty,
		   REPEATS);
	return 0;
}

static int time_backend(struct seq_file *m, const struct bench_row *row,
			u32 backend)
{
	struct bench_loop loop;
	u64 *ticks;
	int err;

	ticks = bench_vmalloc(REPEATS, sizeof(*ticks));
	if (!ticks)
		return -ENOMEM;
	err = bench_loop_begin(&loop, backend, row->bytes);
	if (!err) {
		err = time_loop(m, row, backend, &loop, ticks);
		bench_loop_end(&loop);
	}
	vfree(ticks);
	return err;
}

void bench_row_header(struct seq_file *m)
{
	seq_puts(m, "bench backend bytes objects min_ticks median_ticks max_ticks empty_ticks runs\n");
}

int bench_row_show(struct seq_file *m, const struct bench_row *row)
{
	u32 backend;
	int err;

	for (backend = KSPAN_BENCH_NULL + 1; backend < BENCH_NR_BACKENDS;
	     backend++) {
		if (!(row->backends & BIT(backend)))
			continue;
		err = time_backend(m, row, backend);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}
