// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/kspan without a kernel: linked into the tool with --wrap=open,
 * --wrap=close and --wrap=ioctl, so that the tested objects are those of the
 * real tool. It checks a request as strictly as linux/kspan.h says the kernel
 * does, and aborts where the library sends what the kernel would refuse.
 *
 * The environment says what happens:
 *
 *	KSPAN_FAKE	absent, eacces, eio: open() fails
 *			eperm: what changes a heap is refused
 *			enotty, e2big, enomem: every request fails so
 *			growing: lists grow between the calls, then rest
 *			racing: lists are always longer than the array
 *			overrun: more entries written than fit
 *			stuck: the cursor does not move
 *			sparse: span batches are short, some empty
 *			many: 3000 spans
 *			empty: no classes in use, no spans, no arenas
 *			short: fewer entries than there is room for
 *			unbalanced: the balance sheet does not add up
 *	KSPAN_FAKE_LOG	a file that gets a line for each changing request
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libkspan.h"
#include "fake.h"

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_ioctl(int fd, unsigned long nr, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_ioctl(int fd, unsigned long nr, ...);

enum { MAX_HANDLES = 4096, SPARSE_BATCH = 7, MANY_SPANS = 3000 };

static struct {
	int fd;
	unsigned int calls;
	struct {
		char *start;
		size_t bytes;
	} objects[MAX_HANDLES];
} device = { .fd = -1 };

static void journal(const char *format, ...)
{
	const char *path = getenv("KSPAN_FAKE_LOG");
	va_list args;
	FILE *out;

	if (!path)
		return;
	out = fopen(path, "a");
	check(out);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fclose(out);
}

int __wrap_open(const char *path, int flags, ...)
{
	unsigned int file_mode;
	va_list args;

	va_start(args, flags);
	file_mode = flags & O_CREAT ? va_arg(args, unsigned int) : 0;
	va_end(args);
	if (strcmp(path, KSPAN_DEVICE))
		return __real_open(path, flags, file_mode);

	errno = mode("absent") ? ENOENT : mode("eacces") ? EACCES :
		mode("eio") ? EIO : 0;
	if (errno)
		return -1;
	check((flags & O_ACCMODE) == O_RDWR);
	check(flags & O_CLOEXEC);
	check(device.fd < 0);
	device.fd = __real_open("/dev/null", flags);
	return device.fd;
}

int __wrap_close(int fd)
{
	size_t i;

	if (fd == device.fd) {
		device.fd = -1;
		for (i = 0; i < MAX_HANDLES; i++) {
			free(device.objects[i].start);
			device.objects[i].start = NULL;
		}
	}
	return __real_close(fd);
}

static void copy_name(char *out, size_t out_bytes, const char *name)
{
	strncpy(out, name, out_bytes);
}

static void heap_entry(size_t i, struct kspan_heap_entry *heap)
{
	heap->id = i + 1;
	heap->node = -1;
	switch (i) {
	case 0:
		heap->backing_bytes = 134217728;
		heap->live_bytes = 104857600;
		copy_name(heap->name, sizeof(heap->name), "default");
		copy_name(heap->owner, sizeof(heap->owner), "kspan");
		break;
	case 1:
		heap->limit_bytes = 67108864;
		heap->flags = KSPAN_HEAP_ACCOUNT;
		heap->owner_kind = KSPAN_OWNER_MODULE;
		copy_name(heap->name, sizeof(heap->name), "net_buf");
		copy_name(heap->owner, sizeof(heap->owner), "demo_net");
		break;
	case 2:
		/* A name that fills its array, and a hostile task. */
		heap->flags = KSPAN_HEAP_NODE | KSPAN_HEAP_ZERO_ON_DESTROY;
		heap->node = 1;
		heap->owner_kind = KSPAN_OWNER_USER;
		memset(heap->name, 'n', sizeof(heap->name));
		copy_name(heap->owner, sizeof(heap->owner),
			  "a b\x1b[31m\xff\\\"");
		break;
	default:
		snprintf(heap->name, sizeof(heap->name), "heap%zu", i);
		heap->owner_kind = 9;
	}
}

/*
 * Classes 1, 3 and 5 have spans. By live bytes: 5, 1, 3; by waste: 3, 1, 5.
 * Class 7 had some, and class 9 is as class 7.
 */
static void class_entry(size_t i, struct kspan_class_entry *class)
{
	class->sizeclass = i + 1;
	class->size_bytes = 8 * (i + 1);
	class->span_pages = 1;
	class->span_objects = 8192 / class->size_bytes;
	if (mode("empty"))
		return;
	switch (class->sizeclass) {
	case 1:
		class->spans = 4;
		class->live_objects = 1000;
		class->cached_objects = 64;
		class->free_objects = 100;
		break;
	case 3:
		class->spans = 100;
		class->live_objects = 10;
		class->cached_objects = 20;
		class->free_objects = 30000;
		class->tail_bytes = 800;
		break;
	case 5:
		class->spans = 1;
		class->live_objects = 204;
		class->tail_bytes = 32;
		class->allocs_total = UINT64_MAX;
		class->frees_total = UINT64_MAX - 204;
		class->refills_total = 12;
		class->flushes_total = 11;
		break;
	case 7:
		class->allocs_total = 5;
		class->frees_total = 5;
	}
}

static void span_entry(size_t i, struct kspan_span_entry *span)
{
	span->arena = 17 + i / 1000;
	span->page = i % 1000;
	span->npages = 1;
	span->sizeclass = i % 68;
	span->nelems = span->sizeclass ? 128 : 1;
	span->size_bytes = span->sizeclass ? 64 : 8192;
	span->alloc_count = 1;
	span->free_index = 1;
	span->node = i & 1;
	span->needzero = 1;
}

static void arena_entry(size_t i, struct kspan_arena_entry *arena)
{
	arena->arena = 17 + i;
	arena->chunks = 16;
	arena->owned_pages = 8192;
	arena->free_pages = 4096;
	arena->longest_free_pages = 512;
}

static void check_head(const void *arg, size_t arg_bytes)
{
	const __u32 *head = arg;

	check(head[0] == arg_bytes);
	check(head[1] == 0);
}

static bool known_heap(const char heap[KSPAN_NAME_BYTES])
{
	size_t i = strnlen(heap, KSPAN_NAME_BYTES);

	check(i > 0 && i < KSPAN_NAME_BYTES);
	/* No byte of the caller's stack leaks behind the name. */
	for (; i < KSPAN_NAME_BYTES; i++)
		check(!heap[i]);
	return !strcmp(heap, "default") || !strcmp(heap, "net_buf") ||
	       !strcmp(heap, "scratch");
}

static size_t list_length(unsigned long nr, size_t capacity)
{
	bool empty = mode("empty");

	if (mode("racing"))
		return capacity + 1;
	if (mode("growing"))
		return device.calls == 1 ? 300 : device.calls == 2 ? 2000 :
		       device.calls == 3 ? 2001 : 9;
	switch (nr) {
	case KSPAN_IOC_HEAPS:
		return 3;
	case KSPAN_IOC_CLASSES:
		return KSPAN_NR_CLASSES;
	case KSPAN_IOC_ARENAS:
		return empty ? 0 : 2;
	default:
		return empty ? 0 : mode("many") || mode("sparse") ?
		       MANY_SPANS : 3;
	}
}

static void fill(unsigned long nr, size_t i, void *entry)
{
	switch (nr) {
	case KSPAN_IOC_HEAPS:
		return heap_entry(i, entry);
	case KSPAN_IOC_CLASSES:
		return class_entry(i, entry);
	case KSPAN_IOC_ARENAS:
		return arena_entry(i, entry);
	default:
		return span_entry(i, entry);
	}
}

static int list(unsigned long nr, struct kspan_ioc_list *ioc)
{
	static const size_t entry_bytes[] = {
		[_IOC_NR(KSPAN_IOC_HEAPS)] = sizeof(struct kspan_heap_entry),
		[_IOC_NR(KSPAN_IOC_CLASSES)] = sizeof(struct kspan_class_entry),
		[_IOC_NR(KSPAN_IOC_SPANS)] = sizeof(struct kspan_span_entry),
		[_IOC_NR(KSPAN_IOC_ARENAS)] = sizeof(struct kspan_arena_entry),
	};
	static const char no_heap[KSPAN_NAME_BYTES];
	size_t i, first = 0, capacity = ioc->capacity, nentries;
	char *entries = (char *)(uintptr_t)ioc->entries;

	check(ioc->entry_bytes == entry_bytes[_IOC_NR(nr)]);
	check(!ioc->capacity || ioc->entries);
	if (nr == KSPAN_IOC_HEAPS)
		check(!memcmp(ioc->heap, no_heap, sizeof(no_heap)));
	else if (!known_heap(ioc->heap))
		return -ENOENT;

	if (nr == KSPAN_IOC_SPANS) {
		/* Not the index itself: the cursor is the kernel's business. */
		first = ioc->cursor ? ioc->cursor - 1000000 : 0;
		if (mode("sparse") && capacity > SPARSE_BATCH)
			capacity = device.calls % 3 ? SPARSE_BATCH : 0;
	} else {
		check(!ioc->cursor);
	}
	nentries = list_length(nr, capacity);
	if (nr == KSPAN_IOC_SPANS && (mode("growing") || mode("racing")))
		nentries = MANY_SPANS;

	for (i = first; i < nentries && i - first < capacity; i++) {
		char *entry = entries + (i - first) * ioc->entry_bytes;

		memset(entry, 0, ioc->entry_bytes);
		fill(nr, i, entry);
	}
	ioc->count = i - first;
	ioc->needed = nentries - first;
	if (nr == KSPAN_IOC_SPANS) {
		/* A cursor moves even past spans that went away. */
		ioc->cursor = i == nentries ? UINT64_MAX :
			      i + 1000000 + (i == first);
		if (mode("sparse") && i == first && i != nentries)
			ioc->count = 0;
	}
	if (mode("stuck"))
		ioc->cursor = first ? first + 1000000 : 0;
	if (mode("overrun"))
		ioc->count = ioc->capacity + 1;
	return 0;
}

static int stats(struct kspan_ioc_stats *ioc)
{
	if (!known_heap(ioc->heap))
		return -ENOENT;
	if (mode("empty"))
		return 0;
	ioc->stats = (struct kspan_heap_stats) {
		.backing_bytes = 134217728,
		.live_bytes = 104857600,
		.cached_bytes = 1048576,
		.span_free_bytes = 20971520,
		.tail_bytes = 524288,
		.page_free_bytes = 6815744 + mode("unbalanced"),
		.metadata_bytes = 2097151,
		.live_objects = 4000,
		.allocs_total = UINT64_MAX,
		.frees_total = UINT64_MAX - 4000,
		.released_bytes_total = 4194304,
		.grown_bytes_total = 138412032,
		.limit_bytes = strcmp(ioc->heap, "net_buf") ? 0 : 268435456,
		.limit_hits_total = 1,
		.bad_frees_total = 2,
		.refills_total = 3,
		.flushes_total = 4,
		.spans = 5,
		.arenas = 6,
		.large_objects = 7,
		.large_bytes = 8,
		.reserve_bytes = 8192,
	};
	return 0;
}

static int heap_op(unsigned long nr, struct kspan_ioc_heap_op *ioc)
{
	static const char *const names[] = {
		[_IOC_NR(KSPAN_IOC_SCAVENGE)] = "scavenge",
		[_IOC_NR(KSPAN_IOC_DRAIN)] = "drain",
		[_IOC_NR(KSPAN_IOC_HEAP_DESTROY)] = "destroy",
	};

	if (mode("eperm"))
		return -EPERM;
	if (!known_heap(ioc->heap))
		return -ENOENT;
	journal("%s %s %llu\n", names[_IOC_NR(nr)], ioc->heap, ioc->bytes);
	switch (nr) {
	case KSPAN_IOC_HEAP_DESTROY:
		check(!ioc->bytes);
		return !strcmp(ioc->heap, "default") ? -EPERM :
		       !strcmp(ioc->heap, "net_buf") ? -EBUSY : 0;
	case KSPAN_IOC_DRAIN:
		check(!ioc->bytes);
		return 0;
	default:
		ioc->bytes = ioc->bytes < 6815744 ? ioc->bytes : 6815744;
		return 0;
	}
}

/* As the kernel has it: the reserve counts in whole pages. */
static bool limits_valid(uint64_t limit, uint64_t soft, uint64_t reserve)
{
	return !limit ||
	       (soft <= limit && (reserve + 8191) / 8192 * 8192 <= limit);
}

static int set_limits(struct kspan_ioc_limit *ioc)
{
	uint64_t limit = strcmp(ioc->heap, "net_buf") ? 0 : 268435456;

	if (mode("eperm"))
		return -EPERM;
	if (!known_heap(ioc->heap))
		return -ENOENT;
	check(ioc->which && !(ioc->which & ~KSPAN_LIMIT_ALL));
	check(!ioc->reserved);
	if (!limits_valid(ioc->which & KSPAN_LIMIT_HARD ? ioc->limit_bytes : limit,
			  ioc->which & KSPAN_LIMIT_SOFT ? ioc->soft_limit_bytes : 0,
			  ioc->which & KSPAN_LIMIT_RESERVE ? ioc->reserve_bytes : 8192))
		return -EINVAL;
	if (ioc->which & KSPAN_LIMIT_HARD)
		journal("limit %s %llu\n", ioc->heap, ioc->limit_bytes);
	if (ioc->which & KSPAN_LIMIT_SOFT)
		journal("soft %s %llu\n", ioc->heap, ioc->soft_limit_bytes);
	if (ioc->which & KSPAN_LIMIT_RESERVE)
		journal("reserve %s %llu\n", ioc->heap, ioc->reserve_bytes);
	ioc->limit_bytes = strcmp(ioc->heap, "net_buf") ? 0 : 67108864;
	ioc->soft_limit_bytes = 0;
	ioc->reserve_bytes = 8192;
	return 0;
}

static int heap_create(struct kspan_ioc_heap_create *ioc)
{
	if (mode("eperm"))
		return -EPERM;
	check(!(ioc->heap_flags & ~KSPAN_HEAP_FLAGS));
	check(!ioc->id);
	if (!(ioc->heap_flags & KSPAN_HEAP_NODE))
		check(!ioc->node);
	if (!limits_valid(ioc->limit_bytes, ioc->soft_limit_bytes,
			  ioc->min_reserve_bytes))
		return -EINVAL;
	journal("create %s %llu %u %d\n", ioc->heap, ioc->limit_bytes,
		ioc->heap_flags, ioc->node);
	if (ioc->soft_limit_bytes || ioc->min_reserve_bytes)
		journal("bounds %s %llu %llu\n", ioc->heap,
			ioc->soft_limit_bytes, ioc->min_reserve_bytes);
	if (known_heap(ioc->heap))
		return -EEXIST;
	if (ioc->node > 1)
		return -EINVAL;
	ioc->id = 42;
	return 0;
}

static int version(struct kspan_ioc_version *ioc)
{
	check(!ioc->reserved);
	ioc->nr_classes = KSPAN_NR_CLASSES;
	ioc->page_bytes = 8192;
	ioc->chunk_bytes = 4194304;
	ioc->arena_bytes = 67108864;
	ioc->max_class_bytes = 32768;
	copy_name(ioc->version, sizeof(ioc->version), "1.2.3-fake");
	return 0;
}

static int object_alloc(struct kspan_ioc_alloc *ioc)
{
	size_t i;

	if (!known_heap(ioc->heap))
		return -ENOENT;
	if (!ioc->bytes || (ioc->align & (ioc->align - 1)) ||
	    ioc->align > 4194304)
		return -EINVAL;
	check(!ioc->handle && !ioc->usable_bytes);
	for (i = 0; i < MAX_HANDLES; i++)
		if (!device.objects[i].start)
			break;
	if (i == MAX_HANDLES)
		return -ENOMEM;
	ioc->usable_bytes = (ioc->bytes + 7) / 8 * 8;
	ioc->handle = i + 1;
	device.objects[i].start = calloc(1, ioc->usable_bytes);
	check(device.objects[i].start);
	device.objects[i].bytes = ioc->usable_bytes;
	return 0;
}

static bool known_handle(uint64_t handle)
{
	return handle - 1 < MAX_HANDLES && device.objects[handle - 1].start;
}

static int object_free(const struct kspan_ioc_free *ioc)
{
	if (!known_handle(ioc->handle))
		return -ENOENT;
	free(device.objects[ioc->handle - 1].start);
	device.objects[ioc->handle - 1].start = NULL;
	return 0;
}

static int object_copy(unsigned long nr, const struct kspan_ioc_rw *ioc)
{
	char *buffer = (char *)(uintptr_t)ioc->buffer, *start;
	uint64_t end;

	if (!known_handle(ioc->handle))
		return -ENOENT;
	if (__builtin_add_overflow(ioc->offset, ioc->bytes, &end) ||
	    end > device.objects[ioc->handle - 1].bytes)
		return -EINVAL;
	start = device.objects[ioc->handle - 1].start + ioc->offset;
	if (nr == KSPAN_IOC_READ)
		memcpy(buffer, start, ioc->bytes);
	else
		memcpy(start, buffer, ioc->bytes);
	return 0;
}

static int gc(struct kspan_ioc_gc *ioc)
{
	if (!known_heap(ioc->heap))
		return -ENOENT;
	check(!ioc->reserved);
	check(ioc->op <= KSPAN_GC_OP_COLLECT);
	if (mode("eperm") && ioc->op)
		return -EPERM;
	if (!strcmp(ioc->heap, "scratch"))
		return -EOPNOTSUPP;
	if (ioc->op == KSPAN_GC_OP_COLLECT)
		journal("collect %s\n", ioc->heap);
	ioc->stats = (struct kspan_gc_stats) {
		.cycles_total = 12 + ioc->op,
		.cycles_forced_total = ioc->op,
		.marked_bytes = 1048576,
		.swept_bytes = 7340032,
		.freed_objects_total = 65536,
		.goal_bytes = 4194304,
		.trigger_bytes = mode("empty") ? UINT64_MAX : 3407872,
		.pause_ns_hist = { [0] = 8, [12] = 9 },
	};
	return 0;
}

static int request(unsigned long nr, void *arg)
{
	device.calls++;
	check(_IOC_TYPE(nr) == KSPAN_IOC_MAGIC);
	check_head(arg, _IOC_SIZE(nr));
	if (mode("enotty"))
		return -ENOTTY;
	if (mode("e2big"))
		return -E2BIG;
	if (mode("enomem"))
		return -ENOMEM;

	switch (nr) {
	case KSPAN_IOC_VERSION:
		return version(arg);
	case KSPAN_IOC_HEAPS:
	case KSPAN_IOC_CLASSES:
	case KSPAN_IOC_SPANS:
	case KSPAN_IOC_ARENAS:
		return list(nr, arg);
	case KSPAN_IOC_STATS:
		return stats(arg);
	case KSPAN_IOC_SCAVENGE:
	case KSPAN_IOC_DRAIN:
	case KSPAN_IOC_HEAP_DESTROY:
		return heap_op(nr, arg);
	case KSPAN_IOC_LIMIT:
		return set_limits(arg);
	case KSPAN_IOC_HEAP_CREATE:
		return heap_create(arg);
	case KSPAN_IOC_GC:
		return gc(arg);
	case KSPAN_IOC_UNREACHABLE:
		return known_heap(((struct kspan_ioc_unreachable *)arg)->heap) ?
		       fake_unreachable(arg) : -ENOENT;
	case KSPAN_IOC_ALLOC:
		return object_alloc(arg);
	case KSPAN_IOC_FREE:
		return object_free(arg);
	case KSPAN_IOC_READ:
	case KSPAN_IOC_WRITE:
		return object_copy(nr, arg);
	default:
		return -ENOTTY;
	}
}

int __wrap_ioctl(int fd, unsigned long nr, ...)
{
	va_list args;
	void *arg;
	int err;

	va_start(args, nr);
	arg = va_arg(args, void *);
	va_end(args);
	if (fd != device.fd)
		return __real_ioctl(fd, nr, arg);
	err = request(nr, arg);
	if (!err)
		return 0;
	errno = -err;
	return -1;
}
