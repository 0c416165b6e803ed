// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/string.h>

#include "base/compat.h"
#include "base/mark.h"
#include "gc/gc.h"
#include "gc/object.h"
#include "gc/sweep.h"
#include "spans/large.h"
#include "spans/stores.h"

/**
 * struct batch - slots on their way back
 * @swept: where it is counted
 * @nr: how many
 * @slots: all of one store, marked
 */
struct batch {
	struct kspan_swept	*swept;
	unsigned int		nr;
	void			*slots[KSPAN_MAX_BATCH];
};

/**
 * kspan_sweep_claim() - make a slot a free one, of several who free it for one
 * @span: its span, of slots; the caller is an RCU reader
 * @index: which
 * @slot: the slot
 *
 * Nobody looks into the object any more.
 *
 * Return: false, and nothing done, if it is free already.
 */
bool kspan_sweep_claim(struct kspan_span *span, unsigned int index, void *slot)
{
	const struct kspan_store *store = kspan_span_store(span);
	u64 mark = kspan_mark(slot, store->secret);
	u64 old = READ_ONCE(*(u64 *)slot);

	if (old == mark || cmpxchg((u64 *)slot, old, mark) != old)
		return false;
	kmemleak_free(slot);
	kspan_slot_wipe(store, slot);
	if (kspan_store_is_informed(store))
		WRITE_ONCE(kspan_span_info(span)[index], 0);
	clear_bit(index, kspan_span_dead(span));
	return true;
}

static void put_batch(struct kspan_store *store, struct batch *batch)
{
	if (batch->nr)
		kspan_central_put(store, batch->slots, batch->nr,
				  KSPAN_BATCH_DIRECT);
	batch->nr = 0;
}

/*
 * Whether a slot that is out has nobody any more. One that is in a CPU cache bears its
 * mark; that is looked at first, as an object is reached before its mark goes. Such a
 * slot may go back to its span, and its page be cut anew, before it is looked at; but
 * then the page is not of the span afterwards.
 */
static bool is_garbage(struct kspan_span *span, unsigned int index,
		       const void *slot)
{
	if (kspan_mark_intact(slot, kspan_span_store(span)->secret))
		return false;
	/* Pairs with kspan_slot_prepare(). */
	smp_rmb();
	if (test_bit(index, kspan_span_reached(span)) &&
	    !test_bit(index, kspan_span_dead(span)))
		return false;
	return kspan_span_at((unsigned long)slot) == span;
}

static void sweep_slots(struct kspan_span *span, struct batch *batch)
{
	struct kspan_store *store = kspan_span_store(span);
	const unsigned long *reached = kspan_span_reached(span);
	const unsigned long *dead = kspan_span_dead(span);
	size_t slot_bytes = store->sc->size_bytes;
	unsigned int word;

	for (word = 0; word < kspan_span_words(span->nelems); word++) {
		/* Slots of CPU caches come and go meanwhile. */
		unsigned long out = data_race(READ_ONCE(span->alloc_bits[word]));
		unsigned long live = out & READ_ONCE(reached[word]) &
				     ~READ_ONCE(dead[word]);
		unsigned long bits = out & ~live;
		unsigned int bit;

		if (word == kspan_span_words(span->nelems) - 1 &&
		    span->nelems % BITS_PER_LONG)
			bits &= BIT(span->nelems % BITS_PER_LONG) - 1;
		batch->swept->marked_bytes += hweight_long(live) * slot_bytes;
		for_each_set_bit(bit, &bits, BITS_PER_LONG) {
			unsigned int index = word * BITS_PER_LONG + bit;
			void *slot = (void *)span->addr + index * slot_bytes;

			if (!is_garbage(span, index, slot) ||
			    !kspan_sweep_claim(span, index, slot))
				continue;
			batch->swept->freed_bytes += slot_bytes;
			batch->swept->freed_objects++;
			batch->slots[batch->nr++] = slot;
			if (batch->nr == KSPAN_MAX_BATCH)
				put_batch(store, batch);
		}
	}
	/* The span is not touched afterwards: it may go with them. */
	put_batch(store, batch);
}

static void sweep_large(struct kspan_span *span, struct kspan_swept *swept)
{
	size_t nbytes = kspan_npages_bytes(span->npages);

	if (!kspan_span_slot_out(span, 0))
		return;
	if (test_bit(0, kspan_span_reached(span)) &&
	    !test_bit(0, kspan_span_dead(span))) {
		swept->marked_bytes += nbytes;
	} else if (kspan_large_free(span, (void *)span->addr)) {
		swept->freed_bytes += nbytes;
		swept->freed_objects++;
	}
}

static void sweep_vast(struct kspan_gc *gc, struct kspan_span *span,
		       struct kspan_swept *swept)
{
	struct kspan_huge_view view;
	size_t nbytes = 0;

	if (kspan_huge_find(span->addr, &view))
		nbytes = view.size_bytes;
	if (test_bit(0, kspan_span_reached(span)) &&
	    !test_bit(0, kspan_span_dead(span))) {
		swept->marked_bytes += nbytes;
	} else if (kspan_vast_free(&gc->vasts, span)) {
		swept->freed_bytes += nbytes;
		swept->freed_objects++;
	}
}

static void sweep_span(struct kspan_gc *gc, struct kspan_span *span, void *arg)
{
	struct batch batch = { .swept = arg };

	if (kspan_is_vast(span->addr))
		sweep_vast(gc, span, batch.swept);
	else if (kspan_span_store(span)->class == KSPAN_LARGE_CLASS)
		sweep_large(span, batch.swept);
	else
		sweep_slots(span, &batch);
}

/**
 * kspan_sweep_heap() - free all that has not been reached
 * @gc: of which heap; marking has ended, and notes are settled
 * @swept: out
 *
 * Context: Process context; may sleep. By the holder of cycle_mutex.
 */
void kspan_sweep_heap(struct kspan_gc *gc, struct kspan_swept *swept)
{
	memset(swept, 0, sizeof(*swept));
	kspan_gc_walk(gc, sweep_span, swept);
	/* Others may want the pages for slots of another size. */
	kspan_stores_trim(&gc->heap->storage);
}
