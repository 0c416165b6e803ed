/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Magazines: the free slots that a CPU caches of each store.
 *
 * A magazine is used with preemption off, by tasks, softirqs and interrupts
 * alike. An interrupt must not meet a half-done operation of what it has
 * interrupted: bit 0 of @top is set while an operation is under way, and who
 * finds it set goes past the cache, to the central list. Interrupts nest, so a
 * plain read-modify-write instruction is enough, and the one that moves the top
 * at the end also clears the bit.
 */
#ifndef _KSPAN_MAGAZINE_H
#define _KSPAN_MAGAZINE_H

#include <linux/gfp.h>
#include <linux/kspan.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "base/sizeclass.h"

struct kspan_storage;
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

struct kspan_cpu __percpu *kspan_mags_new(struct kspan_storage *storage);
void kspan_mags_delete(struct kspan_cpu __percpu *mags,
		       struct kspan_storage *storage);
void kspan_mag_read(const struct kspan_store *store, unsigned int cpu,
		    struct kspan_mag_counts *counts);
void kspan_mag_drain(struct kspan_store *store, bool whole);
void kspan_mag_strip_dead(struct kspan_store *store, unsigned int cpu);
size_t kspan_mag_array_bytes(const struct kspan_storage *storage);
void **kspan_mag_array_new(unsigned int capacity, gfp_t gfp);
void kspan_mags_init(void);

/* In an operation: the cell above the uppermost slot. */
static inline void **kspan_mag_top_of(const struct kspan_mag *mag)
{
	return kspan_mag_cell_busy(mag->top);
}

/* In an operation: moves the top. */
static inline void kspan_mag_set_top(struct kspan_mag *mag, void **top)
{
	/* A reader that sees the new top sees what was done before. */
	smp_wmb();
	WRITE_ONCE(mag->top, (unsigned long)top | KSPAN_MAG_BUSY);
}

/* In an operation: how many slots there are. */
static inline unsigned int kspan_mag_count_of(const struct kspan_mag *mag)
{
	return kspan_mag_count(kspan_mag_top_of(mag), mag->capacity);
}

/* Copies pointers upwards from the first, so that @to may be below @from. */
static __always_inline void kspan_mag_copy(void **to, void **from,
					   unsigned int nslots)
{
#ifdef CONFIG_X86_64
	unsigned long n = nslots;

	/* A batch is too short for memcpy() to earn its call. */
	asm volatile("rep movsq"
		     : "+D" (to), "+S" (from), "+c" (n) : : "memory");
#else
	memmove(to, from, nslots * sizeof(*to));
#endif
}

static inline void **kspan_mag_lowest(void **top, unsigned int capacity)
{
	return top - kspan_mag_count(top, capacity);
}

/* The memory that the array below a top lies in. */
static inline void *kspan_mag_block(void **top)
{
	return (void *)ALIGN_DOWN((unsigned long)(top - 1), KSPAN_MAG_BYTES);
}

#endif /* _KSPAN_MAGAZINE_H */
