// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/kthread.h>

#include "tests/hammer.h"

static size_t random_size(struct rnd_state *rnd)
{
	u32 dice = kit_below(rnd, 200);

	if (!dice)
		return KSPAN_MAX_CONTIG_BYTES + 1 + kit_below(rnd, 65536);
	if (dice < 6)
		return 32768 + kit_below(rnd, 200000);
	if (dice < 40)
		return 1 + kit_below(rnd, 32768);
	return 1 + kit_below(rnd, 512);
}

/* Large objects are filled in part, or there would be time for nothing else. */
static size_t filled_bytes(const struct kit_place *object)
{
	return min_t(size_t, object->size_bytes, 1024);
}

static void put(struct kit_hammer *hammer, struct kit_place *object)
{
	if (!object->p)
		return;
	if (!kit_filled(object->p, filled_bytes(object), object->tag))
		atomic_inc(&hammer->nspoilt);
	kspan_free(object->p);
	object->p = NULL;
}

static void exchange(struct kit_hammer *hammer, struct rnd_state *rnd)
{
	struct kit_place *place =
		&hammer->places[kit_below(rnd, KIT_HAMMER_PLACES)];
	struct kit_place object = {
		.size_bytes = random_size(rnd),
		.tag = prandom_u32_state(rnd),
	};

	object.p = kspan_alloc(hammer->heap, object.size_bytes,
			       GFP_KERNEL | __GFP_NOWARN);
	if (object.p) {
		kit_fill(object.p, filled_bytes(&object), object.tag);
		atomic64_inc(&hammer->nops);
	} else {
		atomic_inc(&hammer->nfailed);
	}
	spin_lock(&hammer->lock);
	swap(*place, object);
	spin_unlock(&hammer->lock);
	put(hammer, &object);
}

static int work(void *arg)
{
	struct kit_hammer *hammer = arg;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, hammer->seed ^ current->pid);
	while (!kthread_should_stop()) {
		exchange(hammer, &rnd);
		if (!kit_below(&rnd, 1000))
			kspan_heap_drain(hammer->heap);
		if (!kit_below(&rnd, 1000))
			kspan_heap_scavenge(hammer->heap, 256 << 10);
		cond_resched();
	}
	return 0;
}

struct kit_hammer *kit_hammer_start(struct kunit *test)
{
	struct kit_hammer *hammer = kunit_kzalloc(test, sizeof(*hammer),
						  GFP_KERNEL);
	unsigned int cpu = cpumask_first(cpu_online_mask);
	struct rnd_state rnd;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, hammer);
	kit_seed(test, &rnd);
	hammer->heap = kit_heap(test);
	hammer->seed = prandom_u32_state(&rnd);
	spin_lock_init(&hammer->lock);
	for (i = 0; i < KIT_HAMMER_THREADS; i++) {
		struct task_struct *task;

		task = kthread_create(work, hammer, "kspan-hammer");
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		/* Not bound for good: it moves when its CPU goes. */
		set_cpus_allowed_ptr(task, cpumask_of(cpu));
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
		hammer->tasks[i] = task;
		wake_up_process(task);
	}
	return hammer;
}

void kit_hammer_stop(struct kunit *test, struct kit_hammer *hammer)
{
	struct kspan_heap_stats stats;
	u64 nops;
	unsigned int i;

	for (i = 0; i < KIT_HAMMER_THREADS; i++)
		kthread_stop(hammer->tasks[i]);
	nops = atomic64_read(&hammer->nops);
	kunit_info(test, "%llu objects meanwhile\n", nops);
	for (i = 0; i < KIT_HAMMER_PLACES; i++)
		put(hammer, &hammer->places[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&hammer->nfailed), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&hammer->nspoilt), 0);
	kit_expect_empty(test, hammer->heap);
	kspan_heap_stats(hammer->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.allocs_total, nops);
	KUNIT_EXPECT_EQ(test, stats.frees_total, nops);
	KUNIT_EXPECT_EQ(test, stats.bad_frees_total, 0);
}
