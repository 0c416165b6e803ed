// SPDX-License-Identifier: GPL-2.0
#include "base/compat.h"
#include "spans/central.h"
#include "spans/round.h"

/* By the holder of the central list's lock. */
static bool take(struct kspan_span *span, u8 round)
{
	if (span->swept == round)
		return false;
	span->swept = round;
	return true;
}

/**
 * kspan_round_take() - sweep a span, unless that is done
 * @span: the span, of slots; the caller is an RCU reader
 * @round: the round
 *
 * Return: whether the caller is to sweep it.
 */
bool kspan_round_take(struct kspan_span *span, u8 round)
{
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&span->central->lock, flags);
	taken = take(span, round);
	spin_unlock_irqrestore(&span->central->lock, flags);
	return taken;
}

/**
 * kspan_round_take_full() - likewise any span that has no free slot
 * @store: of which store; the caller is an RCU reader
 * @nid: of which node
 * @round: the round
 * @most: spans to look at
 *
 * Those that have been looked at go to the end, so that the others come first.
 *
 * Context: Any but NMI.
 * Return: the span; NULL if there was none among those.
 */
struct kspan_span *kspan_round_take_full(struct kspan_store *store, int nid,
					 u8 round, unsigned int most)
{
	struct kspan_central *central = &store->central[nid];
	struct list_head *full = &central->buckets.spans[KSPAN_BUCKET_FULL];
	struct kspan_span *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&central->lock, flags);
	while (!found && most-- && !list_empty(full)) {
		struct kspan_span *span = list_first_entry(full,
							   struct kspan_span,
							   list);

		list_move_tail(&span->list, full);
		if (take(span, round))
			found = span;
	}
	spin_unlock_irqrestore(&central->lock, flags);
	return found;
}
