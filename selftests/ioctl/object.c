// SPDX-License-Identifier: GPL-2.0
/* Objects by handle: content, bounds, whose they are, when they go. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"
#include "test.h"

static __u64 live_objects(int fd, const char *heap)
{
	struct kspan_heap_stats stats;

	ASSERT_EQ(0, heap_stats(fd, heap, &stats));
	return stats.live_objects;
}

static void pattern(unsigned char *bytes, size_t nbytes, unsigned int seed)
{
	size_t i;

	for (i = 0; i < nbytes; i++)
		bytes[i] = seed + i * 7 + i / 256;
}

TEST(content_stays_with_its_object)
{
	static const __u64 sizes[] = {
		1, 8, 9, 100, 1024, 8192, 32768, 32769, 100000, 4 << 20,
		5 << 20,
	};
	enum { NSIZES = sizeof(sizes) / sizeof(sizes[0]) };
	static unsigned char out[5 << 20], in[5 << 20];
	__u64 handles[NSIZES];
	int fd = device_open();
	unsigned int i;

	ASSERT_EQ(0, heap_create(fd, "content", 0));
	for (i = 0; i < NSIZES; i++) {
		ASSERT_EQ(0, object_alloc(fd, "content", sizes[i],
					  &handles[i]));
		/* It comes zeroed. */
		memset(in, 0x5a, sizes[i]);
		EXPECT_EQ(0, object_read(fd, handles[i], 0, in, sizes[i]));
		memset(out, 0, sizes[i]);
		EXPECT(!memcmp(in, out, sizes[i]));
		pattern(out, sizes[i], i);
		EXPECT_EQ(0, object_write(fd, handles[i], 0, out, sizes[i]));
	}
	EXPECT_EQ(NSIZES, live_objects(fd, "content"));
	for (i = 0; i < NSIZES; i++) {
		pattern(out, sizes[i], i);
		memset(in, 0, sizes[i]);
		EXPECT_EQ(0, object_read(fd, handles[i], 0, in, sizes[i]));
		EXPECT(!memcmp(in, out, sizes[i]));
		EXPECT_EQ(0, object_free(fd, handles[i]));
	}
	EXPECT_EQ(0, live_objects(fd, "content"));
	EXPECT(heap_verifies("content"));
	EXPECT_EQ(0, heap_destroy(fd, "content"));
	close(fd);
}

/* What one held before is not for the next. */
TEST(a_reused_object_is_zero)
{
	static unsigned char bytes[512];
	int fd = device_open();
	unsigned int i, j;
	__u64 handle;

	ASSERT_EQ(0, heap_create(fd, "reused", 0));
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, object_alloc(fd, "reused", 512, &handle));
		ASSERT_EQ(0, object_read(fd, handle, 0, bytes, 512));
		for (j = 0; j < 512; j++)
			ASSERT_EQ(0, bytes[j]);
		memset(bytes, 0xff, 512);
		ASSERT_EQ(0, object_write(fd, handle, 0, bytes, 512));
		ASSERT_EQ(0, object_free(fd, handle));
	}
	EXPECT_EQ(0, heap_destroy(fd, "reused"));
	close(fd);
}

TEST(reading_and_writing_stay_within_the_object)
{
	struct kspan_ioc_alloc alloc = {
		.size = sizeof(alloc),
		.heap = "bounds",
		.bytes = 100,
	};
	static unsigned char bytes[256];
	int fd = device_open();
	__u64 h;

	ASSERT_EQ(0, heap_create(fd, "bounds", 0));
	ASSERT_EQ(0, device_request(fd, KSPAN_IOC_ALLOC, &alloc));
	EXPECT_EQ(112, alloc.usable_bytes);
	h = alloc.handle;

	EXPECT_EQ(0, object_read(fd, h, 0, bytes, 112));
	EXPECT_EQ(0, object_write(fd, h, 0, bytes, 112));
	EXPECT_EQ(0, object_read(fd, h, 111, bytes, 1));
	EXPECT_EQ(0, object_read(fd, h, 112, bytes, 0));
	EXPECT_EQ(0, object_read(fd, h, 0, NULL, 0));
	EXPECT_EQ(-EINVAL, object_read(fd, h, 112, bytes, 1));
	EXPECT_EQ(-EINVAL, object_write(fd, h, 112, bytes, 1));
	EXPECT_EQ(-EINVAL, object_read(fd, h, 0, bytes, 113));
	EXPECT_EQ(-EINVAL, object_write(fd, h, 0, bytes, 113));
	EXPECT_EQ(-EINVAL, object_read(fd, h, 113, bytes, 0));
	/* Sums that wrap around. */
	EXPECT_EQ(-EINVAL, object_read(fd, h, ~0ULL, bytes, 1));
	EXPECT_EQ(-EINVAL, object_write(fd, h, ~0ULL, bytes, 2));
	EXPECT_EQ(-EINVAL, object_read(fd, h, 8, bytes, ~0ULL));
	EXPECT_EQ(-EINVAL, object_read(fd, h, 1ULL << 63, bytes, 1ULL << 63));
	EXPECT_EQ(0, heap_destroy(fd, "bounds"));
	close(fd);
}

TEST(a_bad_buffer_faults)
{
	static unsigned char bytes[64];
	int fd = device_open();
	__u64 h;

	ASSERT_EQ(0, object_alloc(fd, "default", 64, &h));
	EXPECT_EQ(-EFAULT, object_read(fd, h, 0, NULL, 64));
	EXPECT_EQ(-EFAULT, object_write(fd, h, 0, NULL, 64));
	EXPECT_EQ(-EFAULT, object_read(fd, h, 0, (void *)~0xfffUL, 64));
	EXPECT_EQ(-EFAULT, object_write(fd, h, 0, (void *)~0xfffUL, 64));
	EXPECT_EQ(-EFAULT, object_read(fd, h, 0, (void *)(~0UL << 40), 64));
	EXPECT_EQ(0, object_read(fd, h, 0, bytes, 64));
	EXPECT_EQ(0, object_free(fd, h));
	close(fd);
}

TEST(sizes_and_alignments_are_checked)
{
	static const struct {
		__u64 bytes, align;
		int err;
	} cases[] = {
		{ 0, 0, -EINVAL },
		{ 64, 3, -EINVAL },
		{ 64, 8 << 20, -EINVAL },
		{ 64, 1ULL << 63, -EINVAL },
		{ 64, ~0ULL, -EINVAL },
		{ ~0ULL, 0, -ENOMEM },
		{ 1ULL << 62, 4096, -ENOMEM },
		{ 1ULL << 40, 0, -ENOMEM },
		{ 1, 1, 0 },
		{ 100, 64, 0 },
		{ 100, 4096, 0 },
		{ 40000, 65536, 0 },
		{ 64, 4 << 20, 0 },
	};
	struct kspan_ioc_alloc alloc;
	int fd = device_open();
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		alloc = (struct kspan_ioc_alloc) {
			.size = sizeof(alloc),
			.heap = "default",
			.bytes = cases[i].bytes,
			.align = cases[i].align,
		};
		EXPECT_EQ(cases[i].err,
			  device_request(fd, KSPAN_IOC_ALLOC, &alloc));
		if (!cases[i].err) {
			EXPECT(alloc.usable_bytes >= alloc.bytes);
			EXPECT_EQ(0, object_free(fd, alloc.handle));
		}
	}
	close(fd);
}

TEST(a_handle_is_freed_once)
{
	int fd = device_open();
	unsigned char byte;
	__u64 h;

	ASSERT_EQ(0, object_alloc(fd, "default", 64, &h));
	EXPECT_EQ(0, object_free(fd, h));
	EXPECT_EQ(-ENOENT, object_free(fd, h));
	EXPECT_EQ(-ENOENT, object_read(fd, h, 0, &byte, 1));
	EXPECT_EQ(-ENOENT, object_write(fd, h, 0, &byte, 1));
	close(fd);
}

/* A late use of one that was freed does not meet another object. */
TEST(a_handle_is_not_used_again_at_once)
{
	enum { NOBJS = 1000 };
	int fd = device_open();
	__u64 first, handle, last = 0;
	unsigned char byte;
	int i;

	ASSERT_EQ(0, object_alloc(fd, "default", 64, &first));
	EXPECT_EQ(0, object_free(fd, first));
	for (i = 0; i < NOBJS; i++) {
		ASSERT_EQ(0, object_alloc(fd, "default", 64, &handle));
		EXPECT(handle > first && handle > last);
		last = handle;
		EXPECT_EQ(0, object_free(fd, handle));
	}
	EXPECT_EQ(-ENOENT, object_read(fd, first, 0, &byte, 1));
	close(fd);
}

TEST(handles_that_never_were)
{
	static const __u64 handles[] = {
		0, 2, ~0ULL, 1ULL << 32, (1ULL << 32) + 1, 1ULL << 63,
		0xffff888000000000ULL,
	};
	int fd = device_open();
	unsigned char byte;
	unsigned int i;
	__u64 h;

	ASSERT_EQ(0, object_alloc(fd, "default", 64, &h));
	EXPECT_EQ(1, h);
	for (i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
		EXPECT_EQ(-ENOENT, object_free(fd, handles[i]));
		EXPECT_EQ(-ENOENT, object_read(fd, handles[i], 0, &byte, 1));
		EXPECT_EQ(-ENOENT, object_write(fd, handles[i], 0, &byte, 1));
	}
	EXPECT_EQ(0, object_free(fd, h));
	close(fd);
}

TEST(handles_belong_to_their_open_file)
{
	int fd = device_open();
	int other = device_open();
	unsigned char byte;
	__u64 h;

	ASSERT_EQ(0, object_alloc(fd, "default", 64, &h));
	EXPECT_EQ(-ENOENT, object_free(other, h));
	EXPECT_EQ(-ENOENT, object_read(other, h, 0, &byte, 1));
	EXPECT_EQ(-ENOENT, object_write(other, h, 0, &byte, 1));
	EXPECT_EQ(0, object_free(fd, h));
	close(other);
	close(fd);
}

TEST(closing_frees_what_is_left)
{
	int watch = device_open();
	__u64 handle;
	int fd, i;

	ASSERT_EQ(0, heap_create(watch, "closed", 0));
	fd = device_open();
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, object_alloc(fd, "closed", 1 + i * 50, &handle));
	EXPECT_EQ(1000, live_objects(watch, "closed"));
	close(fd);
	EXPECT_EQ(0, live_objects(watch, "closed"));
	EXPECT(heap_verifies("closed"));
	EXPECT_EQ(0, heap_destroy(watch, "closed"));
	close(watch);
}

TEST(a_killed_process_leaves_nothing)
{
	int watch = device_open();
	int status, ready[2];
	__u64 handle;
	pid_t pid;
	char byte;
	int i;

	ASSERT_EQ(0, heap_create(watch, "killed", 0));
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	if (!pid) {
		int fd = device_open();

		for (i = 0; i < 100; i++)
			ASSERT_EQ(0, object_alloc(fd, "killed", 3000, &handle));
		ASSERT_EQ(1, write(ready[1], "", 1));
		pause();
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_EQ(100, live_objects(watch, "killed"));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, live_objects(watch, "killed"));
	EXPECT_EQ(0, heap_destroy(watch, "killed"));
	close(watch);
}

/* An open file is shared by those who inherit it. */
TEST(a_fork_shares_the_handles)
{
	int watch = device_open();
	int status, fd;
	__u64 mine, theirs;
	char text[6] = "";
	pid_t pid;

	ASSERT_EQ(0, heap_create(watch, "forked", 0));
	fd = device_open();
	ASSERT_EQ(0, object_alloc(fd, "forked", 64, &mine));
	pid = fork();
	if (!pid) {
		ASSERT_EQ(0, object_write(fd, mine, 0, "child", 6));
		ASSERT_EQ(0, object_alloc(fd, "forked", 64, &theirs));
		_exit(test_failed() || theirs != mine + 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	/* The child's end was not the open file's. */
	EXPECT_EQ(2, live_objects(watch, "forked"));
	EXPECT_EQ(0, object_read(fd, mine, 0, text, 6));
	EXPECT(!strcmp(text, "child"));
	EXPECT_EQ(0, object_free(fd, mine + 1));
	close(fd);
	EXPECT_EQ(0, live_objects(watch, "forked"));
	EXPECT_EQ(0, heap_destroy(watch, "forked"));
	close(watch);
}

TEST(a_destroyed_heap_takes_its_handles_along)
{
	int fd = device_open();
	int other = device_open();
	__u64 kept, gone, others;
	unsigned char byte;

	ASSERT_EQ(0, heap_create(fd, "going", 0));
	ASSERT_EQ(0, object_alloc(fd, "default", 64, &kept));
	ASSERT_EQ(0, object_alloc(fd, "going", 64, &gone));
	ASSERT_EQ(0, object_alloc(other, "going", 5 << 20, &others));
	EXPECT_EQ(0, heap_destroy(fd, "going"));
	EXPECT_EQ(-ENOENT, object_read(fd, gone, 0, &byte, 1));
	EXPECT_EQ(-ENOENT, object_write(fd, gone, 0, &byte, 1));
	EXPECT_EQ(-ENOENT, object_free(fd, gone));
	EXPECT_EQ(-ENOENT, object_free(other, others));
	EXPECT_EQ(0, object_read(fd, kept, 0, &byte, 1));
	EXPECT_EQ(0, object_free(fd, kept));
	close(other);
	close(fd);
	EXPECT(heap_verifies("default"));
}
