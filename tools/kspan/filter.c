// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"

/* A slot of the trace before, of an object that is left out. */
#define LEFT_OUT UINT32_MAX

bool filter_is_set(const struct trace_filter *filter)
{
	return filter->kinds || filter->caller || filter->module ||
	       filter->process || filter->min_bytes || filter->max_bytes;
}

static bool is_like(const char *text, const char *pattern)
{
	return !pattern || !fnmatch(pattern, text, 0);
}

static bool matches(const struct trace_filter *filter,
		    const struct trace_origin *origin)
{
	return (!filter->kinds || filter->kinds & 1u << origin->kind) &&
	       is_like(origin->caller, filter->caller) &&
	       is_like(origin->module, filter->module) &&
	       is_like(origin->process, filter->process);
}

static bool has_size(const struct trace_filter *filter, uint32_t bytes)
{
	return (!filter->min_bytes && !filter->max_bytes) ||
	       (bytes >= filter->min_bytes && bytes <= filter->max_bytes);
}

/*
 * @slot_of has for each slot of the trace before the one it is now, and @unused
 * those that are free again: new slots are no more than live objects were.
 */
struct filtering {
	bool *matches;			/* of each origin */
	uint32_t *slot_of;
	uint32_t *unused;
	uint32_t nr_unused;
	uint32_t nr_slots;
};

/* Whether the event stays; it then has its new slot. */
static bool keep(struct filtering *filtering, const struct trace_filter *filter,
		 struct kspan_trace_event *event, uint32_t origin)
{
	uint32_t *slot = &filtering->slot_of[event->slot];

	if (event->what & KSPAN_TRACE_FREE) {
		if (*slot == LEFT_OUT)
			return false;
		filtering->unused[filtering->nr_unused++] = *slot;
		event->slot = *slot;
		*slot = LEFT_OUT;
		return true;
	}
	if (!filtering->matches[origin] ||
	    !has_size(filter, KSPAN_TRACE_BYTES(event->what)))
		return false;
	*slot = filtering->nr_unused ?
		filtering->unused[--filtering->nr_unused] :
		filtering->nr_slots++;
	event->slot = *slot;
	return true;
}

static void keep_matching(struct filtering *filtering,
			  const struct trace_filter *filter,
			  struct trace *trace)
{
	struct trace_header *header = &trace->header;
	uint32_t i, kept = 0;

	for (i = 0; i < header->nr_slots; i++)
		filtering->slot_of[i] = LEFT_OUT;
	for (i = 0; i < header->nr_origins; i++)
		filtering->matches[i] = matches(filter, &trace->origins[i]);
	for (i = 0; i < header->nr_events; i++) {
		struct kspan_trace_event event = trace->events[i];

		if (!keep(filtering, filter, &event, trace->origin_of[i]))
			continue;
		trace->events[kept] = event;
		trace->origin_of[kept++] = trace->origin_of[i];
	}
	header->nr_events = kept;
	header->nr_slots = filtering->nr_slots;
}

int filter_apply(const struct trace_filter *filter, struct trace *trace)
{
	const struct trace_header *header = &trace->header;
	struct filtering filtering = {
		.matches = calloc(header->nr_origins, sizeof(bool)),
		.slot_of = calloc(header->nr_slots, sizeof(uint32_t)),
		.unused = calloc(header->nr_slots, sizeof(uint32_t)),
	};
	const char *why;
	int err = -ENOMEM;

	if (filtering.matches && filtering.slot_of && filtering.unused) {
		keep_matching(&filtering, filter, trace);
		err = header->nr_events ? trace_add_up(trace, &why) : -ENOENT;
	}
	free(filtering.matches);
	free(filtering.slot_of);
	free(filtering.unused);
	return err;
}
