/* SPDX-License-Identifier: GPL-2.0 */
/* What people and scripts read of a trace. */
#ifndef KSPAN_TRACEREPORT_H
#define KSPAN_TRACEREPORT_H

#include "json.h"
#include "trace.h"

/* @allocated_bytes beyond @requested_bytes, in percent of these. */
double waste(int64_t allocated_bytes, uint64_t requested_bytes);

/* How many events of what sizes, and what is missing. */
void trace_print(const char *path, const struct trace *trace);

struct json_object *trace_json(const char *path,
			       const struct trace_header *header);

#endif /* KSPAN_TRACEREPORT_H */
