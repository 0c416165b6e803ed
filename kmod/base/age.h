/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ages: how long a page has been free, or in its span.
 *
 * A moment is 32 bits, coarse (64 to 107 ms, as HZ is) and cheap: a load and a
 * shift. It tells ages of up to 4 years. Only slow paths note one, where a page
 * changes hands: in the tag of a page that becomes free (arena.h), and in a span
 * that is published.
 */
#ifndef _KSPAN_AGE_H
#define _KSPAN_AGE_H

#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/types.h>

enum {
	/* A power of two, so that a division is a shift. */
	KSPAN_AGE_JIFFIES = 1 << ilog2(HZ / 8),
	/* See kspan_age_seconds. */
	KSPAN_NR_AGES	  = 7,
};

/* From how many seconds on something is in a row of the table of ages. */
extern const u32 kspan_age_seconds[KSPAN_NR_AGES];

static inline u32 kspan_moment(void)
{
	return get_jiffies_64() / KSPAN_AGE_JIFFIES;
}

unsigned int kspan_age_row(u32 since, u32 now);

#endif /* _KSPAN_AGE_H */
