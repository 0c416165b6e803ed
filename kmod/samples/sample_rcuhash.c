// SPDX-License-Identifier: GPL-2.0
/*
 * Sample: a hash table that is read without locks, of objects that are used again at
 * once.
 *
 * Connection tables have this shape. An object that was removed goes back to its cache
 * without waiting for readers. A reader may therefore hold a pointer to an object that
 * has been freed, or that is another entry by now. KSPAN_CACHE_TYPESAFE_BY_RCU promises
 * that the memory stays an object of this cache for as long as the reader is in its RCU
 * section, so that its reference count is still one.
 *
 * What to copy from it:
 *
 *  - lookup(): find, get a reference unless the count is zero, look at the key again.
 *    Only then it is the entry that was looked for.
 *  - The constructor sets the count to zero once, when the slot is carved, and no
 *    allocation ever writes it before the entry is complete. Nobody may zero such an
 *    object.
 *  - The lists end in a number that says which list it is (rculist_nulls.h). An entry
 *    that moves to another list takes the reader along; at the end of a list that is
 *    not its own, the reader starts again.
 *
 * Threads add and remove entries, others look them up. The directory
 * /sys/kernel/debug/sample_rcuhash/ (of the other build, sample_rcuhash_kmalloc/) has
 * counts in stats.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rculist_nulls.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>

#include "allocator.h"

#define TABLE_BITS	6
#define NTHREADS	2

static unsigned int keys = 1000;
module_param(keys, uint, 0444);
MODULE_PARM_DESC(keys, "different keys");

static unsigned long limit_bytes;
module_param(limit_bytes, ulong, 0444);
MODULE_PARM_DESC(limit_bytes, "most memory entries may take; 0 is no limit");

static bool churn = true;
module_param(churn, bool, 0644);
MODULE_PARM_DESC(churn, "threads add and remove entries");

static unsigned int dawdle_us;
module_param(dawdle_us, uint, 0444);
MODULE_PARM_DESC(dawdle_us, "for tests: how long readers wait before they get a reference");

/**
 * struct entry - one of the table
 * @by_key: in the list of its bucket; readers pass through it at any time
 * @refs: one of the table, one of each reader; zero while it is free
 * @key: its number
 * @value: made of @key, see value_of()
 */
struct entry {
	struct hlist_nulls_node	by_key;
	refcount_t		refs;
	u32			key;
	u64			value;
};

/**
 * struct bucket - entries whose keys have one hash
 * @lock: of those who add and remove
 * @head: ends in the bucket's number
 */
struct bucket {
	spinlock_t		lock;	/* of @head, but for readers */
	struct hlist_nulls_head	head;
};

static struct kspan_heap *heap;
static struct kspan_cache *cache;
static struct dentry *dir;
static struct bucket table[1 << TABLE_BITS];
static struct task_struct *threads[2 * NTHREADS];

static atomic_long_t nentries;
static atomic_long_t nadded;
static atomic_long_t nremoved;
static atomic_long_t nnomem;
static atomic_long_t nfound;
static atomic_long_t nmissed;
static atomic_long_t nchanged;	/* became another entry before the reference */
static atomic_long_t nbad;	/* not what was looked for, and taken for it */

/* Called once for a slot. Later, whoever frees the object leaves the count at zero. */
static void construct(void *slot)
{
	struct entry *entry = slot;

	refcount_set(&entry->refs, 0);
}

static u64 value_of(u32 key)
{
	return (u64)key * 0x9e3779b97f4a7c15ULL + 1;
}

static unsigned int number_of(u32 key)
{
	return hash_32(key, TABLE_BITS);
}

static void put(struct entry *entry)
{
	if (refcount_dec_and_test(&entry->refs))
		kspan_cache_free(cache, entry);
}

/* ---- readers ------------------------------------------------------------------ */

/* Returns an entry with a reference, which the caller puts; or NULL. */
static struct entry *lookup(u32 key)
{
	unsigned int number = number_of(key);
	struct hlist_nulls_node *node;
	struct entry *entry;

	rcu_read_lock();
again:
	hlist_nulls_for_each_entry_rcu(entry, node, &table[number].head, by_key) {
		if (READ_ONCE(entry->key) != key)
			continue;
		if (dawdle_us)
			udelay(dawdle_us);
		/* It may be free by now: zero stays zero. */
		if (!refcount_inc_not_zero(&entry->refs))
			goto again;
		/* What was written before the count was set is seen from here. */
		smp_acquire__after_ctrl_dep();
		/* It may have been freed and allocated before the reference. */
		if (READ_ONCE(entry->key) == key) {
			rcu_read_unlock();
			return entry;
		}
		atomic_long_inc(&nchanged);
		put(entry);
		goto again;
	}
	/* Led away into another bucket by an entry that moved. */
	if (get_nulls_value(node) != number)
		goto again;
	rcu_read_unlock();
	return NULL;
}

static void read_one(u32 key)
{
	struct entry *entry = lookup(key);

	if (!entry) {
		atomic_long_inc(&nmissed);
		return;
	}
	atomic_long_inc(&nfound);
	if (entry->key != key || entry->value != value_of(key))
		atomic_long_inc(&nbad);
	put(entry);
}

/* ---- writers ------------------------------------------------------------------ */

/* Under the bucket's lock the table's reference keeps an entry what it is. */
static struct entry *find_locked(struct bucket *bucket, u32 key)
{
	struct hlist_nulls_node *node;
	struct entry *entry;

	hlist_nulls_for_each_entry(entry, node, &bucket->head, by_key) {
		if (entry->key == key)
			return entry;
	}
	return NULL;
}

static void add(u32 key)
{
	struct bucket *bucket = &table[number_of(key)];
	struct entry *entry;

	entry = kspan_cache_alloc(cache, GFP_KERNEL | __GFP_NOWARN);
	if (!entry) {
		atomic_long_inc(&nnomem);
		return;
	}
	WRITE_ONCE(entry->key, key);
	entry->value = value_of(key);

	spin_lock(&bucket->lock);
	if (find_locked(bucket, key)) {
		spin_unlock(&bucket->lock);
		kspan_cache_free(cache, entry);
		return;
	}
	/* A reader of what this was before gets its reference after all is written. */
	smp_wmb();
	refcount_set(&entry->refs, 1);
	hlist_nulls_add_head_rcu(&entry->by_key, &bucket->head);
	spin_unlock(&bucket->lock);
	atomic_long_inc(&nentries);
	atomic_long_inc(&nadded);
}

static void remove(u32 key)
{
	struct bucket *bucket = &table[number_of(key)];
	struct entry *entry;

	spin_lock(&bucket->lock);
	entry = find_locked(bucket, key);
	if (entry)
		hlist_nulls_del_rcu(&entry->by_key);
	spin_unlock(&bucket->lock);
	if (!entry)
		return;
	atomic_long_dec(&nentries);
	atomic_long_inc(&nremoved);
	/* No grace period: it may be another entry at once. */
	put(entry);
}

/* ---- threads, and what is to be seen ------------------------------------------ */

static u32 next_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static int writer_run(void *arg)
{
	u32 state = (unsigned long)arg;
	u32 key;

	while (!kthread_should_stop()) {
		if (!READ_ONCE(churn)) {
			schedule_timeout_interruptible(HZ / 50);
			continue;
		}
		key = next_random(&state) % keys;
		if (next_random(&state) & 1)
			add(key);
		else
			remove(key);
		cond_resched();
	}
	return 0;
}

static int reader_run(void *arg)
{
	u32 state = (unsigned long)arg;

	while (!kthread_should_stop()) {
		read_one(next_random(&state) % keys);
		cond_resched();
	}
	return 0;
}

static int stats_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "entries %ld\nadded %ld\nremoved %ld\nnomem %ld\n",
		   atomic_long_read(&nentries), atomic_long_read(&nadded),
		   atomic_long_read(&nremoved), atomic_long_read(&nnomem));
	seq_printf(m, "found %ld\nmissed %ld\nchanged %ld\nbad %ld\n",
		   atomic_long_read(&nfound), atomic_long_read(&nmissed),
		   atomic_long_read(&nchanged), atomic_long_read(&nbad));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/* ---- the module --------------------------------------------------------------- */

static void stop(void)
{
	unsigned int i;
	u32 key;

	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		if (threads[i])
			kthread_stop(threads[i]);
	}
	/* A cache reports what is left in it when it is destroyed. */
	for (key = 0; cache && key < keys; key++)
		remove(key);
	kspan_cache_destroy(cache);
	kspan_heap_destroy(heap);
}

static int start(void)
{
	unsigned long i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		spin_lock_init(&table[i].lock);
		INIT_HLIST_NULLS_HEAD(&table[i].head, i);
	}
	cache = kspan_cache_create(heap, "entry", sizeof(struct entry), 0,
				   KSPAN_CACHE_TYPESAFE_BY_RCU, construct);
	if (!cache)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		struct task_struct *task;

		task = kthread_run(i & 1 ? reader_run : writer_run,
				   (void *)(i + 1), "%s/%lu", KBUILD_MODNAME, i);
		if (IS_ERR(task))
			return PTR_ERR(task);
		threads[i] = task;
	}
	return 0;
}

static int __init rcuhash_init(void)
{
	struct kspan_heap_params params = { .limit_bytes = limit_bytes };
	int err;

	if (!keys)
		return -EINVAL;
	heap = kspan_heap_create("sample_rcuhash", &params);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	err = start();
	if (err) {
		stop();
		return err;
	}
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("stats", 0400, dir, NULL, &stats_fops);
	return 0;
}
module_init(rcuhash_init);

static void __exit rcuhash_exit(void)
{
	debugfs_remove(dir);
	stop();
}
module_exit(rcuhash_exit);

MODULE_DESCRIPTION("Sample: a hash table read under RCU on a typed cache");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
