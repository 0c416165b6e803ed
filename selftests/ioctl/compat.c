// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit caller on a 64-bit kernel. Without a C library, so that it builds
 * where there is only a 64-bit one.
 */
#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

_Static_assert(sizeof(long) == 4, "to be compiled with -m32");

enum {
	NR_EXIT		= 1,
	NR_WRITE	= 4,
	NR_OPEN		= 5,
	NR_IOCTL	= 54,
	O_RDWR_I386	= 2,
	ENOENT_I386	= 2,
};

static long call(long number, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a" (ret)
			 : "a" (number), "b" (a), "c" (b), "d" (c)
			 : "memory");
	return ret;
}

/* The compiler may ask for it. */
void *memset(void *at, int byte, size_t bytes)
{
	unsigned char *p = at;

	while (bytes--)
		*p++ = byte;
	return at;
}

static bool same(const void *a, const void *b, size_t bytes)
{
	const unsigned char *p = a, *q = b;

	while (bytes && *p == *q) {
		p++;
		q++;
		bytes--;
	}
	return !bytes;
}

static void print(const char *text)
{
	size_t bytes = 0;

	while (text[bytes])
		bytes++;
	call(NR_WRITE, 1, (long)text, bytes);
}

static int fd;
static int nfailed;

static long request(unsigned int code, void *arg)
{
	return call(NR_IOCTL, fd, code, (long)arg);
}

static void result(bool passed, const char *name)
{
	static char number = '1';
	char text[] = "? ";

	text[0] = number++;
	nfailed += !passed;
	print(passed ? "ok " : "not ok ");
	print(text);
	print(name);
	print("\n");
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

	return !request(KSPAN_IOC_VERSION, &arg) &&
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
	return !request(KSPAN_IOC_HEAP_CREATE, &arg) && arg.id;
}

static bool object(void)
{
	struct kspan_ioc_alloc alloc = { .size = sizeof(alloc), .bytes = 100 };
	struct kspan_ioc_free done = { .size = sizeof(done) };
	static const char out[] = "written by 32 bits";
	struct kspan_ioc_rw rw = { .size = sizeof(rw) };
	char in[sizeof(out)] = "";

	put_name(alloc.heap);
	if (request(KSPAN_IOC_ALLOC, &alloc) || alloc.usable_bytes != 112)
		return false;
	rw.handle = alloc.handle;
	rw.offset = 80;
	rw.bytes = sizeof(out);
	rw.buffer = (uintptr_t)out;
	if (request(KSPAN_IOC_WRITE, &rw))
		return false;
	rw.buffer = (uintptr_t)in;
	if (request(KSPAN_IOC_READ, &rw) || !same(in, out, sizeof(out)))
		return false;
	done.handle = alloc.handle;
	return !request(KSPAN_IOC_FREE, &done) &&
	       request(KSPAN_IOC_FREE, &done) == -ENOENT_I386;
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

	if (request(KSPAN_IOC_HEAPS, &arg))
		return false;
	for (i = 0; i < arg.count; i++) {
		if (same(entries[i].name, heap, sizeof(heap)))
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
	return !request(KSPAN_IOC_STATS, &arg) && s->allocs_total == 1 &&
	       s->frees_total == 1 && s->limit_bytes == 1ULL << 40 &&
	       s->backing_bytes == s->live_bytes + s->cached_bytes +
				   s->span_free_bytes + s->tail_bytes +
				   s->page_free_bytes;
}

static bool destroy(void)
{
	struct kspan_ioc_heap_op arg = { .size = sizeof(arg) };

	put_name(arg.heap);
	return !request(KSPAN_IOC_HEAP_DESTROY, &arg);
}

__attribute__((force_align_arg_pointer)) void _start(void)
{
	print("TAP version 13\n1..7\n");
	fd = call(NR_OPEN, (long)"/dev/kspan", O_RDWR_I386, 0);
	result(fd >= 0, "open");
	result(version(), "version");
	result(create(), "create");
	result(object(), "object");
	result(heaps(), "heaps");
	result(stats(), "stats");
	result(destroy(), "destroy");
	call(NR_EXIT, nfailed != 0, 0, 0);
	__builtin_unreachable();
}
