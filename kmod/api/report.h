/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reports: what is said of a wrong pointer or a broken mark.
 */
#ifndef _KSPAN_REPORT_H
#define _KSPAN_REPORT_H

#include <linux/kspan.h>
#include <linux/types.h>

#include "base/mistake.h"

struct kspan_span;
struct kspan_store;

/**
 * struct kspan_report - the last report, for tests
 * @mistake: what was wrong
 * @addr: the pointer
 * @object: start of the object near it, or 0
 * @caller: who has called kspan, or 0
 * @heap_name: whose it is or was; empty if unknown
 * @class: the size class of the span it is in, or 0
 * @cache_name: the typed cache of the span it is in; empty if there is none
 * @freed_to: the typed cache that it was freed to; likewise
 * @what: the mistake in words
 * @hint: what may have led to it
 * @total: reports so far
 */
struct kspan_report {
	enum kspan_mistake	mistake;
	unsigned long		addr;
	unsigned long		object;
	unsigned long		caller;
	char			heap_name[KSPAN_NAME_BYTES];
	unsigned int		class;
	char			cache_name[KSPAN_NAME_BYTES];
	char			freed_to[KSPAN_NAME_BYTES];
	char			what[64];
	const char		*hint;
	unsigned long		total;
};

extern struct kspan_report kspan_last_report;

void kspan_report_bad_free(const void *p, const char *function);
void kspan_report_bad_cache_free(struct kspan_store *store, const void *p);
void kspan_report_late_double_free(struct kspan_store *store, const void *slot,
				   unsigned int nslots);
void kspan_report_broken_mark(struct kspan_store *store, const void *slot);
void kspan_report_wrong_size(const void *p, size_t said_bytes,
			     size_t size_bytes);
void kspan_report_member(const void *p, enum kspan_mistake mistake,
			 const char *function);
void kspan_report_collected(const void *p, enum kspan_mistake mistake,
			    const char *function);
void kspan_report_stray_free(const struct kspan_span *span, unsigned long page);

#endif /* _KSPAN_REPORT_H */
