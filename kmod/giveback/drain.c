// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/ktime.h>
#include <linux/percpu.h>

#include "base/work.h"
#include "caches/magazine.h"
#include "caches/refill.h"
#include "giveback/drain.h"
#include "giveback/giver.h"

/**
 * struct drain_request - what a CPU is asked for
 * @work: does it
 * @storage: whose magazines
 * @classes: which
 * @spent_ns: out: how long it took
 */
struct drain_request {
	struct work_struct	work;
	struct kspan_storage	*storage;
	DECLARE_BITMAP(classes, KSPAN_NR_STORES);
	u64			spent_ns;
};

/* One drain at a time: @drain_mutex guards the requests. */
static DEFINE_PER_CPU(struct drain_request, drain_requests);
static DEFINE_MUTEX(drain_mutex);

static enum cpuhp_state hotplug_state;

static void drain_this_cpu(struct work_struct *work)
{
	struct drain_request *request = container_of(work, struct drain_request,
						     work);
	u64 begun_ns = ktime_get_ns();
	unsigned int class;

	for_each_set_bit(class, request->classes, KSPAN_NR_STORES)
		kspan_mag_drain(&request->storage->stores[class], true);
	request->spent_ns = ktime_get_ns() - begun_ns;
}

/**
 * kspan_drain_depots() - give what depots hold back to the spans
 * @storage: whose
 *
 * Context: Any but NMI.
 */
void kspan_drain_depots(struct kspan_storage *storage)
{
	unsigned int class;
	int nid;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		for (nid = 0; nid < nr_node_ids; nid++)
			kspan_depot_trim(&storage->stores[class], nid,
					    UINT_MAX, UINT_MAX);
	}
}

/* By the holder of drain_mutex, while CPUs neither come nor go. */
static u64 drain_cpus(struct kspan_storage *storage, kspan_drain_choice choose,
		      void *arg)
{
	u64 begun_ns = ktime_get_ns();
	struct drain_request *request;
	unsigned int cpu;
	u64 spent_ns;

	for_each_online_cpu(cpu) {
		request = per_cpu_ptr(&drain_requests, cpu);
		bitmap_zero(request->classes, KSPAN_NR_STORES);
		request->spent_ns = 0;
		request->storage = storage;
		if (choose(storage, cpu, request->classes, arg))
			queue_work_on(cpu, kspan_wq, &request->work);
	}
	spent_ns = ktime_get_ns() - begun_ns;
	for_each_online_cpu(cpu) {
		request = per_cpu_ptr(&drain_requests, cpu);
		flush_work(&request->work);
		spent_ns += request->spent_ns;
	}
	return spent_ns;
}

/**
 * kspan_drain_chosen() - give what some magazines hold back to the spans
 * @storage: whose
 * @choose: says which; called for each CPU
 * @arg: its last argument
 *
 * Each CPU empties its own cache, in a work item: nobody is interrupted.
 *
 * Context: Process context; sleeps.
 * Return: nanoseconds that it took, all CPUs together, without the waiting.
 */
u64 kspan_drain_chosen(struct kspan_storage *storage, kspan_drain_choice choose,
		       void *arg)
{
	u64 spent_ns;

	mutex_lock(&drain_mutex);
	cpus_read_lock();
	spent_ns = drain_cpus(storage, choose, arg);
	cpus_read_unlock();
	mutex_unlock(&drain_mutex);
	return spent_ns;
}

static bool choose_all(struct kspan_storage *storage, unsigned int cpu,
		       unsigned long *classes, void *arg)
{
	bitmap_set(classes, 1, KSPAN_NR_STORES - 1);
	return true;
}

/**
 * kspan_drain() - give what CPU caches and depots hold back to the spans
 * @storage: whose
 *
 * Context: Process context; sleeps.
 */
void kspan_drain(struct kspan_storage *storage)
{
	kspan_drain_chosen(storage, choose_all, NULL);
	kspan_drain_depots(storage);
}

/**
 * kspan_drain_cpus_held() - give what CPU caches hold back to the spans
 * @storage: whose
 *
 * For a caller who keeps CPUs from coming and going. That lock is inside
 * drain_mutex, so where somebody else drains, it is left to him.
 *
 * Context: Process context; sleeps.
 */
void kspan_drain_cpus_held(struct kspan_storage *storage)
{
	if (!mutex_trylock(&drain_mutex))
		return;
	drain_cpus(storage, choose_all, NULL);
	mutex_unlock(&drain_mutex);
}

static int strip_dead(struct kspan_giver *giver, void *arg)
{
	unsigned int *cpu = arg;
	unsigned int class;

	for (class = 1; class < KSPAN_NR_STORES; class++)
		kspan_mag_strip_dead(&giver->storage->stores[class], *cpu);
	return 0;
}

static int cpu_dead(unsigned int cpu)
{
	return kspan_giver_for_each(strip_dead, &cpu);
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
