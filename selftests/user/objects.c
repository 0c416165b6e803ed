// SPDX-License-Identifier: GPL-2.0
/*
 * A user of a heap, for scripts; the heap is made if it is not there.
 *
 *	objects hold HEAP BYTES COUNT	allocates, prints "ready", and holds
 *					the objects until it is killed
 *	objects leave HEAP BYTES COUNT	allocates, and leaves it to the kernel
 *					to free them; the heap stays
 *	objects copy HEAP BYTES COUNT	allocates, writes and reads each
 *	objects churn HEAP SECONDS	allocates and frees at random
 *	objects spread HEAP COUNT	as hold, one object in each of the heaps
 *					HEAP0, HEAP1, ...
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/kspan.h>

enum {
	NHANDLES = 256,
};

static int fd;
static const char *heap;

static void die(const char *what)
{
	fprintf(stderr, "objects: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make_heap(void)
{
	struct kspan_ioc_heap_create create = { .size = sizeof(create) };

	if (strlen(heap) >= sizeof(create.heap)) {
		errno = ENAMETOOLONG;
		die(heap);
	}
	strcpy(create.heap, heap);
	if (ioctl(fd, KSPAN_IOC_HEAP_CREATE, &create) && errno != EEXIST)
		die(heap);
}

static __u64 allocate(__u64 bytes)
{
	struct kspan_ioc_alloc alloc = {
		.size = sizeof(alloc),
		.bytes = bytes,
	};

	strcpy(alloc.heap, heap);
	if (ioctl(fd, KSPAN_IOC_ALLOC, &alloc))
		die("ALLOC");
	return alloc.handle;
}

static void release(__u64 handle)
{
	struct kspan_ioc_free arg = { .size = sizeof(arg), .handle = handle };

	if (ioctl(fd, KSPAN_IOC_FREE, &arg))
		die("FREE");
}

static void fill(__u64 bytes, unsigned long count)
{
	while (count--)
		allocate(bytes);
	puts("ready");
	fflush(stdout);
}

static void copy(__u64 bytes, unsigned long count)
{
	struct kspan_ioc_rw rw = { .size = sizeof(rw), .bytes = bytes };
	char *buffer = calloc(1, bytes);

	if (!buffer)
		die("calloc");
	rw.buffer = (unsigned long)buffer;
	while (count--) {
		rw.handle = allocate(bytes);
		if (ioctl(fd, KSPAN_IOC_WRITE, &rw))
			die("WRITE");
		if (ioctl(fd, KSPAN_IOC_READ, &rw))
			die("READ");
	}
	free(buffer);
}

static void churn(unsigned int seconds)
{
	time_t end = time(NULL) + seconds;
	__u64 handles[NHANDLES] = { 0 };
	unsigned int seed = getpid();

	while (time(NULL) < end) {
		__u64 *handle = &handles[rand_r(&seed) % NHANDLES];
		unsigned int r = rand_r(&seed);

		if (*handle) {
			release(*handle);
			*handle = 0;
		} else {
			*handle = allocate(r % 64 ? r / 64 % 3000 + 1 :
						    r / 64 % 300000 + 1);
		}
	}
}

static void spread(const char *prefix, unsigned int count)
{
	char name[32];
	unsigned int i;

	heap = name;
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%u", prefix, i);
		make_heap();
		allocate(8);
	}
	puts("ready");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	fd = open("/dev/kspan", O_RDWR);
	if (fd < 0)
		die("/dev/kspan");
	heap = argc > 2 ? argv[2] : "";
	if (!strcmp(what, "hold") && argc == 5) {
		make_heap();
		fill(strtoull(argv[3], NULL, 0), strtoul(argv[4], NULL, 0));
		pause();
	} else if (!strcmp(what, "leave") && argc == 5) {
		make_heap();
		fill(strtoull(argv[3], NULL, 0), strtoul(argv[4], NULL, 0));
	} else if (!strcmp(what, "copy") && argc == 5) {
		make_heap();
		copy(strtoull(argv[3], NULL, 0), strtoul(argv[4], NULL, 0));
	} else if (!strcmp(what, "churn") && argc == 4) {
		make_heap();
		churn(atoi(argv[3]));
	} else if (!strcmp(what, "spread") && argc == 4) {
		spread(argv[2], atoi(argv[3]));
		pause();
	} else {
		fputs("Usage: objects hold|leave|copy HEAP BYTES COUNT\n"
		      "       objects churn HEAP SECONDS\n"
		      "       objects spread HEAP COUNT\n", stderr);
		return 2;
	}
	return 0;
}
