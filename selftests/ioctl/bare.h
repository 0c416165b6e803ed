/* SPDX-License-Identifier: GPL-2.0 */
/* System calls of i386 and what little a program needs without a C library. */
#ifndef KSPAN_SELFTEST_BARE_H
#define KSPAN_SELFTEST_BARE_H

#include <stdbool.h>
#include <stddef.h>

_Static_assert(sizeof(long) == 4, "to be compiled with -m32");

enum {
	BARE_EXIT	= 1,
	BARE_WRITE	= 4,
	BARE_OPEN	= 5,
	BARE_IOCTL	= 54,
	BARE_O_RDWR	= 2,
};

static inline long bare_call(long number, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a" (ret)
			 : "a" (number), "b" (a), "c" (b), "d" (c)
			 : "memory");
	return ret;
}

/* The compiler calls it by this name. */
void *memset(void *at, int byte, size_t bytes)
{
	unsigned char *p = at;

	while (bytes--)
		*p++ = byte;
	return at;
}

static inline bool bare_same(const void *a, const void *b, size_t bytes)
{
	const unsigned char *p = a, *q = b;

	while (bytes && *p == *q) {
		p++;
		q++;
		bytes--;
	}
	return !bytes;
}

static inline void bare_print(const char *text)
{
	size_t bytes = 0;

	while (text[bytes])
		bytes++;
	bare_call(BARE_WRITE, 1, (long)text, bytes);
}

#endif /* KSPAN_SELFTEST_BARE_H */
