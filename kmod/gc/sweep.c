// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "base/compat.h"
#include "base/mark.h"
#include "gc/gc.h"
#include "gc/object.h"
#include "gc/sweep.h"
#include "spans/large.h"
#include "spans/round.h"
#include "spans/stores.h"

enum {
	/* Spans that who wants slots sweeps at most, and looks at. */
	SOME_SPANS	= 16,
};

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
	else if (kspan_round_take(span, gc->sweep.round))
		sweep_slots(span, &batch);
}

/* All spans, but for those that have been swept in this round. */
void kspan_sweep_spans(struct kspan_gc *gc, struct kspan_swept *swept)
{
	kspan_gc_walk(gc, sweep_span, swept);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_sweep_spans);

static void set_open(struct kspan_gc *gc, bool open)
{
	struct kspan_collected *collected = &gc->heap->storage.collected;
	unsigned long flags;
	u8 value;

	spin_lock_irqsave(&gc->lock, flags);
	value = collected->flags & ~KSPAN_COLLECTED_SWEEP;
	if (open)
		value |= KSPAN_COLLECTED_SWEEP;
	/* Pairs with is_open(). */
	smp_store_release(&collected->flags, value);
	spin_unlock_irqrestore(&gc->lock, flags);
}

static bool is_open(const struct kspan_gc *gc)
{
	/* The round has begun for who sees that it has. */
	return smp_load_acquire(&gc->heap->storage.collected.flags) &
	       KSPAN_COLLECTED_SWEEP;
}

/**
 * kspan_sweep_open() - who wants slots may sweep for them
 * @gc: of which heap; marking has ended, and notes are settled
 *
 * Context: Process context. By the holder of cycle_mutex.
 */
void kspan_sweep_open(struct kspan_gc *gc)
{
	struct kspan_sweep *sweep = &gc->sweep;

	atomic64_set(&sweep->helped.marked_bytes, 0);
	atomic64_set(&sweep->helped.freed_bytes, 0);
	atomic64_set(&sweep->helped.freed_objects, 0);
	WRITE_ONCE(sweep->round, kspan_round_after(sweep->round));
	set_open(gc, true);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_sweep_open);

/**
 * kspan_sweep_close() - likewise no more
 * @gc: of which heap
 * @swept: what these have found is added
 *
 * What is allocated afterwards may be without a mark and not reached, so this waits for
 * those who are at it.
 *
 * Context: Process context; may sleep. By the holder of cycle_mutex.
 */
void kspan_sweep_close(struct kspan_gc *gc, struct kspan_swept *swept)
{
	struct kspan_sweep *sweep = &gc->sweep;

	set_open(gc, false);
	/* Pairs with kspan_sweep_some(). */
	smp_mb();
	wait_event(gc->moved, !atomic_read(&gc->active));
	/* Pairs with its end. */
	smp_mb();
	swept->marked_bytes += atomic64_read(&sweep->helped.marked_bytes);
	swept->freed_bytes += atomic64_read(&sweep->helped.freed_bytes);
	swept->freed_objects += atomic64_read(&sweep->helped.freed_objects);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_sweep_close);

/* One span of those that are full; false if none was found. */
static bool sweep_full(struct kspan_gc *gc, struct kspan_store *store, int nid,
		       struct kspan_swept *swept)
{
	struct batch batch = { .swept = swept };
	struct kspan_span *span;

	rcu_read_lock();
	span = kspan_round_take_full(store, nid, gc->sweep.round, SOME_SPANS);
	if (span)
		sweep_slots(span, &batch);
	rcu_read_unlock();
	return span;
}

static void count_helped(struct kspan_sweep *sweep,
			 const struct kspan_swept *swept, unsigned int nspans)
{
	atomic64_add(swept->marked_bytes, &sweep->helped.marked_bytes);
	atomic64_add(swept->freed_bytes, &sweep->helped.freed_bytes);
	atomic64_add(swept->freed_objects, &sweep->helped.freed_objects);
	atomic64_add(nspans, &sweep->helped_spans);
}

/**
 * kspan_sweep_some() - sweep for slots that somebody wants
 * @store: of which store; no span of its has any
 * @nid: on which node
 *
 * Until a span has had some, or for a while. As Go's mcentral does before it grows.
 *
 * Context: Any but NMI.
 * Return: whether there were some.
 */
bool kspan_sweep_some(struct kspan_store *store, int nid)
{
	struct kspan_gc *gc = kspan_source_heap(store->source)->gc;
	struct kspan_swept swept = {};
	unsigned int nspans = 0;

	/* The sweep's end waits for who is at it. */
	atomic_inc(&gc->active);
	/* Pairs with kspan_sweep_close(). */
	smp_mb__after_atomic();
	while (is_open(gc) && nspans < SOME_SPANS && !swept.freed_objects &&
	       sweep_full(gc, store, nid, &swept))
		nspans++;
	count_helped(&gc->sweep, &swept, nspans);
	/* Who waits sees what has been done. */
	smp_mb__before_atomic();
	atomic_dec(&gc->active);
	wake_up_all(&gc->moved);
	return swept.freed_objects;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_sweep_some);

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
	kspan_sweep_open(gc);
	kspan_sweep_spans(gc, swept);
	kspan_sweep_close(gc, swept);
	/* Others may want the pages for slots of another size. */
	kspan_stores_trim(&gc->heap->storage);
}
