// SPDX-License-Identifier: GPL-2.0
/*
 * Regions: what is behind the inline functions of linux/kspan_bump.h.
 *
 * The first span is small. Each that follows is twice as large as the one before, up
 * to a bound. What is larger than a part of that has a span of its own, and leaves the
 * one in use as it is. A reset keeps the first span and the largest of the others up to
 * the bound, so that a region that is filled to some 100 KB again and again does
 * not go to the heap any more.
 *
 * A checked region keeps what a reset would give back until the next one, to see
 * whether it is written to.
 */
#include <linux/kspan.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "api/obtain.h"
#include "api/report.h"
#include "base/compat.h"
#include "base/gfp.h"
#include "base/zero.h"
#include "heaps/heap.h"
#include "spans/bump.h"

enum {
	FIRST_BYTES	= KSPAN_PAGE_BYTES,
	MOST_BYTES	= 16 * KSPAN_PAGE_BYTES,
	/* Above it, an object has a span of its own. */
	LARGE_BYTES	= MOST_BYTES / 4,
};

/**
 * struct region_body - a region
 * @owner: of its spans; first, as both are freed as one
 * @region: what its users see
 * @lowest: nothing is handed out below, of the span in use
 * @kept: a span from before the last reset that is not in use yet; or NULL
 * @next_bytes: how large the next span is to be
 * @retired: spans that the last reset would have given back, if it is checked
 */
struct region_body {
	struct kspan_bump_owner	owner;
	struct kspan_region	region;
	unsigned long		lowest;
	struct kspan_span	*kept;
	size_t			next_bytes;
	struct list_head	retired;
};

static_assert(!offsetof(struct region_body, owner));

static struct region_body *body_of(struct kspan_region *region)
{
	return container_of(region, struct region_body, region);
}

static struct kspan_heap *heap_of(const struct region_body *body)
{
	return kspan_store_heap(body->owner.store);
}

/* Memory is handed out of a span from now on. */
static void use(struct region_body *body, const struct kspan_span *span)
{
	size_t guard = kspan_bump_guard_bytes(&body->owner);

	body->lowest = span->addr + guard;
	body->region.bump.floor = body->owner.checked ? ULONG_MAX : body->lowest;
	WRITE_ONCE(body->region.bump.next, kspan_span_end(span) - guard);
}

/* Nobody has written to what nobody has. */
static void expect_poison(unsigned long from, unsigned long to,
			  enum kspan_mistake mistake, const char *function)
{
	void *p = kspan_bump_unpoisoned(from, to);

	if (unlikely(p))
		kspan_report_member(p, mistake, function);
}

static void check_guards(const struct kspan_span *span, const char *function)
{
	unsigned long end = kspan_span_end(span);

	expect_poison(span->addr, span->addr + KSPAN_BUMP_GUARD_BYTES,
		      KSPAN_MISTAKE_OVERRUN, function);
	expect_poison(end - KSPAN_BUMP_GUARD_BYTES, end, KSPAN_MISTAKE_OVERRUN,
		      function);
}

/* Before all of it is taken back: its guards, and what is free of that in use. */
static void check_all(const struct region_body *body, const char *function)
{
	const struct kspan_span *span;

	if (!body->owner.checked)
		return;
	list_for_each_entry(span, &body->owner.spans, list)
		check_guards(span, function);
	expect_poison(body->lowest, body->region.bump.next,
		      KSPAN_MISTAKE_RELEASED_WRITE, function);
	if (body->kept)
		expect_poison(body->kept->addr, kspan_span_end(body->kept),
			      KSPAN_MISTAKE_RELEASED_WRITE, function);
}

/* Those of the reset before, that nobody should have written to since. */
static void give_back_retired(struct region_body *body, const char *function)
{
	struct kspan_span *span, *next;

	list_for_each_entry_safe(span, next, &body->retired, list) {
		expect_poison(span->addr, kspan_span_end(span),
			      KSPAN_MISTAKE_RELEASED_WRITE, function);
		kspan_bump_shrink(&body->owner, span, 0);
	}
}

/**
 * kspan_region_create() - make a region
 * @heap: where its memory comes from
 * @gfp: as for kmalloc()
 *
 * Its first span is 8 KB; see kspan_region_alloc() for more.
 *
 * Context: Any in which kmalloc() with the same @gfp may be called. May take the
 * locks that kspan_alloc() takes.
 * Return: the region; NULL without memory, at the heap's limit, or, with a warning
 * once, for GFP_DMA and GFP_DMA32.
 */
struct kspan_region *kspan_region_create(struct kspan_heap *heap, gfp_t gfp)
{
	struct kspan_store *store = &heap->storage.stores[KSPAN_LARGE_CLASS];
	struct kspan_bump_owner *owner;
	struct region_body *body;

	if (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp))
		return NULL;
	owner = kspan_bump_owner_new(store, sizeof(*body), gfp);
	if (!owner)
		return NULL;
	body = container_of(owner, struct region_body, owner);
	owner->bump = &body->region.bump;
	/* Somebody's, before a lookup can find it. */
	body->region.bump.next = 1;
	body->next_bytes = 2 * FIRST_BYTES;
	INIT_LIST_HEAD(&body->retired);
	if (!kspan_obtain_span(heap, owner, FIRST_BYTES, gfp & ~__GFP_ZERO)) {
		kspan_bump_owner_free(owner);
		return NULL;
	}
	use(body, kspan_bump_head(owner));
	return &body->region;
}
EXPORT_SYMBOL_GPL(kspan_region_create);

/* From the span in use; NULL if there is not enough. */
static void *take(struct region_body *body, size_t size, size_t align)
{
	struct kspan_bump bump = {
		.next = body->region.bump.next,
		.floor = body->lowest,
	};
	unsigned long p;

	if (!kspan_bump_take(&bump, size, align, &p))
		return NULL;
	if (body->owner.checked)
		expect_poison(p, body->region.bump.next,
			      KSPAN_MISTAKE_RELEASED_WRITE,
			      "kspan_region_alloc");
	WRITE_ONCE(body->region.bump.next, p);
	return (void *)p;
}

/* What a span must have for an object to fit. */
static size_t least_bytes(const struct region_body *body, size_t size,
			  size_t align)
{
	size_t guard = kspan_bump_guard_bytes(&body->owner);

	/* The end of a span is aligned, that of what lies between guards is not. */
	return size + (guard ? 2 * guard + align : 0);
}

/* A span of its own, of which the rest is left alone. */
static void *take_large(struct region_body *body, size_t size, size_t align,
			gfp_t gfp)
{
	size_t bytes = least_bytes(body, size, align);
	void *span = kspan_obtain_span(heap_of(body), &body->owner, bytes, gfp);

	if (!span)
		return NULL;
	return PTR_ALIGN(span + kspan_bump_guard_bytes(&body->owner), align);
}

/* Another span comes into use. */
static bool grow(struct region_body *body, size_t size, size_t align, gfp_t gfp)
{
	size_t least = round_up(least_bytes(body, size, align),
				KSPAN_PAGE_BYTES);
	size_t bytes = max(body->next_bytes, least);
	void *span = NULL;

	if (body->kept && kspan_npages_bytes(body->kept->npages) >= least) {
		use(body, body->kept);
		body->kept = NULL;
		return true;
	}
	if (bytes > least)
		span = kspan_obtain_span(heap_of(body), &body->owner, bytes,
					 kspan_gfp_try(gfp));
	if (span)
		body->next_bytes = min_t(size_t, 2 * bytes, MOST_BYTES);
	else
		span = kspan_obtain_span(heap_of(body), &body->owner, least,
					 gfp);
	if (!span)
		return false;
	use(body, kspan_bump_newest(&body->owner));
	return true;
}

static void *region_take(struct region_body *body, size_t size, size_t align,
			 gfp_t gfp)
{
	void *p;

	p = take(body, size, align);
	if (p)
		return p;
	gfp &= ~__GFP_ZERO;
	if (size > LARGE_BYTES)
		return take_large(body, size, align, gfp);
	return grow(body, size, align, gfp) ? take(body, size, align) : NULL;
}

/* What the inline function leaves to do: see kspan_region_alloc(). */
void *__kspan_region_alloc(struct kspan_region *region, size_t size,
			   size_t align, gfp_t gfp)
{
	struct region_body *body = body_of(region);
	void *p;

	if (!size)
		return ZERO_SIZE_PTR;
	if (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp))
		return NULL;
	if (size > KSPAN_MAX_CONTIG_BYTES ||
	    least_bytes(body, size, align) > KSPAN_MAX_CONTIG_BYTES)
		return NULL;
	p = region_take(body, size, align, gfp);
	if (p && want_init_on_alloc(gfp))
		kspan_zero(p, size, gfp);
	return p;
}
EXPORT_SYMBOL_GPL(__kspan_region_alloc);

/**
 * kspan_region_memdup() - copy memory into a region
 * @region: the region
 * @src: what
 * @size: bytes
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_region_alloc().
 * Return: The copy, as kspan_region_alloc() gives it.
 */
void *kspan_region_memdup(struct kspan_region *region, const void *src,
			  size_t size, gfp_t gfp)
{
	void *p = kspan_region_alloc(region, size, gfp & ~__GFP_ZERO);

	if (!ZERO_OR_NULL_PTR(p))
		memcpy(p, src, size);
	return p;
}
EXPORT_SYMBOL_GPL(kspan_region_memdup);

/**
 * kspan_region_strdup() - copy a string into a region
 * @region: the region
 * @s: the string, or NULL
 * @gfp: as for kmalloc()
 *
 * It is not aligned.
 *
 * Context: As kspan_region_alloc().
 * Return: The copy, as kspan_region_alloc() gives it; NULL for NULL.
 */
char *kspan_region_strdup(struct kspan_region *region, const char *s, gfp_t gfp)
{
	size_t size;
	char *p;

	if (!s)
		return NULL;
	size = strlen(s) + 1;
	p = __kspan_region_alloc(region, size, 1, gfp & ~__GFP_ZERO);
	if (p)
		memcpy(p, s, size);
	return p;
}
EXPORT_SYMBOL_GPL(kspan_region_strdup);

/* The largest span but the first that a reset may keep, or NULL. */
static struct kspan_span *largest(const struct region_body *body)
{
	const struct kspan_span *head = kspan_bump_head(&body->owner);
	struct kspan_span *best = NULL;
	struct kspan_span *span;

	list_for_each_entry(span, &body->owner.spans, list) {
		if (span != head &&
		    kspan_npages_bytes(span->npages) <= MOST_BYTES &&
		    (!best || span->npages > best->npages))
			best = span;
	}
	return best;
}

/**
 * kspan_region_reset() - take back all that was allocated from a region
 * @region: the region, which is empty afterwards
 *
 * Keeps the first span, of 8 KB, and one more of at most 128 KB. The others go back
 * to the heap.
 *
 * Context: As kspan_free().
 */
void kspan_region_reset(struct kspan_region *region)
{
	struct region_body *body = body_of(region);
	struct kspan_span *head = kspan_bump_head(&body->owner);
	struct kspan_span *kept = largest(body);
	struct kspan_span *span, *next;

	check_all(body, "kspan_region_reset");
	give_back_retired(body, "kspan_region_reset");
	list_for_each_entry_safe(span, next, &body->owner.spans, list) {
		if (span == head || span == kept || body->owner.checked)
			kspan_bump_wipe(&body->owner, span->addr,
					kspan_span_end(span));
		if (span == head || span == kept)
			continue;
		if (body->owner.checked)
			list_move(&span->list, &body->retired);
		else
			kspan_bump_shrink(&body->owner, span, 0);
	}
	body->kept = kept;
	use(body, head);
}
EXPORT_SYMBOL_GPL(kspan_region_reset);

/**
 * kspan_region_destroy() - free a region and all that was allocated from it
 * @region: the region; NULL and ERR_PTR are ignored
 *
 * Context: As kspan_free().
 */
void kspan_region_destroy(struct kspan_region *region)
{
	struct kspan_span *span, *next;
	struct region_body *body;

	if (IS_ERR_OR_NULL(region))
		return;
	body = body_of(region);
	check_all(body, "kspan_region_destroy");
	give_back_retired(body, "kspan_region_destroy");
	/* The first of them last: by it the region is known. */
	list_for_each_entry_safe(span, next, &body->owner.spans, list)
		kspan_bump_shrink(&body->owner, span, span->nelems);
	kspan_bump_owner_free(&body->owner);
}
EXPORT_SYMBOL_GPL(kspan_region_destroy);
