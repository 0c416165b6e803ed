// SPDX-License-Identifier: GPL-2.0
/*
 * Huge objects: who finds them, and that a heap takes all of its own with it.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>
#include <linux/wait_bit.h>

#include "heaps/heap.h"
#include "spans/huge.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	HUGE_BYTES	= SZ_4M + SZ_4K,
	NR_OBJECTS	= 40,
	NR_STEPS	= 3000,
	TRIES		= 100,
};

static struct kspan_heap *new_heap(struct kunit *test, const char *name)
{
	struct kspan_heap *heap = kspan_heap_create(name, NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	return heap;
}

static void *new_object(struct kunit *test, struct kspan_heap *heap)
{
	void *p = kspan_alloc(heap, HUGE_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_TRUE(test, is_vmalloc_addr(p));
	return p;
}

/*
 * Frees an object and stops where its freer might be preempted: the object waits
 * for vfree(), and nobody has queued the work.
 */
static void *free_half(struct kunit *test, struct kspan_heap *heap)
{
	struct kspan_huge_objects *objects = &heap->storage.huge;
	unsigned int i;
	void *p;

	for (i = 0; i < TRIES; i++) {
		p = new_object(test, heap);
		kspan_free(p);
		cancel_work_sync(&objects->free_work);
		if (!llist_empty(&objects->dead))
			return p;
		/* The worker was faster. */
	}
	KUNIT_FAIL_AND_ABORT(test, "the work is never late");
	return NULL;
}

static bool is_mapped(void *p)
{
	return vmalloc_to_page(p);
}

static void the_dead_go_with_their_heap(struct kunit *test)
{
	struct kspan_heap *heap = new_heap(test, "kunit-huge");
	void *late = free_half(test, heap);

	KUNIT_EXPECT_TRUE(test, is_mapped(late));
	kspan_heap_destroy(heap);
	KUNIT_EXPECT_FALSE(test, is_mapped(late));
}

static void a_flush_waits_for_what_was_freed(struct kunit *test)
{
	struct kspan_heap *heap = new_heap(test, "kunit-huge");
	void *late = free_half(test, heap);

	kspan_huge_flush(&heap->storage.huge);
	KUNIT_EXPECT_FALSE(test, is_mapped(late));
	KUNIT_EXPECT_EQ(test, atomic64_read(&heap->storage.huge.held_bytes), 0);
	kspan_heap_destroy(heap);
}

/* The first of the dead has nobody who queues the work; the second has. */
static void the_dead_do_not_wait_for_the_first(struct kunit *test)
{
	struct kspan_heap *heap = new_heap(test, "kunit-huge");
	void *late = free_half(test, heap);
	void *p = new_object(test, heap);
	unsigned int i;

	kspan_free(p);
	for (i = 0; i < TRIES && (is_mapped(p) || is_mapped(late)); i++)
		msleep(20);
	KUNIT_EXPECT_FALSE(test, is_mapped(p));
	KUNIT_EXPECT_FALSE(test, is_mapped(late));
	kspan_heap_destroy(heap);
}

/* Somebody is amid a free of another heap's object meanwhile. */
static void heaps_do_not_wait_for_others(struct kunit *test)
{
	struct kspan_heap *other = new_heap(test, "kunit-other");
	struct kspan_heap *heap = new_heap(test, "kunit-huge");
	void *late = free_half(test, other);
	void *p = new_object(test, heap);
	void *freed = new_object(test, heap);

	kspan_free(freed);
	kspan_heap_destroy(heap);
	KUNIT_EXPECT_FALSE(test, is_mapped(p));
	KUNIT_EXPECT_FALSE(test, is_mapped(freed));
	KUNIT_EXPECT_TRUE(test, is_mapped(late));
	kspan_heap_destroy(other);
	KUNIT_EXPECT_FALSE(test, is_mapped(late));
}

struct destroyer {
	struct kspan_heap	*heap;
	struct completion	done;
};

static int destroy(void *arg)
{
	struct destroyer *destroyer = arg;

	kspan_heap_destroy(destroyer->heap);
	complete(&destroyer->done);
	return 0;
}

/* As if a freer had taken an object out of the tree, and no more so far. */
static void destruction_waits_for_the_count(struct kunit *test)
{
	struct destroyer destroyer = { .heap = new_heap(test, "kunit-huge") };
	atomic64_t *held = &destroyer.heap->storage.huge.held_bytes;
	struct task_struct *task;

	new_object(test, destroyer.heap);
	KUNIT_EXPECT_EQ(test, atomic64_read(held), HUGE_BYTES);
	atomic64_add(PAGE_SIZE, held);
	init_completion(&destroyer.done);
	task = kthread_run(destroy, &destroyer, "kspan-destroy");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&destroyer.done,
							  HZ / 2), 0);
	/* What lies there of a heap that is gone is nobody's. */
	if (!completion_done(&destroyer.done)) {
		atomic64_sub(PAGE_SIZE, held);
		wake_up_var(held);
	}
	wait_for_completion(&destroyer.done);
}

/**
 * struct object - an object, as the test knows it
 * @p: it, or NULL
 * @pages: its kernel pages
 * @heap: which of the two
 */
struct object {
	void		*p;
	unsigned int	pages;
	unsigned int	heap;
};

static void expect_found(struct kunit *test, struct rnd_state *rnd,
			 struct kspan_heap **heaps, const struct object *object)
{
	size_t bytes = object->pages * PAGE_SIZE;
	struct kspan_object found;
	struct kspan_huge_view view;

	KUNIT_EXPECT_FALSE(test, kspan_owns(object->p - 1));
	KUNIT_EXPECT_FALSE(test, kspan_owns(object->p + bytes));
	KUNIT_EXPECT_TRUE(test, kspan_find_object(object->p +
						  kit_below(rnd, bytes),
						  &found));
	KUNIT_EXPECT_PTR_EQ(test, found.start, object->p);
	KUNIT_EXPECT_EQ(test, found.size_bytes, bytes);
	KUNIT_EXPECT_PTR_EQ(test, found.heap, heaps[object->heap]);
	KUNIT_EXPECT_TRUE(test, kspan_huge_next(&heaps[object->heap]->storage.huge,
						(unsigned long)object->p,
						&view));
	KUNIT_EXPECT_PTR_EQ(test, view.start, object->p);
}

/* A heap's objects, each once, by address. */
static void expect_walk(struct kunit *test, struct kspan_heap *heap,
			unsigned int index, const struct object *objects)
{
	struct kspan_huge_view view;
	unsigned long from = 0;
	unsigned int nfound = 0;
	unsigned int nlive = 0;
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++)
		nlive += objects[i].p && objects[i].heap == index;
	while (kspan_huge_next(&heap->storage.huge, from, &view)) {
		KUNIT_EXPECT_GE(test, (unsigned long)view.start, from);
		KUNIT_EXPECT_PTR_EQ(test, view.source, &heap->storage.source);
		from = (unsigned long)view.start + view.size_bytes;
		nfound++;
	}
	KUNIT_EXPECT_EQ(test, nfound, nlive);
}

static void are_found_by_any_address(struct kunit *test)
{
	struct kspan_heap *heaps[2] = {
		new_heap(test, "kunit-huge"), new_heap(test, "kunit-other"),
	};
	struct object objects[NR_OBJECTS] = { };
	struct rnd_state rnd;
	unsigned int step;
	bool limited;

	kit_seed(test, &rnd);
	for (step = 0; step < NR_STEPS; step++) {
		struct object *object = &objects[kit_below(&rnd, NR_OBJECTS)];

		if (object->p) {
			expect_found(test, &rnd, heaps, object);
			kspan_free(object->p);
			KUNIT_EXPECT_FALSE(test, kspan_owns(object->p));
			object->p = NULL;
		} else {
			object->heap = kit_below(&rnd, 2);
			object->pages = 1 + kit_below(&rnd, 20);
			object->p = kspan_huge_alloc(&heaps[object->heap]->storage.huge,
						     object->pages * PAGE_SIZE,
						     PAGE_SIZE, NUMA_NO_NODE,
						     GFP_KERNEL, &limited);
			KUNIT_ASSERT_NOT_NULL(test, object->p);
		}
		if (step % 100 == 99) {
			expect_walk(test, heaps[0], 0, objects);
			expect_walk(test, heaps[1], 1, objects);
		}
	}
	kspan_heap_destroy(heaps[0]);
	kspan_heap_destroy(heaps[1]);
	for (step = 0; step < NR_OBJECTS; step++)
		KUNIT_EXPECT_FALSE(test, kspan_owns(objects[step].p));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(are_found_by_any_address),
	KUNIT_CASE(the_dead_go_with_their_heap),
	KUNIT_CASE(a_flush_waits_for_what_was_freed),
	KUNIT_CASE(the_dead_do_not_wait_for_the_first),
	KUNIT_CASE(heaps_do_not_wait_for_others),
	KUNIT_CASE(destruction_waits_for_the_count),
	{}
};

struct kunit_suite kit_huge_suite = {
	.name = "kspan_huge",
	.test_cases = cases,
};
