// SPDX-License-Identifier: GPL-2.0
#include <linux/kspan.h>
#include <linux/ktime.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include "base/once.h"
#include "base/sizeclass.h"
#include "base/trace.h"
#include "pages/account.h"

void kspan_account_init(struct kspan_account *account, const char *heap_name)
{
	account->heap_name = heap_name;
	spin_lock_init(&account->lock);
}

/* A reserve has whole pages; what no machine has stays what it is. */
static u64 whole_pages(u64 bytes)
{
	return bytes > U64_MAX - KSPAN_PAGE_BYTES ?
	       bytes : round_up(bytes, KSPAN_PAGE_BYTES);
}

/* Whether all three can hold at once. */
bool kspan_limits_valid(const struct kspan_limits *limits)
{
	return !limits->limit_bytes ||
	       (limits->soft_limit_bytes <= limits->limit_bytes &&
		whole_pages(limits->reserve_bytes) <= limits->limit_bytes);
}

static void get_limits(const struct kspan_account *account,
		       struct kspan_limits *limits)
{
	limits->limit_bytes = account->limit_bytes;
	limits->soft_limit_bytes = account->soft_limit_bytes;
	limits->reserve_bytes = account->reserve_bytes;
}

static void put_limits(struct kspan_account *account,
		       const struct kspan_limits *limits)
{
	WRITE_ONCE(account->limit_bytes, limits->limit_bytes);
	WRITE_ONCE(account->soft_limit_bytes, limits->soft_limit_bytes);
	WRITE_ONCE(account->reserve_bytes, limits->reserve_bytes);
}

/* Limits as they would be with those of @wanted that @which names. */
static struct kspan_limits with(const struct kspan_limits *limits,
				unsigned int which,
				const struct kspan_limits *wanted)
{
	struct kspan_limits sum = *limits;

	if (which & KSPAN_LIMIT_HARD)
		sum.limit_bytes = wanted->limit_bytes;
	if (which & KSPAN_LIMIT_SOFT)
		sum.soft_limit_bytes = wanted->soft_limit_bytes;
	if (which & KSPAN_LIMIT_RESERVE)
		sum.reserve_bytes = whole_pages(wanted->reserve_bytes);
	return sum;
}

/* By the holder of the lock. */
static bool set_locked(struct kspan_account *account, unsigned int which,
		       const struct kspan_limits *wanted,
		       struct kspan_limits *before)
{
	struct kspan_limits after;
	struct kspan_limits undo;

	get_limits(account, before);
	after = with(before, which, wanted);
	if (!kspan_limits_valid(&after))
		return false;
	/* Whatever becomes of the reserve, this change is to stay. */
	if (account->undo) {
		undo = with(account->undo, which, wanted);
		if (!kspan_limits_valid(&undo))
			return false;
		*account->undo = undo;
	}
	put_limits(account, &after);
	return true;
}

/**
 * kspan_account_set_limits() - set some of the limits
 * @account: the heap's account
 * @which: KSPAN_LIMIT_HARD and KSPAN_LIMIT_SOFT: those that are meant
 * @wanted: what they are to be
 * @before: out: what all were
 *
 * Context: Any but NMI.
 * Return: false, and nothing done, if all cannot hold at once.
 */
bool kspan_account_set_limits(struct kspan_account *account, unsigned int which,
			      const struct kspan_limits *wanted,
			      struct kspan_limits *before)
{
	unsigned long flags;
	bool valid;

	spin_lock_irqsave(&account->lock, flags);
	valid = set_locked(account, which, wanted, before);
	spin_unlock_irqrestore(&account->lock, flags);
	return valid;
}

/**
 * kspan_account_try_limits() - set limits before the reserve is there
 * @account: the heap's account
 * @which: KSPAN_LIMIT_*, KSPAN_LIMIT_RESERVE among them
 * @wanted: what they are to be
 * @before: out: what all were
 * @undo: what goes back to them; the account's until kspan_account_settle()
 *
 * The reserve is then taken under these limits. Others may set theirs meanwhile,
 * and keep them. One caller at a time.
 *
 * Return: false, and nothing done, if all cannot hold at once.
 */
bool kspan_account_try_limits(struct kspan_account *account, unsigned int which,
			      const struct kspan_limits *wanted,
			      struct kspan_limits *before,
			      struct kspan_limits *undo)
{
	unsigned long flags;
	bool valid;

	spin_lock_irqsave(&account->lock, flags);
	valid = set_locked(account, which, wanted, before);
	if (valid) {
		*undo = *before;
		account->undo = undo;
	}
	spin_unlock_irqrestore(&account->lock, flags);
	return valid;
}

/* The reserve is there, or is not to be had. */
void kspan_account_settle(struct kspan_account *account, bool keep)
{
	unsigned long flags;

	spin_lock_irqsave(&account->lock, flags);
	if (!keep)
		put_limits(account, account->undo);
	account->undo = NULL;
	spin_unlock_irqrestore(&account->lock, flags);
}

/* How far the heap is above its limit: what was there when that was set. */
u64 kspan_account_over_limit(struct kspan_account *account)
{
	unsigned long flags;
	u64 over = 0;

	spin_lock_irqsave(&account->lock, flags);
	if (account->limit_bytes &&
	    account->backing_bytes > account->limit_bytes)
		over = account->backing_bytes - account->limit_bytes;
	spin_unlock_irqrestore(&account->lock, flags);
	return over;
}

/* How far the heap is above the lower of its limits. */
u64 kspan_account_excess(struct kspan_account *account)
{
	unsigned long flags;
	u64 lowest;
	u64 excess;

	spin_lock_irqsave(&account->lock, flags);
	lowest = min_not_zero(account->limit_bytes, account->soft_limit_bytes);
	excess = lowest && account->backing_bytes > lowest ?
		 account->backing_bytes - lowest : 0;
	spin_unlock_irqrestore(&account->lock, flags);
	return excess;
}

/* Forgets what went back too long ago. */
static void age_gone(struct kspan_account *account)
{
	u64 now = ktime_get_seconds();

	if (now - account->gone_second > KSPAN_RETAKE_SLOTS)
		account->gone_second = now - KSPAN_RETAKE_SLOTS;
	/* The clock begins with the machine: what is before that is negative. */
	while ((s64)(now - account->gone_second) > 0) {
		account->gone_second++;
		account->gone_bytes[account->gone_second %
				    KSPAN_RETAKE_SLOTS] = 0;
	}
}

/* What went back last is what should not have. */
static void count_retaken(struct kspan_account *account, u64 bytes)
{
	u64 second;
	unsigned int i;

	age_gone(account);
	second = account->gone_second;
	for (i = 0; i < KSPAN_RETAKE_SLOTS && bytes; i++, second--) {
		u64 *gone = &account->gone_bytes[second % KSPAN_RETAKE_SLOTS];
		u64 retaken = min(*gone, bytes);

		*gone -= retaken;
		bytes -= retaken;
		account->retaken_bytes += retaken;
	}
}

static void trace_passed(const struct kspan_account *account, bool passed)
{
	trace_limit(account->heap_name, READ_ONCE(account->backing_bytes),
		    READ_ONCE(account->limit_bytes), passed);
}

/**
 * kspan_account_possible() - whether a heap could ever have an object so large
 * @account: the heap's account
 * @bytes: how large
 * @gfp: the caller's flags
 *
 * One above the limit only with __GFP_NOFAIL, and none above what vmalloc() gives.
 *
 * Return: false, which is counted if it is for the limit, for one that is not
 * worth a try.
 */
bool kspan_account_possible(struct kspan_account *account, size_t bytes,
			    gfp_t gfp)
{
	u64 limit_bytes = READ_ONCE(account->limit_bytes);

	if (bytes > INT_MAX)
		return false;
	if (!limit_bytes || bytes <= limit_bytes || gfp & __GFP_NOFAIL)
		return true;
	kspan_account_limit_hit(account, NULL);
	return false;
}

/**
 * kspan_account_reserve() - ask for room below the limit
 * @account: the heap's account
 * @bytes: what is about to be taken from the kernel
 * @force: take it over the limit if need be, which is counted
 *
 * Counts the bytes as taken, before they are, so that two growing CPUs cannot
 * pass the limit together. Then kspan_account_grown() says that they are, or
 * kspan_account_unreserve() that they are not.
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
		kspan_add_once(account->backing_bytes, bytes);
		kspan_add_once(account->grown_bytes, bytes);
	}
	spin_unlock_irqrestore(&account->lock, flags);
	if (passed)
		trace_passed(account, true);
	return room;
}

/**
 * kspan_account_grown() - the reserved bytes have been had
 * @account: the heap's account
 * @bytes: how many
 *
 * Context: Any but NMI.
 */
void kspan_account_grown(struct kspan_account *account, size_t bytes)
{
	unsigned long flags;

	spin_lock_irqsave(&account->lock, flags);
	count_retaken(account, bytes);
	if (account->soft_limit_bytes &&
	    account->backing_bytes > account->soft_limit_bytes)
		kspan_add_once(account->soft_limit_hits, 1);
	spin_unlock_irqrestore(&account->lock, flags);
}

/* The kernel did not have the reserved bytes. */
void kspan_account_unreserve(struct kspan_account *account, size_t bytes)
{
	unsigned long flags;

	spin_lock_irqsave(&account->lock, flags);
	kspan_sub_once(account->backing_bytes, bytes);
	kspan_sub_once(account->grown_bytes, bytes);
	spin_unlock_irqrestore(&account->lock, flags);
}

/**
 * kspan_account_release() - bytes have gone back to the kernel
 * @account: the heap's account
 * @bytes: how many
 * @reason: why
 */
void kspan_account_release(struct kspan_account *account, size_t bytes,
			   enum kspan_release_reason reason)
{
	unsigned long flags;

	spin_lock_irqsave(&account->lock, flags);
	kspan_sub_once(account->backing_bytes, bytes);
	kspan_add_once(account->released_bytes, bytes);
	account->released_by[reason] += bytes;
	age_gone(account);
	if (reason != KSPAN_RELEASED_FREED)
		account->gone_bytes[account->gone_second %
				    KSPAN_RETAKE_SLOTS] += bytes;
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
	trace_passed(account, false);
}
