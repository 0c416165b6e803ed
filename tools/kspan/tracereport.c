// SPDX-License-Identifier: GPL-2.0
/* What people and scripts read of a trace. */
#include <stdio.h>

#include "number.h"
#include "table.h"
#include "tracereport.h"

enum { SIZE_ROWS = 25 };		/* 1 byte .. 16 MB, in powers of two */

static const char *const init_names[TRACE_NR_INITS] = {
	[TRACE_INIT_OFF]	= "off",
	[TRACE_INIT_ON]		= "on",
	[TRACE_INIT_UNKNOWN]	= "unknown",
};

double waste(int64_t allocated_bytes, uint64_t requested_bytes)
{
	if (!requested_bytes)
		return 0;
	return 100.0 * allocated_bytes / requested_bytes - 100.0;
}

static void print_rounding(const char *what, uint64_t requested_bytes,
			   uint64_t allocated_bytes)
{
	char requested[HUMAN_BYTES], allocated[HUMAN_BYTES];

	printf("%-11s %s requested, %s with the kernel's rounding (+%.2f%%)\n",
	       what, format_bytes(requested_bytes, requested),
	       format_bytes(allocated_bytes, allocated),
	       waste(allocated_bytes, requested_bytes));
}

static void print_sizes(const struct trace *trace)
{
	uint64_t objects[SIZE_ROWS] = { 0 }, bytes[SIZE_ROWS] = { 0 };
	const struct trace_header *header = &trace->header;
	struct table *table;
	uint32_t i, size, row;

	for (i = 0; i < header->nr_events; i++) {
		if (trace->events[i].what & KSPAN_TRACE_FREE)
			continue;
		size = KSPAN_TRACE_BYTES(trace->events[i].what);
		row = size > 1 ? 32 - __builtin_clz(size - 1) : 0;
		objects[row]++;
		bytes[row] += size;
	}
	table = table_new();
	table_column(table, "size_bytes", TABLE_RIGHT, 15);
	table_column(table, "objects", TABLE_RIGHT, 12);
	table_column(table, "percent", TABLE_RIGHT, 7);
	table_column(table, "requested_bytes", TABLE_RIGHT, 15);
	table_column(table, "percent", TABLE_RIGHT, 7);
	for (row = 0; row < SIZE_ROWS; row++) {
		if (!objects[row])
			continue;
		table_text(table, "%u-%u",
			   row ? (1u << (row - 1)) + 1 : 1, 1u << row);
		table_u64(table, objects[row]);
		table_text(table, "%.2f", percent(objects[row], header->allocs));
		table_u64(table, bytes[row]);
		table_text(table, "%.2f",
			   percent(bytes[row], header->requested_bytes));
	}
	putchar('\n');
	table_print(table);
}

void trace_print(const char *path, const struct trace *trace)
{
	const struct trace_header *header = &trace->header;
	char live[HUMAN_BYTES], peak[HUMAN_BYTES];

	printf("%-11s %s: %u events in %.2f s, CPUs %u, kernel %s, init_on_alloc %s\n",
	       "trace", path, header->nr_events, header->duration_ns / 1e9,
	       header->nr_cpus, header->kernel,
	       init_names[header->init_on_alloc]);
	printf("%-11s %llu, kmalloc's %llu; frees %llu\n", "allocations",
	       (unsigned long long)header->allocs,
	       (unsigned long long)header->kmalloc_allocs,
	       (unsigned long long)header->frees);
	printf("%-11s %s at the peak, %s (%llu objects) at the end\n", "live",
	       format_bytes(header->peak_bytes, peak),
	       format_bytes(header->live_bytes, live),
	       (unsigned long long)header->live_objects);
	print_rounding("all", header->requested_bytes, header->allocated_bytes);
	print_rounding("kmalloc", header->kmalloc_requested_bytes,
		       header->kmalloc_allocated_bytes);
	printf("%-11s %llu events; left out: %llu frees of older objects, %llu failed allocs\n",
	       "lost", (unsigned long long)header->lost_events,
	       (unsigned long long)header->unknown_frees,
	       (unsigned long long)header->failed_allocs);
	printf("%-11s %llu frees, seen only when the memory was used again\n",
	       "late", (unsigned long long)header->missed_frees);
	print_sizes(trace);
}

struct json_object *trace_json(const char *path,
			       const struct trace_header *header)
{
	struct json_object *object = json_object_or_exit();

	json_add_string(object, "file", path);
	json_add_string(object, "kernel", header->kernel);
	json_add_string(object, "init_on_alloc",
			init_names[header->init_on_alloc]);
	json_add_string(object, "command", header->command);
	json_add_u64(object, "duration_ns", header->duration_ns);
	json_add_u64(object, "cpus", header->nr_cpus);
	json_add_u64(object, "events", header->nr_events);
	json_add_u64(object, "slots", header->nr_slots);
	json_add_u64(object, "allocs", header->allocs);
	json_add_u64(object, "frees", header->frees);
	json_add_u64(object, "requested_bytes", header->requested_bytes);
	json_add_u64(object, "allocated_bytes", header->allocated_bytes);
	json_add_u64(object, "peak_bytes", header->peak_bytes);
	json_add_u64(object, "live_bytes", header->live_bytes);
	json_add_u64(object, "live_objects", header->live_objects);
	json_add_u64(object, "kmalloc_allocs", header->kmalloc_allocs);
	json_add_u64(object, "kmalloc_requested_bytes",
		     header->kmalloc_requested_bytes);
	json_add_u64(object, "kmalloc_allocated_bytes",
		     header->kmalloc_allocated_bytes);
	json_add_u64(object, "lost_events", header->lost_events);
	json_add_u64(object, "unknown_frees", header->unknown_frees);
	json_add_u64(object, "missed_frees", header->missed_frees);
	json_add_u64(object, "failed_allocs", header->failed_allocs);
	return object;
}
