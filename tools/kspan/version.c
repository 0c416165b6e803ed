// SPDX-License-Identifier: GPL-2.0
/* kspan version: version and geometry of the loaded module. */
#include <stdio.h>

#include "json.h"
#include "libkspan.h"
#include "tool.h"

static void print_json(const char *name,
		       const struct kspan_ioc_version *version)
{
	struct json_object *root = json_object_or_exit();

	json_add_string(root, "version", name);
	json_add_u64(root, "nr_classes", version->nr_classes);
	json_add_u64(root, "page_bytes", version->page_bytes);
	json_add_u64(root, "chunk_bytes", version->chunk_bytes);
	json_add_u64(root, "arena_bytes", version->arena_bytes);
	json_add_u64(root, "max_class_bytes", version->max_class_bytes);
	json_print(root);
}

int cmd_version(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp argp = {
		.parser = no_args_parse,
		.doc = "Show the version of the loaded module, and the sizes "
		       "it works in.",
		.children = tool_children,
	};
	struct kspan_tool own = *tool;
	struct kspan_ioc_version version;
	char name[PRINTABLE_BYTES];
	int err, fd, status;

	status = command_open(argc, argv, &argp, &own, &own, &fd);
	if (status)
		return status;

	err = kspan_version(fd, &version);
	kspan_close(fd);
	if (err)
		return tool_fail(&own, "version", NULL, err);
	printable(version.version, sizeof(version.version), name);
	if (own.json) {
		print_json(name, &version);
		return TOOL_OK;
	}
	printf("version %s\n", name);
	printf("nr_classes %u\n", version.nr_classes);
	printf("page_bytes %u\n", version.page_bytes);
	printf("chunk_bytes %llu\n", version.chunk_bytes);
	printf("arena_bytes %llu\n", version.arena_bytes);
	printf("max_class_bytes %u\n", version.max_class_bytes);
	return TOOL_OK;
}
