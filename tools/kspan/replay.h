/* SPDX-License-Identifier: GPL-2.0 */
/* What replays of one trace have shown. */
#ifndef KSPAN_REPLAY_H
#define KSPAN_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/kspan_bench.h>

#include "trace.h"

/*
 * The cost of one operation. That of the replay itself, which is that of the
 * backend KSPAN_BENCH_NULL, is subtracted from the others'.
 */
struct replay_speed {
	double min_ticks;
	double median_ticks;
	double max_ticks;
};

struct replay_result {
	bool done;
	struct kspan_bench_ioc_replay memory;	/* of the pass that measures */
	struct replay_speed speed;
};

struct replay_report {
	const char *path;
	const struct trace *trace;
	unsigned int repeats;			/* of the passes for speed */
	bool has_memory;
	bool has_speed;
	bool has_thinned;			/* with memory */
	bool is_part;				/* of what was recorded */
	unsigned int nr_caches;			/* that objects came from */
	double ns_per_tick;
	struct replay_result results[KSPAN_BENCH_NR_BACKENDS];
};

/* "kspan", "kmalloc", ... */
extern const char *const replay_backends[KSPAN_BENCH_NR_BACKENDS];

void replay_print(const struct replay_report *report);
void replay_print_json(const struct replay_report *report);

#endif /* KSPAN_REPLAY_H */
