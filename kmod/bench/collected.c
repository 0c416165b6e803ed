// SPDX-License-Identifier: GPL-2.0
/*
 * What a collected heap costs outside of a cycle: an allocation beside a zeroed one of
 * an ordinary heap, a store of a pointer, and a section.
 */
#include <linux/kspan_gc.h>
#include <linux/seq_file.h>

#include "ops.h"
#include "series.h"
#include "ticks.h"

static const u16 sizes[] = { 16, 64, 256, 1024 };

enum { BATCH = 8 };

static __always_inline void *take_one(const struct bench_loop *loop,
				      u32 backend, size_t bytes)
{
	if (backend == BENCH_COLLECTED)
		return kspan_gc_alloc(loop->heap, loop->type, 1, GFP_NOWAIT);
	return bench_alloc(loop, backend, bytes, GFP_NOWAIT | __GFP_ZERO);
}

static __always_inline void give_back(const struct bench_loop *loop,
				      u32 backend, size_t bytes, void *p)
{
	if (backend == BENCH_COLLECTED)
		kspan_free(p);
	else
		bench_free(loop, backend, bytes, p);
}

static __always_inline void enter(const struct bench_loop *loop, u32 backend)
	__acquires(RCU)
{
	if (backend == BENCH_COLLECTED)
		kspan_gc_enter(loop->heap);
	else
		rcu_read_lock();
}

static __always_inline void leave(const struct bench_loop *loop, u32 backend)
	__releases(RCU)
{
	if (backend == BENCH_COLLECTED)
		kspan_gc_leave(loop->heap);
	else
		rcu_read_unlock();
}

/* Allocations alone, each in no section of its own. */
static __always_inline u64 take(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	size_t bytes = copy.bytes;
	u64 ticks = 0;
	u64 start;
	unsigned int i;
	unsigned int left;

	OPTIMIZER_HIDE_VAR(bytes);
	for (left = copy.nobjs; left; left -= copy.batch) {
		enter(&copy, backend);
		start = bench_ticks();
		for (i = 0; i < copy.batch; i++) {
			copy.objects[i] = take_one(&copy, backend, bytes);
			if (unlikely(!copy.objects[i]))
				loop->failed = true;
		}
		ticks += bench_ticks() - start;
		for (i = 0; i < copy.batch; i++) {
			if (likely(copy.objects[i]))
				give_back(&copy, backend, bytes, copy.objects[i]);
		}
		leave(&copy, backend);
	}
	return ticks;
}

static __always_inline u64 pair(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	size_t bytes = copy.bytes;
	u64 start;
	unsigned int i;

	OPTIMIZER_HIDE_VAR(bytes);
	enter(&copy, backend);
	start = bench_ticks();
	for (i = copy.nobjs; i; i--) {
		void *p = take_one(&copy, backend, bytes);

		OPTIMIZER_HIDE_VAR(p);
		if (unlikely(!p)) {
			loop->failed = true;
			break;
		}
		give_back(&copy, backend, bytes, p);
	}
	start = bench_ticks() - start;
	leave(&copy, backend);
	return start;
}

/* Pointers into slots that are roots of nothing: no cycle runs. */
static __always_inline u64 store(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	u64 start;
	unsigned int i;

	enter(&copy, backend);
	start = bench_ticks();
	for (i = 0; i < copy.nobjs; i++) {
		void *p = &copy.objects[i];

		OPTIMIZER_HIDE_VAR(p);
		if (backend == BENCH_COLLECTED)
			kspan_gc_store(copy.heap, &copy.objects[i], p);
		else if (backend == KSPAN_BENCH_KSPAN)
			/* Pairs with nothing: it is only counted. */
			smp_store_release(&copy.objects[i], p);
	}
	start = bench_ticks() - start;
	leave(&copy, backend);
	return start;
}

static __always_inline u64 section(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	u64 start = bench_ticks();
	unsigned int i;

	for (i = copy.nobjs; i; i--) {
		if (backend != KSPAN_BENCH_NULL)
			enter(&copy, backend);
		else
			__acquire(RCU);
		barrier();
		if (backend != KSPAN_BENCH_NULL)
			leave(&copy, backend);
		else
			__release(RCU);
	}
	return bench_ticks() - start;
}

static u64 run_take(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, take);
}

static u64 run_pair(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, pair);
}

static u64 run_store(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, store);
}

static u64 run_section(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, section);
}

int bench_gc_show(struct seq_file *m)
{
	static const struct bench_row rows[] = {
		{ .name = "gc_alloc", .run = run_take, .batch = BATCH,
		  .backends = BIT(BENCH_COLLECTED) | BENCH_OBJECT_BACKENDS },
		{ .name = "gc_pair", .run = run_pair, .batch = 1,
		  .backends = BIT(BENCH_COLLECTED) | BENCH_OBJECT_BACKENDS },
	};
	static const struct bench_row plain[] = {
		{ .name = "gc_store", .run = run_store, .batch = 1, .bytes = 64,
		  .backends = BIT(BENCH_COLLECTED) | BIT(KSPAN_BENCH_KSPAN) },
		{ .name = "gc_section", .run = run_section, .batch = 1,
		  .bytes = 64,
		  .backends = BIT(BENCH_COLLECTED) | BIT(KSPAN_BENCH_KSPAN) },
	};
	unsigned int i;
	unsigned int j;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(rows); i++) {
		struct bench_row row = rows[i];

		for (j = 0; !err && j < ARRAY_SIZE(sizes); j++) {
			row.bytes = sizes[j];
			err = bench_row_show(m, &row);
		}
	}
	for (i = 0; !err && i < ARRAY_SIZE(plain); i++)
		err = bench_row_show(m, &plain[i]);
	return err;
}
