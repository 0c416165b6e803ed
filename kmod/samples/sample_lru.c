// SPDX-License-Identifier: GPL-2.0
/*
 * Sample: a cache of texts by key that throws out what was not used for longest.
 *
 * What to copy from it:
 *
 *  - A heap with a limit bounds the cache. There is no count of bytes here, and no
 *    guess of what an entry costs: the limit is of the memory that the heap takes from
 *    the kernel. When an allocation finds the heap full, the cache evicts, and tries
 *    again.
 *  - A shrinker evicts when the kernel as a whole is short of memory. What that frees
 *    stays in the heap for a moment; kspan, too, has a shrinker, which hands it on.
 *  - Entries have the size of their text. Each is one object.
 *  - The end is kspan_heap_destroy(), which frees all entries that are left.
 *
 * In /sys/kernel/debug/sample_lru/ (of the other build, sample_lru_kmalloc/):
 *
 *	put	takes lines of a key and a text: echo "7 seven" >put
 *	get	takes a key, and then gives its text, through one open file:
 *		exec 3<>get; echo 7 >&3; cat <&3
 *	list	all entries, the most recently used first
 *	stats	counts
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "allocator.h"
#include "compat.h"

/* Entries that go together when the heap is full. */
#define EVICT_BATCH	16

static unsigned long limit_bytes = 1UL << 20;
module_param(limit_bytes, ulong, 0444);
MODULE_PARM_DESC(limit_bytes, "most memory the cache may take; 0 is no limit");

/**
 * struct entry - one text
 * @by_key: in the hash table
 * @by_use: in the list of all, the most recently used first
 * @key: its number
 * @bytes: of @text with its end
 * @text: what was put
 */
struct entry {
	struct hlist_node	by_key;
	struct list_head	by_use;
	u32			key;
	u32			bytes;
	char			text[];
};

static struct kspan_heap *heap;
static struct shrinker *shrinker;
static struct dentry *dir;

/* The lock guards all below it. Nothing is allocated under it. */
static DEFINE_SPINLOCK(lock);
static DEFINE_HASHTABLE(table, 10);
static LIST_HEAD(lru);
static unsigned long nentries;
static unsigned long nhits;
static unsigned long nmisses;
static unsigned long nevicted;
static unsigned long nshrunk;
static unsigned long nrefused;

static struct entry *find(u32 key)
{
	struct entry *entry;

	lockdep_assert_held(&lock);
	hash_for_each_possible(table, entry, by_key, key) {
		if (entry->key == key)
			return entry;
	}
	return NULL;
}

/* Nobody has an entry but under the lock, so it can be freed at once. */
static void forget(struct entry *entry)
{
	lockdep_assert_held(&lock);
	hash_del(&entry->by_key);
	list_del(&entry->by_use);
	nentries--;
	kspan_free(entry);
}

/* Evicts up to @nr, adds how many it were to @count, and returns it. */
static unsigned long evict(unsigned long nr, unsigned long *count)
{
	unsigned long n;

	spin_lock(&lock);
	for (n = 0; n < nr && nentries; n++)
		forget(list_last_entry(&lru, struct entry, by_use));
	*count += n;
	spin_unlock(&lock);
	return n;
}

/*
 * The heap is full at its limit. Evicting makes room in it, though not always at
 * once: the room may be for entries of another size until a whole span is free. So
 * the loop goes on until there is an object, or nothing to evict.
 */
static struct entry *alloc_entry(size_t bytes)
{
	struct entry *entry;

	do {
		entry = kspan_alloc(heap, struct_size(entry, text, bytes),
				    GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
		if (entry)
			return entry;
	} while (evict(EVICT_BATCH, &nevicted));
	return NULL;
}

static int put(u32 key, const char *text)
{
	size_t bytes = strlen(text) + 1;
	struct entry *entry, *old;

	/* Before the lock is taken: this sleeps, and may call our shrinker. */
	entry = alloc_entry(bytes);
	if (!entry) {
		spin_lock(&lock);
		nrefused++;
		spin_unlock(&lock);
		return -ENOMEM;
	}
	entry->key = key;
	entry->bytes = bytes;
	memcpy(entry->text, text, bytes);

	spin_lock(&lock);
	old = find(key);
	if (old)
		forget(old);
	hash_add(table, &entry->by_key, key);
	list_add(&entry->by_use, &lru);
	nentries++;
	spin_unlock(&lock);
	return 0;
}

/* Copies a text to @buf, cut off at @room, and returns its length. */
static ssize_t get(u32 key, char *buf, size_t room)
{
	ssize_t length = -ENOENT;
	struct entry *entry;

	spin_lock(&lock);
	entry = find(key);
	if (entry) {
		nhits++;
		list_move(&entry->by_use, &lru);
		length = strscpy(buf, entry->text, room);
		if (length < 0)
			length = room - 1;
	} else {
		nmisses++;
	}
	spin_unlock(&lock);
	return length;
}

/* ---- memory is short in the whole kernel ------------------------------------ */

/* Without the lock: the count is an estimate anyway. */
static unsigned long lru_count(struct shrinker *s, struct shrink_control *sc)
{
	return READ_ONCE(nentries) ?: SHRINK_EMPTY;
}

static unsigned long lru_scan(struct shrinker *s, struct shrink_control *sc)
{
	return evict(sc->nr_to_scan, &nshrunk) ?: SHRINK_STOP;
}

/* ---- files ------------------------------------------------------------------- */

/* A line is a key, a blank, and a text. */
static int put_line(char *line)
{
	char *text = strchr(line, ' ');
	u32 key;
	int err;

	if (!text)
		return -EINVAL;
	*text++ = '\0';
	err = kstrtou32(line, 10, &key);
	return err ?: put(key, text);
}

/*
 * Takes the lines that fit a page, and leaves the rest to the next write. The copy is
 * the kernel's memory, not the heap's: the limit is for what the cache holds.
 */
static ssize_t put_write(struct file *file, const char __user *ubuf,
			 size_t count, loff_t *ppos)
{
	char *lines, *rest, *line;
	int err = 0;

	count = min(count, PAGE_SIZE - 1);
	lines = memdup_user_nul(ubuf, count);
	if (IS_ERR(lines))
		return PTR_ERR(lines);
	rest = strrchr(lines, '\n');
	if (rest) {
		*rest = '\0';
		count = rest + 1 - lines;
	}
	rest = lines;
	while (!err && (line = strsep(&rest, "\n")))
		err = put_line(line);
	kfree(lines);
	return err ?: count;
}

static const struct file_operations put_fops = {
	.owner	= THIS_MODULE,
	.open	= nonseekable_open,
	.write	= put_write,
};

static ssize_t get_write(struct file *file, const char __user *ubuf,
			 size_t count, loff_t *ppos)
{
	char *buf = simple_transaction_get(file, ubuf, count);
	ssize_t length;
	u32 key;
	int err;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	err = kstrtou32(buf, 10, &key);
	if (err)
		return err;
	length = get(key, buf, SIMPLE_TRANSACTION_LIMIT);
	if (length < 0)
		return length;
	buf[length++] = '\n';
	simple_transaction_set(file, length);
	return count;
}

static const struct file_operations get_fops = {
	.owner	 = THIS_MODULE,
	.write	 = get_write,
	.read	 = simple_transaction_read,
	.release = simple_transaction_release,
};

static void *list_start(struct seq_file *m, loff_t *pos)
	__acquires(&lock)
{
	spin_lock(&lock);
	return seq_list_start(&lru, *pos);
}

static void *list_next(struct seq_file *m, void *v, loff_t *pos)
{
	return seq_list_next(v, &lru, pos);
}

static void list_stop(struct seq_file *m, void *v)
	__releases(&lock)
{
	spin_unlock(&lock);
}

static int list_show(struct seq_file *m, void *v)
{
	const struct entry *entry = list_entry(v, struct entry, by_use);

	seq_printf(m, "%u %s\n", entry->key, entry->text);
	return 0;
}

static const struct seq_operations list_sops = {
	.start	= list_start,
	.next	= list_next,
	.stop	= list_stop,
	.show	= list_show,
};
DEFINE_SEQ_ATTRIBUTE(list);

static int stats_show(struct seq_file *m, void *unused)
{
	spin_lock(&lock);
	seq_printf(m, "entries %lu\nhits %lu\nmisses %lu\n", nentries, nhits,
		   nmisses);
	seq_printf(m, "evicted %lu\nshrunk %lu\nrefused %lu\n", nevicted,
		   nshrunk, nrefused);
	spin_unlock(&lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/* ---- the module -------------------------------------------------------------- */

static int __init lru_init(void)
{
	struct kspan_heap_params params = { .limit_bytes = limit_bytes };

	heap = kspan_heap_create("sample_lru", &params);
	if (IS_ERR(heap))
		return PTR_ERR(heap);

	shrinker = shrinker_alloc(0, KBUILD_MODNAME);
	if (!shrinker) {
		kspan_heap_destroy(heap);
		return -ENOMEM;
	}
	shrinker->count_objects = lru_count;
	shrinker->scan_objects = lru_scan;
	shrinker_register(shrinker);

	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("put", 0200, dir, NULL, &put_fops);
	debugfs_create_file("get", 0600, dir, NULL, &get_fops);
	debugfs_create_file("list", 0400, dir, NULL, &list_fops);
	debugfs_create_file("stats", 0400, dir, NULL, &stats_fops);
	return 0;
}
module_init(lru_init);

static void __exit lru_exit(void)
{
	/* Those who could ask for memory go first. */
	debugfs_remove(dir);
	shrinker_free(shrinker);
#ifdef SAMPLE_KMALLOC
	evict(ULONG_MAX, &nevicted);
#endif
	/* All entries with it, in one go. */
	kspan_heap_destroy(heap);
}
module_exit(lru_exit);

MODULE_DESCRIPTION("Sample: an LRU cache on a heap with a limit and a shrinker");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
