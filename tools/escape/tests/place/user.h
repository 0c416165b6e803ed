/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's allocator on this machine's, for programs. */
#ifndef TESTS_USER_H
#define TESTS_USER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define noinline	__attribute__((__noinline__))
#define offsetof(type, member)	__builtin_offsetof(type, member)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define GFP_KERNEL	0xcc0
#define __GFP_ZERO	0x100

#include "../../../../kmod/include/linux/kspan_escape.h"

typedef unsigned int gfp_t;

struct list_head {
	struct list_head *next, *prev;
};

struct node {
	struct node *next;
	int value;
	char *name;
	struct list_head list;
	long more;
};

/* AddressSanitizer's; from the environment it could not read them without /proc. */
__attribute__((__used__)) const char *__asan_default_options(void)
{
	return "detect_stack_use_after_return=1:detect_leaks=0";
}

static unsigned int allocations;
static int live;

/* As calls: the plugin must see them, and what is behind must not be inlined. */
__attribute__((__noipa__)) void *kmalloc(size_t size, gfp_t gfp)
{
	void *p = size & (size - 1) ? malloc(size) : aligned_alloc(size, size);

	allocations++;
	live++;
	memset(p, gfp & __GFP_ZERO ? 0 : 0x5a, size);
	return p;
}

__attribute__((__noipa__)) void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

__attribute__((__noipa__)) void kfree(const void *p)
{
	live -= !!p;
	free((void *)p);
}

__attribute__((__noipa__)) void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc(n * size, gfp | __GFP_ZERO);
}

struct kspan_heap;

__attribute__((__noipa__))
void *kspan_alloc(struct kspan_heap *heap, size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp);
}

__attribute__((__noipa__)) void kspan_free(const void *p)
{
	kfree(p);
}

/* ---- frames: a stack that is gone when it is given back --------------------------- */

#define STACK_BYTES	16384

struct stack {
	size_t used;
	char memory[STACK_BYTES] __attribute__((__aligned__(64)));
};

static struct stack *last_stack;
static int borrowed;

__attribute__((__noipa__))
void *__kspan_frame_kmalloc(struct stack **frame, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes = n * size;
	void *p;

	if (bytes > STACK_BYTES / 2)
		return kmalloc(bytes, gfp);
	if (!*frame) {
		*frame = aligned_alloc(64, sizeof(**frame));
		(*frame)->used = 0;
		borrowed++;
	}
	last_stack = *frame;
	p = (*frame)->memory + (*frame)->used;
	(*frame)->used += (bytes + 63) / 64 * 64;
	memset(p, gfp & __GFP_ZERO ? 0 : 0x5a, bytes);
	return p;
}

__attribute__((__noipa__))
void *__kspan_frame_alloc(struct stack **frame, struct kspan_heap *heap, size_t n,
			  size_t size, gfp_t gfp)
{
	return __kspan_frame_kmalloc(frame, n, size, gfp);
}

__attribute__((__noipa__)) void __kspan_frame_kfree(const void *p)
{
	if (!last_stack || (char *)p < last_stack->memory ||
	    (char *)p >= last_stack->memory + STACK_BYTES)
		kfree(p);
}

__attribute__((__noipa__)) void __kspan_frame_free(const void *p)
{
	__kspan_frame_kfree(p);
}

__attribute__((__noipa__)) void __kspan_frame_end(struct stack *frame)
{
	borrowed -= !!frame;
	free(frame);
}

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_add(struct list_head *new, struct list_head *head)
{
	new->next = head->next;
	new->prev = head;
	head->next->prev = new;
	head->next = new;
}

#endif
