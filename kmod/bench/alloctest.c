// SPDX-License-Identifier: GPL-2.0
/*
 * Small objects, a few of which are replaced very often and most hardly ever:
 * 80 % of the accesses go to 20 % of the slots, and so on within these, six
 * times over. All of an object is written and read again. An op is one
 * allocation. After alloc-test.
 */
#include "smp.h"

enum {
	ALL_SLOTS	= 1 << 18,	/* of all threads */
	LEVELS		= 6,
	BINS		= LEVELS + 1,
	MIN_SHIFT	= 2,
	MAX_SHIFT	= 9,		/* up to 1 KB */
	STEP_ACCESSES	= 400,
};

struct slot {
	void *p;
	u32 bytes;
};

/* Slots of equal access rate: before them lie those accessed more often. */
struct bin {
	u32 below;	/* a random number below this means this bin or before */
	u32 first;
	u32 slots;
};

struct table {
	struct bin bins[BINS];
	struct slot slots[ALL_SLOTS];
};

/* Bin k is left for the colder part in k of the levels. */
static void bins_init(struct bin *bins, u32 nr_slots)
{
	static const u32 ways[BINS] = { 1, 6, 15, 20, 15, 6, 1 };
	u64 accesses, slots, sum = 0, first = 0, all = 1;
	unsigned int k, i;

	for (i = 0; i < LEVELS; i++)
		all *= 5;
	for (k = 0; k < BINS; k++) {
		accesses = ways[k];
		slots = ways[k];
		for (i = 0; i < LEVELS; i++) {
			accesses *= i < k ? 1 : 4;
			slots *= i < k ? 4 : 1;
		}
		sum += accesses;
		bins[k].below = min_t(u64, div64_u64(sum << 32, all), U32_MAX);
		bins[k].first = first;
		bins[k].slots = max(div64_u64(slots * nr_slots, all), 1ULL);
		first += bins[k].slots;
	}
	bins[BINS - 1].below = U32_MAX;
	bins[BINS - 1].slots = nr_slots - bins[BINS - 1].first;
}

static int prepare(struct smp_run *run)
{
	u32 i;

	for (i = 0; i < run->nr_threads; i++) {
		struct table *table = run->threads[i].state;

		bins_init(table->bins, ALL_SLOTS / run->nr_threads);
	}
	return 0;
}

static struct slot *random_slot(struct smp_thread *thread)
{
	struct table *table = thread->state;
	const struct bin *bin = table->bins;
	u32 random = smp_random(thread);

	while (random > bin->below)
		bin++;
	return &table->slots[bin->first + smp_random_below(thread, bin->slots)];
}

static void access_slot(struct smp_thread *thread, struct slot *slot)
{
	u32 shift, random;

	if (slot->p) {
		if (unlikely(!smp_is_filled(slot->p, slot->bytes)))
			thread->errors++;
		smp_free(thread, slot->p);
		slot->p = NULL;
		return;
	}
	random = smp_random(thread);
	/* Every size twice as large comes half as often. */
	shift = min_t(u32, MIN_SHIFT + __ffs(random | BIT(31)), MAX_SHIFT);
	slot->bytes = (1 << shift) + smp_random_below(thread, 1 << shift);
	slot->p = smp_alloc(thread, slot->bytes);
	if (likely(slot->p))
		smp_fill(slot->p, slot->bytes);
	thread->ops++;
}

static bool step(struct smp_thread *thread)
{
	unsigned int i;

	for (i = 0; i < STEP_ACCESSES; i++)
		access_slot(thread, random_slot(thread));
	return true;
}

static void finish(struct smp_run *run)
{
	u32 i, j;

	for (i = 0; i < run->nr_threads; i++) {
		struct table *table = run->threads[i].state;

		for (j = 0; j < ALL_SLOTS; j++)
			smp_free(&run->threads[i], table->slots[j].p);
	}
}

const struct smp_pattern smp_alloc_test = {
	.name		= "alloc-test",
	.state_bytes	= sizeof(struct table),
	.prepare	= prepare,
	.step		= step,
	.finish		= finish,
};
