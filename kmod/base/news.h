/* SPDX-License-Identifier: GPL-2.0 */
/*
 * News: the one road upwards. A lower floor that has something to tell calls
 * through this table, and knows no more of who listens. main.c fills the table.
 * No fast path uses it.
 */
#ifndef _KSPAN_NEWS_H
#define _KSPAN_NEWS_H

#include <linux/types.h>

struct kspan_heap;
struct kspan_heap_params;
struct kspan_source;
struct kspan_span;
struct kspan_store;

/**
 * struct kspan_news - who hears of what
 * @pages_free: a heap has free pages, or an array that may fall idle. Any
 *	context but NMI
 * @over_limit: a heap is above one of its limits. Any context but NMI
 * @look: the live bytes of a page source are to be compared with its peak.
 *	Process context
 * @mark_broken: a free slot has been written to, and is out of use now. Any
 *	context but NMI
 * @late_double_free: a flush met slots that were free already; with one of them
 *	and their number. Any context but NMI
 * @stray_free: a page of a span that goes was put by somebody, as kfree() does.
 *	Any context but NMI, with locks held
 * @leftovers: a heap that wants it told is about to lose its objects. Process
 *	context
 * @gc_new: a heap is to be collected. Process context; 0 or -ENOMEM
 * @gc_delete: that is to be freed, as the heap is, which nobody uses any more; it may
 *	not be there. Process context
 * @free_collected: an object of a collected heap is to be freed. RCU reader, any
 *	context but NMI; false if the address is that of no live object
 * @sweep: a store of a collected heap has no slot on a node, while
 *	KSPAN_COLLECTED_SWEEP is set; whether it has one now. Any context but NMI
 * @held: what user space holds of a heap is to be told. Process context
 * @heap_made: a heap is complete, and is about to be found by its name. Process
 *	context
 * @heap_hidden: a heap can no longer be found by its name, or never could. No
 *	lock is held, so this may wait for those who use what @heap_made made;
 *	until then no other heap has the name. Process context
 * @heap_ending: a heap that nobody uses any more is about to end: frees that were
 *	asked for are to be done. Process context
 * @heap_going: a heap that nobody holds any more is about to lose its objects.
 *	Process context
 */
struct kspan_news {
	void (*pages_free)(void);
	void (*over_limit)(void);
	void (*look)(struct kspan_source *source);
	void (*mark_broken)(struct kspan_store *store, const void *slot);
	void (*late_double_free)(struct kspan_store *store, const void *slot,
				 unsigned int nslots);
	void (*stray_free)(const struct kspan_span *span, unsigned long page);
	void (*leftovers)(struct kspan_heap *heap);
	int (*gc_new)(struct kspan_heap *heap,
		      const struct kspan_heap_params *params);
	void (*gc_delete)(struct kspan_heap *heap);
	bool (*free_collected)(void *p);
	bool (*sweep)(struct kspan_store *store, int nid);
	void (*held)(struct kspan_heap *heap,
		     void (*fn)(const void *p, void *arg), void *arg);
	void (*heap_made)(struct kspan_heap *heap);
	void (*heap_hidden)(struct kspan_heap *heap);
	void (*heap_ending)(struct kspan_heap *heap);
	void (*heap_going)(struct kspan_heap *heap);
};

extern const struct kspan_news kspan_news;

#endif /* _KSPAN_NEWS_H */
