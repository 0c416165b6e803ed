// SPDX-License-Identifier: GPL-2.0
/*
 * What a kernel's own primitives cost. Where these are far from what they are on
 * bare hardware, nothing that is measured there says anything: see
 * tools/bench/uml-smp.sh.
 */
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include <linux/spinlock.h>

#include "series.h"
#include "ticks.h"

enum {
	REPEATS	= 100,
	TIMES	= 100,
};

static DEFINE_PER_CPU(unsigned long, counter);
static DEFINE_SPINLOCK(lock);

static __always_inline u64 nothing(void)
{
	u64 start = bench_ticks();
	unsigned int i;

	for (i = 0; i < TIMES; i++)
		barrier();
	return bench_ticks() - start;
}

static u64 per_cpu_adds(void)
{
	u64 start = bench_ticks();
	unsigned int i;

	for (i = 0; i < TIMES; i++)
		this_cpu_add(counter, 1);
	return bench_ticks() - start;
}

static u64 locks(void)
{
	u64 start = bench_ticks();
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		spin_lock_irqsave(&lock, flags);
		spin_unlock_irqrestore(&lock, flags);
	}
	return bench_ticks() - start;
}

static u64 barriers(void)
{
	u64 start = bench_ticks();
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		/* Pairs with nothing: it is what is timed. */
		smp_mb();
	}
	return bench_ticks() - start;
}

static int compare(const void *a, const void *b)
{
	u64 left = *(const u64 *)a, right = *(const u64 *)b;

	return left < right ? -1 : left > right;
}

static void show(struct seq_file *m, const char *name, u64 (*run)(void))
{
	u64 ticks[REPEATS];
	unsigned int i;

	for (i = 0; i < REPEATS; i++)
		ticks[i] = run();
	sort(ticks, REPEATS, sizeof(*ticks), compare, NULL);
	seq_printf(m, "%s ruler 0 %u %llu %llu %llu %llu %u\n", name, TIMES,
		   ticks[0], ticks[REPEATS / 2], ticks[REPEATS - 1], nothing(),
		   REPEATS);
}

int bench_ruler_show(struct seq_file *m)
{
	show(m, "this_cpu_add", per_cpu_adds);
	show(m, "spin_lock_irqsave", locks);
	show(m, "smp_mb", barriers);
	return 0;
}
