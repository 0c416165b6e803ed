/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fast paths: see linux/kspan.h for what they do.
 */
#ifndef _KSPAN_ALLOC_H
#define _KSPAN_ALLOC_H

#include <linux/kspan.h>

#include "caches/magazine.h"
#include "spans/span.h"

enum {
	/*
	 * The line of the slot that will be popped so much later is fetched now:
	 * another CPU may have it, and the look at the mark would wait. It may be
	 * below the lowest cell of the array, not below its memory.
	 */
	KSPAN_FETCH_AHEAD	= 3,
};

static_assert(KSPAN_FETCH_AHEAD <= -KSPAN_ARRAY_BUNDLE);

/* Saves moving it there at the end. */
#ifdef CONFIG_X86_64
#define keep_in_return_register(p) asm("" : "+a" (p))
#else
#define keep_in_return_register(p) OPTIMIZER_HIDE_VAR(p)
#endif

/*
 * Where every instruction counts: function tracing would cost one in each call,
 * switched off. What these call when there is more to do is traceable.
 */
notrace __kspan_direct void *__kspan_alloc(struct kspan_heap *heap, size_t size,
					   gfp_t gfp);
notrace __kspan_direct void *__kspan_alloc_plain(struct kspan_heap *heap,
						 size_t size, gfp_t gfp);
notrace __kspan_direct void *__kspan_alloc_mag(struct kspan_heap *heap,
					       unsigned long mag_offset,
					       gfp_t gfp, size_t size);
notrace __kspan_direct void *__kspan_alloc_mag_plain(struct kspan_heap *heap,
						     unsigned long mag_offset,
						     gfp_t gfp, size_t size);
notrace void kspan_free(const void *p);
notrace __kspan_direct void *__kspan_cache_alloc(struct kspan_cache *cache,
						 gfp_t gfp);
notrace __kspan_direct void *__kspan_cache_alloc_plain(struct kspan_cache *cache,
						       gfp_t gfp);
notrace __kspan_direct void __kspan_cache_free(void *p, struct kspan_cache *cache);

/* Behind the fast paths of a free. */
void kspan_free_slow(void *p);
void kspan_free_full(void *p, struct kspan_mag __percpu *mag);
unsigned int kspan_pop_run(struct kspan_mag __percpu *mag, u64 secret, void **p,
			   unsigned int nr);
unsigned int kspan_push_run(struct kspan_mag __percpu *only, unsigned int nr,
			    void **p);
bool kspan_free_beside(struct kspan_span *span, void *p);

#endif /* _KSPAN_ALLOC_H */
