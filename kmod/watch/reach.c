// SPDX-License-Identifier: GPL-2.0
#include <linux/kspan_leaks.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/news.h"
#include "base/words.h"
#include "heaps/heap.h"
#include "heaps/ranges.h"
#include "heaps/registry.h"
#include "pages/poison.h"
#include "spans/bump.h"
#include "watch/census.h"
#include "watch/reach.h"

enum {
	/* Times that all is read, at most. */
	MOST_ROUNDS	= 4,
	/* Pieces between two looks whether somebody else is to run. */
	STRIDE		= 64,
};

static void rest(struct kspan_reach *reach)
{
	if (!(++reach->visits % STRIDE))
		cond_resched();
}

/* An object is to be looked into. */
static void push(struct kspan_reach *reach, struct kspan_census_span *span,
		 unsigned int index)
{
	if (likely(reach->nr < KSPAN_REACH_STACK)) {
		reach->stack[reach->nr].span = span;
		reach->stack[reach->nr++].index = index;
		return;
	}
	__set_bit(index, kspan_census_due(span));
	reach->lost = true;
}

/* A word that may lead to an object. Does not sleep. */
static void reach_address(struct kspan_reach *reach, unsigned long addr)
{
	struct kspan_census_span *span;
	unsigned int index;

	span = kspan_census_find(reach->census, addr, &index);
	if (!span || __test_and_set_bit(index, kspan_census_reached(span)))
		return;
	reach->nreached++;
	push(reach, span, index);
}

static void reach_words(struct kspan_reach *reach, size_t nwords)
{
	size_t i;

	for (i = 0; i < nwords; i++)
		reach_address(reach, reach->words[i]);
	rest(reach);
}

/* Memory that is there. */
static void reach_memory(struct kspan_reach *reach, unsigned long start,
			 size_t size_bytes)
{
	unsigned long addr = ALIGN(start, sizeof(long));
	unsigned long end = ALIGN_DOWN(start + size_bytes, sizeof(long));

	while (addr < end) {
		size_t n = min_t(size_t, KSPAN_REACH_WORDS,
				 (end - addr) / sizeof(long));

		kspan_copy_words(reach->words, addr, n);
		reach_words(reach, n);
		addr += n * sizeof(long);
	}
}

/*
 * Words of a span's memory, up to the end of the heap page. Pages that are no span's any
 * more go back to the kernel after a grace period.
 */
static size_t peek_span(const struct kspan_source *source, unsigned long addr,
			unsigned long end, unsigned long *words)
{
	unsigned long page_end = ALIGN_DOWN(addr, KSPAN_PAGE_BYTES) +
				 KSPAN_PAGE_BYTES;
	size_t n = min_t(size_t, KSPAN_REACH_WORDS,
			 (min(end, page_end) - addr) / sizeof(long));

	rcu_read_lock();
	if (!kspan_span_in(source, addr) ||
	    kspan_poisoned(ALIGN_DOWN(addr, KSPAN_PAGE_BYTES),
			   KSPAN_PAGE_BYTES))
		n = 0;
	kspan_copy_words(words, addr, n);
	rcu_read_unlock();
	return n;
}

/**
 * kspan_reach_peek() - read some words of an object, whoever frees it meanwhile
 * @census: where it was found
 * @span: its span
 * @addr: where from, in the object
 * @end: where it ends
 * @words: out
 *
 * Return: how many; 0 if its memory is no object's any more, or cannot be read.
 */
size_t kspan_reach_peek(const struct kspan_census *census,
			const struct kspan_census_span *span,
			unsigned long addr, unsigned long end,
			unsigned long words[KSPAN_REACH_WORDS])
{
	struct kspan_storage *storage = &census->heap->storage;

	if (span->huge)
		return kspan_huge_peek(&storage->huge, addr, words,
				       KSPAN_REACH_WORDS);
	return peek_span(&storage->source, addr, end, words);
}

static void look_into(struct kspan_reach *reach, struct kspan_census_span *span,
		      unsigned int index)
{
	unsigned long addr = kspan_census_slot(span, index);
	unsigned long end = addr + span->slot_bytes;
	size_t n;

	if (!kspan_census_stands(reach->census, span, index))
		reach->changed = true;
	for (; addr < end; addr += n * sizeof(long)) {
		n = kspan_reach_peek(reach->census, span, addr, end,
				     reach->words);
		if (!n)
			break;
		reach_words(reach, n);
	}
}

static void look_for_lost(struct kspan_reach *reach)
{
	struct kspan_census *census = reach->census;
	size_t i;

	for (i = 0; i < census->nr; i++) {
		struct kspan_census_span *span = census->spans[i];
		unsigned int index;

		for_each_set_bit(index, kspan_census_due(span), span->nelems) {
			if (reach->nr == KSPAN_REACH_STACK) {
				reach->lost = true;
				return;
			}
			__clear_bit(index, kspan_census_due(span));
			push(reach, span, index);
		}
		rest(reach);
	}
}

static int broken_off(const struct kspan_reach *reach)
{
	return kspan_census_broken_off(reach->census->heap);
}

/* All that is to be looked into, and all that this leads to. */
static int drain(struct kspan_reach *reach)
{
	int err;

	while (reach->nr || reach->lost) {
		err = broken_off(reach);
		if (err)
			return err;
		if (!reach->nr) {
			reach->lost = false;
			look_for_lost(reach);
			continue;
		}
		reach->nr--;
		look_into(reach, reach->stack[reach->nr].span,
			  reach->stack[reach->nr].index);
	}
	return 0;
}

static void reach_held(const void *p, void *arg)
{
	reach_address(arg, (unsigned long)p);
}

static void reach_module(struct kspan_reach *reach, const struct module *mod)
{
	unsigned long start;
	size_t size_bytes;

	size_bytes = kspan_module_data(mod, &start);
	reach_memory(reach, start, size_bytes);
	size_bytes = kspan_module_after_init(mod, &start);
	reach_memory(reach, start, size_bytes);
}

static void reach_roots(struct kspan_reach *reach)
{
	const struct kspan_scan_params *params = reach->params;
	struct kspan_heap *heap = reach->census->heap;
	struct kspan_ranges_cursor cursor = { };
	size_t n;
	size_t i;

	do {
		n = kspan_ranges_read(heap, &cursor, reach->words,
				      KSPAN_REACH_WORDS);
		reach_words(reach, n);
	} while (n);
	for (i = 0; i < params->nr_ranges; i++)
		reach_memory(reach, (unsigned long)params->ranges[i].start,
			     params->ranges[i].size_bytes);
	if (params->roots & KSPAN_SCAN_MODULE)
		reach_module(reach, heap->owner);
	kspan_news.held(heap, reach_held, reach);
}

/* An object of any heap, which the census does not have. */
static void read_slot(struct kspan_reach *reach, struct kspan_heap *heap,
		      unsigned long addr, unsigned long end)
{
	size_t n;

	for (; addr < end; addr += n * sizeof(long)) {
		n = peek_span(&heap->storage.source, addr, end, reach->words);
		if (!n)
			break;
		reach_words(reach, n);
	}
}

/* Whether the census says what becomes of it. */
static bool known(struct kspan_reach *reach, struct kspan_heap *heap,
		  unsigned long addr)
{
	unsigned int index;

	return heap == reach->census->heap &&
	       kspan_census_find(reach->census, addr, &index);
}

/* Whether a slot is live and not of the census; of a stack or region all is. */
static bool wants_reading(struct kspan_reach *reach, struct kspan_heap *heap,
			  unsigned long start, unsigned int index,
			  unsigned long *addr, unsigned long *end)
{
	struct kspan_span *span;
	bool wanted = false;

	rcu_read_lock();
	span = kspan_span_starting(&heap->storage.source, start);
	if (span && kspan_span_is_bump(span)) {
		*addr = start;
		*end = kspan_span_end(span);
		wanted = !index && !kspan_bump_idle(span->owner);
	} else if (span && index < span->nelems && kspan_slot_live(span, index)) {
		const struct kspan_store *store = kspan_span_store(span);
		size_t slot_bytes = store->class == KSPAN_LARGE_CLASS ?
				    kspan_npages_bytes(span->npages) :
				    store->sc->size_bytes;

		*addr = start + index * slot_bytes;
		*end = *addr + slot_bytes;
		wanted = true;
	}
	rcu_read_unlock();
	return wanted && !known(reach, heap, *addr);
}

static int read_span(struct kspan_heap *heap, unsigned long *page, void *arg)
{
	struct kspan_reach *reach = arg;
	unsigned long start = *page;
	unsigned int nelems = 0;
	struct kspan_span *span;
	unsigned int index;
	bool bump = false;

	*page += KSPAN_PAGE_BYTES;
	rcu_read_lock();
	span = kspan_span_starting(&heap->storage.source, start);
	if (span) {
		*page = start + kspan_npages_bytes(span->npages);
		bump = kspan_span_is_bump(span);
		nelems = bump ? 1 : span->nelems;
	}
	rcu_read_unlock();
	for (index = 0; index < nelems; index++) {
		unsigned long addr;
		unsigned long end;

		if (!wants_reading(reach, heap, start, index, &addr, &end))
			continue;
		if (heap == reach->census->heap && !bump)
			reach->changed = true;
		read_slot(reach, heap, addr, end);
	}
	return broken_off(reach);
}

static void read_huge(struct kspan_reach *reach, struct kspan_heap *heap)
{
	const struct kspan_huge_objects *huge = &heap->storage.huge;
	struct kspan_huge_view view;
	unsigned long from = 0;

	while (kspan_huge_next(huge, from, &view)) {
		unsigned long addr = (unsigned long)view.start;
		size_t n;

		from = addr + view.size_bytes;
		if (known(reach, heap, addr))
			continue;
		for (; addr < from; addr += n * sizeof(long)) {
			n = kspan_huge_peek(huge, addr, reach->words,
					    KSPAN_REACH_WORDS);
			if (!n)
				break;
			reach_words(reach, n);
		}
	}
}

/* What the census does not have of a heap: what has come since, stacks, regions. */
static int read_heap(struct kspan_reach *reach, struct kspan_heap *heap)
{
	int err = kspan_census_walk(heap, read_span, reach);

	if (!err)
		read_huge(reach, heap);
	return err;
}

static int read_other_heaps(struct kspan_reach *reach)
{
	struct kspan_heap *heap;
	u32 id = 0;
	int err = 0;

	while (!err && (heap = kspan_heap_get_next(&id))) {
		if (heap != reach->census->heap)
			err = read_heap(reach, heap);
		/* That one is to go: whoever waits for this does not wait for long. */
		if (err == -ENOENT)
			err = broken_off(reach);
		kspan_heap_put(heap);
	}
	return err;
}

static int round_of(struct kspan_reach *reach)
{
	int err = 0;

	reach->changed = false;
	reach_roots(reach);
	if (reach->params->roots & KSPAN_SCAN_HEAPS)
		err = read_other_heaps(reach);
	return err ?: drain(reach) ?: read_heap(reach, reach->census->heap) ?:
	       drain(reach);
}

/* All that was reached is looked into once more. */
static void begin_again(struct kspan_reach *reach)
{
	struct kspan_census *census = reach->census;
	size_t i;

	for (i = 0; i < census->nr; i++) {
		struct kspan_census_span *span = census->spans[i];

		bitmap_copy(kspan_census_due(span), kspan_census_reached(span),
			    span->nelems);
		rest(reach);
	}
	reach->lost = true;
}

/**
 * kspan_reach_all() - reach all that can be reached
 * @census: of which heap; its bits for what is reached are set
 * @params: where pointers may lie
 *
 * Context: Process context; sleeps. Takes ranges_lock, and the mutexes of files that
 * have objects.
 * Return: 0; -ENOMEM; as kspan_census_broken_off().
 */
int kspan_reach_all(struct kspan_census *census,
		    const struct kspan_scan_params *params)
{
	struct kspan_reach *reach = kzalloc(sizeof(*reach), GFP_KERNEL);
	unsigned int round;
	u64 before;
	int err;

	if (!reach)
		return -ENOMEM;
	reach->census = census;
	reach->params = params;
	reach->stack = kvmalloc_array(KSPAN_REACH_STACK, sizeof(*reach->stack),
				      GFP_KERNEL);
	err = reach->stack ? 0 : -ENOMEM;
	for (round = 0; !err && round < MOST_ROUNDS; round++) {
		before = reach->nreached;
		if (round)
			begin_again(reach);
		err = round_of(reach);
		if (!reach->changed || (round && reach->nreached == before))
			break;
	}
	kvfree(reach->stack);
	kfree(reach);
	return err;
}
