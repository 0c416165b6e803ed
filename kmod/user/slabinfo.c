// SPDX-License-Identifier: GPL-2.0
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "heaps/heap.h"
#include "heaps/registry.h"
#include "spans/stores.h"
#include "user/slabinfo.h"
#include "watch/stats.h"

enum {
	/* Kernel pages of a heap page. */
	PAGES_PER_PAGE = KSPAN_PAGE_BYTES / PAGE_SIZE,
};

/**
 * struct slab_line - a line of the file
 * @active_objs: objects in use
 * @num_objs: room for objects
 * @objsize: bytes of an object
 * @objperslab: objects in a slab
 * @pagesperslab: kernel pages of a slab
 * @limit: objects that a CPU caches
 * @batchcount: objects that it takes or gives at a time
 * @active_slabs: slabs with objects in use
 * @num_slabs: slabs
 */
struct slab_line {
	u64		active_objs;
	u64		num_objs;
	unsigned int	objsize;
	unsigned int	objperslab;
	unsigned int	pagesperslab;
	unsigned int	limit;
	unsigned int	batchcount;
	u64		active_slabs;
	u64		num_slabs;
};

/* @kind is a size, a word or a typed cache's name. */
static void show_line(struct seq_file *m, const struct kspan_heap *heap,
		      const char *kind, const struct slab_line *line)
{
	seq_printf(m, "kspan-%s-%s %llu %llu %u %u %u", heap->storage.source.name, kind,
		   line->active_objs, line->num_objs, line->objsize,
		   line->objperslab, line->pagesperslab);
	seq_printf(m, " : tunables %u %u 0", line->limit, line->batchcount);
	seq_printf(m, " : slabdata %llu %llu 0\n", line->active_slabs,
		   line->num_slabs);
}

static u64 empty_spans(const struct kspan_store *store)
{
	u64 nspans = 0;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++)
		nspans += READ_ONCE(store->central[nid].buckets.nr_empty);
	return nspans;
}

/* Of short spans there are as many as have the pages of a slab together. */
static void show_store(struct seq_file *m, struct kspan_heap *heap,
		       struct kspan_store *store)
{
	const struct kspan_sizeclass *sc = store->sc;
	struct kspan_store_stats stats;
	struct slab_line line = {
		.objsize	= sc->size_bytes,
		.objperslab	= sc->nelems,
		.pagesperslab	= sc->npages * PAGES_PER_PAGE,
		.limit		= sc->capacity,
		.batchcount	= sc->batch,
	};
	char kind[KSPAN_LABEL_BYTES];

	kspan_read_store(store, &stats);
	if (!stats.counts.spans)
		return;
	line.active_objs = stats.live;
	line.num_objs = stats.counts.slots;
	line.num_slabs = DIV_ROUND_UP_ULL(stats.counts.pages, sc->npages);
	line.active_slabs = line.num_slabs -
			    min(line.num_slabs,
				empty_spans(store));
	if (store->name)
		kspan_store_label(store, kind);
	else
		snprintf(kind, sizeof(kind), "%u", sc->size_bytes);
	show_line(m, heap, kind, &line);
}

/* What is no slot of a size: a page is an object of a slab of its own. */
static void show_pages(struct seq_file *m, const struct kspan_heap *heap,
		       const char *kind, u64 active_bytes, u64 bytes,
		       unsigned int npages)
{
	struct slab_line line = {
		.objsize	= npages * PAGE_SIZE,
		.objperslab	= 1,
		.pagesperslab	= npages,
	};

	if (!bytes)
		return;
	line.active_objs = div_u64(active_bytes, line.objsize);
	line.num_objs = div_u64(bytes, line.objsize);
	line.active_slabs = line.active_objs;
	line.num_slabs = line.num_objs;
	show_line(m, heap, kind, &line);
}

static void show_heap(struct seq_file *m, struct kspan_heap *heap)
{
	u64 huge_bytes = atomic64_read(&heap->storage.huge.bytes);
	struct kspan_heap_stats stats;
	struct kspan_store *store;
	u64 large_bytes;
	int token;

	kspan_heap_stats(heap, &stats);
	token = kspan_stores_enter();
	kspan_for_each_store(store, &heap->storage)
		show_store(m, heap, store);
	kspan_stores_leave(token);
	large_bytes = stats.large_bytes - min(huge_bytes, stats.large_bytes);
	show_pages(m, heap, "large", large_bytes, large_bytes, PAGES_PER_PAGE);
	show_pages(m, heap, "huge", huge_bytes, huge_bytes, 1);
	show_pages(m, heap, "free", 0, stats.page_free_bytes, PAGES_PER_PAGE);
}

/* A file position is 0 for the header, else the id of a heap. */
static void *slabinfo_fetch(loff_t *pos)
{
	u32 id = *pos - 1;
	struct kspan_heap *heap = kspan_heap_get_next(&id);

	if (heap)
		*pos = id;
	return heap;
}

static void slabinfo_stop(struct seq_file *m, void *v)
{
	if (v != SEQ_START_TOKEN)
		kspan_heap_put(v);
}

static void *slabinfo_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? slabinfo_fetch(pos) : SEQ_START_TOKEN;
}

static void *slabinfo_next(struct seq_file *m, void *v, loff_t *pos)
{
	slabinfo_stop(m, v);
	++*pos;
	return slabinfo_fetch(pos);
}

static int slabinfo_show(struct seq_file *m, void *v)
{
	if (v != SEQ_START_TOKEN) {
		show_heap(m, v);
		return 0;
	}
	seq_puts(m, "slabinfo - version: 2.1\n");
	seq_puts(m, "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	return 0;
}

static const struct seq_operations slabinfo_sops = {
	.start	= slabinfo_start,
	.next	= slabinfo_next,
	.stop	= slabinfo_stop,
	.show	= slabinfo_show,
};
DEFINE_SEQ_ATTRIBUTE(slabinfo);

void kspan_slabinfo_add(struct dentry *dir)
{
	debugfs_create_file("slabinfo", 0400, dir, NULL, &slabinfo_fops);
}
