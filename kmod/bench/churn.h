/* SPDX-License-Identifier: GPL-2.0 */
/* What an allocator holds for a heap whose objects are born and die. */
#ifndef _KSPAN_BENCH_CHURN_H
#define _KSPAN_BENCH_CHURN_H

struct dentry;
struct fleet_table;
struct mutex;

/* What was written to "fleet", or NULL. */
const struct fleet_table *bench_fleet_table(void);

/*
 * Makes two files. "fleet" takes a table of sizes, see fleet_table_parse().
 * "churn" takes "BACKEND MEGABYTES EVENTS" and shows, for each point of the
 * last run, "POINT REQUESTED ROUNDED HELD METADATA OBJECTS ERRORS".
 */
void bench_churn_init(struct dentry *dir, struct mutex *running);
void bench_churn_exit(void);

#endif /* _KSPAN_BENCH_CHURN_H */
