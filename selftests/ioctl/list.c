// SPDX-License-Identifier: GPL-2.0
/* Lists: arrays of any length, entries of any size, the cursor of SPANS. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "test.h"

enum {
	NSPANS_MAX = 4096,
};

static const struct {
	unsigned int code;
	__u32 entry_bytes;
} lists[] = {
	{ KSPAN_IOC_HEAPS, sizeof(struct kspan_heap_entry) },
	{ KSPAN_IOC_CLASSES, sizeof(struct kspan_class_entry) },
	{ KSPAN_IOC_SPANS, sizeof(struct kspan_span_entry) },
	{ KSPAN_IOC_ARENAS, sizeof(struct kspan_arena_entry) },
};

#define NR_LISTS (sizeof(lists) / sizeof(lists[0]))

/* A heap with spans of many kinds; its objects are freed with @fd. */
static void fill_heap(int fd, const char *name)
{
	static const __u64 sizes[] = {
		8, 16, 100, 1000, 1024, 5000, 8192, 9000, 20000, 32768, 40000,
		100000, 1 << 20,
	};
	__u64 handle;
	unsigned int i, j;

	ASSERT_EQ(0, heap_create(fd, name, 0));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (j = 0; j < 20; j++)
			ASSERT_EQ(0, object_alloc(fd, name, sizes[i], &handle));
	}
}

static const char *heap_of(unsigned int list, const char *name)
{
	return lists[list].code == KSPAN_IOC_HEAPS ? "" : name;
}

TEST(an_array_without_room_only_counts)
{
	struct kspan_ioc_list list = { };
	int fd = device_open();
	unsigned int i;

	fill_heap(fd, "counted");
	for (i = 0; i < NR_LISTS; i++) {
		list.cursor = 0;
		EXPECT_EQ(0, list_request(fd, lists[i].code,
					  heap_of(i, "counted"), NULL, 0, 0,
					  &list));
		EXPECT_EQ(0, list.count);
		EXPECT(list.needed > 0);
	}
	EXPECT_EQ(0, heap_destroy(fd, "counted"));
	close(fd);
}

TEST(a_short_array_is_filled_as_far_as_it_goes)
{
	static unsigned char whole[256 * 1024], part[256 * 1024];
	struct kspan_ioc_list list = { };
	int fd = device_open();
	unsigned int i;

	fill_heap(fd, "shorted");
	for (i = 0; i < NR_LISTS; i++) {
		__u32 bytes = lists[i].entry_bytes;
		__u32 needed, capacity;

		list.cursor = 0;
		ASSERT_EQ(0, list_request(fd, lists[i].code,
					  heap_of(i, "shorted"), whole, bytes,
					  1000, &list));
		needed = list.needed;
		ASSERT_EQ(needed, list.count);
		capacity = needed / 2;
		memset(part, 0x5a, sizeof(part));
		list.cursor = 0;
		ASSERT_EQ(0, list_request(fd, lists[i].code,
					  heap_of(i, "shorted"), part, bytes,
					  capacity, &list));
		EXPECT_EQ(capacity, list.count);
		EXPECT_EQ(needed, list.needed);
		EXPECT(!memcmp(whole, part, (size_t)bytes * capacity));
		EXPECT_EQ(0x5a, part[(size_t)bytes * capacity]);
	}
	EXPECT_EQ(0, heap_destroy(fd, "shorted"));
	close(fd);
}

TEST(entries_may_be_shorter_or_longer)
{
	static unsigned char whole[64 * 1024], other[256 * 1024];
	struct kspan_ioc_list list = { };
	int fd = device_open();
	unsigned int i, j;

	ASSERT_EQ(0, heap_create(fd, "resized", 0));
	ASSERT_EQ(0, object_alloc(fd, "resized", 1000, &(__u64){ 0 }));
	for (i = 0; i < NR_LISTS; i++) {
		__u32 bytes = lists[i].entry_bytes;
		__u32 count;

		list.cursor = 0;
		ASSERT_EQ(0, list_request(fd, lists[i].code,
					  heap_of(i, "resized"), whole, bytes,
					  100, &list));
		count = list.count;

		memset(other, 0x5a, sizeof(other));
		list.cursor = 0;
		ASSERT_EQ(0, list_request(fd, lists[i].code,
					  heap_of(i, "resized"), other, 16, 100,
					  &list));
		ASSERT_EQ(count, list.count);
		for (j = 0; j < count; j++)
			EXPECT(!memcmp(whole + j * bytes, other + j * 16, 16));
		EXPECT_EQ(0x5a, other[count * 16]);

		memset(other, 0x5a, sizeof(other));
		list.cursor = 0;
		ASSERT_EQ(0, list_request(fd, lists[i].code,
					  heap_of(i, "resized"), other,
					  bytes + 40, 100, &list));
		ASSERT_EQ(count, list.count);
		for (j = 0; j < count; j++) {
			unsigned char *entry = other + j * (bytes + 40);

			EXPECT(!memcmp(whole + j * bytes, entry, bytes));
			EXPECT_EQ(0, entry[bytes]);
			EXPECT_EQ(0, entry[bytes + 39]);
		}
		EXPECT_EQ(0x5a, other[count * (bytes + 40)]);

		list.cursor = 0;
		EXPECT_EQ(-EINVAL, list_request(fd, lists[i].code,
						heap_of(i, "resized"), other, 0,
						100, &list));
		list.cursor = 0;
		EXPECT_EQ(-EINVAL, list_request(fd, lists[i].code,
						heap_of(i, "resized"), other,
						~0u, 100, &list));
	}
	EXPECT_EQ(0, heap_destroy(fd, "resized"));
	close(fd);
}

TEST(a_bad_array_faults)
{
	struct kspan_ioc_list list = { };
	int fd = device_open();
	unsigned int i;

	fill_heap(fd, "faulty");
	for (i = 0; i < NR_LISTS; i++) {
		list.cursor = 0;
		EXPECT_EQ(-EFAULT, list_request(fd, lists[i].code,
						heap_of(i, "faulty"), NULL,
						lists[i].entry_bytes, 1000,
						&list));
		list.cursor = 0;
		EXPECT_EQ(-EFAULT, list_request(fd, lists[i].code,
						heap_of(i, "faulty"),
						(void *)~0xfffUL,
						lists[i].entry_bytes, ~0u,
						&list));
	}
	EXPECT_EQ(0, heap_destroy(fd, "faulty"));
	close(fd);
}

TEST(only_spans_have_a_cursor)
{
	struct kspan_ioc_list list = { .size = sizeof(list), .cursor = 1 };
	int fd = device_open();

	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_HEAPS, &list));
	strcpy(list.heap, "default");
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_CLASSES, &list));
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_ARENAS, &list));
	list.cursor = 0;
	EXPECT_EQ(-EINVAL, device_request(fd, KSPAN_IOC_HEAPS, &list));
	close(fd);
}

TEST(a_cursor_from_nowhere_does_no_harm)
{
	static const __u64 cursors[] = {
		1, 1ULL << 20, 1ULL << 39, (1ULL << 40) - 1, 1ULL << 40,
		1ULL << 62, 1ULL << 63, ~0ULL - 1, ~0ULL,
	};
	static struct kspan_span_entry spans[NSPANS_MAX];
	struct kspan_ioc_list list;
	int fd = device_open();
	unsigned int i;

	fill_heap(fd, "cursors");
	for (i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
		list.cursor = cursors[i];
		EXPECT_EQ(0, list_request(fd, KSPAN_IOC_SPANS, "cursors", spans,
					  sizeof(spans[0]), NSPANS_MAX, &list));
	}
	EXPECT_EQ(0, list.count);
	EXPECT_EQ(-1, (__s64)list.cursor);
	EXPECT_EQ(0, heap_destroy(fd, "cursors"));
	close(fd);
}

static unsigned int read_spans(int fd, const char *name, __u32 batch,
			       struct kspan_span_entry *spans)
{
	struct kspan_ioc_list list = { };
	unsigned int nspans = 0;
	unsigned int ncalls = 0;
	__u32 last_needed = ~0u;

	do {
		ASSERT(nspans + batch <= NSPANS_MAX && ncalls++ < NSPANS_MAX);
		ASSERT_EQ(0, list_request(fd, KSPAN_IOC_SPANS, name,
					  spans + nspans, sizeof(*spans), batch,
					  &list));
		EXPECT(list.needed <= last_needed);
		last_needed = list.needed - list.count;
		nspans += list.count;
	} while (list.cursor != ~0ULL);
	return nspans;
}

/* The lines of the debugfs file, as entries. */
static unsigned int read_debugfs_spans(const char *name,
				       struct kspan_span_entry *spans)
{
	char path[128], line[256];
	unsigned int nspans = 0;
	FILE *file;

	snprintf(path, sizeof(path), DEBUGFS_HEAPS "/%s/spans", name);
	file = fopen(path, "r");
	ASSERT(file);
	ASSERT(fgets(line, sizeof(line), file));
	while (fgets(line, sizeof(line), file)) {
		struct kspan_span_entry *s = &spans[nspans++];
		unsigned int needzero;
		int nfields;

		memset(s, 0, sizeof(*s));
		nfields = sscanf(line, "%llu %u %u %u %llu %u %u %u %d %u",
				 &s->arena, &s->page, &s->npages,
				 &s->sizeclass, &s->size_bytes, &s->nelems,
				 &s->alloc_count, &s->free_index, &s->node,
				 &needzero);
		ASSERT_EQ(10, nfields);
		s->needzero = needzero;
	}
	fclose(file);
	return nspans;
}

TEST(the_cursor_gives_every_span_once)
{
	static struct kspan_span_entry from_debugfs[NSPANS_MAX];
	static struct kspan_span_entry spans[NSPANS_MAX];
	static const __u32 batches[] = { 1, 2, 3, 7, 64, 1000 };
	struct kspan_heap_stats stats;
	__u64 npages_bytes = 0;
	int fd = device_open();
	unsigned int nspans;
	unsigned int i;

	fill_heap(fd, "walked");
	ASSERT_EQ(0, heap_stats(fd, "walked", &stats));
	nspans = read_debugfs_spans("walked", from_debugfs);
	EXPECT_EQ(stats.spans, nspans);
	EXPECT(nspans > 60);
	for (i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
		EXPECT_EQ(nspans, read_spans(fd, "walked", batches[i], spans));
		EXPECT(!memcmp(from_debugfs, spans, nspans * sizeof(spans[0])));
	}
	for (i = 0; i < nspans; i++) {
		npages_bytes += spans[i].npages * 8192ULL;
		EXPECT(spans[i].alloc_count <= spans[i].nelems);
		EXPECT(spans[i].page + spans[i].npages <= 8192);
		/* By address, and never one within another. */
		if (i && spans[i].arena == spans[i - 1].arena)
			EXPECT(spans[i].page >=
			       spans[i - 1].page + spans[i - 1].npages);
	}
	EXPECT_EQ(stats.backing_bytes - stats.page_free_bytes, npages_bytes);
	EXPECT_EQ(0, heap_destroy(fd, "walked"));
	close(fd);
}

TEST(classes_add_up_to_the_stats)
{
	static struct kspan_class_entry classes[KSPAN_NR_CLASSES];
	struct kspan_heap_stats stats, sum = { };
	struct kspan_ioc_list list;
	int fd = device_open();
	unsigned int i;

	fill_heap(fd, "classed");
	ASSERT_EQ(0, list_request(fd, KSPAN_IOC_CLASSES, "classed", classes,
				  sizeof(classes[0]), KSPAN_NR_CLASSES, &list));
	ASSERT_EQ(KSPAN_NR_CLASSES, list.count);
	ASSERT_EQ(0, heap_stats(fd, "classed", &stats));
	for (i = 0; i < KSPAN_NR_CLASSES; i++) {
		const struct kspan_class_entry *class = &classes[i];

		EXPECT_EQ(i + 1, class->sizeclass);
		EXPECT(!i || class->size_bytes > class[-1].size_bytes);
		EXPECT(class->span_objects * class->size_bytes <=
		       class->span_pages * 8192);
		sum.live_bytes += class->live_objects * class->size_bytes;
		sum.cached_bytes += class->cached_objects * class->size_bytes;
		sum.span_free_bytes += class->free_objects * class->size_bytes;
		sum.tail_bytes += class->tail_bytes;
		sum.allocs_total += class->allocs_total;
		sum.spans += class->spans;
	}
	EXPECT_EQ(8, classes[0].size_bytes);
	EXPECT_EQ(32768, classes[KSPAN_NR_CLASSES - 1].size_bytes);
	EXPECT_EQ(stats.live_bytes, sum.live_bytes + stats.large_bytes);
	EXPECT_EQ(stats.cached_bytes, sum.cached_bytes);
	EXPECT_EQ(stats.span_free_bytes, sum.span_free_bytes);
	EXPECT_EQ(stats.tail_bytes, sum.tail_bytes);
	EXPECT_EQ(stats.allocs_total, sum.allocs_total + stats.large_objects);
	EXPECT_EQ(stats.spans, sum.spans + stats.large_objects);
	EXPECT_EQ(0, heap_destroy(fd, "classed"));
	close(fd);
}

TEST(arenas_add_up_to_the_stats)
{
	struct kspan_arena_entry arenas[64];
	struct kspan_heap_stats stats;
	struct kspan_ioc_list list;
	int fd = device_open();
	__u64 owned_bytes = 0;
	__u64 free_bytes = 0;
	__u32 i;

	fill_heap(fd, "arenas");
	ASSERT_EQ(0, list_request(fd, KSPAN_IOC_ARENAS, "arenas", arenas,
				  sizeof(arenas[0]), 64, &list));
	ASSERT_EQ(0, heap_stats(fd, "arenas", &stats));
	EXPECT_EQ(stats.arenas, list.count);
	for (i = 0; i < list.count; i++) {
		owned_bytes += arenas[i].owned_pages * 8192ULL;
		free_bytes += arenas[i].free_pages * 8192ULL;
		EXPECT(arenas[i].chunks >= 1 && arenas[i].chunks <= 16);
		EXPECT(arenas[i].owned_pages <= arenas[i].chunks * 512);
		EXPECT(arenas[i].longest_free_pages <= arenas[i].free_pages);
	}
	EXPECT_EQ(stats.backing_bytes, owned_bytes);
	EXPECT_EQ(stats.page_free_bytes, free_bytes);
	EXPECT_EQ(0, heap_destroy(fd, "arenas"));
	close(fd);
}

/*
 * An address of the upper half in two neighbouring words of what the kernel
 * answered. A field that is -1 is none, nor is it beside a small number.
 */
static bool holds_address(const void *answer, size_t bytes)
{
	const __u32 *words = answer;
	size_t i;

	for (i = 0; i + 1 < bytes / sizeof(*words); i++) {
		if (words[i + 1] >= 0xffff8000 && words[i + 1] != ~0u)
			return true;
		if (words[i + 1] == ~0u && words[i] >= 0x80000000 &&
		    words[i] != ~0u)
			return true;
	}
	return false;
}

TEST(no_answer_holds_a_kernel_address)
{
	static unsigned char entries[256 * 1024];
	struct kspan_ioc_list list = { };
	int fd = device_open();
	union argument arg;
	__u64 handle;
	unsigned int i;

	fill_heap(fd, "secret");
	for (i = 0; i < NR_LISTS; i++) {
		list.cursor = 0;
		ASSERT_EQ(0, list_request(fd, lists[i].code,
					  heap_of(i, "secret"), entries,
					  lists[i].entry_bytes, 1000, &list));
		EXPECT(!holds_address(entries, (size_t)list.count *
				      lists[i].entry_bytes));
		EXPECT(!holds_address(&list, sizeof(list)));
	}
	/* A fresh object holds what user space has written, and nothing else. */
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, object_alloc(fd, "secret", 1000, &handle));
		EXPECT(handle < 1ULL << 32);
		ASSERT_EQ(0, object_read(fd, handle, 0, entries, 1024));
		EXPECT(!holds_address(entries, 1024));
		if (i % 3 == 0)
			EXPECT_EQ(0, object_free(fd, handle));
	}
	argument_fill(&arg, KSPAN_IOC_STATS, "secret", 0, NULL);
	ASSERT_EQ(0, device_request(fd, KSPAN_IOC_STATS, &arg));
	EXPECT(!holds_address(&arg, sizeof(arg)));
	argument_fill(&arg, KSPAN_IOC_VERSION, "", 0, NULL);
	ASSERT_EQ(0, device_request(fd, KSPAN_IOC_VERSION, &arg));
	EXPECT(!holds_address(&arg, sizeof(arg)));
	EXPECT_EQ(0, heap_destroy(fd, "secret"));
	close(fd);
}
