/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Grey objects: those that the collector has reached and not yet looked into.
 *
 * They wait on pages. Mutators and interrupts put theirs on a page of their CPU, under
 * a raw lock that only who empties it contends for; markers have one page each. Full
 * pages lie where any marker takes them, which is how work is shared.
 *
 * Nobody who greys an object can wait for memory. Where there is no page, the object's
 * span is noted as one that has lost some, and its reached objects are looked into
 * again (kspan_grey_take_lost()): to look twice does no harm.
 */
#ifndef _KSPAN_GC_GREY_H
#define _KSPAN_GC_GREY_H

#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct kspan_span;

/**
 * struct kspan_grey_page - grey objects
 * @next: in a list
 * @nr: how many
 * @addrs: where they are, or where the part begins that is to be looked into
 */
struct kspan_grey_page {
	struct kspan_grey_page	*next;
	unsigned long		nr;
	unsigned long		addrs[];
};

enum {
	KSPAN_GREY_MOST = (PAGE_SIZE - sizeof(struct kspan_grey_page)) /
			  sizeof(unsigned long),
};

/**
 * struct kspan_grey_cpu - the page of a CPU
 * @lock: guards it, from interrupts too
 * @page: the page, or NULL
 */
struct kspan_grey_cpu {
	raw_spinlock_t		lock;
	struct kspan_grey_page	*page;
};

/**
 * struct kspan_grey - grey objects of a heap
 * @lock: guards all but @cpus and @most_pages; raw, innermost
 * @cpus: one for each CPU
 * @full: pages with objects
 * @empty: pages without
 * @nr_full: of @full
 * @nr_empty: of @empty
 * @nr_pages: pages in all
 * @most_pages: so many there may be
 * @lost: some object had no room
 * @lost_total: how often that was so
 */
struct kspan_grey {
	raw_spinlock_t		lock;
	struct kspan_grey_cpu __percpu *cpus;
	struct kspan_grey_page	*full;
	struct kspan_grey_page	*empty;
	unsigned long		nr_full;
	unsigned long		nr_empty;
	unsigned long		nr_pages;
	unsigned long		most_pages;
	bool			lost;
	u64			lost_total;
};

int kspan_grey_init(struct kspan_grey *grey);
void kspan_grey_exit(struct kspan_grey *grey);
void kspan_grey_provide(struct kspan_grey *grey, unsigned long npages);
void kspan_grey_shrink(struct kspan_grey *grey);
bool kspan_grey_put(struct kspan_grey *grey, struct kspan_span *span,
		    unsigned long addr);
void kspan_grey_put_span(struct kspan_grey *grey, struct kspan_span *span);
bool kspan_grey_put_local(struct kspan_grey *grey,
			  struct kspan_grey_page **page,
			  struct kspan_span *span, unsigned long addr);
bool kspan_grey_get_local(struct kspan_grey *grey,
			  struct kspan_grey_page **page, unsigned long *addr);
void kspan_grey_share(struct kspan_grey *grey, struct kspan_grey_page **page);
void kspan_grey_leave(struct kspan_grey *grey, struct kspan_grey_page **page);
bool kspan_grey_gather(struct kspan_grey *grey);
bool kspan_grey_dry(struct kspan_grey *grey);
bool kspan_grey_take_lost(struct kspan_grey *grey);

#endif /* _KSPAN_GC_GREY_H */
