// SPDX-License-Identifier: GPL-2.0
/* kspan record: a trace of what the kernel allocates while a command runs. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "number.h"
#include "outfile.h"
#include "symbols.h"
#include "tool.h"
#include "trace.h"
#include "tracereport.h"
#include "tracefs.h"

enum {
	OPTION_SECONDS = 0x200,
	OPTION_BUFFER,
	DEFAULT_BUFFER_KB = 8192,
	DRAIN_EVERY_MS = 10,
	NS_PER_MS = 1000000,
	KERNEL_LOG_BYTES = 1 << 20,
};

struct record_args {
	struct kspan_tool tool;
	const char *path;
	char **command;			/* NULL-terminated, or NULL */
	uint64_t seconds;		/* 0: until the command ends */
	uint64_t buffer_kb;
};

/* ---- recording ------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Whether a signal, the end of the command or the time says stop. */
static bool is_over(struct child *child, const sigset_t *signals,
		    uint64_t deadline_ns)
{
	static const struct timespec pause = {
		.tv_nsec = DRAIN_EVERY_MS * NS_PER_MS,
	};
	int signal = sigtimedwait(signals, NULL, &pause);

	if (signal > 0 && signal != SIGCHLD)
		return true;
	if (child_has_ended(child))
		return true;
	return now_ns() >= deadline_ns;
}

static int record_events(const struct tracefs *tracefs,
			 const struct record_args *args, struct child *child,
			 const sigset_t *signals, struct eventlog *log,
			 struct trace_header *header, bool *is_whole)
{
	uint64_t start_ns = now_ns(), deadline_ns = UINT64_MAX;
	int ret, err;

	if (args->seconds)
		deadline_ns = start_ns + args->seconds * 1000000000ull;
	err = tracefs_start(tracefs);
	if (err)
		return err;
	child_start(child);
	do {
		ret = tracefs_drain(tracefs, log);
	} while (ret >= 0 && !is_over(child, signals, deadline_ns));
	header->duration_ns = now_ns() - start_ns;
	err = tracefs_stop(tracefs);
	if (err)
		return err;
	while (ret >= 0) {
		ret = tracefs_drain(tracefs, log);
		if (!ret)
			break;
	}
	/* What was read before is worth keeping. */
	*is_whole = !ret;
	return tracefs_lost(tracefs, &header->lost_events);
}

static int add_event(const struct memory_event *event, void *arg)
{
	return slots_add(arg, event);
}

/* Turns @log into @trace, whose header has what the recording knows. */
static int resolve(struct tracefs *tracefs, const struct eventlog *log,
		   struct trace *trace)
{
	const struct trace_header recorded = trace->header;
	struct symbols *symbols = tracefs_symbols(tracefs);
	const struct origin_names names = {
		.call_site = symbols_call_site,
		.process = symbols_process,
		.arg = symbols,
	};
	struct slots *slots = slots_new(tracefs_cache_name, tracefs);
	const char *why = NULL;
	int err, taken;

	if (!slots || !symbols) {
		slots_free(slots);
		symbols_free(symbols);
		tool_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	err = eventlog_for_each(log, add_event, slots);
	if (err == -EFBIG) {
		tool_error("the trace is full; the rest is left out");
		err = 0;
	}
	taken = slots_take(slots, &names, trace);
	slots_free(slots);
	symbols_free(symbols);
	if (!err)
		err = taken;
	trace->header.duration_ns = recorded.duration_ns;
	trace->header.lost_events = recorded.lost_events;
	if (!err)
		err = trace_add_up(trace, &why);
	if (why)
		tool_error("nothing to write: %s", why);
	return err;
}

/* ---- the header ------------------------------------------------------------ */

/* "on" or "off", or 1 or 0, one character after @what in @text. */
static uint32_t on_or_off(const char *text, const char *what)
{
	const char *value = text ? strstr(text, what) : NULL;

	if (!value || !value[strlen(what)])
		return TRACE_INIT_UNKNOWN;
	value += strlen(what) + 1;
	if (*value == '1' || *value == 'y' || !strncmp(value, "on", 2))
		return TRACE_INIT_ON;
	return TRACE_INIT_OFF;
}

/* The kernel tells nowhere but here. */
static uint32_t find_init_on_alloc(void)
{
	uint32_t init = TRACE_INIT_UNKNOWN;
	char command_line[4096] = "";
	FILE *file;
	char *log;
	int n;

	file = fopen("/proc/cmdline", "re");
	if (file) {
		if (fgets(command_line, sizeof(command_line), file))
			init = on_or_off(command_line, "init_on_alloc");
		fclose(file);
	}
	if (init != TRACE_INIT_UNKNOWN)
		return init;
	log = malloc(KERNEL_LOG_BYTES + 1);
	n = log ? klogctl(3 /* read all */, log, KERNEL_LOG_BYTES) : -1;
	if (n >= 0) {
		log[n] = '\0';
		init = on_or_off(log, "heap alloc");
	}
	free(log);
	return init;
}

static void describe(const struct record_args *args,
		     struct trace_header *header)
{
	struct utsname uts;
	char **word, *text;
	size_t used = 0;

	memcpy(header->magic, TRACE_MAGIC, sizeof(header->magic));
	header->version = TRACE_VERSION;
	header->header_bytes = sizeof(*header);
	header->init_on_alloc = find_init_on_alloc();
	uname(&uts);
	snprintf(header->kernel, sizeof(header->kernel), "%s", uts.release);
	for (word = args->command; word && *word; word++) {
		used += snprintf(header->command + used,
				 sizeof(header->command) - used, "%s%s",
				 used ? " " : "", *word);
		if (used >= sizeof(header->command))
			break;
	}
	for (text = header->command; *text; text++)
		if (!isprint((unsigned char)*text))
			*text = '?';
}

/* ---- the command ----------------------------------------------------------- */

static int record(const struct record_args *args, const sigset_t *signals,
		  struct child *child, struct trace *trace, bool *is_whole)
{
	struct eventlog *log = NULL;
	struct tracefs *tracefs;
	int err;

	err = tracefs_open(args->buffer_kb, &tracefs);
	if (err)
		return err;
	log = eventlog_new(tracefs_nr_cpus(tracefs));
	err = log ? record_events(tracefs, args, child, signals, log,
				  &trace->header, is_whole) : -ENOMEM;
	if (!err)
		err = resolve(tracefs, log, trace);
	tracefs_close(tracefs);
	eventlog_free(log);
	return err;
}

static int save(const struct record_args *args, struct outfile *file,
		struct trace *trace)
{
	int err;

	describe(args, &trace->header);
	err = trace_write(file->stream, trace);
	if (!err)
		err = outfile_commit(file);
	if (err) {
		tool_error("cannot write %s: %s", args->path, strerror(-err));
		return TOOL_FAILED;
	}
	if (args->tool.json)
		json_print(trace_json(args->path, &trace->header));
	else
		trace_print(args->path, trace);
	return TOOL_OK;
}

/* The old file stays as it is, unless there is a trace to take its place. */
static int record_to(const struct record_args *args, struct outfile *file,
		     const sigset_t *signals)
{
	struct trace trace = { 0 };
	bool is_whole = true;
	struct child child;
	int err, status;

	err = child_fork(&child, args->command, signals, args->tool.json);
	if (err)
		tool_error("cannot start a process: %s", strerror(-err));
	else
		err = record(args, signals, &child, &trace, &is_whole);
	child_end(&child, signals);
	if (err)
		return err == -EACCES || err == -EPERM ? TOOL_DENIED :
							 TOOL_FAILED;
	err = child_exec_error(&child);
	if (err) {
		tool_error("cannot run %s: %s", child.name, strerror(err));
		status = TOOL_FAILED;
	} else {
		status = save(args, file, &trace);
		if (child_failed(&child) || !is_whole)
			status = TOOL_FAILED;
	}
	trace_free(&trace);
	return status;
}

static int run(const struct record_args *args)
{
	struct outfile file;
	sigset_t signals;
	int err, status;

	/* Blocked until asked for, so that none ends us half-way. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	/* Before anything is recorded that could not be saved. */
	err = outfile_open(&file, args->path);
	if (err) {
		tool_error("cannot write %s: %s", args->path, strerror(-err));
		return TOOL_FAILED;
	}
	status = record_to(args, &file, &signals);
	outfile_close(&file);
	return status;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct record_args *args = state->input;
	int err = 0;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->tool;
		return 0;
	case OPTION_SECONDS:
		err = parse_u64(arg, INT_MAX, &args->seconds);
		if (err)
			argp_error(state, "--seconds '%s': %s", arg,
				   parse_error(err));
		return 0;
	case OPTION_BUFFER:
		err = parse_u64(arg, INT_MAX, &args->buffer_kb);
		if (err)
			argp_error(state, "--buffer-kb '%s': %s", arg,
				   parse_error(err));
		if (!args->buffer_kb)
			argp_error(state, "--buffer-kb 0: the kernel needs a buffer");
		return 0;
	case ARGP_KEY_ARG:
		if (!args->path) {
			if (!*arg)
				argp_error(state, "the name of the file is empty");
			args->path = arg;
			return 0;
		}
		/* What follows belongs to the command. */
		args->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!args->path)
			argp_error(state, "which file?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_record(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp_option options[] = {
		{ .name = "seconds", .key = OPTION_SECONDS, .arg = "N",
		  .doc = "Stop after N seconds" },
		{ .name = "buffer-kb", .key = OPTION_BUFFER, .arg = "N",
		  .doc = "The kernel's buffer, for every CPU (8192)" },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "FILE [-- COMMAND...]",
		.doc = "Record what the whole kernel allocates and frees while "
		       "COMMAND runs, for the given number of seconds, or "
		       "until interrupted, and write it to FILE for `kspan "
		       "replay'.\v"
		       "The trace has the size of every object, the cache it is "
		       "from, the function that asked for it, and the process "
		       "that was running. Objects that the kernel allocates or "
		       "frees in bulk, or frees through kfree_rcu() in "
		       "batches, leave no trace. The tool sees that such an "
		       "object is gone when its memory is used again.",
		.children = tool_children,
	};
	struct record_args args = {
		.tool = *tool, .buffer_kb = DEFAULT_BUFFER_KB,
	};

	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args))
		return TOOL_USAGE;
	return run(&args);
}
