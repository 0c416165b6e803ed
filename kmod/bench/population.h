/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The live objects of a load. They are born and die in turns, each on the next
 * CPU, so that objects die on other CPUs than they were born on.
 */
#ifndef _KSPAN_BENCH_POPULATION_H
#define _KSPAN_BENCH_POPULATION_H

#include <linux/prandom.h>
#include <linux/types.h>

#include "backend.h"

struct fleet;

enum population_sizes {
	POPULATION_FLEET,	/* those of the table in the file "fleet" */
	POPULATION_PAGES,	/* 16 to 64 KB, evenly */
	POPULATION_NR_SIZES,
};

enum population_rule {
	POPULATION_BIRTHS,
	POPULATION_OTHER_BIRTHS,	/* of three quarters of the size */
	POPULATION_RANDOM_DEATHS,
	POPULATION_OLDEST_DIE,
	POPULATION_EVERY_SECOND_DIES,
};

struct population_object {
	void *p;
	u32 bytes;
};

/**
 * struct population - live objects
 * @backend: where they are from
 * @store: the backend's
 * @sizes: which
 * @fleet: picks sizes of POPULATION_FLEET
 * @random: for all else
 * @gfp: of allocations
 * @objects: those from @first to below @end are live, by age unless some have
 *	died at random
 * @first: the oldest
 * @end: behind the youngest
 * @capacity: of @objects
 * @kept: of those before @first, how many live on: POPULATION_EVERY_SECOND_DIES
 * @requested_bytes: live
 * @failures: allocations that gave NULL
 * @cpu: had the last turn
 */
struct population {
	const struct bench_backend *backend;
	struct bench_store store;
	enum population_sizes sizes;
	struct fleet *fleet;
	struct rnd_state random;
	gfp_t gfp;
	struct population_object *objects;
	u32 first;
	u32 end;
	u32 capacity;
	u32 kept;
	u64 requested_bytes;
	u64 failures;
	int cpu;
};

/* The next word of a command as the name of sizes. */
int population_sizes_parse(char **command, enum population_sizes *sizes);
const char *population_sizes_name(enum population_sizes sizes);

/* Room for so many megabytes of objects, and the backend made ready. */
int population_init(struct population *population, u32 backend,
		    enum population_sizes sizes, u32 megabytes);

/* Frees all objects, too. */
void population_exit(struct population *population);

/*
 * One turn of some thousand births or deaths, until @until_bytes are requested.
 * Returns whether that is so, or there is no way to get there: an allocation
 * has failed, or everything has had its turn.
 */
bool population_turn(struct population *population, enum population_rule rule,
		     u64 until_bytes);

/* Turns to the end; -EINTR if a signal is pending. */
int population_run(struct population *population, enum population_rule rule,
		   u64 until_bytes);

#endif /* _KSPAN_BENCH_POPULATION_H */
