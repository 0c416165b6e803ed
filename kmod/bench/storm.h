/* SPDX-License-Identifier: GPL-2.0 */
/* The most memory that a storm of frees after a grace period takes. */
#ifndef _KSPAN_BENCH_STORM_H
#define _KSPAN_BENCH_STORM_H

struct dentry;
struct mutex;

/*
 * Makes the file "storm". It takes "BACKEND BYTES FREES", of kspan or kmalloc, and shows
 * these with the most bytes that were held meanwhile and the number of allocations that
 * have failed.
 */
void bench_storm_init(struct dentry *dir, struct mutex *running);

#endif /* _KSPAN_BENCH_STORM_H */
