// SPDX-License-Identifier: GPL-2.0
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/kspan.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/prefetch.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "api/rcu.h"
#include "api/report.h"
#include "base/compat.h"
#include "base/fault.h"
#include "base/mark.h"
#include "base/work.h"
#include "heaps/heap.h"
#include "pages/arena.h"
#include "spans/owner.h"

enum {
	/* Objects of one bulk free. */
	RUN_OBJECTS	= 32,
	/* Objects that a callback frees at once; a worker has more time. */
	CALLBACK_OBJECTS = 256,
	/* After so many a CPU looks how many wait. */
	LOOK_OBJECTS	= 4096,
	/* Of these, more than that are too many: their grace period is hurried. */
	HURRY_OBJECTS	= 64 << 10,
};

/* What an object's head is used for, and what a page of pointers begins with. */
struct entry {
	struct llist_node	link;
	unsigned long		cookie;
};

static_assert(sizeof(struct entry) <= sizeof(struct rcu_head));

/*
 * A cookie is a secret, mixed with the entry's address; its lowest bits tell how far
 * the head is from the start of its object, or that this is a page of pointers.
 */
#define COOKIE_OFFSET_MASK	(KSPAN_RCU_OFFSETS - 1)
#define COOKIE_PAGE		1UL

/**
 * struct pointers - a page of objects that have no head
 * @entry: in a list of a CPU; unused while the page is being filled
 * @nr: how many
 * @p: the objects
 */
struct pointers {
	struct entry		entry;
	unsigned int		nr;
	void			*p[];
};

#define POINTERS_MOST \
	((PAGE_SIZE - sizeof(struct pointers)) / sizeof(void *))

/**
 * struct frees - what a CPU has freed that has to wait
 * @fresh: entries that no grace period has begun for; anybody adds, and whoever has
 *	@lock takes
 * @filling: a page of pointers that has room, or NULL; belongs to @fresh
 * @waiting: entries that the callback waits for
 * @ready: entries that may be freed, for the worker; taken and set by xchg() alone
 * @hurried: for those who collect; guarded by collect_mutex
 * @armed: the callback is under way, or about to be
 * @lock: guards @filling and @waiting, and that what is moved between two lists is
 *	always in one of them
 * @rcu: the callback
 * @work: the worker
 * @begun_total: frees that have been asked for on this CPU
 * @done_total: frees that have been done on this CPU
 */
struct frees {
	struct llist_head	fresh;
	struct pointers		*filling;
	struct llist_node	*waiting;
	struct llist_node	*ready;
	struct llist_node	*hurried[2];
	bool			armed;
	raw_spinlock_t		lock;
	struct rcu_head		rcu;
	struct work_struct	work;
	unsigned long		begun_total;
	unsigned long		done_total;
};

static DEFINE_PER_CPU(struct frees, frees);
static unsigned long secret;

/* One at a time, as each waits for a grace period with lists in its hands. */
static DEFINE_MUTEX(collect_mutex);

static void hurry(struct work_struct *work);
static DECLARE_WORK(hurry_work, hurry);

/* Whoever frees may hold locks that waking a worker takes. */
static void begin_hurry(struct irq_work *work);
static struct irq_work hurry_irq = IRQ_WORK_INIT_HARD(begin_hurry);

static struct shrinker *shrinker;

static unsigned long cookie_of(const struct entry *entry, unsigned long low)
{
	return ((secret ^ (unsigned long)entry) & ~COOKIE_OFFSET_MASK) | low;
}

/**
 * kspan_rcu_pending() - frees that have not been done yet
 *
 * Context: Any.
 * Return: their number; 0 only if all that were asked for before have been done.
 */
unsigned long kspan_rcu_pending(void)
{
	unsigned long begun_total = 0;
	unsigned long done_total = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		done_total += READ_ONCE(per_cpu_ptr(&frees, cpu)->done_total);
	/* What has begun is read later. Pairs with free_run(). */
	smp_mb();
	for_each_possible_cpu(cpu)
		begun_total += READ_ONCE(per_cpu_ptr(&frees, cpu)->begun_total);
	return begun_total - done_total;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_rcu_pending);

/* ---- what may be freed ------------------------------------------------------ */

static void free_run(unsigned int nr, void **p)
{
	kspan_free_bulk(nr, p);
	/* Whoever sees them counted sees them freed. */
	smp_mb();
	this_cpu_add(frees.done_total, nr);
}

static void free_pointers(struct pointers *pointers)
{
	free_run(pointers->nr, pointers->p);
	free_page((unsigned long)pointers);
}

/* The object, if its head is as it was left. */
static void *object_of(struct entry *entry)
{
	unsigned long low = entry->cookie & COOKIE_OFFSET_MASK;

	if (WARN_ONCE(entry->cookie != cookie_of(entry, low),
		      "kspan: the rcu_head at %p has been written to since kspan_free_rcu(); its object is lost\n",
		      entry)) {
		this_cpu_inc(frees.done_total);
		return NULL;
	}
	/* Its next owner may free it as it is. */
	entry->cookie = 0;
	return (void *)entry - low;
}

/* Frees about @budget objects of a list; returns the others. */
static struct llist_node *free_some(struct llist_node *node, long budget)
{
	void *p[RUN_OBJECTS];
	unsigned int nr = 0;

	for (; node && budget > 0; budget--) {
		struct entry *entry = container_of(node, struct entry, link);

		node = node->next;
		prefetch(node);
		if (entry->cookie == cookie_of(entry, COOKIE_PAGE)) {
			struct pointers *pointers =
				container_of(entry, struct pointers, entry);

			budget -= pointers->nr;
			free_pointers(pointers);
			continue;
		}
		p[nr] = object_of(entry);
		nr += !!p[nr];
		if (nr == RUN_OBJECTS) {
			free_run(nr, p);
			nr = 0;
		}
	}
	if (nr)
		free_run(nr, p);
	return node;
}

static void free_all(struct llist_node *node)
{
	while (node) {
		node = free_some(node, CALLBACK_OBJECTS);
		cond_resched();
	}
}

static void free_ready(struct work_struct *work)
{
	struct frees *f = container_of(work, struct frees, work);

	free_all(xchg(&f->ready, NULL));
}

/* ---- grace periods ---------------------------------------------------------- */

/* Takes all that is fresh, by the holder of the lock. */
static struct llist_node *take_fresh(struct frees *f)
{
	struct llist_node *first = llist_del_all(&f->fresh);
	struct pointers *pointers = f->filling;

	if (!pointers)
		return first;
	f->filling = NULL;
	pointers->entry.link.next = first;
	return &pointers->entry.link;
}

/* Lets all that is fresh wait, by the holder of the lock; false if there is none. */
static bool turn(struct frees *f)
{
	for (;;) {
		f->waiting = take_fresh(f);
		if (f->waiting)
			return true;
		WRITE_ONCE(f->armed, false);
		/* Who adds something looks at this next. Pairs with arm(). */
		smp_mb();
		if ((llist_empty(&f->fresh) && !f->filling) ||
		    xchg(&f->armed, true))
			return false;
	}
}

static void elapsed(struct rcu_head *rcu);

/* The callback is not under way, and nobody else lets it be. */
static void begin(struct frees *f)
{
	unsigned long flags;
	bool any;

	raw_spin_lock_irqsave(&f->lock, flags);
	any = turn(f);
	raw_spin_unlock_irqrestore(&f->lock, flags);
	if (any)
		call_rcu_hurry(&f->rcu, elapsed);
}

/* Something has been added, by a full barrier. */
static void arm(struct frees *f)
{
	if (!READ_ONCE(f->armed) && !xchg(&f->armed, true))
		begin(f);
}

/*
 * A few are freed here, many by a worker. If it has not come to the last ones yet,
 * nobody lets it run, and they are freed here, lest they become more and more.
 */
static void free_elapsed(struct frees *f, struct llist_node *node)
{
	node = free_some(node, CALLBACK_OBJECTS);
	if (!node)
		return;
	if (cmpxchg(&f->ready, NULL, node))
		free_some(node, LONG_MAX);
	else
		queue_work(kspan_wq, &f->work);
}

static void elapsed(struct rcu_head *rcu)
{
	struct frees *f = container_of(rcu, struct frees, rcu);
	struct llist_node *done;
	unsigned long flags;
	bool any;

	/* collect() waits until what is in these hands is free, or ready. */
	rcu_read_lock();
	raw_spin_lock_irqsave(&f->lock, flags);
	done = f->waiting;
	any = turn(f);
	raw_spin_unlock_irqrestore(&f->lock, flags);
	if (any)
		call_rcu_hurry(&f->rcu, elapsed);
	free_elapsed(f, done);
	rcu_read_unlock();
}

/* Frees all that waits by now, after one grace period for all CPUs. */
static void collect(void (*synchronize)(void))
{
	unsigned long flags;
	unsigned int cpu;

	mutex_lock(&collect_mutex);
	for_each_possible_cpu(cpu) {
		struct frees *f = per_cpu_ptr(&frees, cpu);

		raw_spin_lock_irqsave(&f->lock, flags);
		f->hurried[0] = f->waiting;
		f->hurried[1] = take_fresh(f);
		f->waiting = NULL;
		raw_spin_unlock_irqrestore(&f->lock, flags);
	}
	synchronize();
	for_each_possible_cpu(cpu) {
		struct frees *f = per_cpu_ptr(&frees, cpu);

		free_all(f->hurried[0]);
		free_all(f->hurried[1]);
		free_all(xchg(&f->ready, NULL));
	}
	mutex_unlock(&collect_mutex);
}

static void hurry(struct work_struct *work)
{
	collect(synchronize_rcu_expedited);
}

static void begin_hurry(struct irq_work *work)
{
	queue_work(kspan_wq, &hurry_work);
}

/**
 * kspan_rcu_relieve() - an allocation has failed: do what frees there are to come
 * @heap: whose
 * @gfp: as for kmalloc()
 *
 * Who may sleep waits for a hurried grace period, unless such a one has brought it
 * nothing in this jiffy. For others it begins.
 *
 * Return: whether it is worth another try, which sets @heap->rcu_vain if it is not.
 */
bool kspan_rcu_relieve(struct kspan_heap *heap, gfp_t gfp)
{
	unsigned long now = jiffies;

	if (!kspan_rcu_pending())
		return false;
	if (!gfpflags_allow_blocking(gfp)) {
		irq_work_queue(&hurry_irq);
		return false;
	}
	if (READ_ONCE(heap->rcu_vain) == now)
		return false;
	collect(synchronize_rcu_expedited);
	kspan_huge_flush(&heap->storage.huge);
	return true;
}

/**
 * kspan_rcu_barrier() - wait until all frees after a grace period have been done
 * @heap: of which heap; those of others may be waited for as well
 *
 * All that kspan_free_rcu() and kspan_free_rcu_mightsleep() were called for before
 * has been freed afterwards.
 *
 * Context: Process context; sleeps, for a grace period, and not at all if there are no
 * such frees. Takes no lock of a heap's.
 */
void kspan_rcu_barrier(struct kspan_heap *heap)
{
	unsigned int cpu;

	might_sleep();
	if (!kspan_rcu_pending())
		return;
	collect(synchronize_rcu);
	/* Those that had been ready. */
	for_each_possible_cpu(cpu)
		flush_work(&per_cpu_ptr(&frees, cpu)->work);
}
EXPORT_SYMBOL_GPL(kspan_rcu_barrier);

/* ---- who frees -------------------------------------------------------------- */

/* Whether a live object starts here, which is asked before its head is written to. */
static bool is_live(const void *p)
{
	unsigned long addr = (unsigned long)p;
	const struct kspan_row *row;
	struct kspan_object obj;
	bool live;

	rcu_read_lock();
	row = kspan_arena_row(addr);
	live = kspan_row_starts_slot(row, addr % KSPAN_PAGE_BYTES) &&
	       !kspan_mark_intact(p, row->secret);
	rcu_read_unlock();
	return live || (kspan_find_object(p, &obj) && obj.start == p &&
			obj.live && !kspan_is_member(p) && !obj.heap->gc);
}

/* No live object: what lies in a stack or region goes with it, and is only counted. */
static void refuse(const void *p, const char *function)
{
	struct kspan_object obj;

	if (kspan_is_member(p))
		kspan_free(p);
	/* The head would be in the way of a collector. */
	else if (kspan_find_object(p, &obj) && obj.start == p && obj.live &&
		 obj.heap->gc)
		kspan_report_collected(p, KSPAN_MISTAKE_COLLECTED, function);
	else
		kspan_report_bad_free(p, function);
}

/* Of so many that a CPU has begun: a look, now and then, whether too many wait. */
static void look(unsigned long begun_total)
{
	if (begun_total % LOOK_OBJECTS == 0 &&
	    kspan_rcu_pending() > HURRY_OBJECTS)
		irq_work_queue(&hurry_irq);
}

static void add(struct entry *entry)
{
	struct frees *f = raw_cpu_ptr(&frees);
	unsigned long begun_total = this_cpu_inc_return(frees.begun_total);

	llist_add(&entry->link, &f->fresh);
	arm(f);
	look(begun_total);
}

/**
 * __kspan_free_rcu() - see kspan_free_rcu()
 * @head: in the object
 * @offset: how far from its start
 *
 * Context: As kspan_free_rcu().
 */
void __kspan_free_rcu(struct rcu_head *head, unsigned long offset)
{
	struct entry *entry = (struct entry *)head;
	unsigned long cookie = cookie_of(entry, offset);
	void *p = (void *)head - offset;

	if (unlikely(!is_live(p) || xchg(&entry->cookie, cookie) == cookie)) {
		refuse(p, "kspan_free_rcu");
		return;
	}
	kmemleak_ignore(p);
	add(entry);
}
EXPORT_SYMBOL_GPL(__kspan_free_rcu);

/* Puts it down in this CPU's page, if there is one, or in @page; false without. */
static bool put_down(void *p, struct pointers **page)
{
	struct frees *f = raw_cpu_ptr(&frees);
	struct pointers *pointers;
	unsigned long begun_total;
	unsigned long flags;

	raw_spin_lock_irqsave(&f->lock, flags);
	pointers = f->filling;
	if (!pointers) {
		pointers = *page;
		*page = NULL;
	}
	if (!pointers) {
		raw_spin_unlock_irqrestore(&f->lock, flags);
		return false;
	}
	begun_total = this_cpu_inc_return(frees.begun_total);
	pointers->p[pointers->nr++] = p;
	f->filling = pointers;
	if (pointers->nr == POINTERS_MOST) {
		f->filling = NULL;
		llist_add(&pointers->entry.link, &f->fresh);
	}
	raw_spin_unlock_irqrestore(&f->lock, flags);
	/* Pairs with turn(). */
	smp_mb();
	arm(f);
	look(begun_total);
	return true;
}

static struct pointers *new_page(void)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOMEMALLOC |
			  __GFP_NOWARN;
	struct pointers *pointers = NULL;

	if (!kspan_fault(KSPAN_FAULT_RCU_PAGE, gfp))
		pointers = (struct pointers *)__get_free_page(gfp);
	if (!pointers)
		return NULL;
	pointers->entry.cookie = cookie_of(&pointers->entry, COOKIE_PAGE);
	pointers->nr = 0;
	return pointers;
}

/**
 * kspan_free_rcu_mightsleep() - free an object without a head after a grace period
 * @p: the object; NULL and ZERO_SIZE_PTR are ignored, what else is not the start of a
 *	live object is reported and refused
 *
 * Returns at once, as a rule. Where the kernel has no page for the pointer, waits for
 * the grace period.
 *
 * Context: Process context; may sleep.
 */
void kspan_free_rcu_mightsleep(const void *p)
{
	struct pointers *page = NULL;

	might_sleep();
	if (ZERO_OR_NULL_PTR(p))
		return;
	if (unlikely(!is_live(p))) {
		refuse(p, "kspan_free_rcu_mightsleep");
		return;
	}
	kmemleak_ignore(p);
	if (put_down((void *)p, &page))
		return;
	page = new_page();
	if (page && put_down((void *)p, &page)) {
		/* Not needed, if another page was there by then. */
		free_page((unsigned long)page);
		return;
	}
	synchronize_rcu();
	kspan_free(p);
}
EXPORT_SYMBOL_GPL(kspan_free_rcu_mightsleep);

/* ---- pressure, beginning and end -------------------------------------------- */

static unsigned long count(struct shrinker *s, struct shrink_control *sc)
{
	return kspan_rcu_pending() ?: SHRINK_EMPTY;
}

/* What is freed goes to the heaps, whose own shrinkers are asked for it then. */
static unsigned long scan(struct shrinker *s, struct shrink_control *sc)
{
	queue_work(kspan_wq, &hurry_work);
	return SHRINK_STOP;
}

int kspan_rcu_init(void)
{
	unsigned int cpu;

	secret = get_random_long();
	for_each_possible_cpu(cpu) {
		struct frees *f = per_cpu_ptr(&frees, cpu);

		raw_spin_lock_init(&f->lock);
		INIT_WORK(&f->work, free_ready);
	}
	shrinker = kspan_shrinker_alloc(0, "rcu", NULL);
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->seeks = 0;
	shrinker_register(shrinker);
	return 0;
}

/* Nobody has a heap any more; the kernel's rcu_barrier() follows. */
void kspan_rcu_exit(void)
{
	shrinker_free(shrinker);
	irq_work_sync(&hurry_irq);
	cancel_work_sync(&hurry_work);
	kspan_rcu_barrier(NULL);
	/* The last callback, which has found nothing. */
	rcu_barrier();
}
