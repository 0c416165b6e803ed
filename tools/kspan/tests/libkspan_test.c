// SPDX-License-Identifier: GPL-2.0
/* libkspan_test NAME: one behaviour of the library, against the fake device. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libkspan.h"
#include "../number.h"

#define expect(condition) \
	do { if (!(condition)) fail(#condition, __LINE__); } while (0)

static void fail(const char *condition, int line)
{
	fprintf(stderr, "line %d: %s\n", line, condition);
	exit(1);
}

static int open_as(const char *mode)
{
	int fd;

	setenv("KSPAN_FAKE", mode, 1);
	fd = kspan_open(KSPAN_DEVICE);
	expect(fd >= 0);
	return fd;
}

static void open_fails(void)
{
	setenv("KSPAN_FAKE", "absent", 1);
	expect(kspan_open(KSPAN_DEVICE) == -ENOENT);
	setenv("KSPAN_FAKE", "eacces", 1);
	expect(kspan_open(KSPAN_DEVICE) == -EACCES);
}

/* 300, then 2000, then 2001 heaps: each array but the last is too short. */
static void list_grows(void)
{
	struct kspan_heap_entry *heaps;
	int fd = open_as("growing");
	size_t nheaps;

	expect(!kspan_heaps(fd, &heaps, &nheaps));
	expect(nheaps == 2001);
	expect(!strcmp(heaps[0].name, "default"));
	expect(!strcmp(heaps[2000].name, "heap2000"));
	free(heaps);
	kspan_close(fd);
}

static void list_races(void)
{
	int fd = open_as("racing");
	struct kspan_heap_entry *heaps;
	size_t nheaps;

	expect(kspan_heaps(fd, &heaps, &nheaps) == -EAGAIN);
	kspan_close(fd);
}

static void list_overruns(void)
{
	int fd = open_as("overrun");
	struct kspan_class_entry *classes;
	struct kspan_span_entry *spans;
	size_t count;

	expect(kspan_classes(fd, "default", &classes, &count) == -EPROTO);
	expect(kspan_spans(fd, "default", &spans, &count) == -EPROTO);
	kspan_close(fd);
}

static void lists_are_empty(void)
{
	int fd = open_as("empty");
	struct kspan_arena_entry *arenas;
	struct kspan_span_entry *spans;
	size_t count;

	expect(!kspan_arenas(fd, "default", &arenas, &count));
	expect(!count);
	free(arenas);
	expect(!kspan_spans(fd, "default", &spans, &count));
	expect(!count);
	free(spans);
	kspan_close(fd);
}

/* Every span once and in order. */
static void spans_in_batches(void)
{
	struct kspan_span_entry *spans;
	int fd = open_as("many");
	size_t i, nspans;

	expect(!kspan_spans(fd, "default", &spans, &nspans));
	expect(nspans == 3000);
	for (i = 0; i < nspans; i++)
		expect(spans[i].arena == 17 + i / 1000 &&
		       spans[i].page == i % 1000);
	free(spans);
	kspan_close(fd);
}

/* Empty batches, whose spans went away meanwhile, are not the end. */
static void spans_in_short_batches(void)
{
	struct kspan_span_entry *spans;
	int fd = open_as("sparse");
	size_t nspans;

	expect(!kspan_spans(fd, "default", &spans, &nspans));
	expect(nspans > 2000 && nspans < 3000);
	expect(spans[nspans - 1].arena == 19 && spans[nspans - 1].page >= 998);
	free(spans);
	kspan_close(fd);
}

static void cursor_sticks(void)
{
	struct kspan_span_entry *spans;
	int fd = open_as("stuck");
	size_t nspans;

	expect(kspan_spans(fd, "default", &spans, &nspans) == -EPROTO);
	kspan_close(fd);
}

static void names_are_checked(void)
{
	static const char longest[] = "1234567890123456789012345678901";
	static const char longer[] = "12345678901234567890123456789012";
	struct kspan_heap_stats stats;
	struct kspan_span_entry *spans;
	int fd = open_as("");
	uint64_t handle;
	size_t count;

	expect(kspan_stats(fd, longest, &stats) == -ENOENT);
	expect(kspan_stats(fd, longer, &stats) == -ENAMETOOLONG);
	expect(kspan_spans(fd, longer, &spans, &count) == -ENAMETOOLONG);
	expect(kspan_drain(fd, longer) == -ENAMETOOLONG);
	expect(kspan_heap_create(fd, longer, 0, 0, 0, NULL) == -ENAMETOOLONG);
	expect(kspan_alloc(fd, longer, 8, 0, &handle, NULL) == -ENAMETOOLONG);
	kspan_close(fd);
}

/* The node of a heap without KSPAN_HEAP_NODE must be sent as zero. */
static void node_needs_its_flag(void)
{
	int fd = open_as("");
	uint64_t id = 0;

	expect(!kspan_heap_create(fd, "x", 0, 0, -1, &id));
	expect(id == 42);
	expect(!kspan_heap_create(fd, "x", 0, KSPAN_HEAP_NODE, 1, NULL));
	kspan_close(fd);
}

static void changes(void)
{
	int fd = open_as("");
	uint64_t bytes;

	expect(!kspan_scavenge(fd, "default", KSPAN_SCAVENGE_ALL, &bytes));
	expect(bytes == 6815744);
	expect(!kspan_scavenge(fd, "default", 8192, NULL));
	expect(!kspan_limit(fd, "net_buf", 8192, &bytes));
	expect(bytes == 67108864);
	expect(kspan_drain(fd, "nobody") == -ENOENT);
	expect(kspan_heap_destroy(fd, "net_buf") == -EBUSY);
	expect(!kspan_heap_destroy(fd, "scratch"));
	kspan_close(fd);
}

static void objects(void)
{
	uint64_t handle, other, usable_bytes;
	int fd = open_as("");
	char text[16];

	expect(!kspan_alloc(fd, "default", 13, 64, &handle, &usable_bytes));
	expect(usable_bytes == 16);
	expect(!kspan_alloc(fd, "default", 1, 0, &other, NULL));
	expect(other != handle);
	expect(!kspan_write(fd, handle, 3, "span", 5));
	expect(!kspan_read(fd, handle, 3, text, 5));
	expect(!strcmp(text, "span"));
	expect(!kspan_read(fd, handle, 0, text, 3));
	expect(!text[0] && !text[1] && !text[2]);
	expect(kspan_write(fd, handle, 12, "span", 5) == -EINVAL);
	expect(kspan_read(fd, handle, UINT64_MAX, text, 2) == -EINVAL);
	expect(!kspan_free(fd, handle));
	expect(kspan_free(fd, handle) == -ENOENT);
	expect(kspan_alloc(fd, "default", 8, 3, &handle, NULL) == -EINVAL);
	expect(kspan_alloc(fd, "nobody", 8, 0, &handle, NULL) == -ENOENT);
	kspan_close(fd);
}

static void numbers(void)
{
	static const struct {
		const char *text;
		int err;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "4K", 0, 4096 },
		{ "4k", 0, 4096 },
		{ "3M", 0, 3 << 20 },
		{ "2g", 0, 2ULL << 30 },
		{ "1T", 0, 1ULL << 40 },
		{ "16777215T", 0, 16777215ULL << 40 },
		{ "16777216T", -ERANGE, 0 },
		{ "18014398509481984K", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "K", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "-1", -EDOM, 0 },
		{ "-1K", -EDOM, 0 },
		{ "-", -EINVAL, 0 },
		{ "-x", -EINVAL, 0 },
		{ "--1", -EINVAL, 0 },
		{ "0x10", 0, 16 },
		{ "0XfF", 0, 255 },
		{ "0x1000K", 0, 4 << 20 },
		{ "0xffffffffffffffff", 0, UINT64_MAX },
		{ "0x10000000000000000", -ERANGE, 0 },
		{ "0x", -EINVAL, 0 },
		{ "0xg", -EINVAL, 0 },
		{ "0x1.8K", -EINVAL, 0 },
		{ "x10", -EINVAL, 0 },
		{ "1KiB", 0, 1024 },
		{ "1kiB", 0, 1024 },
		{ "2TiB", 0, 2ULL << 40 },
		{ "1iB", -EINVAL, 0 },
		{ "1B", 0, 1 },
		{ "1Ki", -EINVAL, 0 },
		{ "1.5M", 0, 3 << 19 },
		{ "0.5GiB", 0, 1 << 29 },
		{ "1.0K", 0, 1024 },
		{ "1.1K", 0, 1126 },
		{ "0.0009K", 0, 0 },
		{ "0.9999999999999999999999999K", 0, 1023 },
		{ "16777215.999999999999999999T", 0, UINT64_MAX },
		{ "1.5", -EINVAL, 0 },
		{ "1.5B", -EINVAL, 0 },
		{ "1.M", -EINVAL, 0 },
		{ ".5M", -EINVAL, 0 },
		{ "1.-5M", -EINVAL, 0 },
		{ "1.5.5M", -EINVAL, 0 },
		{ "1KB", -EINVAL, 0 },
		{ "1KK", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "none", -EINVAL, 0 },
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = parse_bytes(cases[i].text, &value);

		if (err != cases[i].err || (!err && value != cases[i].value))
			fail(cases[i].text, __LINE__);
	}
	expect(!parse_limit("none", &value) && value == 0);
	expect(parse_limit("nonesuch", &value) == -EINVAL);
	expect(!parse_u64("5", 5, &value) && value == 5);
	expect(parse_u64("6", 5, &value) == -ERANGE);
	expect(parse_u64("5K", 9999, &value) == -EINVAL);
	expect(parse_u64("-5", 9999, &value) == -EDOM);
	expect(parse_u64("0x5", 9999, &value) == -EINVAL);
}

static void human_bytes(void)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0B" },
		{ 1023, "1023B" },
		{ 1024, "1.0KiB" },
		{ 1048523, "1023.9KiB" },
		{ 1048575, "1.0MiB" },
		{ 1048576, "1.0MiB" },
		{ 5368709120, "5.0GiB" },
		{ UINT64_MAX, "16.0EiB" },
	};
	char text[HUMAN_BYTES];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(format_bytes(cases[i].bytes, text), cases[i].text))
			fail(cases[i].text, __LINE__);
	expect(percent(1, 0) == 0);
	expect(percent(1, 4) == 25);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "open_fails", open_fails },
	{ "list_grows", list_grows },
	{ "list_races", list_races },
	{ "list_overruns", list_overruns },
	{ "lists_are_empty", lists_are_empty },
	{ "spans_in_batches", spans_in_batches },
	{ "spans_in_short_batches", spans_in_short_batches },
	{ "cursor_sticks", cursor_sticks },
	{ "names_are_checked", names_are_checked },
	{ "node_needs_its_flag", node_needs_its_flag },
	{ "changes", changes },
	{ "objects", objects },
	{ "numbers", numbers },
	{ "human_bytes", human_bytes },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 2 && i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(tests[i].name, argv[1]))
			continue;
		tests[i].run();
		return 0;
	}
	fprintf(stderr, "usage: libkspan_test NAME\n");
	return 2;
}
