// SPDX-License-Identifier: GPL-2.0
#include <linux/printk.h>

#include "pages/backing.h"
#include "pages/pageheap.h"
#include "pages/poison.h"

/**
 * kspan_poison_retire() - put a run back of which some pages are poisoned
 * @ph: the page heap
 * @addr: the run, in use and not published
 * @npages: its heap pages
 *
 * The others are free again; these are the heap's and nobody's, until the heap
 * goes or their memory goes offline.
 *
 * Return: how many are poisoned.
 */
unsigned int kspan_poison_retire(struct kspan_pageheap *ph, unsigned long addr,
				 unsigned int npages)
{
	unsigned int npoisoned = 0;
	unsigned long end = addr + kspan_npages_bytes(npages);
	unsigned long flags;

	for (; addr < end; addr += KSPAN_PAGE_BYTES) {
		bool poisoned = kspan_poisoned(addr, KSPAN_PAGE_BYTES);

		spin_lock_irqsave(&ph->lock, flags);
		if (poisoned)
			kspan_pageheap_retire(ph, addr);
		else
			kspan_pageheap_free(ph, addr, 1);
		spin_unlock_irqrestore(&ph->lock, flags);
		if (!poisoned)
			continue;
		npoisoned++;
		pr_warn_ratelimited("kspan: page at physical address %#llx is poisoned, and put out of use\n",
				    (u64)__pa(addr));
	}
	return npoisoned;
}
