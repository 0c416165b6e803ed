/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Poisoned pages: memory whose hardware has failed, as the kernel has marked it
 * in struct page. A page that is in use cannot be taken from its user; but when
 * a heap would hand it out again, or give it back, it is retired instead.
 */
#ifndef _KSPAN_POISON_H
#define _KSPAN_POISON_H

#include <linux/mm.h>

#include "base/sizeclass.h"

/* Is one of the kernel's pages poisoned? */
static inline bool kspan_poisoned(unsigned long addr, size_t size_bytes)
{
#ifdef CONFIG_MEMORY_FAILURE
	const struct page *page = virt_to_page((void *)addr);
	const struct page *end = page + size_bytes / PAGE_SIZE;

	for (; page < end; page++) {
		if (unlikely(PageHWPoison((struct page *)page)))
			return true;
	}
#endif
	return false;
}

#endif /* _KSPAN_POISON_H */
