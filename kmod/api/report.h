/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reports: what is said of a wrong pointer or a broken mark.
 */
#ifndef _KSPAN_REPORT_H
#define _KSPAN_REPORT_H

#include <linux/types.h>

struct kspan_heap;
struct kspan_store;

/* What is wrong with a pointer that was to be freed. */
enum kspan_mistake {
	KSPAN_MISTAKE_NONE,
	KSPAN_MISTAKE_FOREIGN,		/* never was a heap's */
	KSPAN_MISTAKE_FREE_PAGE,	/* a heap's page, in no span */
	KSPAN_MISTAKE_RELEASED,		/* the page has gone back */
	KSPAN_MISTAKE_INTERIOR,		/* inside a slot */
	KSPAN_MISTAKE_TAIL,		/* behind the last slot */
	KSPAN_MISTAKE_DOUBLE_FREE,	/* a slot that is free */
	KSPAN_MISTAKE_LATE_DOUBLE_FREE,	/* likewise, seen at the flush */
	KSPAN_MISTAKE_WRITE_AFTER_FREE,	/* broken mark, seen at allocation */
	KSPAN_MISTAKE_WRONG_SIZE,	/* kspan_free_sized() with another size */
};

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
