/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Magazines: the free slots that a CPU caches of each store.
 *
 * A magazine is used with preemption off, by tasks, softirqs and interrupts
 * alike. An interrupt must not meet a half-done operation of what it has
 * interrupted: @busy is set while an operation is under way, and who finds it set
 * goes past the cache, to the central list. Interrupts nest: one that comes between
 * the test and the set has ended its own operation when it returns. So both are
 * plain, as is all else. A read-modify-write of the top would be less to execute,
 * but the next operation would wait for each.
 */
#ifndef _KSPAN_MAGAZINE_H
#define _KSPAN_MAGAZINE_H

#include <linux/gfp.h>
#include <linux/kspan.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "base/sizeclass.h"
#include "caches/array.h"
#include "caches/shelf.h"
#include "spans/stack.h"

struct kspan_storage;
struct kspan_store;

enum {
	/* What the arrays of one CPU and heap may hold together; they are sized so. */
	KSPAN_CPU_CAP_BYTES	= 1 << 20,
};

/**
 * struct kspan_mag - the free slots of one store on one CPU
 * @top: the cell above the uppermost slot. The cell below the lowest one is the
 *	sentinel: it points at a word that never bears a freed mark, so that a pop
 *	tells "empty" and "mark broken" from "fine" with one comparison
 * @allocs: slots popped by users
 * @net_in: slots that refills have brought minus those that flushes have taken
 * @capacity: slots that fit; 0 without an array
 * @seq: odd while an operation is under way that is more than pops or pushes
 * @busy: an operation is under way
 *
 * Written by its CPU only, and but for @busy only while that is set. What users
 * have pushed need not be counted: slots in the array = @net_in - @allocs + frees.
 */
struct kspan_mag {
	void	**top;
	u64	allocs;
	s64	net_in;
	u32	capacity;
	u16	seq;
	bool	busy;
};

static_assert(sizeof(struct kspan_mag) == 1 << KSPAN_MAG_SHIFT);

/**
 * struct kspan_cpu - caches of one heap on one CPU
 * @mags: one for each store; those of store 0 never have an array
 * @shelves: likewise
 * @stacks: those that wait to be borrowed
 */
struct kspan_cpu {
	struct kspan_mag	mags[KSPAN_NR_STORES];
	struct kspan_shelf	shelves[KSPAN_NR_STORES];
	struct kspan_idle_stacks stacks;
};

/*
 * A magazine in which an operation is always under way: whoever means to pop goes
 * the slow way.
 */
DECLARE_PER_CPU(struct kspan_mag, kspan_mag_busy);

/**
 * struct kspan_store_cpu - caches of one typed cache on one CPU
 * @mag: its magazine
 * @shelf: its shelf
 */
struct kspan_store_cpu {
	struct kspan_mag	mag;
	struct kspan_shelf	shelf;
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
 */
static __always_inline bool kspan_mag_begin(struct kspan_mag __percpu *mag)
{
	if (raw_cpu_read(mag->busy))
		return false;
	raw_cpu_write(mag->busy, true);
	barrier();
	/* Readers on other CPUs see the beginning before any change. */
	smp_wmb();
	return true;
}

/* Ends an operation. */
static __always_inline void kspan_mag_end(struct kspan_mag __percpu *mag)
{
	barrier();
	/* Readers on other CPUs see all changes before the end. */
	smp_wmb();
	raw_cpu_write(mag->busy, false);
	barrier();
}

/* In an operation of this CPU: the cell above its uppermost slot. */
static __always_inline void **kspan_mag_top(struct kspan_mag __percpu *mag)
{
	return raw_cpu_read(mag->top);
}

/* Ends an operation that moves the top. */
static __always_inline void kspan_mag_end_at(struct kspan_mag __percpu *mag,
					     void **top)
{
	raw_cpu_write(mag->top, top);
	kspan_mag_end(mag);
}

/* Ends one in which users have popped @nslots, down to @top. */
static __always_inline void kspan_mag_end_pop(struct kspan_mag __percpu *mag,
					      void **top, unsigned int nslots)
{
	raw_cpu_add(mag->allocs, nslots);
	kspan_mag_end_at(mag, top);
}

/*
 * Of those that do more than pop and push: they change @net_in, or the array. For
 * their readers pops and pushes alone are less to tell apart.
 */
static inline bool kspan_mag_begin_slow(struct kspan_mag __percpu *mag)
{
	if (!kspan_mag_begin(mag))
		return false;
	raw_cpu_write(mag->seq, raw_cpu_read(mag->seq) + 1);
	barrier();
	/* Readers see an odd number before any change. */
	smp_wmb();
	return true;
}

static inline void kspan_mag_end_slow(struct kspan_mag __percpu *mag)
{
	barrier();
	/* And an even one after all of them. */
	smp_wmb();
	raw_cpu_write(mag->seq, raw_cpu_read(mag->seq) + 1);
	kspan_mag_end(mag);
}

/* Whether the array that a top points into has no room. */
static __always_inline bool kspan_mag_full(void **top)
{
	return !((unsigned long)top & (KSPAN_ARRAY_BYTES - 1));
}

/* Cells above the top of an array. */
static inline unsigned int kspan_mag_room(void **top)
{
	return (-(unsigned long)top % KSPAN_ARRAY_BYTES) / sizeof(void *);
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
int kspan_mags_new_typed(struct kspan_store *store);
void kspan_mags_delete_typed(struct kspan_store *store);
size_t kspan_mags_typed_bytes(void);
void kspan_mag_read(const struct kspan_store *store, unsigned int cpu,
		    struct kspan_mag_counts *counts);
void kspan_mag_drain(struct kspan_store *store, bool whole);
void kspan_mag_strip_dead(struct kspan_store *store, unsigned int cpu);
size_t kspan_mag_array_bytes(struct kspan_storage *storage);
void kspan_mags_init(void);

/* In an operation: how many slots there are. */
static inline unsigned int kspan_mag_count_of(const struct kspan_mag *mag)
{
	return kspan_mag_count(mag->top, mag->capacity);
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

/* The lowest cell of the array below a top. */
static inline void **kspan_mag_array(void **top, unsigned int capacity)
{
	return kspan_array_lowest(top - 1, capacity);
}

#endif /* _KSPAN_MAGAZINE_H */
