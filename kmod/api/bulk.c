// SPDX-License-Identifier: GPL-2.0
/*
 * Bulk operations: many slots in one operation of a magazine.
 */
#include <linux/kmemleak.h>
#include <linux/kspan.h>
#include <linux/mm.h>

#include "api/alloc.h"
#include "base/mark.h"
#include "heaps/heap.h"

enum {
	/* Slots that go with preemption off. */
	BULK_RUN	= 64,
};

/*
 * Slots from this CPU's magazine, the uppermost last; fewer than there are if
 * the mark of one is broken. One index serves both arrays.
 */
static __always_inline unsigned int pop_run(struct kspan_mag __percpu *mag,
					    u64 secret, void **p,
					    unsigned int nr)
{
	unsigned long left;
	void **lowest;
	void **top;

	preempt_disable();
	if (unlikely(!kspan_mag_begin(mag))) {
		preempt_enable();
		return 0;
	}
	top = kspan_mag_top(mag);
	nr = min3(nr, kspan_mag_count(top, raw_cpu_read(mag->capacity)),
		  (unsigned int)BULK_RUN);
	lowest = top - nr;
	for (left = nr; left; left--) {
		void *slot = lowest[left - 1];

		p[left - 1] = slot;
		if (unlikely(!kspan_mark_flip(slot, secret))) {
			kspan_mark_flip(slot, secret);
			nr -= left;
			memmove(p, p + left, nr * sizeof(*p));
			break;
		}
	}
	kspan_mag_end_pop(mag, top - nr, nr);
	preempt_enable();
	return nr;
}

/* For typed caches. */
unsigned int kspan_pop_run(struct kspan_mag __percpu *mag, u64 secret, void **p,
			   unsigned int nr)
{
	return pop_run(mag, secret, p, nr);
}

static void after_alloc(void **p, unsigned int nr, size_t size_bytes, gfp_t gfp)
{
	unsigned int i;

	if (want_init_on_alloc(gfp)) {
		for (i = 0; i < nr; i++)
			memset(p[i], 0, size_bytes);
	}
	if (IS_ENABLED(CONFIG_DEBUG_KMEMLEAK)) {
		for (i = 0; i < nr; i++)
			kmemleak_alloc(p[i], size_bytes, 1, gfp);
	}
}

/* A magazine has objects from anywhere, which will not do. */
static noinline __cold unsigned int alloc_each(struct kspan_heap *heap,
					       size_t size, gfp_t gfp,
					       unsigned int nr, void **p)
{
	unsigned int done;

	for (done = 0; done < nr; done++) {
		p[done] = __kspan_alloc(heap, size, gfp);
		if (!p[done])
			break;
	}
	return done;
}

/**
 * kspan_alloc_bulk() - allocate many objects of a size
 * @heap: where from
 * @size: bytes of one
 * @gfp: as for kmalloc()
 * @nr: how many
 * @p: where they go
 *
 * Context: As kspan_alloc().
 * Return: how many there are; fewer than @nr only without memory, or at the
 * heap's limit. Those there are belong to the caller.
 */
unsigned int kspan_alloc_bulk(struct kspan_heap *heap, size_t size, gfp_t gfp,
			      unsigned int nr, void **p)
{
	unsigned int class = size <= KSPAN_MAX_CLASS_BYTES ?
			     kspan_sizeclass(size) : KSPAN_LARGE_CLASS;
	struct kspan_mag __percpu *mag = &heap->cpu->mags[class];
	size_t size_bytes = kspan_sizeclasses[class].size_bytes;
	unsigned int done = 0;

	if (unlikely(gfp & KSPAN_GFP_BESIDE & ~__GFP_ZERO))
		return alloc_each(heap, size, gfp, nr, p);
	while (done < nr) {
		unsigned int popped = pop_run(mag, heap->storage.secret,
					      p + done, nr - done);

		after_alloc(p + done, popped, size_bytes, gfp);
		done += popped;
		if (done == nr)
			break;
		/* Brings a batch, too. */
		p[done] = __kspan_alloc(heap, size, gfp);
		if (!p[done])
			break;
		done++;
	}
	return done;
}
EXPORT_SYMBOL_GPL(kspan_alloc_bulk);

/* The row of an object; a foreign one's refuses it. */
static __always_inline const struct kspan_row *
row_of(const struct kspan_map *map, unsigned long addr)
{
	unsigned long chunk = (addr >> KSPAN_CHUNK_SHIFT) - map->first_chunk;

	if (unlikely(chunk >= map->nr_chunks))
		return &kspan_row_foreign;
	return kspan_map_row(map, chunk, addr);
}

/*
 * Pushes objects of one store into this CPU's magazine, as far as they are fine
 * and there is room. Neighbours often share a page, and so its row. One index,
 * which ends at 0, serves both arrays.
 */
static __always_inline unsigned int push_run(struct kspan_mag __percpu *only,
					     unsigned int nr, void **p)
{
	struct kspan_mag __percpu *mag;
	const struct kspan_map *map;
	const struct kspan_row *row;
	unsigned long page;
	void **top;
	long i;

	preempt_disable();
	/* Replaced as a whole when memory is added. */
	map = data_race(kspan_map);
	page = ALIGN_DOWN((unsigned long)*p, KSPAN_PAGE_BYTES);
	row = row_of(map, page);
	mag = row->mag;
	if (unlikely(kspan_row_refuses(row) || (only && mag != only) ||
		     !kspan_mag_begin(mag))) {
		preempt_enable();
		return 0;
	}
	top = kspan_mag_top(mag);
	nr = min(nr, kspan_mag_room(top));
	top += nr;
	p += nr;
	for (i = -(long)nr; i; i++) {
		void *slot = p[i];
		unsigned long offset = (unsigned long)slot - page;

		if (offset >= KSPAN_PAGE_BYTES) {
			row = row_of(map, (unsigned long)slot);
			if (unlikely(row->mag != mag))
				break;
			offset = (unsigned long)slot % KSPAN_PAGE_BYTES;
			page = (unsigned long)slot - offset;
		}
		if (unlikely(!kspan_row_starts_slot(row, offset) ||
			     kspan_mark_intact(slot, row->secret)))
			break;
		kmemleak_free(slot);
		kspan_mark_set(slot, row->secret);
		top[i] = slot;
	}
	nr += i;
	kspan_mag_end_at(mag, top + i);
	preempt_enable();
	return nr;
}

/*
 * Pushes objects into this CPU's magazine @only, as far as they are fine and of its
 * store, and there is room; returns how many.
 */
unsigned int kspan_push_run(struct kspan_mag __percpu *only, unsigned int nr,
			    void **p)
{
	return push_run(only, min_t(unsigned int, nr, BULK_RUN), p);
}

/**
 * kspan_free_bulk() - free many objects
 * @nr: how many
 * @p: the objects, of any heaps and sizes; NULL and ZERO_SIZE_PTR are ignored,
 *	what else is not the start of a live object is reported and refused
 *
 * Context: As kspan_free().
 */
void kspan_free_bulk(unsigned int nr, void **p)
{
	unsigned int done = 0;

	while (done < nr) {
		done += push_run(NULL, min(nr - done, (unsigned int)BULK_RUN),
				 p + done);
		/* What stopped the run, or makes room. */
		if (done < nr)
			kspan_free(p[done++]);
	}
}
EXPORT_SYMBOL_GPL(kspan_free_bulk);
