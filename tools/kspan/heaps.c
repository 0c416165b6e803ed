// SPDX-License-Identifier: GPL-2.0
/* kspan heaps: all heaps. */
#include <stdio.h>
#include <stdlib.h>

#include "heapflags.h"
#include "json.h"
#include "libkspan.h"
#include "listing.h"
#include "tool.h"

static const char *const owner_kinds[] = {
	[KSPAN_OWNER_DEFAULT]	= "default",
	[KSPAN_OWNER_MODULE]	= "module",
	[KSPAN_OWNER_USER]	= "user",
};

static const char *owner_kind(const struct kspan_heap_entry *heap)
{
	if (heap->owner_kind < NR(owner_kinds))
		return owner_kinds[heap->owner_kind];
	return "unknown";
}

static void owner_kind_words(const void *entry, char words[FIELD_WORDS_BYTES])
{
	snprintf(words, FIELD_WORDS_BYTES, "%s", owner_kind(entry));
}

static void name_words(const void *entry, char words[FIELD_WORDS_BYTES])
{
	const struct kspan_heap_entry *heap = entry;

	printable(heap->name, sizeof(heap->name), words);
}

static void owner_words(const void *entry, char words[FIELD_WORDS_BYTES])
{
	const struct kspan_heap_entry *heap = entry;

	printable(heap->owner, sizeof(heap->owner), words);
}

static void flags_words(const void *entry, char words[FIELD_WORDS_BYTES])
{
	const struct kspan_heap_entry *heap = entry;

	heap_flags_print(heap->flags, words);
}

static struct json_object *flags_json(const void *entry)
{
	const struct kspan_heap_entry *heap = entry;

	return heap_flags_json(heap->flags);
}

#define FIELD(field, kind, width) \
	LISTING_FIELD(kspan_heap_entry, field, kind, width)
#define WORDS(field, least_width, words_fn, json_fn) { \
	.name = #field, .kind = FIELD_WORDS, .width = (least_width), \
	.words = (words_fn), .json = (json_fn) }

/* The owner comes last: a task's name may hold blanks. */
static const struct listing_field fields[] = {
	WORDS(name, 15, name_words, NULL),
	FIELD(id, FIELD_U64, 6),
	FIELD(backing_bytes, FIELD_U64, 13),
	FIELD(live_bytes, FIELD_U64, 13),
	FIELD(limit_bytes, FIELD_LIMIT, 13),
	FIELD(node, FIELD_NODE, 4),
	WORDS(flags, 7, flags_words, flags_json),
	WORDS(owner_kind, 10, owner_kind_words, NULL),
	WORDS(owner, 0, owner_words, NULL),
};

static const struct listing listing = {
	.name = "heaps",
	.entry_bytes = sizeof(struct kspan_heap_entry),
	.fields = fields,
	.nr_fields = NR(fields),
};

int cmd_heaps(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.parser = no_args_parse,
		.doc = "List the heaps, with the memory that each holds "
		       "(backing_bytes) and that its users hold (live_bytes).",
		.children = tool_children,
	};
	struct kspan_tool own = *tool;
	struct kspan_heap_entry *heaps;
	size_t nheaps;
	int err, fd, status;

	status = command_open(argc, argv, &argp, &own, &own, &fd);
	if (status)
		return status;

	err = kspan_heaps(fd, &heaps, &nheaps);
	kspan_close(fd);
	if (err)
		return tool_fail(&own, "heaps", NULL, err);
	listing_print(&listing, &own, NULL, heaps, nheaps);
	free(heaps);
	return TOOL_OK;
}
