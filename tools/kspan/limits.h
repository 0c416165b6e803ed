/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules on limits and nodes, in words. The kernel checks them and says
 * EINVAL; these say which of them it was.
 */
#ifndef KSPAN_LIMITS_H
#define KSPAN_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct heap_limits {
	uint64_t limit_bytes;		/* 0: none, as of the soft limit */
	uint64_t soft_limit_bytes;
	uint64_t reserve_bytes;
};

/*
 * Prints what is wrong with limits as they would be after @action ("limit") on
 * @heap; false and nothing printed if nothing is.
 */
bool explain_limits(int fd, const char *action, const char *heap,
		    const struct heap_limits *limits);

/* The same of a node that memory is to come from. */
bool explain_node(const char *action, const char *heap, int node);

#endif /* KSPAN_LIMITS_H */
