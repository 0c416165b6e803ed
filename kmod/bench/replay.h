/* SPDX-License-Identifier: GPL-2.0 */
/* A trace, replayed on an allocator by one thread per CPU. */
#ifndef _KSPAN_BENCH_REPLAY_H
#define _KSPAN_BENCH_REPLAY_H

#include <uapi/linux/kspan_bench.h>

struct bench_trace;

/*
 * Callers see to it that one of these runs at a time. @request says what to do
 * and is filled in.
 */
int bench_replay(const struct bench_trace *trace,
		 struct kspan_bench_ioc_replay *request);

/* Destroys the heap of a replay that kept it; -ENOENT if there is none. */
int bench_replay_drop(void);

/* Frees what is live in that heap; -ENOENT as above. */
int bench_replay_free_kept(void);

#endif /* _KSPAN_BENCH_REPLAY_H */
