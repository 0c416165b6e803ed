/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSPAN_BENCH_MARKING_H
#define _KSPAN_BENCH_MARKING_H

struct dentry;
struct mutex;

/*
 * Makes the file "marking": takes "BACKEND MEGABYTES THREADS MILLISECONDS", with
 * "collected" or "kspan" as backend, and shows what the last run has seen, a name and a
 * number on each line.
 */
void bench_marking_init(struct dentry *dir, struct mutex *running);

#endif /* _KSPAN_BENCH_MARKING_H */
