/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CPU caches: for each store and CPU a magazine of free slots.
 *
 * A magazine is used with preemption off, by tasks, softirqs and interrupts
 * alike. An interrupt must not meet a half-done operation of what it has
 * interrupted: bit 31 of @ops is set while an operation is under way, and who
 * finds it set goes past the cache, to the central list. Interrupts nest, so a
 * plain read-modify-write instruction is enough.
 *
 * The other bits of @ops count pops and pushes, so that the store that ends an
 * operation also counts it, and a reader on another CPU can tell whether what
 * it has read of the magazine belongs together.
 */
#ifndef _KSPAN_CPUCACHE_H
#define _KSPAN_CPUCACHE_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "sizeclass.h"

struct kspan_heap;
struct kspan_store;

enum {
	/* An array ends at a multiple of this, which tells that it is full. */
	KSPAN_MAG_BYTES		= 1024,
	KSPAN_MAG_CELLS		= KSPAN_MAG_BYTES / sizeof(void *),
	/* Two cells are the sentinel's, and one is the depot's. */
	KSPAN_MAG_MAX_CAPACITY	= KSPAN_MAG_CELLS - 3,
	/* What a depot may hold, for the smallest and for the largest stores. */
	KSPAN_DEPOT_LEAST_BYTES	= 128 << 10,
	KSPAN_DEPOT_MOST_BYTES	= 1 << 20,
	/* And as a part of the store's spans: a sixteenth. */
	KSPAN_DEPOT_SHIFT	= 4,
	KSPAN_DEPOT_MOST_ARRAYS	= 64,
	/* What the arrays of one CPU and heap may hold together; they are sized so. */
	KSPAN_CPU_CAP_BYTES	= 1 << 20,
};

#define KSPAN_MAG_BUSY		0x80000000U

/**
 * struct kspan_mag - the free slots of one store on one CPU
 * @top: the cell above the uppermost slot. The cell below the lowest one is the
 *	sentinel: it points at a word that never bears a freed mark, so that a
 *	pop tells "empty" and "mark broken" from "fine" with one comparison
 * @ops: KSPAN_MAG_BUSY, and operations since @ops_folded was last changed
 * @capacity: slots that fit; 0 without an array
 * @ops_folded: operations before that
 * @net_in: slots that refills have brought minus those that flushes have taken
 *
 * Written by its CPU only, while it has set KSPAN_MAG_BUSY. Identity:
 * allocs - frees = @net_in - slots in the array, and
 * allocs + frees = @ops_folded + count(@ops).
 */
struct kspan_mag {
	void	**top;
	u32	ops;
	u32	capacity;
	u64	ops_folded;
	s64	net_in;
};

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

/*
 * Begins an operation; false if one is under way on this CPU. To be called with
 * preemption off.
 *
 * One instruction sets the bit and tells whether it was set before, as an
 * interrupt between a test and a set would be fine, but cost two more.
 */
#if defined(CONFIG_X86_64) && defined(CONFIG_SMP) && !defined(CONFIG_UML)
static __always_inline bool kspan_mag_begin(struct kspan_mag __percpu *mag)
{
	asm goto("btsl $31, %%gs:%c[ops](%[mag])\n\t"
		 "jc %l[under_way]"
		 :
		 : [mag] "r" (mag), [ops] "i" (offsetof(struct kspan_mag, ops))
		 : "cc", "memory"
		 : under_way);
	return true;
under_way:
	return false;
}
#else
static __always_inline bool kspan_mag_begin(struct kspan_mag __percpu *mag)
{
	if (this_cpu_read(mag->ops) & KSPAN_MAG_BUSY)
		return false;
	this_cpu_add(mag->ops, KSPAN_MAG_BUSY);
	/* Readers on other CPUs see the beginning before any change. */
	smp_wmb();
	return true;
}
#endif

/* Moves the top of a magazine by @cells. */
static __always_inline void kspan_mag_move_top(struct kspan_mag __percpu *mag,
					       long cells)
{
	raw_cpu_add(*(unsigned long __percpu *)&mag->top,
		    cells * (long)sizeof(void *));
}

/* Ends a pop or a push, which is counted. */
static __always_inline void kspan_mag_end(struct kspan_mag __percpu *mag)
{
	/* Readers on other CPUs see the change before its end. */
	smp_wmb();
	/* The carry out of bit 31 clears it. */
	raw_cpu_add(mag->ops, KSPAN_MAG_BUSY + 1);
	barrier();
}

/* Ends several of them, which are counted. */
static __always_inline void kspan_mag_end_many(struct kspan_mag __percpu *mag,
					       unsigned int nops)
{
	barrier();
	/* Readers on other CPUs see the change before its end. */
	smp_wmb();
	raw_cpu_add(mag->ops, KSPAN_MAG_BUSY + nops);
	barrier();
}

/* Ends anything else. */
static __always_inline void kspan_mag_end_uncounted(struct kspan_mag __percpu *mag)
{
	/* Readers on other CPUs see the change before its end. */
	smp_wmb();
	raw_cpu_add(mag->ops, KSPAN_MAG_BUSY);
	barrier();
}

static __always_inline bool kspan_mag_full(void **top)
{
	return !((unsigned long)top % KSPAN_MAG_BYTES);
}

/* Slots in an array of the given capacity whose top is @top. */
static inline unsigned int kspan_mag_count(void **top, unsigned int capacity)
{
	return capacity -
	       (-(unsigned long)top % KSPAN_MAG_BYTES) / sizeof(void *);
}

/**
 * struct kspan_mag_counts - what has passed through a magazine
 * @allocs: slots popped by users
 * @frees: slots pushed by users
 */
struct kspan_mag_counts {
	u64	allocs;
	u64	frees;
};

struct kspan_cpu __percpu *kspan_cpucache_new(void);
void kspan_cpucache_delete(struct kspan_heap *heap);
void *kspan_cpucache_pop_slow(struct kspan_store *store, gfp_t gfp,
			      bool *limited);
void *kspan_cpucache_take_node(struct kspan_store *store, int nid, gfp_t gfp,
			       bool *limited);
void kspan_cpucache_push_slow(struct kspan_store *store, void *slot);
void kspan_cpucache_unwedge(struct kspan_mag __percpu *mag);
void kspan_cpucache_read(const struct kspan_mag *mag,
			 struct kspan_mag_counts *counts);
void kspan_cpucache_drain_store(struct kspan_heap *heap, unsigned int class,
				bool whole);
size_t kspan_cpucache_array_bytes(struct kspan_heap *heap);
void kspan_cpucache_trim(struct kspan_store *store, int nid);
void kspan_cpucache_strip_dead(struct kspan_heap *heap, unsigned int cpu);
void kspan_cpucache_init(void);

#endif /* _KSPAN_CPUCACHE_H */
