/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Account: how much memory a heap has taken from the kernel, and may take.
 */
#ifndef _KSPAN_ACCOUNT_H
#define _KSPAN_ACCOUNT_H

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Why memory goes back to the kernel. */
enum kspan_release_reason {
	KSPAN_RELEASED_BACKGROUND,	/* more than was needed of late */
	KSPAN_RELEASED_PRESSURE,	/* the kernel is short of memory */
	KSPAN_RELEASED_EXPLICIT,	/* somebody has asked for it */
	KSPAN_RELEASED_LIMIT,		/* above one of the limits */
	KSPAN_RELEASED_FREED,		/* an object of its own was freed */
	KSPAN_NR_RELEASE_REASONS,
};

enum {
	/* What comes back within so many seconds should not have gone. */
	KSPAN_RETAKE_SECONDS	= 5,
	KSPAN_RETAKE_SLOTS	= KSPAN_RETAKE_SECONDS + 1,
};

/**
 * struct kspan_limits - the bounds of a heap's memory
 * @limit_bytes: upper bound; 0 is none
 * @soft_limit_bytes: what it is brought down to; 0 is none
 * @reserve_bytes: what it always has
 */
struct kspan_limits {
	u64	limit_bytes;
	u64	soft_limit_bytes;
	u64	reserve_bytes;
};

/**
 * struct kspan_account - memory of one heap
 * @heap_name: whose, for trace events; constant
 * @lock: see there
 * @backing_bytes: taken and not given back; grown - released
 * @grown_bytes: taken since the heap was made
 * @released_bytes: given back since
 * @released_by: the same, by reason
 * @limit_bytes: upper bound of @backing_bytes; 0 is none
 * @soft_limit_bytes: what @backing_bytes is brought down to; 0 is none
 * @reserve_bytes: of @backing_bytes, the heap's reserve; whole pages
 * @undo: while the reserve is taken: what the limits are again if it cannot be
 *	had; of whoever takes it
 * @gone_bytes: given back in each of the last seconds, and not taken again
 * @gone_second: the last of these seconds
 * @retaken_bytes: taken soon after as much had been given back
 * @soft_limit_hits: growths beyond the soft limit
 * @limit_hits: allocations that failed at the limit
 * @metadata_bytes: memory that describes the heap's memory
 */
struct kspan_account {
	const char	*heap_name;
	/* Guards the byte counts and the limits. */
	spinlock_t	lock;
	u64		backing_bytes;
	u64		grown_bytes;
	u64		released_bytes;
	u64		released_by[KSPAN_NR_RELEASE_REASONS];
	u64		limit_bytes;
	u64		soft_limit_bytes;
	u64		reserve_bytes;
	struct kspan_limits *undo;
	u64		gone_bytes[KSPAN_RETAKE_SLOTS];
	u64		gone_second;
	u64		retaken_bytes;
	u64		soft_limit_hits;
	atomic64_t	limit_hits;
	atomic_long_t	metadata_bytes;
};

void kspan_account_init(struct kspan_account *account, const char *heap_name);
bool kspan_limits_valid(const struct kspan_limits *limits);
bool kspan_account_set_limits(struct kspan_account *account,
			      unsigned int which,
			      const struct kspan_limits *wanted,
			      struct kspan_limits *before);
bool kspan_account_try_limits(struct kspan_account *account,
			      unsigned int which,
			      const struct kspan_limits *wanted,
			      struct kspan_limits *before,
			      struct kspan_limits *undo);
void kspan_account_settle(struct kspan_account *account, bool keep);
u64 kspan_account_over_limit(struct kspan_account *account);
u64 kspan_account_excess(struct kspan_account *account);
bool kspan_account_possible(struct kspan_account *account, size_t bytes,
			    gfp_t gfp);
bool kspan_account_reserve(struct kspan_account *account, size_t bytes,
			   bool force);
void kspan_account_grown(struct kspan_account *account, size_t bytes);
void kspan_account_unreserve(struct kspan_account *account, size_t bytes);
void kspan_account_release(struct kspan_account *account, size_t bytes,
			   enum kspan_release_reason reason);
void kspan_account_limit_hit(struct kspan_account *account, const void *p);

static inline void kspan_account_metadata(struct kspan_account *account,
					  long bytes)
{
	atomic_long_add(bytes, &account->metadata_bytes);
}

#endif /* _KSPAN_ACCOUNT_H */
