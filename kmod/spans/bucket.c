// SPDX-License-Identifier: GPL-2.0
#include <linux/bitops.h>
#include <linux/minmax.h>

#include "base/compat.h"
#include "base/once.h"
#include "spans/bucket.h"

void kspan_buckets_init(struct kspan_buckets *buckets)
{
	unsigned int bucket;

	for (bucket = 0; bucket < KSPAN_NR_BUCKETS; bucket++)
		INIT_LIST_HEAD(&buckets->spans[bucket]);
}

/* The fuller a span, the lower its bucket, but for one that is full. */
static unsigned int bucket_of(const struct kspan_span *span)
{
	unsigned int nfree = span->nelems - span->alloc_count;

	if (!nfree)
		return KSPAN_BUCKET_FULL;
	if (!span->alloc_count)
		return KSPAN_BUCKET_EMPTY;
	return min(fls(nfree), KSPAN_NR_PARTIAL) - 1;
}

/* With how many slots out the span is one too empty for its bucket. */
static unsigned int relink_at(const struct kspan_span *span)
{
	if (span->bucket == KSPAN_BUCKET_FULL)
		return span->nelems - 1;
	if (span->bucket >= KSPAN_NR_PARTIAL - 1)
		return 0;
	return max(span->nelems - (2 << span->bucket), 0);
}

/* For verify, by the holder of the lock: is a span in the right bucket? */
bool kspan_bucket_placed(const struct kspan_buckets *buckets,
			 const struct kspan_span *span)
{
	return span->bucket == bucket_of(span) &&
	       span->relink_at == relink_at(span) &&
	       (span->user == KSPAN_NO_USER ||
		buckets->used[span->user - 1] == span);
}

static void unlink_span(struct kspan_buckets *buckets, struct kspan_span *span)
{
	list_del(&span->list);
	if (list_empty(&buckets->spans[span->bucket]))
		WRITE_ONCE(buckets->nonempty,
			   buckets->nonempty & ~BIT(span->bucket));
	if (span->bucket != KSPAN_BUCKET_EMPTY)
		return;
	kspan_sub_once(buckets->nr_empty, 1);
	if (buckets->nr_empty < buckets->least_empty)
		buckets->least_empty = buckets->nr_empty;
}

static void link_span(struct kspan_buckets *buckets, struct kspan_span *span)
{
	span->bucket = bucket_of(span);
	span->relink_at = relink_at(span);
	list_add(&span->list, &buckets->spans[span->bucket]);
	WRITE_ONCE(buckets->nonempty, buckets->nonempty | BIT(span->bucket));
	if (span->bucket == KSPAN_BUCKET_EMPTY)
		kspan_add_once(buckets->nr_empty, 1);
}

/* A span more. */
void kspan_bucket_add(struct kspan_buckets *buckets, struct kspan_span *span)
{
	span->user = KSPAN_NO_USER;
	link_span(buckets, span);
}

/* One less. */
void kspan_bucket_remove(struct kspan_buckets *buckets, struct kspan_span *span)
{
	if (span->user != KSPAN_NO_USER)
		buckets->used[span->user - 1] = NULL;
	span->user = KSPAN_NO_USER;
	unlink_span(buckets, span);
}

/* The number of free slots of a span has changed. */
void kspan_bucket_move(struct kspan_buckets *buckets, struct kspan_span *span)
{
	if (bucket_of(span) == span->bucket)
		return;
	unlink_span(buckets, span);
	link_span(buckets, span);
}

/**
 * kspan_bucket_fullest() - the fullest span that has room
 * @buckets: the caller holds their lock
 * @user: who wants to use it, to whom no other's will do; or KSPAN_NO_USER
 *
 * As each user has one, only so many have to be passed over.
 */
struct kspan_span *kspan_bucket_fullest(const struct kspan_buckets *buckets,
					unsigned int user)
{
	unsigned long usable = buckets->nonempty & ~BIT(KSPAN_BUCKET_FULL);
	struct kspan_span *span;
	unsigned int bucket;

	for_each_set_bit(bucket, &usable, KSPAN_NR_BUCKETS) {
		list_for_each_entry(span, &buckets->spans[bucket], list) {
			if (user == KSPAN_NO_USER || span->user == user ||
			    span->user == KSPAN_NO_USER)
				return span;
		}
	}
	return NULL;
}

/* From now on @user takes from @span, and not from what it took from before. */
void kspan_bucket_use(struct kspan_buckets *buckets, struct kspan_span *span,
		      unsigned int user)
{
	struct kspan_span **used = &buckets->used[user - 1];

	if (*used == span)
		return;
	if (*used)
		(*used)->user = KSPAN_NO_USER;
	*used = span;
	span->user = user;
}

/**
 * kspan_bucket_look() - how many empty spans nobody has needed since the last look
 * @buckets: the caller holds their lock
 *
 * As the working set of a depot: what was never used is not kept any longer.
 */
unsigned int kspan_bucket_look(struct kspan_buckets *buckets)
{
	unsigned int unused = min(buckets->least_empty, buckets->nr_empty);

	buckets->wanted -= min(buckets->wanted, unused);
	buckets->gone = 0;
	buckets->least_empty = buckets->nr_empty - unused;
	return unused;
}
