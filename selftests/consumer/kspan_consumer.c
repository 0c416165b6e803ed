// SPDX-License-Identifier: GPL-2.0
/*
 * A sample consumer: a cache of records by key, with a heap of its own.
 *
 * The heap bounds what the cache may take, tells what it holds
 * (/sys/kernel/debug/kspan/heaps/consumer/), finds a record from an address
 * anywhere in it, and goes with everything in it at the end.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hashtable.h>
#include <linux/module.h>
#include <linux/string.h>

#include <linux/kspan.h>

static unsigned int objects = 1000;
module_param(objects, uint, 0444);
MODULE_PARM_DESC(objects, "records to put into the cache");

static unsigned long limit_bytes;
module_param(limit_bytes, ulong, 0444);
MODULE_PARM_DESC(limit_bytes, "most memory the cache may take; 0 is no limit");

static bool leave_heap;
module_param(leave_heap, bool, 0444);
MODULE_PARM_DESC(leave_heap, "for tests: leave the heap behind");

/**
 * struct record - one entry of the cache
 * @link: in the hash table
 * @key: its number
 * @value_bytes: room in @value
 * @value: a text, an object of its own
 */
struct record {
	struct hlist_node	link;
	u32			key;
	size_t			value_bytes;
	char			*value;
};

static struct kspan_heap *heap;
static DEFINE_HASHTABLE(records, 8);

static struct record *find(u32 key)
{
	struct record *record;

	hash_for_each_possible(records, record, link, key) {
		if (record->key == key)
			return record;
	}
	return NULL;
}

static int add(u32 key)
{
	/* Freed on return, unless it was taken out with no_free_ptr(). */
	char *value __free(kspan) = kspan_alloc(heap, 16, GFP_KERNEL);
	struct record *record __free(kspan) =
		kspan_zalloc(heap, sizeof(*record), GFP_KERNEL);

	if (!value || !record)
		return -ENOMEM;
	snprintf(value, 16, "value %u", key);
	record->key = key;
	record->value_bytes = 16;
	record->value = no_free_ptr(value);
	hash_add(records, &no_free_ptr(record)->link, key);
	return 0;
}

/* Makes a value longer; what it was stays at its front. */
static int append(struct record *record, const char *text)
{
	size_t bytes = strlen(record->value) + strlen(text) + 1;
	char *value;

	if (bytes > record->value_bytes) {
		value = kspan_realloc(heap, record->value, bytes, GFP_KERNEL);
		if (!value)
			return -ENOMEM;
		record->value = value;
		record->value_bytes = bytes;
	}
	strcat(record->value, text);
	return 0;
}

static void remove(struct record *record)
{
	hash_del(&record->link);
	kspan_free(record->value);
	kspan_free(record);
}

static int count(const struct kspan_object *obj, void *arg)
{
	*(unsigned long *)arg += obj->live;
	return 0;
}

/* What the heap knows of what is in it. */
static int look(void)
{
	struct kspan_heap_stats stats;
	struct kspan_object obj;
	unsigned long nobjs = 0;
	struct record *record;

	kspan_heap_stats(heap, &stats);
	kspan_heap_for_each_object(heap, count, &nobjs);
	pr_info("%lu objects, %llu bytes live of %llu\n", nobjs,
		stats.live_bytes, stats.backing_bytes);
	if (nobjs != 2 * objects || nobjs != stats.live_objects)
		return -EINVAL;

	record = find(0);
	if (!record)
		return 0;
	/* From an address within the object to the object. */
	if (!kspan_find_object(&record->key, &obj) || obj.start != record ||
	    obj.heap != heap || !obj.live || obj.size_bytes < sizeof(*record))
		return -EINVAL;
	return 0;
}

static int fill(void)
{
	struct record *record;
	u32 key;
	int err;

	for (key = 0; key < objects; key++) {
		err = add(key);
		if (err)
			return err;
	}
	for (key = 0; key < objects; key += 2) {
		err = append(find(key), ", which has grown longer");
		if (err)
			return err;
	}
	/* One goes, and another takes its place. */
	if (objects > 1) {
		remove(find(1));
		err = add(1);
		if (err)
			return err;
	}
	record = find(0);
	if (record && strcmp(record->value, "value 0, which has grown longer"))
		return -EINVAL;
	return 0;
}

static int __init consumer_init(void)
{
	struct kspan_heap_params params = { .limit_bytes = limit_bytes };
	int err;

	heap = kspan_heap_create("consumer", &params);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	err = fill() ?: look();
	if (err)
		kspan_heap_destroy(heap);
	return err;
}
module_init(consumer_init);

static void __exit consumer_exit(void)
{
	/* All records and values with it, in one go. */
	if (!leave_heap)
		kspan_heap_destroy(heap);
}
module_exit(consumer_exit);

MODULE_DESCRIPTION("Sample consumer of kspan");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
