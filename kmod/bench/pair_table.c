// SPDX-License-Identifier: GPL-2.0
/*
 * The table of /sys/kernel/debug/kspan_bench/pair: reading it runs the loops.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include "pair.h"

static const u32 columns[] = {
	KSPAN_BENCH_KSPAN, KSPAN_BENCH_KMALLOC, KSPAN_BENCH_KMEM_CACHE,
};

/* Tenths of a tick for one pair, and "-" where there is no such loop. */
static int print_cell(struct seq_file *m, struct kspan_bench_ioc_pair *request,
		      u64 *empty_tenths)
{
	u64 tenths;
	int err = bench_pair_run(request);

	if (err == -EOPNOTSUPP) {
		seq_printf(m, " %12s", "-");
		return 0;
	}
	if (err)
		return err;
	tenths = div_u64(request->min_ticks * 10, request->pairs);
	seq_printf(m, " %10llu.%llu", tenths / 10, tenths % 10);
	*empty_tenths = div_u64(request->empty_ticks * 10, request->pairs);
	return 0;
}

static int print_row(struct seq_file *m, const char *name, u32 pattern,
		     u32 flags, u32 bytes)
{
	struct kspan_bench_ioc_pair request;
	u64 empty_tenths = 0;
	unsigned int i;
	int err;

	seq_printf(m, "%-9s %6u", name, bytes);
	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		request = (struct kspan_bench_ioc_pair) {
			.flags = flags, .backend = columns[i],
			.pattern = pattern, .bytes = bytes,
		};
		err = print_cell(m, &request, &empty_tenths);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	seq_printf(m, " %6llu.%llu\n", empty_tenths / 10, empty_tenths % 10);
	return 0;
}

int bench_pair_table(struct seq_file *m, void *unused)
{
	static const u32 sizes[] = {
		8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096,
		8192, 16384, 32768,
	};
	static const u32 constant_sizes[] = { 16, 64, 256, 1024, 4096 };
	static const u32 batch_sizes[] = { 64, 200, 1024 };
	unsigned int i;
	int err = 0;

	seq_printf(m, "# kernel %s init_on_alloc %d\n", init_utsname()->release,
		   want_init_on_alloc(0));
	seq_puts(m, "# ticks per pair, fastest of 100 loops, nothing subtracted\n");
	seq_printf(m, "%-9s %6s %12s %12s %12s %8s\n", "pattern", "bytes",
		   "kspan", "kmalloc", "kmem_cache", "empty");
	for (i = 0; !err && i < ARRAY_SIZE(sizes); i++)
		err = print_row(m, "variable", KSPAN_BENCH_PAIR, 0, sizes[i]);
	for (i = 0; !err && i < ARRAY_SIZE(constant_sizes); i++)
		err = print_row(m, "constant", KSPAN_BENCH_PAIR,
				KSPAN_BENCH_CONSTANT, constant_sizes[i]);
	for (i = 0; !err && i < ARRAY_SIZE(batch_sizes); i++)
		err = print_row(m, "bulk", KSPAN_BENCH_BULK, 0, batch_sizes[i]);
	for (i = 0; !err && i < ARRAY_SIZE(batch_sizes); i++)
		err = print_row(m, "stride", KSPAN_BENCH_STRIDE, 0,
				batch_sizes[i]);
	return err;
}
