// SPDX-License-Identifier: GPL-2.0
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "base/compat.h"
#include "gc/gc.h"
#include "gc/sleeper.h"

enum {
	BUCKET_BITS	= 7,
};

/**
 * struct sleeper - a task's sections of a heap that may sleep
 * @link: in its bucket
 * @task: the task
 * @gc: of which heap
 * @depth: how many are open
 * @token: what SRCU wants back
 */
struct sleeper {
	struct hlist_node	link;
	struct task_struct	*task;
	struct kspan_gc		*gc;
	unsigned int		depth;
	int			token;
};

/**
 * struct bucket - some tasks' sections
 * @lock: guards the list; each entry is its task's
 * @list: struct sleeper
 */
struct bucket {
	spinlock_t		lock; /* see above */
	struct hlist_head	list;
} ____cacheline_aligned_in_smp;

static struct bucket buckets[1 << BUCKET_BITS] = {
	[0 ... (1 << BUCKET_BITS) - 1] = {
		.lock = __SPIN_LOCK_UNLOCKED(buckets.lock),
	},
};

static struct bucket *this_bucket(void)
{
	return &buckets[hash_ptr(current, BUCKET_BITS)];
}

/* This task's sections of a heap, or of any with NULL. */
static struct sleeper *find(const struct kspan_gc *gc)
{
	struct bucket *bucket = this_bucket();
	struct sleeper *found = NULL;
	struct sleeper *s;

	spin_lock(&bucket->lock);
	hlist_for_each_entry(s, &bucket->list, link) {
		if (s->task == current && (!gc || s->gc == gc)) {
			found = s;
			break;
		}
	}
	spin_unlock(&bucket->lock);
	return found;
}

/* Whether the task is in a section of the heap, as far as can be told. */
bool kspan_sections_in(const struct kspan_gc *gc)
{
	if (in_task() && find(gc))
		return true;
#ifdef CONFIG_PREEMPT_RCU
	return rcu_preempt_depth();
#else
	/* There, a reader is who cannot be preempted. */
	return IS_ENABLED(CONFIG_PREEMPT_COUNT) && preempt_count();
#endif
}

/*
 * Whether the task may be made to wait for a cycle: it is in no section, holds no
 * spinlock, and has not turned off anything.
 */
bool kspan_sections_may_wait(void)
{
#ifdef CONFIG_PREEMPT_RCU
	if (rcu_preempt_depth())
		return false;
#endif
	return preemptible() && in_task() && !find(NULL);
}

/* One begins inside of another, or none is open: false. */
bool kspan_sleeper_nested(struct kspan_gc *gc)
{
	struct sleeper *s = find(gc);

	if (s)
		s->depth++;
	return s;
}

/* The outermost one begins. */
void kspan_sleeper_begin(struct kspan_gc *gc)
{
	struct bucket *bucket = this_bucket();
	struct sleeper *s;

	s = kmalloc(sizeof(*s), GFP_NOIO | __GFP_NOFAIL);
	s->task = current;
	s->gc = gc;
	s->depth = 1;
	s->token = srcu_read_lock(&gc->srcu);
	spin_lock(&bucket->lock);
	hlist_add_head(&s->link, &bucket->list);
	spin_unlock(&bucket->lock);
}

/* One ends; returns whether it was the outermost. */
bool kspan_sleeper_end(struct kspan_gc *gc)
{
	struct bucket *bucket = this_bucket();
	struct sleeper *s = find(gc);

	if (WARN_ONCE(!s, "kspan: heap %s: a section ends that was not begun\n",
		      gc->heap->storage.source.name) || --s->depth)
		return false;
	spin_lock(&bucket->lock);
	hlist_del(&s->link);
	spin_unlock(&bucket->lock);
	srcu_read_unlock(&gc->srcu, s->token);
	kfree(s);
	return true;
}

/**
 * kspan_sections_wait() - wait until all sections have ended that are open
 * @gc: of which heap
 * @hurry: somebody waits for it
 *
 * Context: Process context, out of sections; sleeps.
 */
void kspan_sections_wait(struct kspan_gc *gc, bool hurry)
{
	if (hurry) {
		synchronize_rcu_expedited();
		synchronize_srcu_expedited(&gc->srcu);
	} else {
		synchronize_rcu();
		synchronize_srcu(&gc->srcu);
	}
}
