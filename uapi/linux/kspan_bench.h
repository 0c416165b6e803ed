/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The user interface of kspan_bench: /dev/kspan_bench, which compares kspan
 * with the kernel's own allocators.
 *
 * The rules are those of linux/kspan.h: every struct opens with its size and a
 * flags word, a shorter struct is filled up with zeroes, a longer one must end
 * in zeroes (-E2BIG), unknown flags and values give -EINVAL, an unknown request
 * -ENOTTY. Everything here needs CAP_SYS_ADMIN (-EPERM). One request runs at a
 * time; others wait.
 */
#ifndef _UAPI_LINUX_KSPAN_BENCH_H
#define _UAPI_LINUX_KSPAN_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Where objects come from. */
enum kspan_bench_backend {
	KSPAN_BENCH_NULL		= 0,	/* nowhere: what the loop costs */
	/*
	 * A heap made for the run. In a replay, what came from a kmem_cache comes
	 * from a typed cache of the heap, for objects of that size and alignment.
	 */
	KSPAN_BENCH_KSPAN		= 1,
	/*
	 * kmalloc() and kfree(). In a replay, what came from a kmem_cache comes
	 * from one again, which is made for the run.
	 */
	KSPAN_BENCH_KMALLOC		= 2,
	/*
	 * The same with caches of kmalloc's sizes in place of kmalloc(), made for
	 * the run: as it would be with nobody else's objects in its slabs.
	 */
	KSPAN_BENCH_KMEM_CACHE		= 3,
	KSPAN_BENCH_NR_BACKENDS		= 4,
};

/*
 * One event of a trace. @slot names the object while it lives: the recorder
 * gives out the smallest free number, so that slots are no more than objects
 * were ever live at once.
 */
struct kspan_trace_event {
	__u32 slot;
	__u32 what;	/* the size requested, the CPU and whether it is a free */
};

/* kspan_trace_event.what of an allocation; a free has no size. */
#define KSPAN_TRACE_FREE	0x80000000u
#define KSPAN_TRACE_CPU_SHIFT	24
#define KSPAN_TRACE_NR_CPUS	128u
#define KSPAN_TRACE_CPU(what)	(((what) >> KSPAN_TRACE_CPU_SHIFT) & 127u)
#define KSPAN_TRACE_MAX_BYTES	0xffffffu
#define KSPAN_TRACE_BYTES(what)	((what) & KSPAN_TRACE_MAX_BYTES)

/* Bounds of a trace: 1 GB of events. */
#define KSPAN_TRACE_MAX_EVENTS	(1u << 27)

/* Bound of the caches of a trace. */
#define KSPAN_TRACE_MAX_CACHES	4096u

/**
 * struct kspan_bench_cache - a kmem_cache of the recorded kernel
 * @object_bytes: what its users ask for
 * @slot_bytes: what an object takes in a slab, a multiple of 8
 */
struct kspan_bench_cache {
	__u32 object_bytes;
	__u32 slot_bytes;
};

/**
 * struct kspan_bench_ioc_load - KSPAN_BENCH_IOC_LOAD
 * @size: sizeof the struct
 * @flags: must be zero
 * @events: user address of an array of struct kspan_trace_event
 * @nr_events: how many
 * @nr_slots: slots are below this
 * @caches: user address of an array of struct kspan_bench_cache
 * @cache_of: user address of an array of __u16, one for each event: which of
 *	@caches the object came from, counted from 1; 0 if kmalloc() gave it, and
 *	of a free. Without the array, all are 0
 * @nr_caches: how many
 * @reserved: must be zero
 *
 * The trace is copied and belongs to the open file, in place of the one before.
 * -EINVAL: an allocation of a live slot or of no bytes, a free of a slot that
 * is not live, a slot out of range; a cache that is none, or too small for its
 * object.
 */
struct kspan_bench_ioc_load {
	__u32 size;
	__u32 flags;
	__aligned_u64 events;
	__u32 nr_events;
	__u32 nr_slots;
	__aligned_u64 caches;
	__aligned_u64 cache_of;
	__u32 nr_caches;
	__u32 reserved;
};

/**
 * struct kspan_bench_memory - what is held at one point of a replay
 * @requested_bytes: sum of the sizes asked for, of live objects
 * @slot_bytes: the same objects, as the allocator rounds them
 * @held_bytes: pages the allocator holds for them
 * @metadata_bytes: what it holds beside these, where it says so
 * @objects: live objects
 *
 * @held_bytes is kspan's backing_bytes. For the kernel's allocators it is how
 * far the machine's slab pages (which include large kmalloc) have grown since
 * the replay began, so it has two errors: other users of kmalloc come and go
 * meanwhile, and free objects that were there before are used first (never so
 * for KSPAN_BENCH_KMEM_CACHE). It may be below @slot_bytes, even negative. What
 * it says with KSPAN_BENCH_NULL is the first of these errors.
 */
struct kspan_bench_memory {
	__u64 requested_bytes;
	__u64 slot_bytes;
	__s64 held_bytes;
	__u64 metadata_bytes;
	__u64 objects;
};

/* Flags of struct kspan_bench_ioc_replay. */
#define KSPAN_BENCH_MEASURE	0x1u	/* memory; else time only */
#define KSPAN_BENCH_CHECK	0x2u	/* objects keep what is written */
#define KSPAN_BENCH_KEEP	0x4u	/* kspan: the heap stays */
#define KSPAN_BENCH_THIN	0x8u	/* MEASURE: free nine of ten at the end */
#define KSPAN_BENCH_REPLAY_FLAGS	0xfu

/* Name of the heap of a replay. */
#define KSPAN_BENCH_HEAP	"replay"

/**
 * struct kspan_bench_ioc_replay - KSPAN_BENCH_IOC_REPLAY
 * @size: sizeof the struct
 * @flags: KSPAN_BENCH_MEASURE, _CHECK, _KEEP, _THIN
 * @backend: enum kspan_bench_backend
 * @nr_cpus: out: CPUs that took part
 * @allocs: out: allocations that succeeded
 * @frees: out: frees in the trace, of objects that were allocated
 * @failures: out: allocations that failed
 * @corruptions: out: objects that had changed when they were freed (CHECK)
 * @handovers: out: how often the next event was another CPU's
 * @ticks: out: of the time stamp counter, spent in events
 * @ticks_per_ms: out: rate of the time stamp counter
 * @wall_ns: out: from the first event to the last
 * @peak: out: when most bytes were requested (MEASURE)
 * @end: out: after the last event (MEASURE)
 * @held_max_bytes: out: the highest sample (MEASURE)
 * @requested_sum_bytes: out: sum of the samples (MEASURE)
 * @held_sum_bytes: out: sum of the samples (MEASURE)
 * @samples: out: taken at equal distances (MEASURE)
 * @held_freed_bytes: out: once every object was freed (MEASURE, not KEEP)
 * @held_returned_bytes: out: then, once the backend was asked to give back to
 *	the kernel what it can; kmalloc cannot be asked (MEASURE, not KEEP)
 * @thinned: once nine of ten objects that were live at the end were freed, at
 *	random (THIN)
 * @held_thinned_bytes: then, 0, 1 and 10 seconds after the backend was asked to
 *	give back (THIN)
 *
 * Plays the trace of this open file (-ENODATA: none). Every event runs on the
 * CPU it was recorded on, or on that number modulo the CPUs online, in the
 * order of the trace. Afterwards everything is freed, unless KEEP leaves the
 * heap as it is at the end of the trace. -EEXIST: a heap of that name is there,
 * likely one that was kept. -EINTR: a signal came; all is freed.
 */
struct kspan_bench_ioc_replay {
	__u32 size;
	__u32 flags;
	__u32 backend;
	__u32 nr_cpus;
	__u64 allocs;
	__u64 frees;
	__u64 failures;
	__u64 corruptions;
	__u64 handovers;
	__u64 ticks;
	__u64 ticks_per_ms;
	__u64 wall_ns;
	struct kspan_bench_memory peak;
	struct kspan_bench_memory end;
	__s64 held_max_bytes;
	__u64 requested_sum_bytes;
	__s64 held_sum_bytes;
	__u64 samples;
	__s64 held_freed_bytes;
	__s64 held_returned_bytes;
	struct kspan_bench_memory thinned;
	__s64 held_thinned_bytes[3];
};

/* Flags of struct kspan_bench_ioc_drop. */
#define KSPAN_BENCH_OBJECTS	0x1u	/* free the objects, keep the heap */
#define KSPAN_BENCH_DROP_FLAGS	0x1u

/**
 * struct kspan_bench_ioc_drop - KSPAN_BENCH_IOC_DROP
 * @size: sizeof the struct
 * @flags: KSPAN_BENCH_OBJECTS
 *
 * Destroys the heap that KSPAN_BENCH_KEEP left, or frees what is live in it one
 * by one. -ENOENT: there is none.
 */
struct kspan_bench_ioc_drop {
	__u32 size;
	__u32 flags;
};

#define KSPAN_BENCH_IOC_MAGIC	0xB9
#define KSPAN_BENCH_IOC_LOAD	_IOWR(KSPAN_BENCH_IOC_MAGIC, 65, struct kspan_bench_ioc_load)
#define KSPAN_BENCH_IOC_REPLAY	_IOWR(KSPAN_BENCH_IOC_MAGIC, 66, struct kspan_bench_ioc_replay)
#define KSPAN_BENCH_IOC_DROP	_IOWR(KSPAN_BENCH_IOC_MAGIC, 67, struct kspan_bench_ioc_drop)

#endif /* _UAPI_LINUX_KSPAN_BENCH_H */
