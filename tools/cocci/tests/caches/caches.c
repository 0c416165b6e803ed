// SPDX-License-Identifier: GPL-2.0
/* Caches and pools. */
#include <linux/module.h>
#include <linux/mempool.h>
#include <linux/slab.h>

struct thing {
	int a;
};

static struct kmem_cache *things, *others;
static mempool_t *pool, *bytes;

static void ctor(void *p)
{
}

static struct thing *make(struct inode *inode, void **p)
{
	kmem_cache_free(things, kmem_cache_zalloc(things, GFP_ATOMIC));
	if (!kmem_cache_alloc_bulk(things, GFP_KERNEL, 4, p))
		return NULL;
	kmem_cache_free_bulk(things, 4, p);
	return alloc_inode_sb(inode->i_sb, others, GFP_KERNEL);
}

static int __init caches_init(void)
{
	things = KMEM_CACHE(thing, SLAB_HWCACHE_ALIGN | SLAB_PANIC);
	others = kmem_cache_create("others", 100, 0,
				   SLAB_RECLAIM_ACCOUNT | SLAB_TYPESAFE_BY_RCU, ctor);
	pool = mempool_create_slab_pool(4, things);
	bytes = mempool_create_kmalloc_pool(4, 64);
	return 0;
}
late_initcall(caches_init);

static void __exit caches_exit(void)
{
	mempool_destroy(pool);
	mempool_destroy(bytes);
	kmem_cache_shrink(things);
	kmem_cache_destroy(things);
	kmem_cache_destroy(others);
}
module_exit(caches_exit);
MODULE_LICENSE("GPL");
