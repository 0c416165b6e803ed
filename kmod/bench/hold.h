/* SPDX-License-Identifier: GPL-2.0 */
/* A load that stays in memory, for what others make of the rest of it. */
#ifndef _KSPAN_BENCH_HOLD_H
#define _KSPAN_BENCH_HOLD_H

struct dentry;
struct mutex;

/*
 * Makes two files. "hold" takes "BACKEND SIZES MEGABYTES SECONDS", moves up and
 * down for so long, keeps half of the megabytes until it is told "drop", and
 * shows "REQUESTED HELD FAILURES". "order" takes the order of pages, takes as
 * many as there are, puts them back, and shows "ORDER BLOCKS FREE", the bytes
 * that were free before.
 */
void bench_hold_init(struct dentry *dir, struct mutex *running);
void bench_hold_exit(void);

#endif /* _KSPAN_BENCH_HOLD_H */
