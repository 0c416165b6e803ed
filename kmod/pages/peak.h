/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Peak: the most that a heap has held, and the most that was live in it.
 *
 * The first is noted whenever the heap grows. The second would cost every
 * allocation something; so it is looked at a moment after the heap has grown,
 * before it is scavenged, and when somebody asks.
 */
#ifndef _KSPAN_PEAK_H
#define _KSPAN_PEAK_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

/**
 * struct kspan_peak - greatest numbers of bytes in a heap's life
 * @lock: see there
 * @backing_bytes: taken from the kernel
 * @live_bytes: live, of all times that it was looked at
 * @look: looks at what is live
 * @look_jiffies: how long after a growth
 */
struct kspan_peak {
	/* Guards the bytes. */
	spinlock_t		lock;
	u64			backing_bytes;
	u64			live_bytes;
	struct delayed_work	look;
	unsigned long		look_jiffies;
};

void kspan_peak_init(struct kspan_peak *peak, work_func_t look);
void kspan_peak_grown(struct kspan_peak *peak, u64 backing_bytes);
void kspan_peak_looked(struct kspan_peak *peak, u64 took_ns);
void kspan_peak_note(struct kspan_peak *peak, u64 backing_bytes,
		     u64 live_bytes);

#endif /* _KSPAN_PEAK_H */
