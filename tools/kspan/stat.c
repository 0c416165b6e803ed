// SPDX-License-Identifier: GPL-2.0
/*
 * kspan stat: the balance sheet of a heap, printed as a sum, so that a reader
 * sees where each byte is; the counters follow.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "json.h"
#include "libkspan.h"
#include "number.h"
#include "table.h"
#include "tool.h"

enum {
	NAME_WIDTH	= 19,
	NUMBER_WIDTH	= 20,
};

struct field {
	const char *name;
	size_t offset;
};

#define FIELD(name) { #name, offsetof(struct kspan_heap_stats, name) }

/* The parts of backing_bytes. */
static const struct field parts[] = {
	FIELD(live_bytes),
	FIELD(cached_bytes),
	FIELD(span_free_bytes),
	FIELD(tail_bytes),
	FIELD(page_free_bytes),
};

static const struct field counters[] = {
	FIELD(live_objects),
	FIELD(allocs_total),
	FIELD(frees_total),
	FIELD(large_objects),
	FIELD(large_bytes),
	FIELD(spans),
	FIELD(arenas),
	FIELD(refills_total),
	FIELD(flushes_total),
	FIELD(grown_bytes_total),
	FIELD(released_bytes_total),
	FIELD(limit_hits_total),
	FIELD(bad_frees_total),
	FIELD(soft_limit_bytes),
	FIELD(soft_limit_hits_total),
	FIELD(reserve_bytes),
	FIELD(reserve_free_bytes),
	FIELD(ready_bytes),
	FIELD(released_background_bytes_total),
	FIELD(released_pressure_bytes_total),
	FIELD(released_explicit_bytes_total),
	FIELD(released_limit_bytes_total),
	FIELD(retaken_bytes_total),
	FIELD(stack_overflows_total),
	FIELD(member_frees_total),
};

static uint64_t value(const struct kspan_heap_stats *stats,
		      const struct field *field)
{
	return *(const __u64 *)((const char *)stats + field->offset);
}

static uint64_t sum_of_parts(const struct kspan_heap_stats *stats)
{
	uint64_t sum_bytes = 0;
	size_t i;

	for (i = 0; i < NR(parts); i++)
		sum_bytes += value(stats, &parts[i]);
	return sum_bytes;
}

static void print_json(const char *heap, const struct kspan_heap_stats *stats)
{
	struct json_object *root = json_object_or_exit();
	size_t i;

	json_add_string(root, "heap", heap);
	json_add_u64(root, "backing_bytes", stats->backing_bytes);
	for (i = 0; i < NR(parts); i++)
		json_add_u64(root, parts[i].name, value(stats, &parts[i]));
	json_add_u64(root, "metadata_bytes", stats->metadata_bytes);
	json_add_u64(root, "limit_bytes", stats->limit_bytes);
	for (i = 0; i < NR(counters); i++)
		json_add_u64(root, counters[i].name,
			     value(stats, &counters[i]));
	json_print(root);
}

static void add_row(struct table *table, const char *name, uint64_t bytes,
		    uint64_t whole_bytes)
{
	char human[HUMAN_BYTES];

	table_text(table, "%s", name);
	table_u64(table, bytes);
	table_text(table, "%s", format_bytes(bytes, human));
	table_text(table, "%.1f%%", percent(bytes, whole_bytes));
}

static void print_balance(const struct kspan_heap_stats *stats)
{
	uint64_t whole_bytes = stats->backing_bytes;
	struct table *table = table_new();
	size_t i;

	table_column(table, "balance", TABLE_LEFT, NAME_WIDTH);
	table_column(table, "bytes", TABLE_RIGHT, NUMBER_WIDTH);
	table_column(table, "human", TABLE_RIGHT, 9);
	table_column(table, "percent", TABLE_RIGHT, 7);
	for (i = 0; i < NR(parts); i++)
		add_row(table, parts[i].name, value(stats, &parts[i]),
			whole_bytes);
	table_rule(table);
	add_row(table, "backing_bytes", whole_bytes, whole_bytes);
	add_row(table, "metadata_bytes", stats->metadata_bytes, whole_bytes);
	if (stats->limit_bytes) {
		add_row(table, "limit_bytes", stats->limit_bytes, whole_bytes);
	} else {
		table_text(table, "limit_bytes");
		table_text(table, "none");
		table_none(table);
		table_none(table);
	}
	table_print(table);
}

static void print_counters(const struct kspan_heap_stats *stats)
{
	struct table *table = table_new();
	size_t i;

	table_column(table, "counter", TABLE_LEFT, NAME_WIDTH);
	table_column(table, "value", TABLE_RIGHT, NUMBER_WIDTH);
	for (i = 0; i < NR(counters); i++) {
		table_text(table, "%s", counters[i].name);
		table_u64(table, value(stats, &counters[i]));
	}
	table_print(table);
}

static void print_text(const char *heap, const struct kspan_heap_stats *stats)
{
	printf("heap %s\n\n", heap);
	print_balance(stats);
	putchar('\n');
	print_counters(stats);
}

static const char doc[] =
	"Show where the memory of a heap is, and its counters. HEAP is the "
	"default heap unless you name one.\v"
	"  live_bytes       handed out\n"
	"  cached_bytes     slots in CPU caches\n"
	"  span_free_bytes  free slots in spans\n"
	"  tail_bytes       ends of spans where no slot fits\n"
	"  page_free_bytes  pages in no span\n"
	"  backing_bytes    taken from the kernel: the sum\n";

int cmd_stat(int argc, char **argv, const struct kspan_tool *tool)
{
	struct heap_args args = { .tool = *tool, .heap = "default" };
	struct kspan_heap_stats stats;
	int err, fd, status;
	uint64_t sum_bytes;

	status = heap_open(argc, argv, doc, &args, &fd);
	if (status)
		return status;

	err = kspan_stats(fd, args.heap, &stats);
	kspan_close(fd);
	if (err)
		return tool_fail(&args.tool, "stat", args.heap, err);
	if (args.tool.json)
		print_json(args.heap, &stats);
	else
		print_text(args.heap, &stats);

	/* A sheet that does not add up must not pass for a good one. */
	sum_bytes = sum_of_parts(&stats);
	if (sum_bytes != stats.backing_bytes) {
		tool_error("heap '%s': the parts sum up to %llu bytes, not to backing_bytes",
			   args.heap, (unsigned long long)sum_bytes);
		return TOOL_FAILED;
	}
	return TOOL_OK;
}
