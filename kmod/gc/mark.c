// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>
#include <linux/prefetch.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "base/compat.h"
#include "gc/gc.h"
#include "gc/mark.h"
#include "gc/object.h"
#include "gc/pace.h"

enum {
	/* Larger objects are looked into in pieces, by several. */
	PIECE_BYTES	= 128 << 10,
	/* Bytes that are looked into between two looks at the clock. */
	QUANTUM_BYTES	= 64 << 10,
	/* An object counts as so much more than its bytes. */
	OBJECT_BYTES	= 64,
};

/* A pointer that leads to no live object: perhaps to one that was freed. */
static void see_zombie(struct kspan_gc_tracer *tracer, unsigned long addr)
{
	struct kspan_gc *gc = tracer->gc;
	struct kspan_zombies *zombies = &gc->zombies;
	unsigned int nr;

	if (!tracer->slot || !kspan_gc_is_free(gc, addr) ||
	    atomic_read(&zombies->nr) >= KSPAN_ZOMBIES_MOST)
		return;
	nr = atomic_inc_return(&zombies->nr) - 1;
	if (nr >= KSPAN_ZOMBIES_MOST)
		return;
	zombies->seen[nr].slot = tracer->slot;
	zombies->seen[nr].addr = addr;
}

/* The second look has found what the first has not. */
static void tell_missed(const struct kspan_gc *gc,
			const struct kspan_gc_object *obj, void **slot)
{
	WARN_ONCE(1, "kspan: heap %s: the object at %p of type %s can be reached from %p, and was not\n",
		  gc->heap->storage.source.name, (void *)obj->start,
		  obj->type ? obj->type->name : "none", slot);
}

static bool wants_scan(const struct kspan_gc_object *obj)
{
	return obj->type && READ_ONCE(obj->type->scan) != KSPAN_GC_SCAN_NONE;
}

static void check_object(struct kspan_gc_tracer *tracer,
			 const struct kspan_gc_object *obj)
{
	if (!kspan_gc_is_reached(obj)) {
		/* What only looks like a pointer may have changed since. */
		if (tracer->slot && !kspan_gc_is_dead(obj))
			tell_missed(tracer->gc, obj, tracer->slot);
		return;
	}
	if (!test_and_set_bit(obj->index, kspan_span_checked(obj->span)) &&
	    wants_scan(obj))
		kspan_grey_put_local(&tracer->gc->grey, &tracer->page,
				     obj->span, obj->start);
}

/**
 * kspan_mark_address() - something may lead to an object
 * @tracer: who marks; an RCU reader
 * @addr: any address
 */
void kspan_mark_address(struct kspan_gc_tracer *tracer, unsigned long addr)
{
	struct kspan_gc_object obj;

	if (!kspan_gc_find(tracer->gc, addr, &obj)) {
		see_zombie(tracer, addr);
		return;
	}
	if (unlikely(tracer->check)) {
		check_object(tracer, &obj);
		return;
	}
	if (unlikely(kspan_gc_is_dead(&obj)))
		see_zombie(tracer, addr);
	if (kspan_gc_is_reached(&obj) ||
	    test_and_set_bit(obj.index, kspan_span_reached(obj.span)))
		return;
	if (wants_scan(&obj))
		kspan_grey_put_local(&tracer->gc->grey, &tracer->page, obj.span,
				     obj.start);
}

/**
 * kspan_mark_slot() - a slot may lead to an object
 * @tracer: who marks; an RCU reader
 * @slot: an aligned word that is a pointer
 */
void kspan_mark_slot(struct kspan_gc_tracer *tracer, void **slot)
{
	unsigned long addr = (unsigned long)READ_ONCE(*slot);

	if (!addr)
		return;
	tracer->slot = slot;
	kspan_mark_address(tracer, addr);
}

/*
 * By a mutator, in a section that marking may not wait for: another one, for which it
 * does, may rely on the bit. So the object is noted first. It may be noted twice, which
 * does no harm.
 */
static void reach(struct kspan_gc *gc, const struct kspan_gc_object *obj)
{
	bool noted = !wants_scan(obj) ||
		     kspan_grey_put(&gc->grey, obj->span, obj->start);

	/* Who sees the bit sees the note. */
	smp_mb__before_atomic();
	set_bit(obj->index, kspan_span_reached(obj->span));
	/* Where there was no room, objects with a bit are looked for. */
	if (unlikely(!noted))
		kspan_grey_put(&gc->grey, obj->span, obj->start);
}

/**
 * kspan_mark_reach() - an object stays, whatever becomes of the pointer to it
 * @gc: its heap's, which is being marked
 * @p: the object, or anything else
 *
 * Context: Any but NMI; in a section, or an RCU reader.
 */
void kspan_mark_reach(struct kspan_gc *gc, const void *p)
{
	struct kspan_gc_object obj;

	rcu_read_lock();
	if (kspan_gc_find(gc, (unsigned long)p, &obj) &&
	    !kspan_gc_is_reached(&obj))
		reach(gc, &obj);
	rcu_read_unlock();
}
EXPORT_SYMBOL_IF_KUNIT(kspan_mark_reach);

static void follow(struct kspan_gc_tracer *tracer,
		   const struct kspan_gc_lead *lead)
{
	tracer->slot = lead->slot;
	kspan_mark_address(tracer, lead->addr);
}

/*
 * A pointer has been found. Whether an object is there says its first word, for which
 * memory is waited; so some others are looked for meanwhile.
 */
static void follow_later(struct kspan_gc_tracer *tracer, unsigned long addr,
			 void **slot)
{
	struct kspan_gc_lead *lead;
	struct kspan_gc_lead old;

	if (!addr)
		return;
	prefetch((void *)addr);
	lead = &tracer->leads[tracer->nr_leads++ % KSPAN_GC_LEADS];
	old = *lead;
	lead->addr = addr;
	lead->slot = slot;
	if (old.addr)
		follow(tracer, &old);
}

/* All of them; returns whether there were any. */
static bool follow_leads(struct kspan_gc_tracer *tracer)
{
	unsigned int nr = min_t(unsigned int, tracer->nr_leads, KSPAN_GC_LEADS);
	unsigned int i;

	for (i = 0; i < nr; i++) {
		follow(tracer, &tracer->leads[i]);
		tracer->leads[i].addr = 0;
	}
	tracer->nr_leads = 0;
	return nr;
}

/**
 * kspan_gc_trace() - tell the collector of a pointer
 * @tracer: what the type's trace function was given
 * @p: the pointer, or any other value
 *
 * Context: In a trace function.
 */
void kspan_gc_trace(struct kspan_gc_tracer *tracer, void *p)
{
	/* Where it was read is not known. */
	follow_later(tracer, (unsigned long)p, NULL);
}
EXPORT_SYMBOL_GPL(kspan_gc_trace);

static void scan_words(struct kspan_gc_tracer *tracer, unsigned long from,
		       unsigned long to)
{
	from = ALIGN(from, sizeof(void *));
	for (; from + sizeof(void *) <= to; from += sizeof(void *)) {
		/* Its user may write anything there, in any way. */
		unsigned long addr = data_race(READ_ONCE(*(unsigned long *)from));

		follow_later(tracer, addr, NULL);
	}
}

static void follow_slot(struct kspan_gc_tracer *tracer, void **slot)
{
	follow_later(tracer, (unsigned long)READ_ONCE(*slot), slot);
}

static void scan_offsets(struct kspan_gc_tracer *tracer,
			 const struct kspan_gc_object *obj, unsigned long from,
			 unsigned long to)
{
	const struct kspan_gc_type *type = obj->type;
	size_t size_bytes = type->size_bytes;
	unsigned long elem = obj->start + (from - obj->start) / size_bytes *
			     size_bytes;
	unsigned int i;

	for (; elem < to; elem += size_bytes) {
		for (i = 0; i < type->nr_pointers; i++) {
			unsigned long slot = elem + type->pointers[i];

			if (slot >= from && slot < to)
				follow_slot(tracer, (void **)slot);
		}
	}
}

/* Elements that begin there. */
static void scan_traced(struct kspan_gc_tracer *tracer,
			const struct kspan_gc_object *obj, unsigned long from,
			unsigned long to)
{
	const struct kspan_gc_type *type = obj->type;
	size_t size_bytes = type->size_bytes;
	unsigned long elem = obj->start +
			     DIV_ROUND_UP(from - obj->start, size_bytes) *
			     size_bytes;

	for (; elem < to; elem += size_bytes)
		type->trace((void *)elem, tracer);
}

/* Looks into a part of an object. */
static void scan(struct kspan_gc_tracer *tracer,
		 const struct kspan_gc_object *obj, unsigned long from,
		 unsigned long to)
{
	switch (obj->type->scan) {
	case KSPAN_GC_SCAN_OFFSETS:
		scan_offsets(tracer, obj, from, to);
		break;
	case KSPAN_GC_SCAN_TRACE:
		scan_traced(tracer, obj, from, to);
		break;
	case KSPAN_GC_SCAN_WORDS:
		scan_words(tracer, from, to);
		break;
	default:
		break;
	}
}

/* Looks into a grey object, or a piece of one; returns how much that was. */
static size_t scan_grey(struct kspan_gc_tracer *tracer, unsigned long addr)
{
	struct kspan_gc_object obj;
	unsigned long end;
	unsigned long to;

	if (!kspan_gc_find(tracer->gc, addr, &obj) || !obj.type)
		return OBJECT_BYTES;
	/* A free slot that something looked like a pointer to: see is_garbage(). */
	smp_rmb();
	if (!kspan_is_vast(addr) && kspan_span_at(addr) != obj.span)
		return OBJECT_BYTES;
	end = obj.start + obj.nbytes;
	to = min(addr + PIECE_BYTES, end);
	if (addr == obj.start) {
		unsigned long piece;

		for (piece = to; piece < end; piece += PIECE_BYTES)
			kspan_grey_put_local(&tracer->gc->grey, &tracer->page,
					     obj.span, piece);
	}
	scan(tracer, &obj, addr, to);
	return to - addr + OBJECT_BYTES;
}

/* Looks into so much, more or less; returns false if there was nothing. */
static bool scan_some(struct kspan_gc_tracer *tracer, size_t most)
{
	struct kspan_grey *grey = &tracer->gc->grey;
	size_t nbytes = 0;
	unsigned long addr;

	rcu_read_lock();
	do {
		while (nbytes < most &&
		       kspan_grey_get_local(grey, &tracer->page, &addr))
			nbytes += scan_grey(tracer, addr);
	} while (follow_leads(tracer) && nbytes < most);
	rcu_read_unlock();
	return nbytes;
}

static void scan_at(struct kspan_gc_tracer *tracer, unsigned long addr)
{
	struct kspan_gc_object obj;

	if (kspan_gc_find(tracer->gc, addr, &obj) && obj.type)
		scan(tracer, &obj, obj.start, obj.start + obj.nbytes);
}

/* A span some of whose grey objects had no room. */
static void scan_span(struct kspan_gc *gc, struct kspan_span *span, void *arg)
{
	struct kspan_gc_tracer *tracer = arg;
	const unsigned long *bits = tracer->check ? kspan_span_checked(span) :
						    kspan_span_reached(span);
	const struct kspan_store *store = kspan_span_store(span);
	size_t slot_bytes = store->class == KSPAN_LARGE_CLASS ?
			    kspan_npages_bytes(span->npages) :
			    store->sc->size_bytes;
	unsigned int word;

	if (!READ_ONCE(span->lost))
		return;
	WRITE_ONCE(span->lost, false);
	/* What is lost from now on says so again. */
	smp_mb();
	for (word = 0; word < kspan_span_words(span->nelems); word++) {
		/* Others set bits meanwhile. */
		unsigned long here = READ_ONCE(bits[word]);
		unsigned int bit;

		for_each_set_bit(bit, &here, BITS_PER_LONG)
			scan_at(tracer, span->addr +
				(word * BITS_PER_LONG + bit) * slot_bytes);
	}
	follow_leads(tracer);
}

/* Gives others something to do, if there is something to give. */
static void feed_helpers(struct kspan_gc *gc, struct kspan_gc_tracer *tracer)
{
	unsigned int nr = min_t(unsigned int, KSPAN_GC_MAX_HELPERS,
				kspan_pace_helpers(gc));
	unsigned int i;

	if (!nr)
		return;
	if (!READ_ONCE(gc->grey.nr_full))
		kspan_grey_share(&gc->grey, &tracer->page);
	if (!READ_ONCE(gc->grey.nr_full) || atomic_read(&gc->active) >= nr)
		return;
	for (i = 0; i < nr; i++) {
		if (work_busy(&gc->helpers[i].work))
			continue;
		atomic_inc(&gc->active);
		if (!queue_work(kspan_gc_wq, &gc->helpers[i].work))
			atomic_dec(&gc->active);
		break;
	}
}

static void help(struct work_struct *work)
{
	struct kspan_gc_helper *helper =
		container_of(work, struct kspan_gc_helper, work);
	struct kspan_gc *gc = helper->gc;
	struct kspan_gc_tracer tracer = {
		.gc = gc, .check = READ_ONCE(gc->checking),
	};
	u64 begun_ns = ktime_get_ns();

	while (scan_some(&tracer, QUANTUM_BYTES)) {
		u64 now_ns = ktime_get_ns();

		kspan_grey_provide(&gc->grey, 1);
		if (!READ_ONCE(gc->grey.nr_full))
			kspan_grey_share(&gc->grey, &tracer.page);
		kspan_pace_rest(gc, now_ns - begun_ns);
		begun_ns = ktime_get_ns();
		cond_resched();
	}
	kspan_grey_leave(&gc->grey, &tracer.page);
	/* The cycle sees what has been done. */
	smp_mb__before_atomic();
	atomic_dec(&gc->active);
	wake_up_all(&gc->moved);
}

void kspan_mark_init(struct kspan_gc *gc)
{
	unsigned int i;

	for (i = 0; i < KSPAN_GC_MAX_HELPERS; i++) {
		gc->helpers[i].gc = gc;
		INIT_WORK(&gc->helpers[i].work, help);
	}
	init_waitqueue_head(&gc->moved);
}

/**
 * kspan_mark_drain() - look into all grey objects, and into those they lead to
 * @gc: of which heap
 * @tracer: the cycle's
 *
 * What CPUs have on their pages is for kspan_grey_gather().
 *
 * Context: Process context; sleeps. By the holder of cycle_mutex.
 */
void kspan_mark_drain(struct kspan_gc *gc, struct kspan_gc_tracer *tracer)
{
	struct kspan_grey *grey = &gc->grey;

	for (;;) {
		u64 begun_ns = ktime_get_ns();

		while (scan_some(tracer, QUANTUM_BYTES)) {
			kspan_grey_provide(grey, 2);
			feed_helpers(gc, tracer);
			kspan_pace_rest(gc, ktime_get_ns() - begun_ns);
			begun_ns = ktime_get_ns();
			cond_resched();
		}
		if (kspan_grey_take_lost(grey)) {
			kspan_gc_walk(gc, scan_span, tracer);
			continue;
		}
		if (!atomic_read(&gc->active)) {
			/* Pairs with the end of a helper. */
			smp_mb();
			if (!READ_ONCE(grey->full) && !READ_ONCE(grey->lost))
				break;
			continue;
		}
		wait_event(gc->moved,
			   !atomic_read(&gc->active) || READ_ONCE(grey->full));
	}
	kspan_grey_leave(grey, &tracer->page);
}

/**
 * kspan_mark_assist() - a mutator does some of the collector's work
 * @gc: of which heap
 * @nbytes: of how many bytes
 *
 * Context: Process context, out of sections; may sleep.
 * Return: whether there was something to do.
 */
bool kspan_mark_assist(struct kspan_gc *gc, size_t nbytes)
{
	struct kspan_gc_tracer tracer = { .gc = gc };
	bool did = false;

	/* The cycle waits for who is at it. */
	atomic_inc(&gc->active);
	/* Pairs with its closing. */
	smp_mb__after_atomic();
	if (kspan_gc_phase(gc) == KSPAN_GC_MARK && !READ_ONCE(gc->closing))
		did = scan_some(&tracer, nbytes);
	kspan_grey_leave(&gc->grey, &tracer.page);
	/* The cycle sees what has been done. */
	smp_mb__before_atomic();
	atomic_dec(&gc->active);
	wake_up_all(&gc->moved);
	return did;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_mark_assist);
