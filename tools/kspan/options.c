// SPDX-License-Identifier: GPL-2.0
/* Options and arguments that several commands have. */
#include <stdlib.h>
#include <string.h>

#include "libkspan.h"
#include "tool.h"

enum {
	OPTION_JSON = 0x100,
	OPTION_DEVICE,
};

static const struct argp_option options[] = {
	{ .name = "json", .key = OPTION_JSON, .doc = "Print JSON" },
	{ .name = "device", .key = OPTION_DEVICE, .arg = "PATH",
	  .doc = "Use PATH instead of " KSPAN_DEVICE },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct kspan_tool *tool = state->input;

	switch (key) {
	case OPTION_JSON:
		tool->json = true;
		return 0;
	case OPTION_DEVICE:
		if (!*arg)
			argp_error(state, "the path of --device is empty");
		tool->device = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp tool_argp = {
	.options = options,
	.parser = parse,
};

const struct argp_child tool_children[] = {
	{ .argp = &tool_argp },
	{ 0 }
};

void check_heap_name(const struct argp_state *state, const char *name)
{
	if (!*name)
		argp_error(state, "the name of the heap is empty");
	if (strlen(name) >= KSPAN_NAME_BYTES)
		argp_error(state, "'%s': a heap's name has at most %d bytes",
			   name, KSPAN_NAME_BYTES - 1);
}

error_t no_args_parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s': too many arguments", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

error_t heap_args_parse(int key, char *arg, struct argp_state *state)
{
	struct heap_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->tool;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "'%s': too many arguments", arg);
		check_heap_name(state, arg);
		args->heap = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->heap)
			argp_error(state, "which heap?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int command_open(int argc, char **argv, const struct argp *argp, void *input,
		 const struct kspan_tool *tool, int *fd)
{
	if (argp_parse(argp, argc, argv, 0, NULL, input))
		return TOOL_USAGE;
	return tool_open(tool, fd);
}

int heap_open(int argc, char **argv, const char *doc, struct heap_args *args,
	      int *fd)
{
	const struct argp argp = {
		.parser = heap_args_parse,
		.args_doc = args->heap ? "[HEAP]" : "HEAP",
		.doc = doc,
		.children = tool_children,
	};

	return command_open(argc, argv, &argp, args, &args->tool, fd);
}
