// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of a caller that is not there, and for long: while a request waits for
 * it, others go on. userfaultfd makes a page that comes when the test says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/userfaultfd.h>

#include "device.h"
#include "test.h"

enum {
	PATIENCE_S	= 10,
	LOOK_EVERY_US	= 10000,
};

struct blocked_page {
	int uffd;
	char *page;
	long bytes;
};

static struct blocked_page blocked_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct blocked_page blocked = { .bytes = sysconf(_SC_PAGESIZE) };

	/* poll() of one that blocks says POLLERR at once. */
	blocked.uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (blocked.uffd < 0)
		test_skip("no userfaultfd for page faults in the kernel");
	ASSERT_EQ(0, ioctl(blocked.uffd, UFFDIO_API, &api));
	/* Shared with the children that use it. */
	blocked.page = mmap(NULL, 2 * blocked.bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(blocked.page != MAP_FAILED);
	/* What lies before it is there. */
	blocked.page += blocked.bytes;
	range.range.start = (uintptr_t)blocked.page;
	range.range.len = blocked.bytes;
	ASSERT_EQ(0, ioctl(blocked.uffd, UFFDIO_REGISTER, &range));
	return blocked;
}

/* Whether it ended, well, before patience did. */
static bool ends(pid_t pid)
{
	int status, us;

	for (us = 0; us < PATIENCE_S * 1000000; us += LOOK_EVERY_US) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return EXPECT_EQ(0, status);
		usleep(LOOK_EVERY_US);
	}
	return EXPECT(!"it hangs");
}

/*
 * @wait runs in a thread of this process, so that its faults are those of the
 * page. clone() with the memory but without a C library's thread is enough for
 * one system call.
 */
struct waiter {
	struct blocked_page blocked;
	void (*wait)(struct waiter *waiter);
	int fd;
	int result;
	pid_t pid;
	char stack[1 << 16] __attribute__((aligned(16)));
};

static int run_waiter(void *arg)
{
	struct waiter *waiter = arg;

	waiter->wait(waiter);
	return 0;
}

/* Returns once it waits for the page. */
static void begin_waiting(struct waiter *waiter)
{
	struct pollfd poll_fd = { .events = POLLIN };

	poll_fd.fd = waiter->blocked.uffd;
	waiter->pid = clone(run_waiter, waiter->stack + sizeof(waiter->stack),
			    CLONE_VM | CLONE_FILES | SIGCHLD, waiter);
	ASSERT(waiter->pid > 0);
	ASSERT_EQ(1, poll(&poll_fd, 1, PATIENCE_S * 1000));
	ASSERT_EQ(POLLIN, poll_fd.revents);
}

static void end_waiting(struct waiter *waiter)
{
	struct uffdio_zeropage zero = {
		.range.start = (uintptr_t)waiter->blocked.page,
		.range.len = waiter->blocked.bytes,
	};

	EXPECT_EQ(0, ioctl(waiter->blocked.uffd, UFFDIO_ZEROPAGE, &zero));
	EXPECT(ends(waiter->pid));
	close(waiter->blocked.uffd);
	munmap(waiter->blocked.page - waiter->blocked.bytes,
	       2 * waiter->blocked.bytes);
}

/* Each as a process of its own, which may hang. */
static void in_child(void (*fn)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		fn();
		_exit(test_failed());
	}
	ends(pid);
}

static void open_and_close(void)
{
	close(device_open());
}

static void make_and_destroy_another(void)
{
	int fd = device_open();

	EXPECT_EQ(0, heap_create(fd, "another", 0));
	EXPECT_EQ(0, heap_destroy(fd, "another"));
	close(fd);
}

static void destroy_it(void)
{
	int fd = device_open();

	EXPECT_EQ(0, heap_destroy(fd, "awaited"));
	close(fd);
}

static __u64 handle;

/* Nobody else waits for one whose memory does not come. */
static void others_go_on(void (*wait)(struct waiter *waiter))
{
	static struct waiter waiter;
	int fd = device_open();

	/* Without such a page the test ends here, and leaves nothing. */
	waiter = (struct waiter) {
		.wait = wait, .fd = fd, .blocked = blocked_page(),
	};
	ASSERT_EQ(0, heap_create(fd, "awaited", 0));
	ASSERT_EQ(0, object_alloc(fd, "awaited", 64, &handle));
	begin_waiting(&waiter);
	in_child(open_and_close);
	in_child(make_and_destroy_another);
	in_child(destroy_it);
	end_waiting(&waiter);
	EXPECT(!waiter.result || waiter.result == -ENOENT);
	heap_destroy(fd, "awaited");
	close(fd);
}

static void read_object(struct waiter *waiter)
{
	waiter->result = object_read(waiter->fd, handle, 0,
				     waiter->blocked.page, 64);
}

TEST(a_read_into_memory_that_is_not_there)
{
	others_go_on(read_object);
}

static void write_object(struct waiter *waiter)
{
	waiter->result = object_write(waiter->fd, handle, 0,
				      waiter->blocked.page, 64);
}

TEST(a_write_from_memory_that_is_not_there)
{
	others_go_on(write_object);
}

/* The first @before entries are in memory that is there. */
static void list_into(struct waiter *waiter, unsigned int code,
		      const char *heap, __u32 entry_bytes, __u32 before)
{
	struct kspan_ioc_list list;

	waiter->result = list_request(waiter->fd, code, heap,
				      waiter->blocked.page -
				      before * entry_bytes, entry_bytes,
				      before + 16, &list);
}

/* It waits at the heap that is then destroyed. */
static void list_heaps(struct waiter *waiter)
{
	static struct kspan_heap_entry heaps[16];
	struct kspan_ioc_list list;
	__u32 i;

	list_request(waiter->fd, KSPAN_IOC_HEAPS, "", heaps, sizeof(heaps[0]),
		     16, &list);
	for (i = 0; i < 16 && strcmp(heaps[i].name, "awaited"); i++)
		;
	list_into(waiter, KSPAN_IOC_HEAPS, "", sizeof(heaps[0]), i);
}

static void list_classes(struct waiter *waiter)
{
	list_into(waiter, KSPAN_IOC_CLASSES, "awaited",
		  sizeof(struct kspan_class_entry), 0);
}

static void list_spans(struct waiter *waiter)
{
	list_into(waiter, KSPAN_IOC_SPANS, "awaited",
		  sizeof(struct kspan_span_entry), 0);
}

static void list_arenas(struct waiter *waiter)
{
	list_into(waiter, KSPAN_IOC_ARENAS, "awaited",
		  sizeof(struct kspan_arena_entry), 0);
}

TEST(a_list_of_heaps_into_memory_that_is_not_there)
{
	others_go_on(list_heaps);
}

TEST(a_list_of_classes_into_memory_that_is_not_there)
{
	others_go_on(list_classes);
}

TEST(a_list_of_spans_into_memory_that_is_not_there)
{
	others_go_on(list_spans);
}

TEST(a_list_of_arenas_into_memory_that_is_not_there)
{
	others_go_on(list_arenas);
}

static void stats_there(struct waiter *waiter)
{
	struct kspan_ioc_stats *arg = (void *)waiter->blocked.page;

	/* All zero once it comes: no size. */
	waiter->result = device_request(waiter->fd, KSPAN_IOC_STATS, arg);
	if (waiter->result == -EINVAL)
		waiter->result = 0;
}

TEST(an_argument_that_is_not_there)
{
	others_go_on(stats_there);
}

/* ---- a file of debugfs ------------------------------------------------------- */

static void read_verify(struct waiter *waiter)
{
	int fd = open(DEBUGFS_HEAPS "/awaited/verify", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, waiter->blocked.page, 4096);

	waiter->result = n > 0 ? 0 : -EIO;
	close(fd);
}

/* Who destroys the heap waits for it, and nobody waits for that one. */
TEST(a_reader_of_verify_that_does_not_end)
{
	static struct waiter waiter;
	int fd = device_open();
	pid_t destroyer;

	waiter = (struct waiter) {
		.wait = read_verify, .blocked = blocked_page(),
	};
	ASSERT_EQ(0, heap_create(fd, "awaited", 0));
	begin_waiting(&waiter);
	fflush(stdout);
	destroyer = fork();
	if (!destroyer) {
		destroy_it();
		_exit(test_failed());
	}
	usleep(500000);
	EXPECT_EQ(0, waitpid(destroyer, NULL, WNOHANG));
	in_child(make_and_destroy_another);
	in_child(open_and_close);
	/* It cannot be found, but its name is not free before its files are. */
	EXPECT_EQ(-ENOENT, heap_drain(fd, "awaited"));
	EXPECT_EQ(-EEXIST, heap_create(fd, "awaited", 0));
	end_waiting(&waiter);
	EXPECT_EQ(0, waiter.result);
	EXPECT(ends(destroyer));
	EXPECT_EQ(0, heap_create(fd, "awaited", 0));
	EXPECT_EQ(0, heap_destroy(fd, "awaited"));
	close(fd);
}

/* ---- a module ---------------------------------------------------------------- */

static void remove_module(void)
{
	EXPECT_EQ(0, syscall(SYS_delete_module, "kspan_consumer", O_NONBLOCK));
}

static void list_modules_heap(struct waiter *waiter)
{
	list_into(waiter, KSPAN_IOC_SPANS, getenv("MODULE_HEAP"),
		  sizeof(struct kspan_span_entry), 0);
}

/* The last of this group: run.sh loads the module again for others. */
TEST(a_module_goes_meanwhile)
{
	static struct waiter waiter;

	if (!getenv("MODULE_HEAP"))
		test_skip("no MODULE_HEAP in the environment");
	waiter = (struct waiter) {
		.wait = list_modules_heap, .fd = device_open(),
	};
	waiter.blocked = blocked_page();
	begin_waiting(&waiter);
	in_child(remove_module);
	end_waiting(&waiter);
	close(waiter.fd);
}
