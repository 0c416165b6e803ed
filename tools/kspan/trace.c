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
	uint64_t allocated_bytes;
	uint64_t kmalloc_allocs;
	uint64_t kmalloc_requested_bytes;
	uint64_t kmalloc_allocated_bytes;
};

static void add_origin(const struct trace_origin *origin, uint32_t bytes,
		       struct totals *totals)
{
	totals->allocated_bytes += origin->slot_bytes;
	if (origin->kind != TRACE_KMALLOC)
		return;
	totals->kmalloc_allocs++;
	totals->kmalloc_requested_bytes += bytes;
	totals->kmalloc_allocated_bytes += origin->slot_bytes;
}

/* @sizes has the bytes of every slot; zero is not live. */
static const char *apply(const struct trace *trace, uint32_t i,
			 uint32_t *sizes, struct totals *totals)
{
	const struct kspan_trace_event *event = &trace->events[i];
	uint32_t bytes = KSPAN_TRACE_BYTES(event->what);
	const struct trace_origin *origin;
	uint32_t *slot;

	if (event->slot >= trace->header.nr_slots)
		return "a slot is out of range";
	if (trace->origin_of[i] >= trace->header.nr_origins)
		return "an origin is out of range";
	origin = &trace->origins[trace->origin_of[i]];
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
		if (bytes > (origin->object_bytes ? origin->object_bytes :
						    origin->slot_bytes))
			return "an object is larger than its slot";
		totals->allocs++;
		totals->live_objects++;
		totals->live_bytes += bytes;
		totals->requested_bytes += bytes;
		if (totals->live_bytes > totals->peak_bytes)
			totals->peak_bytes = totals->live_bytes;
		add_origin(origin, bytes, totals);
	}
	*slot = bytes;
	return NULL;
}

/* Ends within its array, and can be printed. */
static bool is_text(const char *text, size_t text_bytes)
{
	while (text_bytes-- && *text)
		if (!isprint((unsigned char)*text++))
			return false;
	return text_bytes != (size_t)-1;
}

/* A cache's objects fit into its slots, kmalloc()'s have no size of their own. */
static bool is_origin(const struct trace_origin *origin)
{
	return origin->kind < TRACE_NR_KINDS && origin->slot_bytes &&
	       origin->object_bytes <= origin->slot_bytes &&
	       !origin->object_bytes == (origin->kind == TRACE_KMALLOC) &&
	       is_text(origin->cache, sizeof(origin->cache)) &&
	       is_text(origin->caller, sizeof(origin->caller)) &&
	       is_text(origin->module, sizeof(origin->module)) &&
	       is_text(origin->process, sizeof(origin->process));
}

static const char *check_origins(const struct trace *trace)
{
	uint32_t i;

	for (i = 0; i < trace->header.nr_origins; i++)
		if (!is_origin(&trace->origins[i]))
			return "an origin is damaged";
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
	else
		*why = check_origins(trace);
	if (*why)
		return -EINVAL;

	sizes = calloc(header->nr_slots, sizeof(*sizes));
	if (!sizes)
		return -ENOMEM;
	for (i = 0; !*why && i < header->nr_events; i++) {
		*why = apply(trace, i, sizes, totals);
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
	header->allocated_bytes = totals.allocated_bytes;
	header->kmalloc_allocs = totals.kmalloc_allocs;
	header->kmalloc_requested_bytes = totals.kmalloc_requested_bytes;
	header->kmalloc_allocated_bytes = totals.kmalloc_allocated_bytes;
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
	       header->peak_bytes == totals->peak_bytes &&
	       header->allocated_bytes == totals->allocated_bytes &&
	       header->kmalloc_allocs == totals->kmalloc_allocs &&
	       header->kmalloc_requested_bytes ==
	       totals->kmalloc_requested_bytes &&
	       header->kmalloc_allocated_bytes ==
	       totals->kmalloc_allocated_bytes;
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
			  ((uint64_t)sizeof(struct kspan_trace_event) +
			   sizeof(uint32_t)) +
			  header->nr_origins *
			  (uint64_t)sizeof(struct trace_origin))
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

/* An array of @n, in memory of its own. */
static int read_array(int fd, void *array, uint32_t n, size_t element_bytes)
{
	size_t bytes = n * element_bytes;
	void *read_to = malloc(bytes ? bytes : 1);

	*(void **)array = read_to;
	return read_to ? read_all(fd, read_to, bytes) : -ENOMEM;
}

static int load(int fd, struct trace *trace, const char **why)
{
	struct trace_header *header = &trace->header;
	struct totals totals;
	struct stat st;
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
	err = read_array(fd, &trace->events, header->nr_events,
			 sizeof(*trace->events));
	if (!err)
		err = read_array(fd, &trace->origin_of, header->nr_events,
				 sizeof(*trace->origin_of));
	if (!err)
		err = read_array(fd, &trace->origins, header->nr_origins,
				 sizeof(*trace->origins));
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

static bool write_array(FILE *stream, const void *array, uint32_t n,
			size_t element_bytes)
{
	return fwrite(array, element_bytes, n, stream) == n;
}

int trace_write(FILE *stream, const struct trace *trace)
{
	const struct trace_header *header = &trace->header;

	if (!write_array(stream, header, 1, sizeof(*header)) ||
	    !write_array(stream, trace->events, header->nr_events,
			 sizeof(*trace->events)) ||
	    !write_array(stream, trace->origin_of, header->nr_events,
			 sizeof(*trace->origin_of)) ||
	    !write_array(stream, trace->origins, header->nr_origins,
			 sizeof(*trace->origins)))
		return -errno;
	return 0;
}

void trace_free(struct trace *trace)
{
	free(trace->events);
	free(trace->origin_of);
	free(trace->origins);
	trace->events = NULL;
	trace->origin_of = NULL;
	trace->origins = NULL;
}
