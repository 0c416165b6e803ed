/* SPDX-License-Identifier: GPL-2.0 */
/* What the files in debugfs measure when they are read. */
#ifndef _KSPAN_BENCH_SERIES_H
#define _KSPAN_BENCH_SERIES_H

struct dentry;
struct mutex;
struct seq_file;

/* Makes a file for each series; they are read under @running. */
void bench_series_init(struct dentry *dir, struct mutex *running);

int bench_pair_show(struct seq_file *m);
int bench_half_show(struct seq_file *m);
int bench_zeroed_show(struct seq_file *m);
int bench_bulk_show(struct seq_file *m);
int bench_burst_show(struct seq_file *m);
int bench_context_show(struct seq_file *m);
int bench_rcu_show(struct seq_file *m);
int bench_large_show(struct seq_file *m);
int bench_cold_show(struct seq_file *m);
int bench_tails_show(struct seq_file *m);
int bench_ruler_show(struct seq_file *m);
int bench_anchor_show(struct seq_file *m);
int bench_stack_show(struct seq_file *m);
int bench_region_show(struct seq_file *m);
int bench_gc_show(struct seq_file *m);

/* Names the columns of the tails. */
void bench_tails_header(struct seq_file *m);

#endif /* _KSPAN_BENCH_SERIES_H */
