/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel lists, as a table or as JSON. A command describes the fields
 * of an entry once; both forms have them in that order.
 */
#ifndef KSPAN_LISTING_H
#define KSPAN_LISTING_H

#include <stddef.h>
#include <stdint.h>

#include "tool.h"

struct json_object;
struct table;

/* What a field of an entry is, and how it is shown. */
enum field_kind {
	FIELD_U8,
	FIELD_U32,
	FIELD_U64,
	FIELD_NODE,		/* __s32; a negative one is "-" */
	FIELD_LIMIT,		/* __u64; zero is "none" */
	FIELD_NUMBER,		/* what .number says */
	FIELD_WORDS,		/* what .words and .json say */
};

enum { FIELD_WORDS_BYTES = 320 };

struct listing_field {
	const char *name;
	enum field_kind kind;
	unsigned int width;	/* at the least, so that tables stay alike */
	size_t offset;
	uint64_t (*number)(const void *entry);
	void (*words)(const void *entry, char words[FIELD_WORDS_BYTES]);
	/* NULL: the words as they are */
	struct json_object *(*json)(const void *entry);
};

/* A field of the struct, by its own name. */
#define LISTING_FIELD(type, field, field_kind, field_width) {	\
	.name = #field, .kind = (field_kind), .width = (field_width),	\
	.offset = offsetof(struct type, field) }

struct listing {
	const char *name;		/* of the array in JSON */
	size_t entry_bytes;
	const struct listing_field *fields;
	size_t nr_fields;
};

/* @heap is NULL where the list is not one heap's. */
void listing_print(const struct listing *listing, const struct kspan_tool *tool,
		   const char *heap, const void *entries, size_t nentries);

/*
 * The whole of a command whose only argument is a heap: @fetch asks the kernel
 * for the list.
 */
int listing_of_heap(int argc, char **argv, const struct kspan_tool *tool,
		    const char *doc, const struct listing *listing,
		    int (*fetch)(int fd, const char *heap, void **entries,
				 size_t *nentries));

#endif /* KSPAN_LISTING_H */
