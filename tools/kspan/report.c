// SPDX-License-Identifier: GPL-2.0
/* How the tool complains, and with which exit code. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libkspan.h"
#include "tool.h"

void tool_error(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	fputs("kspan: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

/* The tool holds nothing that an early exit would lose. */
void *tool_need(void *p)
{
	if (!p) {
		tool_error("out of memory");
		exit(TOOL_FAILED);
	}
	return p;
}

int tool_open(const struct kspan_tool *tool, int *fd)
{
	*fd = kspan_open(tool->device);
	if (*fd >= 0)
		return TOOL_OK;

	switch (-*fd) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		if (strcmp(tool->device, KSPAN_DEVICE)) {
			tool_error("--device %s: %s", tool->device,
				   strerror(-*fd));
			return TOOL_ABSENT;
		}
		tool_error("%s: the kspan module is not loaded (modprobe kspan)",
			   tool->device);
		return TOOL_ABSENT;
	case EPERM:
	case EACCES:
		tool_error("%s: permission denied, only root may open it",
			   tool->device);
		return TOOL_DENIED;
	default:
		tool_error("%s: %s", tool->device, strerror(-*fd));
		return TOOL_FAILED;
	}
}

int tool_fail(const struct kspan_tool *tool, const char *action,
	      const char *heap, int err)
{
	switch (-err) {
	case ENOENT:
		if (!heap)
			break;
		tool_error("no heap named '%s'", heap);
		return TOOL_FAILED;
	case EPERM:
	case EACCES:
		tool_error("%s needs CAP_SYS_ADMIN", action);
		return TOOL_DENIED;
	case ENOTTY:
		tool_error("%s: %s: request unknown: not kspan's device, or an older module",
			   action, tool->device);
		return TOOL_FAILED;
	case E2BIG:
		tool_error("%s: the module is older than this tool", action);
		return TOOL_FAILED;
	}
	if (heap)
		tool_error("%s '%s': %s", action, heap, strerror(-err));
	else
		tool_error("%s: %s", action, strerror(-err));
	return TOOL_FAILED;
}
