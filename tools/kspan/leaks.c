// SPDX-License-Identifier: GPL-2.0
/* kspan leaks: live objects of a heap that nobody can want any more. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "libkspan.h"
#include "number.h"
#include "table.h"
#include "tool.h"

enum {
	OPTION_UNREACHABLE	= 0x200,
	OPTION_MODULE,
	OPTION_HEAPS,
	OPTION_INTERVAL,
	OPTION_EACH,

	NAME_WIDTH	= 16,
	NUMBER_WIDTH	= 10,
};

struct leaks_args {
	struct heap_args heap;
	bool unreachable;
	bool each;
	uint32_t roots;
	uint32_t interval_ms;
};

/* What objects of one kind add up to. */
struct kind {
	const struct kspan_unreachable_entry *first;
	uint64_t objects;
	uint64_t bytes;
	uint64_t beginnings;
	uint64_t age_most_ms;
};

struct findings {
	struct kspan_ioc_unreachable ioc;
	struct kspan_unreachable_entry *entries;
	struct kind *kinds;
	size_t nkinds;
};

static bool same_kind(const struct kspan_unreachable_entry *a,
		      const struct kspan_unreachable_entry *b)
{
	return a->sizeclass == b->sizeclass && a->size_bytes == b->size_bytes &&
	       !strncmp(a->name, b->name, sizeof(a->name));
}

static struct kind *kind_of(struct findings *found,
			    const struct kspan_unreachable_entry *entry)
{
	size_t i;

	for (i = 0; i < found->nkinds; i++)
		if (same_kind(found->kinds[i].first, entry))
			return &found->kinds[i];
	found->kinds[found->nkinds].first = entry;
	return &found->kinds[found->nkinds++];
}

static int sort_out(struct findings *found)
{
	uint32_t i;

	found->kinds = calloc(found->ioc.count + 1, sizeof(*found->kinds));
	if (!found->kinds)
		return -ENOMEM;
	for (i = 0; i < found->ioc.count; i++) {
		const struct kspan_unreachable_entry *entry =
			&found->entries[i];
		struct kind *kind = kind_of(found, entry);

		kind->objects++;
		kind->bytes += entry->size_bytes;
		kind->beginnings += !(entry->flags & KSPAN_UNREACHABLE_LED);
		/* One that is not known is the largest number. */
		if (entry->age_most_ms > kind->age_most_ms)
			kind->age_most_ms = entry->age_most_ms;
	}
	return 0;
}

static const char *name_of(const struct kspan_unreachable_entry *entry,
			   char text[PRINTABLE_BYTES])
{
	return printable(entry->name, sizeof(entry->name), text);
}

static void text_or(struct table *table, uint64_t number, uint64_t none,
		    const char *word)
{
	if (number == none)
		table_text(table, "%s", word);
	else
		table_u64(table, number);
}

static void print_kinds(const struct findings *found)
{
	struct table *table = table_new();
	char text[PRINTABLE_BYTES];
	size_t i;

	table_column(table, "sizeclass", TABLE_RIGHT, 0);
	table_column(table, "name", TABLE_LEFT, NAME_WIDTH);
	table_column(table, "size_bytes", TABLE_RIGHT, 0);
	table_column(table, "objects", TABLE_RIGHT, NUMBER_WIDTH);
	table_column(table, "bytes", TABLE_RIGHT, NUMBER_WIDTH);
	table_column(table, "beginnings", TABLE_RIGHT, 0);
	table_column(table, "age_most_ms", TABLE_RIGHT, 0);
	table_column(table, "site", TABLE_LEFT, 0);
	for (i = 0; i < found->nkinds; i++) {
		const struct kind *kind = &found->kinds[i];

		table_u64(table, kind->first->sizeclass);
		name_of(kind->first, text);
		table_text(table, "%s", *text ? text : "-");
		table_u64(table, kind->first->size_bytes);
		table_u64(table, kind->objects);
		table_u64(table, kind->bytes);
		table_u64(table, kind->beginnings);
		text_or(table, kind->age_most_ms, KSPAN_AGE_UNKNOWN, "unknown");
		table_text(table, "unknown");
	}
	table_print(table);
}

static void print_each(const struct findings *found)
{
	struct table *table = table_new();
	char text[PRINTABLE_BYTES];
	uint32_t i;

	table_column(table, "arena", TABLE_RIGHT, 0);
	table_column(table, "offset", TABLE_RIGHT, 0);
	table_column(table, "sizeclass", TABLE_RIGHT, 0);
	table_column(table, "name", TABLE_LEFT, NAME_WIDTH);
	table_column(table, "size_bytes", TABLE_RIGHT, 0);
	table_column(table, "age_least_ms", TABLE_RIGHT, 0);
	table_column(table, "age_most_ms", TABLE_RIGHT, 0);
	table_column(table, "led", TABLE_LEFT, 0);
	for (i = 0; i < found->ioc.count; i++) {
		const struct kspan_unreachable_entry *entry =
			&found->entries[i];

		text_or(table, entry->arena, KSPAN_NO_ARENA, "vmalloc");
		table_u64(table, entry->offset);
		table_u64(table, entry->sizeclass);
		name_of(entry, text);
		table_text(table, "%s", *text ? text : "-");
		table_u64(table, entry->size_bytes);
		table_u64(table, entry->age_least_ms);
		text_or(table, entry->age_most_ms, KSPAN_AGE_UNKNOWN,
			"unknown");
		table_text(table, "%s", entry->flags & KSPAN_UNREACHABLE_LED ?
			   "yes" : "no");
	}
	putchar('\n');
	table_print(table);
}

static void print_text(const struct leaks_args *args,
		       const struct findings *found)
{
	const struct kspan_ioc_unreachable *ioc = &found->ioc;

	printf("heap %s: %llu unreachable objects, %llu bytes\n",
	       args->heap.heap, (unsigned long long)ioc->objects,
	       (unsigned long long)ioc->bytes);
	if (!ioc->count)
		return;
	putchar('\n');
	print_kinds(found);
	if (args->each)
		print_each(found);
	if (ioc->objects > ioc->count)
		printf("\nand %llu objects more\n",
		       (unsigned long long)ioc->objects - ioc->count);
}

static void add_known(struct json_object *object, const char *key,
		      uint64_t number, uint64_t none, const char *word)
{
	if (number == none)
		json_add_string(object, key, word);
	else
		json_add_u64(object, key, number);
}

static struct json_object *kinds_json(const struct findings *found)
{
	struct json_object *array = json_array_or_exit();
	char text[PRINTABLE_BYTES];
	size_t i;

	for (i = 0; i < found->nkinds; i++) {
		const struct kind *kind = &found->kinds[i];
		struct json_object *object = json_object_or_exit();

		json_add_u64(object, "sizeclass", kind->first->sizeclass);
		json_add_string(object, "name", name_of(kind->first, text));
		json_add_u64(object, "size_bytes", kind->first->size_bytes);
		json_add_u64(object, "objects", kind->objects);
		json_add_u64(object, "bytes", kind->bytes);
		json_add_u64(object, "beginnings", kind->beginnings);
		add_known(object, "age_most_ms", kind->age_most_ms,
			  KSPAN_AGE_UNKNOWN, "unknown");
		json_add_string(object, "site", "unknown");
		json_append(array, object);
	}
	return array;
}

static struct json_object *each_json(const struct findings *found)
{
	struct json_object *array = json_array_or_exit();
	char text[PRINTABLE_BYTES];
	uint32_t i;

	for (i = 0; i < found->ioc.count; i++) {
		const struct kspan_unreachable_entry *entry =
			&found->entries[i];
		struct json_object *object = json_object_or_exit();

		add_known(object, "arena", entry->arena, KSPAN_NO_ARENA,
			  "vmalloc");
		json_add_u64(object, "offset", entry->offset);
		json_add_u64(object, "sizeclass", entry->sizeclass);
		json_add_string(object, "name", name_of(entry, text));
		json_add_u64(object, "size_bytes", entry->size_bytes);
		json_add_u64(object, "age_least_ms", entry->age_least_ms);
		add_known(object, "age_most_ms", entry->age_most_ms,
			  KSPAN_AGE_UNKNOWN, "unknown");
		json_add(object, "led",
			 json_object_new_boolean(entry->flags &
						 KSPAN_UNREACHABLE_LED));
		json_append(array, object);
	}
	return array;
}

static void print_json(const struct leaks_args *args,
		       const struct findings *found)
{
	struct json_object *root = json_object_or_exit();

	json_add_string(root, "heap", args->heap.heap);
	json_add_u64(root, "objects", found->ioc.objects);
	json_add_u64(root, "bytes", found->ioc.bytes);
	json_add_u64(root, "listed", found->ioc.count);
	json_add(root, "kinds", kinds_json(found));
	if (args->each)
		json_add(root, "each", each_json(found));
	json_print(root);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct leaks_args *args = state->input;
	uint64_t ms;
	int err;

	switch (key) {
	case OPTION_UNREACHABLE:
		args->unreachable = true;
		return 0;
	case OPTION_MODULE:
		args->roots |= KSPAN_SCAN_MODULE;
		return 0;
	case OPTION_HEAPS:
		args->roots |= KSPAN_SCAN_HEAPS;
		return 0;
	case OPTION_INTERVAL:
		err = parse_u64(arg, KSPAN_SCAN_MAX_MS, &ms);
		if (err)
			argp_error(state, "'%s': %s", arg, parse_error(err));
		args->interval_ms = ms;
		return 0;
	case OPTION_EACH:
		args->each = true;
		return 0;
	case ARGP_KEY_END:
		if (!args->unreachable)
			argp_error(state, "which leaks? --unreachable");
		return heap_args_parse(key, arg, state);
	default:
		return heap_args_parse(key, arg, state);
	}
}

static int fail(const struct leaks_args *args, int err)
{
	const char *heap = args->heap.heap;

	switch (err) {
	case -ENODATA:
		tool_error("nothing is said to hold pointers to heap '%s': try --module-data",
			   heap);
		return TOOL_FAILED;
	case -EOPNOTSUPP:
		tool_error("heap '%s' is collected, or no module has made it",
			   heap);
		return TOOL_FAILED;
	default:
		return tool_fail(&args->heap.tool, "leaks", heap, err);
	}
}

int cmd_leaks(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp_option options[] = {
		{ .name = "unreachable", .key = OPTION_UNREACHABLE,
		  .doc = "Live objects that nothing leads to" },
		{ .name = "module-data", .key = OPTION_MODULE,
		  .doc = "Pointers may lie in the data of the module that has "
			 "made the heap" },
		{ .name = "other-heaps", .key = OPTION_HEAPS,
		  .doc = "Pointers may lie in objects of other heaps" },
		{ .name = "interval", .key = OPTION_INTERVAL, .arg = "MS",
		  .doc = "Time between the two looks (1000)" },
		{ .name = "each", .key = OPTION_EACH,
		  .doc = "List each object" },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "HEAP",
		.doc = "Look for live objects of a heap that nothing leads to. "
		       "The heap's users say where their pointers lie; what is "
		       "found from there is no leak. Two looks are taken, and "
		       "what both have found is told.",
		.children = tool_children,
	};
	struct leaks_args args = { .heap.tool = *tool };
	struct findings found = { 0 };
	int err, fd, status;

	tool = &args.heap.tool;
	status = command_open(argc, argv, &argp, &args, tool, &fd);
	if (status)
		return status;
	err = kspan_unreachable(fd, args.heap.heap, args.roots,
				args.interval_ms, &found.ioc, &found.entries);
	kspan_close(fd);
	if (err)
		return fail(&args, err);
	err = sort_out(&found);
	if (err)
		status = fail(&args, err);
	else if (tool->json)
		print_json(&args, &found);
	else
		print_text(&args, &found);
	free(found.kinds);
	free(found.entries);
	return status;
}
