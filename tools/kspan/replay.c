// SPDX-License-Identifier: GPL-2.0
/* kspan replay: a recorded trace on kspan and on the kernel's own allocators. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "caches.h"
#include "filter.h"
#include "libkspan.h"
#include "number.h"
#include "replay.h"
#include "tool.h"

#define BENCH_DEVICE "/dev/kspan_bench"

enum {
	OPTION_BACKEND = 0x200,
	OPTION_REPEAT,
	OPTION_SPEED,
	OPTION_KEEP,
	OPTION_EMPTY,
	OPTION_DROP,
	OPTION_THIN,
	OPTION_ONLY,
	OPTION_CALLER,
	OPTION_MODULE,
	OPTION_PROCESS,
	OPTION_SIZE,
	DEFAULT_REPEATS = 3,
	MAX_REPEATS = 1000,
};

struct replay_args {
	struct kspan_tool tool;
	const char *path;
	unsigned int backends;		/* a bit for each */
	uint64_t repeats;
	bool speed_only;
	bool keep;
	bool empty;
	bool drop;
	bool thin;
	struct trace_filter filter;
};

static const struct {
	const char *name;
	unsigned int backends;
} backend_names[] = {
	{ "kspan", 1u << KSPAN_BENCH_KSPAN },
	{ "kmalloc", 1u << KSPAN_BENCH_KMALLOC },
	{ "kmem_cache", 1u << KSPAN_BENCH_KMEM_CACHE },
	{ "both", 1u << KSPAN_BENCH_KSPAN | 1u << KSPAN_BENCH_KMALLOC },
	{ "all", 1u << KSPAN_BENCH_KSPAN | 1u << KSPAN_BENCH_KMALLOC |
		 1u << KSPAN_BENCH_KMEM_CACHE },
};

/* ---- progress -------------------------------------------------------------- */

/* A line now and then, and none where it would soon be over. */
static struct {
	unsigned int done;
	unsigned int all;
	uint64_t next_ns;
} progress;

enum { PROGRESS_EVERY_MS = 2000 };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void progress_begin(const struct replay_args *args)
{
	/* The empty replay is one of them. */
	unsigned int backends = __builtin_popcount(args->backends) + 1;

	progress.done = 0;
	progress.all = backends * ((args->speed_only ? 0 : 1) + args->repeats) +
		       (args->keep ? 1 : 0);
	progress.next_ns = now_ns() + PROGRESS_EVERY_MS * 1000000ull;
}

static void progress_step(unsigned int backend)
{
	progress.done++;
	if (now_ns() < progress.next_ns)
		return;
	tool_error("replay %u of %u, on %s", progress.done, progress.all,
		   replay_backends[backend]);
	progress.next_ns = now_ns() + PROGRESS_EVERY_MS * 1000000ull;
}

/* ---- the device ------------------------------------------------------------ */

static int open_device(const struct kspan_tool *tool, int *fd)
{
	const char *path = tool->device;

	/* The default of the other commands means the default here. */
	bool is_default = !strcmp(path, KSPAN_DEVICE);

	if (is_default)
		path = BENCH_DEVICE;
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return TOOL_OK;
	if (errno == ENOENT || errno == ENXIO || errno == ENODEV) {
		if (is_default)
			tool_error("%s: the module kspan_bench is not loaded "
				   "(modprobe kspan_bench)", path);
		else
			tool_error("--device %s: %s", path, strerror(errno));
		return TOOL_ABSENT;
	}
	tool_error("cannot open %s: %s", path, strerror(errno));
	return errno == EACCES || errno == EPERM ? TOOL_DENIED : TOOL_FAILED;
}

static int fail(const char *action, int error)
{
	switch (error) {
	case EEXIST:
		tool_error("%s: there is a heap '" KSPAN_BENCH_HEAP
			   "'; if a replay kept it: kspan replay --drop",
			   action);
		break;
	case ENOENT:
		tool_error("%s: there is no kept heap", action);
		break;
	case ENOTTY:
		tool_error("%s: the kspan_bench module is too old for this tool",
			   action);
		break;
	case E2BIG:
		tool_error("%s: the kspan_bench module and this tool do not match",
			   action);
		break;
	default:
		tool_error("%s: %s", action, strerror(error));
	}
	return error == EPERM || error == EACCES ? TOOL_DENIED : TOOL_FAILED;
}

static int load(int fd, const struct trace *trace, unsigned int *nr_caches)
{
	struct trace_caches caches;
	struct kspan_bench_ioc_load request = {
		.size = sizeof(request),
		.events = (uintptr_t)trace->events,
		.nr_events = trace->header.nr_events,
		.nr_slots = trace->header.nr_slots,
	};
	int err = caches_of_trace(trace, &caches);

	if (err) {
		tool_error("cannot set up the caches of the trace: %s", strerror(-err));
		return TOOL_FAILED;
	}
	request.cache_of = (uintptr_t)caches.cache_of;
	request.caches = caches.nr ? (uintptr_t)caches.caches : 0;
	request.nr_caches = caches.nr;
	*nr_caches = caches.nr;
	err = ioctl(fd, KSPAN_BENCH_IOC_LOAD, &request) ? errno : 0;
	caches_free(&caches);
	return err ? fail("loading the trace", err) : TOOL_OK;
}

static int play(int fd, unsigned int backend, unsigned int flags,
		struct kspan_bench_ioc_replay *request)
{
	*request = (struct kspan_bench_ioc_replay) {
		.size = sizeof(*request), .flags = flags, .backend = backend,
	};
	progress_step(backend);
	if (ioctl(fd, KSPAN_BENCH_IOC_REPLAY, request))
		return fail("replay", errno);
	if (request->corruptions || request->failures) {
		tool_error("%s: %llu objects had changed, %llu allocations failed",
			   replay_backends[backend], request->corruptions,
			   request->failures);
		return TOOL_FAILED;
	}
	return TOOL_OK;
}

/* ---- passes ---------------------------------------------------------------- */

static bool is_wanted(const struct replay_args *args, unsigned int backend)
{
	return args->backends & 1u << backend;
}

static int measure_memory(int fd, const struct replay_args *args,
			  struct replay_report *report)
{
	unsigned int i, flags;
	int status = TOOL_OK;

	for (i = 0; !status && i < KSPAN_BENCH_NR_BACKENDS; i++) {
		flags = KSPAN_BENCH_MEASURE;
		if (i != KSPAN_BENCH_NULL)
			flags |= KSPAN_BENCH_CHECK;
		if (i != KSPAN_BENCH_NULL && args->thin)
			flags |= KSPAN_BENCH_THIN;
		/* The empty replay shows the error of the others. */
		if (i == KSPAN_BENCH_NULL || is_wanted(args, i))
			status = play(fd, i, flags, &report->results[i].memory);
	}
	report->has_memory = true;
	report->has_thinned = args->thin;
	return status;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

/* Adds to @ticks what one operation took. */
static int measure_once(int fd, unsigned int backend,
			struct replay_report *report, double *ticks)
{
	struct kspan_bench_ioc_replay replay;
	int status = play(fd, backend, 0, &replay);

	if (status)
		return status;
	*ticks = (double)replay.ticks / report->trace->header.nr_events;
	if (replay.ticks_per_ms)
		report->ns_per_tick = 1e6 / replay.ticks_per_ms;
	return TOOL_OK;
}

static void sum_up(double *ticks, unsigned int repeats, double empty_ticks,
		   struct replay_speed *speed)
{
	qsort(ticks, repeats, sizeof(*ticks), compare);
	speed->min_ticks = ticks[0] - empty_ticks;
	speed->median_ticks = ticks[repeats / 2] - empty_ticks;
	speed->max_ticks = ticks[repeats - 1] - empty_ticks;
}

static int measure_speed(int fd, const struct replay_args *args,
			 struct replay_report *report)
{
	double (*ticks)[MAX_REPEATS];
	unsigned int i, repeat;
	int status = TOOL_OK;

	ticks = calloc(KSPAN_BENCH_NR_BACKENDS, sizeof(*ticks));
	if (!ticks) {
		tool_error("%s", strerror(ENOMEM));
		return TOOL_FAILED;
	}
	/* In turns, so that whatever else the machine does meets them all. */
	for (repeat = 0; repeat < args->repeats; repeat++)
		for (i = 0; !status && i < KSPAN_BENCH_NR_BACKENDS; i++)
			if (i == KSPAN_BENCH_NULL || is_wanted(args, i))
				status = measure_once(fd, i, report,
						      &ticks[i][repeat]);
	for (i = 0; !status && i < KSPAN_BENCH_NR_BACKENDS; i++)
		sum_up(ticks[i], args->repeats,
		       report->results[KSPAN_BENCH_NULL].speed.median_ticks,
		       &report->results[i].speed);
	report->repeats = args->repeats;
	report->has_speed = true;
	free(ticks);
	return status;
}

static int replay(int fd, const struct replay_args *args,
		  const struct trace *trace)
{
	struct replay_report report = {
		.path = args->path,
		.trace = trace,
		.is_part = filter_is_set(&args->filter),
	};
	struct kspan_bench_ioc_replay kept;
	unsigned int i;
	int status;

	status = load(fd, trace, &report.nr_caches);
	progress_begin(args);
	if (!status && !args->speed_only)
		status = measure_memory(fd, args, &report);
	if (!status && args->repeats)
		status = measure_speed(fd, args, &report);
	if (!status && args->keep)
		status = play(fd, KSPAN_BENCH_KSPAN, KSPAN_BENCH_KEEP, &kept);
	if (status)
		return status;
	for (i = KSPAN_BENCH_KSPAN; i < KSPAN_BENCH_NR_BACKENDS; i++)
		report.results[i].done = is_wanted(args, i);
	if (args->tool.json)
		replay_print_json(&report);
	else
		replay_print(&report);
	return TOOL_OK;
}

static int load_and_replay(int fd, const struct replay_args *args)
{
	const char *why = NULL;
	struct trace trace;
	int err, status;

	err = trace_load(args->path, &trace, &why);
	if (err) {
		tool_error("%s: %s", args->path,
			   err == -EINVAL && why ? why : strerror(-err));
		return TOOL_FAILED;
	}
	if (filter_is_set(&args->filter)) {
		err = filter_apply(&args->filter, &trace);
		if (err) {
			tool_error("%s: %s", args->path, err == -ENOENT ?
				   "nothing in the trace is of that kind" :
				   strerror(-err));
			trace_free(&trace);
			return TOOL_FAILED;
		}
	}
	status = replay(fd, args, &trace);
	trace_free(&trace);
	return status;
}

static int drop(int fd, unsigned int flags)
{
	struct kspan_bench_ioc_drop request = {
		.size = sizeof(request), .flags = flags,
	};

	if (ioctl(fd, KSPAN_BENCH_IOC_DROP, &request))
		return fail(flags ? "empty" : "drop", errno);
	return TOOL_OK;
}

/* ---- the command ----------------------------------------------------------- */

static void parse_backend(const struct argp_state *state, const char *name,
			  struct replay_args *args)
{
	size_t i;

	for (i = 0; i < sizeof(backend_names) / sizeof(backend_names[0]); i++) {
		if (strcmp(backend_names[i].name, name))
			continue;
		args->backends = backend_names[i].backends;
		return;
	}
	argp_error(state, "--backend '%s': kspan, kmalloc, kmem_cache, both or all",
		   name);
}

static void parse_only(const struct argp_state *state, const char *name,
		       struct trace_filter *filter)
{
	if (!strcmp(name, "kmalloc"))
		filter->kinds = 1u << TRACE_KMALLOC;
	else if (!strcmp(name, "kmem_cache"))
		filter->kinds = 1u << TRACE_CACHE;
	else
		argp_error(state, "--only '%s': kmalloc or kmem_cache", name);
}

/* "64", "1K-8K", "-64", "4K-" */
static void parse_size(const struct argp_state *state, const char *text,
		       struct trace_filter *filter)
{
	char *copy = tool_need(strdup(text)), *dash = strchr(copy, '-');
	const char *last = dash ? dash + 1 : copy;
	int err = 0;

	if (dash)
		*dash = '\0';
	filter->min_bytes = 1;
	filter->max_bytes = KSPAN_TRACE_MAX_BYTES;
	if (*copy || !dash || !*last)
		err = parse_bytes(copy, &filter->min_bytes);
	if (!err && *last)
		err = parse_bytes(last, &filter->max_bytes);
	free(copy);
	if (err)
		argp_error(state, "--size '%s': %s", text,
			   parse_bytes_error(err));
	if (!filter->max_bytes || filter->min_bytes > filter->max_bytes)
		argp_error(state, "--size '%s': no object has such a size", text);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct replay_args *args = state->input;
	int err;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->tool;
		return 0;
	case OPTION_BACKEND:
		parse_backend(state, arg, args);
		return 0;
	case OPTION_REPEAT:
		err = parse_u64(arg, MAX_REPEATS, &args->repeats);
		if (err)
			argp_error(state, "--repeat '%s': %s", arg,
				   parse_error(err));
		return 0;
	case OPTION_SPEED:
		args->speed_only = true;
		return 0;
	case OPTION_KEEP:
		args->keep = true;
		return 0;
	case OPTION_EMPTY:
		args->empty = true;
		return 0;
	case OPTION_DROP:
		args->drop = true;
		return 0;
	case OPTION_THIN:
		args->thin = true;
		return 0;
	case OPTION_ONLY:
		parse_only(state, arg, &args->filter);
		return 0;
	case OPTION_CALLER:
		args->filter.caller = arg;
		return 0;
	case OPTION_MODULE:
		args->filter.module = arg;
		return 0;
	case OPTION_PROCESS:
		args->filter.process = arg;
		return 0;
	case OPTION_SIZE:
		parse_size(state, arg, &args->filter);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "'%s': too many arguments", arg);
		args->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->path && !args->drop && !args->empty)
			argp_error(state, "which file?");
		if (args->speed_only && !args->repeats)
			argp_error(state, "--speed needs a --repeat above 0");
		if (args->speed_only && args->thin)
			argp_error(state, "--thin measures memory, --speed does not");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ .name = "backend", .key = OPTION_BACKEND, .arg = "NAME",
	  .doc = "kspan: a heap, with a typed cache for each recorded one; "
		 "kmalloc: kmalloc() and a cache for each recorded one; "
		 "kmem_cache: the same, with fresh caches of its sizes for "
		 "kmalloc(); both: kspan and kmalloc (the default); all" },
	{ .name = "repeat", .key = OPTION_REPEAT, .arg = "N",
	  .doc = "Replay N times for speed (3); 0: measure memory only" },
	{ .name = "speed", .key = OPTION_SPEED,
	  .doc = "Measure speed only" },
	{ .name = "thin", .key = OPTION_THIN,
	  .doc = "Then free nine of ten objects at random, ask each backend to "
		 "give memory back, and measure 0, 1 and 10 s later" },
	{ .name = "only", .key = OPTION_ONLY, .arg = "KIND",
	  .doc = "Replay only objects of kmalloc, or only those of kmem_cache" },
	{ .name = "caller", .key = OPTION_CALLER, .arg = "PATTERN",
	  .doc = "Replay only what functions of this name asked for: 'ext4_*'" },
	{ .name = "module", .key = OPTION_MODULE, .arg = "PATTERN",
	  .doc = "Replay only what this module asked for; vmlinux is the kernel" },
	{ .name = "process", .key = OPTION_PROCESS, .arg = "PATTERN",
	  .doc = "Replay only what was asked for while this process was running" },
	{ .name = "size", .key = OPTION_SIZE, .arg = "MIN-MAX",
	  .doc = "Replay only objects of these sizes: 64, 1K-8K, -64, 4K-" },
	{ .name = "keep", .key = OPTION_KEEP,
	  .doc = "Leave what is live at the end in the heap '"
		 KSPAN_BENCH_HEAP "'" },
	{ .name = "empty", .key = OPTION_EMPTY,
	  .doc = "Free what --keep left, one by one, and keep the heap" },
	{ .name = "drop", .key = OPTION_DROP,
	  .doc = "Destroy the heap that --keep left, before any replay" },
	{ 0 }
};

int cmd_replay(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "FILE\n--empty\n--drop",
		.doc = "Replay a trace of `kspan record', or a part of it, on a "
		       "heap of kspan and on the kernel's own allocators, each "
		       "event on its CPU and in the order of the trace. Objects "
		       "that came from a kmem_cache come from one again, with "
		       "slots of the same size; on kspan, from a typed cache "
		       "for objects of that size. One pass samples how much "
		       "memory is held, and checks that objects keep what is "
		       "written to them. The other passes measure speed.\v"
		       "held_bytes is what kspan holds. For the other backends "
		       "it is the growth of the machine's slab pages. Other "
		       "users of kmalloc disturb this growth, and free objects "
		       "that were there before are used first. The backend "
		       "kmem_cache has no such objects.",
		.children = tool_children,
	};
	struct replay_args args = {
		.tool = *tool,
		.backends = 1u << KSPAN_BENCH_KSPAN | 1u << KSPAN_BENCH_KMALLOC,
		.repeats = DEFAULT_REPEATS,
	};
	int fd, status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return TOOL_USAGE;
	status = open_device(&args.tool, &fd);
	if (status)
		return status;
	if (args.empty)
		status = drop(fd, KSPAN_BENCH_OBJECTS);
	if (!status && args.drop)
		status = drop(fd, 0);
	if (!status && args.path)
		status = load_and_replay(fd, &args);
	close(fd);
	return status;
}
