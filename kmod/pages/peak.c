// SPDX-License-Identifier: GPL-2.0
#include <linux/minmax.h>

#include "base/work.h"
#include "pages/peak.h"

enum {
	/* So often at most is a heap looked at while it grows and grows, */
	LOOK_MSECS	= 20,
	/* and with such a part of a CPU: one in so many. */
	LOOK_SHARE	= 100,
};

void kspan_peak_init(struct kspan_peak *peak, work_func_t look)
{
	spin_lock_init(&peak->lock);
	INIT_DELAYED_WORK(&peak->look, look);
	peak->look_jiffies = msecs_to_jiffies(LOOK_MSECS);
}

/**
 * kspan_peak_note() - bytes at some moment
 * @peak: the heap's peak
 * @backing_bytes: what the heap has taken from the kernel
 * @live_bytes: what is live of it, or 0 if nobody has looked
 *
 * Context: Any but NMI.
 */
void kspan_peak_note(struct kspan_peak *peak, u64 backing_bytes, u64 live_bytes)
{
	unsigned long flags;

	spin_lock_irqsave(&peak->lock, flags);
	WRITE_ONCE(peak->backing_bytes, max(peak->backing_bytes, backing_bytes));
	WRITE_ONCE(peak->live_bytes, max(peak->live_bytes, live_bytes));
	spin_unlock_irqrestore(&peak->lock, flags);
}

/**
 * kspan_peak_grown() - a heap has taken memory from the kernel
 * @peak: the heap's peak
 * @backing_bytes: what it has now
 *
 * Context: Any but NMI.
 */
void kspan_peak_grown(struct kspan_peak *peak, u64 backing_bytes)
{
	kspan_peak_note(peak, backing_bytes, 0);
	queue_delayed_work(kspan_wq, &peak->look,
			   READ_ONCE(peak->look_jiffies));
}

/**
 * kspan_peak_looked() - the work item has looked at what is live
 * @peak: the heap's peak
 * @took_ns: how long that took, which is what the next one waits for
 */
void kspan_peak_looked(struct kspan_peak *peak, u64 took_ns)
{
	WRITE_ONCE(peak->look_jiffies,
		   max(msecs_to_jiffies(LOOK_MSECS),
		       nsecs_to_jiffies(took_ns * LOOK_SHARE)));
}
