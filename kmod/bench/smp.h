/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access patterns of several CPUs: what the threads of known allocator
 * benchmarks do, each rebuilt from a description of it.
 */
#ifndef _KSPAN_BENCH_SMP_H
#define _KSPAN_BENCH_SMP_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/kspan.h>
#include <linux/slab.h>

#include "backend.h"

struct dentry;
struct mutex;
struct smp_run;
struct task_struct;

/* No reserves and no OOM killer: what does not fit shows as an error. */
#define SMP_GFP	(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

enum { SMP_MAX_THREADS = 64 };

/* One thread, on a CPU of its own; the fields are that thread's. */
struct smp_thread {
	struct smp_run *run;
	const struct bench_store *store;
	void *state;		/* state_bytes of the pattern, zeroed */
	u64 ops;		/* the pattern says what one is */
	u64 errors;		/* failed allocations, changed contents */
	u32 backend;
	u32 number;
	u32 random;
	struct task_struct *task;
} ____cacheline_aligned_in_smp;

/*
 * @prepare and @finish run in the caller of the run, before the threads start
 * and after they have ended; @finish frees whatever is left, also after a
 * @prepare that failed halfway.
 */
struct smp_pattern {
	const char *name;
	u32 backends;		/* BIT() of each; 0 is those that hand out objects */
	u32 bytes;		/* of every object; 0 if they differ */
	u32 min_threads;
	size_t state_bytes;	/* per thread */
	size_t shared_bytes;
	int (*prepare)(struct smp_run *run);
	/* A piece of work below a millisecond; false if there was none. */
	bool (*step)(struct smp_thread *thread);
	void (*finish)(struct smp_run *run);
};

struct smp_run {
	const struct smp_pattern *pattern;
	struct bench_store store;
	void *shared;		/* shared_bytes of the pattern, zeroed */
	u32 nr_threads;
	bool stop;
	atomic_t nr_ready;
	struct smp_thread threads[];
};

extern const struct smp_pattern smp_threadtest;
extern const struct smp_pattern smp_scalability;
extern const struct smp_pattern smp_xmalloc;
extern const struct smp_pattern smp_xmalloc_mixed;
extern const struct smp_pattern smp_larson;
extern const struct smp_pattern smp_cache_scratch;
extern const struct smp_pattern smp_cache_thrash;
extern const struct smp_pattern smp_mstress;
extern const struct smp_pattern smp_rptest;
extern const struct smp_pattern smp_alloc_test;
extern const struct smp_pattern smp_sh6;
extern const struct smp_pattern smp_sh8;
extern const struct smp_pattern smp_glibc_simple;
extern const struct smp_pattern smp_glibc_thread;
extern const struct smp_pattern smp_queue_1;
extern const struct smp_pattern smp_queue_32;
extern const struct smp_pattern smp_queue_1024;
extern const struct smp_pattern smp_queue_4k_1;
extern const struct smp_pattern smp_queue_4k_32;
extern const struct smp_pattern smp_queue_4k_1024;
extern const struct smp_pattern smp_pingpong_1;
extern const struct smp_pattern smp_pingpong_32;
extern const struct smp_pattern smp_pingpong_1024;
extern const struct smp_pattern smp_pingpong_4k_32;
extern const struct smp_pattern smp_pingpong_4k_1024;
extern const struct smp_pattern smp_binary_trees;
extern const struct smp_pattern smp_cyclic_cache;
extern const struct smp_pattern smp_graph;

/*
 * Makes the file "smp": takes "PATTERN BACKEND THREADS MILLISECONDS" and shows
 * "PATTERN BACKEND BYTES THREADS OPS_PER_SECOND ERRORS" of the last run, before
 * the first one the patterns, their least number of threads, and their backends.
 */
void bench_smp_init(struct dentry *dir, struct mutex *running);

/* ---- for patterns ---------------------------------------------------------- */

/*
 * The backends by name and not through their table: a call that the compiler
 * sees is how users of an allocator call it.
 */
static __always_inline void *smp_alloc(struct smp_thread *thread, size_t bytes)
{
	const struct bench_store *store = thread->store;
	void *p;

	if (thread->backend == KSPAN_BENCH_KSPAN)
		p = kspan_alloc(store->heap, bytes, SMP_GFP);
	else if (thread->backend == KSPAN_BENCH_KMALLOC ||
		 bytes > BENCH_CACHED_BYTES)
		p = kmalloc(bytes, SMP_GFP);
	else
		p = kmem_cache_alloc(bench_store_cache(store, bytes), SMP_GFP);
	if (unlikely(!p))
		thread->errors++;
	return p;
}

static __always_inline void smp_free(struct smp_thread *thread, void *p)
{
	if (thread->backend == KSPAN_BENCH_KSPAN)
		kspan_free(p);
	else
		kfree(p);
}

/* xorshift: never zero, and cheap beside an allocation. */
static __always_inline u32 smp_random(struct smp_thread *thread)
{
	u32 random = thread->random;

	random ^= random << 13;
	random ^= random >> 17;
	random ^= random << 5;
	thread->random = random;
	return random;
}

static __always_inline u32 smp_random_below(struct smp_thread *thread, u32 n)
{
	return (u64)smp_random(thread) * n >> 32;
}

/*
 * Writes all of an object. By words: an emulator takes longer for a string
 * instruction than for the allocation that is to be measured.
 */
static __always_inline void smp_fill(void *p, size_t bytes)
{
	u64 *word = p;
	u8 *byte;

	for (; bytes >= sizeof(*word); bytes -= sizeof(*word))
		WRITE_ONCE(*word++, (unsigned long)p);
	for (byte = (u8 *)word; bytes; bytes--)
		WRITE_ONCE(*byte++, (unsigned long)p);
}

/* Whether smp_fill()'s content is there. */
static __always_inline bool smp_is_filled(const void *p, size_t bytes)
{
	const u64 *word = p;
	const u8 *byte;
	u64 wrong = 0;

	for (; bytes >= sizeof(*word); bytes -= sizeof(*word))
		wrong |= READ_ONCE(*word++) ^ (unsigned long)p;
	for (byte = (const u8 *)word; bytes; bytes--)
		wrong |= READ_ONCE(*byte++) ^ (u8)(unsigned long)p;
	return !wrong;
}

#endif /* _KSPAN_BENCH_SMP_H */
