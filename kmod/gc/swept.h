/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What sweeps have found, and how far one has come.
 */
#ifndef _KSPAN_GC_SWEPT_H
#define _KSPAN_GC_SWEPT_H

#include <linux/atomic.h>
#include <linux/types.h>

/**
 * struct kspan_swept - what a sweep has found
 * @marked_bytes: live
 * @freed_bytes: dead
 * @freed_objects: how many of these
 */
struct kspan_swept {
	u64	marked_bytes;
	u64	freed_bytes;
	u64	freed_objects;
};

/**
 * struct kspan_sweep - how far a heap's sweep has come
 * @round: in which spans have been swept that need not be again
 * @helped: what who wants slots has found in this round
 * @helped_spans: spans that these have swept, in all rounds
 */
struct kspan_sweep {
	u8	round;
	struct {
		atomic64_t	marked_bytes;
		atomic64_t	freed_bytes;
		atomic64_t	freed_objects;
	} helped;
	atomic64_t	helped_spans;
};

#endif /* _KSPAN_GC_SWEPT_H */
