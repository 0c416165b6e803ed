// SPDX-License-Identifier: GPL-2.0
/* Traces: pages of the ring buffer, slots, the file. One case per argument. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../eventlog.h"
#include "../ring.h"
#include "trace_kit.h"

/* ---- the ring buffer ------------------------------------------------------- */

static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

static const char header_event[] =
	"# compressed entry header\n\ttype_len    :    5 bits\n"
	"\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n"
	"\tpadding     : type == 29\n\ttime_extend : type == 30\n"
	"\ttime_stamp : type == 31\n\tdata max type_len  == 28\n";

static const char kmalloc_format[] =
	"name: kmalloc\nID: 626\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n"
	"\tfield:unsigned long call_site;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:const void * ptr;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:size_t bytes_req;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:char comm[16];\toffset:32;\tsize:16;\tsigned:0;\n"
	"\tfield:__data_loc char[] name;\toffset:48;\tsize:4;\tsigned:0;\n\n"
	"print fmt: \"ptr=%p\", REC->ptr\n";

static void fields_are_found(void)
{
	struct ring_field field;
	unsigned int id;

	check(ring_find_field(kmalloc_format, "ptr", &field));
	check(field.offset == 16 && field.bytes == 8);
	check(ring_find_field(kmalloc_format, "common_type", &field));
	check(field.offset == 0 && field.bytes == 2);
	check(ring_find_field(kmalloc_format, "comm", &field));
	check(field.offset == 32 && field.bytes == 16);
	/* "bytes" and "req" are parts of names only. */
	check(!ring_find_field(kmalloc_format, "bytes", &field));
	check(!ring_find_field(kmalloc_format, "req", &field));
	check(!ring_find_field("field:int ptr", "ptr", &field));
	check(!ring_find_field("", "ptr", &field));
	check(ring_find_id(kmalloc_format, &id) && id == 626);
	check(!ring_find_id("name: x\n", &id));
}

static void numbers_stay_inside(void)
{
	const unsigned char event[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const struct ring_field fields[] = {
		{ 0, 1 }, { 0, 2 }, { 4, 4 }, { 0, 8 },
		{ 4, 8 }, { 8, 1 }, { 9, 4 }, { 0, 3 }, { ~0u, 8 },
	};
	const uint64_t numbers[] = {
		1, 0x201, 0x8070605, 0x807060504030201, 0, 0, 0, 0, 0,
	};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		check(ring_number(event, sizeof(event), &fields[i]) ==
		      numbers[i]);
}

static void formats_are_checked(void)
{
	char text[sizeof(header_event)];
	struct ring_layout layout;

	check(ring_knows_events(header_event));
	check(!ring_knows_events(""));
	strcpy(text, header_event);
	*strstr(text, "29") = '3';
	check(!ring_knows_events(text));
	check(ring_find_layout(header_page, &layout));
	check(layout.data.offset == 16 && layout.data.bytes == 4080);
	check(!ring_find_layout(kmalloc_format, &layout));
}

struct page {
	uint64_t time_ns;
	uint64_t commit;
	uint32_t words[1020];
};

static struct ring_layout layout_of_page(void)
{
	struct ring_layout layout;

	check(ring_find_layout(header_page, &layout));
	return layout;
}

/* The word that opens an event. */
#define opening(type, delta)	((type) | (uint32_t)(delta) << 5)

static void expect(struct ring_page *ring, uint64_t time_ns, size_t bytes,
		   uint32_t first_word)
{
	const void *event;
	size_t event_bytes;

	check(ring_next(ring, &event, &event_bytes) == 1);
	check(ring->time_ns == time_ns);
	check(event_bytes == bytes);
	check(!memcmp(event, &first_word, sizeof(first_word)));
}

static void events_of_every_type(void)
{
	static const uint32_t words[] = {
		opening(2, 5), 11, 0,			/* two words */
		opening(29, 3), 8, 0,			/* discarded */
		opening(30, 1), 2,			/* time: + 2 << 27 | 1 */
		opening(0, 4), 12, 22, 0,		/* a long one */
		opening(31, 9), 1,			/* time: = 1 << 27 | 9 */
		opening(1, 0), 33,
		opening(29, 0), 0, 44,			/* nothing more */
	};
	struct ring_layout layout = layout_of_page();
	struct page page = { .time_ns = 1000, .commit = sizeof(words) };
	struct ring_page ring;
	const void *event;
	size_t bytes;

	memcpy(page.words, words, sizeof(words));
	/* What says that events were lost is no part of the length. */
	page.commit |= 1u << 31 | 1u << 30;
	check(ring_open_page(&layout, &page, sizeof(page), &ring));
	expect(&ring, 1005, 8, 11);
	expect(&ring, 1008 + (2u << 27) + 1 + 4, 8, 22);
	expect(&ring, (1u << 27) + 9, 4, 33);
	check(ring_next(&ring, &event, &bytes) == 0);
}

static void damaged_pages(void)
{
	static const uint32_t bad[][3] = {
		{ opening(3, 0), 0, 0 },	/* longer than the page */
		{ opening(0, 0), 0, 0 },	/* a length of nothing */
		{ opening(0, 0), 12, 0 },
		{ opening(29, 1), 3, 0 },
		{ opening(29, 1), ~0u, 0 },
		{ opening(1, 0), 0, opening(1, 0) },
		{ opening(1, 0), 0, opening(30, 1) },
	};
	struct ring_layout layout = layout_of_page();
	struct page page = { .time_ns = 1 };
	struct ring_page ring;
	const void *event;
	size_t bytes, i;
	int ret;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(page.words, bad[i], sizeof(bad[i]));
		page.commit = sizeof(bad[i]);
		check(ring_open_page(&layout, &page, sizeof(page), &ring));
		do {
			ret = ring_next(&ring, &event, &bytes);
		} while (ret > 0);
		check(ret < 0);
	}
	page.commit = sizeof(page.words) + 1;
	check(!ring_open_page(&layout, &page, sizeof(page), &ring));
	page.commit = 8;
	check(!ring_open_page(&layout, &page, 20, &ring));
	page.commit = 0;
	check(!ring_open_page(&layout, &page, 12, &ring));
}

static void random_pages(void)
{
	struct ring_layout layout = layout_of_page();
	struct ring_page ring;
	struct page *page;
	const void *event;
	size_t bytes, page_bytes;
	unsigned int i, word;

	srand(1);
	for (i = 0; i < 20000; i++) {
		/* Of its own size, so that ASan sees what is beyond. */
		page_bytes = 16 + 4 * (rand() % 64);
		page = malloc(page_bytes);
		for (word = 0; word < (page_bytes - 16) / 4; word++)
			page->words[word] = rand() % 3 ? opening(rand() % 32, 1) :
							 (uint32_t)rand();
		page->time_ns = 0;
		page->commit = rand() % (page_bytes - 16 + 1);
		check(ring_open_page(&layout, page, page_bytes, &ring));
		while (ring_next(&ring, &event, &bytes) > 0)
			check((const char *)event + bytes <=
			      (const char *)page + page_bytes);
		free(page);
	}
}

/* ---- slots ----------------------------------------------------------------- */

static void add(struct slots *slots, enum memory_event_kind kind,
		uint64_t address, uint32_t bytes)
{
	const struct memory_event event = {
		.address = address, .requested_bytes = bytes,
		.allocated_bytes = bytes * 2, .cpu = 3, .kind = kind,
	};

	check(!slots_add(slots, &event));
}

static void slots_are_used_again(void)
{
	struct slots *slots = slots_new(cache_name, NULL);
	struct trace trace;

	add(slots, MEMORY_KMALLOC, 0x1000, 10);
	add(slots, MEMORY_CACHE_ALLOC, 0x2000, 20);
	add(slots, MEMORY_FREE, 0x1000, 0);
	add(slots, MEMORY_KMALLOC, 0x3000, 30);
	trace = take(slots);
	check(trace.header.nr_events == 4 && trace.header.nr_slots == 2);
	check(trace.events[3].slot == trace.events[0].slot);
	check(trace.events[2].what == (KSPAN_TRACE_FREE |
				       3u << KSPAN_TRACE_CPU_SHIFT));
	check(KSPAN_TRACE_CPU(trace.events[3].what) == 3);
	check(KSPAN_TRACE_BYTES(trace.events[3].what) == 30);
	check(trace.header.nr_cpus == 4);
	check(trace.header.live_objects == 2 && trace.header.live_bytes == 50);
	check(trace.header.kmalloc_allocs == 2);
	check(trace.header.kmalloc_requested_bytes == 40);
	check(trace.header.kmalloc_allocated_bytes == 80);
	check(trace.header.allocated_bytes == 120);
	trace_free(&trace);
}

static void what_is_left_out(void)
{
	struct slots *slots = slots_new(cache_name, NULL);
	struct trace trace;

	add(slots, MEMORY_FREE, 0x9000, 0);		/* never seen */
	add(slots, MEMORY_FREE, 0, 0);			/* NULL */
	add(slots, MEMORY_FREE, 16, 0);			/* ZERO_SIZE_PTR */
	add(slots, MEMORY_KMALLOC, 0, 8);		/* failed */
	add(slots, MEMORY_KMALLOC, 0x5000, 0);
	add(slots, MEMORY_KMALLOC, 0x6000, 1u << 24);
	add(slots, MEMORY_KMALLOC, 0x1000, 8);
	add(slots, MEMORY_KMALLOC, 0x1000, 9);		/* its free was missed */
	trace = take(slots);
	check(trace.header.unknown_frees == 1);
	check(trace.header.failed_allocs == 3);
	check(trace.header.missed_frees == 1);
	check(trace.header.nr_events == 3 && trace.header.nr_slots == 1);
	check(trace.events[1].what & KSPAN_TRACE_FREE);
	check(trace.header.live_bytes == 9);
	trace_free(&trace);
}

/* Against a model, with addresses that collide in any table. */
static void random_objects(void)
{
	enum { ADDRESSES = 30000, EVENTS = 400000 };
	static uint32_t sizes[ADDRESSES];
	struct slots *slots = slots_new(cache_name, NULL);
	uint64_t live_bytes = 0, live = 0, unknown = 0, missed = 0;
	struct trace trace;
	unsigned int i, at;

	srand(2);
	for (i = 0; i < EVENTS; i++) {
		at = rand() % ADDRESSES;
		if (rand() % 2) {
			add(slots, MEMORY_FREE, 0xffff888000000000 + at * 64, 0);
			unknown += !sizes[at];
			live -= sizes[at] != 0;
			live_bytes -= sizes[at];
			sizes[at] = 0;
		} else {
			add(slots, MEMORY_CACHE_ALLOC,
			    0xffff888000000000 + at * 64, i % 5000 + 1);
			missed += sizes[at] != 0;
			live += !sizes[at];
			live_bytes -= sizes[at];
			sizes[at] = i % 5000 + 1;
			live_bytes += sizes[at];
		}
	}
	trace = take(slots);
	check(trace.header.live_objects == live);
	check(trace.header.live_bytes == live_bytes);
	check(trace.header.unknown_frees == unknown);
	check(trace.header.missed_frees == missed);
	check(trace.header.nr_slots <= ADDRESSES);
	trace_free(&trace);
}

static int note(const struct memory_event *event, void *arg)
{
	char **text = arg;

	*text += sprintf(*text, "%u:%u ", event->cpu, (unsigned int)event->time_ns);
	return event->time_ns == 99 ? 7 : 0;
}

static void append(struct eventlog *log, unsigned int cpu, uint64_t time_ns)
{
	struct memory_event *event = eventlog_append(log, cpu);

	check(event);
	*event = (struct memory_event) { .cpu = cpu, .time_ns = time_ns };
}

static void cpus_are_merged(void)
{
	struct eventlog *log = eventlog_new(3);
	char text[128], *end = text;

	append(log, 2, 5);
	append(log, 0, 3);
	append(log, 0, 8);
	append(log, 2, 6);
	append(log, 2, 9);
	append(log, 0, 9);
	check(!eventlog_for_each(log, note, &end));
	check(!strcmp(text, "0:3 2:5 2:6 0:8 0:9 2:9 "));
	append(log, 2, 99);
	append(log, 0, 100);
	end = text;
	check(eventlog_for_each(log, note, &end) == 7);
	eventlog_free(log);
}

/* ---- the file -------------------------------------------------------------- */

static const char path[] = "trace";

static struct trace sample(void)
{
	struct slots *slots = slots_new(cache_name, NULL);
	struct trace trace;
	unsigned int i;

	for (i = 0; i < 20; i++)
		add(slots, MEMORY_KMALLOC, 0x1000 * (i + 1), i + 1);
	for (i = 0; i < 10; i++)
		add(slots, MEMORY_FREE, 0x2000 * (i + 1), 0);
	trace = take(slots);
	memcpy(trace.header.magic, TRACE_MAGIC, sizeof(trace.header.magic));
	trace.header.version = TRACE_VERSION;
	trace.header.header_bytes = sizeof(trace.header);
	strcpy(trace.header.kernel, "6.12");
	return trace;
}

static int trace_save(const char *to, const struct trace *trace)
{
	FILE *stream = fopen(to, "wb");
	int err = trace_write(stream, trace);

	return fclose(stream) ? -1 : err;
}

/* What loading says of @trace once it is in a file. */
static const char *verdict(const struct trace *trace)
{
	const char *why = NULL;
	struct trace loaded;

	check(!trace_save(path, trace));
	if (!trace_load(path, &loaded, &why)) {
		trace_free(&loaded);
		return "fine";
	}
	check(why && !loaded.events);
	return why;
}

static void a_file_and_back(void)
{
	struct trace trace = sample(), loaded;
	const char *why;

	check(!trace_save(path, &trace));
	check(!trace_load(path, &loaded, &why));
	check(!memcmp(&trace.header, &loaded.header, sizeof(trace.header)));
	check(!memcmp(trace.events, loaded.events,
		      trace.header.nr_events * sizeof(*trace.events)));
	check(!memcmp(trace.origin_of, loaded.origin_of,
		      trace.header.nr_events * sizeof(*trace.origin_of)));
	check(!memcmp(trace.origins, loaded.origins,
		      trace.header.nr_origins * sizeof(*trace.origins)));
	trace_free(&trace);
	trace_free(&loaded);
	check(trace_load("no such file", &loaded, &why) == -ENOENT);
}

static void a_file_cut_short(void)
{
	struct trace trace = sample(), loaded;
	size_t bytes = sizeof(trace.header) +
		       trace.header.nr_events * (sizeof(*trace.events) + 4) +
		       trace.header.nr_origins * sizeof(*trace.origins);
	const char *why;

	check(!trace_save(path, &trace));
	check(!truncate(path, bytes + 1));
	check(trace_load(path, &loaded, &why) == -EINVAL);
	while (bytes--) {
		check(!truncate(path, bytes));
		check(trace_load(path, &loaded, &why) == -EINVAL);
	}
	trace_free(&trace);
}

static void damaged_events(void)
{
	static const struct {
		unsigned int event;
		uint32_t slot;
		uint32_t what;
		const char *why;
	} damages[] = {
		{ 0, 20, 1, "a slot is out of range" },
		{ 0, 0, 0, "an object has no bytes" },
		{ 0, 0, KSPAN_TRACE_FREE, "a slot is freed that is not live" },
		{ 1, 0, 2, "a slot is allocated that is live" },
		{ 21, 1, KSPAN_TRACE_FREE, "a slot is freed that is not live" },
		{ 21, 0, KSPAN_TRACE_FREE | 1, "a free has a size" },
		{ 0, 0, 3, "an object is larger than its slot" },
		{ 0, 0, 1 | 4 << KSPAN_TRACE_CPU_SHIFT, "a CPU is out of range" },
		{ 0, 0, 2, "header and events do not agree" },
	};
	struct trace trace;
	unsigned int i;

	for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		trace = sample();
		trace.events[damages[i].event].slot = damages[i].slot;
		trace.events[damages[i].event].what = damages[i].what;
		check(!strcmp(verdict(&trace), damages[i].why));
		trace_free(&trace);
	}
}

static void damaged_headers(void)
{
	struct trace trace = sample();
	struct trace_header good = trace.header;
	uint32_t nr_events = good.nr_events;

	check(!strcmp(verdict(&trace), "fine"));
	trace.header.magic[7]++;
	check(!strcmp(verdict(&trace), "not a trace"));
	trace.header = good;
	trace.header.version++;
	check(strstr(verdict(&trace), "another version"));
	trace.header = good;
	trace.header.nr_slots = nr_events + 1;
	check(strstr(verdict(&trace), "number of slots"));
	trace.header = good;
	trace.header.nr_cpus = 0;
	check(strstr(verdict(&trace), "number of CPUs"));
	trace.header = good;
	trace.header.nr_events = 0;
	check(strstr(verdict(&trace), "no events"));
	trace.header = good;
	memset(trace.header.kernel, 'x', sizeof(trace.header.kernel));
	check(strstr(verdict(&trace), "header is damaged"));
	trace.header = good;
	strcpy(trace.header.command, "\033[2J");
	check(strstr(verdict(&trace), "header is damaged"));
	trace_free(&trace);
}

/* Any byte may be anything: a verdict, and no more than that. */
static void random_damage(void)
{
	struct trace trace = sample(), loaded;
	static unsigned char file[1 << 16];
	const char *why;
	size_t bytes;
	FILE *stream;
	unsigned int i;

	check(!trace_save(path, &trace));
	stream = fopen(path, "rb");
	bytes = fread(file, 1, sizeof(file), stream);
	fclose(stream);
	check(bytes > sizeof(trace.header) && bytes < sizeof(file));
	srand(3);
	for (i = 0; i < 5000; i++) {
		size_t at = rand() % bytes;
		unsigned char before = file[at];

		file[at] = rand();
		stream = fopen(path, "wb");
		check(fwrite(file, 1, bytes, stream) == bytes);
		fclose(stream);
		if (!trace_load(path, &loaded, &why))
			trace_free(&loaded);
		file[at] = before;
	}
	trace_free(&trace);
}

static const struct test_case cases[] = {
	{ "fields_are_found", fields_are_found },
	{ "numbers_stay_inside", numbers_stay_inside },
	{ "formats_are_checked", formats_are_checked },
	{ "events_of_every_type", events_of_every_type },
	{ "damaged_pages", damaged_pages },
	{ "random_pages", random_pages },
	{ "slots_are_used_again", slots_are_used_again },
	{ "what_is_left_out", what_is_left_out },
	{ "random_objects", random_objects },
	{ "cpus_are_merged", cpus_are_merged },
	{ "a_file_and_back", a_file_and_back },
	{ "a_file_cut_short", a_file_cut_short },
	{ "damaged_events", damaged_events },
	{ "damaged_headers", damaged_headers },
	{ "random_damage", random_damage },
};

int main(int argc, char **argv)
{
	return run_case(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
