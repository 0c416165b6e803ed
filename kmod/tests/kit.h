/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites share: random numbers whose seed is printed, a heap for each
 * test, and the question whether a heap is sound.
 */
#ifndef _KSPAN_KIT_H
#define _KSPAN_KIT_H

#include <kunit/test.h>
#include <linux/kspan.h>
#include <linux/prandom.h>

#include "api/report.h"

enum {
	/* What repeats until something may have happened does so less often there. */
	KIT_SLOWNESS	= IS_ENABLED(CONFIG_KCSAN) ? 10 : 1,
};

/* Draws a seed, or takes that of the module's parameter, and prints it. */
void kit_seed(struct kunit *test, struct rnd_state *rnd);

/* A number below @ceil. */
static inline u32 kit_below(struct rnd_state *rnd, u32 ceil)
{
	return prandom_u32_state(rnd) % ceil;
}

/* init and exit of a suite whose tests have a heap of their own. */
int kit_heap_init(struct kunit *test);
void kit_heap_exit(struct kunit *test);

/*
 * Likewise, where exact counts are taken: nothing is given back in the background
 * meanwhile, and the test stays on its CPU, which a refill would otherwise find
 * without an array when it has brought its batch.
 */
int kit_quiet_init(struct kunit *test);
void kit_quiet_exit(struct kunit *test);

/* init of a suite that measures, and would measure KCSAN, for hours. */
int kit_fast_init(struct kunit *test);

static inline struct kspan_heap *kit_heap(struct kunit *test)
{
	return test->priv;
}

/* The rest of the test stays on this CPU, and so on its node. */
void kit_stay(void);

/* Whether the bytes and counts of a balance sheet add up; says what does not. */
bool kit_stats_add_up(struct kunit *test, const struct kspan_heap_stats *stats);

/* kspan_verify(), which says in the test's log what is bad. */
int kit_verify(struct kunit *test, struct kspan_heap *heap);

/* At rest: kspan_verify() finds nothing, and the balance sheet adds up. */
void kit_expect_sound(struct kunit *test, struct kspan_heap *heap);

/* At rest: sound, nothing live; drains the caches. */
void kit_expect_empty(struct kunit *test, struct kspan_heap *heap);

/* A typed cache of the test's heap; its test ends without. */
struct kspan_cache *kit_cache(struct kunit *test, const char *name, size_t size,
			      size_t align, unsigned int flags,
			      void (*ctor)(void *slot));

/* Kernel pages in NR_KERNEL_MISC_RECLAIMABLE, exactly. */
long kit_reclaimable(void);

/* The kernel log between these is asked for. */
void kit_reports_begin(void);
void kit_reports_end(void);

/* Frees @p, and expects that to be refused as @mistake. */
void kit_expect_refused(struct kunit *test, const void *p,
			enum kspan_mistake mistake);

/* Fills an object so that its owner can be told, and looks whether it is so. */
void kit_fill(void *p, size_t size_bytes, u32 tag);
bool kit_filled(const void *p, size_t size_bytes, u32 tag);

#endif /* _KSPAN_KIT_H */
