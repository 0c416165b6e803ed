// SPDX-License-Identifier: GPL-2.0
/* Recorded events of all CPUs. */
#include <errno.h>
#include <stdlib.h>

#include "eventlog.h"

enum { FIRST_EVENTS = 1 << 14 };

struct cpu_events {
	struct memory_event *events;
	size_t nr_events;
	size_t capacity;
};

struct eventlog {
	unsigned int nr_cpus;
	struct cpu_events cpus[];
};

struct eventlog *eventlog_new(unsigned int nr_cpus)
{
	struct eventlog *log;

	log = calloc(1, sizeof(*log) + nr_cpus * sizeof(log->cpus[0]));
	if (log)
		log->nr_cpus = nr_cpus;
	return log;
}

void eventlog_free(struct eventlog *log)
{
	unsigned int i;

	if (!log)
		return;
	for (i = 0; i < log->nr_cpus; i++)
		free(log->cpus[i].events);
	free(log);
}

struct memory_event *eventlog_append(struct eventlog *log, unsigned int cpu)
{
	struct cpu_events *own = &log->cpus[cpu];
	size_t capacity = own->capacity ? own->capacity * 2 : FIRST_EVENTS;
	struct memory_event *events;

	if (own->nr_events == own->capacity) {
		events = realloc(own->events, capacity * sizeof(*events));
		if (!events)
			return NULL;
		own->events = events;
		own->capacity = capacity;
	}
	return &own->events[own->nr_events++];
}

/* The oldest event that no CPU has passed; NULL at the end. */
static const struct memory_event *take_oldest(const struct eventlog *log,
					      size_t *next)
{
	const struct memory_event *event, *oldest = NULL;
	unsigned int i, cpu = 0;

	for (i = 0; i < log->nr_cpus; i++) {
		if (next[i] == log->cpus[i].nr_events)
			continue;
		event = &log->cpus[i].events[next[i]];
		if (oldest && oldest->time_ns <= event->time_ns)
			continue;
		oldest = event;
		cpu = i;
	}
	if (oldest)
		next[cpu]++;
	return oldest;
}

int eventlog_for_each(const struct eventlog *log,
		      int (*fn)(const struct memory_event *event, void *arg),
		      void *arg)
{
	size_t *next = calloc(log->nr_cpus, sizeof(*next));
	const struct memory_event *event;
	int ret = 0;

	if (!next)
		return -ENOMEM;
	while (!ret) {
		event = take_oldest(log, next);
		if (!event)
			break;
		ret = fn(event, arg);
	}
	free(next);
	return ret;
}
