/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a cycle tells of itself: a line in the kernel log, and tracepoints.
 */
#ifndef _KSPAN_GC_TELL_H
#define _KSPAN_GC_TELL_H

#include <linux/types.h>

struct kspan_gc;
struct kspan_swept;

/**
 * struct kspan_gc_tale - a cycle
 * @begun_ns: when it began
 * @snapshot_ns: when the grace periods before marking were over
 * @marked_ns: when all was marked
 * @swept_ns: when it was complete
 * @live_bytes: at its beginning
 * @cpu_ns: what the collector and mutators for it had taken of CPU time before it, and
 *	then since
 * @forced: somebody has asked for it
 */
struct kspan_gc_tale {
	u64	begun_ns;
	u64	snapshot_ns;
	u64	marked_ns;
	u64	swept_ns;
	u64	live_bytes;
	u64	cpu_ns;
	bool	forced;
};

void kspan_gc_tell_begin(struct kspan_gc *gc, const struct kspan_gc_tale *tale);
void kspan_gc_tell_end(struct kspan_gc *gc, const struct kspan_gc_tale *tale,
		       const struct kspan_swept *swept);

#endif /* _KSPAN_GC_TELL_H */
