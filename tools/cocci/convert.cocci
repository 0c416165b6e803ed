// SPDX-License-Identifier: GPL-2.0
// Turns a module's calls into kspan's. Those that move carry "port_" before their
// names: origins.py has chosen them, and mark.py has marked them. port.sh runs it:
//
//	heap	the module's heap, an identifier
//	typed	set if the module's caches move

virtual typed

@initialize:python@
@@
import calls

def slab_flags(flags):
    """The flags that a typed cache has; the others say nothing to a heap."""
    kept = [new for old, new in calls.SLAB_FLAGS.items() if old in flags]
    return " | ".join(kept) or "0"

// ---- the heap before the arguments

@@
identifier virtual.heap;
expression list es;
@@
- port_kmalloc(
+ kspan_alloc(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kzalloc(
+ kspan_zalloc(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kcalloc(
+ kspan_calloc(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kmalloc_array(
+ kspan_alloc_array(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kmalloc_node(
+ kspan_alloc_node(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kzalloc_node(
+ kspan_zalloc_node(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_krealloc(
+ kspan_realloc(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_krealloc_array(
+ kspan_realloc_array(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kvmalloc(
+ kspan_kvmalloc(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kvzalloc(
+ kspan_kvzalloc(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kvmalloc_node(
+ kspan_kvmalloc_node(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kmemdup(
+ kspan_memdup(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kstrdup(
+ kspan_strdup(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kstrndup(
+ kspan_strndup(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kasprintf(
+ kspan_asprintf(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_kvasprintf(
+ kspan_vasprintf(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_memdup_user(
+ kspan_memdup_user(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_vmemdup_user(
+ kspan_memdup_user(heap,
  es)

@@
identifier virtual.heap;
expression list es;
@@
- port_strndup_user(
+ kspan_strndup_user(heap,
  es)

// ---- the product of the first two arguments is the size

@@
identifier virtual.heap;
expression n, size;
expression list es;
@@
- port_kmalloc_array_node(n, size, es)
+ kspan_alloc_node(heap, size_mul(n, size), es)

@@
identifier virtual.heap;
expression n, size;
expression list es;
@@
- port_kcalloc_node(n, size, es)
+ kspan_zalloc_node(heap, size_mul(n, size), es)

@@
identifier virtual.heap;
expression n, size;
expression list es;
@@
- port_kvmalloc_array(n, size, es)
+ kspan_kvmalloc(heap, size_mul(n, size), es)

@@
identifier virtual.heap;
expression n, size;
expression list es;
@@
- port_kvcalloc(n, size, es)
+ kspan_kvzalloc(heap, size_mul(n, size), es)

// ---- another name

@@
expression list es;
@@
- port_kfree(
+ kspan_free(
  es)

@@
expression list es;
@@
- port_kvfree(
+ kspan_free(
  es)

@@
expression list es;
@@
- port_kfree_sensitive(
+ kspan_free_sensitive(
  es)

@@
expression list es;
@@
- port_kfree_rcu(
+ kspan_free_rcu(
  es)

@@
expression list es;
@@
- port_kvfree_rcu(
+ kspan_free_rcu(
  es)

@@
expression list es;
@@
- port_kfree_rcu_mightsleep(
+ kspan_free_rcu_mightsleep(
  es)

@@
expression list es;
@@
- port_kvfree_rcu_mightsleep(
+ kspan_free_rcu_mightsleep(
  es)

@@
expression list es;
@@
- port_ksize(
+ kspan_usable_size(
  es)

@@
expression list es;
@@
- port_kmem_cache_destroy(
+ kspan_cache_destroy(
  es)

@@
expression list es;
@@
- port_kmem_cache_shrink(
+ kspan_cache_shrink(
  es)

@@
expression list es;
@@
- port_kmem_cache_size(
+ kspan_cache_size(
  es)

@@
expression list es;
@@
- port_kmem_cache_alloc(
+ kspan_cache_alloc(
  es)

@@
expression list es;
@@
- port_kmem_cache_zalloc(
+ kspan_cache_zalloc(
  es)

@@
expression list es;
@@
- port_kmem_cache_alloc_node(
+ kspan_cache_alloc_node(
  es)

@@
expression list es;
@@
- port_kmem_cache_alloc_bulk(
+ kspan_cache_alloc_bulk(
  es)

@@
expression list es;
@@
- port_kmem_cache_free(
+ kspan_cache_free(
  es)

@@
expression list es;
@@
- port_kmem_cache_free_bulk(
+ kspan_cache_free_bulk(
  es)

@@
expression list es;
@@
- port_mempool_create_slab_pool(
+ kspan_mempool_create_cache(
  es)

// ---- calls with a form of their own

@@
expression p, size;
@@
- port_kvfree_sensitive(p, size)
+ kspan_free_sensitive(p)

@@
expression cache, lru, flags;
@@
- port_kmem_cache_alloc_lru(cache, lru, flags)
+ kspan_cache_alloc(cache, flags)

@@
expression sb, cache, flags;
@@
- port_alloc_inode_sb(sb, cache, flags)
+ kspan_cache_alloc(cache, flags)

@@
identifier virtual.heap;
expression n, size;
@@
- port_mempool_create_kmalloc_pool(n, size)
+ kspan_mempool_create(n, heap, size)

// ---- caches

@create@
expression name, size, align, flags, ctor;
@@
port_kmem_cache_create(name, size, align, flags, ctor)

@script:python create_flags@
flags << create.flags;
new;
@@
coccinelle.new = cocci.make_expr(slab_flags(flags))

@@
identifier virtual.heap;
expression create.name, create.size, create.align, create.flags, create.ctor;
expression create_flags.new;
@@
- port_kmem_cache_create(name, size, align, flags, ctor)
+ kspan_cache_create(heap, name, size, align, new, ctor)

@usercopy@
expression name, size, align, flags, start, length, ctor;
@@
port_kmem_cache_create_usercopy(name, size, align, flags, start, length, ctor)

@script:python usercopy_flags@
flags << usercopy.flags;
new;
@@
coccinelle.new = cocci.make_expr(slab_flags(flags))

@@
identifier virtual.heap;
expression usercopy.name, usercopy.size, usercopy.align, usercopy.flags;
expression usercopy.start, usercopy.length, usercopy.ctor;
expression usercopy_flags.new;
@@
- port_kmem_cache_create_usercopy(name, size, align, flags, start, length, ctor)
+ kspan_cache_create_usercopy(heap, name, size, align, new, start, length, ctor)

@cache_tag@
identifier tag;
expression flags;
@@
port_KMEM_CACHE(tag, flags)

@script:python named_flags@
flags << cache_tag.flags;
new;
@@
coccinelle.new = cocci.make_expr(slab_flags(flags))

@@
identifier virtual.heap, cache_tag.tag;
expression cache_tag.flags, named_flags.new;
@@
- port_KMEM_CACHE(tag, flags)
+ KSPAN_CACHE(heap, tag, new)

@depends on typed@
@@
- struct kmem_cache
+ struct kspan_cache
