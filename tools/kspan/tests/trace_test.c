// SPDX-License-Identifier: GPL-2.0
/* Traces: pages of the ring buffer, slots, the file. One case per argument. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../caches.h"
#include "../eventlog.h"
#include "../filter.h"
#include "../names.h"
#include "../origins.h"
#include "../ring.h"
#include "../slots.h"
#include "../symbols.h"
#include "../trace.h"
#include "../verdict.h"

#define check(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

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

/* Caches of the tests: number 1 is "inode_cache". */
static const char *cache_name(void *arg, uint32_t cache)
{
	check(!arg && cache == 1);
	return "inode_cache";
}

/* Call sites of the tests are pages of functions f1, f2, ...; PIDs likewise. */
static void test_call_site(void *arg, uint64_t address, char *caller,
			   char *module)
{
	check(!arg);
	sprintf(caller, "f%llu", (unsigned long long)address >> 12);
	strcpy(module, address >> 12 > 1 ? "ext4" : "vmlinux");
}

static void test_process(void *arg, uint32_t pid, char *process)
{
	check(!arg);
	strcpy(process, pid % 2 ? "odd" : "even");
}

static const struct origin_names test_names = {
	.call_site = test_call_site, .process = test_process,
};

static void add(struct slots *slots, enum memory_event_kind kind,
		uint64_t address, uint32_t bytes)
{
	const struct memory_event event = {
		.address = address, .requested_bytes = bytes,
		.allocated_bytes = bytes * 2, .cpu = 3, .kind = kind,
	};

	check(!slots_add(slots, &event));
}

static struct trace take(struct slots *slots)
{
	struct trace trace;
	const char *why;

	check(!slots_take(slots, &test_names, &trace));
	slots_free(slots);
	check(!trace_add_up(&trace, &why));
	return trace;
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
		  "peak, as far as can be told, and take about as long: the times of the runs overlap." },
		/* Others have grown by more than the difference. */
		{ 50 << 20, 51 << 20, -(2 << 20), { 99, 100, 101 }, { 70, 80, 100 },
		  "Compared with kmalloc, kspan would hold as much at the "
		  "peak, as far as can be told, and take about as long: the times of the runs overlap." },
	};
	size_t i;

	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		judge(&outcomes[i]);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "origins_have_names", origins_have_names },
	{ "many_origins", many_origins },
	{ "caches_of_a_trace", caches_of_a_trace },
	{ "filters", filters },
	{ "symbols_are_found", symbols_are_found },
	{ "names_have_numbers", names_have_numbers },
	{ "strings_stay_inside", strings_stay_inside },
	{ "verdicts", verdicts },
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
	size_t i;

	for (i = 0; argc == 2 && i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(cases[i].name, argv[1]))
			continue;
		cases[i].run();
		return 0;
	}
	fprintf(stderr, "no such case\n");
	return 1;
}
