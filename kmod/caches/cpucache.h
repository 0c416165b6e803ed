/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CPU caches: for each store and CPU a magazine of free slots.
 *
 * A magazine is used with preemption off, by tasks, softirqs and interrupts
 * alike. An interrupt must not meet a half-done operation of what it has
 * interrupted: bit 0 of @top is set while an operation is under way, and who
 * finds it set goes past the cache, to the central list. Interrupts nest, so a
 * plain read-modify-write instruction is enough, and the one that moves the top
 * at the end also clears the bit.
 */
#ifndef _KSPAN_CPUCACHE_H
#define _KSPAN_CPUCACHE_H

#include <linux/kspan.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "base/sizeclass.h"

struct kspan_heap;
struct kspan_store;

enum {
	/* An array ends at a multiple of this, which tells that it is full. */
	KSPAN_MAG_BYTES		= 1024,
	KSPAN_MAG_CELLS		= KSPAN_MAG_BYTES / sizeof(void *),
	/* Two cells are the sentinel's, and one is the depot's. */
	KSPAN_MAG_MAX_CAPACITY	= KSPAN_MAG_CELLS - 3,
	/* What the arrays of one CPU and heap may hold together; they are sized so. */
	KSPAN_CPU_CAP_BYTES	= 1 << 20,
};

#define KSPAN_MAG_BUSY		1UL

/**
 * struct kspan_mag - the free slots of one store on one CPU
 * @top: address of the cell above the uppermost slot, and KSPAN_MAG_BUSY. The
 *	cell below the lowest one is the sentinel: it points at a word that never
 *	bears a freed mark, so that a pop tells "empty" and "mark broken" from
 *	"fine" with one comparison
 * @allocs: slots popped by users
 * @net_in: slots that refills have brought minus those that flushes have taken
 * @capacity: slots that fit; 0 without an array
 *
 * Written by its CPU only, while it has set KSPAN_MAG_BUSY. What users have
 * pushed need not be counted: slots in the array = @net_in - @allocs + frees.
 */
struct kspan_mag {
	unsigned long	top;
	u64		allocs;
	s64		net_in;
	u32		capacity;
};

static_assert(sizeof(struct kspan_mag) == 1 << KSPAN_MAG_SHIFT);

/**
 * struct kspan_cpu - caches of one heap on one CPU
 * @mags: one for each store; those of store 0 never have an array
 */
struct kspan_cpu {
	struct kspan_mag	mags[KSPAN_NR_STORES];
};

/* For each class step of sizes where its magazine lies in struct kspan_cpu. */
extern u16 kspan_mag_offsets[KSPAN_CLASS_STEPS];

static __always_inline unsigned long kspan_mag_offset(size_t size_bytes)
{
	/* Through a pointer, as kernels that check the bounds of arrays call. */
	const u16 *offsets = kspan_mag_offsets;

	return offsets[(size_bytes + 7) >> KSPAN_CLASS_STEP_SHIFT];
}

/* How an instruction addresses what is per CPU. */
#ifdef CONFIG_SMP
#define KSPAN_PERCPU	"%%gs:"
#else
#define KSPAN_PERCPU	""
#endif

/*
 * Begins an operation; false if one is under way on this CPU. To be called with
 * preemption off.
 *
 * One instruction sets the bit and tells whether it was set before, as an
 * interrupt between a test and a set would be fine, but cost two more.
 */
#ifdef CONFIG_X86_64
static __always_inline bool kspan_mag_begin(struct kspan_mag __percpu *mag)
{
	asm goto("btsq $0, " KSPAN_PERCPU "%c[top](%[mag])\n\t"
		 "jc %l[under_way]"
		 :
		 : [mag] "r" (mag), [top] "i" (offsetof(struct kspan_mag, top))
		 : "cc", "memory"
		 : under_way);
	return true;
under_way:
	return false;
}
#else
static __always_inline bool kspan_mag_begin(struct kspan_mag __percpu *mag)
{
	if (this_cpu_read(mag->top) & KSPAN_MAG_BUSY)
		return false;
	this_cpu_or(mag->top, KSPAN_MAG_BUSY);
	/* Readers on other CPUs see the beginning before any change. */
	smp_wmb();
	return true;
}
#endif

/* The cell that a top points at. */
static __always_inline void **kspan_mag_cell(unsigned long top)
{
	return (void **)(top & ~KSPAN_MAG_BUSY);
}

/* The same in an operation, where the bit is known to be set. */
static __always_inline void **kspan_mag_cell_busy(unsigned long top)
{
	return (void **)(top - KSPAN_MAG_BUSY);
}

/* In an operation of this CPU: the cell above its uppermost slot. */
static __always_inline void **kspan_mag_top(struct kspan_mag __percpu *mag)
{
	return kspan_mag_cell_busy(raw_cpu_read(mag->top));
}

/* Ends an operation, and moves the top by @cells. */
static __always_inline void kspan_mag_end(struct kspan_mag __percpu *mag,
					  long cells)
{
	barrier();
	/* Readers on other CPUs see all changes before the end. */
	smp_wmb();
	raw_cpu_add(mag->top, cells * (long)sizeof(void *) - KSPAN_MAG_BUSY);
	barrier();
}

/* Ends one in which users have popped @nslots. */
static __always_inline void kspan_mag_end_pop(struct kspan_mag __percpu *mag,
					      unsigned int nslots)
{
	raw_cpu_add(mag->allocs, nslots);
	kspan_mag_end(mag, -(long)nslots);
}

/* Whether the array that a top points into has no room. */
static __always_inline bool kspan_mag_full(unsigned long top)
{
	return !(top & (KSPAN_MAG_BYTES - 1) & ~KSPAN_MAG_BUSY);
}

/* Cells above the top of an array. */
static inline unsigned int kspan_mag_room(void **top)
{
	return (-(unsigned long)top % KSPAN_MAG_BYTES) / sizeof(void *);
}

/* Slots in an array of the given capacity. */
static inline unsigned int kspan_mag_count(void **top, unsigned int capacity)
{
	return capacity - kspan_mag_room(top);
}

/**
 * struct kspan_mag_counts - what has passed through a magazine
 * @allocs: slots popped by users
 * @frees: slots pushed by users
 * @slots: slots in it
 */
struct kspan_mag_counts {
	u64	allocs;
	u64	frees;
	u64	slots;
};

struct kspan_cpu __percpu *kspan_cpucache_new(void);
void kspan_cpucache_delete(struct kspan_heap *heap);
void *kspan_cpucache_pop_slow(struct kspan_store *store, gfp_t gfp,
			      bool *limited);
void *kspan_cpucache_take_node(struct kspan_store *store, int nid, gfp_t gfp,
			       bool *limited);
void kspan_cpucache_push_slow(struct kspan_store *store, void *slot);
void kspan_cpucache_read(const struct kspan_heap *heap, unsigned int cpu,
			 unsigned int class, struct kspan_mag_counts *counts);
void kspan_cpucache_drain_store(struct kspan_heap *heap, unsigned int class,
				bool whole);
size_t kspan_cpucache_array_bytes(struct kspan_heap *heap);
void kspan_cpucache_trim(struct kspan_store *store, int nid,
			 unsigned int nr_full, unsigned int nr_empty);
void kspan_cpucache_strip_dead(struct kspan_heap *heap, unsigned int cpu);
void kspan_cpucache_init(void);

#endif /* _KSPAN_CPUCACHE_H */
