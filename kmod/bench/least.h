/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The least that handing out objects can cost. An array for each CPU does nothing
 * but to keep objects in order and preemption off; a region does not even take them
 * back. No allocator for all can be as fast.
 */
#ifndef _KSPAN_BENCH_LEAST_H
#define _KSPAN_BENCH_LEAST_H

#include <linux/align.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/types.h>

/**
 * struct bench_array - objects of one CPU
 * @nobjs: how many there are
 * @objects: the objects
 */
struct bench_array {
	unsigned int	nobjs;
	void		*objects[];
};

/**
 * struct bench_region - memory that is handed out from its start to its end
 * @next: the next object
 * @start: its start, which follows its end
 * @end: its end
 */
struct bench_region {
	u8	*next;
	u8	*start;
	u8	*end;
};

struct bench_array __percpu *bench_array_new(unsigned int nobjs, size_t bytes);
void bench_array_delete(struct bench_array __percpu *array);
struct bench_region *bench_region_new(unsigned int nobjs, size_t bytes);
void bench_region_delete(struct bench_region *region);

/* NULL if this CPU has none left. */
static __always_inline void *bench_array_pop(struct bench_array __percpu *array)
{
	struct bench_array *own;
	void *p = NULL;

	preempt_disable();
	own = raw_cpu_ptr(array);
	if (likely(own->nobjs))
		p = own->objects[--own->nobjs];
	preempt_enable();
	return p;
}

static __always_inline void bench_array_push(struct bench_array __percpu *array,
					     void *p)
{
	struct bench_array *own;

	preempt_disable();
	own = raw_cpu_ptr(array);
	own->objects[own->nobjs++] = p;
	preempt_enable();
}

static __always_inline void *bench_region_take(struct bench_region *region,
					       size_t bytes)
{
	u8 *p = region->next;

	if (unlikely(p + bytes > region->end))
		p = region->start;
	region->next = p + ALIGN(bytes, 8);
	return p;
}

#endif /* _KSPAN_BENCH_LEAST_H */
