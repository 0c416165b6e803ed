// SPDX-License-Identifier: GPL-2.0
/* kspan gc: what the collector of a heap has done, and a cycle now. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "json.h"
#include "libkspan.h"
#include "number.h"
#include "table.h"
#include "tool.h"

enum {
	OPTION_COLLECT	= 0x200,

	NAME_WIDTH	= 19,
	NUMBER_WIDTH	= 20,
	PAUSE_WIDTH	= 19,
};

struct gc_args {
	struct heap_args heap;
	bool collect;
};

struct field {
	const char *name;
	size_t offset;
};

#define FIELD(name) { #name, offsetof(struct kspan_gc_stats, name) }

static const struct field fields[] = {
	FIELD(cycles_total),
	FIELD(cycles_forced_total),
	FIELD(marked_bytes),
	FIELD(swept_bytes),
	FIELD(freed_objects_total),
	FIELD(goal_bytes),
	FIELD(trigger_bytes),
	FIELD(assist_ns_total),
	FIELD(mark_ns_total),
	FIELD(sweep_ns_total),
	FIELD(cycle_ns),
	FIELD(overflows_total),
	FIELD(cleanups_total),
	FIELD(zombies_total),
	FIELD(worker_ns_total),
	FIELD(share_per_mille),
	FIELD(spared_total),
	FIELD(swept_by_need_total),
};

static uint64_t value(const struct kspan_gc_stats *stats,
		      const struct field *field)
{
	return *(const __u64 *)((const char *)stats + field->offset);
}

/* The shortest pause of a row. */
static uint64_t row_ns(unsigned int row)
{
	return row ? UINT64_C(1) << row : 0;
}

static void print_json(const char *heap, const struct kspan_gc_stats *stats)
{
	struct json_object *root = json_object_or_exit();
	struct json_object *pauses = json_array_or_exit();
	unsigned int i;

	json_add_string(root, "heap", heap);
	for (i = 0; i < NR(fields); i++)
		json_add_u64(root, fields[i].name, value(stats, &fields[i]));
	for (i = 0; i < KSPAN_GC_PAUSE_BUCKETS; i++) {
		struct json_object *row;

		if (!stats->pause_ns_hist[i])
			continue;
		row = json_object_or_exit();
		json_add_u64(row, "from_ns", row_ns(i));
		json_add_u64(row, "pauses", stats->pause_ns_hist[i]);
		json_append(pauses, row);
	}
	json_add(root, "pause_ns_hist", pauses);
	json_print(root);
}

static void print_fields(const struct kspan_gc_stats *stats)
{
	struct table *table = table_new();
	unsigned int i;

	table_column(table, "counter", TABLE_LEFT, NAME_WIDTH);
	table_column(table, "value", TABLE_RIGHT, NUMBER_WIDTH);
	for (i = 0; i < NR(fields); i++) {
		uint64_t number = value(stats, &fields[i]);

		table_text(table, "%s", fields[i].name);
		/* Of a heap without automatic cycles. */
		if (number == UINT64_MAX)
			table_text(table, "none");
		else
			table_u64(table, number);
	}
	table_print(table);
}

static void print_pauses(const struct kspan_gc_stats *stats)
{
	struct table *table = NULL;
	unsigned int i;

	for (i = 0; i < KSPAN_GC_PAUSE_BUCKETS; i++) {
		if (!stats->pause_ns_hist[i])
			continue;
		if (!table) {
			putchar('\n');
			table = table_new();
			table_column(table, "pauses_from_ns", TABLE_RIGHT,
				     PAUSE_WIDTH);
			table_column(table, "pauses", TABLE_RIGHT,
				     NUMBER_WIDTH);
		}
		table_u64(table, row_ns(i));
		table_u64(table, stats->pause_ns_hist[i]);
	}
	if (table)
		table_print(table);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct gc_args *args = state->input;

	if (key == OPTION_COLLECT) {
		args->collect = true;
		return 0;
	}
	return heap_args_parse(key, arg, state);
}

int cmd_gc(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp_option options[] = {
		{ .name = "collect", .key = OPTION_COLLECT,
		  .doc = "Collect first: a whole cycle" },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "HEAP",
		.doc = "Show what the collector of a heap has done. Only heaps "
		       "that a module has made with KSPAN_HEAP_GC have one.",
		.children = tool_children,
	};
	struct gc_args args = { .heap.tool = *tool };
	struct kspan_gc_stats stats;
	int err, fd, status;

	tool = &args.heap.tool;
	status = command_open(argc, argv, &argp, &args, tool, &fd);
	if (status)
		return status;

	err = kspan_gc(fd, args.heap.heap, args.collect, &stats);
	kspan_close(fd);
	if (err == -EOPNOTSUPP) {
		tool_error("heap '%s' is not collected", args.heap.heap);
		return TOOL_FAILED;
	}
	if (err)
		return tool_fail(tool, args.collect ? "collect" : "gc",
				 args.heap.heap, err);
	if (tool->json) {
		print_json(args.heap.heap, &stats);
	} else {
		printf("heap %s\n\n", args.heap.heap);
		print_fields(&stats);
		print_pauses(&stats);
	}
	return TOOL_OK;
}
