/* SPDX-License-Identifier: GPL-2.0 */
/* As much of the kernel as the tests need, written as its headers have it. */
#ifndef TESTS_KERNEL_H
#define TESTS_KERNEL_H

typedef unsigned long size_t;
typedef unsigned int gfp_t;
typedef _Bool bool;

#define NULL		((void *)0)
#define GFP_KERNEL	0xcc0
#define inline		inline __attribute__((__gnu_inline__, __unused__))
#define __always_inline	inline __attribute__((__always_inline__))
#define noinline	__attribute__((__noinline__))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define offsetof(type, member)	__builtin_offsetof(type, member)
#define container_of(ptr, type, member) \
	((type *)((void *)(ptr) - offsetof(type, member)))
#define READ_ONCE(x)	(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile typeof(x) *)&(x) = (val))
#define barrier()	__asm__ __volatile__("" : : : "memory")
#define __free(name)	__attribute__((__cleanup__(__free_##name)))

void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void *kmalloc_array(size_t n, size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp);
void *krealloc(const void *p, size_t size, gfp_t gfp);
void *kmemdup(const void *src, size_t size, gfp_t gfp);
char *kstrdup(const char *s, gfp_t gfp);
char *kasprintf(gfp_t gfp, const char *fmt, ...);
void *kvmalloc(size_t size, gfp_t gfp);
void kfree(const void *p);
void kvfree(const void *p);

struct kmem_cache;
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *p);

struct kspan_heap;
struct kspan_cache;
void *kspan_alloc(struct kspan_heap *heap, size_t size, gfp_t gfp);
void *kspan_zalloc(struct kspan_heap *heap, size_t size, gfp_t gfp);
void *kspan_calloc(struct kspan_heap *heap, size_t n, size_t size, gfp_t gfp);
void *kspan_cache_alloc(struct kspan_cache *cache, gfp_t gfp);
void kspan_cache_free(struct kspan_cache *cache, void *p);
void kspan_free(const void *p);

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int c, size_t size);
size_t strlen(const char *s);
char *strchr(const char *s, int c);
int snprintf(char *buf, size_t size, const char *fmt, ...);
int _printk(const char *fmt, ...);

/* in no file that the tests know */
void unknown(void *p);
int unknown_int(void);
void *unknown_pointer(void);

static inline bool IS_ERR(const void *p)
{
	return unlikely((unsigned long)p >= (unsigned long)-4095);
}

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *p)
{
	return (long)p;
}

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	WRITE_ONCE(list->next, list);
	WRITE_ONCE(list->prev, list);
}

static inline void __list_add(struct list_head *new, struct list_head *prev,
			      struct list_head *next)
{
	next->prev = new;
	new->next = next;
	new->prev = prev;
	WRITE_ONCE(prev->next, new);
}

static inline void list_add(struct list_head *new, struct list_head *head)
{
	__list_add(new, head, head->next);
}

static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
	entry->next = NULL;
	entry->prev = NULL;
}

struct node {
	struct node *next;
	int value;
	char *name;
	struct list_head list;
};

#endif
