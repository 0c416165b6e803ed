/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The freed mark: the first word of every free slot, in a span or in a CPU
 * cache, is a secret of its heap mixed with the slot's address.
 *
 * A free that finds the mark is a second free. An allocation that does not find
 * it has met a write after free.
 *
 * Marks are for slots alone. They are taken off when a slot goes to a user, and
 * when a span's pages go to anybody else: nobody who may read memory of ours
 * sees one, as with the slot's address it would tell the secret.
 */
#ifndef _KSPAN_MARK_H
#define _KSPAN_MARK_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/random.h>
#include <linux/types.h>

/*
 * Kernel addresses have the uppermost bit set. Secrets do not, so that no mark
 * is zero or any small number.
 */
static inline u64 kspan_mark_new_secret(void)
{
	return get_random_u64() & ~BIT_ULL(63);
}

static __always_inline u64 kspan_mark(const void *slot, u64 secret)
{
	return (unsigned long)slot ^ secret;
}

static __always_inline bool kspan_mark_is(const void *slot, u64 mark)
{
	/* Others may write to an object that is not theirs: that is the point. */
	return data_race(*(const u64 *)slot) == mark;
}

static __always_inline bool kspan_mark_intact(const void *slot, u64 secret)
{
	return kspan_mark_is(slot, kspan_mark(slot, secret));
}

static __always_inline void kspan_mark_set(void *slot, u64 secret)
{
	WRITE_ONCE(*(u64 *)slot, kspan_mark(slot, secret));
}

/* Takes the mark off; false, and nothing done, if it was broken. */
static inline bool kspan_mark_take(void *slot, u64 secret)
{
	if (!kspan_mark_intact(slot, secret))
		return false;
	WRITE_ONCE(*(u64 *)slot, 0);
	return true;
}

/*
 * For the fast path: clears the mark to zero; false, and something else there,
 * if it was broken. Called once more it brings back what was there.
 */
#if defined(CONFIG_X86_64) && !defined(CONFIG_KASAN) && !defined(CONFIG_KCSAN)
static __always_inline bool kspan_mark_flip(void *slot, u64 secret)
{
	bool intact;

	/* Compilers load, compare and store instead. */
	asm("xorq %[mark], %[word]"
	    : [word] "+m" (*(u64 *)slot), "=@ccz" (intact)
	    : [mark] "r" (kspan_mark(slot, secret)));
	return intact;
}
#else
static __always_inline bool kspan_mark_flip(void *slot, u64 secret)
{
	/* CPUs without an array share a sentinel. */
	return !data_race(*(u64 *)slot ^= kspan_mark(slot, secret));
}
#endif

#endif /* _KSPAN_MARK_H */
