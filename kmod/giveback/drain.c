// SPDX-License-Identifier: GPL-2.0
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "base/compat.h"
#include "base/work.h"
#include "caches/magazine.h"
#include "caches/stacks.h"
#include "caches/trim.h"
#include "giveback/drain.h"
#include "giveback/giver.h"
#include "spans/stores.h"

enum {
	/* How long the scavenger waits for CPUs, of which each has a while. */
	BACKGROUND_MSECS = 20,
	/* How long an allocation does, and how long it is not tried again in vain. */
	RECALL_MSECS	= 20,
	VAIN_MSECS	= 100,
};

/* A CPU has done what it was asked for. */
static DECLARE_WAIT_QUEUE_HEAD(drained);

/*
 * CPUs for which the scavenger has waited in vain: until one runs a work item, or
 * that is taken back, nothing is asked of it in the background.
 */
static struct cpumask late_cpus;

/* What CPUs have spent for the scavenger, which has not accounted for it yet. */
static atomic64_t spent_ns;

static enum cpuhp_state hotplug_state;

static void drain_this_cpu(struct work_struct *work)
{
	struct kspan_drain *drain = container_of(work, struct kspan_drain, work);
	struct kspan_giver *giver = drain->giver;
	u64 begun_ns = ktime_get_ns();
	struct kspan_store *store;
	int token;
	/* Who has asked has named the classes before. */
	int asked = atomic_read_acquire(&drain->asked);
	bool background = xchg(&drain->background, false);

	if (test_and_clear_bit(KSPAN_LARGE_CLASS, drain->classes))
		kspan_stacks_drain(giver->storage);
	token = kspan_stores_enter();
	kspan_for_each_store(store, giver->storage) {
		if (test_bit(store->class, drain->classes) &&
		    test_and_clear_bit(store->class, drain->classes))
			kspan_mag_drain(store, true);
	}
	kspan_stores_leave(token);
	if (background)
		atomic64_add(ktime_get_ns() - begun_ns, &spent_ns);
	cpumask_clear_cpu(drain->cpu, &late_cpus);
	/* Who sees this sees the magazines empty. */
	smp_store_release(&drain->done, asked);
	wake_up_all(&drained);
}

/**
 * kspan_drains_new() - what a heap needs to ask CPUs for something
 * @giver: the heap
 *
 * Return: one for each CPU, or NULL.
 */
struct kspan_drain __percpu *kspan_drains_new(struct kspan_giver *giver)
{
	struct kspan_drain __percpu *drains = alloc_percpu(struct kspan_drain);
	unsigned int cpu;

	if (!drains)
		return NULL;
	for_each_possible_cpu(cpu) {
		struct kspan_drain *drain = per_cpu_ptr(drains, cpu);

		INIT_WORK(&drain->work, drain_this_cpu);
		drain->giver = giver;
		drain->cpu = cpu;
	}
	return drains;
}

void kspan_drains_delete(struct kspan_drain __percpu *drains)
{
	free_percpu(drains);
}

size_t kspan_drains_bytes(void)
{
	return num_possible_cpus() * sizeof(struct kspan_drain);
}

/**
 * kspan_drains_cancel() - nothing is asked of CPUs any more
 * @giver: the heap, for which nobody asks from now on
 *
 * Waits for those that are at it, and not for those that have not begun.
 *
 * Context: Process context; sleeps.
 */
void kspan_drains_cancel(struct kspan_giver *giver)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (cancel_work_sync(&per_cpu_ptr(giver->drains, cpu)->work))
			cpumask_clear_cpu(cpu, &late_cpus);
	}
}

/*
 * Should the CPU go meanwhile, another one runs the work item, and empties its
 * own magazines instead: those of a CPU that is gone are empty.
 */
static void ask(struct kspan_giver *giver, unsigned int cpu,
		const unsigned long *classes, bool background)
{
	struct kspan_drain *drain = per_cpu_ptr(giver->drains, cpu);
	unsigned int class;

	for_each_set_bit(class, classes, KSPAN_MAX_STORES)
		set_bit(class, drain->classes);
	if (background)
		WRITE_ONCE(drain->background, true);
	/* After the classes. */
	atomic_inc_return(&drain->asked);
	queue_work_on(cpu, kspan_cpu_wq, &drain->work);
}

static bool is_done(const struct kspan_drain *drain, int asked)
{
	/* Pairs with the end of the work item. */
	return smp_load_acquire(&drain->done) - asked >= 0;
}

/**
 * await_cpu() - wait until a CPU has done what it has been asked for by now
 * @giver: by which heap
 * @cpu: the CPU
 * @patience: jiffies that there are for it, less those that it takes
 * @killable: a signal that kills ends it
 *
 * Return: 0, -ETIMEDOUT or -EINTR.
 */
static int await_cpu(struct kspan_giver *giver, unsigned int cpu,
		     long *patience, bool killable)
{
	struct kspan_drain *drain = per_cpu_ptr(giver->drains, cpu);
	int asked = atomic_read(&drain->asked);
	long left;

	if (is_done(drain, asked))
		return 0;
	if (*patience <= 0)
		return -ETIMEDOUT;
	if (killable)
		left = wait_event_killable_timeout(drained,
						   is_done(drain, asked),
						   *patience);
	else
		left = wait_event_timeout(drained, is_done(drain, asked),
					  *patience);
	if (left < 0)
		return -EINTR;
	*patience = left;
	return left ? 0 : -ETIMEDOUT;
}

/* The CPU time that emptying caches for the scavenger took since the last call. */
u64 kspan_drain_take_spent(void)
{
	return atomic64_xchg(&spent_ns, 0);
}

/*
 * Those of a CPU that have an array, and its idle stacks, if any of these is not
 * empty.
 */
static bool choose_filled(struct kspan_storage *storage, unsigned int cpu,
			  unsigned long *classes, void *arg)
{
	struct kspan_store *store;
	bool any = false;

	kspan_for_each_store(store, storage) {
		const struct kspan_mag *mag = per_cpu_ptr(store->mag, cpu);
		unsigned int capacity = READ_ONCE(mag->capacity);

		if (!capacity)
			continue;
		__set_bit(store->class, classes);
		any |= kspan_mag_count(READ_ONCE(mag->top), capacity);
	}
	if (kspan_stacks_any(storage, cpu)) {
		__set_bit(KSPAN_LARGE_CLASS, classes);
		any = true;
	}
	return any;
}

/* Those of a CPU that have an array, and its idle stacks. */
static bool choose_all(struct kspan_storage *storage, unsigned int cpu,
		       unsigned long *classes, void *arg)
{
	choose_filled(storage, cpu, classes, NULL);
	return !bitmap_empty(classes, KSPAN_MAX_STORES);
}

/* Asks CPUs in the background; returns whether one is passed over. */
static bool ask_chosen(struct kspan_giver *giver, kspan_drain_choice choose,
		       void *arg)
{
	bool late = false;
	unsigned int cpu;
	int token;

	token = kspan_stores_enter();
	for_each_online_cpu(cpu) {
		DECLARE_BITMAP(classes, KSPAN_MAX_STORES) = { };

		if (!choose(giver->storage, cpu, classes, arg))
			continue;
		if (cpumask_test_cpu(cpu, &late_cpus))
			late = true;
		else
			ask(giver, cpu, classes, true);
	}
	kspan_stores_leave(token);
	return late;
}

/**
 * kspan_drain_chosen() - give what some magazines hold back to the spans
 * @giver: whose
 * @choose: says which; called for each CPU
 * @arg: its last argument
 * @waited_ns: the time that this has slept is added
 *
 * For the scavenger. Each CPU that is chosen empties its own cache, in a work
 * item: nobody is interrupted, and no other CPU is woken. A CPU that does not
 * come to it in a moment does it when it can, and is not asked again before.
 *
 * Context: Process context; sleeps for a moment at most.
 * Return: whether some CPU has not done it.
 */
bool kspan_drain_chosen(struct kspan_giver *giver, kspan_drain_choice choose,
			void *arg, u64 *waited_ns)
{
	bool late = ask_chosen(giver, choose, arg);
	long patience = msecs_to_jiffies(BACKGROUND_MSECS);
	u64 begun_ns = ktime_get_ns();
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (cpumask_test_cpu(cpu, &late_cpus) ||
		    !await_cpu(giver, cpu, &patience, false))
			continue;
		cpumask_set_cpu(cpu, &late_cpus);
		late = true;
	}
	*waited_ns += ktime_get_ns() - begun_ns;
	return late;
}

/* All of the CPUs that hold anything; see kspan_drain_chosen(). */
bool kspan_drain_filled(struct kspan_giver *giver, u64 *waited_ns)
{
	bool late = kspan_drain_chosen(giver, choose_filled, NULL, waited_ns);

	kspan_drain_depots(giver->storage);
	return late;
}

/* Asks CPUs for somebody who waits for them; returns whether there was one to ask. */
static bool ask_waited(struct kspan_giver *giver, kspan_drain_choice choose,
		       void *arg)
{
	bool any = false;
	unsigned int cpu;
	int token;

	token = kspan_stores_enter();
	for_each_online_cpu(cpu) {
		DECLARE_BITMAP(classes, KSPAN_MAX_STORES) = { };

		if (!choose(giver->storage, cpu, classes, arg))
			continue;
		ask(giver, cpu, classes, false);
		any = true;
	}
	kspan_stores_leave(token);
	return any;
}

static int await_all(struct kspan_giver *giver, long *patience)
{
	unsigned int cpu;
	int ret = 0;

	for_each_possible_cpu(cpu) {
		int err = await_cpu(giver, cpu, patience, true);

		if (err == -EINTR)
			return err;
		ret = ret ?: err;
	}
	return ret;
}

/**
 * kspan_drain_within() - give what CPU caches hold back to the spans
 * @giver: whose
 * @patience: jiffies that there are for it, less those that it takes
 *
 * Context: Process context; sleeps.
 * Return: 0; -ETIMEDOUT if some CPU has not come to it, and does it when it can;
 * -EINTR if the task is being killed.
 */
int kspan_drain_within(struct kspan_giver *giver, long *patience)
{
	ask_waited(giver, choose_all, NULL);
	return await_all(giver, patience);
}

/* That of one store, if it has an array. */
static bool choose_store(struct kspan_storage *storage, unsigned int cpu,
			 unsigned long *classes, void *arg)
{
	const struct kspan_store *store = arg;

	if (!READ_ONCE(per_cpu_ptr(store->mag, cpu)->capacity))
		return false;
	__set_bit(store->class, classes);
	return true;
}

/**
 * kspan_drain_store() - give all that is cached of one store back to the spans
 * @giver: whose
 * @store: of which store, which stays meanwhile
 *
 * Context: Process context; sleeps, for KSPAN_DRAIN_PATIENCE at most.
 * Return: as kspan_drain_within().
 */
int kspan_drain_store(struct kspan_giver *giver, struct kspan_store *store)
{
	long patience = KSPAN_DRAIN_PATIENCE;
	int ret;

	ask_waited(giver, choose_store, store);
	ret = await_all(giver, &patience);
	kspan_trim_all(store);
	return ret;
}

/**
 * kspan_drain() - give what magazines, shelves and depots hold back to the spans
 * @giver: whose
 *
 * Context: Process context; sleeps, for KSPAN_DRAIN_PATIENCE at most.
 * Return: as kspan_drain_within(). Shelves and depots are empty in any case.
 */
int kspan_drain(struct kspan_giver *giver)
{
	long patience = KSPAN_DRAIN_PATIENCE;
	int ret = kspan_drain_within(giver, &patience);

	kspan_drain_depots(giver->storage);
	return ret;
}

/**
 * kspan_drain_depots() - give what shelves and depots hold back to the spans
 * @storage: whose
 *
 * Context: Any but NMI.
 */
void kspan_drain_depots(struct kspan_storage *storage)
{
	struct kspan_store *store;
	int token;

	token = kspan_stores_enter();
	kspan_for_each_store(store, storage)
		kspan_trim_all(store);
	kspan_stores_leave(token);
}

/**
 * kspan_drain_relieve() - an allocation has failed: make room if there may be some
 * @giver: the heap
 *
 * At a limit allocations may fail at any rate, and others go on meanwhile. So
 * shelves and depots are emptied once in a jiffy, and central lists without an empty
 * span are left alone.
 *
 * Context: Any but NMI; may take its time.
 * Return: whether pages have become free.
 */
bool kspan_drain_relieve(struct kspan_giver *giver)
{
	unsigned long relieved = READ_ONCE(giver->relieved);
	unsigned long now = jiffies;

	if (relieved != now &&
	    cmpxchg(&giver->relieved, relieved, now) == relieved)
		kspan_drain_depots(giver->storage);
	return kspan_stores_trim_atomic(giver->storage);
}

/**
 * kspan_drain_recall() - an allocation has failed at the limit: empty all magazines
 * @giver: the heap
 *
 * What CPUs have cached is free, and an allocation that may sleep has a right to it.
 * Nobody is asked who has nothing, and no CPU is waited for that does not come to it.
 *
 * Context: Process context; sleeps for a moment at most.
 * Return: whether it is worth another try; kspan_drain_recalled_in_vain() if that fails.
 */
bool kspan_drain_recall(struct kspan_giver *giver)
{
	long patience = msecs_to_jiffies(RECALL_MSECS);
	unsigned long vain = READ_ONCE(giver->recalled);

	if (time_in_range(jiffies, vain, vain + msecs_to_jiffies(VAIN_MSECS)))
		return false;
	if (!ask_waited(giver, choose_filled, NULL))
		return false;
	await_all(giver, &patience);
	kspan_drain_depots(giver->storage);
	kspan_stores_trim_atomic(giver->storage);
	return true;
}

/* For a while magazines are left alone, whose owners would be slower for nothing. */
void kspan_drain_recalled_in_vain(struct kspan_giver *giver)
{
	WRITE_ONCE(giver->recalled, jiffies);
}

static int strip_dead(struct kspan_giver *giver, void *arg)
{
	unsigned int *cpu = arg;
	struct kspan_store *store;
	int token;

	token = kspan_stores_enter();
	kspan_for_each_store(store, giver->storage) {
		kspan_mag_strip_dead(store, *cpu);
		kspan_trim_shelf(store, *cpu);
	}
	kspan_stores_leave(token);
	kspan_stacks_strip_dead(giver->storage, *cpu);
	return 0;
}

static int cpu_dead(unsigned int cpu)
{
	return kspan_giver_for_each(strip_dead, &cpu);
}

int kspan_drain_init(void)
{
	int state;

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
