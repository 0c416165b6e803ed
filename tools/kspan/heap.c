// SPDX-License-Identifier: GPL-2.0
/* kspan create, destroy. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heapflags.h"
#include "json.h"
#include "libkspan.h"
#include "limits.h"
#include "number.h"
#include "tool.h"

struct create_args {
	struct heap_args heap;
	uint64_t limit_bytes;
	uint64_t soft_limit_bytes;
	uint64_t reserve_bytes;
	uint32_t flags;
	int32_t node;
};

enum {
	OPTION_LIMIT = 0x200,
	OPTION_SOFT_LIMIT,
	OPTION_RESERVE,
	OPTION_NODE,
	OPTION_ACCOUNT,
	OPTION_ZERO,
	OPTION_WARN_LIVE,
};

/* The kernel checks as well, but cannot say what is wrong. */
static void check_new_name(const struct argp_state *state, const char *name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-_.";

	check_heap_name(state, name);
	if (*name == '.')
		argp_error(state, "'%s': a heap's name does not start with '.'",
			   name);
	if (name[strspn(name, allowed)])
		argp_error(state,
			   "'%s': a heap's name has letters, digits, '-', '_' and '.'",
			   name);
}

static void parse_bound(struct argp_state *state, const char *option,
			const char *arg, uint64_t *bytes)
{
	int err = parse_limit(arg, bytes);

	if (err)
		argp_error(state, "%s '%s': %s", option, arg,
			   parse_bytes_error(err));
}

static error_t parse_create(int key, char *arg, struct argp_state *state)
{
	struct create_args *args = state->input;
	uint64_t node;
	int err;

	switch (key) {
	case OPTION_LIMIT:
		parse_bound(state, "--limit", arg, &args->limit_bytes);
		return 0;
	case OPTION_SOFT_LIMIT:
		parse_bound(state, "--soft-limit", arg,
			    &args->soft_limit_bytes);
		return 0;
	case OPTION_RESERVE:
		parse_bound(state, "--reserve", arg, &args->reserve_bytes);
		return 0;
	case OPTION_NODE:
		err = parse_u64(arg, INT_MAX, &node);
		if (err)
			argp_error(state, "--node '%s': %s", arg,
				   parse_error(err));
		args->node = node;
		args->flags |= KSPAN_HEAP_NODE;
		return 0;
	case OPTION_ACCOUNT:
		args->flags |= KSPAN_HEAP_ACCOUNT;
		return 0;
	case OPTION_ZERO:
		args->flags |= KSPAN_HEAP_ZERO_ON_DESTROY;
		return 0;
	case OPTION_WARN_LIVE:
		args->flags |= KSPAN_HEAP_WARN_LIVE;
		return 0;
	case ARGP_KEY_ARG:
		check_new_name(state, arg);
		break;
	}
	return heap_args_parse(key, arg, state);
}

static const struct argp_option create_options[] = {
	{ .name = "limit", .key = OPTION_LIMIT, .arg = "BYTES",
	  .doc = "Upper bound of the memory the heap may hold, with K, M, G "
		 "or T; 0 or none is no bound. Neither of the next two may be "
		 "above it" },
	{ .name = "soft-limit", .key = OPTION_SOFT_LIMIT, .arg = "BYTES",
	  .doc = "Give free memory back at once while the heap holds more "
		 "than this" },
	{ .name = "reserve", .key = OPTION_RESERVE, .arg = "BYTES",
	  .doc = "Memory that the heap keeps for times when the kernel has "
		 "none" },
	{ .name = "node", .key = OPTION_NODE, .arg = "N",
	  .doc = "Take memory from NUMA node N" },
	{ .name = "account", .key = OPTION_ACCOUNT,
	  .doc = "Charge the memory to the caller's memory cgroup" },
	{ .name = "zero-on-destroy", .key = OPTION_ZERO,
	  .doc = "Wipe the memory when the heap is destroyed" },
	{ .name = "warn-live", .key = OPTION_WARN_LIVE,
	  .doc = "Have the kernel log tell what is live when the heap is "
		 "destroyed" },
	{ 0 }
};

static void print_created(const struct create_args *args, uint64_t id)
{
	struct json_object *root = json_object_or_exit();

	json_add_string(root, "heap", args->heap.heap);
	json_add_u64(root, "id", id);
	json_add_u64(root, "limit_bytes", args->limit_bytes);
	json_add_u64(root, "soft_limit_bytes", args->soft_limit_bytes);
	json_add_u64(root, "reserve_bytes", args->reserve_bytes);
	json_add(root, "heap_flags", heap_flags_json(args->flags));
	json_add_int(root, "node", args->node);
	json_print(root);
}

/* Says which rule it was; false if that is not known. */
static bool explain(int fd, const struct create_args *args)
{
	const struct heap_limits limits = {
		.limit_bytes = args->limit_bytes,
		.soft_limit_bytes = args->soft_limit_bytes,
		.reserve_bytes = args->reserve_bytes,
	};

	if (explain_limits(fd, "create", args->heap.heap, &limits))
		return true;
	return args->flags & KSPAN_HEAP_NODE &&
	       explain_node("create", args->heap.heap, args->node);
}

int cmd_create(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.options = create_options,
		.parser = parse_create,
		.args_doc = "HEAP",
		.doc = "Make a heap. It lives until `kspan destroy' or until "
		       "the module is unloaded.",
		.children = tool_children,
	};
	struct create_args args = { .heap.tool = *tool, .node = -1 };
	struct kspan_ioc_heap_create ioc = { };
	bool explained;
	int err, fd, status;

	tool = &args.heap.tool;
	status = command_open(argc, argv, &argp, &args, tool, &fd);
	if (status)
		return status;

	ioc.limit_bytes = args.limit_bytes;
	ioc.soft_limit_bytes = args.soft_limit_bytes;
	ioc.min_reserve_bytes = args.reserve_bytes;
	ioc.heap_flags = args.flags;
	ioc.node = args.flags & KSPAN_HEAP_NODE ? args.node : 0;
	err = kspan_heap_make(fd, args.heap.heap, &ioc);
	explained = err == -EINVAL && explain(fd, &args);
	kspan_close(fd);
	if (explained)
		return TOOL_FAILED;
	if (err == -EEXIST) {
		tool_error("a heap named '%s' exists already", args.heap.heap);
		return TOOL_FAILED;
	}
	if (err)
		return tool_fail(tool, "create", args.heap.heap, err);
	if (tool->json)
		print_created(&args, ioc.id);
	return TOOL_OK;
}

int cmd_destroy(int argc, char **argv, const struct kspan_tool *tool)
{
	struct heap_args args = { .tool = *tool };
	int err, fd, status;

	status = heap_open(argc, argv,
			   "Free a heap made by `kspan create', and every "
			   "object in it. The default heap and the heaps of "
			   "modules stay.", &args, &fd);
	if (status)
		return status;

	err = kspan_heap_destroy(fd, args.heap);
	kspan_close(fd);
	if (err == -EBUSY) {
		tool_error("heap '%s' is in use by the module that made it",
			   args.heap);
		return TOOL_FAILED;
	}
	/* Privilege would not help here. */
	if (err == -EPERM && !strcmp(args.heap, "default")) {
		tool_error("the default heap cannot be destroyed");
		return TOOL_DENIED;
	}
	if (err)
		return tool_fail(&args.tool, "destroy", args.heap, err);
	if (args.tool.json)
		json_print_heap(args.heap);
	return TOOL_OK;
}
