// SPDX-License-Identifier: GPL-2.0
/*
 * Weak references, cleanups, pins, roots, and frees of what the caller alone holds.
 */
#include "base/fault.h"
#include "gc/cleanup.h"
#include "gc/gc.h"
#include "gc/type.h"
#include "tests/gc/gckit.h"
#include "tests/suites.h"

/* A node that the root holds, and a weak reference to it. */
static struct kspan_gc_weak *rooted_weak(struct kunit *test, size_t offset)
{
	struct gckit *kit = gckit(test);
	struct kspan_gc_weak *weak;
	struct gckit_node *node;

	kspan_gc_enter(kit->heap);
	node = gckit_node(test, 1);
	gckit_set(test, &kit->root, node);
	weak = kspan_gc_weak_create((void *)node + offset, GFP_ATOMIC);
	kspan_gc_leave(kit->heap);
	KUNIT_EXPECT_NOT_NULL(test, weak);
	return weak;
}

static void *get(struct kunit *test, struct kspan_gc_weak *weak)
{
	void *p;

	kspan_gc_enter(gckit(test)->heap);
	p = kspan_gc_weak_get(weak);
	kspan_gc_leave(gckit(test)->heap);
	return p;
}

static void clear_root(struct kunit *test)
{
	kspan_gc_enter(gckit(test)->heap);
	gckit_set(test, &gckit(test)->root, NULL);
	kspan_gc_leave(gckit(test)->heap);
}

static void weak_follows_its_object(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct kspan_gc_weak *weak = rooted_weak(test, 20);

	KUNIT_EXPECT_PTR_EQ(test, get(test, weak), kit->root + 20);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_PTR_EQ(test, get(test, weak), kit->root + 20);
	clear_root(test);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_NULL(test, get(test, weak));
	KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
	kspan_gc_weak_put(weak);
}

/* What was got is a pointer like others. */
static void weak_can_be_stored(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct kspan_gc_weak *weak = rooted_weak(test, 0);

	clear_root(test);
	kspan_gc_enter(kit->heap);
	gckit_set(test, &kit->root, kspan_gc_weak_get(weak));
	kspan_gc_leave(kit->heap);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_NOT_NULL(test, get(test, weak));
	KUNIT_EXPECT_EQ(test, gckit_live(test), 1);
	kspan_gc_weak_put(weak);
	kspan_gc_weak_put(NULL);
}

/* A second object in the slot is not what the reference was made for. */
static void weak_stays_null(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct kspan_gc_weak *weak = rooted_weak(test, 0);

	kspan_gc_enter(kit->heap);
	KUNIT_EXPECT_NULL(test, kspan_gc_weak_create(NULL, GFP_ATOMIC));
	KUNIT_EXPECT_NULL(test, kspan_gc_weak_create(kit, GFP_ATOMIC));
	kspan_gc_leave(kit->heap);
	clear_root(test);
	kspan_gc_collect(kit->heap);
	gckit_list(test, 200);
	KUNIT_EXPECT_NULL(test, get(test, weak));
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_NULL(test, get(test, weak));
	kspan_gc_weak_put(weak);
}

static void free_is_a_death(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct kspan_gc_weak *weak = rooted_weak(test, 0);
	void *node;

	kspan_gc_enter(kit->heap);
	node = kspan_gc_load(&kit->root);
	gckit_set(test, &kit->root, NULL);
	kit_expect_refused(test, node + 8, KSPAN_MISTAKE_INTERIOR);
	KUNIT_EXPECT_EQ(test, kspan_gc_pin(node), 0);
	kit_expect_refused(test, node, KSPAN_MISTAKE_PINNED);
	KUNIT_EXPECT_PTR_EQ(test, kspan_gc_weak_get(weak), node);
	kspan_gc_unpin(node);
	kspan_free(node);
	KUNIT_EXPECT_NULL(test, kspan_gc_weak_get(weak));
	kit_expect_refused(test, node, KSPAN_MISTAKE_DOUBLE_FREE);
	kspan_gc_leave(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
	kspan_gc_weak_put(weak);
	kit_expect_empty(test, kit->heap);
}

static void pins_count(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct gckit_node *node;
	unsigned int i;

	kspan_gc_enter(kit->heap);
	node = gckit_node(test, 1);
	gckit_set(test, (void **)&node->next, gckit_node(test, 2));
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, kspan_gc_pin((void *)node + i % 8), 0);
	KUNIT_EXPECT_EQ(test, kspan_gc_pin(kit), -EINVAL);
	KUNIT_EXPECT_EQ(test, kspan_gc_pin(NULL), -EINVAL);
	kspan_gc_leave(kit->heap);
	for (i = 0; i < 100; i++) {
		if (i % 33 == 0) {
			kspan_gc_collect(kit->heap);
			KUNIT_EXPECT_EQ(test, gckit_live(test), 2);
		}
		kspan_gc_unpin(node);
	}
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
	kit_reports_begin();
	kspan_gc_unpin(node);
	kit_reports_end();
}

static void roots_hold(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	void **slots = kunit_kcalloc(test, 1000, sizeof(void *), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, slots);
	KUNIT_EXPECT_EQ(test, kspan_gc_root_add(kit->heap, slots, 1000), 0);
	KUNIT_EXPECT_EQ(test, kspan_gc_root_add(kit->heap, slots, 10), -EEXIST);
	for (i = 0; i < 1000; i++) {
		kspan_gc_enter(kit->heap);
		gckit_set(test, &slots[i], gckit_node(test, i));
		kspan_gc_leave(kit->heap);
	}
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 1000);
	kspan_gc_root_remove(kit->heap, slots);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
	kspan_fault_set(KSPAN_FAULT_GC_ROOT, KSPAN_FAULT_ONCE);
	KUNIT_EXPECT_EQ(test, kspan_gc_root_add(kit->heap, slots, 1), -ENOMEM);
	kspan_fault_set(KSPAN_FAULT_GC_ROOT, KSPAN_FAULT_OFF);
	kit_reports_begin();
	kspan_gc_root_remove(kit->heap, slots);
	kit_reports_end();
}

static void count_up(void *arg)
{
	/* It may sleep. */
	might_sleep();
	atomic_inc(arg);
}

static void cleanups_run_once(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	atomic_t *runs = kunit_kcalloc(test, 4, sizeof(*runs), GFP_KERNEL);
	struct gckit_node *node;

	KUNIT_ASSERT_NOT_NULL(test, runs);
	kspan_gc_enter(kit->heap);
	node = gckit_node(test, 1);
	gckit_set(test, &kit->root, node);
	KUNIT_EXPECT_EQ(test, kspan_gc_cleanup_add(node, count_up, &runs[0],
						   GFP_ATOMIC), 0);
	KUNIT_EXPECT_EQ(test, kspan_gc_cleanup_add(&node->value, count_up,
						   &runs[0], GFP_ATOMIC), 0);
	KUNIT_EXPECT_EQ(test, kspan_gc_cleanup_add(node, count_up, &runs[1],
						   GFP_ATOMIC), 0);
	KUNIT_EXPECT_EQ(test, kspan_gc_cleanup_add(node, count_up, &runs[2],
						   GFP_ATOMIC), 0);
	KUNIT_EXPECT_EQ(test, kspan_gc_cleanup_add(kit, count_up, &runs[3],
						   GFP_ATOMIC), -EINVAL);
	kspan_gc_cleanup_remove(node, count_up, &runs[2]);
	kspan_gc_leave(kit->heap);
	kspan_gc_collect(kit->heap);
	kspan_gc_cleanup_barrier(kit->heap);
	KUNIT_EXPECT_EQ(test, atomic_read(&runs[0]), 0);
	clear_root(test);
	kspan_gc_collect(kit->heap);
	kspan_gc_cleanup_barrier(kit->heap);
	KUNIT_EXPECT_EQ(test, atomic_read(&runs[0]), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&runs[1]), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&runs[2]), 0);
	kspan_gc_collect(kit->heap);
	kspan_gc_cleanup_barrier(kit->heap);
	KUNIT_EXPECT_EQ(test, atomic_read(&runs[0]), 2);

	/* Once for an object that is freed, too. */
	kspan_gc_enter(kit->heap);
	node = gckit_node(test, 1);
	KUNIT_EXPECT_EQ(test, kspan_gc_cleanup_add(node, count_up, &runs[3],
						   GFP_ATOMIC), 0);
	kspan_free(node);
	kspan_gc_leave(kit->heap);
	kspan_gc_collect(kit->heap);
	kspan_gc_cleanup_barrier(kit->heap);
	KUNIT_EXPECT_EQ(test, atomic_read(&runs[3]), 1);
}

static void heap_ends_with_cleanups(struct kunit *test)
{
	const struct kspan_heap_params params = { .flags = KSPAN_HEAP_GC };
	const struct kspan_gc_type_desc desc = { .name = "any", .size = 16 };
	struct kspan_heap *heap = kspan_heap_create("gckit-end", &params);
	atomic_t *runs = kunit_kzalloc(test, sizeof(*runs), GFP_KERNEL);
	const struct kspan_gc_type *type;
	unsigned int i;
	void *p;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	type = kspan_gc_type_register(heap, &desc);
	for (i = 0; i < 100; i++) {
		kspan_gc_enter(heap);
		p = kspan_gc_alloc(heap, type, 1 + i % 3, GFP_ATOMIC);
		KUNIT_EXPECT_EQ(test, kspan_gc_cleanup_add(p, count_up, runs,
							   GFP_ATOMIC), 0);
		KUNIT_EXPECT_EQ(test, kspan_gc_pin(p), 0);
		kspan_gc_leave(heap);
	}
	KUNIT_EXPECT_EQ(test, kspan_gc_root_add(heap, &p, 1), 0);
	kspan_heap_destroy(heap);
	KUNIT_EXPECT_EQ(test, atomic_read(runs), 100);
}

/* Of a module that goes nothing is called any more. */
static void gone_code_is_not_called(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	atomic_t *runs = kunit_kzalloc(test, sizeof(*runs), GFP_KERNEL);
	struct gckit_node *node;

	KUNIT_ASSERT_NOT_NULL(test, runs);
	kspan_gc_enter(kit->heap);
	node = gckit_node(test, 1);
	gckit_set(test, &kit->root, node);
	KUNIT_EXPECT_EQ(test, kspan_gc_cleanup_add(node, count_up, runs,
						   GFP_ATOMIC), 0);
	kspan_gc_leave(kit->heap);
	kspan_cleanups_forget(kit->heap->gc, THIS_MODULE);
	clear_root(test);
	kspan_gc_collect(kit->heap);
	kspan_gc_cleanup_barrier(kit->heap);
	KUNIT_EXPECT_EQ(test, atomic_read(runs), 0);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 0);
}

static atomic_t nr_traced;

static void trace_first(void *obj, struct kspan_gc_tracer *tracer)
{
	atomic_inc(&nr_traced);
	kspan_gc_trace(tracer, READ_ONCE(*(void **)obj));
}

static void gone_types_are_words(struct kunit *test)
{
	const struct kspan_gc_type_desc desc = {
		.name = "traced", .size = 32, .trace = trace_first,
	};
	struct gckit *kit = gckit(test);
	const struct kspan_gc_type *type = kspan_gc_type_register(kit->heap,
								  &desc);
	void *p;

	KUNIT_ASSERT_FALSE(test, IS_ERR(type));
	kspan_gc_enter(kit->heap);
	p = kspan_gc_alloc(kit->heap, type, 1, GFP_ATOMIC);
	gckit_set(test, p, gckit_node(test, 1));
	gckit_set(test, &kit->root, p);
	kspan_gc_leave(kit->heap);
	atomic_set(&nr_traced, 0);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_GT(test, atomic_xchg(&nr_traced, 0), 0);
	kspan_gc_types_forget(kit->heap->gc, THIS_MODULE);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_traced), 0);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 2);
}

static void free_rcu_is_refused(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	unsigned long total = kspan_last_report.total;
	struct gckit_node *node;

	kspan_gc_enter(kit->heap);
	node = gckit_node(test, 1);
	gckit_set(test, &kit->root, node);
	kspan_gc_leave(kit->heap);
	kit_reports_begin();
	__kspan_free_rcu((struct rcu_head *)&node->value,
			 offsetof(struct gckit_node, value));
	kspan_free_rcu_mightsleep(node);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 2);
	KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake,
			(int)KSPAN_MISTAKE_COLLECTED);
	kspan_rcu_barrier(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 1);
	KUNIT_EXPECT_EQ(test, node->value, 1);
}

static void plain_use_is_refused(struct kunit *test)
{
	struct kspan_heap *heap = gckit(test)->heap;

	kit_reports_begin();
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, 64, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_zalloc(heap, 10, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, 100000, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_alloc(heap, 8 << 20, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_kvmalloc(heap, 100000, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_alloc_aligned(heap, 64, 64, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_cache_create(heap, "c", 64, 0, 0, NULL));
	KUNIT_EXPECT_NULL(test, kspan_region_create(heap, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kspan_stack_create(heap, 4096, GFP_KERNEL));
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_heap_set_reserve(heap, 1 << 20), -EINVAL);
}

static struct kunit_case weak_cases[] = {
	KUNIT_CASE(weak_follows_its_object),
	KUNIT_CASE(weak_can_be_stored),
	KUNIT_CASE(weak_stays_null),
	KUNIT_CASE(free_is_a_death),
	KUNIT_CASE(pins_count),
	KUNIT_CASE(roots_hold),
	KUNIT_CASE(cleanups_run_once),
	KUNIT_CASE(heap_ends_with_cleanups),
	KUNIT_CASE(gone_code_is_not_called),
	KUNIT_CASE(gone_types_are_words),
	KUNIT_CASE(free_rcu_is_refused),
	KUNIT_CASE(plain_use_is_refused),
	{}
};

struct kunit_suite kit_gc_weak_suite = {
	.name = "kspan_gc_weak",
	.init = gckit_init,
	.exit = gckit_exit,
	.test_cases = weak_cases,
};
