/* SPDX-License-Identifier: GPL-2.0 */
/* Recorded events of all CPUs: kept as they come, read in order of time. */
#ifndef KSPAN_EVENTLOG_H
#define KSPAN_EVENTLOG_H

#include "slots.h"

struct eventlog;

/* NULL without memory. */
struct eventlog *eventlog_new(unsigned int nr_cpus);
void eventlog_free(struct eventlog *log);

/*
 * Room for one more event of @cpu, not older than that before. NULL without
 * memory.
 */
struct memory_event *eventlog_append(struct eventlog *log, unsigned int cpu);

/*
 * The events of all CPUs, oldest first. Stops at the first return that is not
 * zero and returns it.
 */
int eventlog_for_each(const struct eventlog *log,
		      int (*fn)(const struct memory_event *event, void *arg),
		      void *arg);

#endif /* KSPAN_EVENTLOG_H */
