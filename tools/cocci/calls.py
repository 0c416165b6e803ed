# SPDX-License-Identifier: GPL-2.0
"""The kernel's calls that have a counterpart, and what is known of others.

Indices are those of arguments, from 0. facts.cocci, origins.py and
convert.cocci read this; Documentation/porting.rst has the same as tables.
"""

# Give an object: name: (counterpart, shape of the new call)
#   heap    the heap before the arguments
#   array   the heap, the product of the first two, the others
#   zarray  the same, for kcalloc()'s kin
ALLOC = {
    "kmalloc": ("kspan_alloc", "heap"),
    "kzalloc": ("kspan_zalloc", "heap"),
    "kcalloc": ("kspan_calloc", "heap"),
    "kmalloc_array": ("kspan_alloc_array", "heap"),
    "kmalloc_node": ("kspan_alloc_node", "heap"),
    "kzalloc_node": ("kspan_zalloc_node", "heap"),
    "kmalloc_array_node": ("kspan_alloc_node", "array"),
    "kcalloc_node": ("kspan_zalloc_node", "array"),
    "krealloc": ("kspan_realloc", "heap"),
    "krealloc_array": ("kspan_realloc_array", "heap"),
    "kvmalloc": ("kspan_kvmalloc", "heap"),
    "kvzalloc": ("kspan_kvzalloc", "heap"),
    "kvmalloc_node": ("kspan_kvmalloc_node", "heap"),
    "kvmalloc_array": ("kspan_kvmalloc", "array"),
    "kvcalloc": ("kspan_kvzalloc", "array"),
    "kmemdup": ("kspan_memdup", "heap"),
    "kstrdup": ("kspan_strdup", "heap"),
    "kstrndup": ("kspan_strndup", "heap"),
    "kasprintf": ("kspan_asprintf", "heap"),
    "kvasprintf": ("kspan_vasprintf", "heap"),
    "memdup_user": ("kspan_memdup_user", "heap"),
    "vmemdup_user": ("kspan_memdup_user", "heap"),
    "strndup_user": ("kspan_strndup_user", "heap"),
}

# These of the above also take an object, and free it.
RESIZE = {"krealloc": 0, "krealloc_array": 0}

# Take an object: name: (counterpart, shape); "first" drops what follows the object.
FREE = {
    "kfree": ("kspan_free", "name"),
    "kvfree": ("kspan_free", "name"),
    "kfree_sensitive": ("kspan_free_sensitive", "name"),
    "kvfree_sensitive": ("kspan_free_sensitive", "first"),
    "kfree_rcu": ("kspan_free_rcu", "name"),
    "kvfree_rcu": ("kspan_free_rcu", "name"),
    "kfree_rcu_mightsleep": ("kspan_free_rcu_mightsleep", "name"),
    "kvfree_rcu_mightsleep": ("kspan_free_rcu_mightsleep", "name"),
}

MEASURE = {"ksize": ("kspan_usable_size", "name")}

# Give a cache: name: (counterpart, shape, number of arguments)
CACHE_MAKE = {
    "kmem_cache_create": ("kspan_cache_create", "cache", 5),
    "kmem_cache_create_usercopy": ("kspan_cache_create_usercopy", "usercopy", 7),
    "KMEM_CACHE": ("KSPAN_CACHE", "tag", 2),
}

# Take a cache: name: (counterpart, shape, which argument is the cache)
CACHE_USE = {
    "kmem_cache_destroy": ("kspan_cache_destroy", "name", 0),
    "kmem_cache_shrink": ("kspan_cache_shrink", "name", 0),
    "kmem_cache_size": ("kspan_cache_size", "name", 0),
    "kmem_cache_alloc": ("kspan_cache_alloc", "name", 0),
    "kmem_cache_zalloc": ("kspan_cache_zalloc", "name", 0),
    "kmem_cache_alloc_node": ("kspan_cache_alloc_node", "name", 0),
    "kmem_cache_alloc_lru": ("kspan_cache_alloc", "lru", 0),
    "alloc_inode_sb": ("kspan_cache_alloc", "inode", 1),
    "kmem_cache_alloc_bulk": ("kspan_cache_alloc_bulk", "bulk", 0),
    "kmem_cache_free": ("kspan_cache_free", "name", 0),
    "kmem_cache_free_bulk": ("kspan_cache_free_bulk", "name", 0),
    "mempool_create_slab_pool": ("kspan_mempool_create_cache", "name", 1),
}
CACHE_ALLOC = {"kmem_cache_alloc", "kmem_cache_zalloc", "kmem_cache_alloc_node",
               "kmem_cache_alloc_lru", "alloc_inode_sb"}

# Converted wherever they stand: their objects are the pool's, not the module's.
ALWAYS = {"mempool_create_kmalloc_pool": ("kspan_mempool_create", "pool")}

SLAB_FLAGS = {"SLAB_HWCACHE_ALIGN": "KSPAN_CACHE_HWALIGN",
              "SLAB_TYPESAFE_BY_RCU": "KSPAN_CACHE_TYPESAFE_BY_RCU"}
# What the caches of a heap cannot do.
SLAB_REFUSED = {"SLAB_CACHE_DMA", "SLAB_CACHE_DMA32"}
GFP_REFUSED = {"GFP_DMA", "GFP_DMA32", "__GFP_DMA", "__GFP_DMA32"}

# Memory that the kernel frees, measures or resizes.
SINK_FIELDS = {
    "i_link": "the kernel frees inode->i_link",
    "platform_data": "the kernel frees platform_data",
    "s_subtype": "the kernel frees a superblock's subtype",
    "source": "the kernel frees an fs_context's source",
    "ifalias": "the kernel frees a network device's alias",
}
# The same, if the module also names one of these.
SINK_FIELDS_IF = {
    "private": ({"seq_release_private"}, "seq_release_private() frees it"),
    "transfer_buffer": ({"URB_FREE_BUFFER"}, "URB_FREE_BUFFER frees it"),
}
SINK_CALLS = {
    "build_skb": 0, "slab_build_skb": 0, "napi_build_skb": 0, "__build_skb": 0,
    "build_skb_around": 1, "kvrealloc": 0, "kvfree_call_rcu": 1,
    "kfree_const": 0, "kfree_link": 0, "devm_kfree": 1, "kvmalloc_realloc": 0,
    "free_percpu": 0, "vfree": 0, "kfree_bulk": 1, "kobject_set_name_vargs": 9,
}
# What these fields hold was allocated by the kernel.
SOURCE_FIELDS = {"string": "string of a mount parameter"}

# A pointer goes through: which argument comes out.
THROUGH = {
    "READ_ONCE": 0, "WRITE_ONCE": 0, "rcu_dereference": 0, "rcu_dereference_raw": 0,
    "rcu_dereference_bh": 0, "rcu_dereference_check": 0,
    "rcu_dereference_bh_check": 0, "rcu_dereference_protected": 0,
    "rcu_access_pointer": 0, "rcu_replace_pointer": 0, "rcu_pointer_handoff": 0,
    "rtnl_dereference": 0, "smp_load_acquire": 0, "no_free_ptr": 0, "ERR_CAST": 0,
    "xchg": 0, "cmpxchg": 0, "unlikely": 0, "likely": 0, "PTR_ALIGN": 0,
    "strcpy": 0, "strim": 0, "skip_spaces": 0, "memcpy": 0, "memset": 0,
    "return_ptr": 0, "__force": 0, "memchr": 0, "strchr": 0, "strrchr": 0,
    "RCU_INITIALIZER": 0,
}
# The second argument becomes the first.
INTO = {"rcu_assign_pointer", "RCU_INIT_POINTER", "WRITE_ONCE", "xchg", "swap",
        "smp_store_release", "rcu_replace_pointer"}
# An object by its type, which is an argument.
BY_TYPE = {
    "container_of": 1, "container_of_const": 1, "list_entry": 1,
    "list_first_entry": 1, "list_last_entry": 1, "list_first_entry_or_null": 1,
    "list_next_entry": 0, "list_prev_entry": 0, "list_entry_rcu": 1,
    "list_first_or_null_rcu": 1, "hlist_entry": 1, "hlist_entry_safe": 1,
    "rb_entry": 1, "rb_entry_safe": 1, "llist_entry": 1, "hlist_bl_entry": 1,
    "from_timer": 0, "timer_container_of": 0, "from_tasklet": 0, "from_work": 0,
    "hlist_nulls_entry": 1, "list_prepare_entry": 0,
    "rhashtable_lookup": None, "rhashtable_lookup_fast": None,
}
# What goes into a store of the kernel's comes out of it: name: (store, argument).
PUT = {
    "dev_set_drvdata": ("drvdata", 1), "platform_set_drvdata": ("drvdata", 1),
    "pci_set_drvdata": ("drvdata", 1), "i2c_set_clientdata": ("drvdata", 1),
    "spi_set_drvdata": ("drvdata", 1), "usb_set_intfdata": ("drvdata", 1),
    "xa_store": ("xarray", 2), "xa_insert": ("xarray", 2), "xa_alloc": ("xarray", 2),
    "xa_cmpxchg": ("xarray", 3), "radix_tree_insert": ("xarray", 2),
    "idr_alloc": ("idr", 1), "idr_alloc_cyclic": ("idr", 1), "idr_replace": ("idr", 1),
    "mas_store": ("maple", 1), "mtree_store": ("maple", 2),
    "crypto_set_ctx": ("ctx", 1), "dev_set_platdata": ("platdata", 1),
}
GET = {
    "dev_get_drvdata": "drvdata", "platform_get_drvdata": "drvdata",
    "pci_get_drvdata": "drvdata", "i2c_get_clientdata": "drvdata",
    "spi_get_drvdata": "drvdata", "usb_get_intfdata": "drvdata",
    "xa_load": "xarray", "xa_erase": "xarray", "xa_find": "xarray",
    "xa_find_after": "xarray", "radix_tree_lookup": "xarray",
    "radix_tree_delete": "xarray", "idr_find": "idr", "idr_remove": "idr",
    "idr_get_next": "idr", "mas_find": "maple", "mtree_load": "maple",
    "xa_store": "xarray", "xa_cmpxchg": "xarray",
}
# Neither give memory that anyone kfree()s, nor keep what they are given.
NEUTRAL = {
    "ERR_PTR", "PTR_ERR", "IS_ERR", "IS_ERR_OR_NULL", "PTR_ERR_OR_ZERO", "WARN_ON",
    "WARN_ON_ONCE", "BUG_ON", "netdev_priv", "mempool_alloc", "mempool_free",
    "sizeof", "pr_err", "pr_info", "pr_warn", "printk", "offsetof", "virt_to_page",
    "page_address", "kmap", "kmap_local_page", "skb_put", "skb_push", "skb_pull",
    "nla_data", "nlmsg_data", "genlmsg_put", "per_cpu_ptr", "this_cpu_ptr",
    "kobject_get", "get_device", "ALIGN", "round_up", "min", "max", "struct_size",
    "size_mul", "array_size", "strlen", "memcmp", "strcmp", "snprintf", "copy_to_user",
    "copy_from_user", "cpu_to_le32", "le32_to_cpu", "cpu_to_le16", "le16_to_cpu",
    "cpu_to_be32", "be32_to_cpu", "cpu_to_be16", "be16_to_cpu",
}

NAMES = (set(ALLOC) | set(FREE) | set(MEASURE) | set(CACHE_MAKE) | set(CACHE_USE) |
         set(ALWAYS))
