// SPDX-License-Identifier: GPL-2.0
#include <linux/memory.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "base/compat.h"
#include "base/fault.h"
#include "pages/arena.h"

/**
 * struct leaf_table - what lookups find of a chunk
 * @rows: for each heap page
 * @tags: likewise
 */
struct leaf_table {
	const struct kspan_row	*rows[KSPAN_CHUNK_PAGES];
	unsigned long		tags[KSPAN_CHUNK_PAGES];
};

/**
 * struct kspan_leaf - the pages of one chunk
 * @table: what lookups find
 * @npages: heap pages that heaps own here; guarded by map_lock
 * @rcu: frees the leaf when the last of them has gone
 */
struct kspan_leaf {
	struct leaf_table	*table;
	unsigned int		npages;
	struct rcu_head		rcu;
};

const struct kspan_row kspan_row_foreign;
EXPORT_SYMBOL_IF_KUNIT(kspan_row_foreign);
const struct kspan_row kspan_row_free;
EXPORT_SYMBOL_IF_KUNIT(kspan_row_free);
const struct kspan_row kspan_row_released;
EXPORT_SYMBOL_IF_KUNIT(kspan_row_released);

struct kspan_map *kspan_map;
EXPORT_SYMBOL_IF_KUNIT(kspan_map);

/* Guards kspan_map, its entries, and the page count of every leaf. */
static DEFINE_SPINLOCK(map_lock);

/* While a longer map is being filled: it gets what changes in the meantime. */
static struct kspan_map *next_map;

enum {
	/* Entries of a map that are copied without a break. */
	COPY_CHUNKS	= 256,
};

/* The table of every chunk that has no leaf. */
static struct leaf_table *dummy_table;

static unsigned long biased_rows(const struct leaf_table *table,
				 unsigned long chunk_number)
{
	unsigned long page = chunk_number * KSPAN_CHUNK_PAGES;

	return (unsigned long)table - page * sizeof(table->rows[0]);
}

static void table_free(struct leaf_table *table)
{
	free_pages((unsigned long)table, get_order(sizeof(*table)));
}

/* A table in which no page is anybody's. */
static struct leaf_table *table_new(gfp_t gfp)
{
	struct leaf_table *table;
	unsigned int page;

	if (kspan_fault(KSPAN_FAULT_LEAF_TABLE, gfp))
		return NULL;
	table = (void *)__get_free_pages(gfp, get_order(sizeof(*table)));
	if (!table)
		return NULL;
	for (page = 0; page < KSPAN_CHUNK_PAGES; page++) {
		table->rows[page] = &kspan_row_foreign;
		table->tags[page] = KSPAN_TAG_NOBODY;
	}
	return table;
}

static void leaf_free(struct kspan_leaf *leaf)
{
	table_free(leaf->table);
	kfree(leaf);
}

static void leaf_free_rcu(struct rcu_head *rcu)
{
	leaf_free(container_of(rcu, struct kspan_leaf, rcu));
}

static struct kspan_leaf *leaf_new(gfp_t gfp)
{
	struct kspan_leaf *leaf;

	if (kspan_fault(KSPAN_FAULT_LEAF, gfp))
		return NULL;
	leaf = kzalloc(sizeof(*leaf), gfp);
	if (!leaf)
		return NULL;
	leaf->table = table_new(gfp);
	if (!leaf->table) {
		kfree(leaf);
		return NULL;
	}
	return leaf;
}

/* The leaf of an address that is a heap's; under RCU, as the map may change. */
static struct kspan_leaf *leaf_of(unsigned long addr)
{
	struct kspan_map *map = rcu_dereference_raw(kspan_map);

	return READ_ONCE(map->leaves[(addr >> KSPAN_CHUNK_SHIFT) -
				     map->first_chunk]);
}

static void set_rows(struct kspan_leaf *leaf, unsigned int first,
		     unsigned int npages, const struct kspan_row *row,
		     unsigned long tag)
{
	unsigned int page;

	for (page = first; page < first + npages; page++) {
		WRITE_ONCE(leaf->table->rows[page], row);
		WRITE_ONCE(leaf->table->tags[page], tag);
	}
}

/* The leaf of a chunk has come, or gone; by the holder of map_lock. */
static void set_leaf(struct kspan_map *map, unsigned long chunk,
		     struct kspan_leaf *leaf, const struct leaf_table *table)
{
	WRITE_ONCE(map->leaves[chunk], leaf);
	/* The rows are written before a lookup can find them. */
	smp_store_release(&map->rows[chunk],
			  biased_rows(table, map->first_chunk + chunk));
}

static void set_leaf_in_maps(unsigned long chunk, struct kspan_leaf *leaf,
			     const struct leaf_table *table)
{
	lockdep_assert_held(&map_lock);
	set_leaf(kspan_map, chunk, leaf, table);
	if (next_map)
		set_leaf(next_map, chunk, leaf, table);
}

/**
 * kspan_arena_add() - enter pages that a heap has got from the kernel
 * @addr: address of the first, which stays in one chunk with the others
 * @npages: heap pages
 * @heap_id: the heap
 * @gfp: for the chunk's leaf, if it has none
 *
 * Return: 0 or -ENOMEM.
 */
int kspan_arena_add(unsigned long addr, unsigned int npages, u32 heap_id,
		    gfp_t gfp)
{
	unsigned long number = addr >> KSPAN_CHUNK_SHIFT;
	struct kspan_leaf *spare = NULL;
	struct kspan_leaf *leaf;
	struct kspan_map *map;
	unsigned long flags;
	unsigned long chunk;

	for (;;) {
		spin_lock_irqsave(&map_lock, flags);
		map = kspan_map;
		chunk = number - map->first_chunk;
		if (WARN_ON_ONCE(chunk >= map->nr_chunks)) {
			spin_unlock_irqrestore(&map_lock, flags);
			return -ENOMEM;
		}
		leaf = map->leaves[chunk];
		if (leaf || spare)
			break;
		spin_unlock_irqrestore(&map_lock, flags);
		spare = leaf_new(gfp);
		if (!spare)
			return -ENOMEM;
	}
	if (!leaf) {
		leaf = spare;
		spare = NULL;
		set_leaf_in_maps(chunk, leaf, leaf->table);
	}
	leaf->npages += npages;
	set_rows(leaf, kspan_page_in_chunk(addr), npages, &kspan_row_free,
		 kspan_tag_of_heap(heap_id));
	spin_unlock_irqrestore(&map_lock, flags);
	if (spare)
		leaf_free(spare);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_arena_add);

/**
 * kspan_arena_release() - tell lookups that pages are on their way out
 * @addr: address of the first, which stays in one chunk with the others
 * @npages: heap pages
 * @heap_id: the heap that had them
 *
 * The pages may go back to the kernel after a grace period.
 */
void kspan_arena_release(unsigned long addr, unsigned int npages, u32 heap_id)
{
	unsigned long number = addr >> KSPAN_CHUNK_SHIFT;
	struct kspan_leaf *dead = NULL;
	struct kspan_leaf *leaf;
	struct kspan_map *map;
	unsigned long flags;
	unsigned long chunk;

	spin_lock_irqsave(&map_lock, flags);
	map = kspan_map;
	chunk = number - map->first_chunk;
	leaf = map->leaves[chunk];
	set_rows(leaf, kspan_page_in_chunk(addr), npages, &kspan_row_released,
		 kspan_tag_of_heap(heap_id));
	leaf->npages -= npages;
	if (!leaf->npages) {
		dead = leaf;
		set_leaf_in_maps(chunk, NULL, dummy_table);
	}
	spin_unlock_irqrestore(&map_lock, flags);
	if (dead)
		call_rcu(&dead->rcu, leaf_free_rcu);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_arena_release);

/**
 * kspan_arena_publish() - make a span known to lookups
 * @addr: its first page
 * @npages: its pages
 * @span: the span, complete
 * @rows: its rows, one for each of its pages; the last serves any pages beyond
 * @nrows: how many
 */
void kspan_arena_publish(unsigned long addr, unsigned int npages,
			 const struct kspan_span *span,
			 const struct kspan_row *rows, unsigned int nrows)
{
	unsigned int first = kspan_page_in_chunk(addr);
	struct kspan_leaf *leaf;
	unsigned int place;

	rcu_read_lock();
	leaf = leaf_of(addr);
	for (place = 0; place < npages; place++) {
		/* Whoever finds the row finds the span behind it complete. */
		smp_store_release(&leaf->table->tags[first + place],
				  (unsigned long)span);
		/* Likewise the tag behind the row. */
		smp_store_release(&leaf->table->rows[first + place],
				  &rows[min(place, nrows - 1)]);
	}
	rcu_read_unlock();
}

/**
 * kspan_arena_unpublish() - take a span away from lookups
 * @addr: its first page
 * @npages: its pages
 * @heap_id: the heap, whose free pages these are from now on
 */
void kspan_arena_unpublish(unsigned long addr, unsigned int npages, u32 heap_id)
{
	rcu_read_lock();
	set_rows(leaf_of(addr), kspan_page_in_chunk(addr), npages,
		 &kspan_row_free, kspan_tag_of_heap(heap_id));
	rcu_read_unlock();
}

/**
 * kspan_arena_row() - the row of any address
 * @addr: an address, of the direct map or not
 *
 * Context: Preemption off, or an RCU reader.
 * Return: the row; &kspan_row_foreign outside of every heap.
 */
const struct kspan_row *kspan_arena_row(unsigned long addr)
{
	struct kspan_map *map = rcu_dereference_raw(kspan_map);
	unsigned long chunk = (addr >> KSPAN_CHUNK_SHIFT) - map->first_chunk;

	if (chunk >= map->nr_chunks)
		return &kspan_row_foreign;
	return kspan_map_row(map, chunk, addr);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_arena_row);

/**
 * kspan_arena_tag() - the tag of any address
 * @addr: an address, of the direct map or not
 *
 * Context: Preemption off, or an RCU reader.
 * Return: see kspan_tag_span(); KSPAN_TAG_NOBODY outside of every heap.
 */
unsigned long kspan_arena_tag(unsigned long addr)
{
	struct kspan_map *map = rcu_dereference_raw(kspan_map);
	unsigned long chunk = (addr >> KSPAN_CHUNK_SHIFT) - map->first_chunk;

	return chunk < map->nr_chunks ? kspan_map_tag(map, chunk, addr)
				      : KSPAN_TAG_NOBODY;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_arena_tag);

/**
 * kspan_arena_number() - which arena an address of the direct map lies in
 * @addr: the address
 *
 * Return: the number of the 64 MB window, counted from the first. It tells
 * where in physical memory the arena is, but no kernel address.
 */
unsigned long kspan_arena_number(unsigned long addr)
{
	return (addr - PAGE_OFFSET) >> KSPAN_ARENA_SHIFT;
}

static void map_free(struct kspan_map *map)
{
	kvfree(map->leaves);
	kvfree(map);
}

/* A map for the direct map up to @end, with the entries of @old. */
static struct kspan_map *map_new(const struct kspan_map *old,
				 unsigned long end)
{
	unsigned long first_chunk = PAGE_OFFSET >> KSPAN_CHUNK_SHIFT;
	unsigned long nr_chunks =
		(ALIGN(end, KSPAN_CHUNK_BYTES) >> KSPAN_CHUNK_SHIFT) -
		first_chunk;
	struct kspan_map *map;
	unsigned long chunk;

	if (kspan_fault(KSPAN_FAULT_MAP, GFP_KERNEL))
		return NULL;
	map = kvzalloc(struct_size(map, rows, nr_chunks), GFP_KERNEL);
	if (!map)
		return NULL;
	map->first_chunk = first_chunk;
	map->nr_chunks = nr_chunks;
	map->leaves = kvcalloc(nr_chunks, sizeof(*map->leaves), GFP_KERNEL);
	if (!map->leaves) {
		map_free(map);
		return NULL;
	}
	for (chunk = old ? old->nr_chunks : 0; chunk < nr_chunks; chunk++)
		map->rows[chunk] = biased_rows(dummy_table, first_chunk + chunk);
	return map;
}

/* Fills a longer map; what changes in the meantime is changed there, too. */
static void map_copy(struct kspan_map *map, const struct kspan_map *old)
{
	unsigned long first;
	unsigned long flags;

	spin_lock_irqsave(&map_lock, flags);
	next_map = map;
	spin_unlock_irqrestore(&map_lock, flags);
	for (first = 0; first < old->nr_chunks; first += COPY_CHUNKS) {
		unsigned long n = min_t(unsigned long, COPY_CHUNKS,
					old->nr_chunks - first);

		spin_lock_irqsave(&map_lock, flags);
		memcpy(&map->rows[first], &old->rows[first],
		       n * sizeof(*map->rows));
		memcpy(&map->leaves[first], &old->leaves[first],
		       n * sizeof(*map->leaves));
		spin_unlock_irqrestore(&map_lock, flags);
		cond_resched();
	}
}

/* Memory is about to come online: the map must reach its end. */
VISIBLE_IF_KUNIT int kspan_map_extend(unsigned long end)
{
	struct kspan_map *old = kspan_map;
	struct kspan_map *map;
	unsigned long flags;

	if (end <= (old->first_chunk + old->nr_chunks) << KSPAN_CHUNK_SHIFT)
		return 0;
	map = map_new(old, end);
	if (!map)
		return -ENOMEM;
	map_copy(map, old);
	spin_lock_irqsave(&map_lock, flags);
	next_map = NULL;
	/* Whoever finds the map finds it filled. */
	smp_store_release(&kspan_map, map);
	spin_unlock_irqrestore(&map_lock, flags);
	synchronize_rcu();
	map_free(old);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_map_extend);

/* Called one at a time: memory hotplug has a lock of its own. */
static int memory_event(struct notifier_block *nb, unsigned long event,
			void *arg)
{
	struct memory_notify *range = arg;
	unsigned long end_pfn = range->start_pfn + range->nr_pages;

	if (event != MEM_GOING_ONLINE)
		return NOTIFY_OK;
	return notifier_from_errno(kspan_map_extend((unsigned long)
						    __va(PFN_PHYS(end_pfn - 1)) +
						    PAGE_SIZE));
}

static struct notifier_block memory_notifier = {
	.notifier_call = memory_event,
};

static unsigned long direct_map_end(void)
{
	unsigned long end_pfn = 1;
	int nid;

	for_each_online_node(nid)
		end_pfn = max(end_pfn, pgdat_end_pfn(NODE_DATA(nid)));
	return (unsigned long)__va(PFN_PHYS(end_pfn - 1)) + PAGE_SIZE;
}

int kspan_arena_init(void)
{
	int err;

	BUILD_BUG_ON(KSPAN_PAGE_BYTES % PAGE_SIZE);
	dummy_table = table_new(GFP_KERNEL);
	if (!dummy_table)
		return -ENOMEM;
	kspan_map = map_new(NULL, direct_map_end());
	if (!kspan_map) {
		table_free(dummy_table);
		return -ENOMEM;
	}
	err = register_memory_notifier(&memory_notifier);
	if (err) {
		map_free(kspan_map);
		table_free(dummy_table);
	}
	return err;
}

/* No heap has a page any more, and every grace period is over. */
void kspan_arena_exit(void)
{
	unregister_memory_notifier(&memory_notifier);
	map_free(kspan_map);
	table_free(dummy_table);
}
