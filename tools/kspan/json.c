// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
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

struct json_object *json_object_or_exit(void)
{
	return tool_need(json_object_new_object());
}

struct json_object *json_array_or_exit(void)
{
	return tool_need(json_object_new_array());
}

void json_add(struct json_object *object, const char *key,
	      struct json_object *value)
{
	tool_need(value);
	if (json_object_object_add(object, key, value))
		tool_need(NULL);
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
	tool_need(value);
	if (json_object_array_add(array, value))
		tool_need(NULL);
}

void json_print(struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(object,
					JSON_C_TO_STRING_PRETTY |
					JSON_C_TO_STRING_NOSLASHESCAPE);

	tool_need((void *)text);
	puts(text);
	json_object_put(object);
}

void json_print_heap(const char *heap)
{
	struct json_object *root = json_object_or_exit();

	json_add_string(root, "heap", heap);
	json_print(root);
}
