// SPDX-License-Identifier: GPL-2.0
/* kspan scavenge, drain, limit: move and bound the memory of a heap. */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "libkspan.h"
#include "number.h"
#include "tool.h"

/* HEAP and BYTES. */
struct bytes_args {
	struct heap_args heap;
	uint64_t bytes;
	bool bytes_given;
};

static error_t parse_scavenge(int key, char *arg, struct argp_state *state)
{
	struct bytes_args *args = state->input;
	int err;

	if (key != ARGP_KEY_ARG || state->arg_num != 1)
		return heap_args_parse(key, arg, state);
	err = parse_bytes(arg, &args->bytes);
	if (err)
		argp_error(state, "BYTES '%s': %s", arg, parse_error(err));
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

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return TOOL_USAGE;
	tool = &args.heap.tool;
	status = tool_open(tool, &fd);
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
	static const struct argp argp = {
		.parser = heap_args_parse,
		.args_doc = "HEAP",
		.doc = "Empty every CPU's cache of a heap into its spans.",
		.children = tool_children,
	};
	struct heap_args args = { .tool = *tool };
	struct json_object *root;
	int err, fd, status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return TOOL_USAGE;
	status = tool_open(&args.tool, &fd);
	if (status)
		return status;

	err = kspan_drain(fd, args.heap);
	kspan_close(fd);
	if (err)
		return tool_fail(&args.tool, "drain", args.heap, err);
	if (args.tool.json) {
		root = json_object_or_exit();
		json_add_string(root, "heap", args.heap);
		json_print(root);
	}
	return TOOL_OK;
}

static error_t parse_limit_args(int key, char *arg, struct argp_state *state)
{
	struct bytes_args *args = state->input;
	int err;

	if (key == ARGP_KEY_ARG && state->arg_num == 1) {
		err = parse_limit(arg, &args->bytes);
		if (err)
			argp_error(state, "BYTES '%s': %s", arg,
				   parse_error(err));
		args->bytes_given = true;
		return 0;
	}
	if (key == ARGP_KEY_END && args->heap.heap && !args->bytes_given)
		argp_error(state, "which limit?");
	return heap_args_parse(key, arg, state);
}

static void print_limit(const char *name, uint64_t limit_bytes)
{
	if (limit_bytes)
		printf("%s %llu\n", name, (unsigned long long)limit_bytes);
	else
		printf("%s none\n", name);
}

int cmd_limit(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.parser = parse_limit_args,
		.args_doc = "HEAP BYTES",
		.doc = "Bound the memory that a heap may hold: BYTES, with K, "
		       "M, G or T; 0 or none is no bound. Prints the limit "
		       "and the one before.",
		.children = tool_children,
	};
	struct bytes_args args = { .heap.tool = *tool };
	struct json_object *root;
	uint64_t previous_bytes;
	int err, fd, status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return TOOL_USAGE;
	tool = &args.heap.tool;
	status = tool_open(tool, &fd);
	if (status)
		return status;

	err = kspan_limit(fd, args.heap.heap, args.bytes, &previous_bytes);
	kspan_close(fd);
	if (err)
		return tool_fail(tool, "limit", args.heap.heap, err);
	if (tool->json) {
		root = json_object_or_exit();
		json_add_string(root, "heap", args.heap.heap);
		json_add_u64(root, "limit_bytes", args.bytes);
		json_add_u64(root, "previous_limit_bytes", previous_bytes);
		json_print(root);
	} else {
		print_limit("limit_bytes", args.bytes);
		print_limit("previous_limit_bytes", previous_bytes);
	}
	return TOOL_OK;
}
