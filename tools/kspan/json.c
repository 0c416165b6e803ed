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

/* Bytes of the character that @text begins with; 0 if it is not UTF-8. */
static unsigned int utf8_bytes(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;
	unsigned int i, nbytes;

	if (byte[0] < 0x80)
		return 1;
	if (byte[0] < 0xc2 || byte[0] > 0xf4)
		return 0;
	nbytes = byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < nbytes; i++)
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, halves of pairs, and what is beyond Unicode. */
	if ((byte[0] == 0xe0 && byte[1] < 0xa0) ||
	    (byte[0] == 0xed && byte[1] > 0x9f) ||
	    (byte[0] == 0xf0 && byte[1] < 0x90) ||
	    (byte[0] == 0xf4 && byte[1] > 0x8f))
		return 0;
	return nbytes;
}

void json_add_string(struct json_object *object, const char *key,
		     const char *value)
{
	char *text = tool_need(malloc(4 * strlen(value) + 1)), *out = text;
	unsigned int nbytes;

	while (*value) {
		nbytes = utf8_bytes(value);
		memcpy(out, value, nbytes);
		out += nbytes;
		value += nbytes;
		if (!nbytes)
			out += sprintf(out, "\\x%02x",
				       (unsigned char)*value++);
	}
	*out = '\0';
	json_add(object, key, json_object_new_string(text));
	free(text);
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
