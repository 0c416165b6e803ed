// SPDX-License-Identifier: GPL-2.0
#include <linux/kspan_leaks.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/age.h"
#include "base/compat.h"
#include "base/fault.h"
#include "heaps/heap.h"
#include "heaps/ranges.h"
#include "watch/census.h"
#include "watch/reach.h"

enum {
	FIRST_ROOM	= 256,
	DEFAULT_MS	= 1000,
	/* Who waits looks so often whether the heap is to go. */
	LOOK_JIFFIES	= DIV_ROUND_UP(HZ, 10),
	/* More are not remembered from the first look to the second. */
	MOST_SUSPECTS	= 1 << 20,
};

/* One scan at a time: each has bits for every object of a heap. */
static DEFINE_MUTEX(scan_mutex);

/**
 * struct suspect - what the first look has not reached
 * @start: its first byte
 * @sum: of what was in it
 */
struct suspect {
	unsigned long	start;
	u64		sum;
};

/**
 * struct suspects - all of these
 * @all: by address
 * @nr: how many
 * @room: how many @all has room for
 */
struct suspects {
	struct suspect	*all;
	size_t		nr;
	size_t		room;
};

/* 0 as well for what is no more: then its words are none. */
static u64 sum_of(const struct kspan_census *census,
		  const struct kspan_census_span *span, unsigned int index,
		  unsigned long *words)
{
	unsigned long addr = kspan_census_slot(span, index);
	unsigned long end = addr + span->slot_bytes;
	u64 sum = 0;
	size_t n;
	size_t i;

	for (; addr < end; addr += n * sizeof(long)) {
		n = kspan_reach_peek(census, span, addr, end, words);
		if (!n)
			break;
		for (i = 0; i < n; i++)
			sum = rol64((sum ^ words[i]) * 0x9e3779b97f4a7c15ULL, 29);
		cond_resched();
	}
	return sum;
}

static int suspects_add(struct suspects *suspects, unsigned long start, u64 sum)
{
	if (suspects->nr == suspects->room) {
		size_t room = max_t(size_t, 2 * suspects->room, FIRST_ROOM);
		struct suspect *all = NULL;

		if (!kspan_fault(KSPAN_FAULT_CENSUS, GFP_KERNEL))
			all = kvmalloc_array(room, sizeof(*all),
					     GFP_KERNEL | __GFP_NOWARN);
		if (!all)
			return -ENOMEM;
		if (suspects->nr)
			memcpy(all, suspects->all, suspects->nr * sizeof(*all));
		kvfree(suspects->all);
		suspects->all = all;
		suspects->room = room;
	}
	suspects->all[suspects->nr].start = start;
	suspects->all[suspects->nr++].sum = sum;
	return 0;
}

static bool suspects_has(const struct suspects *suspects, unsigned long start,
			 u64 sum)
{
	size_t low = 0;
	size_t high = suspects->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct suspect *suspect = &suspects->all[middle];

		if (suspect->start == start)
			return suspect->sum == sum;
		if (suspect->start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/**
 * struct scan - a look at a heap, and another one
 * @heap: the heap
 * @params: how
 * @census: of the look that is under way
 * @suspects: of the first
 * @words: what was read last
 */
struct scan {
	struct kspan_heap		*heap;
	const struct kspan_scan_params	*params;
	struct kspan_census		census;
	struct suspects			suspects;
	unsigned long			words[KSPAN_REACH_WORDS];
};

typedef int (*object_fn)(struct scan *scan, struct kspan_census_span *span,
			 unsigned int index, void *arg);

static bool is_suspect(struct kspan_census_span *span, unsigned int index)
{
	return test_bit(index, kspan_census_live(span)) &&
	       !test_bit(index, kspan_census_reached(span));
}

static bool is_convicted(struct kspan_census_span *span, unsigned int index)
{
	return test_bit(index, kspan_census_due(span));
}

static int for_each(struct scan *scan,
		    bool (*is_one)(struct kspan_census_span *span,
				   unsigned int index),
		    object_fn fn, void *arg)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < scan->census.nr; i++) {
		struct kspan_census_span *span = scan->census.spans[i];
		unsigned int index;

		for (index = 0; !err && index < span->nelems; index++) {
			if (is_one(span, index))
				err = fn(scan, span, index, arg);
		}
		err = err ?: kspan_census_broken_off(scan->heap);
		cond_resched();
	}
	return err;
}

static int suspect(struct scan *scan, struct kspan_census_span *span,
		   unsigned int index, void *arg)
{
	if (scan->suspects.nr == MOST_SUSPECTS ||
	    !kspan_census_stands(&scan->census, span, index))
		return 0;
	return suspects_add(&scan->suspects, kspan_census_slot(span, index),
			    sum_of(&scan->census, span, index, scan->words));
}

/* Of what was not reached again, and has not changed, it is told. */
static int convict(struct scan *scan, struct kspan_census_span *span,
		   unsigned int index, void *arg)
{
	u64 sum = sum_of(&scan->census, span, index, scan->words);

	if (suspects_has(&scan->suspects, kspan_census_slot(span, index), sum) &&
	    kspan_census_stands(&scan->census, span, index))
		__set_bit(index, kspan_census_due(span));
	return 0;
}

/* What one of them leads to is not where something begins. */
static int follow(struct scan *scan, struct kspan_census_span *span,
		  unsigned int index, void *arg)
{
	unsigned long addr = kspan_census_slot(span, index);
	unsigned long end = addr + span->slot_bytes;
	size_t n;
	size_t i;

	for (; addr < end; addr += n * sizeof(long)) {
		n = kspan_reach_peek(&scan->census, span, addr, end,
				     scan->words);
		if (!n)
			break;
		for (i = 0; i < n; i++) {
			struct kspan_census_span *other;
			unsigned int to;

			other = kspan_census_find(&scan->census, scan->words[i],
						  &to);
			if (other && is_convicted(other, to) &&
			    (other != span || to != index))
				__set_bit(to, kspan_census_reached(other));
		}
		cond_resched();
	}
	return 0;
}

static u64 age_most_ms(const struct kspan_census_span *span)
{
	u32 moments = kspan_moment() - span->since;

	if (!span->since)
		return KSPAN_AGE_UNKNOWN;
	/* It may have begun just before the next moment. */
	return div_u64((u64)(moments + 1) * KSPAN_AGE_JIFFIES * MSEC_PER_SEC, HZ);
}

/**
 * struct listener - who is told
 * @fn: his function, or NULL
 * @arg: its second argument
 * @nobjs: what he was told of
 * @age_least_ms: the same for all
 */
struct listener {
	kspan_unreachable_fn	fn;
	void			*arg;
	long			nobjs;
	u64			age_least_ms;
};

static int tell(struct scan *scan, struct kspan_census_span *span,
		unsigned int index, void *arg)
{
	struct listener *listener = arg;
	struct kspan_unreachable obj = {
		.start = (void *)kspan_census_slot(span, index),
		.size_bytes = span->slot_bytes,
		.sizeclass = span->class,
		.led = test_bit(index, kspan_census_reached(span)),
		.age_least_ms = listener->age_least_ms,
		.age_most_ms = age_most_ms(span),
	};

	listener->nobjs++;
	return listener->fn ? listener->fn(&obj, listener->arg) : 0;
}

static int look(struct scan *scan)
{
	int err;

	kspan_census_drop(&scan->census);
	err = kspan_census_take(&scan->census, scan->heap);
	return err ?: kspan_reach_all(&scan->census, scan->params);
}

static int pass_time(struct scan *scan)
{
	unsigned int ms = scan->params->interval_ms ?: DEFAULT_MS;
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	int err;

	while (time_before(jiffies, end)) {
		schedule_timeout_killable(min_t(unsigned long, end - jiffies,
						LOOK_JIFFIES));
		err = kspan_census_broken_off(scan->heap);
		if (err)
			return err;
	}
	/* What waits for readers is live, and nobody's. */
	kspan_rcu_barrier(scan->heap);
	return 0;
}

static int scan_twice(struct scan *scan, struct listener *listener)
{
	u64 begun_ns = ktime_get_ns();
	int err;

	err = look(scan) ?: for_each(scan, is_suspect, suspect, NULL);
	/* Nothing has to be looked at again. */
	if (err || !scan->suspects.nr)
		return err;
	kspan_census_drop(&scan->census);
	err = pass_time(scan) ?: look(scan) ?:
	      for_each(scan, is_suspect, convict, NULL) ?:
	      for_each(scan, is_convicted, follow, NULL);
	listener->age_least_ms = div_u64(ktime_get_ns() - begun_ns,
					 NSEC_PER_MSEC);
	return err ?: for_each(scan, is_convicted, tell, listener);
}

/* Another scan may be of a heap that takes long. */
static int take_turn(const struct kspan_heap *heap)
{
	int err = 0;

	while (!err && !mutex_trylock(&scan_mutex)) {
		schedule_timeout_killable(LOOK_JIFFIES);
		err = kspan_census_broken_off(heap);
	}
	return err;
}

/* Without anything to begin at, all objects would be out of reach. */
static int check(struct kspan_heap *heap, const struct kspan_scan_params *params)
{
	if (IS_ERR_OR_NULL(heap) || params->roots & ~KSPAN_SCAN_ALL ||
	    params->interval_ms > KSPAN_SCAN_MAX_MS ||
	    (params->nr_ranges && !params->ranges))
		return -EINVAL;
	if (heap->gc)
		return -EOPNOTSUPP;
	if (params->roots & KSPAN_SCAN_MODULE && !heap->owner)
		return -EOPNOTSUPP;
	if (!params->roots && !params->nr_ranges && !kspan_ranges_any(heap) &&
	    heap->owner_kind != KSPAN_OWNER_USER)
		return -ENODATA;
	return 0;
}

/**
 * kspan_heap_unreachable() - find live objects that nothing leads to
 * @heap: an ordinary heap
 * @params: where to begin, besides kspan_heap_root_add(); NULL is nowhere else
 * @fn: told of each, by address; runs unlocked, may sleep; NULL to count only. A value
 *	other than 0 ends it
 * @arg: its second argument
 *
 * All memory in which pointers may lie is read, and what that leads to, word by word:
 * what looks like a pointer is one. That is done twice. An object is told of if it was
 * live, out of reach, and had the same in it both times. What user space holds, stacks
 * and regions, and what these lead to, are in reach.
 *
 * An object that stays where it can be reached, by pointers that stay, is never told of.
 * One that is moved about meanwhile may be. Pointers in local variables, in per-CPU
 * data, and in memory of other allocators are not seen, unless they are said to be
 * there.
 *
 * Objects are neither freed nor changed. Users of the heap go on meanwhile; somebody may
 * free an object before @fn is told of it.
 *
 * Context: Process context; sleeps, for @interval_ms and a grace period. The caller has a
 * reference, or destroys the heap himself. Takes a mutex: there is one scan at a time.
 * Return: how many objects were told of; -EINVAL for bad values; -ENODATA if there is
 * nothing to begin at; -EOPNOTSUPP for a collected heap, and for KSPAN_SCAN_MODULE if no
 * module has made the heap; -ENOMEM; -EINTR for a task that is being killed; -ENOENT
 * if the heap is about to be destroyed; what @fn gave.
 */
long kspan_heap_unreachable(struct kspan_heap *heap,
			    const struct kspan_scan_params *params,
			    kspan_unreachable_fn fn, void *arg)
{
	static const struct kspan_scan_params none;
	struct listener listener = { .fn = fn, .arg = arg };
	struct scan *scan;
	int ret;

	might_sleep();
	params = params ?: &none;
	ret = check(heap, params);
	if (ret)
		return ret;
	scan = kzalloc(sizeof(*scan), GFP_KERNEL);
	if (!scan)
		return -ENOMEM;
	scan->heap = heap;
	scan->params = params;
	ret = take_turn(heap);
	if (!ret) {
		ret = scan_twice(scan, &listener);
		mutex_unlock(&scan_mutex);
	}
	kspan_census_drop(&scan->census);
	kvfree(scan->suspects.all);
	kfree(scan);
	return ret ?: listener.nobjs;
}
EXPORT_SYMBOL_GPL(kspan_heap_unreachable);
