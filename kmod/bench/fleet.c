// SPDX-License-Identifier: GPL-2.0
/* A distribution of sizes and lifetimes, as a process of births and deaths. */
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "command.h"
#include "fleet.h"
#include "memory.h"

/* Rates are births' weights, shifted to leave room for rare sizes. */
enum { RATE_SHIFT = 20 };

/* ---- the table ------------------------------------------------------------- */

int fleet_table_parse(struct fleet_table *table, char *text)
{
	struct fleet_size *size;
	u32 births, live, last = 0;
	char *line;

	table->nr_sizes = 0;
	while ((line = strsep(&text, "\n"))) {
		if (!*line || *line == '#')
			continue;
		if (table->nr_sizes == FLEET_MAX_SIZES)
			return -E2BIG;
		size = &table->sizes[table->nr_sizes];
		if (bench_command_number(&line, last + 1, FLEET_MAX_BYTES,
					 &size->bytes) ||
		    bench_command_number(&line, 1, U32_MAX, &births) ||
		    bench_command_number(&line, 1, U32_MAX, &live))
			return -EINVAL;
		last = size->bytes;
		size->births = births;
		size->live = live;
		table->nr_sizes++;
	}
	return table->nr_sizes ? 0 : -EINVAL;
}

/* ---- drawing --------------------------------------------------------------- */

/* xorshift, with its weak low bits left out of use. */
static u64 random_below(struct fleet *fleet, u64 n)
{
	fleet->random ^= fleet->random << 13;
	fleet->random ^= fleet->random >> 7;
	fleet->random ^= fleet->random << 17;
	return mul_u64_u64_shr(fleet->random, n, 64);
}

u32 fleet_random_below(struct fleet *fleet, u32 n)
{
	return random_below(fleet, n);
}

/* The first size whose sum is above @at. */
static u32 find_sum(const u64 *sums, u32 nr_sizes, u64 at)
{
	u32 low = 0, high = nr_sizes - 1, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (sums[middle] > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

u32 fleet_pick_live(struct fleet *fleet)
{
	u64 all = fleet->targets_to[fleet->nr_sizes - 1];

	return find_sum(fleet->targets_to, fleet->nr_sizes,
			random_below(fleet, all));
}

static u32 find_death(const struct fleet *fleet, u64 at)
{
	u32 step = rounddown_pow_of_two(fleet->nr_sizes);
	u32 before = 0;

	for (; step; step /= 2) {
		if (before + step > fleet->nr_sizes ||
		    fleet->deaths[before + step] > at)
			continue;
		before += step;
		at -= fleet->deaths[before];
	}
	return min(before, fleet->nr_sizes - 1);
}

u32 fleet_next(struct fleet *fleet, bool *is_birth)
{
	u64 at = random_below(fleet, fleet->all_births + fleet->all_deaths);

	*is_birth = at < fleet->all_births;
	if (*is_birth)
		return find_sum(fleet->births_to, fleet->nr_sizes, at);
	return find_death(fleet, at - fleet->all_births);
}

void fleet_count(struct fleet *fleet, u32 size, int change)
{
	u64 rate = fleet->death_rate[size] * change;
	u32 at;

	fleet->all_deaths += rate;
	for (at = size + 1; at <= fleet->nr_sizes; at += at & -at)
		fleet->deaths[at] += rate;
}

/* ---- a process ------------------------------------------------------------- */

u64 fleet_objects(const struct fleet *fleet)
{
	return fleet->targets_to[fleet->nr_sizes - 1] >> FLEET_LIVE_SHIFT;
}

void fleet_init(struct fleet *fleet, const struct fleet_table *table,
		u64 live_bytes)
{
	u64 table_bytes = 0, targets = 0, births = 0;
	u32 i;

	memset(fleet, 0, sizeof(*fleet));
	fleet->nr_sizes = table->nr_sizes;
	fleet->random = 4141;
	for (i = 0; i < table->nr_sizes; i++)
		table_bytes += table->sizes[i].live * table->sizes[i].bytes;
	for (i = 0; i < table->nr_sizes; i++) {
		const struct fleet_size *size = &table->sizes[i];
		u64 target = mul_u64_u64_div_u64(size->live,
						 live_bytes << FLEET_LIVE_SHIFT,
						 table_bytes);

		target = max(target, 1ULL);
		targets += target;
		births += size->births << RATE_SHIFT;
		fleet->target[i] = target;
		fleet->targets_to[i] = targets;
		fleet->births_to[i] = births;
		fleet->death_rate[i] =
			div64_u64(size->births <<
				  (RATE_SHIFT + FLEET_LIVE_SHIFT), target);
	}
	fleet->all_births = births;
}

/* ---- the file -------------------------------------------------------------- */

static struct fleet_table *table;

static int fleet_run(char *text)
{
	int err;

	if (!table)
		table = bench_vmalloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	err = fleet_table_parse(table, text);
	if (err)
		table->nr_sizes = 0;
	return err;
}

static void fleet_show(struct seq_file *m)
{
	seq_printf(m, "%u\n", table ? table->nr_sizes : 0);
}

static struct bench_command fleet_command = {
	.name	= "fleet",
	.run	= fleet_run,
	.show	= fleet_show,
};

const struct fleet_table *bench_fleet_table(void)
{
	return table && table->nr_sizes ? table : NULL;
}

void bench_fleet_init(struct dentry *dir, struct mutex *running)
{
	fleet_command.lock = running;
	bench_command_create(dir, &fleet_command);
}

void bench_fleet_exit(void)
{
	vfree(table);
}
