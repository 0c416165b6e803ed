/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Leaks: live objects of an ordinary heap to which nothing leads any more.
 *
 * Nobody knows where the users of such a heap have their pointers. So they say where:
 * roots, which are read word by word, as all objects are that these lead to. What is
 * not found from there, twice, is told. See Documentation/leaks.rst.
 */
#ifndef _LINUX_KSPAN_LEAKS_H
#define _LINUX_KSPAN_LEAKS_H

#include <linux/kspan.h>
#include <linux/types.h>

/**
 * struct kspan_scan_range - words that may lead to objects, for one scan
 * @start: the first
 * @size_bytes: how far they reach
 */
struct kspan_scan_range {
	const void	*start;
	size_t		size_bytes;
};

/**
 * struct kspan_scan_params - how kspan_heap_unreachable() is to look
 * @roots: KSPAN_SCAN_*: where pointers may lie besides
 * @interval_ms: time between the first look and the second; 0 is one second
 * @ranges: more such memory, which is there until the call returns
 * @nr_ranges: how many of them
 */
struct kspan_scan_params {
	unsigned int			roots;
	unsigned int			interval_ms;
	const struct kspan_scan_range	*ranges;
	size_t				nr_ranges;
};

/**
 * struct kspan_unreachable - an object that nothing leads to
 * @start: its first byte; somebody may free it by now
 * @size_bytes: its slot, or its pages
 * @sizeclass: 0 is a large object; see struct kspan_class_entry
 * @led: another such object leads to it
 * @age_least_ms: it has been live and out of reach for so long
 * @age_most_ms: it was allocated no longer ago; KSPAN_AGE_UNKNOWN if that is not known
 */
struct kspan_unreachable {
	const void	*start;
	size_t		size_bytes;
	unsigned int	sizeclass;
	bool		led;
	u64		age_least_ms;
	u64		age_most_ms;
};

typedef int (*kspan_unreachable_fn)(const struct kspan_unreachable *obj,
				    void *arg);

int kspan_heap_root_add(struct kspan_heap *heap, const void *start,
			size_t size_bytes);
void kspan_heap_root_remove(struct kspan_heap *heap, const void *start);
long kspan_heap_unreachable(struct kspan_heap *heap,
			    const struct kspan_scan_params *params,
			    kspan_unreachable_fn fn, void *arg);

#endif /* _LINUX_KSPAN_LEAKS_H */
