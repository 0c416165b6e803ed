/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The user interface of kspan: /dev/kspan.
 *
 * Every ioctl takes one struct that opens with its own size and a flags word.
 * The kernel accepts a shorter struct (missing fields read as zero) and a
 * longer one whose surplus is zero, else -E2BIG; a size below 8 is -EINVAL.
 * Flags that are not defined here and reserved fields that are not zero give
 * -EINVAL, an unknown heap -ENOENT, an unknown request -ENOTTY. No struct has
 * implicit padding, so the layout is the same for 32- and 64-bit callers.
 *
 * Requests that change a heap need CAP_SYS_ADMIN (-EPERM), and so do SPANS and
 * ARENAS, which tell where in physical memory a heap lies. No answer holds a
 * kernel address: places are arena numbers and page numbers.
 */
#ifndef _UAPI_LINUX_KSPAN_H
#define _UAPI_LINUX_KSPAN_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Bytes of a heap's name, the terminating NUL included. */
#define KSPAN_NAME_BYTES	32

/*
 * Size classes are 1 .. KSPAN_NR_CLASSES; class 0 is a large object. Larger numbers
 * are typed caches.
 */
#define KSPAN_NR_CLASSES	67

/**
 * struct kspan_heap_stats - the balance sheet of one heap
 * @backing_bytes: memory taken from the kernel and not given back
 * @live_bytes: slots handed out and not freed, large objects' pages included
 * @cached_bytes: slots in CPU caches, and batches on their way
 * @span_free_bytes: free slots in spans
 * @tail_bytes: ends of spans where no slot fits
 * @page_free_bytes: pages in no span, those of the reserve included
 * @metadata_bytes: memory that describes the above; not part of it
 * @live_objects: allocs_total - frees_total
 * @allocs_total: objects handed out since the heap was made
 * @frees_total: objects freed since the heap was made
 * @released_bytes_total: bytes given back to the kernel
 * @grown_bytes_total: bytes taken from the kernel
 * @limit_bytes: upper bound of backing_bytes; 0 is none
 * @limit_hits_total: allocations that failed at the limit
 * @bad_frees_total: frees that were refused
 * @refills_total: batches moved from spans to CPU caches
 * @flushes_total: batches moved from CPU caches to spans
 * @spans: spans in use, large objects included
 * @arenas: 64 MB windows in which the heap has pages
 * @large_objects: live objects above the largest size class, stacks and regions
 * @large_bytes: their bytes, as counted in live_bytes
 * @soft_limit_bytes: what backing_bytes is brought down to; 0 is none
 * @soft_limit_hits_total: growths beyond it
 * @reserve_bytes: pages kept for when the kernel gives none
 * @reserve_free_bytes: of these, what is not lent
 * @ready_bytes: free pages that can go to the kernel at once
 * @released_background_bytes_total: given back as it was not needed of late
 * @released_pressure_bytes_total: given back as the kernel was short of memory
 * @released_explicit_bytes_total: given back as somebody asked for it
 * @released_limit_bytes_total: given back as it was above a limit
 * @retaken_bytes_total: taken from the kernel again within 5 seconds
 * @stack_overflows_total: pushes for which a stack had no room
 * @member_frees_total: frees of what lies in stacks and regions, which do nothing
 *
 * backing_bytes = live_bytes + cached_bytes + span_free_bytes + tail_bytes +
 * page_free_bytes holds at any moment;
 * grown_bytes_total - released_bytes_total = backing_bytes.
 */
struct kspan_heap_stats {
	__u64 backing_bytes;
	__u64 live_bytes;
	__u64 cached_bytes;
	__u64 span_free_bytes;
	__u64 tail_bytes;
	__u64 page_free_bytes;
	__u64 metadata_bytes;
	__u64 live_objects;
	__u64 allocs_total;
	__u64 frees_total;
	__u64 released_bytes_total;
	__u64 grown_bytes_total;
	__u64 limit_bytes;
	__u64 limit_hits_total;
	__u64 bad_frees_total;
	__u64 refills_total;
	__u64 flushes_total;
	__u64 spans;
	__u64 arenas;
	__u64 large_objects;
	__u64 large_bytes;
	__u64 soft_limit_bytes;
	__u64 soft_limit_hits_total;
	__u64 reserve_bytes;
	__u64 reserve_free_bytes;
	__u64 ready_bytes;
	__u64 released_background_bytes_total;
	__u64 released_pressure_bytes_total;
	__u64 released_explicit_bytes_total;
	__u64 released_limit_bytes_total;
	__u64 retaken_bytes_total;
	__u64 stack_overflows_total;
	__u64 member_frees_total;
};

/* Buckets of the pauses of a collected heap's mutators. */
#define KSPAN_GC_PAUSE_BUCKETS	40

/**
 * struct kspan_gc_stats - what the collector of a heap has done
 * @cycles_total: cycles that are complete
 * @pause_ns_hist: how often a mutator was held up for 2^i .. 2^(i+1) - 1 ns
 * @marked_bytes: what the last cycle has found to be reachable
 * @swept_bytes: what the last cycle has freed
 * @freed_objects_total: objects that cycles have freed
 * @goal_bytes: live bytes at which the next cycle is to be complete
 * @trigger_bytes: live bytes at which it begins
 * @assist_ns_total: time for which mutators have done the collector's work
 * @cycles_forced_total: of @cycles_total, those that somebody has asked for
 * @mark_ns_total: time that marking has taken the collector
 * @sweep_ns_total: likewise sweeping
 * @cycle_ns: what the last cycle took from its beginning to its end
 * @overflows_total: times that grey objects had no room, and were looked for
 * @cleanups_total: cleanups that have run
 * @zombies_total: pointers to freed objects that sweeps have met
 * @worker_ns_total: CPU time that the collector itself has taken
 * @share_per_mille: what the last cycle has taken of all CPUs, mutators' part included
 * @spared_total: times that mutators were not asked to mark, as the collector has had half
 *	of the CPUs
 * @swept_by_need_total: spans that were swept by who wanted slots of them
 */
struct kspan_gc_stats {
	__u64 cycles_total;
	__u64 pause_ns_hist[KSPAN_GC_PAUSE_BUCKETS];
	__u64 marked_bytes;
	__u64 swept_bytes;
	__u64 freed_objects_total;
	__u64 goal_bytes;
	__u64 trigger_bytes;
	__u64 assist_ns_total;
	__u64 cycles_forced_total;
	__u64 mark_ns_total;
	__u64 sweep_ns_total;
	__u64 cycle_ns;
	__u64 overflows_total;
	__u64 cleanups_total;
	__u64 zombies_total;
	__u64 worker_ns_total;
	__u64 share_per_mille;
	__u64 spared_total;
	__u64 swept_by_need_total;
};

/**
 * struct kspan_ioc_version - KSPAN_IOC_VERSION
 * @size: sizeof the struct
 * @flags: must be zero
 * @nr_classes: size classes
 * @page_bytes: a heap page
 * @chunk_bytes: a chunk, the largest piece of contiguous memory
 * @arena_bytes: an arena
 * @max_class_bytes: the largest size that has a size class
 * @reserved: must be zero
 * @version: the module's version, NUL-terminated
 */
struct kspan_ioc_version {
	__u32 size;
	__u32 flags;
	__u32 nr_classes;
	__u32 page_bytes;
	__u64 chunk_bytes;
	__u64 arena_bytes;
	__u32 max_class_bytes;
	__u32 reserved;
	char version[KSPAN_NAME_BYTES];
};

/* Who made a heap, in struct kspan_heap_entry.owner_kind. */
enum kspan_heap_owner {
	KSPAN_OWNER_DEFAULT	= 0,	/* kspan itself: the default heap */
	KSPAN_OWNER_MODULE	= 1,
	KSPAN_OWNER_USER	= 2,	/* KSPAN_IOC_HEAP_CREATE */
};

/* Flags of a heap: struct kspan_ioc_heap_create and kspan_heap_params. */
#define KSPAN_HEAP_NODE			(1u << 0)	/* .node is meant */
#define KSPAN_HEAP_ACCOUNT		(1u << 1)	/* charge the maker's memcg */
#define KSPAN_HEAP_ZERO_ON_DESTROY	(1u << 2)	/* wipe at the end */
#define KSPAN_HEAP_WARN_LIVE		(1u << 3)	/* tell of what is left at the end */
#define KSPAN_HEAP_FLAGS		((1u << 4) - 1)
/* Likewise, but no ioctl makes one: collected, see linux/kspan_gc.h. */
#define KSPAN_HEAP_GC			(1u << 4)

/**
 * struct kspan_heap_entry - one heap in the list
 * @id: never used twice while the module is loaded
 * @limit_bytes: upper bound of backing_bytes; 0 is none
 * @backing_bytes: memory the heap holds
 * @live_bytes: memory its users hold
 * @flags: KSPAN_HEAP_*
 * @node: NUMA node of KSPAN_HEAP_NODE, else -1
 * @owner_kind: enum kspan_heap_owner
 * @reserved: zero
 * @name: NUL-terminated
 * @owner: the module that made it, or the task; NUL-terminated
 */
struct kspan_heap_entry {
	__u64 id;
	__u64 limit_bytes;
	__u64 backing_bytes;
	__u64 live_bytes;
	__u32 flags;
	__s32 node;
	__u32 owner_kind;
	__u32 reserved;
	char name[KSPAN_NAME_BYTES];
	char owner[64];
};

/**
 * struct kspan_ioc_list - KSPAN_IOC_HEAPS, _CLASSES, _SPANS, _ARENAS
 * @size: sizeof the struct
 * @flags: must be zero
 * @heap: the heap's name; all NUL for KSPAN_IOC_HEAPS
 * @entries: user address of an array; may be zero if @capacity is
 * @entry_bytes: sizeof an entry as the caller knows it; each is written that
 *	far, and filled up with zeroes beyond what the kernel knows
 * @capacity: entries that fit
 * @count: out: entries written
 * @needed: out: entries there are, for KSPAN_IOC_SPANS from the cursor on
 * @cursor: KSPAN_IOC_SPANS only: in: zero, or what the last call gave;
 *	out: where to go on, ~0 at the end. Zero for the other requests
 *
 * A short array is filled as far as it goes.
 */
struct kspan_ioc_list {
	__u32 size;
	__u32 flags;
	char heap[KSPAN_NAME_BYTES];
	__aligned_u64 entries;
	__u32 entry_bytes;
	__u32 capacity;
	__u32 count;
	__u32 needed;
	__u64 cursor;
};

/**
 * struct kspan_class_entry - one size class of a heap, or a typed cache
 * @sizeclass: 1 .. KSPAN_NR_CLASSES; above it, a typed cache, until it is destroyed
 * @size_bytes: a slot
 * @span_pages: heap pages of a full-length span
 * @span_objects: slots of a full-length span
 * @spans: spans the class has
 * @live_objects: slots handed out
 * @cached_objects: slots in CPU caches
 * @free_objects: slots free in spans
 * @tail_bytes: bytes at the ends of spans
 * @allocs_total: objects handed out
 * @frees_total: objects freed
 * @refills_total: batches to CPU caches
 * @flushes_total: batches from CPU caches
 * @name: the typed cache's, NUL-terminated; empty for a size class
 */
struct kspan_class_entry {
	__u32 sizeclass;
	__u32 size_bytes;
	__u32 span_pages;
	__u32 span_objects;
	__u64 spans;
	__u64 live_objects;
	__u64 cached_objects;
	__u64 free_objects;
	__u64 tail_bytes;
	__u64 allocs_total;
	__u64 frees_total;
	__u64 refills_total;
	__u64 flushes_total;
	char name[KSPAN_NAME_BYTES];
};

/**
 * struct kspan_span_entry - one span of a heap
 * @arena: number of the 64 MB window
 * @page: first heap page within the arena
 * @npages: heap pages
 * @sizeclass: 0 is a large object; see struct kspan_class_entry
 * @size_bytes: a slot; for a large object its pages
 * @nelems: slots
 * @alloc_count: slots out of the span: live, or in a CPU cache
 * @free_index: where the search for a free slot resumes
 * @node: NUMA node
 * @needzero: not all of the free memory is known to be zero
 * @reserved: zero
 */
struct kspan_span_entry {
	__u64 arena;
	__u32 page;
	__u32 npages;
	__u32 sizeclass;
	__u32 nelems;
	__u64 size_bytes;
	__u32 alloc_count;
	__u32 free_index;
	__s32 node;
	__u8 needzero;
	__u8 reserved[3];
};

/**
 * struct kspan_arena_entry - one arena in which a heap has pages
 * @arena: number of the 64 MB window
 * @chunks: 4 MB chunks with pages of the heap
 * @owned_pages: heap pages that the heap owns
 * @free_pages: of these, in no span
 * @longest_free_pages: longest run of free pages
 */
struct kspan_arena_entry {
	__u64 arena;
	__u32 chunks;
	__u32 owned_pages;
	__u32 free_pages;
	__u32 longest_free_pages;
};

/**
 * struct kspan_ioc_stats - KSPAN_IOC_STATS
 * @size: sizeof the struct
 * @flags: must be zero
 * @heap: the heap's name
 * @stats: out
 */
struct kspan_ioc_stats {
	__u32 size;
	__u32 flags;
	char heap[KSPAN_NAME_BYTES];
	struct kspan_heap_stats stats;
};

/**
 * struct kspan_ioc_heap_op - KSPAN_IOC_SCAVENGE, _DRAIN, _HEAP_DESTROY
 * @size: sizeof the struct
 * @flags: must be zero
 * @heap: the heap's name
 * @bytes: in: how much to give back (SCAVENGE, ~0 is all); zero for DRAIN and
 *	HEAP_DESTROY. out: bytes given back (SCAVENGE)
 */
struct kspan_ioc_heap_op {
	__u32 size;
	__u32 flags;
	char heap[KSPAN_NAME_BYTES];
	__u64 bytes;
};

/* Which limits KSPAN_IOC_LIMIT changes; none of them is the first alone. */
#define KSPAN_LIMIT_HARD	(1u << 0)	/* .limit_bytes */
#define KSPAN_LIMIT_SOFT	(1u << 1)	/* .soft_limit_bytes */
#define KSPAN_LIMIT_RESERVE	(1u << 2)	/* .reserve_bytes */
#define KSPAN_LIMIT_ALL		((1u << 3) - 1)

/**
 * struct kspan_ioc_limit - KSPAN_IOC_LIMIT
 * @size: sizeof the struct
 * @flags: must be zero
 * @heap: the heap's name
 * @limit_bytes: in: upper bound of backing_bytes, 0 is none; out: as it was
 * @soft_limit_bytes: in: what free memory is given back for at once, 0 is none;
 *	out: as it was
 * @reserve_bytes: in: what the heap always has; out: as it was
 * @which: KSPAN_LIMIT_*: those that are meant; 0 is KSPAN_LIMIT_HARD
 * @reserved: must be zero
 *
 * -EINVAL if the limit would be below the soft limit or the reserve; -ENOMEM if
 * there is no memory for the reserve. Then nothing has changed.
 */
struct kspan_ioc_limit {
	__u32 size;
	__u32 flags;
	char heap[KSPAN_NAME_BYTES];
	__u64 limit_bytes;
	__u64 soft_limit_bytes;
	__u64 reserve_bytes;
	__u32 which;
	__u32 reserved;
};

/**
 * struct kspan_ioc_heap_create - KSPAN_IOC_HEAP_CREATE
 * @size: sizeof the struct
 * @flags: must be zero
 * @heap: name of the heap to make: letters, digits, '-', '_' and '.'
 * @limit_bytes: upper bound of the memory it may hold; 0 is none
 * @heap_flags: KSPAN_HEAP_*
 * @node: NUMA node, with KSPAN_HEAP_NODE; else zero
 * @id: out: the heap's id
 * @soft_limit_bytes: what free memory is given back for at once; 0 is none
 * @min_reserve_bytes: memory that it has from the beginning and keeps for when
 *	the kernel gives none; part of @limit_bytes
 *
 * -EEXIST if the name is taken; -EINVAL if the limit is below the soft limit or
 * the reserve; -ENOMEM if there is no memory for the reserve. The heap lives
 * until KSPAN_IOC_HEAP_DESTROY or until the module is unloaded.
 */
struct kspan_ioc_heap_create {
	__u32 size;
	__u32 flags;
	char heap[KSPAN_NAME_BYTES];
	__u64 limit_bytes;
	__u32 heap_flags;
	__s32 node;
	__u64 id;
	__u64 soft_limit_bytes;
	__u64 min_reserve_bytes;
};

/**
 * struct kspan_ioc_alloc - KSPAN_IOC_ALLOC
 * @size: sizeof the struct
 * @flags: must be zero
 * @heap: the heap's name
 * @bytes: how much; above zero
 * @align: 0, or a power of two up to 4 MB
 * @handle: out: names the object to this open file until it is freed
 * @usable_bytes: out: bytes that READ and WRITE reach
 *
 * The object is zeroed. -ENOMEM if there is no memory or the heap is at its
 * limit.
 */
struct kspan_ioc_alloc {
	__u32 size;
	__u32 flags;
	char heap[KSPAN_NAME_BYTES];
	__u64 bytes;
	__u64 align;
	__u64 handle;
	__u64 usable_bytes;
};

/**
 * struct kspan_ioc_free - KSPAN_IOC_FREE
 * @size: sizeof the struct
 * @flags: must be zero
 * @handle: from KSPAN_IOC_ALLOC on the same open file, else -ENOENT
 */
struct kspan_ioc_free {
	__u32 size;
	__u32 flags;
	__u64 handle;
};

/**
 * struct kspan_ioc_rw - KSPAN_IOC_READ, KSPAN_IOC_WRITE
 * @size: sizeof the struct
 * @flags: must be zero
 * @handle: from KSPAN_IOC_ALLOC on the same open file, else -ENOENT
 * @offset: first byte; @offset + @bytes beyond the object is -EINVAL
 * @bytes: how many
 * @buffer: user address
 */
struct kspan_ioc_rw {
	__u32 size;
	__u32 flags;
	__u64 handle;
	__u64 offset;
	__u64 bytes;
	__aligned_u64 buffer;
};

/* What KSPAN_IOC_GC is to do before it tells. */
enum kspan_gc_op {
	KSPAN_GC_OP_NONE	= 0,
	KSPAN_GC_OP_COLLECT	= 1,	/* a whole cycle; needs CAP_SYS_ADMIN */
};

/**
 * struct kspan_ioc_gc - KSPAN_IOC_GC
 * @size: sizeof the struct
 * @flags: must be zero
 * @heap: the heap's name
 * @op: enum kspan_gc_op
 * @reserved: must be zero
 * @stats: out
 *
 * -EOPNOTSUPP if the heap is not collected.
 */
struct kspan_ioc_gc {
	__u32 size;
	__u32 flags;
	char heap[KSPAN_NAME_BYTES];
	__u32 op;
	__u32 reserved;
	struct kspan_gc_stats stats;
};

/* Where pointers to a heap's objects may lie, besides where its users have said. */
#define KSPAN_SCAN_MODULE	(1u << 0)	/* data of the module that made it */
#define KSPAN_SCAN_HEAPS	(1u << 1)	/* live objects of all other heaps */
#define KSPAN_SCAN_ALL		((1u << 2) - 1)

/* Of an object of which nobody knows when it was allocated. */
#define KSPAN_AGE_UNKNOWN	(~0ULL)
/* Of an object in no arena: it lies in vmalloc memory. */
#define KSPAN_NO_ARENA		(~0ULL)

/* The longest time between the two looks of KSPAN_IOC_UNREACHABLE. */
#define KSPAN_SCAN_MAX_MS	600000

/* Flags of struct kspan_unreachable_entry. */
#define KSPAN_UNREACHABLE_LED	(1u << 0)	/* another such object leads to it */

/**
 * struct kspan_unreachable_entry - a live object that nothing leads to
 * @arena: number of the 64 MB window; KSPAN_NO_ARENA in vmalloc memory
 * @offset: of its first byte in the arena; 0 in vmalloc memory
 * @size_bytes: its slot, or its pages
 * @age_least_ms: it has been live and out of reach for so long
 * @age_most_ms: it was allocated no longer ago; KSPAN_AGE_UNKNOWN if that is not known
 * @sizeclass: 0 is a large object; see struct kspan_class_entry
 * @flags: KSPAN_UNREACHABLE_*
 * @name: the typed cache's, NUL-terminated; empty for a size class
 */
struct kspan_unreachable_entry {
	__u64 arena;
	__u64 offset;
	__u64 size_bytes;
	__u64 age_least_ms;
	__u64 age_most_ms;
	__u32 sizeclass;
	__u32 flags;
	char name[KSPAN_NAME_BYTES];
};

/**
 * struct kspan_ioc_unreachable - KSPAN_IOC_UNREACHABLE
 * @size: sizeof the struct
 * @flags: must be zero
 * @heap: the heap's name
 * @entries: user address of an array of struct kspan_unreachable_entry; may be zero if
 *	@capacity is
 * @entry_bytes: as in struct kspan_ioc_list
 * @capacity: entries that fit; no more than 65536 are written
 * @count: out: entries written
 * @interval_ms: time between the two looks; 0 is one second
 * @roots: KSPAN_SCAN_*
 * @reserved: must be zero
 * @objects: out: how many such objects there are
 * @bytes: out: their @size_bytes
 *
 * Needs CAP_SYS_ADMIN. -ENODATA if nothing is said to hold pointers, as then nothing
 * leads anywhere; -EOPNOTSUPP if the heap is collected, and for KSPAN_SCAN_MODULE if no
 * module has made it; -EINTR; -ENOENT, also if the heap is to go before it is done.
 */
struct kspan_ioc_unreachable {
	__u32 size;
	__u32 flags;
	char heap[KSPAN_NAME_BYTES];
	__aligned_u64 entries;
	__u32 entry_bytes;
	__u32 capacity;
	__u32 count;
	__u32 interval_ms;
	__u32 roots;
	__u32 reserved;
	__u64 objects;
	__u64 bytes;
};

#define KSPAN_IOC_MAGIC		0xB9
#define KSPAN_IOC_VERSION	_IOWR(KSPAN_IOC_MAGIC, 0, struct kspan_ioc_version)
#define KSPAN_IOC_HEAPS		_IOWR(KSPAN_IOC_MAGIC, 1, struct kspan_ioc_list)
#define KSPAN_IOC_STATS		_IOWR(KSPAN_IOC_MAGIC, 2, struct kspan_ioc_stats)
#define KSPAN_IOC_CLASSES	_IOWR(KSPAN_IOC_MAGIC, 3, struct kspan_ioc_list)
#define KSPAN_IOC_SPANS		_IOWR(KSPAN_IOC_MAGIC, 4, struct kspan_ioc_list)
#define KSPAN_IOC_ARENAS	_IOWR(KSPAN_IOC_MAGIC, 5, struct kspan_ioc_list)
#define KSPAN_IOC_SCAVENGE	_IOWR(KSPAN_IOC_MAGIC, 6, struct kspan_ioc_heap_op)
#define KSPAN_IOC_DRAIN		_IOWR(KSPAN_IOC_MAGIC, 7, struct kspan_ioc_heap_op)
#define KSPAN_IOC_LIMIT		_IOWR(KSPAN_IOC_MAGIC, 8, struct kspan_ioc_limit)
#define KSPAN_IOC_HEAP_CREATE	_IOWR(KSPAN_IOC_MAGIC, 9, struct kspan_ioc_heap_create)
#define KSPAN_IOC_HEAP_DESTROY	_IOWR(KSPAN_IOC_MAGIC, 10, struct kspan_ioc_heap_op)
#define KSPAN_IOC_ALLOC		_IOWR(KSPAN_IOC_MAGIC, 11, struct kspan_ioc_alloc)
#define KSPAN_IOC_FREE		_IOWR(KSPAN_IOC_MAGIC, 12, struct kspan_ioc_free)
#define KSPAN_IOC_READ		_IOWR(KSPAN_IOC_MAGIC, 13, struct kspan_ioc_rw)
#define KSPAN_IOC_WRITE		_IOWR(KSPAN_IOC_MAGIC, 14, struct kspan_ioc_rw)
#define KSPAN_IOC_GC		_IOWR(KSPAN_IOC_MAGIC, 15, struct kspan_ioc_gc)
#define KSPAN_IOC_UNREACHABLE	_IOWR(KSPAN_IOC_MAGIC, 16, struct kspan_ioc_unreachable)

#endif /* _UAPI_LINUX_KSPAN_H */
