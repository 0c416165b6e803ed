/* SPDX-License-Identifier: GPL-2.0 */
/* A part of a trace: what some callers, processes or sizes had. */
#ifndef KSPAN_FILTER_H
#define KSPAN_FILTER_H

#include <stdbool.h>

#include "trace.h"

struct trace_filter {
	unsigned int kinds;		/* a bit for each enum trace_kind; 0: all */
	const char *caller;		/* patterns as a shell's; NULL: all */
	const char *module;
	const char *process;
	uint64_t min_bytes;		/* of requests; 0 and 0: all */
	uint64_t max_bytes;
};

bool filter_is_set(const struct trace_filter *filter);

/*
 * Leaves of @trace what matches, and adds it up. -ENOENT: nothing does; -ENOMEM.
 * The trace is then not to be used.
 */
int filter_apply(const struct trace_filter *filter, struct trace *trace);

#endif /* KSPAN_FILTER_H */
