// SPDX-License-Identifier: GPL-2.0
/*
 * The scavenger is kicked, whatever locks the caller holds; by allocations only
 * if they may wake somebody; and by all that it has to see.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "giveback/scavenge.h"
#include "heaps/heap.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_OBJECTS	= 2000,
	LARGE_BYTES	= 64 << 10,
};

/* What somebody has kicked for before is over. */
static void expect_rest(struct kunit *test)
{
	unsigned int ms;

	for (ms = 0; ms < 10000 && kspan_scavenger_kicked(); ms += 20)
		msleep(20);
	KUNIT_ASSERT_FALSE(test, kspan_scavenger_kicked());
}

/* Tracepoints that stand where such a lock is held. */
static const char * const locked[] = {
	"timer_start", "hrtimer_start", "workqueue_queue_work", "sched_waking",
	"sched_wakeup", "sched_switch",
};

/**
 * struct victims - objects that are freed there
 * @objs: the objects
 * @next: the next to be freed
 * @end: where that ends
 * @points: the tracepoints
 */
struct victims {
	void			*objs[NR_OBJECTS];
	atomic_t		next;
	atomic_t		end;
	struct tracepoint	*points[ARRAY_SIZE(locked)];
};

static DEFINE_PER_CPU(bool, in_probe);

/* Its further arguments are the tracepoint's, and not looked at. */
static void probe(void *data)
{
	struct victims *victims = data;
	int i;

	if (this_cpu_read(in_probe))
		return;
	this_cpu_write(in_probe, true);
	i = atomic_inc_return(&victims->next) - 1;
	if (i < atomic_read(&victims->end))
		kspan_free(xchg(&victims->objs[i], NULL));
	this_cpu_write(in_probe, false);
}

static void find_point(struct tracepoint *point, void *data)
{
	struct victims *victims = data;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(locked); i++) {
		if (!strcmp(point->name, locked[i]))
			victims->points[i] = point;
	}
}

static void do_nothing(struct work_struct *work)
{
}

static void frees_take_no_lock_of_others(struct kunit *test)
{
	static DECLARE_DELAYED_WORK(work, do_nothing);
	struct victims *victims = vzalloc(sizeof(*victims));
	struct kspan_heap *heap = kit_heap(test);
	unsigned int nprobes = 0;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, victims);
	if (IS_ENABLED(CONFIG_PREEMPT_RT) ||
	    IS_ENABLED(CONFIG_PROVE_RAW_LOCK_NESTING)) {
		vfree(victims);
		kunit_skip(test, "kfree() may not be called there either");
	}
	/* Large ones; and those that make spans, and depots, full and empty. */
	for (i = 0; i < NR_OBJECTS; i++) {
		victims->objs[i] = kspan_alloc(heap, i % 8 ? 1 + i % 2 * 3000
							   : LARGE_BYTES,
					       GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, victims->objs[i]);
	}
	for_each_kernel_tracepoint(find_point, victims);
	/* One after the other, so that the first free at each of them kicks. */
	for (i = 0; i < ARRAY_SIZE(locked); i++) {
		int end = (i + 1) * (NR_OBJECTS / 8 / ARRAY_SIZE(locked)) * 8;
		unsigned long start;

		expect_rest(test);
		atomic_set(&victims->end, end);
		if (!victims->points[i] ||
		    tracepoint_probe_register(victims->points[i], probe, victims))
			continue;
		nprobes++;
		start = jiffies;
		while (atomic_read(&victims->next) < end &&
		       time_before(jiffies, start + 20 * HZ)) {
			schedule_delayed_work(&work, 1);
			usleep_range(100, 200);
		}
		tracepoint_probe_unregister(victims->points[i], probe, victims);
		tracepoint_synchronize_unregister();
		KUNIT_EXPECT_GE(test, atomic_read(&victims->next), end);
		atomic_set(&victims->next, end);
	}
	cancel_delayed_work_sync(&work);
	for (i = 0; i < NR_OBJECTS; i++)
		kspan_free(victims->objs[i]);
	kunit_info(test, "%u tracepoints\n", nprobes);
	vfree(victims);
	kit_expect_empty(test, heap);
	if (!nprobes)
		kunit_skip(test, "no tracepoints");
}

static bool has_array(struct kspan_heap *heap, size_t size)
{
	const struct kspan_store *store =
		&heap->storage.stores[kspan_sizeclass(size)];
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (per_cpu_ptr(store->mag, cpu)->capacity)
			return true;
	}
	return false;
}

static void allocations_wake_if_they_may(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	const gfp_t silent = __GFP_NOWARN;
	void *objs[4];

	expect_rest(test);
	objs[0] = kspan_alloc(heap, 48, silent);
	objs[1] = kspan_alloc(heap, LARGE_BYTES, silent);
	KUNIT_EXPECT_TRUE(test, has_array(heap, 48));
	KUNIT_EXPECT_FALSE(test, kspan_scavenger_kicked());
	/* Above the soft limit, too. */
	KUNIT_EXPECT_EQ(test, kspan_heap_set_soft_limit(heap, 8192), 0);
	expect_rest(test);
	objs[2] = kspan_alloc(heap, 2 * LARGE_BYTES, silent);
	KUNIT_EXPECT_NOT_NULL(test, objs[2]);
	KUNIT_EXPECT_FALSE(test, kspan_scavenger_kicked());
	KUNIT_EXPECT_EQ(test, kspan_heap_set_soft_limit(heap, 0), 0);
	expect_rest(test);
	objs[3] = kspan_alloc(heap, 96, GFP_NOWAIT);
	KUNIT_EXPECT_TRUE(test, has_array(heap, 96));
	KUNIT_EXPECT_TRUE(test, kspan_scavenger_kicked());
	kspan_free_bulk(ARRAY_SIZE(objs), objs);
	kit_expect_empty(test, heap);
}

static void whatever_is_freed_kicks(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *p = kspan_alloc(heap, LARGE_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	expect_rest(test);
	kspan_free(p);
	KUNIT_EXPECT_TRUE(test, kspan_scavenger_kicked());
#ifdef CONFIG_MEMORY_FAILURE
	p = kspan_alloc(heap, LARGE_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	expect_rest(test);
	SetPageHWPoison(virt_to_page(p + 3 * PAGE_SIZE));
	kit_reports_begin();
	kspan_free(p);
	kit_reports_end();
	KUNIT_EXPECT_TRUE(test, kspan_scavenger_kicked());
	ClearPageHWPoison(virt_to_page(p + 3 * PAGE_SIZE));
#endif
}

static struct kunit_case cases[] = {
	KUNIT_CASE(frees_take_no_lock_of_others),
	KUNIT_CASE(allocations_wake_if_they_may),
	KUNIT_CASE(whatever_is_freed_kicks),
	{}
};

struct kunit_suite kit_kick_suite = {
	.name = "kspan_kick",
	.init = kit_quiet_init,
	.exit = kit_quiet_exit,
	.test_cases = cases,
};
