// SPDX-License-Identifier: GPL-2.0
/*
 * What an allocator holds for a heap whose objects are born and die: filled,
 * at the peak, on average once it is in motion, and when nine of ten objects
 * have been freed at random, which leaves the rest spread over all of it; or
 * those of 16 KB and more at random, and of the others the oldest.
 *
 * Every CPU has its turn, so that objects die on other CPUs than they were born
 * on, and each has its cache filled.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "backend.h"
#include "churn.h"
#include "command.h"
#include "fleet.h"
#include "memory.h"

enum {
	TURN_EVENTS	= 2048,
	MIN_MB		= 1,
	MAX_MB		= 16384,
	MAX_EVENTS	= 1 << 30,
	KEPT_PERCENT	= 10,
	/* Objects that are freed by their age, if any, are smaller. */
	AGED_BYTES	= SZ_16K,
	NR_AGES		= 1 << 12,
	MAX_BLOCKS	= 1 << 16,
};

static const gfp_t churn_gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY;

enum point {
	FILLED,
	PEAK,
	STEADY,		/* mean of the second half of the events */
	FREED,
	RETURNED_0S,
	RETURNED_1S,
	RETURNED_10S,
	NR_POINTS,
};

static const char * const point_names[NR_POINTS] = {
	"filled", "peak", "steady", "freed",
	"returned-0s", "returned-1s", "returned-10s",
};

/* Live objects of one size. */
struct herd {
	void **objects;
	u32 *births;		/* each one's, counted from the first of all */
	u32 nr_objects;
	u32 capacity;
};

struct churn {
	const struct bench_backend *backend;
	struct bench_store store;
	struct fleet fleet;
	void **objects;			/* of all herds */
	u32 *births;			/* likewise */
	u32 nr_births;
	struct herd herds[FLEET_MAX_SIZES];
	struct kspan_bench_memory live;	/* held is only kept at points */
	u64 left;			/* births of a fill, else events */
	u64 errors;
};

/* What a run draws its sizes from; it stays while one runs. */
static const struct fleet_table *table;

/* The last run. */
static struct {
	bool done;
	u64 errors;
	struct kspan_bench_memory points[NR_POINTS];
	u32 blocks[NR_POINTS];	/* of 2 MB, with an object; where looked at */
} last;

/* ---- births and deaths ----------------------------------------------------- */

static void birth(struct churn *churn, u32 size)
{
	struct herd *herd = &churn->herds[size];
	u32 bytes = table->sizes[size].bytes;
	void *p;

	/* So improbable that it changes nothing. */
	if (herd->nr_objects == herd->capacity)
		return;
	p = churn->backend->alloc(&churn->store, bytes, churn_gfp);
	if (!p) {
		churn->errors++;
		return;
	}
	*(u8 *)p = 1;
	herd->births[herd->nr_objects] = churn->nr_births++;
	herd->objects[herd->nr_objects++] = p;
	fleet_count(&churn->fleet, size, 1);
	churn->live.objects++;
	churn->live.requested_bytes += bytes;
	churn->live.slot_bytes += churn->backend->slot_bytes(p);
}

static void death(struct churn *churn, u32 size, u32 at)
{
	struct herd *herd = &churn->herds[size];
	void *p = herd->objects[at];

	herd->objects[at] = herd->objects[--herd->nr_objects];
	herd->births[at] = herd->births[herd->nr_objects];
	fleet_count(&churn->fleet, size, -1);
	churn->live.objects--;
	churn->live.requested_bytes -= table->sizes[size].bytes;
	churn->live.slot_bytes -= churn->backend->slot_bytes(p);
	churn->backend->free(&churn->store, p);
}

static long fill_turn(void *arg)
{
	struct churn *churn = arg;
	u32 i;

	for (i = 0; i < TURN_EVENTS && churn->left; i++, churn->left--)
		birth(churn, fleet_pick_live(&churn->fleet));
	return 0;
}

static long churn_turn(void *arg)
{
	struct churn *churn = arg;
	bool is_birth;
	u32 i, size, nobjs;

	for (i = 0; i < TURN_EVENTS && churn->left; i++, churn->left--) {
		size = fleet_next(&churn->fleet, &is_birth);
		nobjs = churn->herds[size].nr_objects;
		if (is_birth)
			birth(churn, size);
		else if (nobjs)
			death(churn, size,
			      fleet_random_below(&churn->fleet, nobjs));
	}
	return 0;
}

/* ---- points ---------------------------------------------------------------- */

static void look(struct churn *churn, enum point point)
{
	churn->backend->held(&churn->store, &churn->live);
	last.points[point] = churn->live;
}

static void add_block(unsigned long *blocks, void *p)
{
	unsigned long block;

	if (!virt_addr_valid(p))
		return;
	block = virt_to_phys(p) / SZ_2M;
	if (block < MAX_BLOCKS)
		__set_bit(block, blocks);
}

/* Blocks of 2 MB in which there is an object. */
static u32 count_blocks(struct churn *churn)
{
	unsigned long *blocks = bitmap_zalloc(MAX_BLOCKS, GFP_KERNEL);
	u32 size, at, nr_blocks;

	if (!blocks)
		return 0;
	for (size = 0; size < table->nr_sizes; size++) {
		struct herd *herd = &churn->herds[size];
		u32 bytes = table->sizes[size].bytes;

		/* No object is larger than two blocks. */
		for (at = 0; at < herd->nr_objects; at++) {
			add_block(blocks, herd->objects[at]);
			add_block(blocks, herd->objects[at] + bytes / 2);
			add_block(blocks, herd->objects[at] + bytes - 1);
		}
		cond_resched();
	}
	nr_blocks = bitmap_weight(blocks, MAX_BLOCKS);
	bitmap_free(blocks);
	return nr_blocks;
}

static void add(struct kspan_bench_memory *sum,
		const struct kspan_bench_memory *memory)
{
	sum->requested_bytes += memory->requested_bytes;
	sum->slot_bytes += memory->slot_bytes;
	sum->held_bytes += memory->held_bytes;
	sum->metadata_bytes += memory->metadata_bytes;
	sum->objects += memory->objects;
}

static void divide(struct kspan_bench_memory *sum, u32 n)
{
	sum->requested_bytes = div_u64(sum->requested_bytes, n);
	sum->slot_bytes = div_u64(sum->slot_bytes, n);
	sum->held_bytes = div_s64(sum->held_bytes, n);
	sum->metadata_bytes = div_u64(sum->metadata_bytes, n);
	sum->objects = div_u64(sum->objects, n);
}

static int next_cpu(int cpu)
{
	cpu = cpumask_next(cpu, cpu_online_mask);
	return cpu < nr_cpu_ids ? cpu : cpumask_first(cpu_online_mask);
}

static int fill(struct churn *churn)
{
	int cpu = -1;

	churn->left = fleet_objects(&churn->fleet);
	while (churn->left) {
		cpu = next_cpu(cpu);
		work_on_cpu(cpu, fill_turn, churn);
		if (signal_pending(current))
			return -EINTR;
	}
	look(churn, FILLED);
	last.points[PEAK] = churn->live;
	return 0;
}

static int move(struct churn *churn, u64 events)
{
	struct kspan_bench_memory *peak = &last.points[PEAK];
	u32 samples = 0;
	int cpu = -1;

	churn->left = events;
	while (churn->left) {
		cpu = next_cpu(cpu);
		work_on_cpu(cpu, churn_turn, churn);
		churn->backend->held(&churn->store, &churn->live);
		if (churn->live.requested_bytes > peak->requested_bytes)
			*peak = churn->live;
		if (churn->left < events / 2) {
			add(&last.points[STEADY], &churn->live);
			samples++;
		}
		if (signal_pending(current))
			return -EINTR;
	}
	divide(&last.points[STEADY], max(samples, 1U));
	last.blocks[STEADY] = count_blocks(churn);
	return 0;
}

/*
 * The birth before which all but @kept_percent of the small objects were born,
 * to a few thousandth.
 */
static u32 aged_before(struct churn *churn, u32 kept_percent)
{
	u32 shift = max(fls(churn->nr_births) - ilog2(NR_AGES), 0);
	u32 *ages = bench_vmalloc(NR_AGES, sizeof(*ages));
	u32 size, at, nobjs = 0, older = 0;

	if (!ages)
		return 0;
	for (size = 0; size < table->nr_sizes; size++) {
		struct herd *herd = &churn->herds[size];

		if (table->sizes[size].bytes >= AGED_BYTES)
			break;
		for (at = 0; at < herd->nr_objects; at++)
			ages[herd->births[at] >> shift]++;
		nobjs += herd->nr_objects;
	}
	for (at = 0; older < nobjs / 100 * (100 - kept_percent); at++)
		older += ages[at];
	vfree(ages);
	return at << shift;
}

/* Small objects oldest first, or all at random. */
static void thin_out(struct churn *churn, u32 kept_percent, bool by_age)
{
	u32 before = by_age ? aged_before(churn, kept_percent) : 0;
	u32 size, at;

	for (size = 0; size < table->nr_sizes; size++) {
		struct herd *herd = &churn->herds[size];
		bool aged = by_age && table->sizes[size].bytes < AGED_BYTES;

		for (at = herd->nr_objects; at; at--)
			if (aged ? herd->births[at - 1] < before :
			    fleet_random_below(&churn->fleet, 100) >=
			    kept_percent)
				death(churn, size, at - 1);
		cond_resched();
	}
}

static int give_back(struct churn *churn)
{
	look(churn, FREED);
	last.blocks[FREED] = count_blocks(churn);
	if (churn->backend->give_back)
		churn->backend->give_back(&churn->store);
	look(churn, RETURNED_0S);
	msleep_interruptible(1000);
	look(churn, RETURNED_1S);
	msleep_interruptible(9000);
	look(churn, RETURNED_10S);
	return signal_pending(current) ? -EINTR : 0;
}

/* ---- a run ----------------------------------------------------------------- */

static void churn_free(struct churn *churn)
{
	vfree(churn->births);
	vfree(churn->objects);
	vfree(churn);
}

/* Room for what is live on average and eight deviations of that. */
static struct churn *churn_make(u32 backend, u32 megabytes, u32 seed)
{
	struct churn *churn = bench_vmalloc(1, sizeof(*churn));
	u64 target, all = 0;
	u32 i;

	if (!churn)
		return NULL;
	churn->backend = bench_backend_find(backend);
	fleet_init(&churn->fleet, table, (u64)megabytes << 20);
	churn->fleet.random += seed;
	for (i = 0; i < table->nr_sizes; i++) {
		target = churn->fleet.target[i] >> FLEET_LIVE_SHIFT;
		churn->herds[i].capacity = target + 8 * int_sqrt64(target) + 16;
		all += churn->herds[i].capacity;
	}
	churn->objects = bench_vmalloc(all, sizeof(*churn->objects));
	churn->births = bench_vmalloc(all, sizeof(*churn->births));
	if (!churn->objects || !churn->births) {
		churn_free(churn);
		return NULL;
	}
	for (i = 0, all = 0; i < table->nr_sizes; i++) {
		churn->herds[i].objects = churn->objects + all;
		churn->herds[i].births = churn->births + all;
		all += churn->herds[i].capacity;
	}
	return churn;
}

/* BACKEND MEGABYTES EVENTS [SEED [random | age]] */
static int churn_run(char *command)
{
	u32 backend, megabytes, events, seed = 0;
	struct churn *churn;
	bool by_age = false;
	char *order;
	int err;

	if (bench_command_backend(&command, &backend) ||
	    backend == KSPAN_BENCH_NULL ||
	    bench_command_number(&command, MIN_MB, MAX_MB, &megabytes) ||
	    bench_command_number(&command, 1, MAX_EVENTS, &events) ||
	    (command && *command &&
	     bench_command_number(&command, 0, U16_MAX, &seed)))
		return -EINVAL;
	order = bench_command_word(&command);
	if (order) {
		by_age = !strcmp(order, "age");
		if ((!by_age && strcmp(order, "random")) ||
		    bench_command_word(&command))
			return -EINVAL;
	}
	table = bench_fleet_table();
	if (!table)
		return -ENODATA;
	memset(&last, 0, sizeof(last));
	churn = churn_make(backend, megabytes, seed);
	if (!churn)
		return -ENOMEM;
	/* Last, so that what the run itself needs is not in its figures. */
	err = churn->backend->begin(&churn->store);
	if (err)
		goto free;
	err = fill(churn);
	if (!err)
		err = move(churn, events);
	if (!err) {
		thin_out(churn, KEPT_PERCENT, by_age);
		err = give_back(churn);
	}
	thin_out(churn, 0, false);
	churn->backend->end(&churn->store);
	last.errors = churn->errors;
	last.done = !err;
free:
	churn_free(churn);
	return err;
}

static void churn_show(struct seq_file *m)
{
	enum point point;

	if (!last.done)
		return;
	for (point = 0; point < NR_POINTS; point++) {
		const struct kspan_bench_memory *at = &last.points[point];

		seq_printf(m, "%s %llu %llu %lld %llu %llu %llu %u\n",
			   point_names[point], at->requested_bytes,
			   at->slot_bytes, at->held_bytes, at->metadata_bytes,
			   at->objects, last.errors, last.blocks[point]);
	}
}

static struct bench_command churn_command = {
	.name	= "churn",
	.run	= churn_run,
	.show	= churn_show,
};

void bench_churn_init(struct dentry *dir, struct mutex *running)
{
	churn_command.lock = running;
	bench_command_create(dir, &churn_command);
}
