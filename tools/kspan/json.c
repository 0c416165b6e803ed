// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "tool.h"

const char *printable(const char *name, size_t name_bytes,
		      char text[PRINTABLE_BYTES])
{
	char *out = text;
	size_t i;

	for (i = 0; i < name_bytes && name[i]; i++) {
		unsigned char byte = name[i];

		if (byte >= ' ' && byte <= '~' && byte != '\\')
			*out++ = byte;
		else
			out += sprintf(out, "\\x%02x", byte);
	}
	*out = '\0';
	return text;
}

/* The tool holds nothing that an early exit would lose. */
static void *must(void *p)
{
	if (!p) {
		tool_error("out of memory");
		exit(TOOL_FAILED);
	}
	return p;
}

struct json_object *json_object_or_exit(void)
{
	return must(json_object_new_object());
}

struct json_object *json_array_or_exit(void)
{
	return must(json_object_new_array());
}

void json_add(struct json_object *object, const char *key,
	      struct json_object *value)
{
	must(value);
	if (json_object_object_add(object, key, value))
		must(NULL);
}

void json_add_u64(struct json_object *object, const char *key, uint64_t value)
{
	json_add(object, key, json_object_new_uint64(value));
}

void json_add_int(struct json_object *object, const char *key, int64_t value)
{
	json_add(object, key, json_object_new_int64(value));
}

void json_add_string(struct json_object *object, const char *key,
		     const char *value)
{
	json_add(object, key, json_object_new_string(value));
}

void json_append(struct json_object *array, struct json_object *value)
{
	must(value);
	if (json_object_array_add(array, value))
		must(NULL);
}

void json_print(struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(object,
					JSON_C_TO_STRING_PRETTY |
					JSON_C_TO_STRING_NOSLASHESCAPE);

	must((void *)text);
	puts(text);
	json_object_put(object);
}
