// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit caller on a 64-bit kernel. Without a C library, so that it builds
 * where there is only a 64-bit one.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bare.h"
#include "layout.h"

/* What the kernel answers, as i386 numbers it. */
enum { NO_ENTRY = 2 };

static int fd;
static int nfailed;

static long compat_ioctl(unsigned int code, void *arg)
{
	return bare_call(BARE_IOCTL, fd, code, (long)arg);
}

static void result(bool passed, const char *name)
{
	static char number = '1';
	char text[] = "? ";

	text[0] = number++;
	nfailed += !passed;
	bare_print(passed ? "ok " : "not ok ");
	bare_print(text);
	bare_print(name);
	bare_print("\n");
}

static const char heap[KSPAN_NAME_BYTES] = "compat";

static void put_name(char *to)
{
	size_t i;

	for (i = 0; i < sizeof(heap); i++)
		to[i] = heap[i];
}

static bool version(void)
{
	struct kspan_ioc_version arg = { .size = sizeof(arg) };

	return !compat_ioctl(KSPAN_IOC_VERSION, &arg) &&
	       arg.nr_classes == KSPAN_NR_CLASSES &&
	       arg.arena_bytes == 64 << 20 && arg.version[0];
}

static bool create(void)
{
	struct kspan_ioc_heap_create arg = {
		.size = sizeof(arg),
		.limit_bytes = 1ULL << 40,
	};

	put_name(arg.heap);
	return !compat_ioctl(KSPAN_IOC_HEAP_CREATE, &arg) && arg.id;
}

static bool object(void)
{
	struct kspan_ioc_alloc alloc = { .size = sizeof(alloc), .bytes = 100 };
	struct kspan_ioc_free done = { .size = sizeof(done) };
	static const char out[] = "written by 32 bits";
	struct kspan_ioc_rw rw = { .size = sizeof(rw) };
	char in[sizeof(out)] = "";

	put_name(alloc.heap);
	if (compat_ioctl(KSPAN_IOC_ALLOC, &alloc) || alloc.usable_bytes != 112)
		return false;
	rw.handle = alloc.handle;
	rw.offset = 80;
	rw.bytes = sizeof(out);
	rw.buffer = (uintptr_t)out;
	if (compat_ioctl(KSPAN_IOC_WRITE, &rw))
		return false;
	rw.buffer = (uintptr_t)in;
	if (compat_ioctl(KSPAN_IOC_READ, &rw) || !bare_same(in, out, sizeof(out)))
		return false;
	done.handle = alloc.handle;
	return !compat_ioctl(KSPAN_IOC_FREE, &done) &&
	       compat_ioctl(KSPAN_IOC_FREE, &done) == -NO_ENTRY;
}

static bool heaps(void)
{
	static struct kspan_heap_entry entries[16];
	struct kspan_ioc_list arg = {
		.size = sizeof(arg),
		.entries = (uintptr_t)entries,
		.entry_bytes = sizeof(entries[0]),
		.capacity = 16,
	};
	__u32 i;

	if (compat_ioctl(KSPAN_IOC_HEAPS, &arg))
		return false;
	for (i = 0; i < arg.count; i++) {
		if (bare_same(entries[i].name, heap, sizeof(heap)))
			return entries[i].limit_bytes == 1ULL << 40 &&
			       entries[i].owner_kind == KSPAN_OWNER_USER;
	}
	return false;
}

static bool stats(void)
{
	struct kspan_ioc_stats arg = { .size = sizeof(arg) };
	const struct kspan_heap_stats *s = &arg.stats;

	put_name(arg.heap);
	return !compat_ioctl(KSPAN_IOC_STATS, &arg) && s->allocs_total == 1 &&
	       s->frees_total == 1 && s->limit_bytes == 1ULL << 40 &&
	       s->backing_bytes == s->live_bytes + s->cached_bytes +
				   s->span_free_bytes + s->tail_bytes +
				   s->page_free_bytes;
}

static bool destroy(void)
{
	struct kspan_ioc_heap_op arg = { .size = sizeof(arg) };

	put_name(arg.heap);
	return !compat_ioctl(KSPAN_IOC_HEAP_DESTROY, &arg);
}

__attribute__((force_align_arg_pointer)) void _start(void)
{
	bare_print("TAP version 13\n1..7\n");
	fd = bare_call(BARE_OPEN, (long)"/dev/kspan", BARE_O_RDWR, 0);
	result(fd >= 0, "open");
	result(version(), "version");
	result(create(), "create");
	result(object(), "object");
	result(heaps(), "heaps");
	result(stats(), "stats");
	result(destroy(), "destroy");
	bare_call(BARE_EXIT, nfailed != 0, 0, 0);
	__builtin_unreachable();
}
