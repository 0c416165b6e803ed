/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reach: what can be reached of a census, from where a heap's users say that pointers
 * lie, and from object to object.
 *
 * Everything is read word by word: any word may be a pointer, also to the middle of an
 * object. The users of the heap do not stop meanwhile, and do not tell. So objects that
 * have come since are read as well; and where something has come or gone, all that was
 * reached is read again, a few times, until that leads to nothing new.
 *
 * What stays where it is, and whose pointers stay, is always found.
 */
#ifndef _KSPAN_REACH_H
#define _KSPAN_REACH_H

#include <linux/types.h>

struct kspan_census;
struct kspan_census_span;
struct kspan_scan_params;

enum {
	/* Words that are read in one go. */
	KSPAN_REACH_WORDS	= 64,
	/* Objects that wait to be looked into; beyond that they are looked for. */
	KSPAN_REACH_STACK	= 4096,
};

/**
 * struct kspan_reach_stack - an object to look into
 * @span: its span
 * @index: its slot
 */
struct kspan_reach_stack {
	struct kspan_census_span	*span;
	unsigned int			index;
};

/**
 * struct kspan_reach - who looks
 * @census: at what
 * @params: how
 * @stack: objects to look into
 * @nr: how many
 * @lost: more of them had no room, and are marked as due
 * @changed: something has come or gone meanwhile
 * @nreached: objects that were reached
 * @visits: for a rest now and then
 * @words: what was read last
 */
struct kspan_reach {
	struct kspan_census		*census;
	const struct kspan_scan_params	*params;
	struct kspan_reach_stack	*stack;
	unsigned int			nr;
	bool				lost;
	bool				changed;
	u64				nreached;
	unsigned int			visits;
	unsigned long			words[KSPAN_REACH_WORDS];
};

int kspan_reach_all(struct kspan_census *census,
		    const struct kspan_scan_params *params);
size_t kspan_reach_peek(const struct kspan_census *census,
			const struct kspan_census_span *span,
			unsigned long addr, unsigned long end,
			unsigned long words[KSPAN_REACH_WORDS]);

#endif /* _KSPAN_REACH_H */
