/* SPDX-License-Identifier: GPL-2.0 */
/* The events of a trace, played on an allocator. */
#ifndef _KSPAN_BENCH_PLAY_H
#define _KSPAN_BENCH_PLAY_H

#include "backend.h"

struct bench_trace;

struct bench_slot {
	void *p;		/* NULL: not live, or could not be allocated */
	u32 bytes;		/* requested */
	u32 cache;		/* as recorded; 0: kmalloc() */
};

/*
 * A game belongs to one thread at a time: the one whose turn it is, or whoever
 * set it up once the threads are gone.
 */
struct bench_game {
	const struct bench_trace *trace;
	const struct bench_backend *backend;
	struct bench_store store;
	struct bench_slot *slots;
	u32 flags;			/* KSPAN_BENCH_MEASURE, _CHECK */

	/* Kept up to date with KSPAN_BENCH_MEASURE, but for what is held. */
	struct kspan_bench_memory live;
	u64 allocs;
	u64 frees;
	u64 failures;
	u64 corruptions;
	u64 ticks;
};

/* Plays the events from @from to before @to. */
void bench_play(struct bench_game *game, u32 from, u32 to);

/* Frees what is live, checked as in a free of the trace, but not counted. */
void bench_play_free_all(struct bench_game *game);

/* Frees nine of ten objects that are live, at random. */
void bench_play_thin(struct bench_game *game);

#endif /* _KSPAN_BENCH_PLAY_H */
