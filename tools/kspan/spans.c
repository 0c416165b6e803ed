// SPDX-License-Identifier: GPL-2.0
/* kspan spans: every span of a heap. */
#include "libkspan.h"
#include "listing.h"

#define FIELD(field, kind, width) \
	LISTING_FIELD(kspan_span_entry, field, kind, width)

static const struct listing_field fields[] = {
	FIELD(arena, FIELD_U64, 7),
	FIELD(page, FIELD_U32, 6),
	FIELD(npages, FIELD_U32, 7),
	FIELD(sizeclass, FIELD_U32, 9),
	FIELD(size_bytes, FIELD_U64, 12),
	FIELD(nelems, FIELD_U32, 7),
	FIELD(alloc_count, FIELD_U32, 11),
	FIELD(free_index, FIELD_U32, 10),
	FIELD(node, FIELD_NODE, 5),
	FIELD(needzero, FIELD_U8, 8),
};

static const struct listing spans = {
	.name = "spans",
	.entry_bytes = sizeof(struct kspan_span_entry),
	.fields = fields,
	.nr_fields = NR(fields),
};

static int fetch(int fd, const char *heap, void **entries, size_t *nentries)
{
	struct kspan_span_entry *list;
	int err = kspan_spans(fd, heap, &list, nentries);

	*entries = list;
	return err;
}

int cmd_spans(int argc, char **argv, const struct kspan_tool *tool)
{
	return listing_of_heap(argc, argv, tool,
			       "List every span of a heap. Size class 0 is a "
			       "large object. alloc_count counts the slots "
			       "that are out of the span: they are live, or in "
			       "a CPU cache.",
			       &spans, fetch);
}
