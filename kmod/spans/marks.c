// SPDX-License-Identifier: GPL-2.0
/*
 * A span as a whole: its slots get their marks, and lose them again.
 */
#include <linux/mm.h>

#include "base/mark.h"
#include "base/news.h"
#include "pages/poison.h"
#include "spans/central.h"

/**
 * kspan_span_mark_slots() - give every slot of a new span its mark
 * @span: the span
 */
void kspan_span_mark_slots(const struct kspan_span *span)
{
	const struct kspan_store *store = kspan_span_store(span);
	u32 slot_bytes = store->sc->size_bytes;
	unsigned long slot = span->addr;
	unsigned int i;

	for (i = 0; i < span->nelems; i++, slot += slot_bytes)
		kspan_mark_set((void *)slot, store->secret);
}

/*
 * Nobody has references to pages of a heap. Whoever puts one, as kfree() of an
 * object does, frees nothing, and it shows at the latest when the block goes back
 * to the kernel; but by now it is still known whose it was.
 */
static bool look_at_pages(const struct kspan_span *span)
{
	unsigned long end = span->addr + kspan_npages_bytes(span->npages);
	unsigned long addr;

	for (addr = span->addr; addr < end; addr += PAGE_SIZE) {
		struct page *page = virt_to_page((void *)addr);

		if (likely(page_ref_count(page) >= 0))
			continue;
		set_page_count(page, 0);
		kspan_news.stray_free(span, addr);
	}
	return !kspan_poisoned(span->addr, end - span->addr);
}

static void clear_slot(unsigned long slot, bool fine)
{
	if (likely(fine) ||
	    !kspan_poisoned(ALIGN_DOWN(slot, PAGE_SIZE), PAGE_SIZE))
		WRITE_ONCE(*(u64 *)slot, 0);
}

/**
 * kspan_span_unpublish() - take a span away from lookups, and off its marks
 * @span: the span, whose pages are free next
 *
 * Whoever gets the pages, in this heap or not, must not see marks. Poisoned pages
 * are not touched: nobody gets these.
 */
void kspan_span_unpublish(const struct kspan_span *span)
{
	const struct kspan_store *store = kspan_span_store(span);
	unsigned long slot = span->addr;
	unsigned int i;
	bool fine;

	kspan_arena_unpublish(span->addr, span->npages, store->source->id);
	fine = look_at_pages(span);
	if (store->class == KSPAN_LARGE_CLASS)
		return;
	/* A free that marks a slot too late sees that the span has gone. */
	smp_wmb();
	for (i = 0; i < span->nelems; i++, slot += store->sc->size_bytes)
		clear_slot(slot, fine);
}
