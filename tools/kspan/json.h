/* SPDX-License-Identifier: GPL-2.0 */
/* What --json prints. A key is a field of linux/kspan.h, by the same name. */
#ifndef KSPAN_JSON_H
#define KSPAN_JSON_H

#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>

/* Room for a name of the kernel in which every byte had to be escaped. */
enum { PRINTABLE_BYTES = 64 * 4 + 1 };

/*
 * A name out of a char array of the kernel, up to its NUL or end. Task names
 * hold any byte: what is neither visible ASCII nor a blank becomes \xNN.
 */
const char *printable(const char *name, size_t name_bytes,
		      char text[PRINTABLE_BYTES]);

/* Without memory, these leave through exit(). */
struct json_object *json_object_or_exit(void);
struct json_object *json_array_or_exit(void);
void json_add(struct json_object *object, const char *key,
	      struct json_object *value);
void json_add_u64(struct json_object *object, const char *key, uint64_t value);
void json_add_int(struct json_object *object, const char *key, int64_t value);
/* JSON is UTF-8: a byte of @value that is not becomes \xNN. */
void json_add_string(struct json_object *object, const char *key,
		     const char *value);
void json_append(struct json_object *array, struct json_object *value);

/* Prints to stdout, and drops @object. */
void json_print(struct json_object *object);

/* Prints an object that names a heap and nothing else. */
void json_print_heap(const char *heap);

#endif /* KSPAN_JSON_H */
