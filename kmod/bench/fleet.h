/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A distribution of sizes and lifetimes, as a process of births and deaths.
 *
 * Of each size so many objects are live on average, and so many are born per
 * time; so each lives for the quotient of the two (Little's law). Births and
 * deaths are drawn by these rates: what is live fluctuates about the average.
 */
#ifndef _KSPAN_BENCH_FLEET_H
#define _KSPAN_BENCH_FLEET_H

#include <linux/types.h>

struct dentry;
struct mutex;

enum {
	FLEET_MAX_SIZES	= 1024,
	FLEET_MAX_BYTES	= 4 << 20,
	/* Fractional bits of a number of objects. */
	FLEET_LIVE_SHIFT = 16,
};

/* One size; fixed once it is there. */
struct fleet_size {
	u32 bytes;
	u64 births;		/* weight among all births */
	u64 live;		/* weight among all live objects */
};

struct fleet_table {
	u32 nr_sizes;
	struct fleet_size sizes[FLEET_MAX_SIZES];
};

/*
 * The state of the process for a number of live bytes. Sums over the sizes up
 * to each; deaths, which change with what is live, in a binary indexed tree.
 */
struct fleet {
	u32 nr_sizes;
	u64 random;
	u64 all_births;
	u64 all_deaths;
	u64 target[FLEET_MAX_SIZES];	/* objects << FLEET_LIVE_SHIFT */
	u64 targets_to[FLEET_MAX_SIZES];
	u64 births_to[FLEET_MAX_SIZES];
	u64 death_rate[FLEET_MAX_SIZES];	/* of one object */
	u64 deaths[FLEET_MAX_SIZES + 1];
};

/* Reads lines of "BYTES BIRTHS LIVE", in ascending order; # starts a comment. */
int fleet_table_parse(struct fleet_table *table, char *text);

/*
 * Makes a file "fleet", which takes such a table and shows how many sizes the
 * last one has.
 */
void bench_fleet_init(struct dentry *dir, struct mutex *running);
void bench_fleet_exit(void);

/* What was written to that file, or NULL. */
const struct fleet_table *bench_fleet_table(void);

void fleet_init(struct fleet *fleet, const struct fleet_table *table,
		u64 live_bytes);

/* How many objects are live on average. */
u64 fleet_objects(const struct fleet *fleet);

/* The size of an object that is live on average. */
u32 fleet_pick_live(struct fleet *fleet);

/* What happens next: the size of a birth or a death. */
u32 fleet_next(struct fleet *fleet, bool *is_birth);

/* Tells of a birth (1) or a death (-1). */
void fleet_count(struct fleet *fleet, u32 size, int change);

u32 fleet_random_below(struct fleet *fleet, u32 n);

#endif /* _KSPAN_BENCH_FLEET_H */
