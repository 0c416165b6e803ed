// SPDX-License-Identifier: GPL-2.0
/* kspan spans: every span of a heap. */
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "libkspan.h"
#include "tool.h"

static void print_json(const char *heap, const struct kspan_span_entry *spans,
		       size_t nspans)
{
	struct json_object *root = json_object_or_exit();
	struct json_object *array = json_array_or_exit();
	const struct kspan_span_entry *span;

	for (span = spans; span < spans + nspans; span++) {
		struct json_object *entry = json_object_or_exit();

		json_add_u64(entry, "arena", span->arena);
		json_add_u64(entry, "page", span->page);
		json_add_u64(entry, "npages", span->npages);
		json_add_u64(entry, "sizeclass", span->sizeclass);
		json_add_u64(entry, "size_bytes", span->size_bytes);
		json_add_u64(entry, "nelems", span->nelems);
		json_add_u64(entry, "alloc_count", span->alloc_count);
		json_add_u64(entry, "free_index", span->free_index);
		json_add_int(entry, "node", span->node);
		json_add_u64(entry, "needzero", span->needzero);
		json_append(array, entry);
	}
	json_add_string(root, "heap", heap);
	json_add(root, "spans", array);
	json_print(root);
}

static void print_text(const struct kspan_span_entry *spans, size_t nspans)
{
	const struct kspan_span_entry *span;

	printf("%7s %6s %7s %9s %12s %7s %11s %10s %5s %8s\n", "arena", "page",
	       "npages", "sizeclass", "size_bytes", "nelems", "alloc_count",
	       "free_index", "node", "needzero");
	for (span = spans; span < spans + nspans; span++)
		printf("%7llu %6u %7u %9u %12llu %7u %11u %10u %5d %8u\n",
		       span->arena, span->page, span->npages, span->sizeclass,
		       span->size_bytes, span->nelems, span->alloc_count,
		       span->free_index, span->node, span->needzero);
}

int cmd_spans(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.parser = heap_args_parse,
		.args_doc = "HEAP",
		.doc = "List every span of a heap. Size class 0 is a large "
		       "object. alloc_count counts the slots that are out of "
		       "the span: live, or in a CPU cache.",
		.children = tool_children,
	};
	struct heap_args args = { .tool = *tool };
	struct kspan_span_entry *spans;
	int err, fd, status;
	size_t nspans;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return TOOL_USAGE;
	status = tool_open(&args.tool, &fd);
	if (status)
		return status;

	err = kspan_spans(fd, args.heap, &spans, &nspans);
	kspan_close(fd);
	if (err)
		return tool_fail(&args.tool, "spans", args.heap, err);
	if (args.tool.json)
		print_json(args.heap, spans, nspans);
	else
		print_text(spans, nspans);
	free(spans);
	return TOOL_OK;
}
