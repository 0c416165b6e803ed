/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limiter: mutators are spared when the collector has more of the CPUs than they.
 *
 * A bucket fills with CPU time that the collector takes, and empties with what the
 * others have, be it that they use it or not. When it is full, mutators mark no more until
 * it has room. So over any time longer than the bucket the collector gets half of the
 * CPUs at most, but for what it takes itself when it is in a hurry.
 */
#ifndef _KSPAN_GC_LIMITER_H
#define _KSPAN_GC_LIMITER_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/types.h>

enum {
	/* What the bucket holds, for each CPU. */
	KSPAN_LIMITER_ROOM_NS	= NSEC_PER_SEC,
	/* Nobody looks at it more often. */
	KSPAN_LIMITER_LOOK_NS	= 10 * NSEC_PER_MSEC,
};

/**
 * struct kspan_limiter - of a heap
 * @lock: guards @last_ns and @fill_ns; raw, innermost, and only tried
 * @last_ns: when it was looked at
 * @fill_ns: what is in the bucket
 * @taken_ns: CPU time that the collector has taken since
 * @full: it is
 */
struct kspan_limiter {
	raw_spinlock_t	lock;
	u64		last_ns;
	u64		fill_ns;
	atomic64_t	taken_ns;
	bool		full;
};

void kspan_limiter_init(struct kspan_limiter *limiter, u64 now_ns);
void kspan_limiter_add(struct kspan_limiter *limiter, u64 ns, u64 now_ns,
		       unsigned int ncpus);

/* Whether mutators are to be left alone. */
static inline bool kspan_limiter_full(const struct kspan_limiter *limiter)
{
	return READ_ONCE(limiter->full);
}

#endif /* _KSPAN_GC_LIMITER_H */
