// SPDX-License-Identifier: GPL-2.0
/* Heaps by name: which names there may be, who owns what, limits. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "test.h"

static const char longest[] = "a23456789-123456789_123456789.1";

static struct kspan_heap_entry *heap_entry(int fd, const char *name)
{
	static struct kspan_heap_entry entries[64];
	struct kspan_ioc_list list;
	__u32 i;

	ASSERT_EQ(0, list_request(fd, KSPAN_IOC_HEAPS, "", entries,
				  sizeof(entries[0]), 64, &list));
	ASSERT(list.needed <= 64);
	for (i = 0; i < list.count; i++) {
		if (!strcmp(entries[i].name, name))
			return &entries[i];
	}
	return NULL;
}

TEST(names_that_may_not_be)
{
	static const char * const names[] = {
		"", ".", "..", ".hidden", "/", "a/b", "a b", "a\n", "a*", "a,b",
		"\xc3\xa4", "a\x80", "../default", "\x7f",
	};
	int fd = device_open();
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!EXPECT_EQ(-EINVAL, heap_create(fd, names[i], 0)))
			printf("# name: '%s'\n", names[i]);
	}
	close(fd);
}

TEST(names_that_may_be)
{
	static const char * const names[] = {
		"a", "0", "-", "_", "a.b", "A-z_9.", "a..b", longest,
	};
	int fd = device_open();
	char path[128];
	unsigned int i;

	ASSERT_EQ(KSPAN_NAME_BYTES - 1, strlen(longest));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		EXPECT_EQ(0, heap_create(fd, names[i], 0));
		EXPECT(heap_entry(fd, names[i]));
		snprintf(path, sizeof(path), DEBUGFS_HEAPS "/%s/stats",
			 names[i]);
		EXPECT_EQ(0, access(path, F_OK));
		EXPECT_EQ(0, heap_destroy(fd, names[i]));
		EXPECT(!heap_entry(fd, names[i]));
		EXPECT_EQ(-1, access(path, F_OK));
	}
	close(fd);
}

TEST(a_name_is_taken_once)
{
	int fd = device_open();

	ASSERT_EQ(0, heap_create(fd, "twice", 0));
	EXPECT_EQ(-EEXIST, heap_create(fd, "twice", 0));
	EXPECT_EQ(-EEXIST, heap_create(fd, "default", 0));
	EXPECT_EQ(0, heap_destroy(fd, "twice"));
	EXPECT_EQ(-ENOENT, heap_destroy(fd, "twice"));
	EXPECT_EQ(0, heap_create(fd, "twice", 0));
	EXPECT_EQ(0, heap_destroy(fd, "twice"));
	close(fd);
}

TEST(an_id_is_used_once)
{
	struct kspan_ioc_heap_create create = {
		.size = sizeof(create),
		.heap = "ids",
	};
	int fd = device_open();
	__u64 last = 0;
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, device_request(fd, KSPAN_IOC_HEAP_CREATE,
					    &create));
		EXPECT(create.id > last);
		EXPECT_EQ(create.id, heap_entry(fd, "ids")->id);
		last = create.id;
		ASSERT_EQ(0, heap_destroy(fd, "ids"));
	}
	close(fd);
}

TEST(parameters_are_checked)
{
	struct kspan_ioc_heap_create create;
	int fd = device_open();
	int bit;

	for (bit = 0; bit < 32; bit++) {
		__u32 flag = 1u << bit;

		create = (struct kspan_ioc_heap_create) {
			.size = sizeof(create),
			.heap = "params",
			.heap_flags = flag,
		};
		if (flag & KSPAN_HEAP_FLAGS) {
			EXPECT_EQ(0, device_request(fd, KSPAN_IOC_HEAP_CREATE,
						    &create));
			EXPECT_EQ(flag, heap_entry(fd, "params")->flags);
			EXPECT_EQ(0, heap_destroy(fd, "params"));
		} else {
			EXPECT_EQ(-EINVAL,
				  device_request(fd, KSPAN_IOC_HEAP_CREATE,
						 &create));
		}
	}
	create.heap_flags = 0;
	create.node = 1;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_HEAP_CREATE, &create));
	create.heap_flags = KSPAN_HEAP_NODE;
	create.node = -1;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_HEAP_CREATE, &create));
	create.node = 1 << 20;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_HEAP_CREATE, &create));
	close(fd);
}

TEST(the_default_heap_stays)
{
	struct kspan_heap_entry *entry;
	int fd = device_open();

	EXPECT_EQ(-EPERM, heap_destroy(fd, "default"));
	entry = heap_entry(fd, "default");
	ASSERT(entry);
	EXPECT_EQ(KSPAN_OWNER_DEFAULT, entry->owner_kind);
	EXPECT_EQ(-1, entry->node);
	EXPECT_EQ(0, entry->flags);
	EXPECT(!strcmp(entry->owner, "kspan"));
	close(fd);
}

TEST(a_heap_of_a_module_stays)
{
	const char *name = getenv("MODULE_HEAP");
	struct kspan_heap_entry *entry;
	int fd;

	if (!name)
		test_skip("no MODULE_HEAP in the environment");
	fd = device_open();
	entry = heap_entry(fd, name);
	ASSERT(entry);
	EXPECT_EQ(KSPAN_OWNER_MODULE, entry->owner_kind);
	EXPECT(entry->owner[0]);
	EXPECT_EQ(-EBUSY, heap_destroy(fd, name));
	EXPECT(heap_entry(fd, name));
	close(fd);
}

TEST(a_heap_of_a_user_names_its_task)
{
	struct kspan_heap_entry *entry;
	int fd = device_open();

	ASSERT_EQ(0, heap_create(fd, "mine", 1 << 20));
	entry = heap_entry(fd, "mine");
	ASSERT(entry);
	EXPECT_EQ(KSPAN_OWNER_USER, entry->owner_kind);
	EXPECT_EQ(1 << 20, entry->limit_bytes);
	EXPECT(!strcmp(entry->owner, "ioctl_test"));
	close(fd);
	/* It outlives the open file that it was made by. */
	fd = device_open();
	EXPECT(heap_entry(fd, "mine"));
	EXPECT_EQ(0, heap_destroy(fd, "mine"));
	close(fd);
}

static int set_limits(int fd, const char *name, __u32 which, __u64 limit_bytes,
		      __u64 soft_limit_bytes, __u64 reserve_bytes)
{
	struct kspan_ioc_limit limit = {
		.size = sizeof(limit),
		.which = which,
		.limit_bytes = limit_bytes,
		.soft_limit_bytes = soft_limit_bytes,
		.reserve_bytes = reserve_bytes,
	};

	strcpy(limit.heap, name);
	return device_request(fd, KSPAN_IOC_LIMIT, &limit);
}

TEST(a_reserve_that_no_machine_has_changes_nothing)
{
	static const __u64 reserves[] = {
		~0ULL, ~0ULL - 8190, ~0ULL - 8191, 1ULL << 63, 1ULL << 50,
	};
	struct kspan_heap_stats stats;
	int fd = device_open();
	unsigned int i;

	ASSERT_EQ(0, heap_create(fd, "modest", 0));
	ASSERT_EQ(0, set_limits(fd, "modest", KSPAN_LIMIT_SOFT |
				KSPAN_LIMIT_RESERVE, 0, 1 << 20, 65536));
	for (i = 0; i < sizeof(reserves) / sizeof(reserves[0]); i++) {
		struct kspan_ioc_heap_create create = {
			.size = sizeof(create),
			.heap = "huge",
			.min_reserve_bytes = reserves[i],
		};

		EXPECT_EQ(-ENOMEM, set_limits(fd, "modest", KSPAN_LIMIT_RESERVE,
					      0, 0, reserves[i]));
		EXPECT_EQ(-ENOMEM, set_limits(fd, "modest", KSPAN_LIMIT_SOFT |
					      KSPAN_LIMIT_RESERVE, 0, 2 << 20,
					      reserves[i]));
		/* Above a limit it cannot be, whatever there is. */
		EXPECT_EQ(-EINVAL, set_limits(fd, "modest", KSPAN_LIMIT_HARD |
					      KSPAN_LIMIT_RESERVE, 1 << 20, 0,
					      reserves[i]));
		ASSERT_EQ(0, heap_stats(fd, "modest", &stats));
		EXPECT_EQ(0, stats.limit_bytes);
		EXPECT_EQ(1 << 20, stats.soft_limit_bytes);
		EXPECT_EQ(65536, stats.reserve_bytes);
		EXPECT_EQ(-ENOMEM, device_request(fd, KSPAN_IOC_HEAP_CREATE,
						  &create));
	}
	EXPECT_EQ(0, heap_destroy(fd, "modest"));
	close(fd);
}

/*
 * Allocates until it fails, or a limit that did not hold might take the guest's
 * memory; returns how many it got.
 */
static long fill(int fd, const char *name, __u64 bytes, int *err)
{
	long nobjs = 0;
	__u64 handle;

	do {
		*err = object_alloc(fd, name, bytes, &handle);
	} while (!*err && ++nobjs * bytes < 64 << 20);
	return nobjs;
}

static void limit_holds(__u64 bytes)
{
	const __u64 limit_bytes = 2 << 20;
	struct kspan_heap_stats stats;
	int fd = device_open();
	long nobjs;
	int err;

	ASSERT_EQ(0, heap_create(fd, "limited", limit_bytes));
	nobjs = fill(fd, "limited", bytes, &err);
	EXPECT_EQ(-ENOMEM, err);
	ASSERT_EQ(0, heap_stats(fd, "limited", &stats));
	EXPECT_EQ(nobjs, stats.live_objects);
	EXPECT_EQ(limit_bytes, stats.limit_bytes);
	EXPECT(stats.backing_bytes <= limit_bytes);
	EXPECT(stats.limit_hits_total >= 1);
	/* It was the limit that stopped it, and not much earlier. */
	EXPECT(stats.live_bytes >= limit_bytes / 2);
	EXPECT(heap_verifies("limited"));

	/* A higher one lets it go on. */
	EXPECT_EQ(0, heap_limit(fd, "limited", &(__u64){ 4 << 20 }));
	EXPECT(fill(fd, "limited", bytes, &err) > 0);
	EXPECT_EQ(-ENOMEM, err);
	close(fd);
	fd = device_open();
	ASSERT_EQ(0, heap_stats(fd, "limited", &stats));
	EXPECT_EQ(0, stats.live_objects);
	EXPECT(stats.backing_bytes <= 4 << 20);
	EXPECT(stats.limit_hits_total >= 2);
	EXPECT_EQ(0, heap_destroy(fd, "limited"));
	close(fd);
}

TEST(a_limit_bounds_small_objects)
{
	limit_holds(1000);
}

TEST(a_limit_bounds_the_largest_class)
{
	limit_holds(32768);
}

TEST(a_limit_bounds_large_objects)
{
	limit_holds(100000);
}

TEST(a_limit_bounds_vmalloc_objects)
{
	struct kspan_heap_stats stats;
	int fd = device_open();
	__u64 handle;

	ASSERT_EQ(0, heap_create(fd, "vlimited", 8 << 20));
	EXPECT_EQ(0, object_alloc(fd, "vlimited", 5 << 20, &handle));
	EXPECT_EQ(-ENOMEM, object_alloc(fd, "vlimited", 5 << 20,
					&(__u64){ 0 }));
	ASSERT_EQ(0, heap_stats(fd, "vlimited", &stats));
	EXPECT(stats.limit_hits_total >= 1);
	EXPECT_EQ(1, stats.large_objects);
	EXPECT_EQ(5 << 20, stats.large_bytes);
	EXPECT_EQ(5 << 20, stats.live_bytes);
	EXPECT(stats.backing_bytes <= 8 << 20);
	EXPECT_EQ(0, object_free(fd, handle));
	EXPECT_EQ(0, heap_destroy(fd, "vlimited"));
	close(fd);
}

TEST(setting_a_limit_tells_the_one_before)
{
	struct kspan_heap_stats stats;
	int fd = device_open();
	__u64 bytes = 64 << 20;

	ASSERT_EQ(0, heap_create(fd, "relimit", 1 << 30));
	EXPECT_EQ(0, heap_limit(fd, "relimit", &bytes));
	EXPECT_EQ(1 << 30, bytes);
	bytes = 0;
	EXPECT_EQ(0, heap_limit(fd, "relimit", &bytes));
	EXPECT_EQ(64 << 20, bytes);
	ASSERT_EQ(0, heap_stats(fd, "relimit", &stats));
	EXPECT_EQ(0, stats.limit_bytes);
	EXPECT_EQ(0, heap_destroy(fd, "relimit"));
	close(fd);
}

TEST(a_limit_below_what_is_there_only_stops_growth)
{
	struct kspan_heap_stats before, after;
	int fd = device_open();
	__u64 handle;
	char byte;

	ASSERT_EQ(0, heap_create(fd, "shrunk", 0));
	ASSERT_EQ(0, object_alloc(fd, "shrunk", 1 << 20, &handle));
	ASSERT_EQ(0, heap_stats(fd, "shrunk", &before));
	EXPECT_EQ(0, heap_limit(fd, "shrunk", &(__u64){ 8192 }));
	EXPECT_EQ(-ENOMEM, object_alloc(fd, "shrunk", 4 << 20,
					&(__u64){ 0 }));
	EXPECT_EQ(0, object_read(fd, handle, (1 << 20) - 1, &byte, 1));
	ASSERT_EQ(0, heap_stats(fd, "shrunk", &after));
	EXPECT_EQ(before.live_bytes, after.live_bytes);
	EXPECT_EQ(before.backing_bytes, after.backing_bytes);
	EXPECT_EQ(before.limit_hits_total + 1, after.limit_hits_total);
	EXPECT_EQ(0, heap_destroy(fd, "shrunk"));
	close(fd);
}

TEST(scavenge_gives_back_what_is_free)
{
	enum { NOBJS = 512, BYTES = 8192 };
	struct kspan_heap_stats stats;
	static __u64 handles[NOBJS];
	int fd = device_open();
	__u64 bytes = ~0ULL;
	__u64 first;
	int i;

	ASSERT_EQ(0, heap_create(fd, "scavenged", 0));
	for (i = 0; i < NOBJS; i++)
		ASSERT_EQ(0, object_alloc(fd, "scavenged", BYTES, &handles[i]));
	EXPECT_EQ(0, heap_stats(fd, "scavenged", &stats));
	EXPECT(stats.backing_bytes >= NOBJS * BYTES);
	for (i = 0; i < NOBJS; i++)
		EXPECT_EQ(0, object_free(fd, handles[i]));
	EXPECT_EQ(0, heap_drain(fd, "scavenged"));
	EXPECT_EQ(0, heap_stats(fd, "scavenged", &stats));
	EXPECT_EQ(0, stats.cached_bytes);
	EXPECT_EQ(0, stats.live_bytes);

	first = 64 << 10;
	EXPECT_EQ(0, heap_scavenge(fd, "scavenged", &first));
	EXPECT(first > 0);
	EXPECT_EQ(0, heap_scavenge(fd, "scavenged", &bytes));
	EXPECT_EQ(stats.backing_bytes, first + bytes);
	EXPECT_EQ(0, heap_stats(fd, "scavenged", &stats));
	EXPECT_EQ(0, stats.backing_bytes);
	EXPECT_EQ(first + bytes, stats.released_bytes_total);
	EXPECT_EQ(stats.grown_bytes_total, stats.released_bytes_total);
	bytes = ~0ULL;
	EXPECT_EQ(0, heap_scavenge(fd, "scavenged", &bytes));
	EXPECT_EQ(0, bytes);
	EXPECT(heap_verifies("scavenged"));
	EXPECT_EQ(0, heap_destroy(fd, "scavenged"));
	close(fd);
}
