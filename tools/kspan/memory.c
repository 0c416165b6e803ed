// SPDX-License-Identifier: GPL-2.0
/* kspan scavenge, drain, limit: move and bound the memory of a heap. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "libkspan.h"
#include "limits.h"
#include "number.h"
#include "tool.h"

/* HEAP and BYTES. */
struct bytes_args {
	struct heap_args heap;
	uint64_t bytes;
};

static error_t parse_scavenge(int key, char *arg, struct argp_state *state)
{
	struct bytes_args *args = state->input;
	int err;

	if (key != ARGP_KEY_ARG || state->arg_num != 1)
		return heap_args_parse(key, arg, state);
	err = parse_bytes(arg, &args->bytes);
	if (err)
		argp_error(state, "BYTES '%s': %s", arg,
			   parse_bytes_error(err));
	return 0;
}

int cmd_scavenge(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.parser = parse_scavenge,
		.args_doc = "HEAP [BYTES]",
		.doc = "Give free pages of a heap back to the kernel now: up "
		       "to BYTES (with K, M, G or T), or all. Prints how many "
		       "bytes were given back.",
		.children = tool_children,
	};
	struct bytes_args args = {
		.heap.tool = *tool,
		.bytes = KSPAN_SCAVENGE_ALL,
	};
	struct json_object *root;
	uint64_t released_bytes;
	int err, fd, status;

	tool = &args.heap.tool;
	status = command_open(argc, argv, &argp, &args, tool, &fd);
	if (status)
		return status;

	err = kspan_scavenge(fd, args.heap.heap, args.bytes, &released_bytes);
	kspan_close(fd);
	if (err)
		return tool_fail(tool, "scavenge", args.heap.heap, err);
	if (tool->json) {
		root = json_object_or_exit();
		json_add_string(root, "heap", args.heap.heap);
		json_add_u64(root, "released_bytes", released_bytes);
		json_print(root);
	} else {
		printf("released_bytes %llu\n",
		       (unsigned long long)released_bytes);
	}
	return TOOL_OK;
}

int cmd_drain(int argc, char **argv, const struct kspan_tool *tool)
{
	struct heap_args args = { .tool = *tool };
	int err, fd, status;

	status = heap_open(argc, argv,
			   "Empty every CPU's cache of a heap into its spans.",
			   &args, &fd);
	if (status)
		return status;

	err = kspan_drain(fd, args.heap);
	kspan_close(fd);
	if (err)
		return tool_fail(&args.tool, "drain", args.heap, err);
	if (args.tool.json)
		json_print_heap(args.heap);
	return TOOL_OK;
}

/* HEAP and limits. */
struct limit_args {
	struct heap_args heap;
	struct kspan_ioc_limit limits;
};

enum {
	OPTION_SOFT = 0x200,
	OPTION_RESERVE,
};

static const struct argp_option limit_options[] = {
	{ .name = "soft", .key = OPTION_SOFT, .arg = "BYTES",
	  .doc = "Give free memory back at once while the heap holds more "
		 "than this; 0 or none is no such limit" },
	{ .name = "reserve", .key = OPTION_RESERVE, .arg = "BYTES",
	  .doc = "Memory that the heap keeps for times when the kernel has "
		 "none. Neither may be above the limit" },
	{ 0 }
};

static void set_limit(struct argp_state *state, const char *what,
		      const char *arg, uint32_t which, __u64 *limit_bytes)
{
	struct limit_args *args = state->input;
	uint64_t bytes;
	int err = parse_limit(arg, &bytes);

	if (err)
		argp_error(state, "%s '%s': %s", what, arg,
			   parse_bytes_error(err));
	*limit_bytes = bytes;
	args->limits.which |= which;
}

static error_t parse_limit_args(int key, char *arg, struct argp_state *state)
{
	struct limit_args *args = state->input;

	switch (key) {
	case OPTION_SOFT:
		set_limit(state, "--soft", arg, KSPAN_LIMIT_SOFT,
			  &args->limits.soft_limit_bytes);
		return 0;
	case OPTION_RESERVE:
		set_limit(state, "--reserve", arg, KSPAN_LIMIT_RESERVE,
			  &args->limits.reserve_bytes);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num != 1)
			break;
		set_limit(state, "BYTES", arg, KSPAN_LIMIT_HARD,
			  &args->limits.limit_bytes);
		return 0;
	case ARGP_KEY_END:
		if (args->heap.heap && !args->limits.which)
			argp_error(state, "which limit?");
		break;
	}
	return heap_args_parse(key, arg, state);
}

/* A limit that was set, and as it was before. */
struct limit_field {
	uint32_t which;
	const char *name;
	const char *previous_name;
	size_t offset;
};

static const struct limit_field limit_fields[] = {
	{ KSPAN_LIMIT_HARD, "limit_bytes", "previous_limit_bytes",
	  offsetof(struct kspan_ioc_limit, limit_bytes) },
	{ KSPAN_LIMIT_SOFT, "soft_limit_bytes", "previous_soft_limit_bytes",
	  offsetof(struct kspan_ioc_limit, soft_limit_bytes) },
	{ KSPAN_LIMIT_RESERVE, "reserve_bytes", "previous_reserve_bytes",
	  offsetof(struct kspan_ioc_limit, reserve_bytes) },
};

static uint64_t limit_of(const struct kspan_ioc_limit *limits,
			 const struct limit_field *field)
{
	return *(const __u64 *)((const char *)limits + field->offset);
}

static void print_limit(const char *name, uint64_t limit_bytes)
{
	if (limit_bytes)
		printf("%s %llu\n", name, (unsigned long long)limit_bytes);
	else
		printf("%s none\n", name);
}

static void print_limits(const struct limit_args *args,
			 const struct kspan_ioc_limit *before)
{
	struct json_object *root = NULL;
	size_t i;

	if (args->heap.tool.json) {
		root = json_object_or_exit();
		json_add_string(root, "heap", args->heap.heap);
	}
	for (i = 0; i < NR(limit_fields); i++) {
		const struct limit_field *field = &limit_fields[i];
		uint64_t now = limit_of(&args->limits, field);
		uint64_t previous = limit_of(before, field);

		if (!(args->limits.which & field->which))
			continue;
		if (root) {
			json_add_u64(root, field->name, now);
			json_add_u64(root, field->previous_name, previous);
		} else {
			print_limit(field->name, now);
			print_limit(field->previous_name, previous);
		}
	}
	if (root)
		json_print(root);
}

/* Says which rule it was; false if that is not known. */
static bool explain(int fd, const struct limit_args *args)
{
	const struct kspan_ioc_limit *wanted = &args->limits;
	struct kspan_heap_stats stats;
	struct heap_limits limits;

	if (kspan_stats(fd, args->heap.heap, &stats))
		return false;
	limits = (struct heap_limits) {
		.limit_bytes = stats.limit_bytes,
		.soft_limit_bytes = stats.soft_limit_bytes,
		.reserve_bytes = stats.reserve_bytes,
	};
	if (wanted->which & KSPAN_LIMIT_HARD)
		limits.limit_bytes = wanted->limit_bytes;
	if (wanted->which & KSPAN_LIMIT_SOFT)
		limits.soft_limit_bytes = wanted->soft_limit_bytes;
	if (wanted->which & KSPAN_LIMIT_RESERVE)
		limits.reserve_bytes = wanted->reserve_bytes;
	return explain_limits(fd, "limit", args->heap.heap, &limits);
}

int cmd_limit(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.options = limit_options,
		.parser = parse_limit_args,
		.args_doc = "HEAP [BYTES]",
		.doc = "Bound the memory that a heap may hold: BYTES, with K, "
		       "M, G or T; 0 or none is no bound. Prints what was set "
		       "and what it was before.",
		.children = tool_children,
	};
	struct limit_args args = { .heap.tool = *tool };
	struct kspan_ioc_limit before;
	bool explained;
	int err, fd, status;

	tool = &args.heap.tool;
	status = command_open(argc, argv, &argp, &args, tool, &fd);
	if (status)
		return status;

	before = args.limits;
	err = kspan_set_limits(fd, args.heap.heap, &before);
	explained = err == -EINVAL && explain(fd, &args);
	kspan_close(fd);
	if (explained)
		return TOOL_FAILED;
	if (err)
		return tool_fail(tool, "limit", args.heap.heap, err);
	print_limits(&args, &before);
	return TOOL_OK;
}
