// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <stdio.h>

#include "heapflags.h"
#include "json.h"
#include "libkspan.h"
#include "tool.h"

static const char *const flag_names[] = { "node", "account",
					  "zero_on_destroy", "warn_live",
					  "gc" };

struct json_object *heap_flags_json(uint32_t flags)
{
	struct json_object *array = json_array_or_exit();
	size_t i;

	for (i = 0; i < NR(flag_names); i++)
		if (flags & 1u << i)
			json_append(array,
				    json_object_new_string(flag_names[i]));
	return array;
}

void heap_flags_print(uint32_t flags, char *text)
{
	const char *comma = "";
	size_t i;

	if (!(flags & (KSPAN_HEAP_FLAGS | KSPAN_HEAP_GC)))
		text += sprintf(text, "-");
	for (i = 0; i < NR(flag_names); i++) {
		if (!(flags & 1u << i))
			continue;
		text += sprintf(text, "%s%s", comma, flag_names[i]);
		comma = ",";
	}
}
