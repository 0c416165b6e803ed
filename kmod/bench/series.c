// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/kspan_bench/: a file for each series of measurements.
 * Reading it runs them. The first line says where, the second names columns.
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/utsname.h>

#include "loop.h"
#include "series.h"

static const struct series {
	const char *name;
	int (*show)(struct seq_file *m);
	void (*header)(struct seq_file *m);
} series[] = {
	{ "pair", bench_pair_show, bench_row_header },
	{ "half", bench_half_show, bench_row_header },
	{ "zeroed", bench_zeroed_show, bench_row_header },
	{ "bulk", bench_bulk_show, bench_row_header },
	{ "burst", bench_burst_show, bench_row_header },
	{ "context", bench_context_show, bench_row_header },
	{ "rcu", bench_rcu_show, bench_row_header },
	{ "large", bench_large_show, bench_row_header },
	{ "cold", bench_cold_show, bench_row_header },
	{ "tails", bench_tails_show, bench_tails_header },
	{ "ruler", bench_ruler_show, bench_row_header },
	{ "anchor", bench_anchor_show, bench_row_header },
	{ "stack", bench_stack_show, bench_row_header },
	{ "region", bench_region_show, bench_row_header },
	{ "gc", bench_gc_show, bench_row_header },
};

static struct mutex *one_at_a_time;

static int series_show(struct seq_file *m, void *unused)
{
	const struct series *s = m->private;
	int err = mutex_lock_interruptible(one_at_a_time);

	if (err)
		return err;
	seq_printf(m, "# kernel %s init_on_alloc %d\n", init_utsname()->release,
		   want_init_on_alloc(0));
	s->header(m);
	err = s->show(m);
	mutex_unlock(one_at_a_time);
	return err;
}

static int series_open(struct inode *inode, struct file *file)
{
	/* Large enough for all lines, which must not be measured twice. */
	return single_open_size(file, series_show, inode->i_private, SZ_32K);
}

static const struct file_operations series_fops = {
	.owner		= THIS_MODULE,
	.open		= series_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= single_release,
};

void bench_series_init(struct dentry *dir, struct mutex *running)
{
	unsigned int i;

	one_at_a_time = running;
	for (i = 0; i < ARRAY_SIZE(series); i++)
		debugfs_create_file(series[i].name, 0400, dir,
				    (void *)&series[i], &series_fops);
}
