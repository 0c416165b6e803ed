// SPDX-License-Identifier: GPL-2.0
/* KSPAN_IOC_LIMIT: which limits are meant, and what stays when it fails. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "test.h"

#define FAIL_FILE "/sys/kernel/debug/kspan/fail"

enum {
	LIMIT_BYTES	= 8 << 20,
	SOFT_BYTES	= 4 << 20,
	RESERVE_BYTES	= 64 << 10,
	PAGE_BYTES	= 8192,		/* of a heap */
};

static struct kspan_ioc_limit limits(__u32 which, __u64 limit_bytes,
				     __u64 soft_limit_bytes,
				     __u64 reserve_bytes)
{
	return (struct kspan_ioc_limit) {
		.size = sizeof(struct kspan_ioc_limit),
		.heap = "bounded",
		.limit_bytes = limit_bytes,
		.soft_limit_bytes = soft_limit_bytes,
		.reserve_bytes = reserve_bytes,
		.which = which,
	};
}

static int set(int fd, struct kspan_ioc_limit arg)
{
	return device_request(fd, KSPAN_IOC_LIMIT, &arg);
}

static void expect_limits(int fd, __u64 limit_bytes, __u64 soft_limit_bytes,
			  __u64 reserve_bytes)
{
	struct kspan_heap_stats stats;

	ASSERT_EQ(0, heap_stats(fd, "bounded", &stats));
	EXPECT_EQ(limit_bytes, stats.limit_bytes);
	EXPECT_EQ(soft_limit_bytes, stats.soft_limit_bytes);
	EXPECT_EQ(reserve_bytes, stats.reserve_bytes);
}

static int bounded_heap(void)
{
	int fd = device_open();

	ASSERT_EQ(0, heap_create(fd, "bounded", 0));
	ASSERT_EQ(0, set(fd, limits(KSPAN_LIMIT_ALL, LIMIT_BYTES, SOFT_BYTES,
				    RESERVE_BYTES)));
	expect_limits(fd, LIMIT_BYTES, SOFT_BYTES, RESERVE_BYTES);
	return fd;
}

static void end(int fd)
{
	EXPECT(heap_verifies("bounded"));
	EXPECT_EQ(0, heap_destroy(fd, "bounded"));
	close(fd);
}

/* Fields that are not meant hold what would be refused. */
TEST(which_says_what_is_meant)
{
	int fd = bounded_heap();

	EXPECT_EQ(0, set(fd, limits(KSPAN_LIMIT_HARD, 2 * LIMIT_BYTES, ~0ULL,
				    ~0ULL)));
	expect_limits(fd, 2 * LIMIT_BYTES, SOFT_BYTES, RESERVE_BYTES);
	EXPECT_EQ(0, set(fd, limits(KSPAN_LIMIT_SOFT, 1, 1 << 20, ~0ULL)));
	expect_limits(fd, 2 * LIMIT_BYTES, 1 << 20, RESERVE_BYTES);
	EXPECT_EQ(0, set(fd, limits(KSPAN_LIMIT_RESERVE, 1, ~0ULL, 0)));
	expect_limits(fd, 2 * LIMIT_BYTES, 1 << 20, 0);
	EXPECT_EQ(0, set(fd, limits(KSPAN_LIMIT_SOFT | KSPAN_LIMIT_RESERVE, 1,
				    0, PAGE_BYTES)));
	expect_limits(fd, 2 * LIMIT_BYTES, 0, PAGE_BYTES);
	/* As those who know of the limit alone. */
	EXPECT_EQ(0, set(fd, limits(0, LIMIT_BYTES, ~0ULL, ~0ULL)));
	expect_limits(fd, LIMIT_BYTES, 0, PAGE_BYTES);
	end(fd);
}

TEST(unknown_limits_are_invalid)
{
	int fd = bounded_heap();
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		if (1u << bit & KSPAN_LIMIT_ALL)
			continue;
		EXPECT_EQ(-EINVAL, set(fd, limits(1u << bit, 0, 0, 0)));
		EXPECT_EQ(-EINVAL, set(fd, limits(1u << bit | KSPAN_LIMIT_ALL,
						  0, 0, 0)));
	}
	expect_limits(fd, LIMIT_BYTES, SOFT_BYTES, RESERVE_BYTES);
	end(fd);
}

TEST(all_limits_are_told_as_they_were)
{
	struct kspan_ioc_limit arg = limits(KSPAN_LIMIT_SOFT, 0, 0, 0);
	int fd = bounded_heap();

	EXPECT_EQ(0, device_request(fd, KSPAN_IOC_LIMIT, &arg));
	EXPECT_EQ(LIMIT_BYTES, arg.limit_bytes);
	EXPECT_EQ(SOFT_BYTES, arg.soft_limit_bytes);
	EXPECT_EQ(RESERVE_BYTES, arg.reserve_bytes);
	end(fd);
}

TEST(limits_that_cannot_hold_change_nothing)
{
	int fd = bounded_heap();

	EXPECT_EQ(-EINVAL, set(fd, limits(KSPAN_LIMIT_HARD, SOFT_BYTES - 1, 0, 0)));
	EXPECT_EQ(-EINVAL, set(fd, limits(KSPAN_LIMIT_SOFT, 0, LIMIT_BYTES + 1, 0)));
	EXPECT_EQ(-EINVAL, set(fd, limits(KSPAN_LIMIT_RESERVE, 0, 0,
					  LIMIT_BYTES + 1)));
	EXPECT_EQ(-EINVAL, set(fd, limits(KSPAN_LIMIT_ALL, 1 << 20, 1 << 20,
					  2 << 20)));
	EXPECT_EQ(-EINVAL, set(fd, limits(KSPAN_LIMIT_RESERVE, 0, 0, ~0ULL)));
	expect_limits(fd, LIMIT_BYTES, SOFT_BYTES, RESERVE_BYTES);
	end(fd);
}

static void fail_blocks(const char *state)
{
	char line[32];
	int fd = open(FAIL_FILE, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		test_skip("no fault injection");
	snprintf(line, sizeof(line), "block %s\n", state);
	ASSERT_EQ(strlen(line), write(fd, line, strlen(line)));
	close(fd);
}

/* The others are set with it, or not at all. */
TEST(a_reserve_that_cannot_be_had_changes_nothing)
{
	int fd = bounded_heap();

	/* More than the machine has. */
	EXPECT_EQ(-ENOMEM, set(fd, limits(KSPAN_LIMIT_ALL, 0, 1 << 20,
					  1ULL << 50)));
	expect_limits(fd, LIMIT_BYTES, SOFT_BYTES, RESERVE_BYTES);
	/* As much as it has, and does not give. */
	fail_blocks("always");
	EXPECT_EQ(-ENOMEM, set(fd, limits(KSPAN_LIMIT_ALL, 2 * LIMIT_BYTES,
					  1 << 20, 1 << 20)));
	expect_limits(fd, LIMIT_BYTES, SOFT_BYTES, RESERVE_BYTES);
	fail_blocks("off");
	EXPECT_EQ(0, set(fd, limits(KSPAN_LIMIT_ALL, 2 * LIMIT_BYTES, 1 << 20,
				    1 << 20)));
	expect_limits(fd, 2 * LIMIT_BYTES, 1 << 20, 1 << 20);
	end(fd);
}

TEST(a_reserve_is_whole_pages)
{
	int fd = device_open();

	ASSERT_EQ(0, heap_create(fd, "bounded", 0));
	EXPECT_EQ(0, set(fd, limits(KSPAN_LIMIT_RESERVE, 0, 0, 1)));
	expect_limits(fd, 0, 0, PAGE_BYTES);
	EXPECT_EQ(-EINVAL, set(fd, limits(KSPAN_LIMIT_ALL, 10000, 0, 10000)));
	EXPECT_EQ(0, set(fd, limits(KSPAN_LIMIT_ALL, 2 * PAGE_BYTES, 0, 10000)));
	expect_limits(fd, 2 * PAGE_BYTES, 0, 2 * PAGE_BYTES);
	end(fd);
}

/* Blocks are of many sizes, and none of them divides these limits. */
TEST(a_limit_may_be_any_number)
{
	static const __u64 any[] = {
		1, PAGE_BYTES - 1, PAGE_BYTES + 1, 100001, (1 << 20) - 4096,
		(1 << 20) + 4096, (3 << 20) + 12345,
	};
	struct kspan_heap_stats stats;
	unsigned int i, objects;
	int fd = device_open(), file;
	__u64 handle;

	for (i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		ASSERT_EQ(0, heap_create(fd, "bounded", any[i]));
		file = device_open();
		for (objects = 0; objects < 5000; objects++)
			if (object_alloc(file, "bounded", 1000, &handle))
				break;
		EXPECT(objects < 5000);
		ASSERT_EQ(0, heap_stats(fd, "bounded", &stats));
		EXPECT(stats.backing_bytes <= any[i]);
		EXPECT_EQ(any[i], stats.limit_bytes);
		/* All of it is used but for less than a page. */
		EXPECT(stats.backing_bytes + PAGE_BYTES > any[i]);
		EXPECT(stats.limit_hits_total >= 1);
		close(file);
		EXPECT(heap_verifies("bounded"));
		EXPECT_EQ(0, heap_destroy(fd, "bounded"));
	}
	close(fd);
}
