// SPDX-License-Identifier: GPL-2.0
/*
 * Traces. A replay trusts its events blindly, so that nothing but the allocator
 * is timed; what it relies on is proven here, once.
 */
#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "memory.h"
#include "trace.h"

enum { EVENTS_BETWEEN_BREAKS = 1 << 16 };

/* Plays one event on @sizes, the bytes in every slot; zero is not live. */
static int apply(const struct kspan_trace_event *event, u32 nr_slots,
		 u32 *sizes, u64 *live_bytes)
{
	u32 bytes = KSPAN_TRACE_BYTES(event->what);

	if (event->slot >= nr_slots)
		return -EINVAL;
	if (event->what & KSPAN_TRACE_FREE) {
		if (bytes || !sizes[event->slot])
			return -EINVAL;
		*live_bytes -= sizes[event->slot];
	} else {
		if (!bytes || sizes[event->slot])
			return -EINVAL;
		*live_bytes += bytes;
	}
	sizes[event->slot] = bytes;
	return 0;
}

static int check(struct bench_trace *trace)
{
	u64 live_bytes = 0, peak_bytes = 0;
	u32 i, *sizes;
	int err = 0;

	sizes = bench_vmalloc(trace->nr_slots, sizeof(*sizes));
	if (!sizes)
		return -ENOMEM;
	for (i = 0; !err && i < trace->nr_events; i++) {
		err = apply(&trace->events[i], trace->nr_slots, sizes,
			    &live_bytes);
		if (live_bytes > peak_bytes) {
			peak_bytes = live_bytes;
			trace->peak = i;
		}
		if (!(i % EVENTS_BETWEEN_BREAKS)) {
			cond_resched();
			if (fatal_signal_pending(current))
				err = -EINTR;
		}
	}
	vfree(sizes);
	return err;
}

struct bench_trace *
bench_trace_load(const struct kspan_bench_ioc_load *request)
{
	struct bench_trace *trace;
	int err = -ENOMEM;

	if (request->flags || !request->nr_events || !request->nr_slots ||
	    request->nr_events > KSPAN_TRACE_MAX_EVENTS ||
	    request->nr_slots > request->nr_events)
		return ERR_PTR(-EINVAL);

	trace = kzalloc(sizeof(*trace), GFP_KERNEL);
	if (!trace)
		return ERR_PTR(-ENOMEM);
	trace->nr_events = request->nr_events;
	trace->nr_slots = request->nr_slots;
	trace->events = bench_vmalloc(trace->nr_events, sizeof(*trace->events));
	if (!trace->events)
		goto fail;
	err = -EFAULT;
	if (copy_from_user(trace->events, u64_to_user_ptr(request->events),
			   array_size(trace->nr_events,
				      sizeof(*trace->events))))
		goto fail;
	err = check(trace);
	if (err)
		goto fail;
	return trace;
fail:
	bench_trace_free(trace);
	return ERR_PTR(err);
}

void bench_trace_free(struct bench_trace *trace)
{
	if (!trace)
		return;
	vfree(trace->events);
	kfree(trace);
}
