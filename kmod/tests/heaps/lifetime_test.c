// SPDX-License-Identifier: GPL-2.0
/*
 * What readers without a lock may rely on: that what they have found stays until
 * they have done, and that what they read belongs together.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "caches/trim.h"
#include "heaps/heap.h"
#include "heaps/registry.h"
#include "spans/supply.h"
#include "tests/kit.h"
#include "tests/suites.h"
#include "watch/stats.h"

enum {
	SIZE_BYTES	= 64,
	NR_KEPT		= 100,
	NR_DECOYS	= 64,
	SECTION_MS	= 20,
	NR_ENDINGS	= 8,
	HALF_WAY_MS	= 30,
	LOOK_MS		= 500,
	LOOK_MAX_MS	= 30000,
	NR_ROUNDS	= 2000 / KIT_SLOWNESS,
	MANY		= 1000000,
	/* More than a magazine has, so that arrays and batches come and go. */
	NR_IN_BATCHES	= 300,
};

static struct kspan_store *store_of(struct kspan_heap *heap)
{
	return &heap->storage.stores[kspan_sizeclass(SIZE_BYTES)];
}

static int local_node(struct kspan_heap *heap)
{
	return kspan_source_local_node(&heap->storage.source);
}

/* Starts a thread on another CPU than this one, which the caller stays on. */
static struct task_struct *elsewhere(struct kunit *test, int (*fn)(void *),
				     void *arg)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask,
					   raw_smp_processor_id());
	struct task_struct *task = kthread_create(fn, arg, "kspan-other");

	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	kthread_bind(task, cpu);
	get_task_struct(task);
	wake_up_process(task);
	return task;
}

static void join(struct task_struct *task)
{
	kthread_stop(task);
	put_task_struct(task);
}

/**
 * struct ending - a heap that is destroyed while others look
 * @heap: the heap
 * @done: it has been
 */
struct ending {
	struct kspan_heap	*heap;
	bool			done;
};

static int destroy(void *arg)
{
	struct ending *ending = arg;

	kspan_heap_destroy(ending->heap);
	/* All of it has been freed by now. */
	smp_store_release(&ending->done, true);
	return 0;
}

/* The table that an address is looked up in. */
static struct page *table_of(unsigned long addr)
{
	const struct kspan_map *map = rcu_dereference_raw(kspan_map);
	unsigned long chunk = (addr >> KSPAN_CHUNK_SHIFT) - map->first_chunk;
	unsigned long rows = READ_ONCE(map->rows[chunk]);

	return virt_to_page((void *)(rows +
				     ALIGN_DOWN(kspan_page_number(addr),
						KSPAN_CHUNK_PAGES) *
				     sizeof(struct kspan_row *)));
}

/**
 * struct found - how often readers found what goes
 * @heaps: the heap, by its id
 * @spans: the span, by an address
 * @tables: the chunk's table, which is not that of other chunks
 * @heaps_gone: of these, what had gone before they were done
 * @spans_gone: likewise, with its pages
 * @tables_gone: likewise
 */
struct found {
	unsigned int	heaps;
	unsigned int	spans;
	unsigned int	tables;
	unsigned int	heaps_gone;
	unsigned int	spans_gone;
	unsigned int	tables_gone;
};

static void look(struct ending *ending, u32 id, unsigned long addr,
		 const struct page *nobody, struct found *found)
{
	const struct kspan_row *row;
	struct page *table;
	bool heap;
	bool span;

	rcu_read_lock();
	heap = kspan_heap_of_id(id);
	span = kspan_span_at(addr);
	table = table_of(addr);
	mdelay(SECTION_MS);
	row = kspan_arena_row(addr);
	/* Done while this section goes on: it has not been waited for. */
	found->heaps_gone += heap && smp_load_acquire(&ending->done);
	found->spans_gone += span && (row == &kspan_row_released ||
				      row == &kspan_row_foreign);
	found->tables_gone += table != nobody && !page_ref_count(table);
	rcu_read_unlock();
	found->heaps += heap;
	found->spans += span;
	found->tables += table != nobody;
}

/* A heap that is destroyed on another CPU, while this one looks. */
static void end_one(struct kunit *test, const struct page *nobody,
		    struct found *found)
{
	struct ending ending = {
		.heap = kspan_heap_create("kunit-ending", NULL),
	};
	struct task_struct *task;
	unsigned long addr;
	u32 id;

	KUNIT_ASSERT_FALSE(test, IS_ERR(ending.heap));
	id = ending.heap->storage.source.id;
	/* A chunk of its own, if there is one. */
	addr = (unsigned long)kspan_alloc(ending.heap, KSPAN_MAX_CONTIG_BYTES,
					  GFP_KERNEL);
	if (is_vmalloc_addr((void *)addr))
		addr = (unsigned long)kspan_alloc(ending.heap, 64, GFP_KERNEL);
	KUNIT_ASSERT_NE(test, addr, 0UL);
	migrate_disable();
	task = elsewhere(test, destroy, &ending);
	do {
		look(&ending, id, addr, nobody, found);
		/* The heap has gone. */
	} while (!smp_load_acquire(&ending.done));
	migrate_enable();
	join(task);
}

/*
 * The other CPU is amid the end when a look begins: it may be past each wait but
 * the last, or have none left.
 */
static void heap_is_destroyed(struct kunit *test)
{
	struct page *nobody = table_of((unsigned long)__va(0));
	struct found found = {};
	unsigned int i;

	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	for (i = 0; i < NR_ENDINGS; i++)
		end_one(test, nobody, &found);
	kunit_info(test, "%u heaps, %u spans, %u tables\n", found.heaps,
		   found.spans, found.tables);
	KUNIT_EXPECT_GT(test, found.heaps, NR_ENDINGS);
	KUNIT_EXPECT_EQ(test, found.heaps_gone, 0);
	KUNIT_EXPECT_EQ(test, found.spans_gone, 0);
	KUNIT_EXPECT_EQ(test, found.tables_gone, 0);
}

/* Frees an object, and with it its span; the caller stays on its CPU. */
static void free_with_span(struct kspan_heap *heap, void *p, size_t size)
{
	struct kspan_store *store;

	kspan_free(p);
	if (size > KSPAN_MAX_CLASS_BYTES)
		return;
	store = &heap->storage.stores[kspan_sizeclass(size)];
	kspan_mag_drain(store, false);
	kspan_trim_all(store);
	kspan_central_trim_atomic(store, local_node(heap));
}

/* Whoever has found a span reads its descriptor, and no later owner's memory. */
static void span_goes(struct kunit *test)
{
	static const size_t sizes[] = { SIZE_BYTES, 64 << 10 };
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p = kspan_alloc(heap, sizes[i], GFP_KERNEL);
		void *decoys[NR_DECOYS];
		struct kspan_span *span;
		size_t size_bytes;
		unsigned int n;

		KUNIT_ASSERT_NOT_NULL(test, p);
		migrate_disable();
		rcu_read_lock();
		span = kspan_span_at((unsigned long)p);
		size_bytes = struct_size(span, alloc_bits,
					 kspan_span_words(span->nelems));
		free_with_span(heap, p, sizes[i]);
		KUNIT_EXPECT_NULL(test, kspan_span_at((unsigned long)p));
		for (n = 0; n < NR_DECOYS; n++) {
			decoys[n] = kmalloc(size_bytes, GFP_ATOMIC);
			if (decoys[n])
				memset(decoys[n], 0xff, size_bytes);
		}
		KUNIT_EXPECT_EQ(test, span->addr,
				ALIGN_DOWN((unsigned long)p, KSPAN_PAGE_BYTES));
		rcu_read_unlock();
		migrate_enable();
		for (n = 0; n < NR_DECOYS; n++)
			kfree(decoys[n]);
	}
}

/**
 * struct writer - somebody who stops amid a change for a while
 * @heap: of what
 * @stage: 1 while it is half done, 2 when it is about to end
 */
struct writer {
	struct kspan_heap	*heap;
	int			stage;
};

static void stop_half_way(struct writer *writer)
{
	/* The change is half done when that is seen. */
	smp_store_release(&writer->stage, 1);
	mdelay(HALF_WAY_MS);
}

static int pop_slowly(void *arg)
{
	struct writer *writer = arg;
	struct kspan_mag __percpu *mag = store_of(writer->heap)->mag;

	preempt_disable();
	if (kspan_mag_begin(mag)) {
		this_cpu_ptr(mag)->allocs += MANY;
		stop_half_way(writer);
		this_cpu_ptr(mag)->allocs -= MANY;
	}
	/* Undone when that is seen. */
	smp_store_release(&writer->stage, 2);
	kspan_mag_end(mag);
	preempt_enable();
	while (!kthread_should_stop())
		cond_resched();
	return 0;
}

static int count_slowly(void *arg)
{
	struct writer *writer = arg;
	struct kspan_central *central =
		&store_of(writer->heap)->central[local_node(writer->heap)];

	spin_lock_irq(&central->lock);
	write_seqcount_begin(&central->seq);
	central->counts.out += MANY;
	stop_half_way(writer);
	central->counts.out -= MANY;
	/* Undone when that is seen. */
	smp_store_release(&writer->stage, 2);
	write_seqcount_end(&central->seq);
	spin_unlock_irq(&central->lock);
	while (!kthread_should_stop())
		cond_resched();
	return 0;
}

/* What a reader finds who begins amid the change. */
static void read_amid(struct kunit *test, int (*change)(void *))
{
	struct writer writer = { .heap = kit_heap(test) };
	struct kspan_store_stats stats;
	struct task_struct *task;
	int stage;

	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	migrate_disable();
	task = elsewhere(test, change, &writer);
	/* Half of the change is there. */
	while (!smp_load_acquire(&writer.stage))
		cpu_relax();
	kspan_store_stats(writer.heap, kspan_sizeclass(SIZE_BYTES), &stats);
	/* Was it undone when the reader had read? */
	stage = smp_load_acquire(&writer.stage);
	migrate_enable();
	join(task);
	KUNIT_EXPECT_EQ(test, stage, 2);
	KUNIT_EXPECT_LT(test, stats.allocs, MANY);
	KUNIT_EXPECT_LT(test, stats.counts.out, MANY);
}

static void amid_a_magazines_operation(struct kunit *test)
{
	read_amid(test, pop_slowly);
}

static void amid_a_change_of_counts(struct kunit *test)
{
	read_amid(test, count_slowly);
}

/**
 * struct traffic - somebody who changes all the time what others read
 * @heap: of what
 * @nid: on which node
 * @nrounds: how often so far
 */
struct traffic {
	struct kspan_heap	*heap;
	int			nid;
	unsigned int		nrounds;
};

/* Whether to look on: for a while, in which much has happened. */
static bool looks_on(const struct traffic *traffic, unsigned long start)
{
	if (time_after(jiffies, start + msecs_to_jiffies(LOOK_MAX_MS)))
		return false;
	return READ_ONCE(traffic->nrounds) < NR_ROUNDS ||
	       time_before(jiffies, start + msecs_to_jiffies(LOOK_MS));
}

static int grow_and_trim(void *arg)
{
	struct traffic *traffic = arg;
	struct kspan_heap *heap = traffic->heap;
	bool limited;

	while (!kthread_should_stop()) {
		WRITE_ONCE(traffic->nrounds, traffic->nrounds + 1);
		kspan_supply_span(store_of(heap), traffic->nid, GFP_KERNEL,
				  &limited);
		/* So that it is there half of the time. */
		udelay(10);
		kspan_central_trim(store_of(heap), traffic->nid);
		cond_resched();
	}
	return 0;
}

/* Each span has as many pages and slots as all others. */
static void spans_come_and_go(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	const struct kspan_sizeclass *sc = store_of(heap)->sc;
	struct traffic traffic = { .heap = heap };
	struct kspan_central_counts counts;
	unsigned long start = jiffies;
	struct task_struct *task;
	unsigned int nseen = 0;
	unsigned int nodd = 0;

	KUNIT_ASSERT_EQ(test, sc->short_npages, sc->npages);
	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	migrate_disable();
	traffic.nid = local_node(heap);
	task = elsewhere(test, grow_and_trim, &traffic);
	while (looks_on(&traffic, start)) {
		kspan_central_read(&store_of(heap)->central[traffic.nid],
				   &counts);
		nseen += counts.spans;
		nodd += counts.pages != counts.spans * sc->npages ||
			counts.slots != counts.spans * sc->nelems;
	}
	migrate_enable();
	join(task);
	KUNIT_EXPECT_GE(test, traffic.nrounds, NR_ROUNDS);
	KUNIT_EXPECT_GT(test, nseen, 0);
	KUNIT_EXPECT_EQ(test, nodd, 0);
}

static int alloc_and_free(void *arg)
{
	struct traffic *traffic = arg;

	while (!kthread_should_stop()) {
		unsigned int i;

		WRITE_ONCE(traffic->nrounds, traffic->nrounds + 1);
		for (i = 0; i < 1000; i++)
			kspan_free(kspan_alloc(traffic->heap, SIZE_BYTES,
					       GFP_KERNEL));
		cond_resched();
	}
	return 0;
}

/* Nothing that stays live is missed for what is allocated and freed meanwhile. */
static void objects_come_and_go(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct traffic traffic = { .heap = heap };
	struct kspan_store_stats stats;
	unsigned long start = jiffies;
	struct task_struct *task;
	unsigned int nmissed = 0;
	void *kept[NR_KEPT];

	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	KUNIT_ASSERT_EQ(test, kspan_alloc_bulk(heap, SIZE_BYTES, GFP_KERNEL,
					       NR_KEPT, kept), NR_KEPT);
	migrate_disable();
	task = elsewhere(test, alloc_and_free, &traffic);
	while (looks_on(&traffic, start)) {
		kspan_store_stats(heap, kspan_sizeclass(SIZE_BYTES), &stats);
		nmissed += stats.live < NR_KEPT;
	}
	migrate_enable();
	join(task);
	KUNIT_EXPECT_GE(test, traffic.nrounds, NR_ROUNDS);
	KUNIT_EXPECT_EQ(test, nmissed, 0);
	kspan_free_bulk(NR_KEPT, kept);
}

static int alloc_and_free_many(void *arg)
{
	static void *objs[NR_IN_BATCHES];
	struct traffic *traffic = arg;

	while (!kthread_should_stop()) {
		unsigned int n = kspan_alloc_bulk(traffic->heap, SIZE_BYTES,
						  GFP_KERNEL, NR_IN_BATCHES,
						  objs);

		kspan_free_bulk(n, objs);
		WRITE_ONCE(traffic->nrounds, traffic->nrounds + 1);
		cond_resched();
	}
	return 0;
}

/* What one CPU has in use is never less than nothing, nor more than it takes. */
static void batches_come_and_go(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct traffic traffic = { .heap = heap };
	struct kspan_mag_counts counts;
	unsigned long start = jiffies;
	struct task_struct *task;
	unsigned int nodd = 0;
	unsigned int cpu;

	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	migrate_disable();
	cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	task = elsewhere(test, alloc_and_free_many, &traffic);
	while (looks_on(&traffic, start)) {
		kspan_mag_read(store_of(heap), cpu, &counts);
		nodd += counts.allocs - counts.frees > NR_IN_BATCHES;
	}
	migrate_enable();
	join(task);
	KUNIT_EXPECT_GE(test, traffic.nrounds, NR_ROUNDS);
	KUNIT_EXPECT_EQ(test, nodd, 0);
}

/* Single slots, past the caches. */
static int take_and_put(void *arg)
{
	struct traffic *traffic = arg;
	struct kspan_store *store = store_of(traffic->heap);

	while (!kthread_should_stop()) {
		unsigned int i;
		void *slot;

		for (i = 0; i < 1000; i++) {
			if (kspan_central_take(store, traffic->nid, &slot, 1,
					       KSPAN_BATCH_DIRECT))
				kspan_central_put(store, &slot, 1,
						  KSPAN_BATCH_DIRECT);
		}
		WRITE_ONCE(traffic->nrounds, traffic->nrounds + 1);
		cond_resched();
	}
	return 0;
}

/* What is out of the spans is what users took and have not put back. */
static void counts_are_of_one_moment(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);
	struct traffic traffic = { .heap = heap };
	struct kspan_central_counts counts;
	unsigned long start = jiffies;
	struct task_struct *task;
	unsigned int nout = 0;
	unsigned int nodd = 0;
	bool limited;

	if (num_online_cpus() == 1)
		kunit_skip(test, "one CPU");
	migrate_disable();
	traffic.nid = local_node(heap);
	KUNIT_EXPECT_EQ(test, kspan_supply_span(store_of(heap), traffic.nid,
						GFP_KERNEL, &limited),
			traffic.nid);
	task = elsewhere(test, take_and_put, &traffic);
	while (looks_on(&traffic, start)) {
		kspan_central_read(&store_of(heap)->central[traffic.nid],
				   &counts);
		nout += counts.out;
		nodd += counts.out != counts.direct_allocs - counts.direct_frees;
	}
	migrate_enable();
	join(task);
	KUNIT_EXPECT_GE(test, traffic.nrounds, NR_ROUNDS);
	KUNIT_EXPECT_GT(test, nout, 0);
	KUNIT_EXPECT_EQ(test, nodd, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(heap_is_destroyed),
	KUNIT_CASE(span_goes),
	KUNIT_CASE(amid_a_magazines_operation),
	KUNIT_CASE(amid_a_change_of_counts),
	KUNIT_CASE(spans_come_and_go),
	KUNIT_CASE(objects_come_and_go),
	KUNIT_CASE(batches_come_and_go),
	KUNIT_CASE(counts_are_of_one_moment),
	{}
};

struct kunit_suite kit_lifetime_suite = {
	.name = "kspan_lifetime",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
