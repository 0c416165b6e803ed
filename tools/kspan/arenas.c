// SPDX-License-Identifier: GPL-2.0
/* kspan arenas: the arenas in which a heap has pages. */
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "libkspan.h"
#include "tool.h"

static void print_json(const char *heap,
		       const struct kspan_arena_entry *arenas, size_t narenas)
{
	struct json_object *root = json_object_or_exit();
	struct json_object *array = json_array_or_exit();
	const struct kspan_arena_entry *arena;

	for (arena = arenas; arena < arenas + narenas; arena++) {
		struct json_object *entry = json_object_or_exit();

		json_add_u64(entry, "arena", arena->arena);
		json_add_u64(entry, "chunks", arena->chunks);
		json_add_u64(entry, "owned_pages", arena->owned_pages);
		json_add_u64(entry, "free_pages", arena->free_pages);
		json_add_u64(entry, "longest_free_pages",
			     arena->longest_free_pages);
		json_append(array, entry);
	}
	json_add_string(root, "heap", heap);
	json_add(root, "arenas", array);
	json_print(root);
}

static void print_text(const struct kspan_arena_entry *arenas, size_t narenas)
{
	const struct kspan_arena_entry *arena;

	printf("%7s %6s %11s %10s %18s\n", "arena", "chunks", "owned_pages",
	       "free_pages", "longest_free_pages");
	for (arena = arenas; arena < arenas + narenas; arena++)
		printf("%7llu %6u %11u %10u %18u\n", arena->arena,
		       arena->chunks, arena->owned_pages, arena->free_pages,
		       arena->longest_free_pages);
}

int cmd_arenas(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.parser = heap_args_parse,
		.args_doc = "HEAP",
		.doc = "List the arenas in which a heap has pages, and how "
		       "many of the pages are in no span.",
		.children = tool_children,
	};
	struct heap_args args = { .tool = *tool };
	struct kspan_arena_entry *arenas;
	int err, fd, status;
	size_t narenas;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return TOOL_USAGE;
	status = tool_open(&args.tool, &fd);
	if (status)
		return status;

	err = kspan_arenas(fd, args.heap, &arenas, &narenas);
	kspan_close(fd);
	if (err)
		return tool_fail(&args.tool, "arenas", args.heap, err);
	if (args.tool.json)
		print_json(args.heap, arenas, narenas);
	else
		print_text(arenas, narenas);
	free(arenas);
	return TOOL_OK;
}
