// SPDX-License-Identifier: GPL-2.0
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "base/compat.h"
#include "base/news.h"
#include "base/trace.h"
#include "giveback/drain.h"
#include "giveback/giver.h"
#include "giveback/idle.h"
#include "giveback/scavenge.h"
#include "pages/pages.h"
#include "pages/release.h"
#include "spans/stores.h"

bool kspan_scavenger_background = true;
EXPORT_SYMBOL_IF_KUNIT(kspan_scavenger_background);
module_param_named(background, kspan_scavenger_background, bool, 0644);
MODULE_PARM_DESC(background, "give back what was not needed of late (default: yes)");

enum {
	TICK		= HZ,
	/* Ticks that somebody has asked for may come sooner. */
	LEAST_TICK	= HZ * 3 / 4,
	/* About a grace period; and a slice of the time there is. */
	SOON		= HZ / 10 ?: 1,
};

/* Set while a tick is to come. */
static bool kicked;

static void scavenger_work(struct work_struct *work);
static DECLARE_WORK(scavenger, scavenger_work);
static struct workqueue_struct *scavenger_wq;

/*
 * Whoever kicks may hold any lock, those of timers, of work queues and of the
 * scheduler too. So an interrupt does the rest, as soon as one may come; and a
 * timer that no task is needed for, as the CPU may be one that runs none.
 */
static void begin_tick(struct irq_work *work);
static void begin_now(struct irq_work *work);
static struct irq_work tick_irq = IRQ_WORK_INIT_HARD(begin_tick);
static struct irq_work now_irq = IRQ_WORK_INIT_HARD(begin_now);
static struct hrtimer timer;

/* By the work only. */
static struct kspan_pace pace;
static struct kspan_scavenger_stats totals;
static u32 first_heap_id;

/**
 * struct pass - one walk over all heaps
 * @more: some heap will have something to give back
 * @soon: some heap waits for a grace period only, or for time
 * @starved: the heap after which there was no time left
 */
struct pass {
	bool	more;
	bool	soon;
	u32	starved;
};

static void tick_in(unsigned long in_jiffies)
{
	hrtimer_start(&timer, ns_to_ktime(jiffies_to_nsecs(in_jiffies)),
		      HRTIMER_MODE_REL_HARD);
}

static enum hrtimer_restart tick(struct hrtimer *unused)
{
	queue_work(scavenger_wq, &scavenger);
	return HRTIMER_NORESTART;
}

static void begin_tick(struct irq_work *work)
{
	if (!hrtimer_is_queued(&timer))
		tick_in(TICK);
}

static void begin_now(struct irq_work *work)
{
	queue_work(scavenger_wq, &scavenger);
}

/**
 * kspan_scavenger_kick() - there may be something to give back, in a while
 *
 * To be called when that can be seen.
 *
 * Context: Any but NMI; takes no lock.
 */
void kspan_scavenger_kick(void)
{
	/* Pairs with that of the work: one of both sees what the other did. */
	smp_mb();
	if (READ_ONCE(kicked))
		return;
	WRITE_ONCE(kicked, true);
	irq_work_queue(&tick_irq);
}

/* And at once: for limits and memory pressure. Likewise. */
void kspan_scavenger_wake_now(void)
{
	WRITE_ONCE(kicked, true);
	irq_work_queue(&now_irq);
}

#if IS_ENABLED(CONFIG_KUNIT)
/* Whether a tick is to come that somebody has asked for. */
bool kspan_scavenger_kicked(void)
{
	return READ_ONCE(kicked);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_scavenger_kicked);
#endif

void kspan_scavenger_read(struct kspan_scavenger_stats *stats)
{
	stats->ticks = READ_ONCE(totals.ticks);
	stats->spent_ns = READ_ONCE(totals.spent_ns);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_scavenger_read);

/*
 * Accounts for the time since it last did. Only what limits and memory pressure
 * ask for is not bounded.
 */
static void spend(bool bounded)
{
	kspan_pace_spend(&pace, ktime_get_ns(), bounded);
	kspan_pace_charge(&pace, kspan_drain_take_spent(), bounded);
	WRITE_ONCE(totals.spent_ns, pace.spent_ns);
}

/* Gives what a walk finds to the kernel; see kspan_scavenge_node(). */
static unsigned long give_back(struct kspan_node_heap *nh,
			       struct kspan_release *walk,
			       unsigned long npages,
			       enum kspan_release_reason reason,
			       struct kspan_pace *pace)
{
	struct kspan_pageheap *ph = &nh->pages;
	enum kspan_detached what;
	struct kspan_block block;
	unsigned long given = 0;
	unsigned long irqflags;

	if (pace && pace->left_ns <= 0)
		return 0;
	/* Looking for a block must not take all the time again and again. */
	while (given < npages && (!pace || pace->left_ns > 0 || !given)) {
		spin_lock_irqsave(&ph->lock, irqflags);
		kspan_pageheap_poll(ph);
		what = kspan_pageheap_detach(ph, walk, npages - given, &block);
		spin_unlock_irqrestore(&ph->lock, irqflags);
		if (what == KSPAN_DETACHED) {
			kspan_pages_release(nh, &block, reason);
			given += block.npages;
		} else if (what == KSPAN_DETACH_SPLIT) {
			kspan_pageheap_split(ph, &block);
		}
		if (pace)
			kspan_pace_spend(pace, ktime_get_ns(), true);
		if (what == KSPAN_DETACH_DONE)
			break;
		cond_resched();
	}
	if (given)
		trace_scavenge(nh->source->name, kspan_npages_bytes(given));
	return given;
}

/**
 * kspan_scavenge_node() - give free pages of one node to the kernel
 * @nh: whose
 * @flags: KSPAN_RELEASE_*
 * @npages: how many at most
 * @reason: why
 * @pace: where the time is charged, and which ends it; or NULL
 *
 * Takes what has its grace period behind it; never waits.
 *
 * Context: Process context, memory reclaim included.
 * Return: how many there were.
 */
unsigned long kspan_scavenge_node(struct kspan_node_heap *nh,
				  unsigned int flags, unsigned long npages,
				  enum kspan_release_reason reason,
				  struct kspan_pace *pace)
{
	struct kspan_release walk;

	kspan_release_init(&walk, flags);
	return give_back(nh, &walk, npages, reason, pace);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_scavenge_node);

/* What waits for a grace period, once those that are over are seen. */
static unsigned long unready_pages(struct kspan_source *source)
{
	unsigned long npages = 0;
	unsigned long flags;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_pageheap *ph = &source->nodes[nid].pages;

		spin_lock_irqsave(&ph->lock, flags);
		kspan_pageheap_poll(ph);
		npages += kspan_pageheap_unready(ph);
		spin_unlock_irqrestore(&ph->lock, flags);
	}
	return npages;
}

/*
 * Waits until what is free can go to the kernel. What came back amid a grace
 * period waits for the next as well.
 */
void kspan_scavenge_await(struct kspan_source *source)
{
	if (!unready_pages(source))
		return;
	synchronize_rcu();
	if (unready_pages(source))
		synchronize_rcu();
}

/**
 * kspan_scavenge() - see kspan_heap_scavenge()
 * @storage: of the heap
 * @bytes: how much at most
 *
 * Return: bytes given back.
 */
size_t kspan_scavenge(struct kspan_storage *storage, size_t bytes)
{
	struct kspan_source *source = &storage->source;
	unsigned long wanted = bytes >> KSPAN_PAGE_SHIFT;
	unsigned long given = 0;
	int nid;

	kspan_news.look(source);
	kspan_huge_flush(&storage->huge);
	kspan_drain_depots(storage);
	kspan_stores_trim(storage);
	kspan_scavenge_await(source);
	for (nid = 0; nid < nr_node_ids && given < wanted; nid++)
		given += kspan_scavenge_node(&source->nodes[nid],
					     KSPAN_RELEASE_ANY, wanted - given,
					     KSPAN_RELEASED_EXPLICIT, NULL);
	return given << KSPAN_PAGE_SHIFT;
}

/**
 * kspan_scavenge_range() - give what is free in a range to the kernel
 * @storage: of the heap
 * @start: address of the range, at a chunk's start
 * @end: its end, at a chunk's end
 *
 * Poisoned pages go, too.
 *
 * Context: Process context; sleeps, for one or two grace periods.
 */
void kspan_scavenge_range(struct kspan_storage *storage, unsigned long start,
			  unsigned long end)
{
	struct kspan_source *source = &storage->source;
	struct kspan_release walk;
	int nid;

	kspan_drain_depots(storage);
	kspan_stores_trim(storage);
	for (nid = 0; nid < nr_node_ids; nid++)
		kspan_pages_unretire(&source->nodes[nid], start, end);
	kspan_scavenge_await(source);
	for (nid = 0; nid < nr_node_ids; nid++) {
		kspan_release_init(&walk, KSPAN_RELEASE_ANY);
		walk.start = start;
		walk.end = end;
		give_back(&source->nodes[nid], &walk, ULONG_MAX,
			  KSPAN_RELEASED_EXPLICIT, NULL);
	}
}

/**
 * kspan_scavenge_soon() - the kernel is short of memory: drain the caches, too
 * @giver: whose
 *
 * Ten times a second at most: a heap may fill and empty its caches within that, and
 * whoever then wants the memory does not wait for the second to be over.
 *
 * Context: Any but NMI.
 */
void kspan_scavenge_soon(struct kspan_giver *giver)
{
	unsigned long asked = READ_ONCE(giver->squeeze_asked);

	if (time_before(jiffies, asked + HZ / 10) ||
	    cmpxchg(&giver->squeeze_asked, asked, jiffies) != asked)
		return;
	WRITE_ONCE(giver->squeeze, true);
	kspan_scavenger_wake_now();
}

/* Empties the caches, without charge for the time that this has to wait. */
static bool drain_caches(struct kspan_giver *giver)
{
	u64 waited_ns = 0;
	bool late = kspan_drain_filled(giver, &waited_ns);

	pace.since_ns += waited_ns;
	kspan_stores_trim(giver->storage);
	return late;
}

/* Gives back what is ready of that which is above the limits; is there more? */
static bool give_excess(struct kspan_source *source)
{
	u64 excess = kspan_account_excess(&source->account);
	int nid;

	for (nid = 0; nid < nr_node_ids && excess; nid++) {
		kspan_scavenge_node(&source->nodes[nid], KSPAN_RELEASE_ANY,
				    DIV_ROUND_UP(excess, KSPAN_PAGE_BYTES),
				    KSPAN_RELEASED_LIMIT, NULL);
		excess = kspan_account_excess(&source->account);
	}
	return excess;
}

/*
 * Gives back what the heap has above its limits, whatever it was needed for and
 * however long it takes: it was grown, too. What caches hold goes last.
 */
static void keep_limits(struct kspan_giver *giver, struct pass *pass)
{
	struct kspan_source *source = &giver->storage->source;
	bool due = time_after_eq(jiffies, giver->limited + LEAST_TICK);
	bool more;

	if (!kspan_account_excess(&source->account))
		return;
	spend(true);
	more = give_excess(source);
	if (more && due) {
		giver->limited = jiffies;
		drain_caches(giver);
		more = give_excess(source);
	}
	if (more && unready_pages(source)) {
		start_poll_synchronize_rcu();
		pass->soon = true;
	}
	spend(false);
}

/* The kernel has been short of memory. */
static void squeeze(struct kspan_giver *giver)
{
	if (!READ_ONCE(giver->squeeze))
		return;
	spend(true);
	WRITE_ONCE(giver->squeeze, false);
	drain_caches(giver);
	spend(false);
}

/* Another second has passed. */
static void tick_goal(struct kspan_node_heap *nh)
{
	struct kspan_pageheap *ph = &nh->pages;
	unsigned long flags;

	spin_lock_irqsave(&ph->lock, flags);
	kspan_goal_tick(&nh->goal, ph->peak_pages);
	ph->peak_pages = ph->owned_pages - ph->free_pages;
	spin_unlock_irqrestore(&ph->lock, flags);
}

static void tick_node(struct kspan_node_heap *nh, struct pass *pass,
		      bool may_give)
{
	struct kspan_pageheap *ph = &nh->pages;
	unsigned long irqflags;
	unsigned long surplus;
	unsigned long given = 0;
	unsigned long in_use;
	unsigned long owned;
	unsigned long fresh;
	unsigned long ahead;

	spin_lock_irqsave(&ph->lock, irqflags);
	kspan_pageheap_poll(ph);
	owned = ph->owned_pages;
	fresh = ph->fresh_pages;
	in_use = ph->owned_pages - ph->free_pages;
	spin_unlock_irqrestore(&ph->lock, irqflags);
	/* Nothing to come, however the need may shrink? */
	if (!kspan_goal_surplus(in_use, owned, fresh))
		return;
	surplus = kspan_goal_surplus(nh->goal.need, owned, fresh);
	if (surplus && may_give) {
		given = kspan_scavenge_node(nh, 0, surplus,
					    KSPAN_RELEASED_BACKGROUND, &pace);
		ahead = kspan_goal_ahead(nh->goal.need);
		if (given < surplus && fresh > ahead)
			given += kspan_scavenge_node(nh, KSPAN_RELEASE_FRESH,
						     min(surplus - given,
							 fresh - ahead),
						     KSPAN_RELEASED_BACKGROUND,
						     &pace);
	}
	if (kspan_pageheap_unready(&nh->pages)) {
		start_poll_synchronize_rcu();
		pass->more = true;
	}
	/* Otherwise what is left is in chunks that are left alone. */
	if (given || nh->goal.need > in_use || (surplus && !may_give))
		pass->more = true;
}

static void tick_nodes(struct kspan_source *source, struct pass *pass)
{
	bool may_give = source->id >= first_heap_id;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++)
		tick_node(&source->nodes[nid], pass, may_give);
}

/* What the caches held was in use, but needed by nobody. */
static bool tick_caches(struct kspan_giver *giver)
{
	struct kspan_source *source = &giver->storage->source;
	u64 waited_ns = 0;
	bool more;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++)
		source->nodes[nid].free_before =
			READ_ONCE(source->nodes[nid].pages.free_pages);
	more = kspan_idle_tick(giver, &waited_ns);
	pace.since_ns += waited_ns;
	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_node_heap *nh = &source->nodes[nid];
		struct kspan_pageheap *ph = &nh->pages;
		unsigned long flags;

		spin_lock_irqsave(&ph->lock, flags);
		if (ph->free_pages > nh->free_before) {
			kspan_goal_forget(&nh->goal,
					  ph->free_pages - nh->free_before);
			ph->peak_pages = ph->owned_pages - ph->free_pages;
		}
		spin_unlock_irqrestore(&ph->lock, flags);
	}
	return more;
}

/*
 * Pages that are free go first, as some CPU may not come to emptying its caches.
 * Without time left the heap is only looked at.
 */
static int tick_heap(struct kspan_giver *giver, void *arg)
{
	bool due = time_after_eq(jiffies, giver->ticked + LEAST_TICK);
	bool background = READ_ONCE(kspan_scavenger_background);
	struct kspan_storage *storage = giver->storage;
	struct kspan_source *source = &storage->source;
	struct pass *pass = arg;
	bool had_time;
	int nid;

	kspan_reserve_trim(&storage->reserve);
	keep_limits(giver, pass);
	if (due) {
		giver->ticked = jiffies;
		kspan_news.look(source);
		for (nid = 0; nid < nr_node_ids; nid++)
			tick_goal(&source->nodes[nid]);
	}
	spend(true);
	had_time = pace.left_ns > 0;
	if (had_time && background)
		tick_nodes(source, pass);
	squeeze(giver);
	/* Who has kicked too soon after the last tick is not to be forgotten. */
	if (!due || (had_time && background && tick_caches(giver)))
		pass->more = true;
	spend(true);
	if (pace.left_ns <= 0) {
		pass->soon = true;
		if (had_time)
			pass->starved = source->id;
	}
	return 0;
}

/*
 * Sleeps for good when no heap has anything to do; whoever frees pages kicks it.
 * What has no time left goes first the next time.
 */
static void scavenger_work(struct work_struct *work)
{
	struct pass pass = { };

	WRITE_ONCE(kicked, false);
	/* Who finds it kicked has changed what is looked at below. */
	smp_mb();
	WRITE_ONCE(totals.ticks, totals.ticks + 1);
	pace.since_ns = ktime_get_ns();
	kspan_pace_fill(&pace, pace.since_ns);
	kspan_giver_for_each(tick_heap, &pass);
	first_heap_id = pass.starved ? pass.starved + 1 : 0;
	if (pass.soon)
		tick_in(SOON);
	else if (pass.more && !hrtimer_is_queued(&timer))
		tick_in(TICK);
}

int kspan_scavenger_init(void)
{
	scavenger_wq = alloc_workqueue("kspan_scavenger", WQ_UNBOUND |
				       WQ_FREEZABLE | WQ_MEM_RECLAIM, 1);
	if (!scavenger_wq)
		return -ENOMEM;
	hrtimer_setup(&timer, tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	pace.filled_ns = ktime_get_ns();
	pace.left_ns = KSPAN_PACE_BURST_NS;
	return 0;
}

/* No heap is left. */
void kspan_scavenger_exit(void)
{
	irq_work_sync(&tick_irq);
	irq_work_sync(&now_irq);
	/* Without a heap it does not set the timer any more. */
	cancel_work_sync(&scavenger);
	hrtimer_cancel(&timer);
	destroy_workqueue(scavenger_wq);
}
