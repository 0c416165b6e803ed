// SPDX-License-Identifier: GPL-2.0
/*
 * What nothing leads to is told of, and nothing else.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kspan_gc.h>
#include <linux/kspan_leaks.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "heaps/heap.h"
#include "tests/hammer.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/reach.h"

enum {
	NODE_BYTES	= 96,
	NR_NODES	= 500,
	NR_DEEP		= 100000 / KIT_SLOWNESS,
	NR_WIDE		= 3 * KSPAN_REACH_STACK,
	NR_SCANS	= 30,
	SHORT_MS	= 2,
	LONG_MS		= 400,
	/* Nobody waits so long who destroys a heap. */
	GOING_MS	= 10000,
};

/**
 * struct node - an object of these tests
 * @next: another one
 * @more: another one
 * @rcu: for who frees it so
 */
struct node {
	struct node	*next;
	struct node	*more;
	struct rcu_head	rcu;
};

/**
 * struct found - what a scan has told
 * @nr: objects
 * @nled: of these, those that others lead to
 * @bytes: of all
 * @class: of the last
 * @size_bytes: likewise
 * @age_least_ms: likewise
 * @age_most_ms: likewise
 * @nstable: of these, those below @stable_end of @stable
 * @stable: these must not be told
 * @nr_stable: how many there are
 */
struct found {
	unsigned long	nr;
	unsigned long	nled;
	u64		bytes;
	unsigned int	class;
	size_t		size_bytes;
	u64		age_least_ms;
	u64		age_most_ms;
	unsigned long	nstable;
	void		**stable;
	unsigned int	nr_stable;
};

/* In the data of the module, and so no root unless that is asked for. */
static struct node *global;

static int tell(const struct kspan_unreachable *obj, void *arg)
{
	struct found *found = arg;
	unsigned int i;

	found->nr++;
	found->nled += obj->led;
	found->bytes += obj->size_bytes;
	found->class = obj->sizeclass;
	found->size_bytes = obj->size_bytes;
	found->age_least_ms = obj->age_least_ms;
	found->age_most_ms = obj->age_most_ms;
	for (i = 0; i < found->nr_stable; i++)
		found->nstable += found->stable[i] == obj->start;
	return 0;
}

static struct found scan_with(struct kunit *test,
			      struct kspan_scan_params *params)
{
	struct found found = { };
	long ret;

	params->interval_ms = params->interval_ms ?: SHORT_MS;
	ret = kspan_heap_unreachable(kit_heap(test), params, tell, &found);
	KUNIT_EXPECT_EQ(test, ret, found.nr);
	return found;
}

static struct found scan(struct kunit *test)
{
	struct kspan_scan_params params = { };

	return scan_with(test, &params);
}

static struct node *new_node(struct kunit *test, struct node *next)
{
	struct node *node = kspan_zalloc(kit_heap(test), NODE_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, node);
	node->next = next;
	return node;
}

/* The last node leads to @last. */
static struct node *new_list(struct kunit *test, unsigned int nr,
			     struct node *last)
{
	struct node *head = last;

	while (nr--)
		head = new_node(test, head);
	return head;
}

static struct node *new_circle(struct kunit *test, unsigned int nr)
{
	struct node *last = new_node(test, NULL);

	last->next = new_list(test, nr - 1, last);
	return last;
}

static void free_list(struct node *node)
{
	while (node) {
		struct node *next = node->next;

		kspan_free(node);
		node = next;
	}
}

static void add_root(struct kunit *test, const void *start, size_t nbytes)
{
	KUNIT_ASSERT_EQ(test,
			kspan_heap_root_add(kit_heap(test), start, nbytes), 0);
}

static void test_refused(struct kunit *test)
{
	struct kspan_scan_params params = { };
	struct kspan_heap_params collected = { .flags = KSPAN_HEAP_GC };
	struct kspan_heap *heap = kit_heap(test);
	struct node *slots[2] = { };
	struct kspan_heap *gc;

	KUNIT_EXPECT_EQ(test, kspan_heap_unreachable(heap, NULL, NULL, NULL),
			-ENODATA);
	params.roots = KSPAN_SCAN_ALL + 1;
	KUNIT_EXPECT_EQ(test, kspan_heap_unreachable(heap, &params, NULL, NULL),
			-EINVAL);
	params.roots = 0;
	params.interval_ms = KSPAN_SCAN_MAX_MS + 1;
	KUNIT_EXPECT_EQ(test, kspan_heap_unreachable(heap, &params, NULL, NULL),
			-EINVAL);
	params.interval_ms = 0;
	params.nr_ranges = 1;
	KUNIT_EXPECT_EQ(test, kspan_heap_unreachable(heap, &params, NULL, NULL),
			-EINVAL);
	params.nr_ranges = 0;
	params.roots = KSPAN_SCAN_MODULE;
	KUNIT_EXPECT_EQ(test, kspan_heap_unreachable(kspan_default_heap(),
						     &params, NULL, NULL),
			-EOPNOTSUPP);

	KUNIT_EXPECT_EQ(test, kspan_heap_root_add(heap, NULL, 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, kspan_heap_root_add(heap, slots, 7), -EINVAL);
	KUNIT_EXPECT_EQ(test, kspan_heap_root_add(heap, (void *)slots + 4, 8),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kspan_heap_root_add(heap, slots, SIZE_MAX),
			-EINVAL);
	add_root(test, slots, sizeof(slots));
	KUNIT_EXPECT_EQ(test, kspan_heap_root_add(heap, slots, 8), -EEXIST);
	KUNIT_EXPECT_EQ(test, scan(test).nr, 0);
	kspan_heap_root_remove(heap, slots);
	KUNIT_EXPECT_EQ(test, kspan_heap_unreachable(heap, NULL, NULL, NULL),
			-ENODATA);

	gc = kspan_heap_create("kunit-gc", &collected);
	KUNIT_ASSERT_FALSE(test, IS_ERR(gc));
	KUNIT_EXPECT_EQ(test, kspan_heap_root_add(gc, slots, 8), -EINVAL);
	params.roots = KSPAN_SCAN_HEAPS;
	KUNIT_EXPECT_EQ(test, kspan_heap_unreachable(gc, &params, NULL, NULL),
			-EOPNOTSUPP);
	kspan_heap_destroy(gc);
}

static void test_list(struct kunit *test)
{
	unsigned int class = kspan_sizeclass(NODE_BYTES);
	struct node *root = new_list(test, NR_NODES, NULL);
	struct found found;
	struct node *node;
	unsigned int i;

	add_root(test, &root, sizeof(root));
	KUNIT_EXPECT_EQ(test, scan(test).nr, 0);
	/* Somebody forgets a part. */
	for (node = root, i = 1; i < NR_NODES / 5; i++)
		node = node->next;
	node->next = NULL;
	found = scan(test);
	KUNIT_EXPECT_EQ(test, found.nr, NR_NODES - NR_NODES / 5);
	KUNIT_EXPECT_EQ(test, found.nled, found.nr - 1);
	KUNIT_EXPECT_EQ(test, found.class, class);
	KUNIT_EXPECT_EQ(test, found.size_bytes,
			kspan_sizeclasses[class].size_bytes);
	KUNIT_EXPECT_EQ(test, found.bytes, found.nr * found.size_bytes);
	KUNIT_EXPECT_GE(test, found.age_least_ms, SHORT_MS - 1);
	KUNIT_EXPECT_GE(test, found.age_most_ms, found.age_least_ms);
	KUNIT_EXPECT_LT(test, found.age_most_ms, 600 * MSEC_PER_SEC);
	/* It is told for as long as it is so. */
	KUNIT_EXPECT_EQ(test, scan(test).nr, found.nr);
	root = NULL;
	KUNIT_EXPECT_EQ(test, scan(test).nr, NR_NODES);
	kspan_heap_root_remove(kit_heap(test), &root);
}

static void test_circle(struct kunit *test)
{
	struct node *roots[4] = { };
	struct found found;

	add_root(test, roots, sizeof(roots));
	roots[3] = new_circle(test, NR_NODES);
	KUNIT_EXPECT_EQ(test, scan(test).nr, 0);
	roots[3] = NULL;
	found = scan(test);
	KUNIT_EXPECT_EQ(test, found.nr, NR_NODES);
	KUNIT_EXPECT_EQ(test, found.nled, NR_NODES);
	kspan_heap_root_remove(kit_heap(test), roots);
}

/* Any address in an object holds it, and whatever lies at any word of it. */
static void test_inside(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void *root = NULL;
	void **large = kspan_zalloc(heap, SZ_256K, GFP_KERNEL);
	void **huge = kspan_zalloc(heap, SZ_8M, GFP_KERNEL);
	struct found found;

	KUNIT_ASSERT_NOT_NULL(test, large);
	KUNIT_ASSERT_NOT_NULL(test, huge);
	add_root(test, &root, sizeof(root));
	large[SZ_256K / 8 - 1] = (void *)huge + SZ_8M - 1;
	huge[SZ_8M / 8 - 1] = (void *)new_node(test, NULL) + NODE_BYTES - 1;
	root = (void *)large + SZ_128K + 3;
	KUNIT_EXPECT_EQ(test, scan(test).nr, 0);

	huge[SZ_8M / 8 - 1] = NULL;
	KUNIT_EXPECT_EQ(test, scan(test).nr, 1);
	large[SZ_256K / 8 - 1] = NULL;
	found = scan(test);
	KUNIT_EXPECT_EQ(test, found.nr, 2);
	KUNIT_EXPECT_EQ(test, found.nled, 0);
	KUNIT_EXPECT_EQ(test, found.size_bytes, SZ_8M);
	KUNIT_EXPECT_EQ(test, found.age_most_ms, KSPAN_AGE_UNKNOWN);
	root = (void *)large - 1;
	found = scan(test);
	KUNIT_EXPECT_EQ(test, found.nr, 3);
	KUNIT_EXPECT_EQ(test, found.bytes, kspan_usable_size(large) + SZ_8M +
			kspan_size_roundup(NODE_BYTES));
	kspan_heap_root_remove(heap, &root);
}

static void test_deep_and_wide(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	void **wide = kspan_zalloc(heap, NR_WIDE * sizeof(void *), GFP_KERNEL);
	struct node *roots[2] = { };
	unsigned int i;
	u64 begun_ns;

	KUNIT_ASSERT_NOT_NULL(test, wide);
	add_root(test, roots, sizeof(roots));
	roots[0] = new_list(test, NR_DEEP, NULL);
	roots[1] = (void *)wide;
	for (i = 0; i < NR_WIDE; i++)
		wide[i] = new_list(test, 2, NULL);
	begun_ns = ktime_get_ns();
	KUNIT_EXPECT_EQ(test, scan(test).nr, 0);
	kunit_info(test, "%u objects: %llu ms\n", NR_DEEP + 2 * NR_WIDE,
		   div_u64(ktime_get_ns() - begun_ns, NSEC_PER_MSEC));
	roots[1] = NULL;
	KUNIT_EXPECT_EQ(test, scan(test).nr, 2 * NR_WIDE + 1);
	kspan_heap_root_remove(heap, roots);
}

static void test_places(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_heap *other = kspan_heap_create("kunit-other", NULL);
	struct node *local = new_list(test, 3, NULL);
	struct kspan_scan_range range = { &local, sizeof(local) };
	struct kspan_scan_params params = { .ranges = &range, .nr_ranges = 1 };
	void **far;

	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	far = kspan_zalloc(other, NODE_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, far);
	WRITE_ONCE(global, new_list(test, 5, NULL));
	far[1] = new_list(test, 7, NULL);
	KUNIT_EXPECT_EQ(test, scan_with(test, &params).nr, 12);
	params.roots = KSPAN_SCAN_MODULE;
	KUNIT_EXPECT_EQ(test, scan_with(test, &params).nr, 7);
	params.roots = KSPAN_SCAN_HEAPS;
	KUNIT_EXPECT_EQ(test, scan_with(test, &params).nr, 5);
	params.roots = KSPAN_SCAN_ALL;
	KUNIT_EXPECT_EQ(test, scan_with(test, &params).nr, 0);
	/* What is free leads nowhere. */
	kspan_free(far);
	KUNIT_EXPECT_EQ(test, scan_with(test, &params).nr, 7);
	params.nr_ranges = 0;
	KUNIT_EXPECT_EQ(test, scan_with(test, &params).nr, 10);
	WRITE_ONCE(global, NULL);
	kspan_heap_destroy(other);
	add_root(test, &heap, sizeof(heap));
	KUNIT_EXPECT_EQ(test, scan(test).nr, 15);
	kspan_heap_root_remove(heap, &heap);
}

static void test_cache(struct kunit *test)
{
	struct kspan_cache *cache = kit_cache(test, "leaky", 104, 0,
					      KSPAN_CACHE_TYPESAFE_BY_RCU, NULL);
	void **objs[2];
	struct found found;

	objs[0] = kspan_cache_zalloc(cache, GFP_KERNEL);
	objs[1] = kspan_cache_zalloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs[0]);
	KUNIT_ASSERT_NOT_NULL(test, objs[1]);
	*objs[0] = objs[1];
	add_root(test, objs, sizeof(objs[0]));
	KUNIT_EXPECT_EQ(test, scan(test).nr, 0);
	*objs[0] = NULL;
	found = scan(test);
	KUNIT_EXPECT_EQ(test, found.nr, 1);
	KUNIT_EXPECT_EQ(test, found.size_bytes, 104);
	KUNIT_EXPECT_GE(test, found.class, KSPAN_NR_STORES);
	kspan_heap_root_remove(kit_heap(test), objs);
	kspan_cache_free(cache, objs[0]);
	kspan_cache_free(cache, objs[1]);
	kspan_cache_destroy(cache);
}

/* Nobody has said where those who use them have them. */
static void test_bump(struct kunit *test)
{
	struct kspan_region *region = kspan_region_create(kit_heap(test),
							   GFP_KERNEL);
	struct kspan_stack *stack = kspan_stack_create(kit_heap(test), SZ_16K,
						       GFP_KERNEL);
	struct node *root = NULL;
	struct node **slot;

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(region));
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(stack));
	slot = kspan_region_alloc(region, SZ_64K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, slot);
	memset(slot, 0, SZ_64K);
	add_root(test, &root, sizeof(root));
	slot[SZ_64K / 8 - 1] = new_list(test, 9, NULL);
	KUNIT_EXPECT_EQ(test, scan(test).nr, 0);
	slot[SZ_64K / 8 - 1] = NULL;
	KUNIT_EXPECT_EQ(test, scan(test).nr, 9);
	kspan_heap_root_remove(kit_heap(test), &root);
	kspan_stack_destroy(stack);
	kspan_region_destroy(region);
}

/**
 * struct later - what is done to objects between two looks
 * @work: does it
 * @freed: is freed
 * @changed: is written to
 */
struct later {
	struct delayed_work	work;
	struct node		*freed;
	struct node		*changed;
};

static void do_later(struct work_struct *work)
{
	struct later *later = container_of(to_delayed_work(work), struct later,
					   work);

	while (later->freed) {
		struct node *next = later->freed->next;

		kspan_free(later->freed);
		later->freed = next;
	}
	later->changed->more = later->changed;
}

static void test_meanwhile(struct kunit *test)
{
	struct kspan_scan_params params = { .interval_ms = LONG_MS };
	struct later later = {
		.freed		= new_list(test, NR_NODES, NULL),
		.changed	= new_node(test, NULL),
	};
	struct node *kept = new_list(test, 11, NULL);
	struct node *root = NULL;

	add_root(test, &root, sizeof(root));
	KUNIT_EXPECT_EQ(test, scan(test).nr, NR_NODES + 12);
	INIT_DELAYED_WORK_ONSTACK(&later.work, do_later);
	schedule_delayed_work(&later.work, msecs_to_jiffies(LONG_MS / 2));
	KUNIT_EXPECT_EQ(test, scan_with(test, &params).nr, 11);
	flush_delayed_work(&later.work);
	destroy_delayed_work_on_stack(&later.work);
	/* From now on it is as it was. */
	KUNIT_EXPECT_EQ(test, scan(test).nr, 12);
	for (; kept; kept = root) {
		root = kept->next;
		kspan_free_rcu(kept, rcu);
	}
	KUNIT_EXPECT_EQ(test, scan(test).nr, 1);
	kspan_heap_root_remove(kit_heap(test), &root);
}

/* Others allocate and free meanwhile, as fast as they can. */
/**
 * struct going - a scan of a heap that is to go
 * @heap: the heap
 * @ret: what came of it
 * @done: it has ended, and the heap is put
 */
struct going {
	struct kspan_heap	*heap;
	long			ret;
	struct completion	done;
};

static int scan_going(void *arg)
{
	static unsigned long nothing;
	static const struct kspan_scan_range range = {
		.start = &nothing, .size_bytes = sizeof(nothing),
	};
	const struct kspan_scan_params params = {
		.interval_ms = 4 * GOING_MS, .ranges = &range, .nr_ranges = 1,
	};
	struct going *going = arg;

	going->ret = kspan_heap_unreachable(going->heap, &params, NULL, NULL);
	kspan_heap_put(going->heap);
	kthread_complete_and_exit(&going->done, 0);
}

/* A heap with an object out of reach, which is looked at. */
static void begin_going(struct kunit *test, const char *name,
			struct going *going)
{
	struct task_struct *task;

	init_completion(&going->done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kspan_heap_create(name, NULL)));
	going->heap = kspan_heap_find(name);
	KUNIT_ASSERT_NOT_NULL(test, going->heap);
	KUNIT_EXPECT_NOT_NULL(test, kspan_alloc(going->heap, NODE_BYTES,
						GFP_KERNEL));
	task = kthread_run(scan_going, going, "kspan_going");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	/* It is at it, or waits for its turn. */
	msleep(LONG_MS);
}

static void end_going(struct kunit *test, struct going *going)
{
	u64 begun_ns = ktime_get_ns();

	kspan_heap_destroy(going->heap);
	KUNIT_EXPECT_LT(test, ktime_get_ns() - begun_ns,
			(u64)GOING_MS * NSEC_PER_MSEC);
	wait_for_completion(&going->done);
	KUNIT_EXPECT_EQ(test, going->ret, -ENOENT);
}

/* Who destroys a heap does not wait for the end of a scan, be it another heap's. */
static void test_heap_goes(struct kunit *test)
{
	struct going one;
	struct going waiting;

	begin_going(test, "kit-going-1", &one);
	begin_going(test, "kit-going-2", &waiting);
	end_going(test, &waiting);
	end_going(test, &one);
}

static void test_busy(struct kunit *test)
{
	struct kspan_scan_params params = { .interval_ms = SHORT_MS };
	struct kit_hammer *hammer = kit_hammer_start(test);
	struct node *root = new_list(test, NR_NODES, NULL);
	struct node *lost = new_circle(test, NR_NODES);
	void **stable = kvmalloc_array(NR_NODES, sizeof(*stable), GFP_KERNEL);
	unsigned long ntold = 0;
	struct node *node;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, stable);
	for (node = root, i = 0; node; node = node->next)
		stable[i++] = node;
	add_root(test, &root, sizeof(root));
	add_root(test, hammer->places, sizeof(hammer->places));
	for (i = 0; i < NR_SCANS; i++) {
		struct found found = {
			.stable = stable, .nr_stable = NR_NODES,
		};
		long nr = kspan_heap_unreachable(kit_heap(test), &params, tell,
						 &found);

		/* What they do not write to may still lead to the lost ones. */
		KUNIT_EXPECT_GE(test, nr, 0);
		KUNIT_EXPECT_EQ(test, found.nstable, 0);
		ntold += nr;
	}
	kunit_info(test, "%lu were told of in %u scans\n", ntold,
		   NR_SCANS);
	kspan_heap_root_remove(kit_heap(test), hammer->places);
	kspan_heap_root_remove(kit_heap(test), &root);
	free_list(root);
	node = lost->next;
	lost->next = NULL;
	free_list(node);
	atomic64_add(2 * NR_NODES, &hammer->nops);
	kit_hammer_stop(test, hammer);
	kvfree(stable);
}

static struct kunit_case unreachable_cases[] = {
	KUNIT_CASE(test_refused),
	KUNIT_CASE(test_list),
	KUNIT_CASE(test_circle),
	KUNIT_CASE(test_inside),
	KUNIT_CASE(test_deep_and_wide),
	KUNIT_CASE(test_places),
	KUNIT_CASE(test_cache),
	KUNIT_CASE(test_bump),
	KUNIT_CASE(test_meanwhile),
	KUNIT_CASE(test_heap_goes),
	KUNIT_CASE_SLOW(test_busy),
	{}
};

struct kunit_suite kit_unreachable_suite = {
	.name		= "kspan_unreachable",
	.init		= kit_heap_init,
	.exit		= kit_heap_exit,
	.test_cases	= unreachable_cases,
};
