// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "number.h"
#include "verdict.h"

/*
 * How far slab pages may have grown for others meanwhile is seen in the replay
 * that allocates nothing.
 */
static bool exceeds_noise(const struct replay_report *report, int64_t bytes)
{
	const struct kspan_bench_ioc_replay *empty =
		&report->results[KSPAN_BENCH_NULL].memory;
	int64_t noise = llabs(empty->peak.held_bytes);

	if (llabs(empty->held_max_bytes) > noise)
		noise = llabs(empty->held_max_bytes);
	return llabs(bytes) > noise;
}

static void judge_memory(const struct replay_report *report,
			 const struct replay_result *own,
			 const struct replay_result *other,
			 struct verdict *verdict)
{
	int64_t other_bytes = other->memory.peak.held_bytes;

	verdict->has_memory = true;
	verdict->saved_bytes = other_bytes - own->memory.peak.held_bytes;
	verdict->memory_differs = verdict->saved_bytes && other_bytes > 0 &&
				  exceeds_noise(report, verdict->saved_bytes);
	if (verdict->memory_differs)
		verdict->saved_percent = 100.0 * verdict->saved_bytes /
					 other_bytes;
}

static void judge_time(const struct replay_speed *own,
		       const struct replay_speed *other,
		       struct verdict *verdict)
{
	verdict->has_time = true;
	/* Also where the loop itself has cost all of it. */
	verdict->time_differs = own->min_ticks > 0 && other->min_ticks > 0 &&
				(own->max_ticks < other->min_ticks ||
				 own->min_ticks > other->max_ticks);
	if (!verdict->time_differs)
		return;
	verdict->time_ratio = own->median_ticks / other->median_ticks;
	verdict->min_time_ratio = own->min_ticks / other->max_ticks;
	verdict->max_time_ratio = own->max_ticks / other->min_ticks;
}

struct verdict verdict_of(const struct replay_report *report,
			  unsigned int backend)
{
	const struct replay_result *own = &report->results[KSPAN_BENCH_KSPAN];
	const struct replay_result *other = &report->results[backend];
	struct verdict verdict = { 0 };

	if (!own->done || !other->done)
		return verdict;
	if (report->has_memory)
		judge_memory(report, own, other, &verdict);
	if (report->has_speed && report->repeats > 1)
		judge_time(&own->speed, &other->speed, &verdict);
	return verdict;
}

static void write_memory(FILE *out, const struct verdict *verdict)
{
	char saved[HUMAN_BYTES];

	if (!verdict->memory_differs) {
		fputs("hold as much at the peak, as far as can be told", out);
		return;
	}
	fprintf(out, "hold %s (%.0f %%) %s at the peak",
		format_bytes(llabs(verdict->saved_bytes), saved),
		verdict->saved_percent < 0 ? -verdict->saved_percent :
					     verdict->saved_percent,
		verdict->saved_bytes < 0 ? "more" : "less");
}

static void write_time(FILE *out, const struct verdict *verdict)
{
	if (verdict->time_differs)
		fprintf(out, "take %.2f\u00d7 (%.2f\u2013%.2f) of the time",
			verdict->time_ratio, verdict->min_time_ratio,
			verdict->max_time_ratio);
	else
		fputs("take about as long: the times of the runs overlap", out);
}

void verdict_write(const struct verdict *verdict, const char *backend,
		   char *text, size_t text_bytes)
{
	FILE *out = fmemopen(text, text_bytes, "w");

	*text = '\0';
	if (!out)
		return;
	if (verdict->has_memory || verdict->has_time) {
		fprintf(out, "Compared with %s, kspan would ", backend);
		if (verdict->has_memory)
			write_memory(out, verdict);
		if (verdict->has_memory && verdict->has_time)
			fputs(", and ", out);
		if (verdict->has_time)
			write_time(out, verdict);
		fputs(".", out);
	}
	fclose(out);
}
