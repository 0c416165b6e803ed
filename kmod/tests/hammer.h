/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hammer: threads on all CPUs that put objects into places all share, take
 * out what others have put there, look at its contents and free it.
 */
#ifndef _KSPAN_HAMMER_H
#define _KSPAN_HAMMER_H

#include <linux/spinlock.h>

#include "tests/kit.h"

enum {
	KIT_HAMMER_THREADS	= 3,
	KIT_HAMMER_PLACES	= 64,
};

/**
 * struct kit_place - where an object lies until somebody takes it
 * @p: the object
 * @size_bytes: as asked for
 * @tag: what it is filled with
 */
struct kit_place {
	void	*p;
	size_t	size_bytes;
	u32	tag;
};

/**
 * struct kit_hammer - threads at work
 * @heap: where
 * @tasks: the threads
 * @lock: guards @places
 * @places: what they exchange
 * @nops: objects allocated, and but for those in the places freed
 * @nfailed: allocations that failed
 * @nspoilt: objects whose contents were not as they had been left
 * @seed: of their random numbers
 */
struct kit_hammer {
	struct kspan_heap	*heap;
	struct task_struct	*tasks[KIT_HAMMER_THREADS];
	spinlock_t		lock; /* see above */
	struct kit_place	places[KIT_HAMMER_PLACES];
	atomic64_t		nops;
	atomic_t		nfailed;
	atomic_t		nspoilt;
	u32			seed;
};

/* Starts threads; for kit_hammer_stop(), which expects that all went well. */
struct kit_hammer *kit_hammer_start(struct kunit *test);
void kit_hammer_stop(struct kunit *test, struct kit_hammer *hammer);

#endif /* _KSPAN_HAMMER_H */
