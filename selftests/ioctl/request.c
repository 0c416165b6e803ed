// SPDX-License-Identifier: GPL-2.0
/* What holds of every request: sizes, flags, pointers, names, codes. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
#include "layout.h"
#include "test.h"

enum {
	MIN_BYTES = 8,
};

/* A page that cannot be touched stands behind it. */
static unsigned char *page_before_nothing(long *page_bytes)
{
	unsigned char *map;

	*page_bytes = sysconf(_SC_PAGESIZE);
	map = mmap(NULL, 2 * *page_bytes, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(map != MAP_FAILED);
	ASSERT_EQ(0, mprotect(map + *page_bytes, *page_bytes, PROT_NONE));
	return map;
}

/*
 * Each request once, with an argument that works, in a heap that HEAP_CREATE
 * (whose turn is before) has made; each() may change the argument.
 */
static void for_each(void (*each)(int fd, const struct request *request,
				  union argument *arg))
{
	static const int order[NR_REQUESTS] = {
		0, 1, 9, 11, 2, 3, 4, 5, 6, 7, 8, 13, 14, 12, 10
	};
	static char buffer[8];
	int fd = device_open();
	union argument arg;
	__u64 handle = 0;
	int i;

	ASSERT_EQ(0, heap_create(fd, "request", 0));
	for (i = 0; i < NR_REQUESTS; i++) {
		const struct request *request = &requests[order[i]];

		printf("# %s\n", request->name);
		fflush(stdout);
		if (request->code == KSPAN_IOC_HEAP_CREATE)
			ASSERT_EQ(0, heap_destroy(fd, "request"));
		if (request->code == KSPAN_IOC_READ ||
		    request->code == KSPAN_IOC_WRITE ||
		    request->code == KSPAN_IOC_FREE)
			ASSERT_EQ(0, object_alloc(fd, "request", 64, &handle));
		argument_fill(&arg, request->code, "request", handle, buffer);
		each(fd, request, &arg);
		if (request->code == KSPAN_IOC_HEAP_CREATE)
			heap_create(fd, "request", 0);
	}
	heap_destroy(fd, "request");
	close(fd);
}

static void accept_as_is(int fd, const struct request *request,
			 union argument *arg)
{
	EXPECT_EQ(0, device_request(fd, request->code, arg));
	EXPECT_EQ(_IOC_SIZE(request->code), arg->size);
}

TEST(every_request_works)
{
	for_each(accept_as_is);
}

static void refuse_short(int fd, const struct request *request,
			 union argument *arg)
{
	__u32 size;

	for (size = 0; size < MIN_BYTES; size++) {
		arg->size = size;
		EXPECT_EQ(-EINVAL, device_request(fd, request->code, arg));
	}
}

TEST(a_size_below_8_is_invalid)
{
	for_each(refuse_short);
}

/* What is missing reads as zero: no heap, no handle, no bytes. */
static void accept_8(int fd, const struct request *request, union argument *arg)
{
	int expected = -ENOENT;
	union argument before;
	int found;

	arg->size = MIN_BYTES;
	before = *arg;
	switch (request->code) {
	case KSPAN_IOC_VERSION:
	case KSPAN_IOC_HEAPS:
		expected = 0;
		break;
	case KSPAN_IOC_HEAP_CREATE:
	case KSPAN_IOC_ALLOC:
		expected = -EINVAL;
		break;
	}
	found = device_request(fd, request->code, arg);
	EXPECT_EQ(expected, found);
	EXPECT(!memcmp(&before, arg, sizeof(before)));
}

TEST(a_size_of_8_is_enough)
{
	for_each(accept_8);
}

static void accept_zero_tail(int fd, const struct request *request,
			     union argument *arg)
{
	arg->size += 64;
	EXPECT_EQ(0, device_request(fd, request->code, arg));
	EXPECT_EQ(_IOC_SIZE(request->code) + 64, arg->size);
}

TEST(a_longer_argument_may_end_in_zeroes)
{
	for_each(accept_zero_tail);
}

static void refuse_tail(int fd, const struct request *request,
			union argument *arg)
{
	arg->size += 64;
	arg->bytes[_IOC_SIZE(request->code) + 63] = 1;
	EXPECT_EQ(-E2BIG, device_request(fd, request->code, arg));
	arg->bytes[_IOC_SIZE(request->code) + 63] = 0;
	arg->bytes[_IOC_SIZE(request->code)] = 1;
	EXPECT_EQ(-E2BIG, device_request(fd, request->code, arg));
}

TEST(a_longer_argument_must_end_in_zeroes)
{
	for_each(refuse_tail);
}

static void refuse_huge(int fd, const struct request *request,
			union argument *arg)
{
	static const __u32 sizes[] = { 4097, 65536, 1u << 31, ~0u };
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		arg->size = sizes[i];
		EXPECT_EQ(-E2BIG, device_request(fd, request->code, arg));
	}
}

TEST(a_size_above_a_page_is_too_big)
{
	for_each(refuse_huge);
}

static void refuse_flags(int fd, const struct request *request,
			 union argument *arg)
{
	int bit;

	for (bit = 0; bit < 32; bit++) {
		arg->flags = 1u << bit;
		EXPECT_EQ(-EINVAL, device_request(fd, request->code, arg));
	}
}

TEST(unknown_flags_are_invalid)
{
	for_each(refuse_flags);
}

static void refuse_pointers(int fd, const struct request *request,
			    union argument *arg)
{
	__u32 bytes = _IOC_SIZE(request->code);
	long page_bytes;
	unsigned char *page = page_before_nothing(&page_bytes);
	unsigned char *end = page + page_bytes;

	EXPECT_EQ(-EFAULT, device_request(fd, request->code, NULL));
	EXPECT_EQ(-EFAULT, device_request(fd, request->code, (void *)8));
	EXPECT_EQ(-EFAULT, device_request(fd, request->code, end));
	/* Readable as far as the size, and one byte too short. */
	memcpy(end - 4, arg, 4);
	EXPECT_EQ(-EFAULT, device_request(fd, request->code, end - 4));
	memcpy(end - bytes + 1, arg, bytes - 1);
	EXPECT_EQ(-EFAULT, device_request(fd, request->code,
					  end - bytes + 1));
	/* An address of the kernel's. */
	EXPECT_EQ(-EFAULT, device_request(fd, request->code,
					  (void *)(uintptr_t)(~0UL << 20)));
	/* Up to the last byte it works. */
	memcpy(end - bytes, arg, bytes);
	EXPECT_EQ(0, device_request(fd, request->code, end - bytes));
	munmap(page, 2 * page_bytes);
}

TEST(bad_pointers_fault)
{
	for_each(refuse_pointers);
}

static void refuse_read_only(int fd, const struct request *request,
			     union argument *arg)
{
	long page_bytes;
	unsigned char *page = page_before_nothing(&page_bytes);

	memcpy(page, arg, sizeof(*arg));
	mprotect(page, page_bytes, PROT_READ);
	EXPECT_EQ(-EFAULT, device_request(fd, request->code, page));
	munmap(page, 2 * page_bytes);
	/* What it did all the same is undone by the heap's end. */
}

TEST(an_answer_that_cannot_be_written_faults)
{
	for_each(refuse_read_only);
}

static void refuse_long_name(int fd, const struct request *request,
			     union argument *arg)
{
	if (!request->has_heap)
		return;
	memset(arg->heap, 'x', sizeof(arg->heap));
	EXPECT_EQ(-EINVAL, device_request(fd, request->code, arg));
}

TEST(a_name_without_an_end_is_invalid)
{
	for_each(refuse_long_name);
}

static void refuse_unknown_heap(int fd, const struct request *request,
				union argument *arg)
{
	if (!request->has_heap || request->code == KSPAN_IOC_HEAP_CREATE)
		return;
	strcpy(arg->heap, "nosuch");
	EXPECT_EQ(-ENOENT, device_request(fd, request->code, arg));
	strcpy(arg->heap, "../heaps");
	EXPECT_EQ(-ENOENT, device_request(fd, request->code, arg));
	memset(arg->heap, 0, sizeof(arg->heap));
	EXPECT_EQ(-ENOENT, device_request(fd, request->code, arg));
}

TEST(an_unknown_heap_is_not_found)
{
	for_each(refuse_unknown_heap);
}

/* Heaps that ioctl makes are not collected; gc_seen.sh has one that is. */
TEST(only_collected_heaps_are_collected)
{
	struct kspan_ioc_gc arg = { .size = sizeof(arg), .heap = "default" };
	int fd = device_open();

	EXPECT_EQ(-EOPNOTSUPP, device_request(fd, KSPAN_IOC_GC, &arg));
	arg.op = KSPAN_GC_OP_COLLECT;
	EXPECT_EQ(-EOPNOTSUPP, device_request(fd, KSPAN_IOC_GC, &arg));
	arg.op = KSPAN_GC_OP_COLLECT + 1;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_GC, &arg));
	arg.op = KSPAN_GC_OP_NONE;
	arg.reserved = 1;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_GC, &arg));
	arg.reserved = 0;
	arg.flags = 1;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_GC, &arg));
	arg.flags = 0;
	arg.heap[0] = 'x';
	EXPECT_EQ(-ENOENT, device_request(fd, KSPAN_IOC_GC, &arg));
	close(fd);
}

/* What a file holds is held; leaks.sh has a heap that has leaks. */
TEST(objects_of_files_are_no_leaks)
{
	struct kspan_unreachable_entry entries[4];
	struct kspan_ioc_unreachable arg = {
		.size = sizeof(arg), .heap = "unreachable", .interval_ms = 1,
		.entries = (__u64)(unsigned long)entries, .capacity = 4,
		.entry_bytes = sizeof(entries[0]),
	};
	int fd = device_open();
	__u64 handle;
	int i;

	ASSERT_EQ(0, heap_create(fd, "unreachable", 0));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, object_alloc(fd, "unreachable", 100, &handle));
	ASSERT_EQ(0, device_request(fd, KSPAN_IOC_UNREACHABLE, &arg));
	EXPECT_EQ(0, arg.count);
	EXPECT_EQ(0, arg.objects);
	EXPECT_EQ(0, arg.bytes);
	arg.reserved = 1;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_UNREACHABLE, &arg));
	arg.reserved = 0;
	arg.flags = 1;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_UNREACHABLE, &arg));
	arg.flags = 0;
	arg.roots = KSPAN_SCAN_ALL + 1;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_UNREACHABLE, &arg));
	arg.roots = KSPAN_SCAN_MODULE;
	EXPECT_EQ(-EOPNOTSUPP, device_request(fd, KSPAN_IOC_UNREACHABLE, &arg));
	arg.roots = 0;
	arg.interval_ms = KSPAN_SCAN_MAX_MS + 1;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_UNREACHABLE, &arg));
	arg.interval_ms = 1;
	arg.entry_bytes = 7;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_UNREACHABLE, &arg));
	arg.entry_bytes = sizeof(entries[0]);
	strcpy(arg.heap, "default");
	EXPECT_EQ(-ENODATA, device_request(fd, KSPAN_IOC_UNREACHABLE, &arg));
	arg.heap[0] = 'x';
	EXPECT_EQ(-ENOENT, device_request(fd, KSPAN_IOC_UNREACHABLE, &arg));
	EXPECT_EQ(0, heap_destroy(fd, "unreachable"));
	close(fd);
}

TEST(unknown_requests_are_refused)
{
	const unsigned int both = _IOC_READ | _IOC_WRITE;
	int fd = device_open();
	union argument arg;
	unsigned int nr;

	memset(&arg, 0, sizeof(arg));
	arg.size = 72;
	/* The first two are KSPAN_IOC_GC and _UNREACHABLE, see there. */
	for (nr = NR_REQUESTS + 2; nr < 256; nr++) {
		unsigned int code = _IOC(both, KSPAN_IOC_MAGIC, nr, 72);

		EXPECT_EQ(-ENOTTY, device_request(fd, code, &arg));
	}
	EXPECT_EQ(-ENOTTY, device_request(fd, 0, &arg));
	EXPECT_EQ(-ENOTTY, device_request(fd, ~0u, &arg));
	EXPECT_EQ(-ENOTTY, device_request(fd, _IOC(both, 0xb8, 0, 72), &arg));
	close(fd);
}

static void refuse_direction(int fd, const struct request *request,
			     union argument *arg)
{
	static const unsigned int directions[] = {
		_IOC_NONE, _IOC_READ, _IOC_WRITE
	};
	unsigned int nr = _IOC_NR(request->code);
	unsigned int bytes = _IOC_SIZE(request->code);
	unsigned int i;

	for (i = 0; i < sizeof(directions) / sizeof(directions[0]); i++) {
		unsigned int code = _IOC(directions[i], KSPAN_IOC_MAGIC, nr,
					 bytes);

		EXPECT_EQ(-ENOTTY, device_request(fd, code, arg));
	}
}

TEST(a_wrong_direction_is_refused)
{
	for_each(refuse_direction);
}

TEST(version_tells_the_geometry)
{
	struct kspan_ioc_version version = { .size = sizeof(version) };
	int fd = device_open();

	ASSERT_EQ(0, device_request(fd, KSPAN_IOC_VERSION, &version));
	EXPECT_EQ(KSPAN_NR_CLASSES, version.nr_classes);
	EXPECT_EQ(8192, version.page_bytes);
	EXPECT_EQ(4 << 20, version.chunk_bytes);
	EXPECT_EQ(64 << 20, version.arena_bytes);
	EXPECT_EQ(32768, version.max_class_bytes);
	EXPECT_EQ(0, version.reserved);
	EXPECT(version.version[0]);
	EXPECT(memchr(version.version, 0, sizeof(version.version)));
	version.reserved = 1;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_VERSION, &version));
	close(fd);
}

/* What must be zero, byte by byte: reserved, or of no meaning there. */
static const struct {
	unsigned int code;
	size_t offset;
	size_t bytes;
} zero_fields[] = {
	{ KSPAN_IOC_VERSION, offsetof(struct kspan_ioc_version, reserved), 4 },
	{ KSPAN_IOC_HEAPS, offsetof(struct kspan_ioc_list, heap), 32 },
	{ KSPAN_IOC_HEAPS, offsetof(struct kspan_ioc_list, cursor), 8 },
	{ KSPAN_IOC_CLASSES, offsetof(struct kspan_ioc_list, cursor), 8 },
	{ KSPAN_IOC_ARENAS, offsetof(struct kspan_ioc_list, cursor), 8 },
	{ KSPAN_IOC_DRAIN, offsetof(struct kspan_ioc_heap_op, bytes), 8 },
	{ KSPAN_IOC_LIMIT, offsetof(struct kspan_ioc_limit, reserved), 4 },
	{ KSPAN_IOC_HEAP_CREATE,
	  offsetof(struct kspan_ioc_heap_create, node), 4 },
	{ KSPAN_IOC_HEAP_DESTROY,
	  offsetof(struct kspan_ioc_heap_op, bytes), 8 },
};

static void refuse_reserved(int fd, const struct request *request,
			    union argument *arg)
{
	size_t i, at;

	for (i = 0; i < sizeof(zero_fields) / sizeof(zero_fields[0]); i++) {
		if (zero_fields[i].code != request->code)
			continue;
		for (at = 0; at < zero_fields[i].bytes; at++) {
			unsigned char *byte = &arg->bytes[zero_fields[i].offset + at];

			*byte = 1;
			EXPECT_EQ(-EINVAL, device_request(fd, request->code, arg));
			*byte = 0x80;
			EXPECT_EQ(-EINVAL, device_request(fd, request->code, arg));
			*byte = 0;
		}
	}
	/* It was nothing else. */
	EXPECT_EQ(0, device_request(fd, request->code, arg));
}

TEST(reserved_fields_are_zero)
{
	for_each(refuse_reserved);
}

TEST(bytes_of_drain_and_destroy_are_reserved)
{
	int fd = device_open();
	struct kspan_ioc_heap_op op = {
		.size = sizeof(op),
		.heap = "reserved",
		.bytes = 1,
	};

	ASSERT_EQ(0, heap_create(fd, "reserved", 0));
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_DRAIN, &op));
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_HEAP_DESTROY, &op));
	EXPECT_EQ(0, heap_destroy(fd, "reserved"));
	close(fd);
}
