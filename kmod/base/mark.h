/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The freed mark: the first word of every free slot, in a span or in a CPU
 * cache, is a secret mixed with the slot's address.
 *
 * A free that finds the mark is a second free. An allocation that does not find
 * it has met a write after free.
 */
#ifndef _KSPAN_MARK_H
#define _KSPAN_MARK_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* Drawn when the module is loaded. */
extern u64 kspan_secret;

void kspan_mark_init(void);

static __always_inline u64 kspan_mark(const void *slot)
{
	return (unsigned long)slot ^ kspan_secret;
}

static __always_inline bool kspan_mark_intact(const void *slot)
{
	/* Others may write to an object that is not theirs: that is the point. */
	return data_race(*(const u64 *)slot) == kspan_mark(slot);
}

static __always_inline void kspan_mark_set(void *slot)
{
	WRITE_ONCE(*(u64 *)slot, kspan_mark(slot));
}

/* Of several that mark a slot at a time one is told true, if it was live. */
static inline bool kspan_mark_claim(void *slot)
{
	u64 mark = kspan_mark(slot);

	return xchg((u64 *)slot, mark) != mark;
}

/*
 * Clears the mark to zero; false, and something else there, if it was broken.
 * Called once more it brings back what was there.
 */
#if defined(CONFIG_X86_64) && !defined(CONFIG_KASAN) && !defined(CONFIG_KCSAN)
static __always_inline bool kspan_mark_clear(void *slot)
{
	bool intact;

	/* Compilers load, compare and store instead. */
	asm("xorq %[mark], %[word]"
	    : [word] "+m" (*(u64 *)slot), "=@ccz" (intact)
	    : [mark] "r" (kspan_mark(slot)));
	return intact;
}
#else
static __always_inline bool kspan_mark_clear(void *slot)
{
	return !(*(u64 *)slot ^= kspan_mark(slot));
}
#endif

#endif /* _KSPAN_MARK_H */
