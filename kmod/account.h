/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Account: how much memory a heap has taken from the kernel, and may take.
 */
#ifndef _KSPAN_ACCOUNT_H
#define _KSPAN_ACCOUNT_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/**
 * struct kspan_account - memory of one heap
 * @lock: see there
 * @backing_bytes: taken and not given back; grown - released
 * @grown_bytes: taken since the heap was made
 * @released_bytes: given back since
 * @limit_bytes: upper bound of @backing_bytes; 0 is none
 * @limit_hits: allocations that failed at the limit
 * @metadata_bytes: memory that describes the heap's memory
 */
struct kspan_account {
	/* Guards the byte counts and the limit. */
	spinlock_t	lock;
	u64		backing_bytes;
	u64		grown_bytes;
	u64		released_bytes;
	u64		limit_bytes;
	atomic64_t	limit_hits;
	atomic_long_t	metadata_bytes;
};

void kspan_account_init(struct kspan_account *account, u64 limit_bytes);
bool kspan_account_reserve(struct kspan_account *account, size_t bytes,
			   bool force);
void kspan_account_unreserve(struct kspan_account *account, size_t bytes);
void kspan_account_release(struct kspan_account *account, size_t bytes);
void kspan_account_limit_hit(struct kspan_account *account, const void *p);

static inline void kspan_account_metadata(struct kspan_account *account,
					  long bytes)
{
	atomic_long_add(bytes, &account->metadata_bytes);
}

#endif /* _KSPAN_ACCOUNT_H */
