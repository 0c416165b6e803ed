/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rounds: which spans of a collected heap have been swept.
 *
 * A sweep is a round, and has a number; so has each span: that of the round in which it
 * was swept last. So nothing has to be reset between rounds. Go's sweepgen is the model.
 * Who takes a span for a round is the only one who sweeps it.
 */
#ifndef _KSPAN_ROUND_H
#define _KSPAN_ROUND_H

#include <linux/types.h>

struct kspan_span;
struct kspan_store;

/* The round after another one; never KSPAN_NO_ROUND, which new spans have. */
static inline u8 kspan_round_after(u8 round)
{
	return round % U8_MAX + 1;
}

bool kspan_round_take(struct kspan_span *span, u8 round);
struct kspan_span *kspan_round_take_full(struct kspan_store *store, int nid,
					 u8 round, unsigned int most);

#endif /* _KSPAN_ROUND_H */
