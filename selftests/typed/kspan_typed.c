// SPDX-License-Identifier: GPL-2.0
/*
 * A module with typed caches, in a heap that it does not own: the default one. Loaded
 * with leave=1 it goes without destroying them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/string.h>

#include <linux/kspan.h>

static unsigned int objects = 100;
module_param(objects, uint, 0444);
MODULE_PARM_DESC(objects, "objects of each cache that are live");

static bool leave;
module_param(leave, bool, 0444);
MODULE_PARM_DESC(leave, "for tests: leave the caches behind, with one object");

struct typed_plain {
	u64	words[11];
};

static struct kspan_cache *plain;
static struct kspan_cache *made;
static void *plain_objects[200];
static void *made_objects[200];

/* Never called when the module has gone. */
static void construct(void *slot)
{
	memset(slot, 0x5a, 40);
}

static void release(void)
{
	unsigned int i;

	for (i = leave; i < objects; i++) {
		kspan_cache_free(plain, plain_objects[i]);
		kspan_cache_free(made, made_objects[i]);
	}
	if (leave)
		return;
	kspan_cache_destroy(plain);
	kspan_cache_destroy(made);
}

static int __init typed_init(void)
{
	struct kspan_heap *heap = kspan_default_heap();

	if (objects > ARRAY_SIZE(plain_objects))
		return -EINVAL;
	plain = KSPAN_CACHE(heap, typed_plain, 0);
	made = kspan_cache_create(heap, "typed made", 40, 0,
				  KSPAN_CACHE_TYPESAFE_BY_RCU, construct);
	if (!plain || !made ||
	    kspan_cache_alloc_bulk(plain, GFP_KERNEL, objects,
				   plain_objects) != objects ||
	    kspan_cache_alloc_bulk(made, GFP_KERNEL, objects,
				   made_objects) != objects) {
		kspan_cache_destroy(plain);
		kspan_cache_destroy(made);
		return -ENOMEM;
	}
	return 0;
}
module_init(typed_init);

static void __exit typed_exit(void)
{
	release();
}
module_exit(typed_exit);

MODULE_DESCRIPTION("Typed caches, for tests of kspan");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
