// SPDX-License-Identifier: GPL-2.0
#include "account.h"
#include "trace.h"

void kspan_account_init(struct kspan_account *account, u64 limit_bytes)
{
	spin_lock_init(&account->lock);
	account->limit_bytes = limit_bytes;
}

/**
 * kspan_account_reserve() - ask for room below the limit
 * @account: the heap's account
 * @bytes: what is about to be taken from the kernel
 * @force: take it over the limit if need be, which is counted
 *
 * Counts the bytes as taken, before they are, so that two growing CPUs cannot
 * pass the limit together.
 *
 * Return: whether there was room.
 */
bool kspan_account_reserve(struct kspan_account *account, size_t bytes,
			   bool force)
{
	unsigned long flags;
	bool room;
	bool passed;

	spin_lock_irqsave(&account->lock, flags);
	room = !account->limit_bytes ||
	       account->backing_bytes + bytes <= account->limit_bytes;
	passed = !room && force;
	if (passed)
		atomic64_inc(&account->limit_hits);
	room |= force;
	if (room) {
		account->backing_bytes += bytes;
		account->grown_bytes += bytes;
	}
	spin_unlock_irqrestore(&account->lock, flags);
	if (passed)
		trace_limit(account, true);
	return room;
}

/* The kernel did not have the reserved bytes. */
void kspan_account_unreserve(struct kspan_account *account, size_t bytes)
{
	unsigned long flags;

	spin_lock_irqsave(&account->lock, flags);
	account->backing_bytes -= bytes;
	account->grown_bytes -= bytes;
	spin_unlock_irqrestore(&account->lock, flags);
}

/* Bytes have gone back to the kernel. */
void kspan_account_release(struct kspan_account *account, size_t bytes)
{
	unsigned long flags;

	spin_lock_irqsave(&account->lock, flags);
	account->backing_bytes -= bytes;
	account->released_bytes += bytes;
	spin_unlock_irqrestore(&account->lock, flags);
}

/**
 * kspan_account_limit_hit() - the limit stood in the way of an allocation
 * @account: the heap's account
 * @p: what the allocation has given all the same, or NULL
 */
void kspan_account_limit_hit(struct kspan_account *account, const void *p)
{
	if (p)
		return;
	atomic64_inc(&account->limit_hits);
	trace_limit(account, false);
}
