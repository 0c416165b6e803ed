// SPDX-License-Identifier: GPL-2.0
/* Who plays which events of a trace. */
#include <linux/bitmap.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "memory.h"
#include "schedule.h"
#include "trace.h"

enum {
	/* Short enough to look for signals and other work in between. */
	RUN_MAX_EVENTS	= 1024,
	SAMPLES		= 256,
};

/* Where the run ends that starts at event @start. */
static struct bench_run run_from(const struct bench_trace *trace, u32 start,
				 unsigned int nr_threads)
{
	const struct kspan_trace_event *events = trace->events;
	u32 distance = max(trace->nr_events / SAMPLES, 1U);
	u32 sample = (start / distance + 1) * distance;
	struct bench_run run = {
		.thread = KSPAN_TRACE_CPU(events[start].what) % nr_threads,
	};
	u32 i, limit;

	limit = min3(start + RUN_MAX_EVENTS, trace->nr_events, sample);
	if (start <= trace->peak)
		limit = min(limit, trace->peak + 1);
	for (i = start + 1; i < limit; i++)
		if (KSPAN_TRACE_CPU(events[i].what) % nr_threads != run.thread)
			break;
	run.end = i;
	if (i == sample)
		run.marks |= BENCH_SAMPLE;
	if (i == trace->peak + 1)
		run.marks |= BENCH_PEAK;
	return run;
}

/* Without @runs, only counts them. */
static u32 fill(struct bench_schedule *schedule, const struct bench_trace *trace,
		unsigned int nr_threads, struct bench_run *runs)
{
	DECLARE_BITMAP(threads, KSPAN_TRACE_NR_CPUS) = {};
	u32 at, nr_runs = 0;
	struct bench_run run, last;

	schedule->handovers = 0;
	schedule->samples = 0;
	for (at = 0; at < trace->nr_events; at = run.end) {
		run = run_from(trace, at, nr_threads);
		if (nr_runs && run.thread != last.thread)
			schedule->handovers++;
		if (run.marks & BENCH_SAMPLE)
			schedule->samples++;
		__set_bit(run.thread, threads);
		if (runs)
			runs[nr_runs] = run;
		nr_runs++;
		last = run;
		if (!(nr_runs % RUN_MAX_EVENTS))
			cond_resched();
	}
	schedule->nr_threads = bitmap_weight(threads, KSPAN_TRACE_NR_CPUS);
	return nr_runs;
}

int bench_schedule_make(struct bench_schedule *schedule,
			const struct bench_trace *trace,
			unsigned int nr_threads)
{
	schedule->nr_runs = fill(schedule, trace, nr_threads, NULL);
	schedule->runs = bench_vmalloc(schedule->nr_runs,
				       sizeof(*schedule->runs));
	if (!schedule->runs)
		return -ENOMEM;
	fill(schedule, trace, nr_threads, schedule->runs);
	return 0;
}

void bench_schedule_free(struct bench_schedule *schedule)
{
	vfree(schedule->runs);
}
