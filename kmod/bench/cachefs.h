/* SPDX-License-Identifier: GPL-2.0 */
/* Something for the page cache to hold, in guests without a disk. */
#ifndef _KSPAN_BENCH_CACHEFS_H
#define _KSPAN_BENCH_CACHEFS_H

/*
 * Registers the file system "kspan_bench". Any name in its root is a file of
 * zeroes, as long as the name says: "64M". Its pages are clean, so that they
 * are the first to go when memory is short.
 */
int bench_cachefs_init(void);
void bench_cachefs_exit(void);

#endif /* _KSPAN_BENCH_CACHEFS_H */
