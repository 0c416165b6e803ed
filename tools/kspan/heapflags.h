/* SPDX-License-Identifier: GPL-2.0 */
/* The flags of a heap, in words. */
#ifndef KSPAN_HEAPFLAGS_H
#define KSPAN_HEAPFLAGS_H

#include <stdint.h>

struct json_object;

/* "node,account"; "-" is none. There is room for all in 64 bytes. */
void heap_flags_print(uint32_t flags, char *text);

/* An array of them. */
struct json_object *heap_flags_json(uint32_t flags);

#endif /* KSPAN_HEAPFLAGS_H */
