// SPDX-License-Identifier: GPL-2.0
/*
 * A storm of frees after a grace period: threads that allocate and free as fast as
 * they can, and a timer that frees some of it in hard interrupts. Tells what the
 * heap held at most; insmod fails if an allocation did.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kspan.h>
#include <linux/kthread.h>
#include <linux/llist.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "../stress/compat.h"

static unsigned long frees = 1000000;
module_param(frees, ulong, 0444);
MODULE_PARM_DESC(frees, "how many objects, all threads together");

static unsigned int size = 64;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of each");

static unsigned long limit_bytes;
module_param(limit_bytes, ulong, 0444);
MODULE_PARM_DESC(limit_bytes, "most memory the heap may take; 0 is no limit");

static bool leave;
module_param(leave, bool, 0444);
MODULE_PARM_DESC(leave, "leave the heap behind, with frees that wait");

enum {
	MAX_THREADS	= 64,
	TIMER_NS	= 100000,
	LOOK_MSECS	= 10,
};

/**
 * struct object - what is freed
 * @link: to the next that the timer is to free
 * @rcu: for the free
 */
struct object {
	struct llist_node	link;
	struct rcu_head		rcu;
};

/**
 * struct thread - somebody who frees
 * @done: it has
 * @nfailed: allocations that have
 */
struct thread {
	struct completion	done;
	unsigned long		nfailed;
};

static struct kspan_heap *heap;
static struct thread threads[MAX_THREADS];
static unsigned int nthreads;
static LLIST_HEAD(for_timer);
static unsigned long nfreed_by_timer;
static struct hrtimer timer;

static enum hrtimer_restart free_some(struct hrtimer *t)
{
	struct llist_node *first = llist_del_all(&for_timer);
	struct object *object;
	struct object *next;

	llist_for_each_entry_safe(object, next, first, link) {
		kspan_free_rcu(object, rcu);
		nfreed_by_timer++;
	}
	hrtimer_forward_now(t, ns_to_ktime(TIMER_NS));
	return HRTIMER_RESTART;
}

static int blow(void *arg)
{
	struct thread *thread = arg;
	unsigned long n;

	for (n = 0; n < frees / nthreads; n++) {
		struct object *object = kspan_alloc(heap, size, GFP_KERNEL);

		if (!object) {
			thread->nfailed++;
			continue;
		}
		if (n % 64 == 0)
			llist_add(&object->link, &for_timer);
		else if (n % 64 == 1)
			kspan_free_rcu_mightsleep(object);
		else
			kspan_free_rcu(object, rcu);
		if (n % 4096 == 0)
			cond_resched();
	}
	complete(&thread->done);
	return 0;
}

/* The most that the heap holds until all have done. */
static unsigned long watch(unsigned long *nfailed)
{
	struct kspan_heap_stats stats;
	unsigned long most_bytes = 0;
	unsigned int i;

	for (i = 0; i < nthreads; i++) {
		unsigned long left;

		do {
			left = wait_for_completion_timeout(&threads[i].done,
							   msecs_to_jiffies(LOOK_MSECS));
			kspan_heap_stats(heap, &stats);
			most_bytes = max_t(unsigned long, most_bytes,
					   stats.backing_bytes);
		} while (!left);
		*nfailed += threads[i].nfailed;
	}
	return most_bytes;
}

static void start(void)
{
	unsigned int i;

	hrtimer_setup(&timer, free_some, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_HARD);
	hrtimer_start(&timer, ns_to_ktime(TIMER_NS), HRTIMER_MODE_REL_HARD);
	nthreads = min_t(unsigned int, num_online_cpus(), MAX_THREADS);
	for (i = 0; i < nthreads; i++) {
		init_completion(&threads[i].done);
		if (IS_ERR(kthread_run(blow, &threads[i], "kspan_storm/%u", i)))
			complete(&threads[i].done);
	}
}

static int __init storm_init(void)
{
	struct kspan_heap_params params = { .limit_bytes = limit_bytes };
	unsigned long nfailed = 0;
	unsigned long most_bytes;

	if (size < sizeof(struct object))
		return -EINVAL;
	heap = kspan_heap_create("storm", &params);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	start();
	most_bytes = watch(&nfailed);
	hrtimer_cancel(&timer);
	free_some(&timer);
	pr_info("%lu freed, %lu of them by the timer, %lu failed, %lu bytes at most\n",
		frees, nfreed_by_timer, nfailed, most_bytes);
	if (nfailed) {
		kspan_heap_destroy(heap);
		return -ENOMEM;
	}
	return 0;
}
module_init(storm_init);

static void __exit storm_exit(void)
{
	unsigned int i;

	if (!leave) {
		kspan_rcu_barrier(heap);
		kspan_heap_destroy(heap);
		return;
	}
	for (i = 0; i < 10000; i++) {
		struct object *object = kspan_alloc(heap, size, GFP_KERNEL);

		if (object)
			kspan_free_rcu(object, rcu);
	}
}
module_exit(storm_exit);

MODULE_DESCRIPTION("Test of kspan: many frees after a grace period");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
