// SPDX-License-Identifier: GPL-2.0
/*
 * Grace periods: what a lookup has found under RCU is not handed out again before
 * the reader is done.
 */
#include <linux/slab.h>

#include "heaps/heap.h"
#include "pages/arena.h"
#include "spans/central.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	/* How often a freed descriptor has the chance to be handed out again. */
	NR_TRIES	= 4,
	NR_NEXT		= 64,
	LARGE_BYTES	= 100000,
};

/*
 * Whether what lies at @gone has been freed: the kernel's allocator hands out
 * again what came back last, if it is asked for the same size on the same CPU.
 */
static bool handed_out_again(const void *gone, size_t size_bytes)
{
	void *next[NR_NEXT];
	bool found = false;
	unsigned int i;

	for (i = 0; i < NR_NEXT; i++) {
		next[i] = kmalloc(size_bytes, GFP_NOWAIT);
		found |= next[i] == gone;
	}
	while (i--)
		kfree(next[i]);
	return found;
}

static void a_reader_keeps_the_span_of_a_large_object(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	unsigned int try;

	for (try = 0; try < NR_TRIES; try++) {
		struct kspan_span *span;
		size_t size_bytes;
		void *p;

		migrate_disable();
		p = kspan_alloc(heap, LARGE_BYTES, GFP_KERNEL);
		rcu_read_lock();
		span = p ? kspan_span_at((unsigned long)p) : NULL;
		size_bytes = span ? ksize(span) : 0;
		kspan_free(p);
		if (span)
			KUNIT_EXPECT_FALSE(test, handed_out_again(span, size_bytes));
		rcu_read_unlock();
		migrate_enable();
		KUNIT_EXPECT_NOT_NULL(test, span);
	}
	kit_expect_empty(test, heap);
}

/* The leaf of a chunk whose last page goes to the kernel. */
static void a_reader_keeps_a_leaf(struct kunit *test)
{
	const unsigned int order = get_order(KSPAN_CHUNK_BYTES);
	const u32 nobody = S32_MAX;
	struct kspan_leaf *leaf;
	struct kspan_map *map;
	unsigned long addr;
	size_t size_bytes;

	addr = __get_free_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN,
				order);
	if (!addr)
		kunit_skip(test, "no contiguous pages");
	migrate_disable();
	KUNIT_EXPECT_EQ(test, kspan_arena_add(addr, KSPAN_CHUNK_PAGES, nobody,
					      GFP_KERNEL), 0);
	rcu_read_lock();
	map = rcu_dereference_raw(kspan_map);
	leaf = READ_ONCE(map->leaves[(addr >> KSPAN_CHUNK_SHIFT) -
				     map->first_chunk]);
	size_bytes = ksize(leaf);
	kspan_arena_release(addr, KSPAN_CHUNK_PAGES, nobody);
	KUNIT_EXPECT_FALSE(test, handed_out_again(leaf, size_bytes));
	rcu_read_unlock();
	migrate_enable();
	/* Nothing of it is looked up any more. */
	synchronize_rcu();
	free_pages(addr, order);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_reader_keeps_the_span_of_a_large_object),
	KUNIT_CASE(a_reader_keeps_a_leaf),
	{}
};

struct kunit_suite kit_grace_suite = {
	.name = "kspan_grace",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
