// SPDX-License-Identifier: GPL-2.0
/*
 * Heaps of up to 64 GB, and 10 000 of them: nothing that is done with a lock held
 * takes longer for that.
 *
 * Page heaps are made of chunks that are only numbers. Where the clock counts
 * instructions (ICOUNT=1), what each operation takes at most is held against a
 * bound; else against what it takes in a small heap, as far as clocks allow.
 */
#include <linux/ktime.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "heaps/heap.h"
#include "heaps/registry.h"
#include "pages/release.h"
#include "spans/huge.h"
#include "tests/kit.h"
#include "tests/suites.h"

static bool counting;
module_param_named(instructions, counting, bool, 0444);
MODULE_PARM_DESC(instructions, "the clock counts instructions");

static unsigned int nr_heaps = 100;
module_param_named(heaps, nr_heaps, uint, 0444);
MODULE_PARM_DESC(heaps, "of the test of many heaps");

enum {
	/* With interrupts off at most, in instructions. */
	BOUND		= 20000,
	/* Else: as often as long as in a small heap, and so much more. */
	RATIO		= 40,
	SLACK_NS	= 100000,
	SMALL_CHUNKS	= 16,
	LARGE_CHUNKS	= 16384,
	REPEATS		= 64,
	HOLE_PAGES	= 10,
	HOLE_DISTANCE	= 16,
	HOLE_OFFSET	= 2,
	NR_HUGE		= 16000,
};

/* Nothing is read or written there. */
#define BASE	(PAGE_OFFSET + SZ_64M)

/**
 * struct cost - what an operation takes
 * @least_ns: at best, which other work on the machine spoils least
 * @most_ns: at worst
 */
struct cost {
	u64	least_ns;
	u64	most_ns;
};

static void cost_init(struct cost *cost)
{
	cost->least_ns = U64_MAX;
	cost->most_ns = 0;
}

static void cost_add(struct cost *cost, u64 begun_ns)
{
	u64 ns = ktime_get_ns() - begun_ns;

	cost->least_ns = min(cost->least_ns, ns);
	cost->most_ns = max(cost->most_ns, ns);
}

static void expect_bounded(struct kunit *test, const char *what,
			   const struct cost *small, const struct cost *large)
{
	kunit_info(test, "%s: small %llu, large %llu, at most %llu\n", what,
		   small->least_ns, large->least_ns, large->most_ns);
	KUNIT_EXPECT_LE_MSG(test, counting ? large->most_ns : large->least_ns,
			    counting ? (u64)BOUND :
			    RATIO * small->least_ns + SLACK_NS, "%s", what);
}

enum operation {
	TAKE_ALIGNED,
	TAKE_NONE,
	TAKE_LARGEST,
	TAKE_PAGE,
	PUT_PAGE,
	SEARCH,
	RELEASE,
	RELEASE_AGAIN,
	UNRETIRE,
	VIEW,
	NR_OPERATIONS,
};

static const char * const names[] = {
	[TAKE_ALIGNED]	= "take 8 pages at a multiple of 8",
	[TAKE_NONE]	= "look for them where there are none",
	[TAKE_LARGEST]	= "look for 512 pages",
	[TAKE_PAGE]	= "take a page",
	[PUT_PAGE]	= "put a page back",
	[SEARCH]	= "a piece of a search for an odd run",
	[RELEASE]	= "a piece of a release",
	[RELEASE_AGAIN]	= "a release that finds nothing",
	[UNRETIRE]	= "a piece of a search for poisoned pages",
	[VIEW]		= "copy a chunk's state",
};

static void costs_init(struct cost *costs)
{
	unsigned int i;

	for (i = 0; i < NR_OPERATIONS; i++)
		cost_init(&costs[i]);
}

/*
 * In each chunk blocks of two pages, and holes of ten pages in which there are
 * no eight at a multiple of eight; but for the last, which has one.
 */
static struct kspan_pageheap *heap_new(struct kunit *test,
				       unsigned int nr_chunks)
{
	struct kspan_pageheap *ph = kunit_kzalloc(test, sizeof(*ph), GFP_KERNEL);
	const struct kspan_run whole = {
		.npages = KSPAN_CHUNK_PAGES, .align_pages = 1,
		.kind = KSPAN_HALF_MANY, .mix = true,
	};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ph);
	kspan_pageheap_init(ph);
	for (i = 0; i < nr_chunks; i++) {
		unsigned long addr = BASE + i * KSPAN_CHUNK_BYTES;
		struct kspan_chunk *chunk = kspan_chunk_new(GFP_KERNEL);
		unsigned int page;
		bool zeroed;

		KUNIT_ASSERT_NOT_NULL(test, chunk);
		spin_lock_irq(&ph->lock);
		kspan_pageheap_insert(ph, chunk, addr, KSPAN_CHUNK_PAGES, false);
		for (page = 0; page < KSPAN_CHUNK_PAGES; page += 2)
			kspan_pagebits_set(&chunk->heads, page, 1);
		kspan_pageheap_alloc(ph, &whole, &zeroed);
		for (page = HOLE_OFFSET; page < KSPAN_CHUNK_PAGES;
		     page += HOLE_DISTANCE)
			kspan_pageheap_free(ph, addr + kspan_npages_bytes(page),
					    HOLE_PAGES);
		if (i == nr_chunks - 1)
			kspan_pageheap_free(ph, addr + kspan_npages_bytes(1), 1);
		if (i == nr_chunks - 1)
			kspan_pageheap_free(ph, addr, 1);
		spin_unlock_irq(&ph->lock);
		cond_resched();
	}
	return ph;
}

static void heap_delete(struct kspan_pageheap *ph)
{
	struct kspan_chunk *chunk;
	struct kspan_chunk *next;

	rbtree_postorder_for_each_entry_safe(chunk, next, &ph->chunks.by_addr,
					     node)
		kfree(chunk);
}

static unsigned long take(struct kspan_pageheap *ph, unsigned int npages,
			  unsigned int align_pages, struct cost *cost)
{
	const struct kspan_run run = {
		.npages = npages, .align_pages = align_pages,
		.kind = KSPAN_HALF_MANY, .mix = true,
	};
	unsigned long addr;
	bool zeroed;
	u64 begun_ns;

	spin_lock_irq(&ph->lock);
	begun_ns = ktime_get_ns();
	addr = kspan_pageheap_alloc(ph, &run, &zeroed);
	cost_add(cost, begun_ns);
	spin_unlock_irq(&ph->lock);
	return addr;
}

static void put(struct kspan_pageheap *ph, unsigned long addr,
		unsigned int npages, struct cost *cost)
{
	u64 begun_ns;

	spin_lock_irq(&ph->lock);
	begun_ns = ktime_get_ns();
	kspan_pageheap_free(ph, addr, npages);
	cost_add(cost, begun_ns);
	spin_unlock_irq(&ph->lock);
}

static void search(struct kspan_pageheap *ph, struct cost *cost)
{
	const struct kspan_run odd = {
		.npages = 9, .align_pages = 4,
		.kind = KSPAN_HALF_MANY, .mix = true,
	};
	unsigned long from = 0;
	unsigned long addr;
	bool zeroed;

	do {
		u64 begun_ns;

		spin_lock_irq(&ph->lock);
		begun_ns = ktime_get_ns();
		addr = kspan_pageheap_search(ph, &odd, &from, &zeroed);
		cost_add(cost, begun_ns);
		spin_unlock_irq(&ph->lock);
	} while (!addr && from);
}

/* Pages that are split have no memory behind them: it is only said so. */
static void split(struct kspan_pageheap *ph, const struct kspan_block *block)
{
	unsigned int first = kspan_page_in_chunk(block->addr);
	struct kspan_chunk *chunk = kspan_chunk_find(&ph->chunks, block->addr);

	kspan_pagebits_set(&chunk->split, first, block->npages);
	kspan_pagebits_set(&chunk->heads, first, block->npages);
	chunk->splitting = false;
}

/* Gives back what can go, but for a block; returns the calls that it took. */
static unsigned int release(struct kspan_pageheap *ph, unsigned int flags,
			    unsigned long most_pages, struct cost *cost)
{
	enum kspan_detached what;
	struct kspan_release walk;
	struct kspan_block block;
	unsigned int ncalls = 0;

	kspan_release_init(&walk, flags);
	do {
		u64 begun_ns;

		spin_lock_irq(&ph->lock);
		begun_ns = ktime_get_ns();
		what = kspan_pageheap_detach(ph, &walk, most_pages, &block);
		cost_add(cost, begun_ns);
		spin_unlock_irq(&ph->lock);
		ncalls++;
		if (what == KSPAN_DETACH_SPLIT)
			split(ph, &block);
		if (what == KSPAN_DETACHED)
			kfree(block.chunk);
		cond_resched();
	} while (what != KSPAN_DETACH_DONE);
	return ncalls;
}

static void turn(struct kspan_pageheap *ph)
{
	spin_lock_irq(&ph->lock);
	kspan_pageheap_turn(ph);
	kspan_pageheap_turn(ph);
	spin_unlock_irq(&ph->lock);
}

static void unretire(struct kspan_pageheap *ph, unsigned long page,
		     struct cost *cost)
{
	unsigned long start = 0;

	spin_lock_irq(&ph->lock);
	kspan_pageheap_retire(ph, page);
	spin_unlock_irq(&ph->lock);
	while (start < ULONG_MAX) {
		u64 begun_ns;

		spin_lock_irq(&ph->lock);
		begun_ns = ktime_get_ns();
		kspan_pageheap_unretire(ph, &start, ULONG_MAX);
		cost_add(cost, begun_ns);
		spin_unlock_irq(&ph->lock);
	}
}

static void try_all(struct kunit *test, unsigned int nr_chunks,
		    struct cost *costs)
{
	struct kspan_pageheap *ph = heap_new(test, nr_chunks);
	struct kspan_chunk_view view;
	struct kspan_chunk *chunk;
	struct cost ignored;
	unsigned long addr;
	unsigned int i;

	costs_init(costs);
	cost_init(&ignored);
	for (i = 0; i < REPEATS; i++) {
		u64 begun_ns;

		addr = take(ph, 8, 8, &costs[TAKE_ALIGNED]);
		KUNIT_EXPECT_EQ(test, addr,
				BASE + (nr_chunks - 1) * KSPAN_CHUNK_BYTES);
		KUNIT_EXPECT_EQ(test, take(ph, 8, 8, &costs[TAKE_NONE]), 0);
		KUNIT_EXPECT_EQ(test, take(ph, 512, 1, &costs[TAKE_LARGEST]),
				0);
		if (addr)
			put(ph, addr, 8, &ignored);
		addr = take(ph, 1, 1, &costs[TAKE_PAGE]);
		put(ph, addr, 1, &costs[PUT_PAGE]);
		addr = BASE + (kit_below(&(struct rnd_state){ i, i, i, i },
					 nr_chunks)) * KSPAN_CHUNK_BYTES;
		begun_ns = ktime_get_ns();
		kspan_pageheap_next_chunk(ph, addr, &view);
		cost_add(&costs[VIEW], begun_ns);
	}
	search(ph, &costs[SEARCH]);
	unretire(ph, BASE + (nr_chunks - 1) * KSPAN_CHUNK_BYTES +
		 kspan_npages_bytes(KSPAN_CHUNK_PAGES - 1), &costs[UNRETIRE]);
	turn(ph);
	release(ph, KSPAN_RELEASE_ANY, ULONG_MAX, &costs[RELEASE]);
	KUNIT_EXPECT_EQ(test, ph->free_pages, 0);
	/* What is there now is fresh, and left alone. */
	chunk = kspan_chunk_new(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, chunk);
	spin_lock_irq(&ph->lock);
	kspan_pageheap_insert(ph, chunk, BASE + nr_chunks * KSPAN_CHUNK_BYTES,
			      KSPAN_CHUNK_PAGES, false);
	spin_unlock_irq(&ph->lock);
	release(ph, 0, ULONG_MAX, &ignored);
	for (i = 0; i < REPEATS; i++)
		KUNIT_EXPECT_EQ(test, release(ph, 0, ULONG_MAX,
					      &costs[RELEASE_AGAIN]), 1);
	heap_delete(ph);
}

static void page_heaps(struct kunit *test)
{
	struct cost *small = kunit_kcalloc(test, NR_OPERATIONS, sizeof(*small),
					   GFP_KERNEL);
	struct cost *large = kunit_kcalloc(test, NR_OPERATIONS, sizeof(*large),
					   GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, small);
	KUNIT_ASSERT_NOT_NULL(test, large);
	try_all(test, SMALL_CHUNKS, small);
	try_all(test, LARGE_CHUNKS, large);
	for (i = 0; i < NR_OPERATIONS; i++)
		expect_bounded(test, names[i], &small[i], &large[i]);
}

/* Lookups and frees of huge objects beside many. */
static void huge_of(struct kunit *test, struct kspan_heap *heap,
		    struct kspan_heap *other, unsigned int nobjs,
		    struct cost *found, struct cost *walked, struct cost *freed,
		    struct cost *destroyed)
{
	struct kspan_huge_objects *objects = &heap->storage.huge;
	struct kspan_huge_view view;
	unsigned long from = 0;
	struct kspan_object obj;
	unsigned int i;
	bool limited;

	for (i = 0; i < nobjs; i++) {
		void *p = kspan_huge_alloc(i % 2 ? &other->storage.huge : objects,
					   PAGE_SIZE, PAGE_SIZE, NUMA_NO_NODE,
					   GFP_KERNEL, &limited);

		KUNIT_ASSERT_NOT_NULL(test, p);
	}
	cost_init(found);
	cost_init(walked);
	cost_init(freed);
	cost_init(destroyed);
	for (i = 0; i < REPEATS; i++) {
		u64 begun_ns = ktime_get_ns();

		if (!kspan_huge_next(objects, from, &view))
			break;
		cost_add(walked, begun_ns);
		begun_ns = ktime_get_ns();
		KUNIT_EXPECT_TRUE(test, kspan_find_object(view.start + 100,
							  &obj));
		cost_add(found, begun_ns);
		preempt_disable();
		begun_ns = ktime_get_ns();
		kspan_free(view.start);
		cost_add(freed, begun_ns);
		preempt_enable();
		from = (unsigned long)view.start + nobjs / 4 * PAGE_SIZE;
	}
}

static void huge_objects(struct kunit *test)
{
	static const char * const what[] = {
		"find a huge object", "the next huge object of a heap",
		"free a huge object", "destroy a huge object",
	};
	struct cost costs[2][4];
	unsigned int large;
	unsigned int i;

	for (large = 0; large < 2; large++) {
		struct kspan_heap *heap = kspan_heap_create("kunit-huge", NULL);
		struct kspan_heap *other = kspan_heap_create("kunit-huge2", NULL);
		unsigned int nobjs = large ? 2 * NR_HUGE : 64;
		struct cost *cost = costs[large];
		u64 begun_ns;

		KUNIT_ASSERT_FALSE(test, IS_ERR(heap) || IS_ERR(other));
		huge_of(test, heap, other, nobjs, &cost[0], &cost[1], &cost[2],
			&cost[3]);
		begun_ns = ktime_get_ns();
		kspan_heap_destroy(heap);
		cost[3].least_ns = (ktime_get_ns() - begun_ns) / (nobjs / 2);
		cost[3].most_ns = cost[3].least_ns;
		kspan_heap_destroy(other);
	}
	for (i = 0; i < 4; i++)
		expect_bounded(test, what[i], &costs[0][i], &costs[1][i]);
}

/* A reserve all of whose pages are lent, page by page. */
static void reserve_of(struct kunit *test, size_t bytes, struct cost *lend,
		       struct cost *back)
{
	struct kspan_heap_params params = {
		.limit_bytes = bytes, .min_reserve_bytes = bytes,
	};
	struct kspan_heap *heap = kspan_heap_create("kunit-reserve", &params);
	struct kspan_store *store;
	unsigned int n = bytes / KSPAN_PAGE_BYTES;
	unsigned int i;
	void **objs;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	store = &heap->storage.stores[kspan_sizeclass(KSPAN_PAGE_BYTES)];
	objs = kvcalloc(n, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	cost_init(lend);
	cost_init(back);
	for (i = 0; i < n; i++) {
		u64 begun_ns;

		preempt_disable();
		begun_ns = ktime_get_ns();
		objs[i] = kspan_reserve_alloc(store);
		cost_add(lend, begun_ns);
		preempt_enable();
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	KUNIT_EXPECT_NULL(test, kspan_reserve_alloc(store));
	for (i = 0; i < n; i++) {
		/* Neither in order nor against it. */
		unsigned int place = (i * 7919UL + 13) % n;
		u64 begun_ns;

		preempt_disable();
		begun_ns = ktime_get_ns();
		kspan_free(objs[place]);
		cost_add(back, begun_ns);
		preempt_enable();
	}
	kvfree(objs);
	KUNIT_EXPECT_EQ(test, READ_ONCE(heap->storage.reserve.idle_pages), n);
	kspan_heap_destroy(heap);
}

static void reserves(struct kunit *test)
{
	struct cost small[2];
	struct cost large[2];

	reserve_of(test, SZ_1M, &small[0], &small[1]);
	reserve_of(test, SZ_256M, &large[0], &large[1]);
	expect_bounded(test, "lend a page of a reserve", &small[0], &large[0]);
	expect_bounded(test, "take it back", &small[1], &large[1]);
}

/* A central list of which a part is empty spans. */
static void trim_of(struct kunit *test, unsigned int nobjs, struct cost *cost)
{
	struct kspan_heap *heap = kspan_heap_create("kunit-trim", NULL);
	void **objs = kvcalloc(nobjs, sizeof(*objs), GFP_KERNEL);
	struct kspan_central *central;
	unsigned int ntaken = 0;
	struct kspan_span *next;
	struct kspan_span *span;
	unsigned int nempty;
	LIST_HEAD(spans);
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < nobjs; i++)
		objs[i] = kspan_alloc(heap, KSPAN_PAGE_BYTES, GFP_KERNEL);
	central = kspan_span_at((unsigned long)objs[0])->central;
	for (i = 0; i < nobjs; i += 8)
		kspan_free(objs[i]);
	kspan_heap_drain(heap);
	nempty = central->buckets.nr_empty;
	cost_init(cost);
	do {
		u64 begun_ns = ktime_get_ns();

		i = kspan_central_trim_some(central, UINT_MAX, &spans);
		cost_add(cost, begun_ns);
		ntaken += i;
	} while (i);
	KUNIT_EXPECT_EQ(test, ntaken, nempty);
	/* They are nobody's now, and go with their heap. */
	list_for_each_entry_safe(span, next, &spans, list)
		list_del_init(&span->list);
	kvfree(objs);
	kspan_heap_destroy(heap);
}

static void central_lists(struct kunit *test)
{
	struct cost small;
	struct cost large;

	trim_of(test, 512, &small);
	trim_of(test, 8192, &large);
	expect_bounded(test, "a piece of trimming a central list", &small,
		       &large);
}

static void heaps_of(struct kunit *test, unsigned int nheaps, struct cost *find,
		     struct cost *next)
{
	struct kspan_heap **heaps = kvcalloc(nheaps, sizeof(*heaps), GFP_KERNEL);
	struct kspan_heap *heap;
	char name[KSPAN_NAME_BYTES];
	unsigned int nfound = 0;
	u64 begun_ns;
	unsigned int i;
	u32 id = 0;

	KUNIT_ASSERT_NOT_NULL(test, heaps);
	for (i = 0; i < nheaps; i++) {
		snprintf(name, sizeof(name), "kunit-%u", i);
		heaps[i] = kspan_heap_create(name, NULL);
		KUNIT_ASSERT_FALSE(test, IS_ERR(heaps[i]));
	}
	cost_init(find);
	cost_init(next);
	for (i = 0; i < nheaps; i++) {
		snprintf(name, sizeof(name), "kunit-%u", i);
		begun_ns = ktime_get_ns();
		heap = kspan_heap_find(name);
		cost_add(find, begun_ns);
		KUNIT_EXPECT_PTR_EQ(test, heap, heaps[i]);
		kspan_heap_put(heap);
	}
	for (;;) {
		begun_ns = ktime_get_ns();
		heap = kspan_heap_get_next(&id);
		cost_add(next, begun_ns);
		if (!heap)
			break;
		nfound++;
		kspan_heap_put(heap);
	}
	KUNIT_EXPECT_GE(test, nfound, nheaps + 1);
	for (i = 0; i < nheaps; i++) {
		kspan_heap_destroy(heaps[i]);
		cond_resched();
	}
	kvfree(heaps);
}

static void many_heaps(struct kunit *test)
{
	struct cost small[2];
	struct cost large[2];

	heaps_of(test, 10, &small[0], &small[1]);
	heaps_of(test, nr_heaps, &large[0], &large[1]);
	expect_bounded(test, "find a heap by its name", &small[0], &large[0]);
	expect_bounded(test, "the next heap of a walk", &small[1], &large[1]);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(page_heaps),
	KUNIT_CASE(huge_objects),
	KUNIT_CASE(reserves),
	KUNIT_CASE(central_lists),
	KUNIT_CASE(many_heaps),
	{}
};

struct kunit_suite kit_scale_suite = {
	.name = "kspan_scale",
	.init = kit_fast_init,
	.test_cases = cases,
};
