/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mistakes: what can be wrong with a pointer or an object.
 */
#ifndef _KSPAN_MISTAKE_H
#define _KSPAN_MISTAKE_H

enum kspan_mistake {
	KSPAN_MISTAKE_NONE,
	KSPAN_MISTAKE_FOREIGN,		/* never was a heap's */
	KSPAN_MISTAKE_FREE_PAGE,	/* a heap's page, in no span */
	KSPAN_MISTAKE_RELEASED,		/* the page has gone back */
	KSPAN_MISTAKE_INTERIOR,		/* inside a slot */
	KSPAN_MISTAKE_TAIL,		/* behind the last slot */
	KSPAN_MISTAKE_DOUBLE_FREE,	/* a slot that is free */
	KSPAN_MISTAKE_LATE_DOUBLE_FREE,	/* likewise, seen at the flush */
	KSPAN_MISTAKE_WRITE_AFTER_FREE,	/* broken mark, seen at allocation */
	KSPAN_MISTAKE_WRONG_SIZE,	/* kspan_free_sized() with another size */
	KSPAN_MISTAKE_WRONG_CACHE,	/* freed to a cache that it is not of */
	KSPAN_MISTAKE_STRAY_FREE,	/* kfree() of an object */
	KSPAN_MISTAKE_MEMBER,		/* resizing what lies in a stack or region */
	KSPAN_MISTAKE_RELEASED_WRITE,	/* released memory of one was written to */
	KSPAN_MISTAKE_OVERRUN,		/* a guard of one was written to */
	KSPAN_MISTAKE_PINNED,		/* an object that is pinned is freed */
	KSPAN_MISTAKE_COLLECTED,	/* likewise after a grace period, and collected */
	KSPAN_MISTAKE_PUT_TWICE,	/* a stack that is nobody's */
};

#endif /* _KSPAN_MISTAKE_H */
