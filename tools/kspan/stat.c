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
#include "tool.h"

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
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

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

static void print_row(const char *name, uint64_t bytes, uint64_t whole_bytes)
{
	char human[HUMAN_BYTES];

	printf("%-20s %20llu %10s %7.1f%%\n", name, (unsigned long long)bytes,
	       format_bytes(bytes, human), percent(bytes, whole_bytes));
}

static void print_text(const char *heap, const struct kspan_heap_stats *stats)
{
	size_t i;

	printf("heap %s\n\n", heap);
	printf("%-20s %20s %10s %8s\n", "balance", "bytes", "human",
	       "percent");
	for (i = 0; i < NR(parts); i++)
		print_row(parts[i].name, value(stats, &parts[i]),
			  stats->backing_bytes);
	printf("%-20s %20s %10s %8s\n", "--------------------",
	       "--------------------", "----------", "--------");
	print_row("backing_bytes", stats->backing_bytes, stats->backing_bytes);
	putchar('\n');
	print_row("metadata_bytes", stats->metadata_bytes,
		  stats->backing_bytes);
	if (stats->limit_bytes)
		print_row("limit_bytes", stats->limit_bytes,
			  stats->backing_bytes);
	else
		printf("%-20s %20s\n", "limit_bytes", "none");

	printf("\n%-20s %20s\n", "counter", "value");
	for (i = 0; i < NR(counters); i++)
		printf("%-20s %20llu\n", counters[i].name,
		       (unsigned long long)value(stats, &counters[i]));
}

int cmd_stat(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.parser = heap_args_parse,
		.args_doc = "[HEAP]",
		.doc = "Show where the memory of a heap is, and its counters. "
		       "HEAP is the default heap unless named.\v"
		       "  live_bytes       handed out\n"
		       "  cached_bytes     slots in CPU caches\n"
		       "  span_free_bytes  free slots in spans\n"
		       "  tail_bytes       ends of spans where no slot fits\n"
		       "  page_free_bytes  pages in no span\n"
		       "  backing_bytes    taken from the kernel: the sum\n",
		.children = tool_children,
	};
	struct heap_args args = { .tool = *tool, .heap = "default" };
	struct kspan_heap_stats stats;
	int err, fd, status;
	uint64_t sum_bytes;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return TOOL_USAGE;
	status = tool_open(&args.tool, &fd);
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
