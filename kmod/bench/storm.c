// SPDX-License-Identifier: GPL-2.0
/*
 * How much memory a storm of frees after a grace period takes. A thread on each CPU
 * takes objects and frees them with kspan_free_rcu() or kfree_rcu() as fast as it
 * can, none of which can be used again before a grace period has passed. Meanwhile
 * is looked at what the allocator holds.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kspan.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "backend.h"
#include "command.h"
#include "storm.h"

enum {
	MAX_THREADS	= 64,
	MAX_FREES	= 100000000,
	LOOK_MS		= 5,
};

struct object {
	struct rcu_head rcu;
};

/**
 * struct storm - the last one
 * @backend: where objects are from; NULL before the first storm
 * @store: the backend's
 * @number: of the backend
 * @bytes: of an object
 * @frees: of all threads together
 * @peak_bytes: the most that was held
 * @failures: allocations that gave NULL
 * @done: completed by each thread
 */
static struct storm {
	const struct bench_backend *backend;
	struct bench_store store;
	u32 number;
	u32 bytes;
	u32 frees;
	s64 peak_bytes;
	atomic_long_t failures;
	struct completion done;
} storm;

static void free_later(struct object *object)
{
	if (storm.number == KSPAN_BENCH_KSPAN)
		kspan_free_rcu(object, rcu);
	else
		kfree_rcu(object, rcu);
}

static int blow(void *arg)
{
	unsigned long nr = (unsigned long)arg, i;

	for (i = 0; i < nr; i++) {
		struct object *object = storm.backend->alloc(&storm.store,
							     storm.bytes,
							     GFP_KERNEL |
							     __GFP_NOWARN);

		if (object)
			free_later(object);
		else
			atomic_long_inc(&storm.failures);
		if (i % 1024 == 0)
			cond_resched();
	}
	/* Whoever waits may go on to unload this module. */
	kthread_complete_and_exit(&storm.done, 0);
}

static void look(void)
{
	struct kspan_bench_memory memory = {};

	storm.backend->held(&storm.store, &memory);
	storm.peak_bytes = max(storm.peak_bytes, memory.held_bytes);
}

static void blow_all(void)
{
	unsigned int nthreads = min_t(unsigned int, num_online_cpus(),
				      MAX_THREADS);
	unsigned long each = storm.frees / nthreads;
	unsigned int i;

	init_completion(&storm.done);
	for (i = 0; i < nthreads; i++) {
		if (!IS_ERR(kthread_run(blow, (void *)each, "kspan_storm/%u",
					i)))
			continue;
		atomic_long_inc(&storm.failures);
		complete(&storm.done);
	}
	while (i) {
		if (wait_for_completion_timeout(&storm.done,
						msecs_to_jiffies(LOOK_MS)))
			i--;
		look();
	}
}

static int storm_run(char *command)
{
	u32 number;
	int err;

	if (bench_command_backend(&command, &number) ||
	    (number != KSPAN_BENCH_KSPAN && number != KSPAN_BENCH_KMALLOC) ||
	    bench_command_number(&command, sizeof(struct object), SZ_4K,
				 &storm.bytes) ||
	    bench_command_number(&command, 1, MAX_FREES, &storm.frees) ||
	    bench_command_word(&command))
		return -EINVAL;
	storm.number = number;
	storm.backend = bench_backend_find(number);
	storm.peak_bytes = 0;
	atomic_long_set(&storm.failures, 0);
	err = storm.backend->begin(&storm.store);
	if (err)
		return err;
	blow_all();
	/* A heap waits for its own; objects of kmalloc() need nothing any more. */
	storm.backend->end(&storm.store);
	return 0;
}

static void storm_show(struct seq_file *m)
{
	if (!storm.backend)
		return;
	seq_printf(m, "%s %u %u %lld %ld\n",
		   bench_command_backend_name(storm.number), storm.bytes,
		   storm.frees, storm.peak_bytes,
		   atomic_long_read(&storm.failures));
}

static struct bench_command storm_command = {
	.name	= "storm",
	.run	= storm_run,
	.show	= storm_show,
};

void bench_storm_init(struct dentry *dir, struct mutex *running)
{
	storm_command.lock = running;
	bench_command_create(dir, &storm_command);
}
