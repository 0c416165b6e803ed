/* SPDX-License-Identifier: GPL-2.0 */
/* What one allocation and its free cost, in ticks of the clock. */
#ifndef _KSPAN_BENCH_PAIR_H
#define _KSPAN_BENCH_PAIR_H

#include <uapi/linux/kspan_bench.h>

struct seq_file;

/* Runs what @request asks for and fills it in. Sleeps. */
int bench_pair_run(struct kspan_bench_ioc_pair *request);

/* The table of debugfs: kspan, kmalloc and kmem_cache side by side. */
int bench_pair_table(struct seq_file *m, void *unused);

#endif /* _KSPAN_BENCH_PAIR_H */
