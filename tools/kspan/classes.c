// SPDX-License-Identifier: GPL-2.0
/* kspan classes: what each size class and typed cache of a heap holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "libkspan.h"
#include "listing.h"
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

static uint64_t live_of(const void *entry)
{
	return live_bytes(entry);
}

static uint64_t waste_of(const void *entry)
{
	return waste_bytes(entry);
}

/* A size class has none. */
static void name_words(const void *entry, char words[FIELD_WORDS_BYTES])
{
	const struct kspan_class_entry *class = entry;

	if (class->name[0])
		printable(class->name, sizeof(class->name), words);
	else
		snprintf(words, FIELD_WORDS_BYTES, "-");
}

#define FIELD(field, kind, width) \
	LISTING_FIELD(kspan_class_entry, field, kind, width)

static const struct listing_field fields[] = {
	FIELD(sizeclass, FIELD_U32, 9),
	FIELD(size_bytes, FIELD_U32, 10),
	FIELD(span_pages, FIELD_U32, 10),
	FIELD(span_objects, FIELD_U32, 12),
	FIELD(spans, FIELD_U64, 8),
	FIELD(live_objects, FIELD_U64, 12),
	FIELD(cached_objects, FIELD_U64, 14),
	FIELD(free_objects, FIELD_U64, 12),
	FIELD(tail_bytes, FIELD_U64, 10),
	{ .name = "live_bytes", .kind = FIELD_NUMBER, .width = 14,
	  .number = live_of },
	{ .name = "waste_bytes", .kind = FIELD_NUMBER, .width = 14,
	  .number = waste_of },
	FIELD(allocs_total, FIELD_U64, 14),
	FIELD(frees_total, FIELD_U64, 14),
	FIELD(refills_total, FIELD_U64, 13),
	FIELD(flushes_total, FIELD_U64, 13),
	/* Last, as it may hold blanks. */
	{ .name = "name", .kind = FIELD_WORDS, .words = name_words },
};

static const struct listing listing = {
	.name = "classes",
	.entry_bytes = sizeof(struct kspan_class_entry),
	.fields = fields,
	.nr_fields = NR(fields),
};

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
		.doc = "List the size classes and typed caches of a heap that "
		       "have spans. "
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

	tool = &args.heap.tool;
	status = command_open(argc, argv, &argp, &args, tool, &fd);
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
	listing_print(&listing, tool, args.heap.heap, classes, nclasses);
	free(classes);
	return TOOL_OK;
}
