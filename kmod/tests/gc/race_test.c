// SPDX-License-Identifier: GPL-2.0
/*
 * Cycles back to back while threads on all CPUs change a graph: every node that is
 * reached must be one, and be the one that it was made.
 */
#include <linux/delay.h>
#include <linux/kthread.h>

#include "tests/gc/gckit.h"
#include "tests/suites.h"

enum {
	NR_ROOTS	= 64,
	NR_THREADS	= 3,
	RUN_MSECS	= 2000,
};

/**
 * struct race - threads that change a graph
 * @heap: its heap
 * @nodes: of this type
 * @roots: it hangs on these
 * @seed: of random numbers
 * @nr_threads: numbers of threads that have begun
 * @nr_ops: changes
 * @nr_wrong: nodes that were not what they should be
 * @nr_failed: allocations that failed
 */
struct race {
	struct kspan_heap		*heap;
	const struct kspan_gc_type	*nodes;
	void				*roots[NR_ROOTS];
	u32				seed;
	atomic_t			nr_threads;
	atomic64_t			nr_ops;
	atomic_t			nr_wrong;
	atomic_t			nr_failed;
};

static u64 tag_of(const struct gckit_node *node)
{
	return (unsigned long)node * 0x9e3779b97f4a7c15ULL | 1;
}

static void look(struct race *race, const struct gckit_node *node)
{
	if (node && READ_ONCE(node->tag) != tag_of(node))
		atomic_inc(&race->nr_wrong);
}

static void **edge(struct gckit_node *node, struct rnd_state *rnd)
{
	return (void **)&node->next + kit_below(rnd, 4);
}

/* Some node that the roots lead to. */
static struct gckit_node *wander(struct race *race, struct rnd_state *rnd)
{
	struct gckit_node *node =
		kspan_gc_load(&race->roots[kit_below(rnd, NR_ROOTS)]);
	unsigned int steps = kit_below(rnd, 8);

	look(race, node);
	while (node && steps--) {
		struct gckit_node *next = kspan_gc_load(edge(node, rnd));

		if (!next)
			break;
		look(race, next);
		node = next;
	}
	return node;
}

static struct gckit_node *make(struct race *race, gfp_t gfp)
{
	struct gckit_node *node = kspan_gc_alloc(race->heap, race->nodes, 1,
						 gfp);

	if (!node) {
		atomic_inc(&race->nr_failed);
		return NULL;
	}
	if (memchr_inv(node, 0, sizeof(*node)))
		atomic_inc(&race->nr_wrong);
	WRITE_ONCE(node->tag, tag_of(node));
	return node;
}

/*
 * Moves a pointer to where it was not, and away from where it was: what a collector
 * without a barrier would lose.
 */
static void change(struct race *race, struct rnd_state *rnd, gfp_t gfp)
{
	void **root = &race->roots[kit_below(rnd, NR_ROOTS)];
	struct gckit_node *node = wander(race, rnd);
	struct gckit_node *other;

	switch (kit_below(rnd, 6)) {
	case 0:
		other = make(race, gfp);
		if (other && node)
			kspan_gc_store(race->heap, edge(node, rnd), other);
		break;
	case 1:
		other = make(race, gfp);
		if (other)
			kspan_gc_store(race->heap,
				       (void **)&other->next, node);
		if (other)
			kspan_gc_store(race->heap, root, other);
		break;
	case 2:
		other = wander(race, rnd);
		if (node)
			kspan_gc_store(race->heap, edge(node, rnd), other);
		break;
	case 3:
		if (!node)
			break;
		other = kspan_gc_load((void **)&node->other);
		kspan_gc_store(race->heap, (void **)&node->other, NULL);
		look(race, other);
		kspan_gc_store(race->heap, root, other);
		break;
	case 4:
		if (node)
			kspan_gc_store(race->heap, edge(node, rnd), NULL);
		break;
	default:
		other = kspan_gc_load(root);
		kspan_gc_store(race->heap, root, node);
		look(race, other);
		if (node)
			kspan_gc_store(race->heap, edge(node, rnd), other);
		break;
	}
}

static int work(void *arg)
{
	struct race *race = arg;
	bool sleepable = atomic_inc_return(&race->nr_threads) % 2;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, race->seed + atomic_read(&race->nr_threads));
	while (!kthread_should_stop()) {
		unsigned int n = 1 + kit_below(&rnd, 16);

		if (sleepable)
			kspan_gc_enter_sleepable(race->heap);
		else
			kspan_gc_enter(race->heap);
		while (n--) {
			change(race, &rnd, sleepable ? GFP_KERNEL : GFP_ATOMIC);
			atomic64_inc(&race->nr_ops);
			if (sleepable && !kit_below(&rnd, 256))
				usleep_range(10, 50);
		}
		if (sleepable)
			kspan_gc_leave_sleepable(race->heap);
		else
			kspan_gc_leave(race->heap);
		cond_resched();
	}
	return 0;
}

static void run_race(struct kunit *test, struct race *race,
		     unsigned int msecs)
{
	struct task_struct *tasks[NR_THREADS];
	unsigned long end = jiffies + msecs_to_jiffies(msecs);
	struct rnd_state rnd;
	unsigned int i;

	kit_seed(test, &rnd);
	race->seed = prandom_u32_state(&rnd);
	KUNIT_ASSERT_EQ(test, kspan_gc_root_add(race->heap, race->roots,
						NR_ROOTS), 0);
	for (i = 0; i < NR_THREADS; i++)
		tasks[i] = kthread_run(work, race, "kspan_gc_race/%u", i);
	while (time_before(jiffies, end))
		kspan_gc_collect(race->heap);
	for (i = 0; i < NR_THREADS; i++)
		kthread_stop(tasks[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->nr_wrong), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->nr_failed), 0);
	KUNIT_EXPECT_GT(test, atomic64_read(&race->nr_ops), 1000);
}

static struct race *new_race(struct kunit *test)
{
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, race);
	race->heap = gckit(test)->heap;
	race->nodes = gckit(test)->nodes;
	return race;
}

/* Nothing is left when nothing holds it. */
static void end_race(struct kunit *test, struct race *race)
{
	struct kspan_gc_stats stats;

	kspan_gc_root_remove(race->heap, race->roots);
	kspan_gc_collect(race->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
	kspan_gc_stats(race->heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.zombies_total, 0);
	kunit_info(test, "%lld changes, %llu cycles, %llu objects freed\n",
		   atomic64_read(&race->nr_ops), stats.cycles_total,
		   stats.freed_objects_total);
	kit_expect_empty(test, race->heap);
}

static void graph_stays_whole(struct kunit *test)
{
	struct race *race = new_race(test);

	run_race(test, race, RUN_MSECS);
	end_race(test, race);
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE(graph_stays_whole),
	{}
};

struct kunit_suite kit_gc_race_suite = {
	.name = "kspan_gc_race",
	.init = gckit_init,
	.exit = gckit_exit,
	.test_cases = race_cases,
};
