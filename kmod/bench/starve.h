/* SPDX-License-Identifier: GPL-2.0 */
/* How much a load gets before memory runs out. */
#ifndef _KSPAN_BENCH_STARVE_H
#define _KSPAN_BENCH_STARVE_H

struct dentry;
struct mutex;

/*
 * Makes the file "starve". It takes "BACKEND SIZES GFP ROUNDS": in each round,
 * allocations until one gives NULL or the OOM killer is about to be called, and
 * then all are freed. It shows a line "REQUESTED HELD IDLE END" for each, where
 * END is "null" or "oom". What the backend holds is kept until "drop" is written.
 */
void bench_starve_init(struct dentry *dir, struct mutex *running);
void bench_starve_exit(void);

#endif /* _KSPAN_BENCH_STARVE_H */
