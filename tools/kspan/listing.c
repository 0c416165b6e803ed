// SPDX-License-Identifier: GPL-2.0
/* What the kernel lists, as a table or as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <linux/types.h>

#include "json.h"
#include "libkspan.h"
#include "listing.h"
#include "table.h"

static const void *at(const struct listing_field *field, const void *entry)
{
	return (const char *)entry + field->offset;
}

static uint64_t number(const struct listing_field *field, const void *entry)
{
	switch (field->kind) {
	case FIELD_U8:
		return *(const __u8 *)at(field, entry);
	case FIELD_U32:
		return *(const __u32 *)at(field, entry);
	case FIELD_NUMBER:
		return field->number(entry);
	default:
		return *(const __u64 *)at(field, entry);
	}
}

static int32_t node(const struct listing_field *field, const void *entry)
{
	return *(const __s32 *)at(field, entry);
}

/* ---- a table --------------------------------------------------------------- */

static void add_cell(struct table *table, const struct listing_field *field,
		     const void *entry)
{
	char words[FIELD_WORDS_BYTES];

	if (field->kind == FIELD_LIMIT && !number(field, entry)) {
		table_text(table, "none");
		return;
	}
	switch (field->kind) {
	case FIELD_NODE:
		if (node(field, entry) < 0)
			table_text(table, "-");
		else
			table_text(table, "%d", node(field, entry));
		break;
	case FIELD_WORDS:
		field->words(entry, words);
		table_text(table, "%s", words);
		break;
	default:
		table_u64(table, number(field, entry));
	}
}

static void print_table(const struct listing *listing, const char *entries,
			size_t nentries)
{
	struct table *table = table_new();
	const struct listing_field *field;
	size_t i, j;

	for (j = 0; j < listing->nr_fields; j++) {
		field = &listing->fields[j];
		table_column(table, field->name, field->kind == FIELD_WORDS ?
			     TABLE_LEFT : TABLE_RIGHT, field->width);
	}
	for (i = 0; i < nentries; i++)
		for (j = 0; j < listing->nr_fields; j++)
			add_cell(table, &listing->fields[j],
				 entries + i * listing->entry_bytes);
	table_print(table);
}

/* ---- JSON ------------------------------------------------------------------ */

static void add_value(struct json_object *object,
		      const struct listing_field *field, const void *entry)
{
	char words[FIELD_WORDS_BYTES];

	if (field->kind == FIELD_NODE) {
		json_add_int(object, field->name, node(field, entry));
	} else if (field->kind != FIELD_WORDS) {
		json_add_u64(object, field->name, number(field, entry));
	} else if (field->json) {
		json_add(object, field->name, field->json(entry));
	} else {
		field->words(entry, words);
		json_add_string(object, field->name, words);
	}
}

static void print_json(const struct listing *listing, const char *heap,
		       const char *entries, size_t nentries)
{
	struct json_object *root = json_object_or_exit();
	struct json_object *array = json_array_or_exit();
	size_t i, j;

	for (i = 0; i < nentries; i++) {
		struct json_object *object = json_object_or_exit();

		for (j = 0; j < listing->nr_fields; j++)
			add_value(object, &listing->fields[j],
				  entries + i * listing->entry_bytes);
		json_append(array, object);
	}
	if (heap)
		json_add_string(root, "heap", heap);
	json_add(root, listing->name, array);
	json_print(root);
}

void listing_print(const struct listing *listing, const struct kspan_tool *tool,
		   const char *heap, const void *entries, size_t nentries)
{
	if (tool->json)
		print_json(listing, heap, entries, nentries);
	else
		print_table(listing, entries, nentries);
}

int listing_of_heap(int argc, char **argv, const struct kspan_tool *tool,
		    const char *doc, const struct listing *listing,
		    int (*fetch)(int fd, const char *heap, void **entries,
				 size_t *nentries))
{
	struct heap_args args = { .tool = *tool };
	void *entries;
	size_t nentries;
	int err, fd, status;

	status = heap_open(argc, argv, doc, &args, &fd);
	if (status)
		return status;
	err = fetch(fd, args.heap, &entries, &nentries);
	kspan_close(fd);
	if (err)
		return tool_fail(&args.tool, listing->name, args.heap, err);
	listing_print(listing, &args.tool, args.heap, entries, nentries);
	free(entries);
	return TOOL_OK;
}
