// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of the kernel's trace ring buffer. A page opens with its time and how
 * much of it is filled; an event opens with a word of five bits of type and 27
 * bits of time since the event before.
 */
#include <stdio.h>
#include <string.h>

#include "ring.h"

enum {
	TYPE_BITS	= 5,
	TYPE_LONG	= 0,		/* a word with the length follows */
	TYPE_MAX_SHORT	= 28,		/* 1 .. 28: so many words of data */
	TYPE_PADDING	= 29,
	TYPE_TIME_EXTEND = 30,
	TYPE_TIME_STAMP	= 31,
	WORD_BYTES	= 4,
};

/* The other bits of a page's commit word say that events were lost. */
#define COMMIT_BYTES		((1u << 27) - 1)

/* A time stamp event has not the topmost bits of the time. */
#define TIME_STAMP_MASK		((1ull << 59) - 1)

/* The name ends a declaration, but for the length of an array. */
static bool declares(const char *declaration, size_t declaration_bytes,
		     const char *name)
{
	const char *bracket = memchr(declaration, '[', declaration_bytes);
	size_t name_bytes = strlen(name);
	char before;

	if (bracket)
		declaration_bytes = bracket - declaration;
	if (declaration_bytes <= name_bytes ||
	    strncmp(declaration + declaration_bytes - name_bytes, name,
		    name_bytes))
		return false;
	before = declaration[declaration_bytes - name_bytes - 1];
	return before == ' ' || before == '*';
}

bool ring_find_field(const char *format, const char *name,
		     struct ring_field *field)
{
	static const char opening[] = "field:";
	const char *line, *end;

	for (line = strstr(format, opening); line;
	     line = strstr(end, opening)) {
		line += strlen(opening);
		end = strchr(line, ';');
		if (!end)
			return false;
		if (declares(line, end - line, name))
			return sscanf(end, "; offset:%u; size:%u;",
				      &field->offset, &field->bytes) == 2;
	}
	return false;
}

bool ring_find_id(const char *format, unsigned int *id)
{
	const char *line = strstr(format, "ID: ");

	return line && sscanf(line, "ID: %u", id) == 1;
}

uint64_t ring_number(const void *event, size_t event_bytes,
		     const struct ring_field *field)
{
	uint64_t number = 0;
	uint32_t word;
	uint16_t half;
	uint8_t byte;

	if (field->offset > event_bytes ||
	    field->bytes > event_bytes - field->offset)
		return 0;
	event = (const char *)event + field->offset;
	switch (field->bytes) {
	case 1:
		memcpy(&byte, event, sizeof(byte));
		return byte;
	case 2:
		memcpy(&half, event, sizeof(half));
		return half;
	case 4:
		memcpy(&word, event, sizeof(word));
		return word;
	case 8:
		memcpy(&number, event, sizeof(number));
		return number;
	default:
		return 0;
	}
}

void ring_string(const void *event, size_t event_bytes,
		 const struct ring_field *field, char *text, size_t text_bytes)
{
	/* Where it is in the lower half of the word, how long in the upper. */
	uint32_t place = ring_number(event, event_bytes, field);
	size_t offset = place & 0xffff, bytes = place >> 16, i = 0;
	const char *from = (const char *)event + offset;

	if (field->bytes == sizeof(place) && offset <= event_bytes &&
	    bytes <= event_bytes - offset)
		for (; i < bytes && i < text_bytes - 1 && from[i]; i++)
			text[i] = from[i];
	text[i] = '\0';
}

bool ring_find_layout(const char *header_page, struct ring_layout *layout)
{
	return ring_find_field(header_page, "timestamp", &layout->timestamp) &&
	       ring_find_field(header_page, "commit", &layout->commit) &&
	       ring_find_field(header_page, "data", &layout->data);
}

bool ring_knows_events(const char *header_event)
{
	/* A blank in a format stands for any number of them. */
	static const struct {
		const char *name;
		const char *format;
		unsigned int value;
	} facts[] = {
		{ "type_len", "type_len : %u bits", TYPE_BITS },
		{ "time_delta", "time_delta : %u bits", 32 - TYPE_BITS },
		{ "padding", "padding : type == %u", TYPE_PADDING },
		{ "time_extend", "time_extend : type == %u",
		  TYPE_TIME_EXTEND },
		{ "time_stamp", "time_stamp : type == %u", TYPE_TIME_STAMP },
		{ "data max", "data max type_len == %u", TYPE_MAX_SHORT },
	};
	const char *line;
	unsigned int value;
	size_t i;

	for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		line = strstr(header_event, facts[i].name);
		if (!line || sscanf(line, facts[i].format, &value) != 1 ||
		    value != facts[i].value)
			return false;
	}
	return true;
}

bool ring_open_page(const struct ring_layout *layout, const void *page,
		    size_t page_bytes, struct ring_page *ring)
{
	uint64_t filled_bytes = ring_number(page, page_bytes, &layout->commit);

	filled_bytes &= COMMIT_BYTES;
	if (layout->data.offset > page_bytes ||
	    filled_bytes > page_bytes - layout->data.offset)
		return false;
	ring->at = (const unsigned char *)page + layout->data.offset;
	ring->end = ring->at + filled_bytes;
	ring->time_ns = ring_number(page, page_bytes, &layout->timestamp);
	return true;
}

static uint32_t word_at(const unsigned char *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

int ring_next(struct ring_page *ring, const void **event, size_t *event_bytes)
{
	const unsigned char *at;
	uint32_t type, delta, argument;
	size_t bytes, left;

	for (; ring->at < ring->end; ring->at = at + bytes) {
		at = ring->at + WORD_BYTES;
		if (ring->end - ring->at < WORD_BYTES)
			return -1;
		left = ring->end - at;
		type = word_at(ring->at) & ((1u << TYPE_BITS) - 1);
		delta = word_at(ring->at) >> TYPE_BITS;
		if (type == TYPE_PADDING && !delta)
			return 0;	/* nothing was put in the rest */

		bytes = type * WORD_BYTES;
		argument = 0;
		if (type == TYPE_LONG || type > TYPE_MAX_SHORT) {
			if (left < WORD_BYTES)
				return -1;
			argument = word_at(at);
			bytes = type >= TYPE_TIME_EXTEND ? WORD_BYTES : argument;
			if (bytes < WORD_BYTES)
				return -1;
		}
		if (bytes > left)
			return -1;

		if (type == TYPE_TIME_STAMP) {
			ring->time_ns &= ~TIME_STAMP_MASK;
			ring->time_ns |= ((uint64_t)argument << 27) + delta;
			continue;
		}
		ring->time_ns += delta;
		if (type == TYPE_TIME_EXTEND) {
			ring->time_ns += (uint64_t)argument << 27;
			continue;
		}
		if (type == TYPE_PADDING)
			continue;
		ring->at = at + bytes;
		if (type == TYPE_LONG) {
			at += WORD_BYTES;
			bytes -= WORD_BYTES;
		}
		*event = at;
		*event_bytes = bytes;
		return 1;
	}
	return 0;
}
