// SPDX-License-Identifier: GPL-2.0
/* Who may do what. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"
#include "test.h"

static void drop_admin(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2];

	ASSERT_EQ(0, syscall(SYS_capget, &header, caps));
	caps[0].effective &= ~(1u << CAP_SYS_ADMIN);
	ASSERT_EQ(0, syscall(SYS_capset, &header, caps));
}

static void become_nobody(void)
{
	ASSERT_EQ(0, setgroups(0, NULL));
	ASSERT_EQ(0, setgid(65534));
	ASSERT_EQ(0, setuid(65534));
}

/* To look is allowed, to collect is not. */
static void try_gc(int fd)
{
	struct kspan_ioc_gc arg = { .size = sizeof(arg), .heap = "guarded" };

	EXPECT_EQ(-EOPNOTSUPP, device_request(fd, KSPAN_IOC_GC, &arg));
	arg.op = KSPAN_GC_OP_COLLECT;
	EXPECT_EQ(-EPERM, device_request(fd, KSPAN_IOC_GC, &arg));
}

static void try_unreachable(int fd)
{
	struct kspan_ioc_unreachable arg = {
		.size = sizeof(arg), .heap = "guarded", .interval_ms = 1,
	};

	EXPECT_EQ(-EPERM, device_request(fd, KSPAN_IOC_UNREACHABLE, &arg));
}

/* In a child that has dropped privileges, with a file opened before. */
static void try_requests(int fd, __u64 handle)
{
	union argument arg;
	char buffer[8];
	unsigned int i;

	for (i = 0; i < NR_REQUESTS; i++) {
		argument_fill(&arg, requests[i].code, "guarded", handle,
			      buffer);
		if (!EXPECT_EQ(requests[i].admin ? -EPERM : 0,
			       device_request(fd, requests[i].code, &arg)))
			printf("# %s\n", requests[i].name);
		/* Nothing is told to those who may not, not even of errors. */
		arg.flags = 1;
		EXPECT_EQ(requests[i].admin ? -EPERM : -EINVAL,
			  device_request(fd, requests[i].code, &arg));
	}
}

static void without(void (*drop)(void))
{
	struct kspan_heap_stats stats;
	int fd = device_open();
	__u64 handle;
	int status;
	pid_t pid;

	ASSERT_EQ(0, heap_create(fd, "guarded", 0));
	ASSERT_EQ(0, object_alloc(fd, "guarded", 64, &handle));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		drop();
		try_requests(fd, handle);
		try_gc(fd);
		try_unreachable(fd);
		_exit(test_failed());
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, heap_stats(fd, "guarded", &stats));
	EXPECT_EQ(1, stats.live_objects);
	EXPECT_EQ(0, stats.limit_bytes);
	EXPECT_EQ(0, heap_destroy(fd, "guarded"));
	close(fd);
}

TEST(without_cap_sys_admin_one_may_look)
{
	without(drop_admin);
}

TEST(another_user_with_the_file_may_look)
{
	without(become_nobody);
}

TEST(another_user_may_not_open_the_device)
{
	struct stat stat_buf;
	int status;
	pid_t pid;

	ASSERT_EQ(0, stat(DEVICE, &stat_buf));
	EXPECT_EQ(0600, stat_buf.st_mode & 07777);
	EXPECT(S_ISCHR(stat_buf.st_mode));
	EXPECT_EQ(0, stat_buf.st_uid);
	pid = fork();
	if (!pid) {
		become_nobody();
		EXPECT_EQ(-1, open(DEVICE, O_RDONLY));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, open(DEBUGFS_HEAPS "/default/stats", O_RDONLY));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, open(DEBUGFS_HEAPS "/default/limit", O_WRONLY));
		EXPECT_EQ(EACCES, errno);
		_exit(test_failed());
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}
