// SPDX-License-Identifier: GPL-2.0
/* kspan classes: what each size class of a heap holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "libkspan.h"
#include "number.h"
#include "tool.h"

struct classes_args {
	struct heap_args heap;
	int (*compare)(const void *a, const void *b);
	uint64_t top;
	bool all;
};

enum {
	OPTION_SORT = 0x200,
	OPTION_TOP,
	OPTION_ALL,
};

static uint64_t live_bytes(const struct kspan_class_entry *class)
{
	return class->live_objects * class->size_bytes;
}

/* What the class holds and no user has. */
static uint64_t waste_bytes(const struct kspan_class_entry *class)
{
	return (class->cached_objects + class->free_objects) *
	       class->size_bytes + class->tail_bytes;
}

static int compare_sizes(const void *a, const void *b)
{
	const struct kspan_class_entry *x = a, *y = b;

	return (x->sizeclass > y->sizeclass) - (x->sizeclass < y->sizeclass);
}

/* The largest first; classes alike stay in the order of their sizes. */
static int compare_live(const void *a, const void *b)
{
	uint64_t x = live_bytes(a), y = live_bytes(b);

	return x == y ? compare_sizes(a, b) : (x < y) - (x > y);
}

static int compare_waste(const void *a, const void *b)
{
	uint64_t x = waste_bytes(a), y = waste_bytes(b);

	return x == y ? compare_sizes(a, b) : (x < y) - (x > y);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct classes_args *args = state->input;
	int err;

	switch (key) {
	case OPTION_SORT:
		if (!strcmp(arg, "size"))
			args->compare = compare_sizes;
		else if (!strcmp(arg, "live"))
			args->compare = compare_live;
		else if (!strcmp(arg, "waste"))
			args->compare = compare_waste;
		else
			argp_error(state,
				   "--sort '%s': not one of size, live, waste",
				   arg);
		return 0;
	case OPTION_TOP:
		err = parse_u64(arg, UINT32_MAX, &args->top);
		if (err)
			argp_error(state, "--top '%s': %s", arg,
				   parse_error(err));
		return 0;
	case OPTION_ALL:
		args->all = true;
		return 0;
	default:
		return heap_args_parse(key, arg, state);
	}
}

/* Drops the classes that have no memory; returns how many are left. */
static size_t drop_empty(struct kspan_class_entry *classes, size_t nclasses)
{
	size_t i, kept = 0;

	for (i = 0; i < nclasses; i++)
		if (classes[i].spans)
			classes[kept++] = classes[i];
	return kept;
}

static void print_json(const char *heap,
		       const struct kspan_class_entry *classes, size_t nclasses)
{
	struct json_object *root = json_object_or_exit();
	struct json_object *array = json_array_or_exit();
	const struct kspan_class_entry *class;

	for (class = classes; class < classes + nclasses; class++) {
		struct json_object *entry = json_object_or_exit();

		json_add_u64(entry, "sizeclass", class->sizeclass);
		json_add_u64(entry, "size_bytes", class->size_bytes);
		json_add_u64(entry, "span_pages", class->span_pages);
		json_add_u64(entry, "span_objects", class->span_objects);
		json_add_u64(entry, "spans", class->spans);
		json_add_u64(entry, "live_objects", class->live_objects);
		json_add_u64(entry, "cached_objects", class->cached_objects);
		json_add_u64(entry, "free_objects", class->free_objects);
		json_add_u64(entry, "tail_bytes", class->tail_bytes);
		json_add_u64(entry, "live_bytes", live_bytes(class));
		json_add_u64(entry, "waste_bytes", waste_bytes(class));
		json_add_u64(entry, "allocs_total", class->allocs_total);
		json_add_u64(entry, "frees_total", class->frees_total);
		json_add_u64(entry, "refills_total", class->refills_total);
		json_add_u64(entry, "flushes_total", class->flushes_total);
		json_append(array, entry);
	}
	json_add_string(root, "heap", heap);
	json_add(root, "classes", array);
	json_print(root);
}

static void print_text(const struct kspan_class_entry *classes, size_t nclasses)
{
	const struct kspan_class_entry *class;

	printf("%9s %10s %10s %12s %8s %12s %14s %12s %10s %14s %14s ",
	       "sizeclass", "size_bytes", "span_pages", "span_objects", "spans",
	       "live_objects", "cached_objects", "free_objects", "tail_bytes",
	       "live_bytes", "waste_bytes");
	printf("%14s %14s %13s %13s\n", "allocs_total", "frees_total",
	       "refills_total", "flushes_total");
	for (class = classes; class < classes + nclasses; class++) {
		printf("%9u %10u %10u %12u %8llu ", class->sizeclass,
		       class->size_bytes, class->span_pages,
		       class->span_objects, class->spans);
		printf("%12llu %14llu %12llu %10llu %14llu %14llu ",
		       class->live_objects, class->cached_objects,
		       class->free_objects, class->tail_bytes,
		       (unsigned long long)live_bytes(class),
		       (unsigned long long)waste_bytes(class));
		printf("%14llu %14llu %13llu %13llu\n", class->allocs_total,
		       class->frees_total, class->refills_total,
		       class->flushes_total);
	}
}

static const struct argp_option options[] = {
	{ .name = "sort", .key = OPTION_SORT, .arg = "ORDER",
	  .doc = "size (smallest first), live or waste (most bytes first)" },
	{ .name = "top", .key = OPTION_TOP, .arg = "N",
	  .doc = "Print only the first N classes" },
	{ .name = "all", .key = OPTION_ALL,
	  .doc = "Print classes without a span, too" },
	{ 0 }
};

int cmd_classes(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "HEAP",
		.doc = "List the size classes of a heap that have spans. "
		       "waste_bytes is what a class holds and no user has: "
		       "cached and free slots, and the ends of spans.",
		.children = tool_children,
	};
	struct classes_args args = {
		.heap.tool = *tool,
		.compare = compare_sizes,
		.top = UINT64_MAX,
	};
	struct kspan_class_entry *classes;
	size_t nclasses;
	int err, fd, status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return TOOL_USAGE;
	tool = &args.heap.tool;
	status = tool_open(tool, &fd);
	if (status)
		return status;

	err = kspan_classes(fd, args.heap.heap, &classes, &nclasses);
	kspan_close(fd);
	if (err)
		return tool_fail(tool, "classes", args.heap.heap, err);
	if (!args.all)
		nclasses = drop_empty(classes, nclasses);
	qsort(classes, nclasses, sizeof(*classes), args.compare);
	if (nclasses > args.top)
		nclasses = args.top;
	if (tool->json)
		print_json(args.heap.heap, classes, nclasses);
	else
		print_text(classes, nclasses);
	free(classes);
	return TOOL_OK;
}
