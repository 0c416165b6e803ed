// SPDX-License-Identifier: GPL-2.0
/*
 * jsonq POINTER <FILE: the value at a JSON pointer, "" being all of it; an
 * array gives its length, an object its keys. Fails where the input is not one
 * whole JSON value and nothing else.
 */
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

static struct json_object *parse(FILE *in)
{
	static char text[16 << 20];
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *root;
	enum json_tokener_error error;
	size_t text_bytes = fread(text, 1, sizeof(text), in);

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
			       JSON_TOKENER_VALIDATE_UTF8);
	/* The NUL ends a value that has no end of its own. */
	root = json_tokener_parse_ex(tokener, text, text_bytes + 1);
	error = json_tokener_get_error(tokener);
	if (error != json_tokener_success) {
		fprintf(stderr, "jsonq: %s\n", json_tokener_error_desc(error));
		root = NULL;
	}
	json_tokener_free(tokener);
	return root;
}

int main(int argc, char **argv)
{
	struct json_object *root, *value;

	if (argc != 2)
		return 2;
	root = parse(stdin);
	if (!root)
		return 1;
	if (json_pointer_get(root, argv[1], &value)) {
		fprintf(stderr, "jsonq: nothing at '%s'\n", argv[1]);
		json_object_put(root);
		return 1;
	}
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member) {
			(void)member;
			puts(key);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		printf("%zu\n", json_object_array_length(value));
	} else {
		puts(json_object_get_string(value));
	}
	json_object_put(root);
	return 0;
}
