/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kspan: heaps for kernel code, after the allocator of the Go runtime.
 *
 * A consumer creates a heap, allocates from it wherever it could call
 * kmalloc(), and destroys it, which frees all that is left in it. Objects are
 * freed with kspan_free(), never with kfree().
 */
#ifndef _LINUX_KSPAN_H
#define _LINUX_KSPAN_H

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kspan_sizeclass.h>
#include <linux/mempool.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/types.h>
#ifdef CONFIG_X86_KERNEL_IBT
#include <asm/ibt.h>
#endif
#include <uapi/linux/kspan.h>

struct device;
struct kspan_heap;

/**
 * struct kspan_heap_params - how a heap is to be; zero means default
 * @limit_bytes: upper bound of the memory the heap takes from the kernel
 * @flags: KSPAN_HEAP_NODE, KSPAN_HEAP_ACCOUNT, KSPAN_HEAP_ZERO_ON_DESTROY,
 *	KSPAN_HEAP_WARN_LIVE
 * @node: NUMA node that all memory comes from, with KSPAN_HEAP_NODE
 * @soft_limit_bytes: above this, free memory goes back to the kernel at once
 * @min_reserve_bytes: memory that the heap has from the beginning and keeps, for
 *	allocations for which the kernel has none; part of @limit_bytes
 */
struct kspan_heap_params {
	size_t		limit_bytes;
	unsigned int	flags;
	int		node;
	size_t		soft_limit_bytes;
	size_t		min_reserve_bytes;
};

/**
 * struct kspan_object - what is known of the object an address lies in
 * @heap: the heap it was allocated from
 * @start: its first byte; of a stack or region that of its first span
 * @size_bytes: its slot, or a large object's pages; of a stack or region those of all
 *	its spans, which need not adjoin
 * @sizeclass: 1 .. 67; 0 is a large object, a stack or a region; from 68 on, typed
 *	caches
 * @live: allocated and not freed
 */
struct kspan_object {
	struct kspan_heap	*heap;
	void			*start;
	size_t			size_bytes;
	unsigned int		sizeclass;
	bool			live;
};

/* Told of an object; ends the walk with a value other than 0. */
typedef int (*kspan_object_fn)(const struct kspan_object *obj, void *arg);

/* Objects above this size are contiguous in virtual memory only. */
#define KSPAN_MAX_CONTIG_BYTES	(4UL << 20)

struct kspan_heap *__kspan_heap_create(const char *name,
				       const struct kspan_heap_params *params,
				       struct module *owner);

/**
 * kspan_heap_create() - make a heap
 * @name: up to 31 of letters, digits, '-', '_' and '.'; must be free
 * @params: how it is to be, or NULL for defaults
 *
 * The heap belongs to the calling module, which destroys it before it goes.
 *
 * Context: Process context; sleeps. Takes heaps_mutex, and for a reserve the locks of
 * kspan_heap_set_reserve().
 * Return: the heap, or ERR_PTR: -EINVAL for a bad name or bad params, -EEXIST
 * if the name is taken, -ENOMEM.
 */
#define kspan_heap_create(name, params) \
	__kspan_heap_create(name, params, THIS_MODULE)

struct kspan_heap *
__devm_kspan_heap_create(struct device *dev, const char *name,
			 const struct kspan_heap_params *params,
			 struct module *owner);

/**
 * devm_kspan_heap_create() - make a heap that goes with a device
 * @dev: the device
 * @name: as for kspan_heap_create()
 * @params: likewise
 *
 * When the driver lets go of the device, the heap is destroyed, after all that was
 * made for the device later, and before all that was made earlier. The owner may
 * destroy it before.
 *
 * Context: As kspan_heap_create().
 * Return: As kspan_heap_create().
 */
#define devm_kspan_heap_create(dev, name, params) \
	__devm_kspan_heap_create(dev, name, params, THIS_MODULE)

void kspan_heap_destroy(struct kspan_heap *heap);
struct kspan_heap *kspan_default_heap(void);
struct kspan_heap *kspan_heap_find(const char *name);
void kspan_heap_put(struct kspan_heap *heap);
const char *kspan_heap_name(const struct kspan_heap *heap);
void kspan_heap_stats(struct kspan_heap *heap, struct kspan_heap_stats *stats);
int kspan_heap_set_limit(struct kspan_heap *heap, size_t limit_bytes);
int kspan_heap_set_soft_limit(struct kspan_heap *heap, size_t soft_limit_bytes);
int kspan_heap_set_reserve(struct kspan_heap *heap, size_t reserve_bytes);
size_t kspan_heap_scavenge(struct kspan_heap *heap, size_t bytes);
int kspan_heap_drain(struct kspan_heap *heap);
int kspan_heap_for_each_object(struct kspan_heap *heap, kspan_object_fn fn,
			       void *arg);

/*
 * Only the inline functions below call these, so nobody has their addresses to
 * jump to, and they do without the landing pad of an indirect jump.
 */
#ifdef CONFIG_X86_KERNEL_IBT
#define __kspan_direct	__noendbr
#else
#define __kspan_direct
#endif

void kspan_free(const void *p);

/*
 * Lets the compiler warn of a kspan_free() of what cannot be from a heap: an
 * interior pointer, a variable.
 */
#if defined(CONFIG_CC_IS_GCC) && !defined(__CHECKER__)
#define __kspan_freed	__attribute__((__malloc__(kspan_free, 1)))
#else
#define __kspan_freed
#endif

__kspan_direct void *__kspan_alloc(struct kspan_heap *heap, size_t size,
				   gfp_t gfp)
	__alloc_size(2) __kspan_freed __must_check;
__kspan_direct void *__kspan_alloc_plain(struct kspan_heap *heap, size_t size,
					 gfp_t gfp)
	__alloc_size(2) __kspan_freed __must_check;
__kspan_direct void *__kspan_alloc_mag(struct kspan_heap *heap,
				       unsigned long mag_offset, gfp_t gfp,
				       size_t size)
	__alloc_size(4) __kspan_freed __must_check;
__kspan_direct void *__kspan_alloc_mag_plain(struct kspan_heap *heap,
					     unsigned long mag_offset,
					     gfp_t gfp, size_t size)
	__alloc_size(4) __kspan_freed __must_check;
unsigned int kspan_alloc_bulk(struct kspan_heap *heap, size_t size, gfp_t gfp,
			      unsigned int nr, void **p) __must_check;
void kspan_free_bulk(unsigned int nr, void **p);

/* Where a size class's magazine lies among those of its heap and CPU. */
#define KSPAN_MAG_SHIFT		5

static inline unsigned long kspan_mag_offset_of(unsigned int sizeclass)
{
	return (unsigned long)sizeclass << KSPAN_MAG_SHIFT;
}

/* Flags that say where to take from, or to zero it; the others are plain. */
#define KSPAN_GFP_BESIDE	(GFP_ZONEMASK | __GFP_ZERO | __GFP_THISNODE)

/**
 * kspan_alloc() - allocate memory from a heap
 * @heap: where from; not NULL nor an ERR_PTR, for which nobody looks
 * @size: bytes
 * @gfp: as for kmalloc()
 *
 * A power of two up to 4 MB is aligned to itself, any other size to the largest
 * power of two that divides its size class. Memory up to 4 MB is physically
 * contiguous, as that of kmalloc(); above 4 MB it is contiguous in virtual memory
 * only. See kspan_kvmalloc() for memory that need not be contiguous.
 *
 * Context: Any in which kmalloc() with the same @gfp may be called. May take
 * reserve->lock and what comes after it in the order of heap.h, and what
 * alloc_pages() with @gfp takes.
 * Return: the object; ZERO_SIZE_PTR for size 0; NULL without memory, at the
 * heap's limit, or, with a warning once, for GFP_DMA and GFP_DMA32.
 */
static __always_inline __alloc_size(2) __must_check
void *kspan_alloc(struct kspan_heap *heap, size_t size, gfp_t gfp)
{
	bool plain = __builtin_constant_p(gfp) && !(gfp & KSPAN_GFP_BESIDE);
	unsigned long mag;

	if (__builtin_constant_p(size) && size && size <= KSPAN_MAX_CLASS_BYTES) {
		mag = kspan_mag_offset_of(kspan_const_sizeclass(size));
		return plain ? __kspan_alloc_mag_plain(heap, mag, gfp, size)
			     : __kspan_alloc_mag(heap, mag, gfp, size);
	}
	return plain ? __kspan_alloc_plain(heap, size, gfp)
		     : __kspan_alloc(heap, size, gfp);
}

/**
 * kspan_zalloc() - allocate zeroed memory from a heap
 * @heap: where from
 * @size: bytes
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc().
 */
static __always_inline __alloc_size(2) __must_check
void *kspan_zalloc(struct kspan_heap *heap, size_t size, gfp_t gfp)
{
	return kspan_alloc(heap, size, gfp | __GFP_ZERO);
}

/**
 * kspan_alloc_array() - allocate an array from a heap
 * @heap: where from
 * @n: elements
 * @size: bytes of one
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc(); NULL also if @n * @size overflows.
 */
static __always_inline __alloc_size(2, 3) __must_check
void *kspan_alloc_array(struct kspan_heap *heap, size_t n, size_t size,
			gfp_t gfp)
{
	/*
	 * A product that overflows is a size that nobody has. A branch here
	 * would hide the size from the compiler's checks of bounds.
	 */
	return kspan_alloc(heap, size_mul(n, size), gfp);
}

/**
 * kspan_calloc() - allocate a zeroed array from a heap
 * @heap: where from
 * @n: elements
 * @size: bytes of one
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc(); NULL also if @n * @size overflows.
 */
static __always_inline __alloc_size(2, 3) __must_check
void *kspan_calloc(struct kspan_heap *heap, size_t n, size_t size, gfp_t gfp)
{
	return kspan_alloc_array(heap, n, size, gfp | __GFP_ZERO);
}

void *kspan_alloc_node(struct kspan_heap *heap, size_t size, gfp_t gfp,
		       int node)
	__alloc_size(2) __kspan_freed __must_check;
void *kspan_alloc_aligned(struct kspan_heap *heap, size_t size, size_t align,
			  gfp_t gfp)
	__alloc_size(2) __kspan_freed __must_check;
void *kspan_kvmalloc_node(struct kspan_heap *heap, size_t size, gfp_t gfp,
			  int node)
	__alloc_size(2) __kspan_freed __must_check;

/**
 * kspan_kvmalloc() - allocate memory that need not be contiguous
 * @heap: where from
 * @size: bytes
 * @gfp: as for kvmalloc()
 *
 * Where contiguous pages cannot be had with ease, memory comes from vmalloc(), and
 * is aligned to a kernel page. It is freed with kspan_free(), too.
 *
 * Context: As kspan_alloc(). Without __GFP_DIRECT_RECLAIM nothing comes from
 * vmalloc().
 * Return: As kspan_alloc(), but is_vmalloc_addr() may be true of it.
 */
static __always_inline __alloc_size(2) __must_check
void *kspan_kvmalloc(struct kspan_heap *heap, size_t size, gfp_t gfp)
{
	return kspan_kvmalloc_node(heap, size, gfp, NUMA_NO_NODE);
}

/**
 * kspan_kvzalloc() - allocate zeroed memory that need not be contiguous
 * @heap: where from
 * @size: bytes
 * @gfp: as for kvmalloc()
 *
 * Context: As kspan_kvmalloc().
 * Return: As kspan_kvmalloc().
 */
static __always_inline __alloc_size(2) __must_check
void *kspan_kvzalloc(struct kspan_heap *heap, size_t size, gfp_t gfp)
{
	return kspan_kvmalloc(heap, size, gfp | __GFP_ZERO);
}

/**
 * kspan_zalloc_node() - allocate zeroed memory from a NUMA node
 * @heap: where from
 * @size: bytes
 * @gfp: as for kspan_alloc_node()
 * @node: likewise
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc_node().
 */
static __always_inline __alloc_size(2) __must_check
void *kspan_zalloc_node(struct kspan_heap *heap, size_t size, gfp_t gfp,
			int node)
{
	return kspan_alloc_node(heap, size, gfp | __GFP_ZERO, node);
}

/**
 * kspan_new() - allocate one of a type, zeroed
 * @heap: where from
 * @type: the type
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_alloc().
 * Return: a pointer to @type; NULL as kspan_alloc().
 */
#define kspan_new(heap, type, gfp) \
	((type *)kspan_zalloc(heap, sizeof(type), gfp))

void *kspan_realloc(struct kspan_heap *heap, const void *p, size_t size,
		    gfp_t gfp)
	__realloc_size(3) __kspan_freed __must_check;

/**
 * kspan_realloc_array() - change the size of an array
 * @heap: where it is to be afterwards
 * @p: the array, or NULL
 * @n: elements
 * @size: bytes of one
 * @gfp: as for kspan_realloc()
 *
 * Context: As kspan_alloc().
 * Return: As kspan_realloc(); NULL, and the old array as it was, also if @n * @size
 * overflows.
 */
static __always_inline __realloc_size(3, 4) __must_check
void *kspan_realloc_array(struct kspan_heap *heap, void *p, size_t n,
			  size_t size, gfp_t gfp)
{
	return kspan_realloc(heap, p, size_mul(n, size), gfp);
}

void *kspan_memdup(struct kspan_heap *heap, const void *src, size_t size,
		   gfp_t gfp)
	__realloc_size(3) __kspan_freed __must_check;
void *kspan_memdup_user(struct kspan_heap *heap, const void __user *usrc,
			size_t size)
	__realloc_size(3) __kspan_freed __must_check;
char *kspan_strdup(struct kspan_heap *heap, const char *s, gfp_t gfp)
	__malloc __kspan_freed __must_check;
char *kspan_strndup(struct kspan_heap *heap, const char *s, size_t max,
		    gfp_t gfp)
	__malloc __kspan_freed __must_check;
char *kspan_strndup_user(struct kspan_heap *heap, const char __user *us,
			 long max)
	__kspan_freed __must_check;
__printf(3, 4)
char *kspan_asprintf(struct kspan_heap *heap, gfp_t gfp, const char *fmt, ...)
	__malloc __kspan_freed __must_check;
__printf(3, 0)
char *kspan_vasprintf(struct kspan_heap *heap, gfp_t gfp, const char *fmt,
		      va_list args)
	__malloc __kspan_freed __must_check;

mempool_t *kspan_mempool_create(int min_nr, struct kspan_heap *heap,
				size_t size) __must_check;

void kspan_free_sized(const void *p, size_t size);
void kspan_free_sensitive(const void *p);

/* Heads for kspan_free_rcu() begin below this, counted from the object's start. */
#define KSPAN_RCU_OFFSETS	4096UL

void __kspan_free_rcu(struct rcu_head *head, unsigned long offset);

/**
 * kspan_free_rcu() - free an object after a grace period
 * @p: the object; NULL and ZERO_SIZE_PTR are ignored
 * @rcu_head_field: a struct rcu_head in it, which begins below 4096 bytes and is
 *	nobody else's from now on
 *
 * Readers may use all of the object but the head until the grace period is over, and
 * kspan_find_object() says that it is live. What is not the start of a live object,
 * or was given to this function before, is reported and refused.
 *
 * Context: Any in which call_rcu() may be called, hard interrupts included. Takes no
 * lock of a heap's, and no memory.
 */
#define kspan_free_rcu(p, rcu_head_field)				\
do {									\
	typeof(p) ___p = (p);						\
	const size_t ___offset = offsetof(typeof(*___p), rcu_head_field); \
									\
	BUILD_BUG_ON(___offset >= KSPAN_RCU_OFFSETS ||			\
		     ___offset % sizeof(void *));			\
	if (!ZERO_OR_NULL_PTR(___p))					\
		__kspan_free_rcu(&___p->rcu_head_field, ___offset);	\
} while (0)

void kspan_free_rcu_mightsleep(const void *p);
void kspan_rcu_barrier(struct kspan_heap *heap);

size_t kspan_usable_size(const void *p);
size_t kspan_size_roundup(size_t size);
bool kspan_find_object(const void *addr, struct kspan_object *obj);
bool kspan_owns(const void *addr);

/* For variables that are freed, destroyed or let go of at the end of their scope. */
DEFINE_FREE(kspan_heap, struct kspan_heap *, kspan_heap_destroy(_T))
DEFINE_FREE(kspan_heap_put, struct kspan_heap *, kspan_heap_put(_T))
/*
 * Typed caches: see Documentation/api.rst. A cache is used by those whom its maker
 * gives it to, and goes before its heap, or with it.
 */
struct kspan_cache;
struct kspan_prefill;

/* What was freed stays an object of the cache until readers under RCU are through. */
#define KSPAN_CACHE_TYPESAFE_BY_RCU	BIT(0)
/* Objects begin at cache lines, or at halves and quarters of one if they are small. */
#define KSPAN_CACHE_HWALIGN		BIT(1)
#define KSPAN_CACHE_FLAGS		(BIT(2) - 1)

struct kspan_cache *__kspan_cache_create(struct kspan_heap *heap,
					 const char *name, size_t size,
					 size_t align, unsigned int flags,
					 size_t useroffset, size_t usersize,
					 void (*ctor)(void *slot),
					 struct module *owner);

/**
 * kspan_cache_create() - make a typed cache
 * @heap: where its memory comes from
 * @name: what it is called; no other cache of the heap may be called so
 * @size: bytes of an object, up to 4 MB
 * @align: at which addresses objects begin: a power of two up to 4 MB, or 0 for 8
 * @flags: KSPAN_CACHE_*
 * @ctor: called once with each slot, when it is carved, in the context of an
 *	allocation; or NULL
 *
 * The slot is the size rounded up to the larger of alignment and 8. The cache
 * belongs to the calling module, which destroys it before it goes. The heap's reserve
 * serves it, unless it has a constructor or KSPAN_CACHE_TYPESAFE_BY_RCU: what the reserve
 * lends goes back at once, as memory of anything.
 *
 * Context: Process context; sleeps. Takes typed_mutex.
 * Return: the cache; or NULL, for bad values, if the name is taken, and without
 * memory.
 */
#define kspan_cache_create(heap, name, size, align, flags, ctor)	\
	__kspan_cache_create(heap, name, size, align, flags, 0, 0, ctor, \
			     THIS_MODULE)

/**
 * kspan_cache_create_usercopy() - make a typed cache with a window for user space
 * @heap: as for kspan_cache_create()
 * @name: likewise
 * @size: likewise
 * @align: likewise
 * @flags: likewise
 * @useroffset: where in an object the part begins that is copied to or from user
 *	space
 * @usersize: how long it is; 0 is all of the object
 * @ctor: as for kspan_cache_create()
 *
 * Context: As kspan_cache_create().
 * Return: As kspan_cache_create(); NULL also for a part that the object has not.
 */
#define kspan_cache_create_usercopy(heap, name, size, align, flags,	\
				    useroffset, usersize, ctor)		\
	__kspan_cache_create(heap, name, size, align, flags, useroffset, \
			     usersize, ctor, THIS_MODULE)

/* A cache for objects of struct @tag, which it is named and aligned after. */
#define KSPAN_CACHE(heap, tag, flags)					\
	kspan_cache_create(heap, #tag, sizeof(struct tag),		\
			   __alignof__(struct tag), flags, NULL)

void kspan_cache_destroy(struct kspan_cache *cache);
void kspan_cache_shrink(struct kspan_cache *cache);
size_t kspan_cache_size(const struct kspan_cache *cache);
__kspan_direct void __kspan_cache_free(void *p, struct kspan_cache *cache);
__kspan_direct void *__kspan_cache_alloc(struct kspan_cache *cache, gfp_t gfp)
	__kspan_freed __must_check;
__kspan_direct void *__kspan_cache_alloc_plain(struct kspan_cache *cache,
					       gfp_t gfp)
	__kspan_freed __must_check;
void *kspan_cache_alloc_node(struct kspan_cache *cache, gfp_t gfp, int node)
	__kspan_freed __must_check;
unsigned int kspan_cache_alloc_bulk(struct kspan_cache *cache, gfp_t gfp,
				    unsigned int nr, void **p) __must_check;
void kspan_cache_free_bulk(struct kspan_cache *cache, unsigned int nr,
			   void **p);

/**
 * kspan_cache_alloc() - allocate an object from a typed cache
 * @cache: where from; not NULL, for which nobody looks
 * @gfp: as for kmem_cache_alloc()
 *
 * With a constructor, __GFP_ZERO is ignored, with a warning once.
 *
 * Context: As kspan_alloc(), for any @gfp.
 * Return: the object; NULL without memory, at the heap's limit, or, with a warning
 * once, for GFP_DMA and GFP_DMA32.
 */
static __always_inline __must_check
void *kspan_cache_alloc(struct kspan_cache *cache, gfp_t gfp)
{
	if (__builtin_constant_p(gfp) && !(gfp & KSPAN_GFP_BESIDE))
		return __kspan_cache_alloc_plain(cache, gfp);
	return __kspan_cache_alloc(cache, gfp);
}

/**
 * kspan_cache_free() - free an object of a typed cache
 * @cache: the cache
 * @p: what it gave; NULL is ignored
 *
 * What is not the start of a live object of this cache is reported and refused.
 * kspan_free() takes the object, too.
 *
 * Context: As kspan_free().
 */
static __always_inline void kspan_cache_free(struct kspan_cache *cache, void *p)
{
	__kspan_cache_free(p, cache);
}

/**
 * kspan_cache_zalloc() - allocate a zeroed object from a typed cache
 * @cache: where from
 * @gfp: as for kmem_cache_alloc()
 *
 * Context: As kspan_cache_alloc().
 * Return: As kspan_cache_alloc().
 */
static __always_inline __must_check
void *kspan_cache_zalloc(struct kspan_cache *cache, gfp_t gfp)
{
	return kspan_cache_alloc(cache, gfp | __GFP_ZERO);
}

mempool_t *kspan_mempool_create_cache(int min_nr, struct kspan_cache *cache);

struct kspan_prefill *kspan_prefill_get(struct kspan_cache *cache, gfp_t gfp,
					unsigned int nr) __must_check;
void *kspan_prefill_alloc(struct kspan_prefill *pf) __must_check;
int kspan_prefill_refill(struct kspan_prefill *pf, gfp_t gfp,
			 unsigned int nr) __must_check;
void kspan_prefill_put(struct kspan_prefill *pf);

DEFINE_FREE(kspan, void *, if (!IS_ERR_OR_NULL(_T)) kspan_free(_T))

#include <linux/kspan_bump.h>

#endif /* _LINUX_KSPAN_H */
