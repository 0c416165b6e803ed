/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages of the kernel's trace ring buffer, as per_cpu/cpuN/trace_pipe_raw gives
 * them, and the format files that say where an event has its fields.
 */
#ifndef KSPAN_RING_H
#define KSPAN_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where something is in an event or a page. */
struct ring_field {
	unsigned int offset;
	unsigned int bytes;
};

/* Looks @name up in the text of a format file. */
bool ring_find_field(const char *format, const char *name,
		     struct ring_field *field);

/* The ID of the event whose format file this is. */
bool ring_find_id(const char *format, unsigned int *id);

/* Little numbers of any size; 0 for a field beyond the event. */
uint64_t ring_number(const void *event, size_t event_bytes,
		     const struct ring_field *field);

/* A string whose place is in the event: __data_loc. "" where there is none. */
void ring_string(const void *event, size_t event_bytes,
		 const struct ring_field *field, char *text, size_t text_bytes);

struct ring_page {
	const unsigned char *at;	/* the next event */
	const unsigned char *end;
	uint64_t time_ns;
};

/* The parts of a page, from events/header_page. */
struct ring_layout {
	struct ring_field timestamp;
	struct ring_field commit;
	struct ring_field data;		/* its bytes are room, not content */
};

bool ring_find_layout(const char *header_page, struct ring_layout *layout);

/* Whether events/header_event says what this parser knows. */
bool ring_knows_events(const char *header_event);

/* False if the page is damaged. */
bool ring_open_page(const struct ring_layout *layout, const void *page,
		    size_t page_bytes, struct ring_page *ring);

/*
 * 1 and the next event, with its time in @ring; 0 at the end of the page, -1 if
 * the page is damaged.
 */
int ring_next(struct ring_page *ring, const void **event, size_t *event_bytes);

#endif /* KSPAN_RING_H */
