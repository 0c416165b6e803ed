/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A thin library over /dev/kspan. Every function returns 0 or a negative
 * errno, and prints nothing. What the requests mean stands in linux/kspan.h.
 *
 * A heap's name that does not fit gives -ENAMETOOLONG. The lists come in
 * memory that the caller frees with free().
 */
#ifndef LIBKSPAN_H
#define LIBKSPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/kspan.h>

#define KSPAN_DEVICE		"/dev/kspan"
#define KSPAN_SCAVENGE_ALL	UINT64_MAX

/* Returns the file, or a negative errno. */
int kspan_open(const char *path);
void kspan_close(int fd);

int kspan_version(int fd, struct kspan_ioc_version *version);
int kspan_stats(int fd, const char *heap, struct kspan_heap_stats *stats);

/*
 * Lists. They are whole as of one moment, except that of the spans, which a
 * cursor walks while the heap changes. -EAGAIN: grew faster than it was read.
 */
int kspan_heaps(int fd, struct kspan_heap_entry **heaps, size_t *nheaps);
int kspan_classes(int fd, const char *heap, struct kspan_class_entry **classes,
		  size_t *nclasses);
int kspan_spans(int fd, const char *heap, struct kspan_span_entry **spans,
		size_t *nspans);
int kspan_arenas(int fd, const char *heap, struct kspan_arena_entry **arenas,
		 size_t *narenas);

/* @released_bytes and @previous_bytes may be NULL. */
int kspan_scavenge(int fd, const char *heap, uint64_t bytes,
		   uint64_t *released_bytes);
int kspan_drain(int fd, const char *heap);
int kspan_limit(int fd, const char *heap, uint64_t limit_bytes,
		uint64_t *previous_bytes);

/*
 * The limits of @ioc->which are set to those of @ioc, in which all of them are
 * returned as they were. The rest of @ioc is zero.
 */
int kspan_set_limits(int fd, const char *heap, struct kspan_ioc_limit *ioc);

/* With @collect, a whole cycle comes first. -EOPNOTSUPP: the heap is not collected. */
int kspan_gc(int fd, const char *heap, bool collect,
	     struct kspan_gc_stats *stats);

/*
 * Live objects that nothing leads to; KSPAN_SCAN_* in @roots. Takes @interval_ms and
 * more. @found has how many there are, and the entries are those of @found->count.
 */
int kspan_unreachable(int fd, const char *heap, uint32_t roots,
		      uint32_t interval_ms, struct kspan_ioc_unreachable *found,
		      struct kspan_unreachable_entry **entries);

/* @ioc says how the heap is to be, and gets its id. The rest of it is zero. */
int kspan_heap_make(int fd, const char *heap,
		    struct kspan_ioc_heap_create *ioc);

/* @node counts with KSPAN_HEAP_NODE in @heap_flags only. @id may be NULL. */
int kspan_heap_create(int fd, const char *heap, uint64_t limit_bytes,
		      uint32_t heap_flags, int32_t node, uint64_t *id);
int kspan_heap_destroy(int fd, const char *heap);

/*
 * Objects live until they are freed or @fd is closed. @usable_bytes may be
 * NULL.
 */
int kspan_alloc(int fd, const char *heap, uint64_t bytes, uint64_t align,
		uint64_t *handle, uint64_t *usable_bytes);
int kspan_free(int fd, uint64_t handle);
int kspan_read(int fd, uint64_t handle, uint64_t offset, void *buffer,
	       size_t bytes);
int kspan_write(int fd, uint64_t handle, uint64_t offset, const void *buffer,
		size_t bytes);

#endif /* LIBKSPAN_H */
