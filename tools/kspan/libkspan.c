// SPDX-License-Identifier: GPL-2.0
/*
 * Each ioctl as a typed function.
 *
 * The lists ask once with a guess, learn from the kernel how many entries
 * there are, and ask again until the array was large enough: a heap changes
 * between two calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "libkspan.h"

enum {
	LIST_GUESS	= 128,
	LIST_TRIES	= 16,	/* each with at least a quarter to spare */
	SPAN_BATCH	= 1024,
	UNREACHABLE_MOST = 65536,
};

/* The cursor of KSPAN_IOC_SPANS after the last span. */
#define CURSOR_END	UINT64_MAX

int kspan_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

void kspan_close(int fd)
{
	close(fd);
}

static int request(int fd, unsigned long nr, void *arg)
{
	return ioctl(fd, nr, arg) < 0 ? -errno : 0;
}

static int set_name(char name[KSPAN_NAME_BYTES], const char *heap)
{
	size_t name_bytes = strlen(heap);

	if (name_bytes >= KSPAN_NAME_BYTES)
		return -ENAMETOOLONG;
	memset(name, 0, KSPAN_NAME_BYTES);
	memcpy(name, heap, name_bytes);
	return 0;
}

int kspan_version(int fd, struct kspan_ioc_version *version)
{
	memset(version, 0, sizeof(*version));
	version->size = sizeof(*version);
	return request(fd, KSPAN_IOC_VERSION, version);
}

int kspan_stats(int fd, const char *heap, struct kspan_heap_stats *stats)
{
	struct kspan_ioc_stats ioc = { .size = sizeof(ioc) };
	int err = set_name(ioc.heap, heap);

	if (!err)
		err = request(fd, KSPAN_IOC_STATS, &ioc);
	if (!err)
		*stats = ioc.stats;
	return err;
}

int kspan_gc(int fd, const char *heap, bool collect,
	     struct kspan_gc_stats *stats)
{
	struct kspan_ioc_gc ioc = {
		.size = sizeof(ioc),
		.op = collect ? KSPAN_GC_OP_COLLECT : KSPAN_GC_OP_NONE,
	};
	int err = set_name(ioc.heap, heap);

	if (!err)
		err = request(fd, KSPAN_IOC_GC, &ioc);
	if (!err)
		*stats = ioc.stats;
	return err;
}

int kspan_unreachable(int fd, const char *heap, uint32_t roots,
		      uint32_t interval_ms, struct kspan_ioc_unreachable *found,
		      struct kspan_unreachable_entry **entries)
{
	int err;

	memset(found, 0, sizeof(*found));
	found->size = sizeof(*found);
	found->entry_bytes = sizeof(**entries);
	found->capacity = UNREACHABLE_MOST;
	found->interval_ms = interval_ms;
	found->roots = roots;
	err = set_name(found->heap, heap);
	if (err)
		return err;
	*entries = calloc(found->capacity, sizeof(**entries));
	if (!*entries)
		return -ENOMEM;
	found->entries = (uintptr_t)*entries;
	err = request(fd, KSPAN_IOC_UNREACHABLE, found);
	if (!err && found->count > UNREACHABLE_MOST)
		err = -EPROTO;
	if (err)
		free(*entries);
	return err;
}

/* Fills @entries, @capacity of them; the answer must fit what was asked. */
static int list_once(int fd, unsigned long nr, struct kspan_ioc_list *ioc,
		     void *entries, size_t capacity)
{
	int err;

	ioc->entries = (uintptr_t)entries;
	ioc->capacity = capacity;
	ioc->count = 0;
	ioc->needed = 0;
	err = request(fd, nr, ioc);
	if (err)
		return err;
	return ioc->count > capacity ? -EPROTO : 0;
}

static int resize(char **entries, size_t capacity, size_t entry_bytes)
{
	char *larger;

	if (capacity > UINT32_MAX)
		return -EOVERFLOW;
	larger = reallocarray(*entries, capacity, entry_bytes);
	if (!larger)
		return -ENOMEM;
	*entries = larger;
	return 0;
}

static int list(int fd, unsigned long nr, const char *heap, size_t entry_bytes,
		void *list_entries, size_t *nentries)
{
	struct kspan_ioc_list ioc = {
		.size = sizeof(ioc),
		.entry_bytes = entry_bytes,
	};
	size_t capacity = LIST_GUESS;
	char *entries = NULL;
	int err, tries;

	err = set_name(ioc.heap, heap);
	if (err)
		return err;

	for (tries = 0; tries < LIST_TRIES; tries++) {
		err = resize(&entries, capacity, entry_bytes);
		if (!err)
			err = list_once(fd, nr, &ioc, entries, capacity);
		if (err)
			goto fail;
		if (ioc.needed <= capacity) {
			*(void **)list_entries = entries;
			*nentries = ioc.count;
			return 0;
		}
		capacity = (size_t)ioc.needed + ioc.needed / 4;
		if (capacity > UINT32_MAX)
			capacity = UINT32_MAX;
	}
	err = -EAGAIN;
fail:
	free(entries);
	return err;
}

int kspan_heaps(int fd, struct kspan_heap_entry **heaps, size_t *nheaps)
{
	return list(fd, KSPAN_IOC_HEAPS, "", sizeof(**heaps), heaps, nheaps);
}

int kspan_classes(int fd, const char *heap, struct kspan_class_entry **classes,
		  size_t *nclasses)
{
	return list(fd, KSPAN_IOC_CLASSES, heap, sizeof(**classes), classes,
		    nclasses);
}

int kspan_arenas(int fd, const char *heap, struct kspan_arena_entry **arenas,
		 size_t *narenas)
{
	return list(fd, KSPAN_IOC_ARENAS, heap, sizeof(**arenas), arenas,
		    narenas);
}

/*
 * A batch at a time, so that the array grows with what is there and the kernel
 * never needs one answer for all. The cursor must move, or this would not end.
 */
int kspan_spans(int fd, const char *heap, struct kspan_span_entry **spans,
		size_t *nspans)
{
	struct kspan_ioc_list ioc = {
		.size = sizeof(ioc),
		.entry_bytes = sizeof(**spans),
	};
	size_t capacity = 0, count = 0;
	char *entries = NULL;
	uint64_t cursor;
	int err;

	err = set_name(ioc.heap, heap);
	if (err)
		return err;

	do {
		if (capacity - count < SPAN_BATCH) {
			capacity = count + count / 2 + SPAN_BATCH;
			if (ioc.needed > ioc.count)
				capacity += ioc.needed - ioc.count;
			err = resize(&entries, capacity, sizeof(**spans));
			if (err)
				goto fail;
		}
		cursor = ioc.cursor;
		err = list_once(fd, KSPAN_IOC_SPANS, &ioc,
				entries + count * sizeof(**spans), SPAN_BATCH);
		if (!err && ioc.cursor == cursor)
			err = -EPROTO;
		if (err)
			goto fail;
		count += ioc.count;
	} while (ioc.cursor != CURSOR_END);

	*spans = (struct kspan_span_entry *)entries;
	*nspans = count;
	return 0;
fail:
	free(entries);
	return err;
}

static int heap_op(int fd, unsigned long nr, const char *heap, uint64_t in_bytes,
		   uint64_t *out_bytes)
{
	struct kspan_ioc_heap_op ioc = {
		.size = sizeof(ioc),
		.bytes = in_bytes,
	};
	int err = set_name(ioc.heap, heap);

	if (!err)
		err = request(fd, nr, &ioc);
	if (!err && out_bytes)
		*out_bytes = ioc.bytes;
	return err;
}

int kspan_scavenge(int fd, const char *heap, uint64_t bytes,
		   uint64_t *released_bytes)
{
	return heap_op(fd, KSPAN_IOC_SCAVENGE, heap, bytes, released_bytes);
}

int kspan_drain(int fd, const char *heap)
{
	return heap_op(fd, KSPAN_IOC_DRAIN, heap, 0, NULL);
}

int kspan_set_limits(int fd, const char *heap, struct kspan_ioc_limit *ioc)
{
	int err = set_name(ioc->heap, heap);

	ioc->size = sizeof(*ioc);
	return err ? err : request(fd, KSPAN_IOC_LIMIT, ioc);
}

int kspan_limit(int fd, const char *heap, uint64_t limit_bytes,
		uint64_t *previous_bytes)
{
	struct kspan_ioc_limit ioc = {
		.limit_bytes = limit_bytes,
		.which = KSPAN_LIMIT_HARD,
	};
	int err = kspan_set_limits(fd, heap, &ioc);

	if (!err && previous_bytes)
		*previous_bytes = ioc.limit_bytes;
	return err;
}

int kspan_heap_make(int fd, const char *heap, struct kspan_ioc_heap_create *ioc)
{
	int err = set_name(ioc->heap, heap);

	ioc->size = sizeof(*ioc);
	return err ? err : request(fd, KSPAN_IOC_HEAP_CREATE, ioc);
}

int kspan_heap_create(int fd, const char *heap, uint64_t limit_bytes,
		      uint32_t heap_flags, int32_t node, uint64_t *id)
{
	struct kspan_ioc_heap_create ioc = {
		.limit_bytes = limit_bytes,
		.heap_flags = heap_flags,
		.node = heap_flags & KSPAN_HEAP_NODE ? node : 0,
	};
	int err = kspan_heap_make(fd, heap, &ioc);

	if (!err && id)
		*id = ioc.id;
	return err;
}

int kspan_heap_destroy(int fd, const char *heap)
{
	return heap_op(fd, KSPAN_IOC_HEAP_DESTROY, heap, 0, NULL);
}

int kspan_alloc(int fd, const char *heap, uint64_t bytes, uint64_t align,
		uint64_t *handle, uint64_t *usable_bytes)
{
	struct kspan_ioc_alloc ioc = {
		.size = sizeof(ioc),
		.bytes = bytes,
		.align = align,
	};
	int err = set_name(ioc.heap, heap);

	if (!err)
		err = request(fd, KSPAN_IOC_ALLOC, &ioc);
	if (err)
		return err;
	*handle = ioc.handle;
	if (usable_bytes)
		*usable_bytes = ioc.usable_bytes;
	return 0;
}

int kspan_free(int fd, uint64_t handle)
{
	struct kspan_ioc_free ioc = {
		.size = sizeof(ioc),
		.handle = handle,
	};

	return request(fd, KSPAN_IOC_FREE, &ioc);
}

static int copy(int fd, unsigned long nr, uint64_t handle, uint64_t offset,
		const void *buffer, size_t bytes)
{
	struct kspan_ioc_rw ioc = {
		.size = sizeof(ioc),
		.handle = handle,
		.offset = offset,
		.bytes = bytes,
		.buffer = (uintptr_t)buffer,
	};

	return request(fd, nr, &ioc);
}

int kspan_read(int fd, uint64_t handle, uint64_t offset, void *buffer,
	       size_t bytes)
{
	return copy(fd, KSPAN_IOC_READ, handle, offset, buffer, bytes);
}

int kspan_write(int fd, uint64_t handle, uint64_t offset, const void *buffer,
		size_t bytes)
{
	return copy(fd, KSPAN_IOC_WRITE, handle, offset, buffer, bytes);
}
