// SPDX-License-Identifier: GPL-2.0
/*
 * How much a load gets before memory runs out. When the kernel is about to call
 * the OOM killer, a reserve goes back to it instead, and the load ends: nobody is
 * killed for it.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/kspan.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "command.h"
#include "population.h"
#include "starve.h"

enum {
	MAX_ROUNDS	= 64,
	RESERVE_PAGES	= 1024,
	PATIENCE_MS	= 5000,
	NAP_MS		= 50,
};

static const struct {
	const char *name;
	gfp_t gfp;
} gfps[] = {
	{ "kernel", GFP_KERNEL },
	{ "retry", GFP_KERNEL | __GFP_RETRY_MAYFAIL },
	{ "noretry", GFP_KERNEL | __GFP_NORETRY },
	{ "nofs", GFP_NOFS | __GFP_NORETRY },
	{ "nowait", GFP_NOWAIT },
	{ "atomic", GFP_ATOMIC },
};

/* ---- the OOM killer -------------------------------------------------------- */

/* Pages for whoever needs them while a round is ended; the lock guards both. */
static DEFINE_SPINLOCK(reserve_lock);
static LIST_HEAD(reserve);
static bool memory_is_out;

static void reserve_free(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}

static bool reserve_fill(void)
{
	LIST_HEAD(pages);
	struct page *page;
	u32 i;

	for (i = 0; i < RESERVE_PAGES; i++) {
		page = alloc_page(GFP_KERNEL | __GFP_RETRY_MAYFAIL |
				  __GFP_NOWARN);
		if (!page) {
			reserve_free(&pages);
			return false;
		}
		list_add(&page->lru, &pages);
	}
	spin_lock(&reserve_lock);
	list_splice(&pages, &reserve);
	memory_is_out = false;
	spin_unlock(&reserve_lock);
	return true;
}

static void reserve_drop(void)
{
	LIST_HEAD(pages);

	spin_lock(&reserve_lock);
	list_splice_init(&reserve, &pages);
	spin_unlock(&reserve_lock);
	reserve_free(&pages);
}

static int about_to_kill(struct notifier_block *nb, unsigned long event,
			 void *freed)
{
	WRITE_ONCE(memory_is_out, true);
	reserve_drop();
	/* What the reserve does not do, the load will: it ends now. */
	*(unsigned long *)freed += RESERVE_PAGES;
	return NOTIFY_OK;
}

static struct notifier_block oom_notifier = {
	.notifier_call = about_to_kill,
};

/* ---- rounds ---------------------------------------------------------------- */

static struct {
	bool live;
	struct population population;
} load;

static struct {
	u32 nr_rounds;
	struct {
		u64 requested_bytes;
		s64 held_bytes;
		u64 idle_bytes;		/* of these, in no live slot; kspan's */
		bool oom;
	} rounds[MAX_ROUNDS];
} last;

static void drop(void)
{
	if (load.live)
		population_exit(&load.population);
	load.live = false;
}

static u64 idle_bytes(struct population *population)
{
	struct kspan_heap_stats stats;

	if (!population->store.heap)
		return 0;
	kspan_heap_stats(population->store.heap, &stats);
	return stats.backing_bytes - stats.live_bytes;
}

/* Rises by little at a time, to notice when it has to end. */
static int rise(struct population *population)
{
	u64 failures = population->failures;

	while (population->failures == failures && !READ_ONCE(memory_is_out)) {
		if (signal_pending(current))
			return -EINTR;
		if (population_turn(population, POPULATION_BIRTHS,
				    population->requested_bytes + SZ_64K) &&
		    population->end == population->capacity)
			return -E2BIG;
	}
	return 0;
}

/* What the last round has freed is on its way: waits for it. */
static int reserve_await(void)
{
	u32 ms;

	for (ms = 0; ms < PATIENCE_MS; ms += NAP_MS) {
		if (reserve_fill())
			return 0;
		if (msleep_interruptible(NAP_MS))
			return -EINTR;
	}
	return -ENOMEM;
}

static int run_round(struct population *population)
{
	struct kspan_bench_memory memory = {};
	int err = reserve_await();

	if (err)
		return err;
	err = rise(population);
	population->backend->held(&population->store, &memory);
	last.rounds[last.nr_rounds].requested_bytes =
		population->requested_bytes;
	last.rounds[last.nr_rounds].held_bytes = memory.held_bytes;
	last.rounds[last.nr_rounds].idle_bytes = idle_bytes(population);
	last.rounds[last.nr_rounds++].oom = READ_ONCE(memory_is_out);
	if (!err)
		err = population_run(population, POPULATION_RANDOM_DEATHS, 0);
	reserve_drop();
	return err;
}

static int gfp_parse(char **command, gfp_t *gfp)
{
	char *word = bench_command_word(command);
	u32 i;

	for (i = 0; word && i < ARRAY_SIZE(gfps); i++) {
		if (!strcmp(word, gfps[i].name)) {
			*gfp = gfps[i].gfp | __GFP_NOWARN;
			return 0;
		}
	}
	return -EINVAL;
}

static int starve_run(char *command)
{
	enum population_sizes sizes;
	u32 backend, nr_rounds;
	struct sysinfo info;
	gfp_t gfp;
	int err;

	if (!strcmp(strim(command), "drop")) {
		drop();
		return 0;
	}
	if (bench_command_backend(&command, &backend) ||
	    backend == KSPAN_BENCH_NULL ||
	    population_sizes_parse(&command, &sizes) ||
	    gfp_parse(&command, &gfp) ||
	    bench_command_number(&command, 1, MAX_ROUNDS, &nr_rounds) ||
	    bench_command_word(&command))
		return -EINVAL;
	drop();
	last.nr_rounds = 0;
	si_meminfo(&info);
	err = population_init(&load.population, backend, sizes,
			      max_t(u64, (u64)info.totalram * info.mem_unit >> 20, 1));
	if (err)
		return err;
	load.live = true;
	load.population.gfp = gfp;
	err = register_oom_notifier(&oom_notifier);
	if (err)
		return err;
	while (!err && nr_rounds--)
		err = run_round(&load.population);
	unregister_oom_notifier(&oom_notifier);
	return err;
}

static void starve_show(struct seq_file *m)
{
	u32 i;

	for (i = 0; i < last.nr_rounds; i++)
		seq_printf(m, "%llu %lld %llu %s\n",
			   last.rounds[i].requested_bytes,
			   last.rounds[i].held_bytes, last.rounds[i].idle_bytes,
			   last.rounds[i].oom ? "oom" : "null");
}

static struct bench_command starve_command = {
	.name	= "starve",
	.run	= starve_run,
	.show	= starve_show,
};

void bench_starve_init(struct dentry *dir, struct mutex *running)
{
	starve_command.lock = running;
	bench_command_create(dir, &starve_command);
}

void bench_starve_exit(void)
{
	drop();
}
