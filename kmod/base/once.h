/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers that are written under a lock, or by one CPU only, and read without: the
 * reader may see an old one, never half of one.
 */
#ifndef _KSPAN_ONCE_H
#define _KSPAN_ONCE_H

#include <linux/compiler.h>

/* Both are for the one who may write it. */
#define kspan_add_once(number, n)					\
do {									\
	typeof(number) *__number = &(number);				\
									\
	WRITE_ONCE(*__number, *__number + (n));				\
} while (0)

#define kspan_sub_once(number, n)					\
do {									\
	typeof(number) *__number = &(number);				\
									\
	WRITE_ONCE(*__number, *__number - (n));				\
} while (0)

#endif /* _KSPAN_ONCE_H */
