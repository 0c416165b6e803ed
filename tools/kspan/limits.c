// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libkspan.h"
#include "limits.h"
#include "tool.h"

#define NODES_WITH_MEMORY "/sys/devices/system/node/has_memory"

/* A reserve is whole pages of the heap. */
static uint64_t reserve_as_counted(int fd, uint64_t bytes)
{
	struct kspan_ioc_version version;
	uint64_t page_bytes;

	if (kspan_version(fd, &version) || !version.page_bytes)
		return bytes;
	page_bytes = version.page_bytes;
	if (bytes > UINT64_MAX - page_bytes)
		return bytes;
	return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

bool explain_limits(int fd, const char *action, const char *heap,
		    const struct heap_limits *limits)
{
	uint64_t reserve_bytes = reserve_as_counted(fd, limits->reserve_bytes);

	if (!limits->limit_bytes)
		return false;
	if (limits->soft_limit_bytes > limits->limit_bytes) {
		tool_error("%s '%s': the soft limit, %llu bytes, would be above the limit, "
			   "%llu bytes",
			   action, heap,
			   (unsigned long long)limits->soft_limit_bytes,
			   (unsigned long long)limits->limit_bytes);
		return true;
	}
	if (reserve_bytes > limits->limit_bytes) {
		tool_error("%s '%s': the reserve, %llu bytes in whole pages, would be above "
			   "the limit, %llu bytes",
			   action, heap, (unsigned long long)reserve_bytes,
			   (unsigned long long)limits->limit_bytes);
		return true;
	}
	return false;
}

/* Whether @list, "0-1,4", has @node. */
static bool has_node(const char *list, int node)
{
	char *end;
	long first, last;

	while (*list >= '0' && *list <= '9') {
		first = strtol(list, &end, 10);
		last = *end == '-' ? strtol(end + 1, &end, 10) : first;
		if (node >= first && node <= last)
			return true;
		list = *end == ',' ? end + 1 : end;
	}
	return false;
}

bool explain_node(const char *action, const char *heap, int node)
{
	/* Without NUMA the kernel has one node and no such file. */
	char nodes[4096] = "0";
	FILE *file = fopen(NODES_WITH_MEMORY, "re");

	if (file) {
		if (fgets(nodes, sizeof(nodes), file))
			nodes[strcspn(nodes, "\n")] = '\0';
		fclose(file);
	}
	if (has_node(nodes, node))
		return false;
	tool_error("%s '%s': node %d has no memory; nodes that have: %s", action,
		   heap, node, nodes);
	return true;
}
