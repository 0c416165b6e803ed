/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Collected heaps: what nobody can reach any more is freed by itself.
 *
 * A heap made with KSPAN_HEAP_GC has objects of registered types, which say where
 * their pointers are. What can be reached from roots and pins stays, cycles of
 * objects too go when nothing leads to them. Those who use objects, the mutators, do
 * so inside of sections, write pointers with kspan_gc_store(), and read them with
 * kspan_gc_load(). See Documentation/gc.rst.
 */
#ifndef _LINUX_KSPAN_GC_H
#define _LINUX_KSPAN_GC_H

#include <linux/compiler.h>
#include <linux/kspan.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct kspan_gc_tracer;
struct kspan_gc_type;
struct kspan_gc_weak;

/* Objects hold no pointers, and are never looked into. */
#define KSPAN_GC_NOSCAN		BIT(0)
/* Any aligned word of an object may be a pointer. */
#define KSPAN_GC_CONSERVATIVE	BIT(1)
#define KSPAN_GC_TYPE_FLAGS	(BIT(2) - 1)

/**
 * struct kspan_gc_type_desc - what objects of a type are like
 * @name: for people
 * @size: bytes of one
 * @flags: KSPAN_GC_NOSCAN or KSPAN_GC_CONSERVATIVE; without either, and without
 *	pointers and @trace, it is KSPAN_GC_NOSCAN
 * @pointers: byte offsets of its pointers, or NULL
 * @nr_pointers: how many
 * @trace: calls kspan_gc_trace() with each pointer of @obj, or NULL. Runs on any CPU,
 *	in a worker, beside mutators, so it reads with READ_ONCE(), and it must not sleep
 */
struct kspan_gc_type_desc {
	const char	*name;
	size_t		size;
	unsigned int	flags;
	const u32	*pointers;
	unsigned int	nr_pointers;
	void		(*trace)(void *obj, struct kspan_gc_tracer *tracer);
};

const struct kspan_gc_type *
kspan_gc_type_register(struct kspan_heap *heap,
		       const struct kspan_gc_type_desc *desc);
void kspan_gc_trace(struct kspan_gc_tracer *tracer, void *p);

void *kspan_gc_alloc(struct kspan_heap *heap, const struct kspan_gc_type *type,
		     size_t nr, gfp_t gfp) __must_check;

int kspan_gc_root_add(struct kspan_heap *heap, void **slots, size_t nr);
void kspan_gc_root_remove(struct kspan_heap *heap, void **slots);
int kspan_gc_pin(void *p);
void kspan_gc_unpin(void *p);

void kspan_gc_enter(struct kspan_heap *heap) __acquires(RCU);
void kspan_gc_leave(struct kspan_heap *heap) __releases(RCU);
void kspan_gc_enter_sleepable(struct kspan_heap *heap);
void kspan_gc_leave_sleepable(struct kspan_heap *heap);

/* How many heaps are being marked, or are about to be. */
extern int kspan_gc_marking;

void __kspan_gc_store(struct kspan_heap *heap, void **slot, void *p);
#ifdef CONFIG_PROVE_RCU
void kspan_gc_check_section(struct kspan_heap *heap);
#else
static inline void kspan_gc_check_section(struct kspan_heap *heap)
{
}
#endif

/**
 * kspan_gc_store() - write a pointer into an object or a root
 * @heap: whose object or root
 * @slot: where to
 * @p: the pointer, or NULL
 *
 * What was written to @p's object before can be seen by who loads @p.
 *
 * Context: Any but NMI, inside of a section. Takes no lock that others take.
 */
static __always_inline void kspan_gc_store(struct kspan_heap *heap, void **slot,
					   void *p)
{
	kspan_gc_check_section(heap);
	if (unlikely(READ_ONCE(kspan_gc_marking)))
		__kspan_gc_store(heap, slot, p);
	else
		/* Pairs with kspan_gc_load(). */
		smp_store_release(slot, p);
}

/**
 * kspan_gc_load() - read a pointer from an object or a root
 * @slot: where from
 *
 * Context: Any, inside of a section.
 * Return: the pointer, which holds its object until the section ends.
 */
static __always_inline void *kspan_gc_load(void **slot)
{
	/* Pairs with kspan_gc_store(). */
	return smp_load_acquire(slot);
}

void kspan_gc_collect(struct kspan_heap *heap);

struct kspan_gc_weak *kspan_gc_weak_create(void *p, gfp_t gfp) __must_check;
void *kspan_gc_weak_get(struct kspan_gc_weak *weak);
void kspan_gc_weak_put(struct kspan_gc_weak *weak);

int kspan_gc_cleanup_add(void *p, void (*fn)(void *arg), void *arg, gfp_t gfp);
void kspan_gc_cleanup_remove(void *p, void (*fn)(void *arg), void *arg);
void kspan_gc_cleanup_barrier(struct kspan_heap *heap);

void kspan_gc_stats(struct kspan_heap *heap, struct kspan_gc_stats *stats);

#endif /* _LINUX_KSPAN_GC_H */
