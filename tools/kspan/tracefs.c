// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's tracing. Events are read in the binary form in which they lie in
 * the kernel's buffer; as text they would come at a tenth of the rate, and with
 * their addresses hashed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"
#include "ring.h"
#include "tool.h"
#include "symbols.h"
#include "tracefs.h"

enum {
	PATH_BYTES	= 160,
	/* So that a busy CPU does not keep the others waiting. */
	PAGES_PER_TURN	= 64,
	/* Names of processes that the kernel is to keep, at least. */
	CMDLINES	= 8192,
};

/* Where one of the kernel's events has what is wanted of it. */
struct event_format {
	const char *name;
	enum memory_event_kind kind;
	unsigned int id;
	struct ring_field type;
	struct ring_field pid;
	struct ring_field call_site;
	struct ring_field address;
	struct ring_field cache;	/* no bytes: it has none */
	struct ring_field requested_bytes;
	struct ring_field allocated_bytes;
};

static const struct event_format known_events[] = {
	{ .name = "kmalloc", .kind = MEMORY_KMALLOC },
	{ .name = "kmem_cache_alloc", .kind = MEMORY_CACHE_ALLOC },
	{ .name = "kfree", .kind = MEMORY_FREE },
	{ .name = "kmem_cache_free", .kind = MEMORY_FREE },
};

#define NR_FORMATS (sizeof(known_events) / sizeof(known_events[0]))

struct tracefs {
	const char *top;
	char instance[PATH_BYTES / 2];
	bool made;			/* @instance is ours to remove */
	struct event_format formats[NR_FORMATS];
	struct ring_layout layout;
	void *page;
	size_t page_bytes;
	struct names *caches;
	unsigned int cmdlines;		/* how many were kept before; 0: as ever */
	int *pipes;			/* of CPUs; -1: there is none */
	unsigned int nr_cpus;
};

/* ---- files ----------------------------------------------------------------- */

/* The errno of a CPU that is not there. */
static bool is_absent(int err)
{
	return err == ENOENT || err == ENODEV || err == ENXIO;
}

static int __attribute__((format(printf, 3, 4)))
open_file(const char *dir, int flags, const char *format, ...)
{
	char path[PATH_BYTES];
	va_list args;
	int fd, dir_bytes;

	dir_bytes = snprintf(path, sizeof(path), "%s/", dir);
	va_start(args, format);
	vsnprintf(path + dir_bytes, sizeof(path) - dir_bytes, format, args);
	va_end(args);
	fd = open(path, flags | O_CLOEXEC);
	if (fd >= 0 || (is_absent(errno) && flags & O_NONBLOCK))
		return fd < 0 ? -errno : fd;
	fd = -errno;
	tool_error("cannot open %s: %s", path, strerror(-fd));
	return fd;
}

static int write_file(const char *dir, const char *name, const char *text)
{
	int fd = open_file(dir, O_WRONLY, "%s", name);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = write(fd, text, strlen(text));
	if (n < 0) {
		n = -errno;
		tool_error("cannot write %s to %s/%s: %s", text, dir, name,
			   strerror(errno));
	}
	close(fd);
	return n < 0 ? n : 0;
}

/* The whole of a small file, NUL-terminated. */
static int read_file(int fd, char *text, size_t text_bytes)
{
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	while (used < text_bytes - 1) {
		n = read(fd, text + used, text_bytes - 1 - used);
		if (n <= 0)
			break;
		used += n;
	}
	text[used] = '\0';
	close(fd);
	return 0;
}

/* ---- formats --------------------------------------------------------------- */

static int bad_format(const char *name)
{
	tool_error("this kernel's format of %s is not known", name);
	return -EPROTO;
}

static int learn_event(struct tracefs *tracefs, struct event_format *format)
{
	char text[16384];
	int err;

	err = read_file(open_file(tracefs->instance, O_RDONLY,
				  "events/kmem/%s/format", format->name),
			text, sizeof(text));
	if (err)
		return err;
	if (!ring_find_id(text, &format->id) ||
	    !ring_find_field(text, "common_type", &format->type) ||
	    !ring_find_field(text, "common_pid", &format->pid) ||
	    !ring_find_field(text, "call_site", &format->call_site) ||
	    !ring_find_field(text, "ptr", &format->address))
		return bad_format(format->name);
	if (!ring_find_field(text, "name", &format->cache))
		format->cache = (struct ring_field) { 0 };
	if (format->kind != MEMORY_FREE &&
	    (!ring_find_field(text, "bytes_req", &format->requested_bytes) ||
	     !ring_find_field(text, "bytes_alloc", &format->allocated_bytes)))
		return bad_format(format->name);
	return 0;
}

static int learn_formats(struct tracefs *tracefs)
{
	char text[4096];
	size_t i;
	int err;

	err = read_file(open_file(tracefs->top, O_RDONLY, "events/header_page"),
			text, sizeof(text));
	if (err)
		return err;
	if (!ring_find_layout(text, &tracefs->layout))
		return bad_format("header_page");
	err = read_file(open_file(tracefs->top, O_RDONLY,
				  "events/header_event"), text, sizeof(text));
	if (err)
		return err;
	if (!ring_knows_events(text))
		return bad_format("header_event");

	memcpy(tracefs->formats, known_events, sizeof(known_events));
	for (i = 0; !err && i < NR_FORMATS; i++)
		err = learn_event(tracefs, &tracefs->formats[i]);
	return err;
}

/* ---- the instance ---------------------------------------------------------- */

int tracefs_start(const struct tracefs *tracefs)
{
	return write_file(tracefs->instance, "tracing_on", "1");
}

int tracefs_stop(const struct tracefs *tracefs)
{
	return write_file(tracefs->instance, "tracing_on", "0");
}

unsigned int tracefs_nr_cpus(const struct tracefs *tracefs)
{
	return tracefs->nr_cpus;
}

static int find_top(struct tracefs *tracefs)
{
	static const char *const places[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
	};
	size_t i;
	int err;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		tracefs->top = places[i];
		snprintf(tracefs->instance, sizeof(tracefs->instance),
			 "%s/instances", places[i]);
		if (!access(tracefs->instance, F_OK))
			return 0;
	}
	err = errno == EACCES ? -EACCES : -ENOENT;
	if (err == -EACCES)
		tool_error("%s: %s", places[0], strerror(EACCES));
	else
		tool_error("tracefs is not mounted on %s", places[0]);
	return err;
}

static int make_directory(const char *path)
{
	if (!mkdir(path, 0700))
		return 0;
	/* One that a killed recorder left is in nobody's use. */
	if (errno == EEXIST && !rmdir(path) && !mkdir(path, 0700))
		return 0;
	return -errno;
}

static int make_instance(struct tracefs *tracefs)
{
	int err;

	strcat(tracefs->instance, "/kspan_record");
	err = make_directory(tracefs->instance);
	if (err == -EBUSY)
		tool_error("another kspan record is running");
	else if (err)
		tool_error("cannot make %s: %s", tracefs->instance,
			   strerror(-err));
	tracefs->made = !err;
	return err;
}

static int set_up_instance(const struct tracefs *tracefs,
			   unsigned int buffer_kb)
{
	char text[16];
	size_t i;
	int err;

	snprintf(text, sizeof(text), "%u", buffer_kb);
	err = tracefs_stop(tracefs);
	if (!err)
		err = write_file(tracefs->instance, "buffer_size_kb", text);
	/* The default clock is not the same on every CPU. */
	if (!err)
		err = write_file(tracefs->instance, "trace_clock", "mono");
	for (i = 0; !err && i < NR_FORMATS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "events/kmem/%s/enable",
			 known_events[i].name);
		err = write_file(tracefs->instance, name, "1");
	}
	return err;
}

/*
 * The kernel remembers a name by PID for so many processes. Where it does for
 * few, it is asked to for more, until the recording is over.
 */
static void keep_more_cmdlines(struct tracefs *tracefs)
{
	unsigned int before;
	char text[32];

	if (read_file(open_file(tracefs->top, O_RDONLY | O_NONBLOCK,
				"saved_cmdlines_size"), text, sizeof(text)) ||
	    sscanf(text, "%u", &before) != 1 || before >= CMDLINES / 2)
		return;
	snprintf(text, sizeof(text), "%u", CMDLINES);
	if (!write_file(tracefs->top, "saved_cmdlines_size", text))
		tracefs->cmdlines = before;
}

struct symbols *tracefs_symbols(const struct tracefs *tracefs)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/saved_cmdlines", tracefs->top);
	return symbols_load("/proc/kallsyms", path);
}

const char *tracefs_cache_name(void *tracefs, uint32_t number)
{
	return names_text(((struct tracefs *)tracefs)->caches, number);
}

/* One more than the highest number of a CPU that may ever come. */
static unsigned int count_cpus(void)
{
	long nr_cpus = sysconf(_SC_NPROCESSORS_CONF);
	char text[256];
	const char *number;

	if (!read_file(open("/sys/devices/system/cpu/possible",
			    O_RDONLY | O_CLOEXEC), text, sizeof(text))) {
		number = text + strlen(text);
		while (number > text && !strchr("-,", number[-1]))
			number--;
		if (*number >= '0' && *number <= '9')
			return strtoul(number, NULL, 10) + 1;
	}
	return nr_cpus > 0 ? nr_cpus : 1;
}

/*
 * A CPU that never was online has no buffer yet, which shows when it is read.
 * It gets one when it comes.
 */
static int open_pipes(struct tracefs *tracefs)
{
	unsigned int nr_cpus = count_cpus();
	int fd;

	tracefs->page_bytes = tracefs->layout.data.offset +
			      tracefs->layout.data.bytes;
	tracefs->page = malloc(tracefs->page_bytes);
	tracefs->pipes = calloc(nr_cpus, sizeof(*tracefs->pipes));
	if (!tracefs->page || !tracefs->pipes) {
		tool_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	while (tracefs->nr_cpus < nr_cpus) {
		fd = open_file(tracefs->instance, O_RDONLY | O_NONBLOCK,
			       "per_cpu/cpu%u/trace_pipe_raw",
			       tracefs->nr_cpus);
		if (fd < 0 && !is_absent(-fd))
			return fd;
		tracefs->pipes[tracefs->nr_cpus++] = fd < 0 ? -1 : fd;
	}
	return 0;
}

int tracefs_open(unsigned int buffer_kb, struct tracefs **tracefs)
{
	int err;

	*tracefs = calloc(1, sizeof(**tracefs));
	if (!*tracefs) {
		tool_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	(*tracefs)->caches = names_new();
	err = (*tracefs)->caches ? find_top(*tracefs) : -ENOMEM;
	if (!err)
		err = make_instance(*tracefs);
	if (!err)
		err = set_up_instance(*tracefs, buffer_kb);
	if (!err)
		err = learn_formats(*tracefs);
	if (!err)
		err = open_pipes(*tracefs);
	if (!err)
		keep_more_cmdlines(*tracefs);
	if (err) {
		tracefs_close(*tracefs);
		*tracefs = NULL;
	}
	return err;
}

void tracefs_close(struct tracefs *tracefs)
{
	unsigned int i;

	if (!tracefs)
		return;
	for (i = 0; i < tracefs->nr_cpus; i++)
		if (tracefs->pipes[i] >= 0)
			close(tracefs->pipes[i]);
	if (tracefs->made && rmdir(tracefs->instance))
		tool_error("cannot remove %s: %s", tracefs->instance,
			   strerror(errno));
	if (tracefs->cmdlines) {
		char text[16];

		snprintf(text, sizeof(text), "%u", tracefs->cmdlines);
		write_file(tracefs->top, "saved_cmdlines_size", text);
	}
	names_free(tracefs->caches);
	free(tracefs->pipes);
	free(tracefs->page);
	free(tracefs);
}

/* ---- events ---------------------------------------------------------------- */

static int take_event(const struct tracefs *tracefs, unsigned int cpu,
		      struct eventlog *log, uint64_t time_ns, const void *data,
		      size_t data_bytes)
{
	const struct event_format *format;
	struct memory_event *event;
	char cache[64];

	for (format = tracefs->formats; format < tracefs->formats + NR_FORMATS;
	     format++)
		if (ring_number(data, data_bytes, &format->type) == format->id)
			break;
	if (format == tracefs->formats + NR_FORMATS)
		return 0;
	event = eventlog_append(log, cpu);
	if (!event)
		return -ENOMEM;
	*event = (struct memory_event) {
		.time_ns = time_ns,
		.address = ring_number(data, data_bytes, &format->address),
		.requested_bytes = ring_number(data, data_bytes,
					       &format->requested_bytes),
		.allocated_bytes = ring_number(data, data_bytes,
					       &format->allocated_bytes),
		.call_site = ring_number(data, data_bytes, &format->call_site),
		.pid = ring_number(data, data_bytes, &format->pid),
		.cpu = cpu,
		.kind = format->kind,
	};
	if (format->cache.bytes) {
		ring_string(data, data_bytes, &format->cache, cache,
			    sizeof(cache));
		event->cache = names_number(tracefs->caches, cache);
	}
	return 0;
}

static int take_page(const struct tracefs *tracefs, unsigned int cpu,
		     size_t page_bytes, struct eventlog *log)
{
	struct ring_page ring;
	size_t event_bytes;
	const void *event;
	int more, err;

	if (!ring_open_page(&tracefs->layout, tracefs->page, page_bytes, &ring))
		return -ENODATA;
	while ((more = ring_next(&ring, &event, &event_bytes)) > 0) {
		err = take_event(tracefs, cpu, log, ring.time_ns, event,
				 event_bytes);
		if (err)
			return err;
	}
	return more < 0 ? -ENODATA : 0;
}

static int drain_cpu(const struct tracefs *tracefs, unsigned int cpu,
		     struct eventlog *log)
{
	int err, npages;
	ssize_t n;

	for (npages = 0; npages < PAGES_PER_TURN; npages++) {
		n = read(tracefs->pipes[cpu], tracefs->page,
			 tracefs->page_bytes);
		if (n < 0 && errno != EAGAIN && errno != EINTR &&
		    !is_absent(errno))
			return -errno;
		if (n <= 0)
			return 0;
		err = take_page(tracefs, cpu, n, log);
		if (err)
			return err;
	}
	return 1;
}

int tracefs_drain(const struct tracefs *tracefs, struct eventlog *log)
{
	unsigned int i;
	int ret, more = 0;

	for (i = 0; i < tracefs->nr_cpus; i++) {
		if (tracefs->pipes[i] < 0)
			continue;
		ret = drain_cpu(tracefs, i, log);
		if (ret < 0) {
			tool_error("reading events of CPU %u: %s", i,
				   strerror(-ret));
			return ret;
		}
		more |= ret;
	}
	return more;
}

int tracefs_lost(const struct tracefs *tracefs, uint64_t *lost)
{
	static const char *const kinds[] = {
		"\noverrun: ", "\ncommit overrun: ", "\ndropped events: ",
	};
	unsigned long long count;
	char text[1024], *line;
	unsigned int i;
	size_t kind;
	int err;

	*lost = 0;
	for (i = 0; i < tracefs->nr_cpus; i++) {
		if (tracefs->pipes[i] < 0)
			continue;
		/* The flag makes a CPU that is not there no error. */
		err = read_file(open_file(tracefs->instance,
					  O_RDONLY | O_NONBLOCK,
					  "per_cpu/cpu%u/stats", i),
				text, sizeof(text));
		if (err && is_absent(-err))
			continue;
		if (err)
			return err;
		for (kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
			line = strstr(text, kinds[kind]);
			if (line && sscanf(line + strlen(kinds[kind]), "%llu",
					   &count) == 1)
				*lost += count;
		}
	}
	return 0;
}
