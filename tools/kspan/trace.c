// SPDX-License-Identifier: GPL-2.0
/* The file of a trace. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace.h"

struct totals {
	uint64_t allocs;
	uint64_t frees;
	uint64_t requested_bytes;
	uint64_t live_objects;
	uint64_t live_bytes;
	uint64_t peak_bytes;
};

/* @sizes has the bytes of every slot; zero is not live. */
static const char *apply(const struct kspan_trace_event *event,
			 uint32_t nr_slots, uint32_t *sizes,
			 struct totals *totals)
{
	uint32_t bytes = KSPAN_TRACE_BYTES(event->what);
	uint32_t *slot;

	if (event->slot >= nr_slots)
		return "a slot is out of range";
	slot = &sizes[event->slot];
	if (event->what & KSPAN_TRACE_FREE) {
		if (bytes)
			return "a free has a size";
		if (!*slot)
			return "a slot is freed that is not live";
		totals->frees++;
		totals->live_objects--;
		totals->live_bytes -= *slot;
	} else {
		if (!bytes)
			return "an object has no bytes";
		if (*slot)
			return "a slot is allocated that is live";
		totals->allocs++;
		totals->live_objects++;
		totals->live_bytes += bytes;
		totals->requested_bytes += bytes;
		if (totals->live_bytes > totals->peak_bytes)
			totals->peak_bytes = totals->live_bytes;
	}
	*slot = bytes;
	return NULL;
}

static int add_up(const struct trace *trace, struct totals *totals,
		  const char **why)
{
	const struct trace_header *header = &trace->header;
	uint32_t *sizes, i;

	memset(totals, 0, sizeof(*totals));
	*why = NULL;
	if (!header->nr_events)
		*why = "there are no events";
	else if (header->nr_events > KSPAN_TRACE_MAX_EVENTS)
		*why = "there are too many events";
	else if (!header->nr_slots || header->nr_slots > header->nr_events)
		*why = "the number of slots cannot be";
	else if (!header->nr_cpus || header->nr_cpus > KSPAN_TRACE_NR_CPUS)
		*why = "the number of CPUs cannot be";
	if (*why)
		return -EINVAL;

	sizes = calloc(header->nr_slots, sizeof(*sizes));
	if (!sizes)
		return -ENOMEM;
	for (i = 0; !*why && i < header->nr_events; i++) {
		*why = apply(&trace->events[i], header->nr_slots, sizes,
			     totals);
		if (KSPAN_TRACE_CPU(trace->events[i].what) >= header->nr_cpus)
			*why = "a CPU is out of range";
	}
	free(sizes);
	return *why ? -EINVAL : 0;
}

int trace_add_up(struct trace *trace, const char **why)
{
	struct trace_header *header = &trace->header;
	struct totals totals;
	int err = add_up(trace, &totals, why);

	if (err)
		return err;
	header->allocs = totals.allocs;
	header->frees = totals.frees;
	header->requested_bytes = totals.requested_bytes;
	header->live_objects = totals.live_objects;
	header->live_bytes = totals.live_bytes;
	header->peak_bytes = totals.peak_bytes;
	return 0;
}

static bool agrees(const struct trace_header *header,
		   const struct totals *totals)
{
	return header->allocs == totals->allocs &&
	       header->frees == totals->frees &&
	       header->requested_bytes == totals->requested_bytes &&
	       header->live_objects == totals->live_objects &&
	       header->live_bytes == totals->live_bytes &&
	       header->peak_bytes == totals->peak_bytes;
}

/* Ends within its array, and can be printed. */
static bool is_text(const char *text, size_t text_bytes)
{
	while (text_bytes-- && *text)
		if (!isprint((unsigned char)*text++))
			return false;
	return text_bytes != (size_t)-1;
}

static const char *check_header(const struct trace_header *header,
				uint64_t file_bytes)
{
	if (memcmp(header->magic, TRACE_MAGIC, sizeof(header->magic)))
		return "not a trace";
	if (header->version != TRACE_VERSION ||
	    header->header_bytes != sizeof(*header))
		return "a trace of another version or byte order";
	if (file_bytes != sizeof(*header) + header->nr_events *
			  (uint64_t)sizeof(struct kspan_trace_event))
		return "the file is cut short, or too long";
	if (header->init_on_alloc >= TRACE_NR_INITS ||
	    !is_text(header->kernel, sizeof(header->kernel)) ||
	    !is_text(header->command, sizeof(header->command)))
		return "the header is damaged";
	return NULL;
}

/* -ENODATA if the file ends before. */
static int read_all(int fd, void *buffer, size_t bytes)
{
	ssize_t n;

	while (bytes) {
		n = read(fd, buffer, bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENODATA;
		buffer = (char *)buffer + n;
		bytes -= n;
	}
	return 0;
}

static int load(int fd, struct trace *trace, const char **why)
{
	struct trace_header *header = &trace->header;
	struct totals totals;
	struct stat st;
	size_t bytes;
	int err;

	if (fstat(fd, &st))
		return -errno;
	*why = "too short for a trace";
	err = read_all(fd, header, sizeof(*header));
	if (err)
		return err == -ENODATA ? -EINVAL : err;
	*why = check_header(header, st.st_size);
	if (*why)
		return -EINVAL;
	bytes = header->nr_events * sizeof(*trace->events);
	trace->events = malloc(bytes ? bytes : 1);
	if (!trace->events)
		return -ENOMEM;
	err = read_all(fd, trace->events, bytes);
	if (err)
		return err;
	err = add_up(trace, &totals, why);
	if (!err && !agrees(header, &totals)) {
		*why = "header and events do not agree";
		err = -EINVAL;
	}
	return err;
}

int trace_load(const char *path, struct trace *trace, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	*trace = (struct trace) { 0 };
	if (fd < 0)
		return -errno;
	err = load(fd, trace, why);
	close(fd);
	if (err)
		trace_free(trace);
	return err;
}

int trace_write(FILE *stream, const struct trace *trace)
{
	if (fwrite(&trace->header, sizeof(trace->header), 1, stream) != 1 ||
	    fwrite(trace->events, sizeof(*trace->events),
		   trace->header.nr_events, stream) != trace->header.nr_events)
		return -errno;
	return 0;
}

void trace_free(struct trace *trace)
{
	free(trace->events);
	trace->events = NULL;
}
