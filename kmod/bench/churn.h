/* SPDX-License-Identifier: GPL-2.0 */
/* What an allocator holds for a heap whose objects are born and die. */
#ifndef _KSPAN_BENCH_CHURN_H
#define _KSPAN_BENCH_CHURN_H

struct dentry;
struct mutex;

/*
 * Makes a file "churn", which takes "BACKEND MEGABYTES EVENTS" and shows, for
 * each point of the last run, "POINT REQUESTED ROUNDED HELD METADATA OBJECTS ERRORS".
 */
void bench_churn_init(struct dentry *dir, struct mutex *running);

#endif /* _KSPAN_BENCH_CHURN_H */
