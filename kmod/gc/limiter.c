// SPDX-License-Identifier: GPL-2.0
#include <linux/minmax.h>

#include "base/compat.h"
#include "gc/limiter.h"

/**
 * kspan_limiter_init() - an empty bucket
 * @limiter: the limiter
 * @now_ns: the time
 */
void kspan_limiter_init(struct kspan_limiter *limiter, u64 now_ns)
{
	raw_spin_lock_init(&limiter->lock);
	limiter->last_ns = now_ns;
	limiter->fill_ns = 0;
	atomic64_set(&limiter->taken_ns, 0);
	limiter->full = false;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_limiter_init);

/* By the holder of the lock. */
static void look(struct kspan_limiter *limiter, u64 now_ns, unsigned int ncpus)
{
	u64 room_ns = (u64)KSPAN_LIMITER_ROOM_NS * ncpus;
	u64 passed_ns = (now_ns - limiter->last_ns) * ncpus;
	u64 taken_ns = atomic64_xchg(&limiter->taken_ns, 0);
	u64 others_ns = passed_ns - min(taken_ns, passed_ns);

	limiter->last_ns = now_ns;
	limiter->fill_ns += taken_ns;
	limiter->fill_ns -= min(limiter->fill_ns, others_ns);
	/* What one look finds too much is made up for later, but not for ever. */
	limiter->fill_ns = min(limiter->fill_ns, 2 * room_ns);
	WRITE_ONCE(limiter->full, limiter->fill_ns >= room_ns);
}

/**
 * kspan_limiter_add() - the collector has taken CPU time
 * @limiter: the limiter
 * @ns: how much; 0 to have it looked at only
 * @now_ns: the time
 * @ncpus: CPUs there are
 *
 * Context: Any but NMI.
 */
void kspan_limiter_add(struct kspan_limiter *limiter, u64 ns, u64 now_ns,
		       unsigned int ncpus)
{
	unsigned long flags;

	atomic64_add(ns, &limiter->taken_ns);
	if (now_ns - READ_ONCE(limiter->last_ns) < KSPAN_LIMITER_LOOK_NS)
		return;
	if (!raw_spin_trylock_irqsave(&limiter->lock, flags))
		return;
	/* Somebody may have looked with a later time. */
	if ((s64)(now_ns - limiter->last_ns) >= KSPAN_LIMITER_LOOK_NS)
		look(limiter, now_ns, ncpus);
	raw_spin_unlock_irqrestore(&limiter->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_limiter_add);
