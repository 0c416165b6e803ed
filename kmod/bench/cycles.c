// SPDX-License-Identifier: GPL-2.0
/*
 * A cache of entries with parts that point back to their entry, so that each is a
 * cycle. Three of four ops look an entry up and go to its parts and back, the fourth
 * replaces an entry. Where entries are counted, the way back is no reference, and who
 * drops an entry takes it apart.
 */
#include <linux/kref.h>

#include "graph.h"

enum {
	SLOTS		= 4096,
	PARTS		= 4,
	STEP_OPS	= 200,
};

/* An entry or one of its parts; @ref is not used where they are collected. */
struct item {
	struct item *parts[PARTS];
	struct item *back;
	u64 key;
	struct kref ref;
	bool kmalloced;
};

struct cache {
	const struct kspan_gc_type *type;
};

struct worker {
	void *slots[SLOTS];
};

static const u32 pointers[] = {
	offsetof(struct item, parts[0]), offsetof(struct item, parts[1]),
	offsetof(struct item, parts[2]), offsetof(struct item, parts[3]),
	offsetof(struct item, back),
};

static const struct kspan_gc_type_desc desc = {
	.name = "item", .size = sizeof(struct item),
	.pointers = pointers, .nr_pointers = ARRAY_SIZE(pointers),
};

/* ---- collected ------------------------------------------------------------- */

static void replace_collected(struct smp_thread *thread, unsigned int slot)
{
	const struct cache *cache = thread->run->shared;
	struct kspan_heap *heap = thread->store->heap;
	struct worker *worker = thread->state;
	struct item *entry;
	unsigned int i;

	entry = kspan_gc_alloc(heap, cache->type, 1, GFP_NOWAIT | __GFP_NOWARN);
	if (unlikely(!entry)) {
		thread->errors++;
		return;
	}
	entry->key = slot;
	for (i = 0; i < PARTS; i++) {
		struct item *part = kspan_gc_alloc(heap, cache->type, 1,
						   GFP_NOWAIT | __GFP_NOWARN);

		if (unlikely(!part)) {
			thread->errors++;
			continue;
		}
		part->key = slot + i;
		kspan_gc_store(heap, (void **)&part->back, entry);
		kspan_gc_store(heap, (void **)&entry->parts[i], part);
	}
	kspan_gc_store(heap, &worker->slots[slot], entry);
}

static void find_collected(struct smp_thread *thread, unsigned int slot)
{
	struct worker *worker = thread->state;
	struct item *entry = kspan_gc_load(&worker->slots[slot]);
	unsigned int i;

	if (!entry)
		return;
	for (i = 0; i < PARTS; i++) {
		struct item *part = kspan_gc_load((void **)&entry->parts[i]);

		if (part && (part->key != slot + i ||
			     kspan_gc_load((void **)&part->back) != entry))
			thread->errors++;
	}
}

/* ---- counted --------------------------------------------------------------- */

static struct item *new_item(struct smp_thread *thread, u64 key)
{
	struct item *item = smp_alloc(thread, sizeof(*item));

	if (unlikely(!item))
		return NULL;
	memset(item, 0, sizeof(*item));
	kref_init(&item->ref);
	item->kmalloced = thread->backend == KSPAN_BENCH_KMALLOC;
	item->key = key;
	return item;
}

static void release(struct kref *ref)
{
	struct item *item = container_of(ref, struct item, ref);

	if (item->kmalloced)
		kfree(item);
	else
		kspan_free(item);
}

static void drop(struct item *entry)
{
	unsigned int i;

	if (!entry)
		return;
	for (i = 0; i < PARTS; i++) {
		struct item *part = entry->parts[i];

		if (!part)
			continue;
		part->back = NULL;
		kref_put(&part->ref, release);
	}
	kref_put(&entry->ref, release);
}

static void replace_counted(struct smp_thread *thread, unsigned int slot)
{
	struct worker *worker = thread->state;
	struct item *entry = new_item(thread, slot);
	unsigned int i;

	if (unlikely(!entry))
		return;
	for (i = 0; i < PARTS; i++) {
		struct item *part = new_item(thread, slot + i);

		if (likely(part))
			part->back = entry;
		entry->parts[i] = part;
	}
	drop(worker->slots[slot]);
	worker->slots[slot] = entry;
}

/* Who looks at something has to hold it. */
static void find_counted(struct smp_thread *thread, unsigned int slot)
{
	struct worker *worker = thread->state;
	struct item *entry = worker->slots[slot];
	unsigned int i;

	if (!entry)
		return;
	kref_get(&entry->ref);
	for (i = 0; i < PARTS; i++) {
		struct item *part = entry->parts[i];

		if (!part)
			continue;
		kref_get(&part->ref);
		if (part->key != slot + i || part->back != entry)
			thread->errors++;
		kref_put(&part->ref, release);
	}
	kref_put(&entry->ref, release);
}

/* ---- the pattern ----------------------------------------------------------- */

static bool step(struct smp_thread *thread)
{
	struct kspan_heap *heap = thread->store->heap;
	unsigned int i;

	for (i = 0; i < STEP_OPS; i++) {
		unsigned int slot = smp_random_below(thread, SLOTS);

		if (graph_collected(thread)) {
			kspan_gc_enter(heap);
			if (i % 4)
				find_collected(thread, slot);
			else
				replace_collected(thread, slot);
			kspan_gc_leave(heap);
		} else if (i % 4) {
			find_counted(thread, slot);
		} else {
			replace_counted(thread, slot);
		}
	}
	thread->ops += STEP_OPS;
	return true;
}

static int prepare(struct smp_run *run)
{
	struct cache *cache = run->shared;
	int err = graph_type(run, &desc, &cache->type);
	u32 i;

	for (i = 0; !err && i < run->nr_threads; i++) {
		struct worker *worker = run->threads[i].state;

		if (graph_collected(&run->threads[i]))
			err = kspan_gc_root_add(run->store.heap, worker->slots,
						SLOTS);
	}
	return err;
}

static void finish(struct smp_run *run)
{
	u32 i, slot;

	for (i = 0; i < run->nr_threads; i++) {
		struct worker *worker = run->threads[i].state;

		if (graph_collected(&run->threads[i])) {
			kspan_gc_root_remove(run->store.heap, worker->slots);
			continue;
		}
		for (slot = 0; slot < SLOTS; slot++)
			drop(worker->slots[slot]);
	}
}

const struct smp_pattern smp_cyclic_cache = {
	.name		= "cyclic-cache",
	.backends	= GRAPH_BACKENDS,
	.bytes		= sizeof(struct item),
	.state_bytes	= sizeof(struct worker),
	.shared_bytes	= sizeof(struct cache),
	.prepare	= prepare,
	.step		= step,
	.finish		= finish,
};
