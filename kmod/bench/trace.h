/* SPDX-License-Identifier: GPL-2.0 */
/* A recorded trace, copied from user space and proven to be playable. */
#ifndef _KSPAN_BENCH_TRACE_H
#define _KSPAN_BENCH_TRACE_H

#include <uapi/linux/kspan_bench.h>

struct bench_trace {
	struct kspan_trace_event *events;
	u16 *cache_of;	/* of every event: in @caches, from 1; 0: kmalloc() */
	struct kspan_bench_cache *caches;
	u32 nr_caches;
	u32 nr_events;
	u32 nr_slots;
	u32 peak;	/* the event after which most bytes are requested */
};

/* The trace, or an ERR_PTR. Sleeps. */
struct bench_trace *
bench_trace_load(const struct kspan_bench_ioc_load *request);

/* NULL is ignored. */
void bench_trace_free(struct bench_trace *trace);

#endif /* _KSPAN_BENCH_TRACE_H */
