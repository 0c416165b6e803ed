// SPDX-License-Identifier: GPL-2.0
#include <linux/debugfs.h>
#include <linux/kspan_leaks.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "base/fault.h"
#include "heaps/heap.h"
#include "spans/stores.h"
#include "user/leaks.h"

enum {
	/* Entries that are gathered, at most. */
	MOST_ENTRIES	= 65536,
};

/* Whether a request is one that can be. */
int kspan_leaks_check(const struct kspan_ioc_unreachable *ioc)
{
	if (ioc->reserved || ioc->roots & ~KSPAN_SCAN_ALL ||
	    ioc->interval_ms > KSPAN_SCAN_MAX_MS)
		return -EINVAL;
	if (ioc->capacity && (ioc->entry_bytes < sizeof(__u64) ||
			      ioc->entry_bytes > PAGE_SIZE))
		return -EINVAL;
	return 0;
}

/**
 * struct gathering - what has been found so far
 * @heap: of which heap
 * @entries: for the caller
 * @room: how many of them
 * @nr: those that are filled
 * @objects: all objects
 * @bytes: their bytes
 */
struct gathering {
	struct kspan_heap		*heap;
	struct kspan_unreachable_entry	*entries;
	unsigned int			room;
	unsigned int			nr;
	u64				objects;
	u64				bytes;
};

static void set_name(struct kspan_heap *heap,
		     struct kspan_unreachable_entry *entry)
{
	struct kspan_store *store;
	int token;

	if (entry->sizeclass < KSPAN_NR_STORES)
		return;
	token = kspan_stores_enter();
	store = kspan_stores_find(&heap->storage, entry->sizeclass);
	if (store && store->name)
		strscpy(entry->name, store->name, sizeof(entry->name));
	kspan_stores_leave(token);
}

static int gather(const struct kspan_unreachable *obj, void *arg)
{
	unsigned long addr = (unsigned long)obj->start;
	struct gathering *found = arg;
	struct kspan_unreachable_entry *entry;

	found->objects++;
	found->bytes += obj->size_bytes;
	if (found->nr == found->room)
		return 0;
	entry = &found->entries[found->nr++];
	entry->arena = KSPAN_NO_ARENA;
	if (!is_vmalloc_addr(obj->start)) {
		entry->arena = kspan_arena_number(addr);
		entry->offset = addr % KSPAN_ARENA_BYTES;
	}
	entry->size_bytes = obj->size_bytes;
	entry->age_least_ms = obj->age_least_ms;
	entry->age_most_ms = obj->age_most_ms;
	entry->sizeclass = obj->sizeclass;
	if (obj->led)
		entry->flags |= KSPAN_UNREACHABLE_LED;
	set_name(found->heap, entry);
	return 0;
}

/* As far as the caller knows entries. */
static int put_entries(const struct gathering *found,
		       struct kspan_ioc_unreachable *ioc)
{
	size_t known = min_t(size_t, sizeof(*found->entries), ioc->entry_bytes);
	unsigned int i;

	for (i = 0; i < found->nr; i++) {
		u8 __user *to = u64_to_user_ptr(ioc->entries +
						(u64)i * ioc->entry_bytes);

		if (copy_to_user(to, &found->entries[i], known) ||
		    clear_user(to + known, ioc->entry_bytes - known))
			return -EFAULT;
		ioc->count++;
	}
	return 0;
}

/**
 * kspan_leaks_list() - list live objects that nothing leads to
 * @heap: the heap, which is put
 * @ioc: the request
 *
 * Return: 0; -EFAULT; as kspan_heap_unreachable().
 */
int kspan_leaks_list(struct kspan_heap *heap, struct kspan_ioc_unreachable *ioc)
{
	struct kspan_scan_params params = {
		.roots		= ioc->roots,
		.interval_ms	= ioc->interval_ms,
	};
	struct gathering found = {
		.heap	= heap,
		.room	= min_t(unsigned int, ioc->capacity, MOST_ENTRIES),
	};
	long ret = 0;

	ioc->count = 0;
	if (found.room) {
		if (!kspan_fault(KSPAN_FAULT_LIST, GFP_KERNEL))
			found.entries = kvcalloc(found.room,
						 sizeof(*found.entries),
						 GFP_KERNEL);
		if (!found.entries)
			ret = -ENOMEM;
	}
	if (!ret)
		ret = kspan_heap_unreachable(heap, &params, gather, &found);
	kspan_heap_put(heap);
	if (ret >= 0)
		ret = put_entries(&found, ioc);
	kvfree(found.entries);
	ioc->objects = found.objects;
	ioc->bytes = found.bytes;
	return ret;
}

/**
 * struct class_count - objects of one size class, or typed cache
 * @objects: how many
 * @bytes: their bytes
 */
struct class_count {
	u64	objects;
	u64	bytes;
};

/**
 * struct class_counts - these
 * @nr: how many; what comes later is not told
 * @counts: by number; large objects are the first
 */
struct class_counts {
	unsigned int		nr;
	struct class_count	counts[];
};

static int count(const struct kspan_unreachable *obj, void *arg)
{
	struct class_counts *counts = arg;

	if (obj->sizeclass < counts->nr) {
		counts->counts[obj->sizeclass].objects++;
		counts->counts[obj->sizeclass].bytes += obj->size_bytes;
	}
	return 0;
}

static void show_counts(struct seq_file *m, struct kspan_heap *heap,
			const struct class_counts *counts)
{
	char label[KSPAN_LABEL_BYTES];
	struct kspan_store *store;
	int token;

	seq_puts(m, "class size_bytes unreachable_objects unreachable_bytes\n");
	token = kspan_stores_enter();
	kspan_for_each_store_and_large(store, &heap->storage) {
		const struct class_count *class = &counts->counts[store->class];

		if (store->class >= counts->nr)
			break;
		if (class->objects)
			seq_printf(m, "%s %u %llu %llu\n",
				   kspan_store_label(store, label),
				   store->class ? store->sc->size_bytes : 0,
				   class->objects, class->bytes);
	}
	kspan_stores_leave(token);
}

/* From where its users have said, and the data of its module. */
static int unreachable_show(struct seq_file *m, void *unused)
{
	struct kspan_heap *heap = m->private;
	unsigned int nr = kspan_stores_end(&heap->storage);
	struct kspan_scan_params params = {
		.roots = heap->owner ? KSPAN_SCAN_MODULE : 0,
	};
	struct class_counts *counts = NULL;
	long ret;

	if (!kspan_fault(KSPAN_FAULT_LIST, GFP_KERNEL))
		counts = kvzalloc(struct_size(counts, counts, nr), GFP_KERNEL);
	if (!counts)
		return -ENOMEM;
	counts->nr = nr;
	ret = kspan_heap_unreachable(heap, &params, count, counts);
	if (ret >= 0)
		show_counts(m, heap, counts);
	kvfree(counts);
	return ret < 0 ? ret : 0;
}

/* It is not to be done twice, as where the text does not fit. */
static int unreachable_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, unreachable_show, inode->i_private,
				KSPAN_LABEL_BYTES * 2 *
				(KSPAN_NR_STORES + 512));
}

static const struct file_operations unreachable_fops = {
	.owner		= THIS_MODULE,
	.open		= unreachable_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= single_release,
};

/* In a heap's directory, unless it is collected. */
void kspan_leaks_add(struct kspan_heap *heap, struct dentry *dir)
{
	if (!heap->gc)
		debugfs_create_file("unreachable", 0400, dir, heap,
				    &unreachable_fops);
}
