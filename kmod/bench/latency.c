// SPDX-License-Identifier: GPL-2.0
/*
 * How long an allocation takes while the heap gives memory back: objects of
 * mixed sizes come and go, more of them in one phase and fewer in the next, and
 * every allocation is timed. None is left out: one that had to wait counts.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kspan.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/prandom.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "backend.h"
#include "command.h"
#include "latency.h"
#include "memory.h"
#include "ticks.h"

enum {
	NR_SLOTS	= 16384,
	PHASE_STEPS	= 30000,
	TRIES		= 4,		/* to find the slot the phase wants */
	MAX_SAMPLES	= 2 << 20,
	MAX_SECONDS	= 60,
	LARGE_ONE_OF	= 32,
	PEAK_OBJECTS	= 64 << 10,	/* some 150 MB */
	PEAK_KEPT_ONE_OF = 10,
	PATIENCE_MS	= 20000,	/* until the heap begins to give back */
	SCAVENGE_MS	= 10,
};

enum mode { REST, BACKGROUND, EXPLICIT, NR_MODES };

static const char * const mode_names[NR_MODES] = {
	[REST]		= "rest",
	[BACKGROUND]	= "background",
	[EXPLICIT]	= "explicit",
};

/* Most are small, as in the kernel. */
static const u16 sizes[] = {
	16, 16, 32, 32, 64, 64, 64, 96, 128, 192, 192, 256, 512, 1024, 2048,
	4096,
};

struct latency {
	struct kspan_heap *heap;
	struct rnd_state random;
	void *slots[NR_SLOTS];
	void *peak[PEAK_OBJECTS];
	u32 nr_samples;
	u32 ticks[MAX_SAMPLES];
};

/* The last run. */
static struct {
	bool done;
	enum mode mode;
	u32 nr_samples;
	u64 p50_ns, p99_ns, p999_ns, max_ns;
	u64 released_bytes;
} last;

static u32 below(struct latency *latency, u32 n)
{
	return reciprocal_scale(prandom_u32_state(&latency->random), n);
}

static size_t pick_bytes(struct latency *latency)
{
	if (!below(latency, LARGE_ONE_OF))
		return SZ_8K + below(latency, SZ_64K - SZ_8K);
	return sizes[below(latency, ARRAY_SIZE(sizes))];
}

static u64 released_bytes(struct latency *latency)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(latency->heap, &stats);
	return stats.released_bytes_total;
}

/* ---- the load -------------------------------------------------------------- */

static int timed_alloc(struct latency *latency, void **slot)
{
	size_t bytes = pick_bytes(latency);
	u64 start, ticks;

	start = bench_ticks();
	*slot = kspan_alloc(latency->heap, bytes, GFP_KERNEL);
	ticks = bench_ticks() - start;
	if (!*slot)
		return -ENOMEM;
	latency->ticks[latency->nr_samples++] = min_t(u64, ticks, U32_MAX);
	return 0;
}

static void *pick_slot(struct latency *latency, bool filling)
{
	void **slot;
	u32 i;

	for (i = 0; i < TRIES; i++) {
		slot = &latency->slots[below(latency, NR_SLOTS)];
		if (!*slot == filling)
			break;
	}
	return slot;
}

static int run_load(struct latency *latency, u32 seconds)
{
	u64 end_ns = ktime_get_ns() + (u64)seconds * NSEC_PER_SEC;
	void **slot;
	u32 step;
	int err;

	for (step = 0; latency->nr_samples < MAX_SAMPLES; step++) {
		cond_resched();
		if (step % 64 == 0 && ktime_get_ns() >= end_ns)
			break;
		if (signal_pending(current))
			return -EINTR;
		slot = pick_slot(latency, !(step / PHASE_STEPS % 2));
		if (*slot) {
			kspan_free(*slot);
			*slot = NULL;
			continue;
		}
		err = timed_alloc(latency, slot);
		if (err)
			return err;
	}
	return 0;
}

static void free_all(void **objects, u32 nobjs)
{
	u32 i;

	for (i = 0; i < nobjs; i++) {
		kspan_free(objects[i]);
		objects[i] = NULL;
		cond_resched();
	}
}

/* ---- what else goes on ----------------------------------------------------- */

/* Objects everywhere, a tenth of which stay. */
static int make_peak(struct latency *latency)
{
	u32 i;

	for (i = 0; i < PEAK_OBJECTS; i++) {
		latency->peak[i] = kspan_alloc(latency->heap,
					       pick_bytes(latency),
					       GFP_KERNEL | __GFP_NOWARN);
		if (!latency->peak[i])
			return -ENOMEM;
		cond_resched();
	}
	for (i = 0; i < PEAK_OBJECTS; i++) {
		if (i % PEAK_KEPT_ONE_OF) {
			kspan_free(latency->peak[i]);
			latency->peak[i] = NULL;
		}
	}
	return 0;
}

/* Whether the heap gives anything back at all, if it does not begin to. */
static int await_release(struct latency *latency)
{
	u64 before = released_bytes(latency);
	u32 ms;

	for (ms = 0; ms < PATIENCE_MS; ms += SCAVENGE_MS) {
		if (released_bytes(latency) != before)
			return 0;
		if (msleep_interruptible(SCAVENGE_MS))
			return -EINTR;
	}
	return -ENODATA;
}

static int scavenge(void *arg)
{
	struct latency *latency = arg;

	while (!kthread_should_stop()) {
		kspan_heap_scavenge(latency->heap, SIZE_MAX);
		msleep(SCAVENGE_MS);
	}
	return 0;
}

static int run_beside(struct latency *latency, enum mode mode, u32 seconds)
{
	struct task_struct *task = NULL;
	u64 before;
	int err;

	err = make_peak(latency);
	if (err)
		return err;
	if (mode == BACKGROUND) {
		err = await_release(latency);
	} else {
		/* Nothing is left for the background. */
		kspan_heap_drain(latency->heap);
		kspan_heap_scavenge(latency->heap, SIZE_MAX);
	}
	if (err)
		return err;
	before = released_bytes(latency);
	if (mode == EXPLICIT) {
		task = kthread_run(scavenge, latency, "kspan_bench");
		if (IS_ERR(task))
			return PTR_ERR(task);
	}
	err = run_load(latency, seconds);
	if (task)
		kthread_stop(task);
	last.released_bytes = released_bytes(latency) - before;
	return err;
}

/* ---- a run ----------------------------------------------------------------- */

static int compare_ticks(const void *a, const void *b)
{
	u32 left = *(const u32 *)a, right = *(const u32 *)b;

	return left < right ? -1 : left > right;
}

static u64 quantile_ns(const struct latency *latency, u32 n, u32 of)
{
	u64 at = (u64)latency->nr_samples * n;

	at = min_t(u64, div_u64(at, of), latency->nr_samples - 1);
	return div64_u64((u64)latency->ticks[at] * NSEC_PER_MSEC,
			 bench_ticks_per_ms());
}

static void sum_up(struct latency *latency)
{
	sort(latency->ticks, latency->nr_samples, sizeof(*latency->ticks),
	     compare_ticks, NULL);
	last.nr_samples = latency->nr_samples;
	last.p50_ns = quantile_ns(latency, 1, 2);
	last.p99_ns = quantile_ns(latency, 99, 100);
	last.p999_ns = quantile_ns(latency, 999, 1000);
	last.max_ns = quantile_ns(latency, 1, 1);
}

static int mode_parse(char **command)
{
	char *word = bench_command_word(command);

	return word ? match_string(mode_names, NR_MODES, word) : -EINVAL;
}

static int latency_run(char *command)
{
	struct latency *latency;
	u32 seconds;
	int mode, err;

	mode = mode_parse(&command);
	if (mode < 0 ||
	    bench_command_number(&command, 1, MAX_SECONDS, &seconds) ||
	    bench_command_word(&command))
		return -EINVAL;
	last.done = false;
	latency = bench_vmalloc(1, sizeof(*latency));
	if (!latency)
		return -ENOMEM;
	prandom_seed_state(&latency->random, 1);
	latency->heap = kspan_heap_create(KSPAN_BENCH_HEAP, NULL);
	err = PTR_ERR_OR_ZERO(latency->heap);
	if (err)
		goto free;
	err = run_beside(latency, mode, seconds);
	free_all(latency->slots, NR_SLOTS);
	free_all(latency->peak, PEAK_OBJECTS);
	kspan_heap_destroy(latency->heap);
	if (!err && !latency->nr_samples)
		err = -ENODATA;
	if (!err) {
		sum_up(latency);
		last.mode = mode;
		last.done = true;
	}
free:
	vfree(latency);
	return err;
}

static void latency_show(struct seq_file *m)
{
	if (last.done)
		seq_printf(m, "%s %u %llu %llu %llu %llu %llu\n",
			   mode_names[last.mode], last.nr_samples, last.p50_ns,
			   last.p99_ns, last.p999_ns, last.max_ns,
			   last.released_bytes);
}

static struct bench_command latency_command = {
	.name	= "latency",
	.run	= latency_run,
	.show	= latency_show,
};

void bench_latency_init(struct dentry *dir, struct mutex *running)
{
	latency_command.lock = running;
	bench_command_create(dir, &latency_command);
}
