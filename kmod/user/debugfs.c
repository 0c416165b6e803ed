// SPDX-License-Identifier: GPL-2.0
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "base/fault.h"
#include "giveback/scavenge.h"
#include "heaps/heap.h"
#include "spans/stores.h"
#include "user/collected.h"
#include "user/debugfs.h"
#include "user/leaks.h"
#include "user/slabinfo.h"
#include "watch/fragmentation.h"
#include "watch/stats.h"
#include "watch/verify.h"

/* /sys/kernel/debug/kspan and its heaps/. */
static struct dentry *root;
static struct dentry *heaps_dir;

static int stats_show(struct seq_file *m, void *unused)
{
	struct kspan_heap *heap = m->private;
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
#define SHOW(key) seq_printf(m, #key " %llu\n", stats.key)
	SHOW(backing_bytes);
	SHOW(live_bytes);
	SHOW(cached_bytes);
	SHOW(span_free_bytes);
	SHOW(tail_bytes);
	SHOW(page_free_bytes);
	SHOW(metadata_bytes);
	SHOW(live_objects);
	SHOW(allocs_total);
	SHOW(frees_total);
	SHOW(released_bytes_total);
	SHOW(grown_bytes_total);
	SHOW(limit_bytes);
	SHOW(limit_hits_total);
	SHOW(bad_frees_total);
	SHOW(refills_total);
	SHOW(flushes_total);
	SHOW(spans);
	SHOW(arenas);
	SHOW(large_objects);
	SHOW(large_bytes);
	SHOW(soft_limit_bytes);
	SHOW(soft_limit_hits_total);
	SHOW(reserve_bytes);
	SHOW(reserve_free_bytes);
	SHOW(ready_bytes);
	SHOW(released_background_bytes_total);
	SHOW(released_pressure_bytes_total);
	SHOW(released_explicit_bytes_total);
	SHOW(released_limit_bytes_total);
	SHOW(retaken_bytes_total);
	SHOW(stack_overflows_total);
	SHOW(member_frees_total);
#undef SHOW
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int classes_show(struct seq_file *m, void *unused)
{
	struct kspan_heap *heap = m->private;
	struct kspan_store_stats stats;
	char label[KSPAN_LABEL_BYTES];
	struct kspan_store *store;
	int token;

	seq_puts(m, "class size_bytes span_pages span_objects spans live_objects cached_objects free_objects tail_bytes allocs_total frees_total refills_total flushes_total\n");
	token = kspan_stores_enter();
	kspan_for_each_store(store, &heap->storage) {
		const struct kspan_sizeclass *sc = store->sc;

		kspan_read_store(store, &stats);
		seq_printf(m, "%s %u %u %u %llu %llu %llu %llu %llu %llu %llu %llu %llu\n",
			   kspan_store_label(store, label), sc->size_bytes,
			   sc->npages, sc->nelems,
			   stats.counts.spans, stats.live, stats.cached,
			   stats.counts.slots - stats.counts.out,
			   stats.tail_bytes, stats.allocs, stats.frees,
			   stats.counts.refills, stats.counts.flushes);
	}
	kspan_stores_leave(token);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(classes);

static int arenas_show(struct seq_file *m, void *unused)
{
	struct kspan_heap *heap = m->private;
	struct kspan_arena_entry *entries;
	unsigned int capacity = kspan_arena_list(heap, NULL, 0);
	unsigned int narenas;
	unsigned int i;

	if (kspan_fault(KSPAN_FAULT_LIST, GFP_KERNEL))
		return -ENOMEM;
	entries = kvcalloc(capacity + 1, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	narenas = min(capacity, kspan_arena_list(heap, entries, capacity));
	seq_puts(m, "arena chunks owned_pages free_pages longest_free_pages\n");
	for (i = 0; i < narenas; i++)
		seq_printf(m, "%llu %u %u %u %u\n", entries[i].arena,
			   entries[i].chunks, entries[i].owned_pages,
			   entries[i].free_pages,
			   entries[i].longest_free_pages);
	kvfree(entries);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(arenas);

static int percpu_show(struct seq_file *m, void *unused)
{
	struct kspan_heap *heap = m->private;
	char label[KSPAN_LABEL_BYTES];
	struct kspan_store *store;
	unsigned int cpu;
	int token;

	seq_puts(m, "cpu class capacity_objects cached_objects allocs_total frees_total shelved_objects\n");
	token = kspan_stores_enter();
	for_each_possible_cpu(cpu) {
		kspan_for_each_store(store, &heap->storage) {
			struct kspan_mag_counts counts;
			unsigned int capacity =
				READ_ONCE(per_cpu_ptr(store->mag, cpu)
					  ->capacity);
			unsigned int shelved = store->sc->capacity *
				READ_ONCE(per_cpu_ptr(store->shelf, cpu)
					  ->full.nr);

			kspan_mag_read(store, cpu, &counts);
			if (!capacity && !counts.allocs && !counts.frees)
				continue;
			seq_printf(m, "%u %s %u %llu %llu %llu %u\n", cpu,
				   kspan_store_label(store, label), capacity,
				   counts.slots, counts.allocs,
				   counts.frees, shelved);
		}
	}
	kspan_stores_leave(token);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(percpu);

static int verify_show(struct seq_file *m, void *unused)
{
	int bad = kspan_verify(m->private, m);

	if (bad == KSPAN_VERIFY_BUSY)
		seq_puts(m, "verify busy\n");
	else if (bad < 0)
		return bad;
	else if (bad)
		seq_printf(m, "verify BAD %d\n", bad);
	else
		seq_puts(m, "verify ok\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(verify);

/**
 * struct spans_iter - a reader of the spans file
 * @heap: whose spans
 * @entry: the one to show
 * @after: where to go on behind it
 *
 * A file position is 0 for the header, else one more than a cursor.
 */
struct spans_iter {
	struct kspan_heap	*heap;
	struct kspan_span_entry	entry;
	u64			after;
};

static void *spans_fetch(struct spans_iter *iter, loff_t pos)
{
	iter->after = pos - 1;
	return kspan_span_next(iter->heap, &iter->after, &iter->entry) ? iter
								       : NULL;
}

static void *spans_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? spans_fetch(m->private, *pos) : SEQ_START_TOKEN;
}

static void *spans_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct spans_iter *iter = m->private;

	*pos = v == SEQ_START_TOKEN ? 1 : iter->after + 1;
	return spans_fetch(iter, *pos);
}

static void spans_stop(struct seq_file *m, void *v)
{
}

static int spans_show(struct seq_file *m, void *v)
{
	const struct kspan_span_entry *entry =
		&((struct spans_iter *)m->private)->entry;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, "arena page npages class size_bytes nelems alloc_count free_index node needzero\n");
		return 0;
	}
	seq_printf(m, "%llu %u %u %u %llu %u %u %u %d %u\n", entry->arena,
		   entry->page, entry->npages, entry->sizeclass,
		   entry->size_bytes, entry->nelems, entry->alloc_count,
		   entry->free_index, entry->node, entry->needzero);
	return 0;
}

static const struct seq_operations spans_sops = {
	.start	= spans_start,
	.next	= spans_next,
	.stop	= spans_stop,
	.show	= spans_show,
};

static int spans_open(struct inode *inode, struct file *file)
{
	struct spans_iter *iter = __seq_open_private(file, &spans_sops,
						     sizeof(*iter));

	if (!iter)
		return -ENOMEM;
	iter->heap = inode->i_private;
	return 0;
}

static const struct file_operations spans_fops = {
	.owner		= THIS_MODULE,
	.open		= spans_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= seq_release_private,
};

/* Takes K, M or G off the end of a number: how far it shifts. */
static unsigned int take_suffix(char *number)
{
	size_t n = strlen(number);
	unsigned int shift = 0;

	switch (n > 1 ? toupper(number[n - 1]) : 0) {
	case 'G':
		shift += 10;
		fallthrough;
	case 'M':
		shift += 10;
		fallthrough;
	case 'K':
		shift += 10;
		number[n - 1] = '\0';
	}
	return shift;
}

/*
 * A number of bytes with an optional suffix K, M or G, or a word that stands for
 * @word_bytes.
 */
static int parse_bytes(const char __user *buffer, size_t count,
		       const char *word, u64 word_bytes, u64 *bytes)
{
	unsigned int shift;
	char text[32];
	char *number;
	u64 units;
	int err;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buffer, count))
		return -EFAULT;
	text[count] = '\0';
	number = strim(text);
	if (!strcmp(number, word)) {
		*bytes = word_bytes;
		return 0;
	}
	shift = take_suffix(number);
	/* No sign, and nothing behind the digits. */
	if (!isdigit(number[0]))
		return -EINVAL;
	err = kstrtou64(number, 10, &units);
	if (err)
		return err;
	if (units > U64_MAX >> shift)
		return -ERANGE;
	*bytes = units << shift;
	return 0;
}

static ssize_t scavenge_write(struct file *file, const char __user *buffer,
			      size_t count, loff_t *pos)
{
	u64 bytes;
	int err = parse_bytes(buffer, count, "all", U64_MAX, &bytes);

	if (err)
		return err;
	kspan_heap_scavenge(file->private_data, bytes);
	return count;
}

static ssize_t drain_write(struct file *file, const char __user *buffer,
			   size_t count, loff_t *pos)
{
	int err = kspan_heap_drain(file->private_data);

	return err ?: count;
}

/* Sets one of the limits of a heap. */
static ssize_t set_limit(struct file *file, const char __user *buffer,
			 size_t count,
			 int (*set)(struct kspan_heap *heap, size_t bytes))
{
	u64 bytes;
	int err = parse_bytes(buffer, count, "none", 0, &bytes);

	if (!err)
		err = set(file->private_data, bytes);
	return err ?: count;
}

static ssize_t limit_write(struct file *file, const char __user *buffer,
			   size_t count, loff_t *pos)
{
	return set_limit(file, buffer, count, kspan_heap_set_limit);
}

static ssize_t soft_limit_write(struct file *file, const char __user *buffer,
				size_t count, loff_t *pos)
{
	return set_limit(file, buffer, count, kspan_heap_set_soft_limit);
}

static ssize_t reserve_write(struct file *file, const char __user *buffer,
			     size_t count, loff_t *pos)
{
	return set_limit(file, buffer, count, kspan_heap_set_reserve);
}

static const struct file_operations scavenge_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= scavenge_write,
	.llseek	= noop_llseek,
};

static const struct file_operations drain_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= drain_write,
	.llseek	= noop_llseek,
};

static const struct file_operations limit_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= limit_write,
	.llseek	= noop_llseek,
};

static const struct file_operations soft_limit_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= soft_limit_write,
	.llseek	= noop_llseek,
};

static const struct file_operations reserve_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= reserve_write,
	.llseek	= noop_llseek,
};

static int scavenger_show(struct seq_file *m, void *unused)
{
	struct kspan_scavenger_stats stats;

	kspan_scavenger_read(&stats);
	seq_printf(m, "ticks_total %llu\nspent_ns_total %llu\n", stats.ticks,
		   stats.spent_ns);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(scavenger);

/**
 * kspan_debugfs_add() - make a heap's directory
 * @heap: the heap
 *
 * As everywhere in debugfs, a heap that cannot be shown works all the same.
 */
void kspan_debugfs_add(struct kspan_heap *heap)
{
	struct dentry *dir = debugfs_create_dir(heap->storage.source.name, heaps_dir);

	heap->dentry = dir;
	debugfs_create_file("stats", 0400, dir, heap, &stats_fops);
	debugfs_create_file("classes", 0400, dir, heap, &classes_fops);
	debugfs_create_file("spans", 0400, dir, heap, &spans_fops);
	debugfs_create_file("arenas", 0400, dir, heap, &arenas_fops);
	debugfs_create_file("percpu", 0400, dir, heap, &percpu_fops);
	debugfs_create_file("verify", 0400, dir, heap, &verify_fops);
	kspan_fragmentation_add(heap, dir);
	kspan_leaks_add(heap, dir);
	kspan_collected_add(heap, dir);
	debugfs_create_file("scavenge", 0200, dir, heap, &scavenge_fops);
	debugfs_create_file("drain", 0200, dir, heap, &drain_fops);
	debugfs_create_file("limit", 0200, dir, heap, &limit_fops);
	debugfs_create_file("soft_limit", 0200, dir, heap, &soft_limit_fops);
	debugfs_create_file("reserve", 0200, dir, heap, &reserve_fops);
}

/* Waits for those who read the heap's files; the caller holds nothing. */
void kspan_debugfs_remove(struct kspan_heap *heap)
{
	debugfs_remove(heap->dentry);
}

void kspan_debugfs_init(void)
{
	root = debugfs_create_dir("kspan", NULL);
	heaps_dir = debugfs_create_dir("heaps", root);
	kspan_slabinfo_add(root);
	kspan_fault_debugfs(root);
	debugfs_create_file("scavenger", 0400, root, NULL, &scavenger_fops);
}

void kspan_debugfs_exit(void)
{
	debugfs_remove(root);
}
