/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who plays which events of a trace. A run is a stretch of events that one
 * thread plays without a look at anything else.
 */
#ifndef _KSPAN_BENCH_SCHEDULE_H
#define _KSPAN_BENCH_SCHEDULE_H

#include <linux/types.h>

struct bench_trace;

/* What is measured after a run. */
enum {
	BENCH_SAMPLE	= 1,	/* one of the samples at equal distances */
	BENCH_PEAK	= 2,	/* this is the peak */
};

struct bench_run {
	u32 end;		/* the first event that is not in it */
	u16 thread;
	u16 marks;
};

struct bench_schedule {
	struct bench_run *runs;
	u32 nr_runs;
	u32 handovers;		/* runs whose thread is not that before */
	u32 samples;		/* runs with BENCH_SAMPLE */
	u32 nr_threads;		/* threads that play any */
};

/* For @nr_threads threads: that of a CPU is its number modulo these. */
int bench_schedule_make(struct bench_schedule *schedule,
			const struct bench_trace *trace,
			unsigned int nr_threads);
void bench_schedule_free(struct bench_schedule *schedule);

#endif /* _KSPAN_BENCH_SCHEDULE_H */
