// SPDX-License-Identifier: GPL-2.0
/*
 * A load that stays in memory, and what is left for others: how many blocks of
 * an order there are to be had.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "command.h"
#include "hold.h"
#include "population.h"

enum {
	MIN_MB		= 1,
	MAX_MB		= 16384,
	MAX_SECONDS	= 3600,
	LOW_PERCENT	= 70,		/* while it moves */
	KEPT_PERCENT	= 50,
};

/* ---- what stays ------------------------------------------------------------ */

static struct {
	bool live;
	struct population population;
} held;

static void drop(void)
{
	if (held.live)
		population_exit(&held.population);
	held.live = false;
}

static int move(u64 peak_bytes, u32 seconds)
{
	struct population *population = &held.population;
	unsigned long end = jiffies + seconds * HZ;
	int err;

	do {
		err = population_run(population, POPULATION_BIRTHS, peak_bytes);
		if (err)
			return err;
		err = population_run(population, POPULATION_RANDOM_DEATHS,
				     peak_bytes / 100 * LOW_PERCENT);
	} while (!err && time_before(jiffies, end));
	return err ?: population_run(population, POPULATION_RANDOM_DEATHS,
				     peak_bytes / 100 * KEPT_PERCENT);
}

static int hold_run(char *command)
{
	u32 backend, megabytes, seconds;
	enum population_sizes sizes;
	int err;

	if (!strcmp(strim(command), "drop")) {
		drop();
		return 0;
	}
	if (bench_command_backend(&command, &backend) ||
	    backend == KSPAN_BENCH_NULL ||
	    population_sizes_parse(&command, &sizes) ||
	    bench_command_number(&command, MIN_MB, MAX_MB, &megabytes) ||
	    bench_command_number(&command, 1, MAX_SECONDS, &seconds) ||
	    bench_command_word(&command))
		return -EINVAL;
	drop();
	err = population_init(&held.population, backend, sizes, megabytes);
	if (err)
		return err;
	held.live = true;
	/* It is others that give way, as long as there are any. */
	held.population.gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL;
	err = move((u64)megabytes << 20, seconds);
	if (err)
		drop();
	return err;
}

static void hold_show(struct seq_file *m)
{
	struct kspan_bench_memory memory = {};
	struct population *population = &held.population;

	if (!held.live)
		return;
	population->backend->held(&population->store, &memory);
	seq_printf(m, "%llu %lld %llu\n", population->requested_bytes,
		   memory.held_bytes, population->failures);
}

/* ---- blocks ---------------------------------------------------------------- */

static struct {
	u32 order;
	u32 nr_blocks;
	u64 free_bytes;
} found;

static int order_run(char *command)
{
	struct page *page, *next;
	struct sysinfo info;
	LIST_HEAD(pages);
	u32 order;

	if (bench_command_number(&command, 1, 9, &order) ||
	    bench_command_word(&command))
		return -EINVAL;
	si_meminfo(&info);
	found.order = order;
	found.nr_blocks = 0;
	found.free_bytes = (u64)info.freeram * info.mem_unit;
	while (!fatal_signal_pending(current)) {
		page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN,
				   order);
		if (!page)
			break;
		list_add(&page->lru, &pages);
		found.nr_blocks++;
		cond_resched();
	}
	list_for_each_entry_safe(page, next, &pages, lru) {
		list_del(&page->lru);
		__free_pages(page, order);
	}
	return 0;
}

static void order_show(struct seq_file *m)
{
	seq_printf(m, "%u %u %llu\n", found.order, found.nr_blocks,
		   found.free_bytes);
}

static struct bench_command hold_command = {
	.name	= "hold",
	.run	= hold_run,
	.show	= hold_show,
};

static struct bench_command order_command = {
	.name	= "order",
	.run	= order_run,
	.show	= order_show,
};

void bench_hold_init(struct dentry *dir, struct mutex *running)
{
	hold_command.lock = running;
	bench_command_create(dir, &hold_command);
	order_command.lock = running;
	bench_command_create(dir, &order_command);
}

void bench_hold_exit(void)
{
	drop();
}
