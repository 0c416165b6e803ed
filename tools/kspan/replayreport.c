// SPDX-License-Identifier: GPL-2.0
/* The backends of a replay, side by side. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "replay.h"
#include "tool.h"
#include "tracereport.h"
#include "verdict.h"

const char *const replay_backends[KSPAN_BENCH_NR_BACKENDS] = {
	[KSPAN_BENCH_NULL]		= "none",
	[KSPAN_BENCH_KSPAN]		= "kspan",
	[KSPAN_BENCH_KMALLOC]		= "kmalloc",
	[KSPAN_BENCH_KMEM_CACHE]	= "kmem_cache",
};

/* A figure of one replay, as it stands in the kernel's answer. */
struct figure {
	const char *name;
	size_t offset;
	size_t base_offset;	/* shown in percent above this; 0: not */
};

#define FIGURE(field) \
	{ #field, offsetof(struct kspan_bench_ioc_replay, field), 0 }
#define FIGURE_ABOVE(field, base) \
	{ #field, offsetof(struct kspan_bench_ioc_replay, field), \
	  offsetof(struct kspan_bench_ioc_replay, base) }

static const struct figure memory_figures[] = {
	FIGURE(peak.objects),
	FIGURE(peak.requested_bytes),
	FIGURE_ABOVE(peak.slot_bytes, peak.requested_bytes),
	FIGURE_ABOVE(peak.held_bytes, peak.requested_bytes),
	FIGURE(peak.metadata_bytes),
	FIGURE(end.objects),
	FIGURE(end.requested_bytes),
	FIGURE_ABOVE(end.slot_bytes, end.requested_bytes),
	FIGURE_ABOVE(end.held_bytes, end.requested_bytes),
	FIGURE(end.metadata_bytes),
	FIGURE(held_max_bytes),
	FIGURE(held_freed_bytes),
	FIGURE(held_returned_bytes),
	FIGURE(allocs),
	FIGURE(frees),
	FIGURE(failures),
	FIGURE(corruptions),
};

#define FIGURE_THINNED(text, i) \
	{ text, offsetof(struct kspan_bench_ioc_replay, held_thinned_bytes[i]), \
	  offsetof(struct kspan_bench_ioc_replay, thinned.requested_bytes) }

static const struct figure thinned_figures[] = {
	FIGURE(thinned.objects),
	FIGURE(thinned.requested_bytes),
	FIGURE_ABOVE(thinned.held_bytes, thinned.requested_bytes),
	FIGURE_THINNED("held_thinned_0s_bytes", 0),
	FIGURE_THINNED("held_thinned_1s_bytes", 1),
	FIGURE_THINNED("held_thinned_10s_bytes", 2),
};

#define NR_THINNED_FIGURES \
	(sizeof(thinned_figures) / sizeof(thinned_figures[0]))
#define NR_MEMORY_FIGURES (sizeof(memory_figures) / sizeof(memory_figures[0]))

/* All figures have eight bytes; none reaches the sign. */
static int64_t value_at(const struct kspan_bench_ioc_replay *replay,
			size_t offset)
{
	int64_t value;

	memcpy(&value, (const char *)replay + offset, sizeof(value));
	return value;
}

/* Held beyond what was requested, over all samples. */
static double mean_waste(const struct kspan_bench_ioc_replay *replay)
{
	return waste(replay->held_sum_bytes, replay->requested_sum_bytes);
}

/* ---- text ------------------------------------------------------------------ */

static void print_header(const struct replay_report *report)
{
	unsigned int i;

	printf("%-22s", "");
	for (i = 0; i < KSPAN_BENCH_NR_BACKENDS; i++)
		if (report->results[i].done)
			printf(" %14s %9s", replay_backends[i], "");
	putchar('\n');
}

static void print_figure(const struct replay_report *report,
			 const struct figure *figure)
{
	const struct kspan_bench_ioc_replay *replay;
	int64_t value;
	unsigned int i;

	printf("%-22s", figure->name);
	for (i = 0; i < KSPAN_BENCH_NR_BACKENDS; i++) {
		if (!report->results[i].done)
			continue;
		replay = &report->results[i].memory;
		value = value_at(replay, figure->offset);
		printf(" %14lld", (long long)value);
		if (figure->base_offset)
			printf(" %+8.2f%%",
			       waste(value, value_at(replay,
						     figure->base_offset)));
		else
			printf(" %9s", "");
	}
	putchar('\n');
}

static void print_memory(const struct replay_report *report)
{
	const struct kspan_bench_ioc_replay *empty =
		&report->results[KSPAN_BENCH_NULL].memory;
	size_t i;

	for (i = 0; i < NR_MEMORY_FIGURES; i++)
		print_figure(report, &memory_figures[i]);
	for (i = 0; report->has_thinned && i < NR_THINNED_FIGURES; i++)
		print_figure(report, &thinned_figures[i]);
	printf("%-22s", "held_mean_percent");
	for (i = 0; i < KSPAN_BENCH_NR_BACKENDS; i++)
		if (report->results[i].done)
			printf(" %14s %+8.2f%%", "",
			       mean_waste(&report->results[i].memory));
	puts("\nheld_bytes beside kspan's is the growth of the machine's slab pages:");
	printf("%lld at the peak and %lld at the end of an empty replay\n",
	       (long long)empty->peak.held_bytes,
	       (long long)empty->end.held_bytes);
}

static void print_speed_row(const struct replay_report *report,
			    const char *name, size_t offset, double factor)
{
	const struct replay_speed *speed;
	unsigned int i;
	double ticks;

	printf("%-22s", name);
	for (i = 0; i < KSPAN_BENCH_NR_BACKENDS; i++) {
		if (!report->results[i].done)
			continue;
		speed = &report->results[i].speed;
		memcpy(&ticks, (const char *)speed + offset, sizeof(ticks));
		printf(" %14.1f %9s", ticks * factor, "");
	}
	putchar('\n');
}

static void print_speed(const struct replay_report *report)
{
	double ns = report->ns_per_tick;

	print_speed_row(report, "ns_per_operation",
			offsetof(struct replay_speed, median_ticks), ns);
	print_speed_row(report, "ns_fastest",
			offsetof(struct replay_speed, min_ticks), ns);
	print_speed_row(report, "ns_slowest",
			offsetof(struct replay_speed, max_ticks), ns);
	print_speed_row(report, "ticks_per_operation",
			offsetof(struct replay_speed, median_ticks), 1);
	printf("median of %u replays; the replay itself, %.1f ticks, is subtracted\n",
	       report->repeats,
	       report->results[KSPAN_BENCH_NULL].speed.median_ticks);
}

static void print_verdicts(const struct replay_report *report)
{
	struct verdict verdict;
	char text[512];
	unsigned int i;

	for (i = KSPAN_BENCH_KMALLOC; i < KSPAN_BENCH_NR_BACKENDS; i++) {
		verdict = verdict_of(report, i);
		verdict_write(&verdict, replay_backends[i], text, sizeof(text));
		if (*text)
			printf("\n%s\n", text);
	}
}

void replay_print(const struct replay_report *report)
{
	const struct trace_header *header = &report->trace->header;

	printf("%s: %s%u events recorded on %s; %llu objects of kmalloc, %llu of %u caches\n",
	       report->path, report->is_part ? "a part, " : "",
	       header->nr_events, header->kernel,
	       (unsigned long long)header->kmalloc_allocs,
	       (unsigned long long)(header->allocs - header->kmalloc_allocs),
	       report->nr_caches);
	print_header(report);
	if (report->has_memory)
		print_memory(report);
	if (report->has_speed)
		print_speed(report);
	print_verdicts(report);
}

/* ---- JSON ------------------------------------------------------------------ */

static void add_double(struct json_object *object, const char *key,
		       double value)
{
	json_add(object, key, json_object_new_double(value));
}

static struct json_object *point_json(const struct kspan_bench_memory *point)
{
	struct json_object *object = json_object_or_exit();

	json_add_u64(object, "objects", point->objects);
	json_add_u64(object, "requested_bytes", point->requested_bytes);
	json_add_u64(object, "slot_bytes", point->slot_bytes);
	json_add_int(object, "held_bytes", point->held_bytes);
	json_add_u64(object, "metadata_bytes", point->metadata_bytes);
	add_double(object, "slot_waste_percent",
		   waste(point->slot_bytes, point->requested_bytes));
	add_double(object, "held_waste_percent",
		   waste(point->held_bytes, point->requested_bytes));
	return object;
}

static struct json_object *
memory_json(const struct kspan_bench_ioc_replay *replay, bool thinned)
{
	struct json_object *object = json_object_or_exit();

	json_add_u64(object, "cpus", replay->nr_cpus);
	json_add_u64(object, "allocs", replay->allocs);
	json_add_u64(object, "frees", replay->frees);
	json_add_u64(object, "failures", replay->failures);
	json_add_u64(object, "corruptions", replay->corruptions);
	json_add_u64(object, "handovers", replay->handovers);
	json_add(object, "peak", point_json(&replay->peak));
	json_add(object, "end", point_json(&replay->end));
	json_add_u64(object, "samples", replay->samples);
	json_add_int(object, "held_max_bytes", replay->held_max_bytes);
	add_double(object, "held_mean_waste_percent", mean_waste(replay));
	json_add_int(object, "held_freed_bytes", replay->held_freed_bytes);
	json_add_int(object, "held_returned_bytes",
		     replay->held_returned_bytes);
	if (!thinned)
		return object;
	json_add(object, "thinned", point_json(&replay->thinned));
	json_add_int(object, "held_thinned_0s_bytes",
		     replay->held_thinned_bytes[0]);
	json_add_int(object, "held_thinned_1s_bytes",
		     replay->held_thinned_bytes[1]);
	json_add_int(object, "held_thinned_10s_bytes",
		     replay->held_thinned_bytes[2]);
	return object;
}

static struct json_object *speed_json(const struct replay_report *report,
				      const struct replay_speed *speed)
{
	struct json_object *object = json_object_or_exit();
	double ns = report->ns_per_tick;

	add_double(object, "ticks_per_operation", speed->median_ticks);
	add_double(object, "ticks_per_operation_min", speed->min_ticks);
	add_double(object, "ticks_per_operation_max", speed->max_ticks);
	add_double(object, "ns_per_operation", speed->median_ticks * ns);
	add_double(object, "ns_per_operation_min", speed->min_ticks * ns);
	add_double(object, "ns_per_operation_max", speed->max_ticks * ns);
	json_add_u64(object, "runs", report->repeats);
	return object;
}

/* Null is what cannot be told apart. */
static void add_if(struct json_object *object, const char *key, bool is_told,
		   double value)
{
	if (is_told)
		add_double(object, key, value);
	else if (json_object_object_add(object, key, NULL))
		tool_need(NULL);
}

static struct json_object *verdict_json(const struct replay_report *report,
					unsigned int backend)
{
	struct json_object *object = json_object_or_exit();
	struct verdict verdict = verdict_of(report, backend);
	char text[512];

	verdict_write(&verdict, replay_backends[backend], text, sizeof(text));
	json_add_string(object, "text", text);
	if (verdict.memory_differs)
		json_add_int(object, "saved_bytes", verdict.saved_bytes);
	else if (json_object_object_add(object, "saved_bytes", NULL))
		tool_need(NULL);
	add_if(object, "saved_percent", verdict.memory_differs,
	       verdict.saved_percent);
	add_if(object, "time_ratio", verdict.time_differs, verdict.time_ratio);
	add_if(object, "time_ratio_min", verdict.time_differs,
	       verdict.min_time_ratio);
	add_if(object, "time_ratio_max", verdict.time_differs,
	       verdict.max_time_ratio);
	return object;
}

void replay_print_json(const struct replay_report *report)
{
	struct json_object *root = json_object_or_exit();
	struct json_object *backends = json_object_or_exit();
	const struct replay_result *result;
	unsigned int i;

	json_add(root, "trace",
		 trace_json(report->path, &report->trace->header));
	for (i = 0; i < KSPAN_BENCH_NR_BACKENDS; i++) {
		struct json_object *backend;

		result = &report->results[i];
		if (!result->done &&
		    !(i == KSPAN_BENCH_NULL && report->has_memory))
			continue;
		backend = json_object_or_exit();
		if (report->has_memory)
			json_add(backend, "memory",
				 memory_json(&result->memory,
					     report->has_thinned));
		if (report->has_speed && result->done)
			json_add(backend, "speed",
				 speed_json(report, &result->speed));
		if (i >= KSPAN_BENCH_KMALLOC &&
		    report->results[KSPAN_BENCH_KSPAN].done)
			json_add(backend, "kspan_beside_it",
				 verdict_json(report, i));
		json_add(backends, replay_backends[i], backend);
	}
	json_add(root, "is_part", json_object_new_boolean(report->is_part));
	json_add_u64(root, "caches", report->nr_caches);
	json_add(root, "backends", backends);
	if (report->has_speed)
		add_double(root, "empty_ticks_per_operation",
			   report->results[KSPAN_BENCH_NULL].speed.median_ticks);
	json_print(root);
}
