/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/kspan, request by request. Results are 0 or a negative errno. */
#ifndef KSPAN_SELFTEST_DEVICE_H
#define KSPAN_SELFTEST_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/kspan.h>

#define DEVICE		"/dev/kspan"
#define DEBUGFS_HEAPS	"/sys/kernel/debug/kspan/heaps"

/* Any argument of any request, with room behind it. */
union argument {
	struct {
		__u32 size;
		__u32 flags;
		char heap[KSPAN_NAME_BYTES];
	};
	struct kspan_ioc_version version;
	struct kspan_ioc_list list;
	struct kspan_ioc_stats stats;
	struct kspan_ioc_heap_op heap_op;
	struct kspan_ioc_limit limit;
	struct kspan_ioc_heap_create create;
	struct kspan_ioc_alloc alloc;
	struct kspan_ioc_free free;
	struct kspan_ioc_rw rw;
	unsigned char bytes[512];
};

/* One request and what is to be known of it. */
struct request {
	const char *name;
	unsigned int code;
	bool admin;		/* needs CAP_SYS_ADMIN */
	bool has_heap;		/* names a heap behind the flags */
};

#define NR_REQUESTS 15
extern const struct request requests[NR_REQUESTS];

/* The device opened, or the test ended. */
int device_open(void);
int device_request(int fd, unsigned int code, void *arg);

/* A valid argument of a request, which names a heap, a handle and a buffer. */
void argument_fill(union argument *arg, unsigned int code, const char *heap,
		   __u64 handle, void *buffer);

int heap_create(int fd, const char *name, __u64 limit_bytes);
int heap_destroy(int fd, const char *name);
int heap_stats(int fd, const char *name, struct kspan_heap_stats *stats);
int heap_drain(int fd, const char *name);
int heap_scavenge(int fd, const char *name, __u64 *bytes);
int heap_limit(int fd, const char *name, __u64 *bytes);

int object_alloc(int fd, const char *heap, __u64 bytes, __u64 *handle);
int object_free(int fd, __u64 handle);
int object_read(int fd, __u64 handle, __u64 offset, void *buffer, __u64 bytes);
int object_write(int fd, __u64 handle, __u64 offset, const void *buffer,
		 __u64 bytes);

/* One call; returns its result, *list afterwards. */
int list_request(int fd, unsigned int code, const char *heap, void *entries,
		 __u32 entry_bytes, __u32 capacity, struct kspan_ioc_list *list);

/* Whether the last line of a heap's verify file is "verify ok". */
bool heap_verifies(const char *name);

#endif /* KSPAN_SELFTEST_DEVICE_H */
