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

/* What kmem_cache_create() would refuse with a report, and no more. */
static bool is_cache(const struct kspan_bench_cache *cache)
{
	return cache->object_bytes &&
	       cache->object_bytes <= cache->slot_bytes &&
	       cache->slot_bytes <= KMALLOC_MAX_SIZE &&
	       IS_ALIGNED(cache->slot_bytes, sizeof(void *));
}

static int check_caches(const struct bench_trace *trace)
{
	u32 i;

	for (i = 0; i < trace->nr_caches; i++)
		if (!is_cache(&trace->caches[i]))
			return -EINVAL;
	return 0;
}

/* The object fits into its cache. A free is from where its object was. */
static int check_cache_of(const struct bench_trace *trace, u32 i)
{
	u32 what = trace->events[i].what, cache = trace->cache_of[i];

	if (!cache)
		return 0;
	if (what & KSPAN_TRACE_FREE || cache > trace->nr_caches ||
	    KSPAN_TRACE_BYTES(what) > trace->caches[cache - 1].object_bytes)
		return -EINVAL;
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
		if (!err)
			err = check_cache_of(trace, i);
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

/* An array of @n, which user space has; all zero if it may have none. */
static int copy_array(void **array, u64 user, u32 n, size_t bytes,
		      bool optional)
{
	if (!n)
		return 0;
	*array = bench_vmalloc(n, bytes);
	if (!*array)
		return -ENOMEM;
	if (!user && optional)
		return 0;
	if (copy_from_user(*array, u64_to_user_ptr(user), array_size(n, bytes)))
		return -EFAULT;
	return 0;
}

static int copy_trace(struct bench_trace *trace,
		      const struct kspan_bench_ioc_load *request)
{
	int err;

	err = copy_array((void **)&trace->events, request->events,
			 trace->nr_events, sizeof(*trace->events), false);
	if (!err)
		err = copy_array((void **)&trace->cache_of, request->cache_of,
				 trace->nr_events, sizeof(*trace->cache_of), true);
	if (!err)
		err = copy_array((void **)&trace->caches, request->caches,
				 trace->nr_caches, sizeof(*trace->caches), false);
	return err;
}

struct bench_trace *
bench_trace_load(const struct kspan_bench_ioc_load *request)
{
	struct bench_trace *trace;
	int err;

	if (request->flags || request->reserved || !request->nr_events || !request->nr_slots ||
	    request->nr_events > KSPAN_TRACE_MAX_EVENTS ||
	    request->nr_slots > request->nr_events ||
	    request->nr_caches > KSPAN_TRACE_MAX_CACHES ||
	    !request->nr_caches != !request->caches)
		return ERR_PTR(-EINVAL);

	trace = kzalloc(sizeof(*trace), GFP_KERNEL);
	if (!trace)
		return ERR_PTR(-ENOMEM);
	trace->nr_events = request->nr_events;
	trace->nr_slots = request->nr_slots;
	trace->nr_caches = request->nr_caches;
	err = copy_trace(trace, request);
	if (!err)
		err = check_caches(trace);
	if (!err)
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
	vfree(trace->cache_of);
	vfree(trace->caches);
	kfree(trace);
}
