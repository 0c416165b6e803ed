// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/percpu.h>

#include "base/compat.h"
#include "base/fault.h"
#include "gc/grey.h"
#include "spans/span.h"

enum {
	/* Of the pages of a heap between cycles. */
	IDLE_PAGES	= 4,
	/* What a heap has at most while it is marked: 16 MB on pages of 4 KB. */
	MOST_PAGES	= 4096,
};

int kspan_grey_init(struct kspan_grey *grey)
{
	unsigned int cpu;

	raw_spin_lock_init(&grey->lock);
	grey->most_pages = MOST_PAGES;
	grey->cpus = alloc_percpu(struct kspan_grey_cpu);
	if (!grey->cpus)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		raw_spin_lock_init(&per_cpu_ptr(grey->cpus, cpu)->lock);
	return 0;
}

static void free_pages_of(struct kspan_grey_page *page)
{
	while (page) {
		struct kspan_grey_page *next = page->next;

		free_page((unsigned long)page);
		page = next;
	}
}

/* Nobody uses it any more; it may not have been set up. */
void kspan_grey_exit(struct kspan_grey *grey)
{
	unsigned int cpu;

	if (!grey->cpus)
		return;
	for_each_possible_cpu(cpu)
		free_page((unsigned long)per_cpu_ptr(grey->cpus, cpu)->page);
	free_pages_of(grey->full);
	free_pages_of(grey->empty);
	free_percpu(grey->cpus);
}

/* By the holder of the lock. */
static void add_empty(struct kspan_grey *grey, struct kspan_grey_page *page)
{
	page->nr = 0;
	page->next = grey->empty;
	grey->empty = page;
	grey->nr_empty++;
}

/* Likewise; a page without objects goes to those. */
static void add_full(struct kspan_grey *grey, struct kspan_grey_page *page)
{
	if (!page->nr) {
		add_empty(grey, page);
		return;
	}
	page->next = grey->full;
	grey->full = page;
	grey->nr_full++;
}

static struct kspan_grey_page *take_empty(struct kspan_grey *grey)
{
	struct kspan_grey_page *page = grey->empty;

	if (page) {
		grey->empty = page->next;
		grey->nr_empty--;
	}
	return page;
}

static struct kspan_grey_page *take_full(struct kspan_grey *grey)
{
	struct kspan_grey_page *page = grey->full;

	if (page) {
		grey->full = page->next;
		grey->nr_full--;
	}
	return page;
}

/**
 * kspan_grey_provide() - see that there are empty pages
 * @grey: the heap's
 * @npages: how many, if there is memory
 *
 * Context: Process context; may sleep.
 */
void kspan_grey_provide(struct kspan_grey *grey, unsigned long npages)
{
	unsigned long flags;

	while (READ_ONCE(grey->nr_empty) < npages &&
	       READ_ONCE(grey->nr_pages) < READ_ONCE(grey->most_pages)) {
		struct kspan_grey_page *page = NULL;

		if (!kspan_fault(KSPAN_FAULT_GC_GREY, GFP_KERNEL))
			page = (void *)__get_free_page(GFP_KERNEL |
						       __GFP_NORETRY |
						       __GFP_NOWARN);
		if (!page)
			return;
		raw_spin_lock_irqsave(&grey->lock, flags);
		add_empty(grey, page);
		grey->nr_pages++;
		raw_spin_unlock_irqrestore(&grey->lock, flags);
	}
}

/* A cycle is over: gives most pages back. Process context. */
void kspan_grey_shrink(struct kspan_grey *grey)
{
	struct kspan_grey_page *gone = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&grey->lock, flags);
	while (grey->nr_empty > IDLE_PAGES) {
		struct kspan_grey_page *page = take_empty(grey);

		page->next = gone;
		gone = page;
		grey->nr_pages--;
	}
	raw_spin_unlock_irqrestore(&grey->lock, flags);
	free_pages_of(gone);
}

/* Puts a full page, or NULL, among the others and gives an empty one, or NULL. */
static struct kspan_grey_page *swap_full(struct kspan_grey *grey,
					 struct kspan_grey_page *page)
{
	struct kspan_grey_page *empty;
	unsigned long flags;

	raw_spin_lock_irqsave(&grey->lock, flags);
	if (page)
		add_full(grey, page);
	empty = take_empty(grey);
	raw_spin_unlock_irqrestore(&grey->lock, flags);
	return empty;
}

/* All that is reached in a span is to be looked into, perhaps again. */
void kspan_grey_put_span(struct kspan_grey *grey, struct kspan_span *span)
{
	WRITE_ONCE(span->lost, true);
	/* Pairs with kspan_grey_take_lost(). */
	smp_store_release(&grey->lost, true);
}

static void lose(struct kspan_grey *grey, struct kspan_span *span)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&grey->lock, flags);
	kspan_grey_put_span(grey, span);
	grey->lost_total++;
	raw_spin_unlock_irqrestore(&grey->lock, flags);
}

/**
 * kspan_grey_put() - an object has become grey
 * @grey: its heap's
 * @span: its span
 * @addr: the object
 *
 * Context: Any but NMI.
 * Return: whether there was room for it.
 */
bool kspan_grey_put(struct kspan_grey *grey, struct kspan_span *span,
		    unsigned long addr)
{
	struct kspan_grey_cpu *this;
	unsigned long flags;
	bool noted;

	local_irq_save(flags);
	this = this_cpu_ptr(grey->cpus);
	raw_spin_lock(&this->lock);
	noted = kspan_grey_put_local(grey, &this->page, span, addr);
	raw_spin_unlock(&this->lock);
	local_irq_restore(flags);
	return noted;
}

/* Likewise, onto a page of the caller's own, which may be NULL. */
bool kspan_grey_put_local(struct kspan_grey *grey,
			  struct kspan_grey_page **page,
			  struct kspan_span *span, unsigned long addr)
{
	if (unlikely(!*page || (*page)->nr == KSPAN_GREY_MOST))
		*page = swap_full(grey, *page);
	if (likely(*page))
		(*page)->addrs[(*page)->nr++] = addr;
	else
		lose(grey, span);
	return *page;
}

/* An object of the caller's own page, or of one that was full; false if dry. */
bool kspan_grey_get_local(struct kspan_grey *grey,
			  struct kspan_grey_page **page, unsigned long *addr)
{
	unsigned long flags;

	if (unlikely(!*page || !(*page)->nr)) {
		struct kspan_grey_page *full;

		raw_spin_lock_irqsave(&grey->lock, flags);
		full = take_full(grey);
		if (full && *page)
			add_empty(grey, *page);
		raw_spin_unlock_irqrestore(&grey->lock, flags);
		if (!full)
			return false;
		*page = full;
	}
	*addr = (*page)->addrs[--(*page)->nr];
	return true;
}

/* Gives half of the caller's page to the others, if there is an empty one. */
void kspan_grey_share(struct kspan_grey *grey, struct kspan_grey_page **page)
{
	struct kspan_grey_page *other;
	unsigned long flags;
	unsigned long half;

	if (!*page || (*page)->nr < 2)
		return;
	raw_spin_lock_irqsave(&grey->lock, flags);
	other = take_empty(grey);
	if (other) {
		half = (*page)->nr / 2;
		/* The lower half: what was found first leads to most. */
		memcpy(other->addrs, (*page)->addrs, half * sizeof(long));
		memmove((*page)->addrs, (*page)->addrs + half,
			((*page)->nr - half) * sizeof(long));
		other->nr = half;
		(*page)->nr -= half;
		add_full(grey, other);
	}
	raw_spin_unlock_irqrestore(&grey->lock, flags);
}

/* Gives all of the caller's page, and the page, to the others. */
void kspan_grey_leave(struct kspan_grey *grey, struct kspan_grey_page **page)
{
	unsigned long flags;

	if (!*page)
		return;
	raw_spin_lock_irqsave(&grey->lock, flags);
	add_full(grey, *page);
	raw_spin_unlock_irqrestore(&grey->lock, flags);
	*page = NULL;
}

/**
 * kspan_grey_gather() - take what CPUs have
 * @grey: the heap's
 *
 * Return: whether there was anything, or anything is full.
 */
bool kspan_grey_gather(struct kspan_grey *grey)
{
	unsigned long flags;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct kspan_grey_cpu *other = per_cpu_ptr(grey->cpus, cpu);
		struct kspan_grey_page *page;

		raw_spin_lock_irqsave(&other->lock, flags);
		page = other->page;
		other->page = NULL;
		raw_spin_unlock_irqrestore(&other->lock, flags);
		kspan_grey_leave(grey, &page);
	}
	return READ_ONCE(grey->full) || READ_ONCE(grey->lost);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_grey_gather);

/* Whether nothing is grey, on any page. */
bool kspan_grey_dry(struct kspan_grey *grey)
{
	unsigned long flags;
	unsigned int cpu;
	bool dry;

	for_each_possible_cpu(cpu) {
		struct kspan_grey_cpu *other = per_cpu_ptr(grey->cpus, cpu);

		raw_spin_lock_irqsave(&other->lock, flags);
		dry = !other->page || !other->page->nr;
		raw_spin_unlock_irqrestore(&other->lock, flags);
		if (!dry)
			return false;
	}
	return !READ_ONCE(grey->full) && !READ_ONCE(grey->lost);
}

/* Whether some span has lost objects; none has, as far as is known afterwards. */
bool kspan_grey_take_lost(struct kspan_grey *grey)
{
	unsigned long flags;
	bool lost;

	raw_spin_lock_irqsave(&grey->lock, flags);
	lost = grey->lost;
	WRITE_ONCE(grey->lost, false);
	raw_spin_unlock_irqrestore(&grey->lock, flags);
	return lost;
}
