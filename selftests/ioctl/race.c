// SPDX-License-Identifier: GPL-2.0
/* Many at a time: nothing hangs, nothing is left, all adds up. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "test.h"

enum {
	NTASKS		= 6,
	NHEAPS		= 3,
	NHANDLES	= 64,
	SECONDS		= 5,
};

static const char * const names[NHEAPS] = { "race0", "race1", "race2" };

static bool time_is_up(time_t end)
{
	return time(NULL) >= end;
}

static bool adds_up(const struct kspan_heap_stats *s)
{
	return s->backing_bytes == s->live_bytes + s->cached_bytes +
				   s->span_free_bytes + s->tail_bytes +
				   s->page_free_bytes &&
	       s->backing_bytes == s->grown_bytes_total -
				   s->released_bytes_total &&
	       s->live_objects == s->allocs_total - s->frees_total &&
	       s->frees_total <= s->allocs_total;
}

/* Runs one task in each of NTASKS children; all must succeed. */
static void in_children(void (*task)(unsigned int seed, time_t end))
{
	time_t end = time(NULL) + SECONDS;
	unsigned int i;
	int status;

	fflush(stdout);
	for (i = 0; i < NTASKS; i++) {
		if (!fork()) {
			task(i, end);
			_exit(test_failed());
		}
	}
	for (i = 0; i < NTASKS; i++) {
		ASSERT(wait(&status) > 0);
		EXPECT_EQ(0, status);
	}
}

static __u64 size_of(unsigned int *seed)
{
	unsigned int r = rand_r(seed);

	if (r % 512 == 0)
		return 5 << 20;
	if (r % 16 == 0)
		return 1 + r / 16 % 200000;
	return 1 + r / 16 % 2000;
}

/* The heaps under it come and go. */
static void hammer(unsigned int seed, time_t end)
{
	__u64 handles[NHANDLES] = { };
	struct kspan_heap_stats stats;
	int fd = device_open();
	char buffer[64];

	while (!time_is_up(end) && !test_failed()) {
		unsigned int slot = rand_r(&seed) % NHANDLES;
		const char *name = names[rand_r(&seed) % NHEAPS];
		int err = 0;

		switch (rand_r(&seed) % 64) {
		case 0:
			err = heap_create(fd, name, 64 << 20);
			EXPECT(!err || err == -EEXIST);
			break;
		case 1:
			err = heap_destroy(fd, name);
			break;
		case 2:
			err = heap_stats(fd, name, &stats);
			EXPECT(err || adds_up(&stats));
			break;
		case 3:
			err = heap_drain(fd, name);
			break;
		case 4:
			err = heap_scavenge(fd, name, &(__u64){ ~0ULL });
			break;
		case 5:
			close(fd);
			fd = device_open();
			memset(handles, 0, sizeof(handles));
			break;
		default:
			if (!handles[slot]) {
				err = object_alloc(fd, name, size_of(&seed),
						   &handles[slot]);
				if (err == -ENOMEM)
					err = 0;
				if (err)
					handles[slot] = 0;
				break;
			}
			err = object_write(fd, handles[slot], 0, &handles, 1);
			EXPECT(!err || err == -ENOENT);
			err = object_read(fd, handles[slot], 0, buffer, 1);
			EXPECT(!err || err == -ENOENT);
			err = object_free(fd, handles[slot]);
			handles[slot] = 0;
		}
		EXPECT(!err || err == -ENOENT || err == -EEXIST);
	}
	close(fd);
}

TEST(heaps_that_come_and_go)
{
	struct kspan_heap_stats stats;
	int fd = device_open();
	int i;

	in_children(hammer);
	for (i = 0; i < NHEAPS; i++) {
		if (heap_stats(fd, names[i], &stats))
			continue;
		EXPECT_EQ(0, stats.live_objects);
		EXPECT_EQ(0, stats.live_bytes);
		EXPECT_EQ(0, stats.bad_frees_total);
		EXPECT(adds_up(&stats));
		EXPECT(heap_verifies(names[i]));
		EXPECT_EQ(0, heap_destroy(fd, names[i]));
	}
	ASSERT_EQ(0, heap_stats(fd, "default", &stats));
	EXPECT(heap_verifies("default"));
	close(fd);
}

/* Closes its open file while another destroys the heap. */
static void fill_and_close(unsigned int seed, time_t end)
{
	while (!time_is_up(end) && !test_failed()) {
		int fd = device_open();
		int i;

		if (seed % 3 == 0) {
			usleep(2000);
			heap_destroy(fd, names[0]);
			heap_create(fd, names[0], 0);
		} else {
			for (i = 0; i < 2000; i++)
				object_alloc(fd, names[0], 48, &(__u64){ 0 });
		}
		close(fd);
	}
}

TEST(a_heap_destroyed_while_its_objects_are_closed)
{
	struct kspan_heap_stats before, after;
	int fd = device_open();

	/* Where frees of unknown objects are counted. */
	ASSERT_EQ(0, heap_stats(fd, "default", &before));
	heap_create(fd, names[0], 0);
	in_children(fill_and_close);
	ASSERT_EQ(0, heap_stats(fd, "default", &after));
	EXPECT_EQ(before.bad_frees_total, after.bad_frees_total);
	ASSERT_EQ(0, heap_stats(fd, names[0], &after));
	EXPECT_EQ(0, after.bad_frees_total);
	EXPECT_EQ(0, after.live_objects);
	EXPECT(heap_verifies(names[0]));
	EXPECT_EQ(0, heap_destroy(fd, names[0]));
	close(fd);
}

/* All of them on the handles of one open file. */
static int shared_fd;

static void share(unsigned int seed, time_t end)
{
	static char buffer[4096];
	__u64 handle;

	while (!time_is_up(end) && !test_failed()) {
		__u64 any = rand_r(&seed) % 200;
		int err;

		switch (rand_r(&seed) % 4) {
		case 0:
			err = object_alloc(shared_fd, "shared",
					   size_of(&seed) % 4096 + 1, &handle);
			break;
		case 1:
			err = object_free(shared_fd, any);
			break;
		case 2:
			err = object_read(shared_fd, any, 0, buffer, 1);
			break;
		default:
			err = object_write(shared_fd, any, 0, buffer, 1);
		}
		EXPECT(!err || err == -ENOENT || err == -ENOMEM);
	}
}

TEST(one_open_file_shared_by_many)
{
	struct kspan_heap_stats stats;
	int fd = device_open();

	ASSERT_EQ(0, heap_create(fd, "shared", 16 << 20));
	shared_fd = device_open();
	in_children(share);
	close(shared_fd);
	ASSERT_EQ(0, heap_stats(fd, "shared", &stats));
	EXPECT(stats.allocs_total > 0);
	EXPECT_EQ(0, stats.live_objects);
	EXPECT_EQ(0, stats.bad_frees_total);
	EXPECT(heap_verifies("shared"));
	EXPECT_EQ(0, heap_destroy(fd, "shared"));
	close(fd);
}

static void runs_on(__u64 before, __u64 after, const char *what)
{
	if (!EXPECT(after >= before))
		printf("# %s: %llu after %llu\n", what, after, before);
}

static void watch(unsigned int seed, time_t end)
{
	struct kspan_heap_stats stats, last = { };
	int fd = device_open();
	__u64 handles[NHANDLES] = { };

	while (!time_is_up(end) && !test_failed()) {
		unsigned int slot = rand_r(&seed) % NHANDLES;

		/* One watches, the others work. */
		if (seed % NTASKS && handles[slot]) {
			EXPECT_EQ(0, object_free(fd, handles[slot]));
			handles[slot] = 0;
			continue;
		}
		if (seed % NTASKS) {
			EXPECT_EQ(0, object_alloc(fd, "watched",
						  size_of(&seed),
						  &handles[slot]));
			continue;
		}
		ASSERT_EQ(0, heap_stats(fd, "watched", &stats));
		EXPECT(adds_up(&stats));
		runs_on(last.allocs_total, stats.allocs_total, "allocs");
		runs_on(last.frees_total, stats.frees_total, "frees");
		runs_on(last.refills_total, stats.refills_total, "refills");
		runs_on(last.flushes_total, stats.flushes_total, "flushes");
		runs_on(last.released_bytes_total, stats.released_bytes_total,
			"released_bytes");
		last = stats;
	}
	close(fd);
}

TEST(the_balance_sheet_adds_up_meanwhile)
{
	struct kspan_heap_stats stats;
	int fd = device_open();

	ASSERT_EQ(0, heap_create(fd, "watched", 0));
	in_children(watch);
	ASSERT_EQ(0, heap_stats(fd, "watched", &stats));
	EXPECT_EQ(0, stats.live_bytes);
	EXPECT(adds_up(&stats));
	EXPECT(heap_verifies("watched"));
	EXPECT_EQ(0, heap_destroy(fd, "watched"));
	close(fd);
}

/* One makes heaps and takes a little of each size, the others look. */
static void look_at_fresh(unsigned int seed, time_t end)
{
	struct kspan_heap_stats stats;
	int fd = device_open();
	__u64 bytes;

	while (!time_is_up(end) && !test_failed()) {
		if (seed) {
			if (heap_stats(fd, "fresh", &stats))
				continue;
			EXPECT(adds_up(&stats));
			if (!EXPECT(stats.allocs_total < 1000))
				printf("# allocs_total: %llu\n",
				       stats.allocs_total);
			continue;
		}
		ASSERT_EQ(0, heap_create(fd, "fresh", 0));
		for (bytes = 8; bytes <= 32768; bytes += 8 + bytes / 8)
			EXPECT_EQ(0, object_alloc(fd, "fresh", bytes,
						  &(__u64){ 0 }));
		EXPECT_EQ(0, heap_destroy(fd, "fresh"));
	}
	close(fd);
}

TEST(a_fresh_heap_counts_from_zero)
{
	in_children(look_at_fresh);
}

/*
 * Half of them make a heap with a reserve, which takes a while, the others
 * destroy it whenever they find it.
 */
static void make_or_destroy(unsigned int seed, time_t end)
{
	int fd = device_open();

	while (!time_is_up(end) && !test_failed()) {
		struct kspan_ioc_heap_create create = {
			.size = sizeof(create),
			.heap = "half",
			.min_reserve_bytes = 4 << 20,
		};
		int err;

		if (seed % 2)
			err = heap_destroy(fd, "half");
		else
			err = device_request(fd, KSPAN_IOC_HEAP_CREATE,
					     &create);
		EXPECT(!err || err == (seed % 2 ? -ENOENT : -EEXIST) ||
		       err == -ENOMEM);
	}
	close(fd);
}

TEST(a_heap_destroyed_while_it_is_made)
{
	int fd = device_open();

	in_children(make_or_destroy);
	heap_destroy(fd, "half");
	close(fd);
}
