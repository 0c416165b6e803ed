// SPDX-License-Identifier: GPL-2.0
/*
 * Stacks and regions beside kmalloc() of as much, and beside a bound that is moved
 * and does nothing else.
 */
#include <linux/kspan.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>

#include "ops.h"
#include "series.h"

static const u16 sizes[] = { 16, 64, 200, 1000 };

enum {
	/* A local variable that is too large for the kernel's stack. */
	FRAME_BYTES	= SZ_4K,
};

/* Memory for a moment: a push and a release, or an object. */
static __always_inline void *moment_begin(const struct bench_loop *loop,
					  u32 backend, size_t bytes,
					  kspan_mark_t *mark)
{
	if (backend != KSPAN_BENCH_KSPAN)
		return bench_alloc(loop, backend, bytes, GFP_KERNEL);
	*mark = kspan_stack_mark(loop->stack);
	return kspan_stack_push(loop->stack, bytes, 8);
}

static __always_inline void moment_end(const struct bench_loop *loop,
				       u32 backend, size_t bytes,
				       kspan_mark_t mark, void *p)
{
	if (backend != KSPAN_BENCH_KSPAN)
		bench_free(loop, backend, bytes, p);
	else
		kspan_stack_release(loop->stack, mark);
}

static __always_inline u64 moments(struct bench_loop *loop, u32 backend,
				   size_t bytes)
{
	const struct bench_loop copy = *loop;
	u64 start = bench_ticks();
	kspan_mark_t mark = 0;
	unsigned int i;

	for (i = copy.nobjs; i; i--) {
		void *p = moment_begin(&copy, backend, bytes, &mark);

		OPTIMIZER_HIDE_VAR(p);
		if (unlikely(!p)) {
			loop->failed = true;
			break;
		}
		moment_end(&copy, backend, bytes, mark, p);
	}
	return bench_ticks() - start;
}

static __always_inline u64 push(struct bench_loop *loop, u32 backend)
{
	size_t bytes = loop->bytes;

	OPTIMIZER_HIDE_VAR(bytes);
	return moments(loop, backend, bytes);
}

/* Pushes alone; the whole stack is released at once. */
static __always_inline u64 push_alone(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	size_t bytes = copy.bytes;
	kspan_mark_t mark = 0;
	u64 ticks = 0;
	unsigned int i;
	void *p;

	OPTIMIZER_HIDE_VAR(bytes);
	if (backend == KSPAN_BENCH_KSPAN)
		mark = kspan_stack_mark(copy.stack);
	ticks = bench_ticks();
	for (i = copy.nobjs; i; i--) {
		if (backend == KSPAN_BENCH_KSPAN)
			p = kspan_stack_push(copy.stack, bytes, 8);
		else
			p = copy.objects;
		OPTIMIZER_HIDE_VAR(p);
		if (unlikely(!p)) {
			loop->failed = true;
			break;
		}
	}
	ticks = bench_ticks() - ticks;
	if (backend == KSPAN_BENCH_KSPAN)
		kspan_stack_release(copy.stack, mark);
	return ticks;
}

/* A stack for a moment, or as many bytes. */
static __always_inline u64 lend(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	u64 start = bench_ticks();
	unsigned int i;
	void *p;

	for (i = copy.nobjs; i; i--) {
		if (backend == KSPAN_BENCH_KSPAN)
			p = kspan_stack_get(copy.heap);
		else
			p = bench_alloc(&copy, backend, KSPAN_STACK_BYTES,
					GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
		if (unlikely(!p)) {
			loop->failed = true;
			break;
		}
		if (backend == KSPAN_BENCH_KSPAN)
			kspan_stack_put(p);
		else
			bench_free(&copy, backend, KSPAN_STACK_BYTES, p);
	}
	return bench_ticks() - start;
}

/* A buffer of 4 KB from a stack that is borrowed for it, or an object. */
static __always_inline u64 frame(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	u64 start = bench_ticks();
	unsigned int i;

	for (i = copy.nobjs; i; i--) {
		struct kspan_stack *stack = NULL;
		void *p;

		if (backend == KSPAN_BENCH_KSPAN) {
			stack = kspan_stack_get(copy.heap);
			p = stack ? kspan_stack_push(stack, FRAME_BYTES, 8)
				  : NULL;
		} else {
			p = bench_alloc(&copy, backend, FRAME_BYTES,
					GFP_KERNEL);
		}
		OPTIMIZER_HIDE_VAR(p);
		if (unlikely(!p)) {
			loop->failed = true;
			break;
		}
		if (backend == KSPAN_BENCH_KSPAN)
			kspan_stack_put(stack);
		else
			bench_free(&copy, backend, FRAME_BYTES, p);
	}
	return bench_ticks() - start;
}

/* All of them, and one reset, or all frees in the order they came. */
static __always_inline u64 scratch(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	size_t bytes = copy.bytes;
	u64 start;
	unsigned int i;

	OPTIMIZER_HIDE_VAR(bytes);
	start = bench_ticks();
	for (i = 0; i < copy.batch; i++) {
		if (backend == KSPAN_BENCH_KSPAN)
			copy.objects[i] = kspan_region_alloc(copy.scratch, bytes,
							     GFP_KERNEL);
		else
			copy.objects[i] = bench_alloc(&copy, backend, bytes,
						      GFP_KERNEL);
		if (unlikely(!copy.objects[i]))
			loop->failed = true;
	}
	if (backend == KSPAN_BENCH_KSPAN) {
		kspan_region_reset(copy.scratch);
		return bench_ticks() - start;
	}
	for (i = 0; i < copy.batch; i++) {
		if (likely(copy.objects[i]))
			bench_free(&copy, backend, bytes, copy.objects[i]);
	}
	return bench_ticks() - start;
}

/* What the heap's end takes back. */
static bool prepare(struct bench_loop *loop, u32 backend)
{
	if (backend != KSPAN_BENCH_KSPAN)
		return true;
	if (!loop->stack)
		loop->stack = kspan_stack_create(loop->heap, SZ_1M, GFP_KERNEL);
	if (!loop->scratch)
		loop->scratch = kspan_region_create(loop->heap, GFP_KERNEL);
	loop->failed |= !loop->stack || !loop->scratch;
	return !loop->failed;
}

static u64 run_push(struct bench_loop *loop, u32 backend)
{
	return prepare(loop, backend) ? bench_run(loop, backend, push) : 0;
}

static u64 run_push_alone(struct bench_loop *loop, u32 backend)
{
	return prepare(loop, backend) ? bench_run(loop, backend, push_alone) : 0;
}

static u64 run_lend(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, lend);
}

static u64 run_frame(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, frame);
}

static u64 run_scratch(struct bench_loop *loop, u32 backend)
{
	return prepare(loop, backend) ? bench_run(loop, backend, scratch) : 0;
}

int bench_stack_show(struct seq_file *m)
{
	static const struct bench_row rows[] = {
		{ .name = "stack_push_release", .run = run_push, .bytes = 64,
		  .backends = BENCH_OBJECT_BACKENDS | BIT(BENCH_REGION) },
		{ .name = "stack_push", .run = run_push_alone, .bytes = 64,
		  .backends = BIT(KSPAN_BENCH_KSPAN) },
		{ .name = "stack_get_put", .run = run_lend,
		  .bytes = KSPAN_STACK_BYTES, .backends = BENCH_OBJECT_BACKENDS },
		{ .name = "stack_frame", .run = run_frame, .bytes = FRAME_BYTES,
		  .backends = BENCH_OBJECT_BACKENDS },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(rows); i++) {
		struct bench_row row = rows[i];

		row.batch = 1;
		err = bench_row_show(m, &row);
	}
	return err;
}

int bench_region_show(struct seq_file *m)
{
	struct bench_row row = {
		.name = "region", .run = run_scratch,
		.backends = BENCH_OBJECT_BACKENDS | BIT(BENCH_REGION),
		.batch = BENCH_MAX_OBJECTS, .fixed = true,
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(sizes); i++) {
		row.bytes = sizes[i];
		err = bench_row_show(m, &row);
	}
	return err;
}
