// SPDX-License-Identifier: GPL-2.0
/*
 * Stacks: what is behind the inline functions of linux/kspan_bump.h, and the stacks
 * that are lent.
 *
 * One that has to be looked at when it is released or put (it is checked, or freed
 * memory is to be wiped) has a top of 0 and no CPU's cache for the inline functions
 * and fast paths, so that they all come here.
 */
#include <linux/kspan.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "api/obtain.h"
#include "api/report.h"
#include "api/stack.h"
#include "base/compat.h"
#include "base/news.h"
#include "caches/stacks.h"
#include "heaps/heap.h"
#include "spans/stack.h"

static struct kspan_heap *heap_of(const struct kspan_stack_body *body)
{
	return kspan_store_heap(body->owner.store);
}

/* Above its memory, and below it a page so that it keeps its alignment. */
static size_t guard_bytes(const struct kspan_stack_body *body)
{
	return body->owner.checked ? KSPAN_PAGE_BYTES : 0;
}

static bool looked_at(const struct kspan_stack_body *body)
{
	return body->owner.checked || want_init_on_free();
}

/* Empty, and somebody's. */
static void hand_out(struct kspan_stack_body *body)
{
	body->stack.overflows = 0;
	WRITE_ONCE(body->stack.bump.next, body->top);
}

static struct kspan_stack *stack_new(struct kspan_heap *heap, size_t size,
				     gfp_t gfp, bool lent)
{
	struct kspan_store *store = &heap->storage.stores[KSPAN_LARGE_CLASS];
	struct kspan_bump_owner *owner;
	struct kspan_stack_body *body;
	void *span;

	owner = kspan_bump_owner_new(store, sizeof(*body), gfp);
	if (!owner)
		return NULL;
	body = container_of(owner, struct kspan_stack_body, owner);
	owner->bump = &body->stack.bump;
	/* Somebody's, before a lookup can find it. */
	body->stack.bump.next = 1;
	body->lent = lent;
	if (want_init_on_alloc(gfp))
		gfp |= __GFP_ZERO;
	span = kspan_obtain_span(heap, owner, size + 2 * guard_bytes(body), gfp);
	if (!span) {
		kspan_bump_owner_free(owner);
		return NULL;
	}
	body->lowest = (unsigned long)span + guard_bytes(body);
	body->top = body->lowest + size;
	body->stack.bump.floor = owner->checked ? ULONG_MAX : body->lowest;
	if (!looked_at(body)) {
		body->stack.top = body->top;
		body->stack.cpu = lent ? heap->cpu : NULL;
	}
	hand_out(body);
	return &body->stack;
}

/**
 * kspan_stack_create() - make a stack
 * @heap: where its memory comes from
 * @size: bytes, up to 4 MB
 * @gfp: as for kmalloc()
 *
 * On a span of its own. What is lent by kspan_stack_get() is faster to have.
 *
 * Context: Any in which kmalloc() with the same @gfp may be called. May take the
 * locks that kspan_alloc() takes.
 * Return: the stack; NULL without memory, at the heap's limit, for size 0 or one
 * above 4 MB (a little less where stacks are checked), or, with a warning once, for
 * GFP_DMA and GFP_DMA32.
 */
struct kspan_stack *kspan_stack_create(struct kspan_heap *heap, size_t size,
				       gfp_t gfp)
{
	size_t guards = READ_ONCE(kspan_checked) ? 2 * KSPAN_PAGE_BYTES : 0;

	if (!size || size > KSPAN_MAX_CONTIG_BYTES - guards)
		return NULL;
	if (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp))
		return NULL;
	return stack_new(heap, size, gfp, false);
}
EXPORT_SYMBOL_GPL(kspan_stack_create);

/* Of checked ones: nobody has written to what nobody has. */
static void expect_poison(unsigned long from, unsigned long to,
			  enum kspan_mistake mistake, const char *function)
{
	void *p = kspan_bump_unpoisoned(from, to);

	if (likely(!p))
		return;
	kspan_report_member(p, mistake, function);
	/* Said once. */
	memset((void *)from, KSPAN_BUMP_POISON, to - from);
}

static void check_guards(const struct kspan_stack_body *body,
			 const char *function)
{
	const struct kspan_span *span = kspan_bump_head(&body->owner);

	expect_poison(span->addr, body->lowest, KSPAN_MISTAKE_OVERRUN, function);
	expect_poison(body->top, kspan_span_end(span), KSPAN_MISTAKE_OVERRUN,
		      function);
}

/* What somebody had up to @mark is nobody's. */
static void take_back(struct kspan_stack_body *body, unsigned long mark,
		      const char *function)
{
	unsigned long next = body->stack.bump.next;

	if (body->owner.checked) {
		check_guards(body, function);
		expect_poison(body->lowest, next, KSPAN_MISTAKE_RELEASED_WRITE,
			      function);
	}
	kspan_bump_wipe(&body->owner, next, mark);
}

/* What the inline function leaves to do: see kspan_stack_push(). */
void *__kspan_stack_push(struct kspan_stack *stack, size_t size, size_t align)
{
	struct kspan_stack_body *body = kspan_stack_body(stack);
	unsigned long next = stack->bump.next;
	unsigned long p;

	if (!align)
		align = 1;
	if (WARN_ONCE(!is_power_of_2(align),
		      "kspan: impossible alignment %zu\n", align))
		return NULL;
	if (!next)
		return NULL;
	if (check_sub_overflow(next, (unsigned long)size, &p) ||
	    (p & -align) < body->lowest) {
		stack->overflows++;
		atomic64_inc(&heap_of(body)->stack_overflows);
		return NULL;
	}
	p &= -align;
	if (body->owner.checked)
		expect_poison(p, next, KSPAN_MISTAKE_RELEASED_WRITE,
			      "kspan_stack_push");
	stack->bump.next = p;
	return (void *)p;
}
EXPORT_SYMBOL_GPL(__kspan_stack_push);

/* Likewise: see kspan_stack_release(). */
void __kspan_stack_release(struct kspan_stack *stack, kspan_mark_t mark)
{
	struct kspan_stack_body *body = kspan_stack_body(stack);

	if (WARN_ONCE(mark > body->top, "kspan: the mark is of another stack\n"))
		return;
	if (!stack->bump.next || mark <= stack->bump.next)
		return;
	take_back(body, mark, "kspan_stack_release");
	stack->bump.next = mark;
}
EXPORT_SYMBOL_GPL(__kspan_stack_release);

/**
 * kspan_stack_destroy() - free a stack and all that was pushed
 * @stack: the stack; NULL and ERR_PTR are ignored. One that was borrowed is put
 *
 * Context: As kspan_free().
 */
void kspan_stack_destroy(struct kspan_stack *stack)
{
	struct kspan_stack_body *body;

	if (IS_ERR_OR_NULL(stack))
		return;
	body = kspan_stack_body(stack);
	if (body->lent) {
		kspan_stack_put(stack);
		return;
	}
	if (body->owner.checked)
		take_back(body, body->top, "kspan_stack_destroy");
	kspan_stack_free(body, 1);
}
EXPORT_SYMBOL_GPL(kspan_stack_destroy);

/* Locks sleep there, and with them all that gives or takes pages. */
static bool may_lock(void)
{
	return !IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible();
}

static noinline struct kspan_stack *get_slow(struct kspan_heap *heap)
{
	struct kspan_stack_body *body = kspan_stacks_take(&heap->storage);
	struct kspan_stack *stack;

	if (body) {
		if (body->owner.checked) {
			check_guards(body, "kspan_stack_get");
			expect_poison(body->lowest, body->top,
				      KSPAN_MISTAKE_RELEASED_WRITE,
				      "kspan_stack_get");
		}
		hand_out(body);
		return &body->stack;
	}
	if (!may_lock())
		return NULL;
	stack = stack_new(heap, KSPAN_STACK_BYTES, GFP_NOWAIT | __GFP_NOWARN,
			  true);
	if (stack) {
		atomic_inc(&heap->storage.nr_stacks);
		/* It may fall idle. */
		kspan_news.pages_free();
	}
	return stack;
}

/* See kspan_stack_get(). */
__kspan_direct
struct kspan_stack *__kspan_stack_get(struct kspan_heap *heap)
{
	struct kspan_cpu __percpu *cpu = heap->cpu;
	struct kspan_stack *stack = this_cpu_read(cpu->stacks.slots[0]);

	/* Another CPU's by now, or another's: then its slot is not touched. */
	if (unlikely(!stack ||
		     !this_cpu_try_cmpxchg(cpu->stacks.slots[0], &stack, NULL)))
		return get_slow(heap);
	this_cpu_inc(cpu->stacks.gets);
	stack->overflows = 0;
	WRITE_ONCE(stack->bump.next, stack->top);
	return stack;
}
EXPORT_SYMBOL_GPL(__kspan_stack_get);
ANNOTATE_NOENDBR_SYM(__kspan_stack_get);

/* Nobody has it any more, but it cannot stay with this CPU as it is. */
static noinline void put_back(struct kspan_stack_body *body)
{
	struct kspan_storage *storage = &heap_of(body)->storage;

	if (kspan_stacks_stow(storage, body))
		return;
	if (!may_lock()) {
		kspan_stacks_defer(storage, body);
		return;
	}
	atomic_dec(&storage->nr_stacks);
	kspan_stack_free(body, 1);
}

static noinline void put_slow(struct kspan_stack *stack)
{
	struct kspan_stack_body *body = kspan_stack_body(stack);

	if (!body->lent) {
		kspan_stack_destroy(stack);
		return;
	}
	if (!stack->bump.next) {
		kspan_report_member((void *)body->owner.start,
				    KSPAN_MISTAKE_PUT_TWICE, "kspan_stack_put");
		return;
	}
	take_back(body, body->top, "kspan_stack_put");
	WRITE_ONCE(stack->bump.next, 0);
	put_back(body);
}

/* See kspan_stack_put(). */
__kspan_direct
void __kspan_stack_put(struct kspan_stack *stack)
{
	struct kspan_stack *none = NULL;
	struct kspan_cpu __percpu *cpu;

	if (unlikely(!stack->cpu || !stack->bump.next)) {
		put_slow(stack);
		return;
	}
	cpu = stack->cpu;
	/* From here on nobody's, and an interrupt may borrow it. */
	WRITE_ONCE(stack->bump.next, 0);
	if (unlikely(!this_cpu_try_cmpxchg(cpu->stacks.slots[0], &none,
					   stack))) {
		put_back(kspan_stack_body(stack));
		return;
	}
	this_cpu_inc(cpu->stacks.puts);
}
EXPORT_SYMBOL_GPL(__kspan_stack_put);
ANNOTATE_NOENDBR_SYM(__kspan_stack_put);
