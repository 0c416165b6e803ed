// SPDX-License-Identifier: GPL-2.0
/* Where objects came from, parts of traces, and verdicts. One case per argument. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../caches.h"
#include "../filter.h"
#include "../names.h"
#include "../origins.h"
#include "../ring.h"
#include "../symbols.h"
#include "../verdict.h"
#include "trace_kit.h"

/* ---- origins --------------------------------------------------------------- */

static void add_from(struct slots *slots, enum memory_event_kind kind,
		     uint64_t address, uint32_t bytes, unsigned int function,
		     uint32_t pid)
{
	const struct memory_event event = {
		.address = address, .requested_bytes = bytes,
		.allocated_bytes = (bytes + 63) / 64 * 64, .kind = kind,
		.call_site = function << 12 | 0x10, .pid = pid,
		.cache = kind == MEMORY_FREE ? pid : 0,
	};

	check(!slots_add(slots, &event));
}

/*
 * Five objects: two of kmalloc, two of the inode cache, of which one is never
 * freed, and one of a cache without a name.
 */
static struct trace mixed(void)
{
	struct slots *slots = slots_new(cache_name, NULL);

	add_from(slots, MEMORY_KMALLOC, 0x1000, 100, 1, 1);
	add_from(slots, MEMORY_CACHE_ALLOC, 0x2000, 600, 2, 2);
	add_from(slots, MEMORY_CACHE_ALLOC, 0x3000, 600, 3, 4);
	add_from(slots, MEMORY_FREE, 0x1000, 0, 9, 0);
	add_from(slots, MEMORY_FREE, 0x2000, 0, 9, 1);
	add_from(slots, MEMORY_KMALLOC, 0x4000, 30, 2, 3);
	add_from(slots, MEMORY_CACHE_ALLOC, 0x5000, 40, 2, 3);
	return take(slots);
}

static const struct trace_origin *origin(const struct trace *trace,
					 unsigned int event)
{
	return &trace->origins[trace->origin_of[event]];
}

static void origins_have_names(void)
{
	struct slots *slots = slots_new(cache_name, NULL);
	struct trace trace = mixed();
	const struct trace_origin *inode = origin(&trace, 1);

	check(trace.header.nr_origins == 5);
	check(origin(&trace, 0)->kind == TRACE_KMALLOC);
	check(!strcmp(origin(&trace, 0)->caller, "f1"));
	check(!strcmp(origin(&trace, 0)->module, "vmlinux"));
	check(!strcmp(origin(&trace, 0)->process, "odd"));
	check(inode->kind == TRACE_CACHE && inode->object_bytes == 600);
	check(inode->slot_bytes == 640);
	check(!strcmp(inode->cache, "inode_cache"));
	check(!strcmp(inode->module, "ext4"));
	/* That it is of the same size is all that is known of the other. */
	check(!strcmp(origin(&trace, 2)->cache, "inode_cache"));
	check(!strcmp(origin(&trace, 2)->caller, "f3"));
	check(!strcmp(origin(&trace, 6)->cache, ""));
	check(!trace.origin_of[3] && !trace.origin_of[4]);
	check(trace.header.kmalloc_allocs == 2);
	check(trace.header.kmalloc_allocated_bytes == 128 + 64);
	check(trace.header.allocated_bytes == 128 + 64 + 2 * 640 + 64);
	trace_free(&trace);

	/* Processes of one name are one origin. */
	add_from(slots, MEMORY_KMALLOC, 0x1000, 100, 1, 1);
	add_from(slots, MEMORY_KMALLOC, 0x2000, 100, 1, 3);
	add_from(slots, MEMORY_KMALLOC, 0x3000, 100, 1, 2);
	trace = take(slots);
	check(trace.header.nr_origins == 2);
	check(trace.origin_of[0] == trace.origin_of[1]);
	trace_free(&trace);
}

static void many_origins(void)
{
	struct slots *slots = slots_new(cache_name, NULL);
	struct trace trace;
	unsigned int i;

	for (i = 0; i < 50000; i++)
		add_from(slots, MEMORY_KMALLOC, 0x1000 * (i + 1ull), 8,
			 i % 5000, i % 10);
	trace = take(slots);
	check(trace.header.nr_origins == 5000);
	for (i = 0; i < 50000; i++) {
		char caller[16];

		sprintf(caller, "f%u", i % 5000);
		check(!strcmp(origin(&trace, i)->caller, caller));
	}
	trace_free(&trace);
}

static void caches_of_a_trace(void)
{
	struct trace trace = mixed();
	struct trace_caches caches;

	check(!caches_of_trace(&trace, &caches));
	check(caches.nr == 2);
	check(caches.cache_of[0] == 0 && caches.cache_of[5] == 0);
	check(caches.cache_of[1] == 1 && caches.cache_of[2] == 1);
	check(caches.cache_of[4] == 0 && caches.cache_of[6] == 2);
	check(caches.caches[0].object_bytes == 600);
	check(caches.caches[0].slot_bytes == 640);
	check(caches.caches[1].object_bytes == 40);
	caches_free(&caches);
	trace_free(&trace);
}

/* What @filter leaves of mixed(): allocations, frees, bytes. */
static void leaves(struct trace_filter filter, unsigned int allocs,
		   unsigned int frees, unsigned int bytes)
{
	struct trace trace = mixed();
	int err = filter_apply(&filter, &trace);

	check(err == (allocs ? 0 : -ENOENT));
	if (allocs) {
		check(trace.header.allocs == allocs);
		check(trace.header.frees == frees);
		check(trace.header.requested_bytes == bytes);
		check(trace.header.nr_slots <= allocs);
	}
	trace_free(&trace);
}

static void filters(void)
{
	leaves((struct trace_filter) { 0 }, 5, 2, 1370);
	leaves((struct trace_filter) { .kinds = 1 << TRACE_KMALLOC }, 2, 1, 130);
	leaves((struct trace_filter) { .kinds = 1 << TRACE_CACHE }, 3, 1, 1240);
	leaves((struct trace_filter) { .caller = "f2" }, 3, 1, 670);
	leaves((struct trace_filter) { .caller = "f[13]" }, 2, 1, 700);
	leaves((struct trace_filter) { .caller = "nothing*" }, 0, 0, 0);
	leaves((struct trace_filter) { .module = "ext*" }, 4, 1, 1270);
	leaves((struct trace_filter) { .process = "odd" }, 3, 1, 170);
	leaves((struct trace_filter) { .min_bytes = 40, .max_bytes = 100 },
	       2, 1, 140);
	leaves((struct trace_filter) {
		.kinds = 1 << TRACE_KMALLOC, .caller = "f2", .process = "odd",
		.min_bytes = 1, .max_bytes = 30 }, 1, 0, 30);
}

static void symbols_are_found(void)
{
	char caller[TRACE_CALLER_BYTES], module[TRACE_MODULE_BYTES];
	char process[TRACE_PROCESS_BYTES];
	struct symbols *symbols;
	FILE *file = fopen("kallsyms", "w");

	fputs("ffffffff81000300 T third\nffffffff81000100 t first\n"
	      "ffffffff81000200 D not_code\n0000000000000000 T hidden\n"
	      "ffffffffc0000000 t ext4_new\t[ext4]\ngarbage\n", file);
	fclose(file);
	file = fopen("cmdlines", "w");
	fputs("7 kworker/0:1 x\n3 sh\n12 a\x1b[1mverylongnameindeed\n", file);
	fclose(file);
	symbols = symbols_load("kallsyms", "cmdlines");
	check(symbols);
	symbols_call_site(symbols, 0xffffffff81000250, caller, module);
	check(!strcmp(caller, "first") && !strcmp(module, "vmlinux"));
	/* A call that is a function's last returns to what follows it. */
	symbols_call_site(symbols, 0xffffffff81000300, caller, module);
	check(!strcmp(caller, "first"));
	symbols_call_site(symbols, 0xffffffffc0000040, caller, module);
	check(!strcmp(caller, "ext4_new") && !strcmp(module, "ext4"));
	symbols_call_site(symbols, 0x1000, caller, module);
	check(!*caller && !*module);
	symbols_process(symbols, 7, process);
	check(!strcmp(process, "kworker/0:1 x"));
	symbols_process(symbols, 12, process);
	check(!strcmp(process, "a?[1mverylongna"));
	symbols_process(symbols, 4, process);
	check(!*process);
	symbols_process(symbols, 0, process);
	check(!strcmp(process, "swapper"));
	symbols_free(symbols);
	symbols = symbols_load("none", "none");
	check(symbols);
	symbols_call_site(symbols, 0x1000, caller, module);
	check(!*caller);
	symbols_free(symbols);
}

static void names_have_numbers(void)
{
	struct names *names = names_new();
	char name[16];
	uint32_t i;

	check(!names_number(names, "") && !*names_text(names, 0));
	for (i = 0; i < 20000; i++) {
		sprintf(name, "cache%u", i % 10000);
		names_number(names, name);
	}
	check(names_number(names, "cache0") == 1);
	check(names_number(names, "cache77") == 78);
	check(!strcmp(names_text(names, 78), "cache77"));
	check(!names_number(names, "one too many"));
	names_free(names);
}

static void strings_stay_inside(void)
{
	const struct ring_field field = { .offset = 4, .bytes = 4 };
	uint32_t event[4] = { 0 };
	char text[8];

	memcpy(&event[2], "dentry", 7);
	event[1] = 7 << 16 | 8;
	ring_string(event, sizeof(event), &field, text, sizeof(text));
	check(!strcmp(text, "dentry"));
	ring_string(event, sizeof(event), &field, text, 4);
	check(!strcmp(text, "den"));
	event[1] = 9 << 16 | 8;
	ring_string(event, sizeof(event), &field, text, sizeof(text));
	check(!*text);
	event[1] = 1 << 16 | 0xffff;
	ring_string(event, sizeof(event), &field, text, sizeof(text));
	check(!*text);
}

/* ---- verdicts -------------------------------------------------------------- */

const char *const replay_backends[KSPAN_BENCH_NR_BACKENDS];

struct outcome {
	int64_t held, other_held, noise;
	double ticks[3], other_ticks[3];	/* fastest, median, slowest */
	const char *says;
};

static void judge(const struct outcome *outcome)
{
	struct replay_report report = {
		.has_memory = true, .has_speed = true, .repeats = 3,
	};
	struct replay_result *own = &report.results[KSPAN_BENCH_KSPAN];
	struct replay_result *other = &report.results[KSPAN_BENCH_KMALLOC];
	struct verdict verdict;
	char text[512];

	own->done = true;
	other->done = true;
	own->memory.peak.held_bytes = outcome->held;
	other->memory.peak.held_bytes = outcome->other_held;
	report.results[KSPAN_BENCH_NULL].memory.peak.held_bytes = outcome->noise;
	memcpy(&own->speed, outcome->ticks, sizeof(outcome->ticks));
	memcpy(&other->speed, outcome->other_ticks, sizeof(outcome->ticks));
	verdict = verdict_of(&report, KSPAN_BENCH_KMALLOC);
	verdict_write(&verdict, "kmalloc", text, sizeof(text));
	if (strcmp(text, outcome->says))
		fprintf(stderr, "%s\n", text);
	check(!strcmp(text, outcome->says));
	/* One run has no spread, and there is nothing beside what was not run. */
	report.repeats = 1;
	verdict = verdict_of(&report, KSPAN_BENCH_KMALLOC);
	check(!verdict.has_time);
	verdict = verdict_of(&report, KSPAN_BENCH_KMEM_CACHE);
	verdict_write(&verdict, "kmem_cache", text, sizeof(text));
	check(!*text);
}

static void verdicts(void)
{
	static const struct outcome outcomes[] = {
		{ 56 << 20, 70 << 20, 0, { 70, 80, 90 }, { 99, 100, 101 },
		  "Compared with kmalloc, kspan would hold 14.0MiB (20 %) less at "
		  "the peak, and take 0.80\u00d7 (0.69\u20130.91) of the time." },
		{ 75 << 20, 50 << 20, 1 << 20, { 150, 150, 150 }, { 99, 100, 101 },
		  "Compared with kmalloc, kspan would hold 25.0MiB (50 %) more at "
		  "the peak, and take 1.50\u00d7 (1.49\u20131.52) of the time." },
		/* The slowest of one is slower than the fastest of the other. */
		{ 50 << 20, 50 << 20, 0, { 70, 80, 100 }, { 99, 100, 101 },
		  "Compared with kmalloc, kspan would hold as much at the "
		  "peak, as far as can be told, and take about as long: "
		  "the times of the runs overlap." },
		/* Others have grown by more than the difference. */
		{ 50 << 20, 51 << 20, -(2 << 20), { 99, 100, 101 }, { 70, 80, 100 },
		  "Compared with kmalloc, kspan would hold as much at the "
		  "peak, as far as can be told, and take about as long: "
		  "the times of the runs overlap." },
	};
	size_t i;

	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		judge(&outcomes[i]);
}

static const struct test_case cases[] = {
	{ "origins_have_names", origins_have_names },
	{ "many_origins", many_origins },
	{ "caches_of_a_trace", caches_of_a_trace },
	{ "filters", filters },
	{ "symbols_are_found", symbols_are_found },
	{ "names_have_numbers", names_have_numbers },
	{ "strings_stay_inside", strings_stay_inside },
	{ "verdicts", verdicts },
};

int main(int argc, char **argv)
{
	return run_case(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
