/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Buckets: the spans of a central list by how full they are, and by who uses them.
 *
 * A span is used by the CPU that has taken its last batch from it, and others look
 * elsewhere first. So a CPU's objects lie together, and its prefetches do not take
 * lines away from another CPU that has the slots behind them. Go's mcache has a
 * span of each class for the same reason.
 */
#ifndef _KSPAN_BUCKET_H
#define _KSPAN_BUCKET_H

#include <linux/bits.h>
#include <linux/list.h>

#include "spans/span.h"

enum {
	/*
	 * Spans with 1, 2-3, 4-7 ... 64-127, 128 or more free slots, then those
	 * without an object, and last those without a free slot.
	 */
	KSPAN_NR_PARTIAL	= 8,
	KSPAN_BUCKET_EMPTY	= 8,
	KSPAN_BUCKET_FULL	= 9,
	KSPAN_NR_BUCKETS	= 10,
	/* CPUs whose numbers have the same remainder are one user of spans. */
	KSPAN_SPAN_USERS	= 8,
	KSPAN_NO_USER		= 0,
};

/**
 * struct kspan_buckets - the spans of a central list, whose lock guards them
 * @nonempty: bit b is set if @spans[b] has a span
 * @nr_empty: spans without an object
 * @least_empty: the fewest that @nr_empty has been since the last look
 * @gone: spans without an object that were not kept, since the last look
 * @wanted: empty spans to keep, as that many were made anew shortly after they had gone
 * @used: the span that each user has taken its last batch from, if it is here
 * @spans: spans by bucket; a refill looks from the first on
 */
struct kspan_buckets {
	unsigned int		nonempty;
	unsigned int		nr_empty;
	unsigned int		least_empty;
	unsigned int		gone;
	unsigned int		wanted;
	struct kspan_span	*used[KSPAN_SPAN_USERS];
	struct list_head	spans[KSPAN_NR_BUCKETS];
};

void kspan_buckets_init(struct kspan_buckets *buckets);
void kspan_bucket_add(struct kspan_buckets *buckets, struct kspan_span *span);
void kspan_bucket_remove(struct kspan_buckets *buckets,
			 struct kspan_span *span);
void kspan_bucket_move(struct kspan_buckets *buckets, struct kspan_span *span);
struct kspan_span *kspan_bucket_fullest(const struct kspan_buckets *buckets,
					unsigned int user);
void kspan_bucket_use(struct kspan_buckets *buckets, struct kspan_span *span,
		      unsigned int user);
bool kspan_bucket_placed(const struct kspan_buckets *buckets,
			 const struct kspan_span *span);

unsigned int kspan_bucket_look(struct kspan_buckets *buckets);

/* A span was made. Where one has just gone, it should have been kept; so @most. */
static inline void kspan_bucket_made(struct kspan_buckets *buckets,
				     unsigned int most)
{
	if (!buckets->gone)
		return;
	buckets->gone--;
	if (buckets->wanted < most)
		buckets->wanted++;
}

/* As whose a CPU's spans count; never KSPAN_NO_USER. */
static inline unsigned int kspan_bucket_user(unsigned int cpu)
{
	return 1 + cpu % KSPAN_SPAN_USERS;
}

/* Whether a span has room; true a moment ago if the lock is not held. */
static inline bool kspan_bucket_any(const struct kspan_buckets *buckets)
{
	return READ_ONCE(buckets->nonempty) & ~BIT(KSPAN_BUCKET_FULL);
}

#endif /* _KSPAN_BUCKET_H */
