// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations on all CPUs, by threads and by timers that interrupt them.
 *
 * Objects go from thread to thread through places that all share, and whoever
 * takes one out looks whether its contents are those that were put in. insmod
 * runs it all and fails if anything was wrong.
 */
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/kspan.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include "compat.h"

static unsigned long ops = 200000;
module_param(ops, ulong, 0444);
MODULE_PARM_DESC(ops, "allocations and frees, all threads together");

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of the random numbers; 0 draws one");

static unsigned int threads;
module_param(threads, uint, 0444);
MODULE_PARM_DESC(threads, "how many; 0 is one for each online CPU");

enum {
	NR_PLACES	= 1024,
	NR_TIMER_PLACES	= 32,
	TIMER_NS	= 200000,
	MAX_THREADS	= 64,
	/* Errors that are told of; all are counted. */
	MAX_TOLD	= 20,
};

/**
 * struct place - where an object lies until somebody takes it
 * @lock: guards the others
 * @p: the object, or NULL
 * @size_bytes: as asked for
 * @tag: what its contents are made from
 */
struct place {
	spinlock_t	lock; /* guards the others */
	void		*p;
	size_t		size_bytes;
	u64		tag;
};

/**
 * struct worker - a thread and the timer that interrupts it
 * @task: the thread
 * @timer: fires on the thread's CPU
 * @rnd: the thread's random numbers
 * @timer_rnd: the timer's
 * @timer_places: objects that only the timer knows
 * @nrounds: how often it still operates
 * @done: completed at the end
 */
struct worker {
	struct task_struct	*task;
	struct hrtimer		timer;
	struct rnd_state	rnd;
	struct rnd_state	timer_rnd;
	struct place		timer_places[NR_TIMER_PLACES];
	unsigned long		nrounds;
	struct completion	done;
};

static struct kspan_heap *heap;
static struct place places[NR_PLACES];
static struct worker *workers;
static atomic64_t nallocs;
static atomic64_t nfrees;
static atomic_t nerrors;

#define complain(format, ...) \
	do { \
		if (atomic_inc_return(&nerrors) <= MAX_TOLD) \
			pr_err("kspan_stress: " format "\n", ##__VA_ARGS__); \
	} while (0)

static u32 below(struct rnd_state *rnd, u32 ceil)
{
	return prandom_u32_state(rnd) % ceil;
}

static u64 word_of(u64 tag, size_t i)
{
	return tag + i * 0x9e3779b97f4a7c15ULL;
}

static void fill(const struct place *object)
{
	u64 *words = object->p;
	size_t i;

	for (i = 0; i < object->size_bytes / 8; i++)
		words[i] = word_of(object->tag, i);
	memset(words + i, (u8)object->tag, object->size_bytes % 8);
}

static bool holds(const struct place *object, size_t size_bytes)
{
	const u64 *words = object->p;
	const u8 *rest;
	size_t i;

	for (i = 0; i < size_bytes / 8; i++) {
		if (words[i] != word_of(object->tag, i))
			return false;
	}
	/* Cut off at another length, the rest is part of a word. */
	if (size_bytes != object->size_bytes)
		return true;
	rest = (const u8 *)(words + i);
	for (i = 0; i < size_bytes % 8; i++) {
		if (rest[i] != (u8)object->tag)
			return false;
	}
	return true;
}

/* Mostly small, some of any class, a few large, hardly any huge. */
static size_t random_size(struct rnd_state *rnd, bool atomic)
{
	u32 dice = below(rnd, 10000);

	if (dice < 2 && !atomic)
		return KSPAN_MAX_CONTIG_BYTES + below(rnd, 1 << 20);
	if (dice < 50 && !atomic)
		return KSPAN_MAX_CLASS_BYTES + below(rnd, 200000);
	if (dice < 500)
		return 1 + below(rnd, KSPAN_MAX_CLASS_BYTES);
	if (dice < 2000)
		return 1 + below(rnd, 2048);
	return 1 + below(rnd, 256);
}

static void allocate(struct rnd_state *rnd, struct place *object, gfp_t gfp)
{
	size_t size = random_size(rnd, !gfpflags_allow_blocking(gfp));
	size_t align = 1;
	bool zeroed = false;

	gfp |= __GFP_NOWARN;
	object->size_bytes = size;
	object->tag = (u64)prandom_u32_state(rnd) << 32 |
		      prandom_u32_state(rnd);
	switch (below(rnd, 8)) {
	case 0:
		object->p = kspan_zalloc(heap, size, gfp);
		zeroed = true;
		break;
	case 1:
		align = 1UL << below(rnd, 14);
		object->p = kspan_alloc_aligned(heap, size, align, gfp);
		break;
	case 2:
		object->p = kspan_alloc_node(heap, size, gfp, NUMA_NO_NODE);
		break;
	case 3:
		/* A size that the compiler knows. */
		object->size_bytes = 96;
		object->p = kspan_alloc(heap, 96, gfp);
		break;
	default:
		object->p = kspan_alloc(heap, size, gfp);
	}
	if (!object->p) {
		if (gfpflags_allow_blocking(gfp))
			complain("no memory for %zu bytes", size);
		return;
	}
	atomic64_inc(&nallocs);
	if (!IS_ALIGNED((unsigned long)object->p, align))
		complain("%zu bytes not aligned to %zu", size, align);
	if (is_power_of_2(object->size_bytes) &&
	    !IS_ALIGNED((unsigned long)object->p,
			min(object->size_bytes, KSPAN_MAX_CONTIG_BYTES)))
		complain("%zu bytes not aligned to themselves", size);
	if (zeroed && memchr_inv(object->p, 0, size))
		complain("%zu bytes not zeroed", size);
	fill(object);
}

static void check(const struct place *object)
{
	if (!holds(object, object->size_bytes))
		complain("contents of %zu bytes changed", object->size_bytes);
}

static void release(struct rnd_state *rnd, struct place *object)
{
	if (!object->p)
		return;
	check(object);
	switch (below(rnd, 8)) {
	case 0:
		kspan_free_sized(object->p, object->size_bytes);
		break;
	case 1:
		kspan_free_sensitive(object->p);
		break;
	default:
		kspan_free(object->p);
	}
	object->p = NULL;
	atomic64_inc(&nfrees);
}

static void swap_objects(struct place *place, struct place *object)
{
	unsigned long flags;

	spin_lock_irqsave(&place->lock, flags);
	swap(place->p, object->p);
	swap(place->size_bytes, object->size_bytes);
	swap(place->tag, object->tag);
	spin_unlock_irqrestore(&place->lock, flags);
}

static void resize(struct rnd_state *rnd, struct place *object)
{
	size_t size = random_size(rnd, false);
	void *p;

	if (!object->p)
		return;
	check(object);
	p = kspan_realloc(heap, object->p, size, GFP_KERNEL | __GFP_NOWARN);
	if (!p) {
		complain("no memory for %zu bytes", size);
		return;
	}
	object->p = p;
	if (!holds(object, min(size, object->size_bytes)))
		complain("contents lost from %zu to %zu bytes",
			 object->size_bytes, size);
	object->size_bytes = size;
	fill(object);
}

static void look_up(struct rnd_state *rnd, const struct place *object)
{
	struct kspan_object found;
	size_t offset;

	if (!object->p)
		return;
	offset = below(rnd, object->size_bytes);
	if (!kspan_find_object(object->p + offset, &found) ||
	    found.start != object->p || found.heap != heap || !found.live ||
	    found.size_bytes < object->size_bytes)
		complain("%zu bytes not found at %zu", object->size_bytes,
			 offset);
}

static void read_stats(void)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	if (stats.backing_bytes != stats.live_bytes + stats.cached_bytes +
				   stats.span_free_bytes + stats.tail_bytes +
				   stats.page_free_bytes ||
	    stats.allocs_total < stats.frees_total)
		complain("statistics do not add up");
}

static void operate(struct rnd_state *rnd)
{
	struct place object = { };
	u32 dice = below(rnd, 10000);

	if (dice < 9000)
		allocate(rnd, &object, dice % 4 ? GFP_KERNEL : GFP_ATOMIC);
	swap_objects(&places[below(rnd, NR_PLACES)], &object);
	if (dice < 500)
		resize(rnd, &object);
	else if (dice < 1500)
		look_up(rnd, &object);
	release(rnd, &object);
	if (dice < 9990)
		return;
	if (dice < 9995)
		read_stats();
	else if (dice < 9998)
		kspan_heap_scavenge(heap, below(rnd, 1 << 20));
	else
		kspan_heap_drain(heap);
}

static enum hrtimer_restart fire(struct hrtimer *timer)
{
	struct worker *worker = container_of(timer, struct worker, timer);
	struct rnd_state *rnd = &worker->timer_rnd;
	struct place object = { };

	allocate(rnd, &object, GFP_ATOMIC);
	swap_objects(&worker->timer_places[below(rnd, NR_TIMER_PLACES)],
		     &object);
	release(rnd, &object);
	hrtimer_forward_now(timer, ns_to_ktime(TIMER_NS + below(rnd, TIMER_NS)));
	return HRTIMER_RESTART;
}

static int work(void *arg)
{
	struct worker *worker = arg;

	hrtimer_start(&worker->timer, ns_to_ktime(TIMER_NS),
		      HRTIMER_MODE_REL_PINNED);
	while (worker->nrounds--) {
		operate(&worker->rnd);
		cond_resched();
	}
	hrtimer_cancel(&worker->timer);
	complete(&worker->done);
	return 0;
}

static int start_worker(struct worker *worker, unsigned int i,
			unsigned int cpu)
{
	unsigned int place;

	/* Nine in ten rounds are an allocation and a free. */
	worker->nrounds = ops * 4 / 7 / threads + 1;
	prandom_seed_state(&worker->rnd, seed + 2 * i);
	prandom_seed_state(&worker->timer_rnd, seed + 2 * i + 1);
	for (place = 0; place < NR_TIMER_PLACES; place++)
		spin_lock_init(&worker->timer_places[place].lock);
	init_completion(&worker->done);
	hrtimer_setup(&worker->timer, fire, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED);
	worker->task = kthread_create(work, worker, "kspan-stress/%u", i);
	if (IS_ERR(worker->task))
		return PTR_ERR(worker->task);
	/* Not bound: it moves on when its CPU goes. */
	set_cpus_allowed_ptr(worker->task, cpumask_of(cpu));
	return 0;
}

static void run(void)
{
	unsigned int cpu = cpumask_first(cpu_online_mask);
	unsigned int n = 0;
	unsigned int i;

	for (i = 0; i < threads; i++) {
		if (start_worker(&workers[i], i, cpu)) {
			complain("cannot start thread %u", i);
			break;
		}
		n++;
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
	}
	for (i = 0; i < n; i++)
		wake_up_process(workers[i].task);
	for (i = 0; i < n; i++)
		wait_for_completion(&workers[i].done);
}

static int count_object(const struct kspan_object *object, void *arg)
{
	(*(unsigned long *)arg)++;
	return 0;
}

/* What is left is what the places hold; then nothing is left. */
static void settle(void)
{
	unsigned long nwalked = 0;
	unsigned long nheld = 0;
	struct kspan_heap_stats stats;
	struct rnd_state rnd;
	unsigned int i;
	unsigned int j;

	for (i = 0; i < NR_PLACES; i++)
		nheld += !!places[i].p;
	for (i = 0; i < threads; i++) {
		for (j = 0; j < NR_TIMER_PLACES; j++)
			nheld += !!workers[i].timer_places[j].p;
	}
	kspan_heap_stats(heap, &stats);
	if (stats.live_objects != nheld)
		complain("%llu objects live, %lu held", stats.live_objects,
			 nheld);
	kspan_heap_for_each_object(heap, count_object, &nwalked);
	if (nwalked != nheld)
		complain("%lu objects walked, %lu held", nwalked, nheld);

	prandom_seed_state(&rnd, seed);
	for (i = 0; i < NR_PLACES; i++)
		release(&rnd, &places[i]);
	for (i = 0; i < threads; i++) {
		for (j = 0; j < NR_TIMER_PLACES; j++)
			release(&rnd, &workers[i].timer_places[j]);
	}
	kspan_heap_drain(heap);
	kspan_heap_scavenge(heap, SIZE_MAX);
	read_stats();
	kspan_heap_stats(heap, &stats);
	if (stats.live_bytes || stats.cached_bytes || stats.bad_frees_total ||
	    stats.frees_total != stats.allocs_total)
		complain("%llu bytes live, %llu cached, %llu bad frees, %llu allocs, %llu frees",
			 stats.live_bytes, stats.cached_bytes,
			 stats.bad_frees_total, stats.allocs_total,
			 stats.frees_total);
}

static int __init stress_init(void)
{
	unsigned int i;

	if (!seed)
		seed = get_random_u32() | 1;
	if (!threads)
		threads = num_online_cpus();
	threads = min_t(unsigned int, threads, MAX_THREADS);
	workers = kvcalloc(threads, sizeof(*workers), GFP_KERNEL);
	if (!workers)
		return -ENOMEM;
	for (i = 0; i < NR_PLACES; i++)
		spin_lock_init(&places[i].lock);
	heap = kspan_heap_create("stress", NULL);
	if (IS_ERR(heap)) {
		kvfree(workers);
		return PTR_ERR(heap);
	}
	pr_info("kspan_stress: seed=%u threads=%u\n", seed, threads);
	run();
	settle();
	kspan_heap_destroy(heap);
	kvfree(workers);
	pr_info("kspan_stress: %s ops=%llu errors=%d seed=%u\n",
		atomic_read(&nerrors) ? "FAILED" : "ok",
		(u64)atomic64_read(&nallocs) + atomic64_read(&nfrees),
		atomic_read(&nerrors), seed);
	return atomic_read(&nerrors) ? -EIO : 0;
}
module_init(stress_init);

static void __exit stress_exit(void)
{
}
module_exit(stress_exit);

MODULE_DESCRIPTION("Random operations on kspan, all CPUs together");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
