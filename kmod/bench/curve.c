// SPDX-License-Identifier: GPL-2.0
/*
 * How much an allocator holds while a load goes up and down: a peak of which
 * nine tenths are freed at random or oldest first, a load that swings, and one
 * that frees every second object and then wants other sizes. At the end all is
 * freed. After each step the load rests, for the allocator to give back.
 */
#include <linux/delay.h>
#include <linux/kspan.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "blocks.h"
#include "command.h"
#include "curve.h"
#include "memory.h"
#include "population.h"

enum {
	MIN_MB		= 1,
	MAX_MB		= 16384,
	MAX_SECONDS	= 3600,
	SAMPLE_MS	= 100,
	NAP_MS		= 10,
	PEAK_MS		= 2000,		/* the load stays up so long */
	MAX_SAMPLES	= 64 << 10,
	MAX_MARKS	= 16,
	KEPT_DIVISOR	= 10,		/* a tenth lives on */
};

struct sample {
	u32 ms;
	u64 requested_bytes;
	s64 held_bytes;
	u64 free_bytes;		/* whole pages; of kspan, as those below */
	u64 live_bytes;		/* in slots */
	u64 cached_bytes;	/* likewise, of CPU caches and depots */
	u64 grown_bytes;
	u64 released_bytes;
	u64 machine_bytes;	/* free in the machine */
};

/* A moment between two steps. */
struct mark {
	const char *name;
	u32 ms;
	u32 nr_blocks;		/* the heap had, whole, at the peak */
	u32 nr_free;		/* of these: without an object */
	u32 nr_back;		/* of these: without a page of the heap's */
};

struct curve {
	struct population population;
	u64 peak_bytes;
	u32 seconds;
	u32 period_ms;
	ktime_t start;
	struct bench_blocks peak_blocks;
	struct bench_blocks used_blocks;
};

struct shape {
	const char *name;
	int (*run)(struct curve *curve);
	u32 period_ms;
};

/* The last run. */
static struct {
	u32 backend;
	enum population_sizes sizes;
	const char *shape;
	u32 megabytes;
	u64 failures;
	u32 nr_marks;
	u32 nr_samples;
	struct mark marks[MAX_MARKS];
	struct sample *samples;
} last;

/* ---- looking --------------------------------------------------------------- */

static u32 now_ms(const struct curve *curve)
{
	return ktime_ms_delta(ktime_get(), curve->start);
}

static u64 machine_free_bytes(void)
{
	struct sysinfo info;

	si_meminfo(&info);
	return (u64)info.freeram * info.mem_unit;
}

static void take_sample(struct curve *curve)
{
	struct population *population = &curve->population;
	struct kspan_bench_memory memory = {};
	struct kspan_heap_stats stats;
	struct sample *sample;

	if (last.nr_samples == MAX_SAMPLES)
		return;
	sample = &last.samples[last.nr_samples++];
	sample->ms = now_ms(curve);
	sample->requested_bytes = population->requested_bytes;
	sample->machine_bytes = machine_free_bytes();
	population->backend->held(&population->store, &memory);
	sample->held_bytes = memory.held_bytes;
	if (!population->store.heap)
		return;
	kspan_heap_stats(population->store.heap, &stats);
	sample->held_bytes = stats.backing_bytes;
	sample->free_bytes = stats.page_free_bytes;
	sample->live_bytes = stats.live_bytes;
	sample->cached_bytes = stats.cached_bytes;
	sample->grown_bytes = stats.grown_bytes_total;
	sample->released_bytes = stats.released_bytes_total;
}

/* Now and then. */
static void look(struct curve *curve)
{
	if (!last.nr_samples || now_ms(curve) >=
	    last.samples[last.nr_samples - 1].ms + SAMPLE_MS)
		take_sample(curve);
}

static void mark(struct curve *curve, const char *name)
{
	struct mark *mark = &last.marks[last.nr_marks];

	take_sample(curve);
	if (last.nr_marks == MAX_MARKS)
		return;
	last.nr_marks++;
	mark->name = name;
	mark->ms = now_ms(curve);
	bench_blocks_of_objects(&curve->used_blocks, &curve->population);
	mark->nr_blocks = bitmap_weight(curve->peak_blocks.bits,
					BENCH_MAX_BLOCKS);
	mark->nr_free = bench_blocks_count_without(&curve->peak_blocks,
						   &curve->used_blocks);
	mark->nr_back = bench_blocks_count_back(&curve->peak_blocks);
}

/* ---- steps ----------------------------------------------------------------- */

static int step(struct curve *curve, enum population_rule rule,
		u64 until_bytes)
{
	while (!population_turn(&curve->population, rule, until_bytes)) {
		look(curve);
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

static int rest(struct curve *curve, u32 ms)
{
	u32 end = now_ms(curve) + ms;

	while (now_ms(curve) < end) {
		look(curve);
		if (msleep_interruptible(NAP_MS))
			return -EINTR;
	}
	return 0;
}

static int peak(struct curve *curve)
{
	int err = step(curve, POPULATION_BIRTHS, curve->peak_bytes);

	if (!err)
		err = rest(curve, PEAK_MS);
	if (err)
		return err;
	bench_blocks_of_objects(&curve->peak_blocks, &curve->population);
	bench_blocks_keep_owned(&curve->peak_blocks);
	mark(curve, "peak");
	return 0;
}

/* Deaths, and a rest in which the allocator may give back what is free. */
static int trough(struct curve *curve, enum population_rule rule,
		  u64 until_bytes, const char *begin, const char *end)
{
	int err = step(curve, rule, until_bytes);

	if (err)
		return err;
	mark(curve, begin);
	err = rest(curve, curve->seconds * MSEC_PER_SEC);
	if (!err)
		mark(curve, end);
	return err;
}

static int empty(struct curve *curve)
{
	return trough(curve, POPULATION_OLDEST_DIE, 0, "emptied",
		      "emptied_end");
}

/* ---- shapes ---------------------------------------------------------------- */

static int fall(struct curve *curve, enum population_rule rule)
{
	int err = peak(curve);

	if (!err)
		err = trough(curve, rule, curve->peak_bytes / KEPT_DIVISOR,
			     "freed", "freed_end");
	return err ?: empty(curve);
}

static int fall_at_random(struct curve *curve)
{
	return fall(curve, POPULATION_RANDOM_DEATHS);
}

static int fall_by_age(struct curve *curve)
{
	return fall(curve, POPULATION_OLDEST_DIE);
}

static int swing(struct curve *curve)
{
	u32 end_ms, half_ms = curve->period_ms / 2;
	u32 next_ms = 0;
	bool up = true;
	int err = peak(curve);

	end_ms = now_ms(curve) + curve->seconds * MSEC_PER_SEC;
	while (!err && now_ms(curve) < end_ms) {
		up = !up;
		next_ms = now_ms(curve) + half_ms;
		err = step(curve, up ? POPULATION_BIRTHS :
				       POPULATION_RANDOM_DEATHS,
			   up ? curve->peak_bytes :
				curve->peak_bytes / KEPT_DIVISOR);
		if (!err && now_ms(curve) < next_ms)
			err = rest(curve, next_ms - now_ms(curve));
	}
	if (err)
		return err;
	mark(curve, "swung");
	return empty(curve);
}

static int swiss_cheese(struct curve *curve)
{
	int err = peak(curve);

	if (!err)
		err = trough(curve, POPULATION_EVERY_SECOND_DIES, 0, "holes",
			     "holes_end");
	if (!err)
		err = step(curve, POPULATION_OTHER_BIRTHS, curve->peak_bytes);
	if (err)
		return err;
	mark(curve, "others");
	err = rest(curve, PEAK_MS);
	return err ?: empty(curve);
}

static const struct shape shapes[] = {
	{ "random", fall_at_random },
	{ "age", fall_by_age },
	{ "cheese", swiss_cheese },
	{ "swing1", swing, 1000 },
	{ "swing2", swing, 2000 },
	{ "swing4", swing, 4000 },
	{ "swing8", swing, 8000 },
};

static const struct shape *shape_parse(char **command)
{
	char *word = bench_command_word(command);
	u32 i;

	for (i = 0; word && i < ARRAY_SIZE(shapes); i++) {
		if (!strcmp(word, shapes[i].name))
			return &shapes[i];
	}
	return NULL;
}

/* ---- a run ----------------------------------------------------------------- */

static int curve_run(char *command)
{
	u32 backend, megabytes, seconds;
	enum population_sizes sizes;
	const struct shape *shape;
	struct curve *curve;
	int err;

	if (bench_command_backend(&command, &backend) ||
	    backend == KSPAN_BENCH_NULL ||
	    population_sizes_parse(&command, &sizes))
		return -EINVAL;
	shape = shape_parse(&command);
	if (!shape ||
	    bench_command_number(&command, MIN_MB, MAX_MB, &megabytes) ||
	    bench_command_number(&command, 1, MAX_SECONDS, &seconds) ||
	    bench_command_word(&command))
		return -EINVAL;

	last.shape = NULL;
	last.nr_samples = 0;
	last.nr_marks = 0;
	if (!last.samples)
		last.samples = bench_vmalloc(MAX_SAMPLES,
					     sizeof(*last.samples));
	curve = bench_vmalloc(1, sizeof(*curve));
	err = -ENOMEM;
	if (!last.samples || !curve)
		goto free;
	curve->peak_bytes = (u64)megabytes << 20;
	curve->seconds = seconds;
	curve->period_ms = shape->period_ms;
	err = population_init(&curve->population, backend, sizes, megabytes);
	if (err)
		goto free;
	curve->start = ktime_get();
	err = shape->run(curve);
	last.failures = curve->population.failures;
	population_exit(&curve->population);
	if (!err) {
		last.backend = backend;
		last.sizes = sizes;
		last.shape = shape->name;
		last.megabytes = megabytes;
	}
free:
	vfree(curve);
	return err;
}

static void curve_show(struct seq_file *m)
{
	u32 i;

	if (!last.shape)
		return;
	seq_printf(m, "curve %s %s %s %u %llu\n",
		   bench_command_backend_name(last.backend),
		   population_sizes_name(last.sizes), last.shape,
		   last.megabytes, last.failures);
	for (i = 0; i < last.nr_samples; i++) {
		const struct sample *sample = &last.samples[i];

		seq_printf(m, "sample %u %llu %lld %llu %llu %llu %llu %llu %llu\n",
			   sample->ms, sample->requested_bytes,
			   sample->held_bytes, sample->free_bytes,
			   sample->live_bytes, sample->cached_bytes,
			   sample->grown_bytes, sample->released_bytes,
			   sample->machine_bytes);
	}
	for (i = 0; i < last.nr_marks; i++) {
		const struct mark *mark = &last.marks[i];

		seq_printf(m, "mark %s %u %u %u %u\n", mark->name, mark->ms,
			   mark->nr_blocks, mark->nr_free, mark->nr_back);
	}
}

static struct bench_command curve_command = {
	.name	= "curve",
	.run	= curve_run,
	.show	= curve_show,
};

void bench_curve_init(struct dentry *dir, struct mutex *running)
{
	curve_command.lock = running;
	bench_command_create(dir, &curve_command);
}

void bench_curve_exit(void)
{
	vfree(last.samples);
}
