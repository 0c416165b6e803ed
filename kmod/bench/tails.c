// SPDX-License-Identifier: GPL-2.0
/*
 * How long a single operation can take: objects of mixed sizes come and go,
 * more of them in one phase and fewer in the next, and each call is timed.
 *
 * How deep a call into kspan went is told from what the heap's statistics count
 * around it. To read these evicts the allocator's lines from the CPU's caches, so
 * the layers are told of a second pass, and nothing is between the calls of the
 * first. A call that an interrupt or another task broke into is left out.
 */
#include <linux/jiffies.h>
#include <linux/kspan.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/sort.h>

#include "memory.h"
#include "ops.h"
#include "series.h"
#include "ticks.h"

enum {
	STEPS		= 60000,
	PHASE_STEPS	= 3000,
	SLOTS		= BENCH_MAX_OBJECTS,
	TRIES		= 4,		/* to find the slot the phase wants */
};

enum op { ALLOC, FREE, NR_OPS };

/* The deepest layer that had to do something. */
enum layer { CPU_CACHE, CENTRAL, PAGE_HEAP, KERNEL, NR_LAYERS };

static const char *const op_names[NR_OPS] = {
	[ALLOC]	= "tail_alloc",
	[FREE]	= "tail_free",
};

static const char *const layer_names[NR_LAYERS + 1] = {
	[CPU_CACHE]	= "cpu_cache",
	[CENTRAL]	= "central",
	[PAGE_HEAP]	= "page_heap",
	[KERNEL]	= "kernel",
	[NR_LAYERS]	= "all",
};

/* Most are small, as in the kernel. */
static const u16 sizes[] = {
	16, 16, 32, 32, 64, 64, 64, 96, 128, 192, 192, 256, 512, 1024, 2048,
	4096,
};

struct samples {
	u32 *ticks[NR_OPS];		/* STEPS of each */
	u8 *layers[NR_OPS];
	unsigned int n[NR_OPS];
	unsigned int ndisturbed;
	u32 *sorted;
};

/* ---- one operation --------------------------------------------------------- */

static enum layer layer_of(enum op op, const struct kspan_heap_stats *before,
			   const struct kspan_heap_stats *after)
{
	if (op == ALLOC ? after->grown_bytes_total != before->grown_bytes_total :
	    after->released_bytes_total != before->released_bytes_total)
		return KERNEL;
	if (after->spans != before->spans)
		return PAGE_HEAP;
	if (op == ALLOC ? after->refills_total != before->refills_total :
	    after->flushes_total != before->flushes_total)
		return CENTRAL;
	return CPU_CACHE;
}

/* Changes with every tick and every switch to another task. */
static unsigned long disturbances(void)
{
	return jiffies + current->nvcsw + current->nivcsw;
}

static __always_inline u64 operate(struct bench_loop *loop, u32 backend,
				   enum op op, size_t bytes, void **slot)
{
	u64 start;

	OPTIMIZER_HIDE_VAR(bytes);
	start = bench_ticks();
	if (op == ALLOC) {
		*slot = bench_alloc(loop, backend, bytes, GFP_KERNEL);
	} else {
		bench_free(loop, backend, bytes, *slot);
		*slot = NULL;
	}
	return bench_ticks() - start;
}

static u64 run_operation(struct bench_loop *loop, u32 backend, enum op op,
			 size_t bytes, void **slot)
{
	switch (backend) {
	case KSPAN_BENCH_KSPAN:
		return operate(loop, KSPAN_BENCH_KSPAN, op, bytes, slot);
	case KSPAN_BENCH_KMALLOC:
		return operate(loop, KSPAN_BENCH_KMALLOC, op, bytes, slot);
	default:
		return operate(loop, KSPAN_BENCH_NULL, op, bytes, slot);
	}
}

/* ---- all of them ----------------------------------------------------------- */

static void sample(struct samples *samples, enum op op, u64 ticks,
		   enum layer layer)
{
	unsigned int i = samples->n[op]++;

	samples->ticks[op][i] = min_t(u64, ticks, U32_MAX);
	samples->layers[op][i] = layer;
}

/* A slot that is empty, if the phase is to fill them, or else one in use. */
static unsigned int pick_slot(struct bench_loop *loop, struct rnd_state *random,
			      bool filling)
{
	unsigned int i, slot;

	for (i = 0; i < TRIES; i++) {
		slot = prandom_u32_state(random) % SLOTS;
		if (!loop->objects[slot] == filling)
			break;
	}
	return slot;
}

static int take_samples(struct bench_loop *loop, u32 backend, bool layers,
			struct samples *samples)
{
	struct kspan_heap_stats before = {}, after = {};
	struct rnd_state random;
	unsigned long disturbed;
	unsigned int i;
	u64 ticks;

	prandom_seed_state(&random, 1);
	if (layers)
		kspan_heap_stats(loop->heap, &before);
	for (i = 0; i < STEPS; i++) {
		bool filling = !(i / PHASE_STEPS % 2);
		void **slot = &loop->objects[pick_slot(loop, &random, filling)];
		size_t bytes = sizes[prandom_u32_state(&random) %
				     ARRAY_SIZE(sizes)];
		enum op op = *slot ? FREE : ALLOC;

		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		disturbed = disturbances();
		ticks = run_operation(loop, backend, op, bytes, slot);
		disturbed -= disturbances();
		if (op == ALLOC && !*slot)
			return -ENOMEM;
		if (layers)
			kspan_heap_stats(loop->heap, &after);
		if (disturbed)
			samples->ndisturbed++;
		else
			sample(samples, op, ticks, layer_of(op, &before, &after));
		before = after;
	}
	return 0;
}

static void free_all(struct bench_loop *loop, u32 backend)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		if (loop->objects[i])
			run_operation(loop, backend, FREE, 0,
				      &loop->objects[i]);
	}
}

/* ---- what came of it ------------------------------------------------------- */

static int compare_ticks(const void *a, const void *b)
{
	u32 left = *(const u32 *)a, right = *(const u32 *)b;

	return left < right ? -1 : left > right;
}

/* A line for the operations that went so deep, or for all. */
static void show_layer(struct seq_file *m, u32 backend, enum op op,
		       enum layer layer, struct samples *samples)
{
	u32 *sorted = samples->sorted;
	unsigned int i, n = 0;

	for (i = 0; i < samples->n[op]; i++) {
		if (layer == NR_LAYERS || samples->layers[op][i] == layer)
			sorted[n++] = samples->ticks[op][i];
	}
	if (!n)
		return;
	sort(sorted, n, sizeof(*sorted), compare_ticks, NULL);
	seq_printf(m, "%s %s 0 %s %u %u %u %u %u %u\n", op_names[op],
		   bench_backend_name(backend), layer_names[layer], n, sorted[0],
		   sorted[n / 2], sorted[n * 99 / 100],
		   sorted[n * 999ULL / 1000], sorted[n - 1]);
}

static void show_samples(struct seq_file *m, u32 backend, bool layers,
			 struct samples *samples)
{
	enum layer layer;
	enum op op;

	seq_printf(m, "# %s: %u operations were interrupted and are left out\n",
		   bench_backend_name(backend), samples->ndisturbed);
	for (op = 0; op < NR_OPS; op++) {
		if (!layers)
			show_layer(m, backend, op, NR_LAYERS, samples);
		for (layer = 0; layers && layer < NR_LAYERS; layer++)
			show_layer(m, backend, op, layer, samples);
	}
}

static int show_backend(struct seq_file *m, u32 backend, bool layers,
			struct samples *samples)
{
	struct bench_loop loop;
	int err;

	memset(samples->n, 0, sizeof(samples->n));
	samples->ndisturbed = 0;
	err = bench_loop_begin(&loop, backend, sizes[0]);
	if (err)
		return err;
	migrate_disable();
	err = take_samples(&loop, backend, layers, samples);
	free_all(&loop, backend);
	migrate_enable();
	bench_loop_end(&loop);
	if (!err)
		show_samples(m, backend, layers, samples);
	return err;
}

void bench_tails_header(struct seq_file *m)
{
	seq_puts(m, "bench backend bytes path objects min p50 p99 p999 max\n");
}

int bench_tails_show(struct seq_file *m)
{
	static const u32 backends[] = {
		KSPAN_BENCH_NULL, KSPAN_BENCH_KSPAN, KSPAN_BENCH_KMALLOC,
	};
	struct samples samples = {};
	unsigned int i;
	int err = -ENOMEM;

	samples.sorted = bench_vmalloc(STEPS, sizeof(*samples.sorted));
	for (i = 0; i < NR_OPS; i++) {
		samples.ticks[i] = bench_vmalloc(STEPS, sizeof(u32));
		samples.layers[i] = bench_vmalloc(STEPS, sizeof(u8));
		if (!samples.ticks[i] || !samples.layers[i])
			goto out;
	}
	if (!samples.sorted)
		goto out;
	err = 0;
	for (i = 0; !err && i < ARRAY_SIZE(backends); i++)
		err = show_backend(m, backends[i], false, &samples);
	if (!err)
		err = show_backend(m, KSPAN_BENCH_KSPAN, true, &samples);
out:
	for (i = 0; i < NR_OPS; i++) {
		vfree(samples.ticks[i]);
		vfree(samples.layers[i]);
	}
	vfree(samples.sorted);
	return err;
}
