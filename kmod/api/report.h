/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reports: what is said of a wrong pointer or a broken mark.
 */
#ifndef _KSPAN_REPORT_H
#define _KSPAN_REPORT_H

#include <linux/types.h>

#include "base/mistake.h"

struct kspan_store;

/**
 * struct kspan_report - the last report, for tests
 * @mistake: what was wrong
 * @addr: the pointer
 * @object: start of the object near it, or 0
 * @total: reports so far
 */
struct kspan_report {
	enum kspan_mistake	mistake;
	unsigned long		addr;
	unsigned long		object;
	unsigned long		total;
};

extern struct kspan_report kspan_last_report;

void kspan_report_bad_free(const void *p, const char *caller);
void kspan_report_late_double_free(struct kspan_store *store, const void *slot,
				   unsigned int nslots);
void kspan_report_broken_mark(struct kspan_store *store, const void *slot);
void kspan_report_wrong_size(const void *p, size_t said_bytes,
			     size_t size_bytes);

#endif /* _KSPAN_REPORT_H */
