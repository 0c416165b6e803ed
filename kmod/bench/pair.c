// SPDX-License-Identifier: GPL-2.0
/*
 * What one allocation and its free cost.
 *
 * Every loop is compiled for its backend, so that a call is as direct as in a
 * user of the allocator. A loop is kept so short that most contain no timer
 * tick, and the fastest of many is one that contains none.
 */
#include <linux/irqflags.h>
#include <linux/kspan.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "memory.h"
#include "pair.h"
#include "ticks.h"

enum {
	DEFAULT_REPEATS	= 100,
	LOOP_MAX_US	= 40,
	MAX_PAIRS	= 200,
	WARM_UP_LOOPS	= 10,
	BULK_OBJECTS	= 64,
	STRIDE		= 37,
	STRIDE_OBJECTS	= 1000,		/* no common divisor with STRIDE */
	STRIDE_MAX_BYTES = 8192,
};

struct loop {
	struct kspan_heap *heap;
	struct kmem_cache *cache;
	void **objects;			/* STRIDE_OBJECTS */
	size_t bytes;
	unsigned int pairs;
	bool failed;
};

static __always_inline void *alloc_one(const struct loop *loop, u32 backend,
				       size_t bytes, gfp_t gfp)
{
	switch (backend) {
	case KSPAN_BENCH_KSPAN:
		return kspan_alloc(loop->heap, bytes, gfp);
	case KSPAN_BENCH_KMALLOC:
		return kmalloc(bytes, gfp);
	case KSPAN_BENCH_KMEM_CACHE:
		return kmem_cache_alloc(loop->cache, gfp);
	default:
		return loop->objects;
	}
}

static __always_inline void free_one(const struct loop *loop, u32 backend,
				     void *p)
{
	switch (backend) {
	case KSPAN_BENCH_KSPAN:
		kspan_free(p);
		break;
	case KSPAN_BENCH_KMALLOC:
		kfree(p);
		break;
	case KSPAN_BENCH_KMEM_CACHE:
		kmem_cache_free(loop->cache, p);
		break;
	}
}

static __always_inline u64 pair_loop(struct loop *loop, u32 backend,
				     size_t bytes)
{
	const struct loop copy = *loop;
	u64 start = bench_ticks();
	unsigned int i;

	for (i = copy.pairs; i; i--) {
		void *p = alloc_one(&copy, backend, bytes, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(p);
		if (unlikely(!p)) {
			loop->failed = true;
			break;
		}
		free_one(&copy, backend, p);
	}
	return bench_ticks() - start;
}

static __always_inline u64 variable_loop(struct loop *loop, u32 backend)
{
	size_t bytes = loop->bytes;

	OPTIMIZER_HIDE_VAR(bytes);
	return pair_loop(loop, backend, bytes);
}

static __always_inline u64 constant_loop(struct loop *loop, u32 backend)
{
	switch (loop->bytes) {
	case 16:
		return pair_loop(loop, backend, 16);
	case 64:
		return pair_loop(loop, backend, 64);
	case 256:
		return pair_loop(loop, backend, 256);
	case 1024:
		return pair_loop(loop, backend, 1024);
	case 4096:
		return pair_loop(loop, backend, 4096);
	default:
		return 0;
	}
}

static bool is_constant(size_t bytes)
{
	return bytes == 16 || bytes == 64 || bytes == 256 || bytes == 1024 ||
	       bytes == 4096;
}

static __always_inline u64 stride_loop(struct loop *loop, u32 backend)
{
	size_t bytes = loop->bytes;
	unsigned int i, at = 0;
	unsigned long flags = 0;
	u64 start, ticks;

	/* Too long for one without a tick; PREEMPT_RT has to bear them. */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_irq_save(flags);
	start = bench_ticks();
	for (i = 0; i < STRIDE_OBJECTS; i++) {
		loop->objects[i] = alloc_one(loop, backend, bytes, GFP_ATOMIC);
		if (unlikely(!loop->objects[i]))
			loop->failed = true;
	}
	for (i = 0; i < STRIDE_OBJECTS; i++) {
		if (likely(loop->objects[at]))
			free_one(loop, backend, loop->objects[at]);
		at += STRIDE;
		if (at >= STRIDE_OBJECTS)
			at -= STRIDE_OBJECTS;
	}
	ticks = bench_ticks() - start;
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_irq_restore(flags);
	return ticks;
}

static noinline u64 empty_pair(struct loop *loop)
{
	return variable_loop(loop, KSPAN_BENCH_NULL);
}

static noinline u64 empty_stride(struct loop *loop)
{
	return stride_loop(loop, KSPAN_BENCH_NULL);
}

static noinline u64 kspan_pair(struct loop *loop)
{
	return variable_loop(loop, KSPAN_BENCH_KSPAN);
}

static noinline u64 kspan_constant(struct loop *loop)
{
	return constant_loop(loop, KSPAN_BENCH_KSPAN);
}

static noinline u64 kspan_stride(struct loop *loop)
{
	return stride_loop(loop, KSPAN_BENCH_KSPAN);
}

static noinline u64 kmalloc_pair(struct loop *loop)
{
	return variable_loop(loop, KSPAN_BENCH_KMALLOC);
}

static noinline u64 kmalloc_constant(struct loop *loop)
{
	return constant_loop(loop, KSPAN_BENCH_KMALLOC);
}

static noinline u64 kmalloc_stride(struct loop *loop)
{
	return stride_loop(loop, KSPAN_BENCH_KMALLOC);
}

static noinline u64 cache_pair(struct loop *loop)
{
	return variable_loop(loop, KSPAN_BENCH_KMEM_CACHE);
}

static noinline u64 cache_stride(struct loop *loop)
{
	return stride_loop(loop, KSPAN_BENCH_KMEM_CACHE);
}

static noinline u64 cache_bulk(struct loop *loop)
{
	u64 start = bench_ticks();
	unsigned int i;

	for (i = loop->pairs / BULK_OBJECTS; i; i--) {
		if (!kmem_cache_alloc_bulk(loop->cache, GFP_KERNEL,
					   BULK_OBJECTS, loop->objects)) {
			loop->failed = true;
			break;
		}
		kmem_cache_free_bulk(loop->cache, BULK_OBJECTS, loop->objects);
	}
	return bench_ticks() - start;
}

static const struct {
	u64 (*pair)(struct loop *loop);
	u64 (*constant)(struct loop *loop);
	u64 (*bulk)(struct loop *loop);
	u64 (*stride)(struct loop *loop);
} loops[KSPAN_BENCH_NR_BACKENDS] = {
	[KSPAN_BENCH_NULL] = {
		.pair		= empty_pair,
		.bulk		= empty_pair,
		.stride		= empty_stride,
	},
	[KSPAN_BENCH_KSPAN] = {
		.pair		= kspan_pair,
		.constant	= kspan_constant,
		.stride		= kspan_stride,
	},
	[KSPAN_BENCH_KMALLOC] = {
		.pair		= kmalloc_pair,
		.constant	= kmalloc_constant,
		.stride		= kmalloc_stride,
	},
	[KSPAN_BENCH_KMEM_CACHE] = {
		.pair		= cache_pair,
		.bulk		= cache_bulk,
		.stride		= cache_stride,
	},
};

static u64 (*loop_of(const struct kspan_bench_ioc_pair *request,
		     u32 backend))(struct loop *loop)
{
	switch (request->pattern) {
	case KSPAN_BENCH_BULK:
		return loops[backend].bulk;
	case KSPAN_BENCH_STRIDE:
		return request->bytes <= STRIDE_MAX_BYTES ?
			loops[backend].stride : NULL;
	default:
		if (!(request->flags & KSPAN_BENCH_CONSTANT) || !backend)
			return loops[backend].pair;
		return is_constant(request->bytes) ?
			loops[backend].constant : NULL;
	}
}

static u64 fastest(u64 (*run)(struct loop *loop), struct loop *loop,
		   unsigned int repeats)
{
	u64 best = U64_MAX;

	while (repeats--)
		best = min(best, run(loop));
	return best;
}

/* As many pairs as make a loop of LOOP_MAX_US. */
static unsigned int pairs_of(u64 (*run)(struct loop *loop), struct loop *loop,
			     u32 pattern)
{
	u64 budget = bench_ticks_per_ms() * LOOP_MAX_US / 1000;
	unsigned int least = pattern == KSPAN_BENCH_BULK ? BULK_OBJECTS : 1;

	if (pattern == KSPAN_BENCH_STRIDE)
		return STRIDE_OBJECTS;
	loop->pairs = least;
	budget = div64_u64(budget, max(fastest(run, loop, WARM_UP_LOOPS), 1ULL));
	return least * clamp(budget, 1, MAX_PAIRS / least);
}

static int compare_ticks(const void *a, const void *b)
{
	u64 left = *(const u64 *)a, right = *(const u64 *)b;

	return left < right ? -1 : left > right;
}

static int measure(struct kspan_bench_ioc_pair *request, struct loop *loop)
{
	u64 (*run)(struct loop *loop) = loop_of(request, request->backend);
	u32 i, repeats = request->repeats ?: DEFAULT_REPEATS;
	u64 *ticks;

	ticks = bench_vmalloc(repeats, sizeof(*ticks));
	if (!ticks)
		return -ENOMEM;
	migrate_disable();
	loop->pairs = pairs_of(run, loop, request->pattern);
	for (i = 0; i < repeats && !loop->failed; i++) {
		ticks[i] = run(loop);
		cond_resched();
	}
	request->empty_ticks = fastest(loop_of(request, KSPAN_BENCH_NULL), loop,
				       WARM_UP_LOOPS);
	migrate_enable();
	if (!loop->failed) {
		sort(ticks, repeats, sizeof(*ticks), compare_ticks, NULL);
		request->pairs = loop->pairs;
		request->min_ticks = ticks[0];
		request->median_ticks = ticks[repeats / 2];
		request->ticks_per_ms = bench_ticks_per_ms();
	}
	vfree(ticks);
	return loop->failed ? -ENOMEM : 0;
}

int bench_pair_run(struct kspan_bench_ioc_pair *request)
{
	struct loop loop = { .bytes = request->bytes };
	int err = -ENOMEM;

	if (request->backend >= KSPAN_BENCH_NR_BACKENDS ||
	    request->pattern >= KSPAN_BENCH_NR_PATTERNS ||
	    request->flags & ~KSPAN_BENCH_PAIR_FLAGS ||
	    request->repeats > KSPAN_BENCH_MAX_REPEATS ||
	    !request->bytes || request->bytes > KSPAN_BENCH_PAIR_MAX_BYTES)
		return -EINVAL;
	if (!loop_of(request, request->backend))
		return -EOPNOTSUPP;

	loop.objects = bench_vmalloc(STRIDE_OBJECTS, sizeof(void *));
	if (!loop.objects)
		return -ENOMEM;
	if (request->backend == KSPAN_BENCH_KSPAN) {
		loop.heap = kspan_heap_create("pair", NULL);
		if (IS_ERR(loop.heap)) {
			err = PTR_ERR(loop.heap);
			goto free_objects;
		}
	}
	if (request->backend == KSPAN_BENCH_KMEM_CACHE) {
		/* A range for usercopy keeps the cache from being merged. */
		loop.cache = kmem_cache_create_usercopy("kspan_bench_pair",
							loop.bytes, 0, 0, 0,
							loop.bytes, NULL);
		if (!loop.cache)
			goto destroy_heap;
	}
	err = measure(request, &loop);
	kmem_cache_destroy(loop.cache);
destroy_heap:
	kspan_heap_destroy(loop.heap);
free_objects:
	vfree(loop.objects);
	return err;
}
