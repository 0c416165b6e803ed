// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "device.h"
#include "test.h"

#define REQUEST(name, admin, has_heap) \
	{ #name, KSPAN_IOC_##name, admin, has_heap }

const struct request requests[NR_REQUESTS] = {
	REQUEST(VERSION, false, false),
	REQUEST(HEAPS, false, false),
	REQUEST(STATS, false, true),
	REQUEST(CLASSES, false, true),
	REQUEST(SPANS, true, true),
	REQUEST(ARENAS, true, true),
	REQUEST(SCAVENGE, true, true),
	REQUEST(DRAIN, true, true),
	REQUEST(LIMIT, true, true),
	REQUEST(HEAP_CREATE, true, true),
	REQUEST(HEAP_DESTROY, true, true),
	REQUEST(ALLOC, true, true),
	REQUEST(FREE, true, false),
	REQUEST(READ, false, false),
	REQUEST(WRITE, true, false),
};

/* Not terminated where it does not fit, which the kernel is to find out. */
static void name_copy(char to[KSPAN_NAME_BYTES], const char *name)
{
	size_t bytes = strnlen(name, KSPAN_NAME_BYTES);

	memset(to, 0, KSPAN_NAME_BYTES);
	memcpy(to, name, bytes);
}

int device_open(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	ASSERT(fd >= 0);
	return fd;
}

int device_request(int fd, unsigned int code, void *arg)
{
	return ioctl(fd, code, arg) < 0 ? -errno : 0;
}

void argument_fill(union argument *arg, unsigned int code, const char *heap,
		   __u64 handle, void *buffer)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = _IOC_SIZE(code);
	switch (code) {
	case KSPAN_IOC_VERSION:
	case KSPAN_IOC_HEAPS:
		return;
	case KSPAN_IOC_FREE:
		arg->free.handle = handle;
		return;
	case KSPAN_IOC_READ:
	case KSPAN_IOC_WRITE:
		arg->rw.handle = handle;
		arg->rw.bytes = 8;
		arg->rw.buffer = (uintptr_t)buffer;
		return;
	case KSPAN_IOC_ALLOC:
		arg->alloc.bytes = 64;
		break;
	}
	name_copy(arg->heap, heap);
}

static int heap_op(int fd, unsigned int code, const char *name, __u64 *bytes)
{
	struct kspan_ioc_heap_op op = { .size = sizeof(op), .bytes = *bytes };
	int err;

	name_copy(op.heap, name);
	err = device_request(fd, code, &op);
	*bytes = op.bytes;
	return err;
}

int heap_create(int fd, const char *name, __u64 limit_bytes)
{
	struct kspan_ioc_heap_create create = {
		.size = sizeof(create),
		.limit_bytes = limit_bytes,
	};

	name_copy(create.heap, name);
	return device_request(fd, KSPAN_IOC_HEAP_CREATE, &create);
}

int heap_destroy(int fd, const char *name)
{
	return heap_op(fd, KSPAN_IOC_HEAP_DESTROY, name, &(__u64){ 0 });
}

int heap_stats(int fd, const char *name, struct kspan_heap_stats *stats)
{
	struct kspan_ioc_stats arg = { .size = sizeof(arg) };
	int err;

	name_copy(arg.heap, name);
	err = device_request(fd, KSPAN_IOC_STATS, &arg);
	*stats = arg.stats;
	return err;
}

int heap_drain(int fd, const char *name)
{
	return heap_op(fd, KSPAN_IOC_DRAIN, name, &(__u64){ 0 });
}

int heap_scavenge(int fd, const char *name, __u64 *bytes)
{
	return heap_op(fd, KSPAN_IOC_SCAVENGE, name, bytes);
}

int heap_limit(int fd, const char *name, __u64 *bytes)
{
	return heap_op(fd, KSPAN_IOC_LIMIT, name, bytes);
}

int object_alloc(int fd, const char *heap, __u64 bytes, __u64 *handle)
{
	struct kspan_ioc_alloc alloc = {
		.size = sizeof(alloc),
		.bytes = bytes,
	};
	int err;

	name_copy(alloc.heap, heap);
	err = device_request(fd, KSPAN_IOC_ALLOC, &alloc);
	*handle = alloc.handle;
	return err;
}

int object_free(int fd, __u64 handle)
{
	struct kspan_ioc_free arg = { .size = sizeof(arg), .handle = handle };

	return device_request(fd, KSPAN_IOC_FREE, &arg);
}

static int rw(int fd, unsigned int code, __u64 handle, __u64 offset,
	      const void *buffer, __u64 bytes)
{
	struct kspan_ioc_rw arg = {
		.size = sizeof(arg),
		.handle = handle,
		.offset = offset,
		.bytes = bytes,
		.buffer = (uintptr_t)buffer,
	};

	return device_request(fd, code, &arg);
}

int object_read(int fd, __u64 handle, __u64 offset, void *buffer, __u64 bytes)
{
	return rw(fd, KSPAN_IOC_READ, handle, offset, buffer, bytes);
}

int object_write(int fd, __u64 handle, __u64 offset, const void *buffer,
		 __u64 bytes)
{
	return rw(fd, KSPAN_IOC_WRITE, handle, offset, buffer, bytes);
}

int list_request(int fd, unsigned int code, const char *heap, void *entries,
		 __u32 entry_bytes, __u32 capacity, struct kspan_ioc_list *list)
{
	__u64 cursor = code == KSPAN_IOC_SPANS ? list->cursor : 0;

	memset(list, 0, sizeof(*list));
	list->size = sizeof(*list);
	name_copy(list->heap, heap);
	list->entries = (uintptr_t)entries;
	list->entry_bytes = entry_bytes;
	list->capacity = capacity;
	list->cursor = cursor;
	return device_request(fd, code, list);
}

bool heap_verifies(const char *name)
{
	char path[128], line[128], last[128] = "";
	FILE *file;

	snprintf(path, sizeof(path), DEBUGFS_HEAPS "/%s/verify", name);
	file = fopen(path, "r");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		if (strstr(line, "BAD"))
			printf("# %s: %s", name, line);
		strcpy(last, line);
	}
	fclose(file);
	if (strcmp(last, "verify ok\n"))
		printf("# %s: %s", name, last);
	return !strcmp(last, "verify ok\n");
}
