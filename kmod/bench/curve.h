/* SPDX-License-Identifier: GPL-2.0 */
/* How much an allocator holds while a load goes up and down. */
#ifndef _KSPAN_BENCH_CURVE_H
#define _KSPAN_BENCH_CURVE_H

struct dentry;
struct mutex;

/*
 * Makes the file "curve". It takes "BACKEND SIZES SHAPE MEGABYTES SECONDS" and
 * shows, of the last run, lines "sample MS REQUESTED HELD FREE LIVE
 * CACHED GROWN RELEASED MACHINE" in bytes and "mark NAME MS BLOCKS FREE BACK".
 */
void bench_curve_init(struct dentry *dir, struct mutex *running);
void bench_curve_exit(void);

#endif /* _KSPAN_BENCH_CURVE_H */
