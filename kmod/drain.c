// SPDX-License-Identifier: GPL-2.0
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/percpu.h>

#include "drain.h"
#include "heap.h"

struct drain_request {
	struct work_struct	work;
	struct kspan_heap	*heap;
};

/* One drain at a time: @drain_mutex guards the requests. */
static DEFINE_PER_CPU(struct drain_request, drain_requests);
static DEFINE_MUTEX(drain_mutex);

static enum cpuhp_state hotplug_state;

static void drain_this_cpu(struct work_struct *work)
{
	struct drain_request *request = container_of(work, struct drain_request,
						     work);
	unsigned int class;

	for (class = 1; class < KSPAN_NR_STORES; class++)
		kspan_cpucache_drain_store(request->heap, class, true);
}

/**
 * kspan_drain_depots() - give what depots hold back to the spans
 * @heap: whose
 *
 * Context: Any but NMI.
 */
void kspan_drain_depots(struct kspan_heap *heap)
{
	unsigned int class;
	int nid;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		for (nid = 0; nid < nr_node_ids; nid++)
			kspan_cpucache_trim(&heap->stores[class], nid);
	}
}

/* By the holder of drain_mutex, while CPUs neither come nor go. */
static void drain_cpus(struct kspan_heap *heap)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct drain_request *request = per_cpu_ptr(&drain_requests,
							    cpu);

		request->heap = heap;
		queue_work_on(cpu, kspan_wq, &request->work);
	}
	for_each_online_cpu(cpu)
		flush_work(&per_cpu_ptr(&drain_requests, cpu)->work);
}

/**
 * kspan_drain() - give what CPU caches and depots hold back to the spans
 * @heap: whose
 *
 * Each CPU empties its own cache, in a work item: nobody is interrupted.
 *
 * Context: Process context; sleeps.
 */
void kspan_drain(struct kspan_heap *heap)
{
	mutex_lock(&drain_mutex);
	cpus_read_lock();
	drain_cpus(heap);
	cpus_read_unlock();
	mutex_unlock(&drain_mutex);
	kspan_drain_depots(heap);
}

/**
 * kspan_drain_cpus_held() - give what CPU caches hold back to the spans
 * @heap: whose
 *
 * For a caller who keeps CPUs from coming and going. That lock is inside
 * drain_mutex, so where somebody else drains, it is left to him.
 *
 * Context: Process context; sleeps.
 */
void kspan_drain_cpus_held(struct kspan_heap *heap)
{
	if (!mutex_trylock(&drain_mutex))
		return;
	drain_cpus(heap);
	mutex_unlock(&drain_mutex);
}

static int strip_dead(struct kspan_heap *heap, void *arg)
{
	kspan_cpucache_strip_dead(heap, *(unsigned int *)arg);
	return 0;
}

static int cpu_dead(unsigned int cpu)
{
	return kspan_heap_for_each(strip_dead, &cpu);
}

int kspan_drain_init(void)
{
	unsigned int cpu;
	int state;

	for_each_possible_cpu(cpu)
		INIT_WORK(&per_cpu_ptr(&drain_requests, cpu)->work,
			  drain_this_cpu);
	state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "kspan:dead",
					  NULL, cpu_dead);
	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

void kspan_drain_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
}
