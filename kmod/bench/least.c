// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "least.h"
#include "memory.h"

/* Each CPU has @nobjs: whoever takes them may be on any. */
struct bench_array __percpu *bench_array_new(unsigned int nobjs, size_t bytes)
{
	struct bench_array __percpu *array;
	unsigned int cpu;

	array = __alloc_percpu(struct_size(array, objects, nobjs),
			       __alignof__(struct bench_array));
	if (!array)
		return NULL;
	for_each_possible_cpu(cpu) {
		struct bench_array *own = per_cpu_ptr(array, cpu);

		while (own->nobjs < nobjs) {
			void *p = kmalloc(bytes, GFP_KERNEL);

			if (!p) {
				bench_array_delete(array);
				return NULL;
			}
			own->objects[own->nobjs++] = p;
		}
	}
	return array;
}

void bench_array_delete(struct bench_array __percpu *array)
{
	unsigned int cpu;

	if (!array)
		return;
	for_each_possible_cpu(cpu) {
		struct bench_array *own = per_cpu_ptr(array, cpu);

		while (own->nobjs)
			kfree(own->objects[--own->nobjs]);
	}
	free_percpu(array);
}

struct bench_region *bench_region_new(unsigned int nobjs, size_t bytes)
{
	struct bench_region *region = kmalloc(sizeof(*region), GFP_KERNEL);

	if (!region)
		return NULL;
	region->start = bench_vmalloc(nobjs, ALIGN(bytes, 8));
	if (!region->start) {
		kfree(region);
		return NULL;
	}
	region->next = region->start;
	region->end = region->start + array_size(nobjs, ALIGN(bytes, 8));
	return region;
}

void bench_region_delete(struct bench_region *region)
{
	if (!region)
		return;
	vfree(region->start);
	kfree(region);
}
