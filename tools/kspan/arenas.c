// SPDX-License-Identifier: GPL-2.0
/* kspan arenas: the arenas in which a heap has pages. */
#include "libkspan.h"
#include "listing.h"

#define FIELD(field, kind, width) \
	LISTING_FIELD(kspan_arena_entry, field, kind, width)

static const struct listing_field fields[] = {
	FIELD(arena, FIELD_U64, 7),
	FIELD(chunks, FIELD_U32, 6),
	FIELD(owned_pages, FIELD_U32, 11),
	FIELD(free_pages, FIELD_U32, 10),
	FIELD(longest_free_pages, FIELD_U32, 18),
};

static const struct listing arenas = {
	.name = "arenas",
	.entry_bytes = sizeof(struct kspan_arena_entry),
	.fields = fields,
	.nr_fields = NR(fields),
};

static int fetch(int fd, const char *heap, void **entries, size_t *nentries)
{
	struct kspan_arena_entry *list;
	int err = kspan_arenas(fd, heap, &list, nentries);

	*entries = list;
	return err;
}

int cmd_arenas(int argc, char **argv, const struct kspan_tool *tool)
{
	return listing_of_heap(argc, argv, tool,
			       "List the arenas in which a heap has pages, and "
			       "how many of the pages are in no span.",
			       &arenas, fetch);
}
