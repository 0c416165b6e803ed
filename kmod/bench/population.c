// SPDX-License-Identifier: GPL-2.0
/* The live objects of a load. */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "command.h"
#include "fleet.h"
#include "memory.h"
#include "population.h"

enum {
	TURN_EVENTS	= 2048,
	TURN_BYTES	= 16 << 20,
	SEED		= 4141,
	MIN_PAGES_BYTES	= SZ_16K,
	MAX_PAGES_BYTES	= SZ_64K,
};

static const char * const sizes_names[POPULATION_NR_SIZES] = {
	[POPULATION_FLEET]	= "fleet",
	[POPULATION_PAGES]	= "pages",
};

int population_sizes_parse(char **command, enum population_sizes *sizes)
{
	char *word = bench_command_word(command);
	int i = word ? match_string(sizes_names, ARRAY_SIZE(sizes_names), word)
		     : -EINVAL;

	*sizes = i;
	return min(i, 0);
}

const char *population_sizes_name(enum population_sizes sizes)
{
	return sizes_names[sizes];
}

/* ---- births and deaths ----------------------------------------------------- */

static u32 random_below(struct population *population, u32 n)
{
	return reciprocal_scale(prandom_u32_state(&population->random), n);
}

static u32 pick_bytes(struct population *population, enum population_rule rule)
{
	u32 bytes;

	if (population->sizes == POPULATION_FLEET)
		bytes = bench_fleet_table()->
			sizes[fleet_pick_live(population->fleet)].bytes;
	else
		bytes = MIN_PAGES_BYTES +
			random_below(population,
				     MAX_PAGES_BYTES - MIN_PAGES_BYTES + 1);
	if (rule == POPULATION_OTHER_BIRTHS)
		bytes = max(bytes / 4 * 3, 1U);
	return bytes;
}

static bool birth(struct population *population, enum population_rule rule)
{
	u32 bytes = pick_bytes(population, rule);
	void *p;

	if (population->end == population->capacity)
		return false;
	p = population->backend->alloc(&population->store, bytes,
				       population->gfp);
	if (!p) {
		population->failures++;
		return false;
	}
	*(u8 *)p = 1;
	population->objects[population->end].p = p;
	population->objects[population->end++].bytes = bytes;
	population->requested_bytes += bytes;
	return true;
}

static void object_free(struct population *population,
			const struct population_object *object)
{
	population->requested_bytes -= object->bytes;
	population->backend->free(&population->store, object->p);
}

static bool death(struct population *population, enum population_rule rule)
{
	struct population_object *objects = population->objects;
	u32 at;

	if (population->first == population->end)
		return false;
	switch (rule) {
	case POPULATION_RANDOM_DEATHS:
		at = population->first +
		     random_below(population,
				  population->end - population->first);
		object_free(population, &objects[at]);
		objects[at] = objects[--population->end];
		return true;
	case POPULATION_EVERY_SECOND_DIES:
		at = population->first;
		if (population->end - at > 1)
			objects[population->kept++] = objects[at++];
		object_free(population, &objects[at]);
		population->first = at + 1;
		return true;
	default:
		object_free(population, &objects[population->first++]);
		return true;
	}
}

/* What has had its turn and lives on, and behind it those still to come. */
static void put_back_kept(struct population *population)
{
	u32 nobjs = population->end - population->first;

	memmove(population->objects + population->kept,
		population->objects + population->first,
		nobjs * sizeof(*population->objects));
	population->end = population->kept + nobjs;
	population->first = 0;
	population->kept = 0;
}

/* ---- turns ----------------------------------------------------------------- */

struct turn {
	struct population *population;
	enum population_rule rule;
	u64 until_bytes;
	bool done;
};

static bool is_birth(enum population_rule rule)
{
	return rule == POPULATION_BIRTHS || rule == POPULATION_OTHER_BIRTHS;
}

static bool is_reached(const struct turn *turn)
{
	u64 bytes = turn->population->requested_bytes;

	return is_birth(turn->rule) ? bytes >= turn->until_bytes
				    : bytes <= turn->until_bytes;
}

static long run_turn(void *arg)
{
	struct turn *turn = arg;
	struct population *population = turn->population;
	u64 start = population->requested_bytes;
	u32 i;

	for (i = 0; i < TURN_EVENTS && !turn->done; i++) {
		if (is_reached(turn) ||
		    !(is_birth(turn->rule) ? birth(population, turn->rule)
					   : death(population, turn->rule)))
			turn->done = true;
		if (abs((s64)(population->requested_bytes - start)) > TURN_BYTES)
			break;
	}
	return 0;
}

bool population_turn(struct population *population, enum population_rule rule,
		     u64 until_bytes)
{
	struct turn turn = {
		.population = population,
		.rule = rule,
		.until_bytes = until_bytes,
	};

	population->cpu = cpumask_next(population->cpu, cpu_online_mask);
	if (population->cpu >= nr_cpu_ids)
		population->cpu = cpumask_first(cpu_online_mask);
	work_on_cpu(population->cpu, run_turn, &turn);
	if (turn.done && population->kept)
		put_back_kept(population);
	return turn.done;
}

int population_run(struct population *population, enum population_rule rule,
		   u64 until_bytes)
{
	while (!population_turn(population, rule, until_bytes)) {
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* ---- a population ---------------------------------------------------------- */

/* Objects live at once: room for a quarter more, as other sizes are smaller. */
static u32 capacity_of(struct population *population, u64 bytes)
{
	u32 nobjs;

	if (population->sizes == POPULATION_FLEET)
		nobjs = fleet_objects(population->fleet);
	else
		nobjs = div_u64(bytes, (MIN_PAGES_BYTES + MAX_PAGES_BYTES) / 2);
	return nobjs + nobjs / 4 + 1024;
}

static void free_memory(struct population *population)
{
	vfree(population->objects);
	vfree(population->fleet);
}

int population_init(struct population *population, u32 backend,
		    enum population_sizes sizes, u32 megabytes)
{
	u64 bytes = (u64)megabytes << 20;
	int err = -ENOMEM;

	memset(population, 0, sizeof(*population));
	population->backend = bench_backend_find(backend);
	population->sizes = sizes;
	population->gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY;
	population->cpu = -1;
	prandom_seed_state(&population->random, SEED);
	if (sizes == POPULATION_FLEET) {
		if (!bench_fleet_table())
			return -ENODATA;
		population->fleet = bench_vmalloc(1, sizeof(struct fleet));
		if (!population->fleet)
			return -ENOMEM;
		fleet_init(population->fleet, bench_fleet_table(), bytes);
	}
	population->capacity = capacity_of(population, bytes);
	population->objects = bench_vmalloc(population->capacity,
					    sizeof(*population->objects));
	if (!population->objects)
		goto free;
	/* Last, so that what the load itself needs is not in its figures. */
	err = population->backend->begin(&population->store);
	if (err)
		goto free;
	return 0;
free:
	free_memory(population);
	return err;
}

void population_exit(struct population *population)
{
	put_back_kept(population);
	while (!population_turn(population, POPULATION_OLDEST_DIE, 0))
		;
	population->backend->end(&population->store);
	free_memory(population);
}
