/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: kspan:scavenge, grow, refill, flush, limit, free_bad, gc_begin and
 * gc_end.
 *
 * All are in slow paths, and fire with no lock held. Switched off, each is a
 * nop. Fields have their units in their names, as debugfs has.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kspan

#if !defined(_KSPAN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KSPAN_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>
#include <trace/events/mmflags.h>

#include "base/compat.h"
#include "base/mistake.h"

TRACE_DEFINE_ENUM(KSPAN_MISTAKE_FOREIGN);
TRACE_DEFINE_ENUM(KSPAN_MISTAKE_FREE_PAGE);
TRACE_DEFINE_ENUM(KSPAN_MISTAKE_RELEASED);
TRACE_DEFINE_ENUM(KSPAN_MISTAKE_INTERIOR);
TRACE_DEFINE_ENUM(KSPAN_MISTAKE_TAIL);
TRACE_DEFINE_ENUM(KSPAN_MISTAKE_DOUBLE_FREE);
TRACE_DEFINE_ENUM(KSPAN_MISTAKE_LATE_DOUBLE_FREE);

#define kspan_show_mistake(mistake)					\
	__print_symbolic(mistake,					\
		{ KSPAN_MISTAKE_FOREIGN, "foreign" },			\
		{ KSPAN_MISTAKE_FREE_PAGE, "free_page" },		\
		{ KSPAN_MISTAKE_RELEASED, "released" },			\
		{ KSPAN_MISTAKE_INTERIOR, "interior" },			\
		{ KSPAN_MISTAKE_TAIL, "tail" },				\
		{ KSPAN_MISTAKE_DOUBLE_FREE, "double_free" },		\
		{ KSPAN_MISTAKE_LATE_DOUBLE_FREE, "late_double_free" })

/* Free pages have gone back to the kernel. */
TRACE_EVENT(scavenge,
	TP_PROTO(const char *heap, size_t bytes),
	TP_ARGS(heap, bytes),
	TP_STRUCT__entry(
		__string(heap, heap)
		__field(size_t, bytes)
	),
	TP_fast_assign(
		kspan_assign_str(heap, heap);
		__entry->bytes = bytes;
	),
	TP_printk("heap=%s bytes=%zu", __get_str(heap), __entry->bytes)
);

/* The heap has taken memory from the kernel; of no node in particular, -1. */
TRACE_EVENT(grow,
	TP_PROTO(const char *heap, int node, size_t bytes, gfp_t gfp),
	TP_ARGS(heap, node, bytes, gfp),
	TP_STRUCT__entry(
		__string(heap, heap)
		__field(int, node)
		__field(size_t, bytes)
		__field(unsigned long, gfp_flags)
	),
	TP_fast_assign(
		kspan_assign_str(heap, heap);
		__entry->node = node;
		__entry->bytes = bytes;
		__entry->gfp_flags = (__force unsigned long)gfp;
	),
	TP_printk("heap=%s node=%d bytes=%zu gfp_flags=%s", __get_str(heap),
		  __entry->node, __entry->bytes,
		  show_gfp_flags(__entry->gfp_flags))
);

DECLARE_EVENT_CLASS(kspan_batch,
	TP_PROTO(const char *heap, int node, unsigned int class,
		 unsigned int size_bytes, unsigned int objects),
	TP_ARGS(heap, node, class, size_bytes, objects),
	TP_STRUCT__entry(
		__string(heap, heap)
		__field(int, node)
		__field(unsigned int, class)
		__field(unsigned int, size_bytes)
		__field(unsigned int, objects)
	),
	TP_fast_assign(
		kspan_assign_str(heap, heap);
		__entry->node = node;
		__entry->class = class;
		__entry->size_bytes = size_bytes;
		__entry->objects = objects;
	),
	TP_printk("heap=%s node=%d class=%u size_bytes=%u objects=%u",
		  __get_str(heap), __entry->node, __entry->class,
		  __entry->size_bytes, __entry->objects)
);

/* A batch has gone from spans to a magazine. */
DEFINE_EVENT(kspan_batch, refill,
	TP_PROTO(const char *heap, int node, unsigned int class,
		 unsigned int size_bytes, unsigned int objects),
	TP_ARGS(heap, node, class, size_bytes, objects)
);

/* A batch has come back from magazines or a depot. */
DEFINE_EVENT(kspan_batch, flush,
	TP_PROTO(const char *heap, int node, unsigned int class,
		 unsigned int size_bytes, unsigned int objects),
	TP_ARGS(heap, node, class, size_bytes, objects)
);

/* An allocation has failed at the limit or, with __GFP_NOFAIL, passed it. */
TRACE_EVENT(limit,
	TP_PROTO(const char *heap, u64 backing_bytes, u64 limit_bytes,
		 bool passed),
	TP_ARGS(heap, backing_bytes, limit_bytes, passed),
	TP_STRUCT__entry(
		__string(heap, heap)
		__field(u64, backing_bytes)
		__field(u64, limit_bytes)
		__field(bool, passed)
	),
	TP_fast_assign(
		kspan_assign_str(heap, heap);
		__entry->backing_bytes = backing_bytes;
		__entry->limit_bytes = limit_bytes;
		__entry->passed = passed;
	),
	TP_printk("heap=%s backing_bytes=%llu limit_bytes=%llu passed=%d",
		  __get_str(heap), __entry->backing_bytes,
		  __entry->limit_bytes, __entry->passed)
);

/* A cycle of a collected heap begins. */
TRACE_EVENT(gc_begin,
	TP_PROTO(const char *heap, u64 live_bytes, bool forced),
	TP_ARGS(heap, live_bytes, forced),
	TP_STRUCT__entry(
		__string(heap, heap)
		__field(u64, live_bytes)
		__field(bool, forced)
	),
	TP_fast_assign(
		kspan_assign_str(heap, heap);
		__entry->live_bytes = live_bytes;
		__entry->forced = forced;
	),
	TP_printk("heap=%s live_bytes=%llu forced=%d", __get_str(heap),
		  __entry->live_bytes, __entry->forced)
);

/* It is complete. */
TRACE_EVENT(gc_end,
	TP_PROTO(const char *heap, u64 marked_bytes, u64 freed_bytes,
		 u64 freed_objects, u64 mark_ns, u64 sweep_ns),
	TP_ARGS(heap, marked_bytes, freed_bytes, freed_objects, mark_ns, sweep_ns),
	TP_STRUCT__entry(
		__string(heap, heap)
		__field(u64, marked_bytes)
		__field(u64, freed_bytes)
		__field(u64, freed_objects)
		__field(u64, mark_ns)
		__field(u64, sweep_ns)
	),
	TP_fast_assign(
		kspan_assign_str(heap, heap);
		__entry->marked_bytes = marked_bytes;
		__entry->freed_bytes = freed_bytes;
		__entry->freed_objects = freed_objects;
		__entry->mark_ns = mark_ns;
		__entry->sweep_ns = sweep_ns;
	),
	TP_printk("heap=%s marked_bytes=%llu freed_bytes=%llu freed_objects=%llu mark_ns=%llu sweep_ns=%llu",
		  __get_str(heap), __entry->marked_bytes, __entry->freed_bytes,
		  __entry->freed_objects, __entry->mark_ns, __entry->sweep_ns)
);

/*
 * A free was refused. The address is shown hashed, as kmem's events have it;
 * @caller is who has called kspan.
 */
TRACE_EVENT(free_bad,
	TP_PROTO(const char *heap, const void *ptr, enum kspan_mistake mistake,
		 unsigned long caller),
	TP_ARGS(heap, ptr, mistake, caller),
	TP_STRUCT__entry(
		__string(heap, heap[0] ? heap : "none")
		__field(const void *, ptr)
		__field(int, mistake)
		__field(unsigned long, caller)
	),
	TP_fast_assign(
		kspan_assign_str(heap, heap[0] ? heap : "none");
		__entry->ptr = ptr;
		__entry->mistake = mistake;
		__entry->caller = caller;
	),
	TP_printk("heap=%s ptr=%p mistake=%s caller=%pS", __get_str(heap),
		  __entry->ptr, kspan_show_mistake(__entry->mistake),
		  (void *)__entry->caller)
);

#endif /* _KSPAN_TRACE_H */

/* The include path of this project's modules has the folder above kmod/. */
#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH kmod/base
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
