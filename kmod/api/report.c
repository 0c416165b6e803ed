// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/spinlock.h>
#include <linux/stacktrace.h>

#include "api/report.h"
#include "base/compat.h"
#include "base/trace.h"
#include "heaps/heap.h"
#include "heaps/registry.h"
#include "spans/bump.h"

struct kspan_report kspan_last_report;
EXPORT_SYMBOL_IF_KUNIT(kspan_last_report);

/* Guards kspan_last_report and keeps the lines of a report together. */
static DEFINE_SPINLOCK(report_lock);
static DEFINE_RATELIMIT_STATE(report_limit, DEFAULT_RATELIMIT_INTERVAL, 20);

static const char * const mistakes[] = {
	[KSPAN_MISTAKE_FOREIGN] = "foreign pointer",
	[KSPAN_MISTAKE_FREE_PAGE] = "pointer into a free page",
	[KSPAN_MISTAKE_RELEASED] = "pointer into a released page",
	[KSPAN_MISTAKE_INTERIOR] = "interior pointer",
	[KSPAN_MISTAKE_TAIL] = "pointer behind the last object",
	[KSPAN_MISTAKE_DOUBLE_FREE] = "double free",
	[KSPAN_MISTAKE_LATE_DOUBLE_FREE] = "double free",
	[KSPAN_MISTAKE_WRITE_AFTER_FREE] = "write after free",
	[KSPAN_MISTAKE_WRONG_SIZE] = "wrong size",
	[KSPAN_MISTAKE_WRONG_CACHE] = "object of another cache",
	[KSPAN_MISTAKE_STRAY_FREE] = "an object was passed to kfree() or put_page()",
	[KSPAN_MISTAKE_MEMBER] = "memory of a stack or region",
	[KSPAN_MISTAKE_RELEASED_WRITE] = "write after release",
	[KSPAN_MISTAKE_OVERRUN] = "write beyond a stack or region",
	[KSPAN_MISTAKE_PUT_TWICE] = "stack that is not borrowed",
	[KSPAN_MISTAKE_PINNED] = "pinned object",
	[KSPAN_MISTAKE_COLLECTED] = "object of a collected heap",
};

static const char * const hints[] = {
	[KSPAN_MISTAKE_FOREIGN] = "it is not from kspan_alloc()",
	[KSPAN_MISTAKE_FREE_PAGE] =
		"the object and all objects around it were freed before",
	[KSPAN_MISTAKE_RELEASED] =
		"the object was freed or its heap was destroyed, and its page has gone back to the kernel",
	[KSPAN_MISTAKE_INTERIOR] =
		"kspan_free() needs the pointer that kspan_alloc() gave",
	[KSPAN_MISTAKE_TAIL] =
		"no object starts there; was the pointer moved too far?",
	[KSPAN_MISTAKE_DOUBLE_FREE] =
		"the object was freed before and not allocated since",
	[KSPAN_MISTAKE_LATE_DOUBLE_FREE] =
		"the object was freed, written to, and freed again",
	[KSPAN_MISTAKE_WRITE_AFTER_FREE] =
		"somebody wrote to the object after it was freed, or the object before it overflowed; the slot is taken out of use",
	[KSPAN_MISTAKE_WRONG_SIZE] =
		"kspan_free_sized() was given a larger size than the object has",
	[KSPAN_MISTAKE_WRONG_CACHE] =
		"kspan_cache_free() wants the cache that the object was allocated from",
	[KSPAN_MISTAKE_MEMBER] =
		"it has no size of its own, and goes with the stack or region",
	[KSPAN_MISTAKE_RELEASED_WRITE] =
		"somebody wrote to memory of a stack or region after it was released or reset",
	[KSPAN_MISTAKE_OVERRUN] =
		"somebody wrote to what lies before or behind all memory of a stack or region",
	[KSPAN_MISTAKE_PUT_TWICE] =
		"the stack was put before, and not borrowed since",
	[KSPAN_MISTAKE_PINNED] =
		"somebody holds it; kspan_gc_unpin() comes first",
	[KSPAN_MISTAKE_COLLECTED] =
		"the collector frees it when nobody can reach it any more",
	[KSPAN_MISTAKE_STRAY_FREE] =
		"only kspan_free() may free it; kspan finds this when the page is given up, perhaps long afterwards",
};

/**
 * struct finding - what lies at an address
 * @mistake: what would be wrong with freeing it
 * @heap_name: whose it is or was; empty if unknown
 * @heap: whose it is; for counting, only under RCU
 * @span: the span, or 0
 * @span_npages: its pages
 * @class: its size class
 * @slot_bytes: its slots
 * @index: the slot
 * @nelems: of so many
 * @object: where the slot starts, or 0
 * @store: the span's, or NULL; only under RCU
 * @freed_to: the typed cache's that it was freed to, or NULL; likewise
 */
struct finding {
	enum kspan_mistake	mistake;
	char			heap_name[KSPAN_NAME_BYTES];
	struct kspan_heap	*heap;
	unsigned long		span;
	unsigned int		span_npages;
	unsigned int		class;
	size_t			slot_bytes;
	unsigned int		index;
	unsigned int		nelems;
	unsigned long		object;
	const struct kspan_store *store;
	const struct kspan_store *freed_to;
};

static void name_heap(struct finding *f, struct kspan_heap *heap)
{
	f->heap = heap;
	strscpy(f->heap_name, heap->storage.source.name, sizeof(f->heap_name));
}

static void describe_span(const struct kspan_span *span, unsigned long addr,
			  struct finding *f)
{
	const struct kspan_store *store = kspan_span_store(span);
	unsigned long offset = addr - span->addr;

	name_heap(f, kspan_store_heap(store));
	f->store = store;
	f->span = span->addr;
	f->span_npages = span->npages;
	f->class = store->class;
	f->nelems = span->nelems;
	/* Members have no start or end that is known. */
	if (kspan_span_is_bump(span)) {
		f->slot_bytes = READ_ONCE(span->owner->size_bytes);
		f->object = READ_ONCE(span->owner->start);
		f->mistake = KSPAN_MISTAKE_MEMBER;
		return;
	}
	f->slot_bytes = store->class ? store->sc->size_bytes :
			(size_t)span->npages << KSPAN_PAGE_SHIFT;
	f->index = offset / f->slot_bytes;
	if (f->index >= f->nelems) {
		f->mistake = KSPAN_MISTAKE_TAIL;
		return;
	}
	f->object = span->addr + f->index * f->slot_bytes;
	if (f->object != addr)
		f->mistake = KSPAN_MISTAKE_INTERIOR;
	else
		f->mistake = KSPAN_MISTAKE_DOUBLE_FREE;
}

/* A heap may have had the page that is a task's stack now. */
static bool is_stack_now(unsigned long addr)
{
	return kspan_arena_row(addr) == &kspan_row_released &&
	       object_is_on_stack((void *)addr);
}

/* What lies at @addr, by a caller under RCU. */
static void find(unsigned long addr, struct finding *f)
{
	unsigned long tag = kspan_arena_tag(addr);
	struct kspan_span *span = kspan_tag_span(tag);
	struct kspan_huge_view view;

	memset(f, 0, sizeof(*f));
	f->mistake = KSPAN_MISTAKE_FOREIGN;
	if (span) {
		describe_span(span, addr, f);
	} else if (tag != KSPAN_TAG_NOBODY && !is_stack_now(addr)) {
		f->mistake = kspan_arena_row(addr) == &kspan_row_released ?
			     KSPAN_MISTAKE_RELEASED : KSPAN_MISTAKE_FREE_PAGE;
		f->heap = kspan_heap_of_id(kspan_tag_heap_id(tag));
		if (f->heap)
			name_heap(f, f->heap);
	} else if (kspan_huge_find(addr, &view)) {
		f->mistake = KSPAN_MISTAKE_INTERIOR;
		name_heap(f, kspan_source_heap(view.source));
		f->object = (unsigned long)view.start;
		f->slot_bytes = view.size_bytes;
		f->nelems = 1;
	}
}

/**
 * struct foreign_kind - what a pointer is that is no heap's
 * @name: what it is called
 * @hint: how it may have come here
 */
struct foreign_kind {
	const char	*name;
	const char	*hint;
};

static struct foreign_kind kind_of_foreign(unsigned long addr)
{
	if (IS_ERR_VALUE(addr))
		return (struct foreign_kind) { "an error pointer",
			"the call that returned it failed, and its result was not checked" };
	if (addr < PAGE_SIZE)
		return (struct foreign_kind) { "almost NULL",
			"is it the address of a member of a NULL pointer?" };
	if (object_is_on_stack((void *)addr))
		return (struct foreign_kind) { "on this task's stack",
			"the stack is freed when the function returns" };
	if (is_vmalloc_addr((void *)addr))
		return (struct foreign_kind) { "vmalloc memory",
			"vfree() frees it, unless it was a huge object that was freed" };
	if (addr < TASK_SIZE_MAX)
		return (struct foreign_kind) { "user memory",
			"it belongs to a process" };
	if (virt_addr_valid((void *)addr) &&
	    PageSlab(compound_head(virt_to_page((void *)addr))))
		return (struct foreign_kind) { "kmalloc or kmem_cache memory",
			"kfree() or kmem_cache_free() frees it" };
	return (struct foreign_kind) { NULL,
		"it is not from kspan_alloc(); is it from kmalloc() or a stack?" };
}

/* What is said of a finding in the first line, and what in the last. */
static void put_in_words(const struct finding *f, unsigned long addr,
			 struct kspan_report *report)
{
	struct foreign_kind kind = {};
	const char *what = mistakes[f->mistake];

	report->hint = hints[f->mistake];
	if (f->mistake == KSPAN_MISTAKE_FOREIGN) {
		kind = kind_of_foreign(addr);
		report->hint = kind.hint;
	}
	if (f->mistake == KSPAN_MISTAKE_INTERIOR)
		scnprintf(report->what, sizeof(report->what),
			  "%s, %lu bytes inside an object", what,
			  addr - f->object);
	else if (kind.name && IS_ERR_VALUE(addr))
		scnprintf(report->what, sizeof(report->what), "%s (%ld)",
			  kind.name, (long)addr);
	else if (kind.name)
		scnprintf(report->what, sizeof(report->what), "%s (%s)", what,
			  kind.name);
	else
		strscpy(report->what, what, sizeof(report->what));
}

/*
 * Who has called kspan: the first on the stack that is not kspan itself. How
 * many of its own functions lie in between differs.
 */
static unsigned long caller_of_kspan(void)
{
	unsigned long ips[16];
	unsigned int n = stack_trace_save(ips, ARRAY_SIZE(ips), 1);
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!within_module(ips[i], THIS_MODULE))
			return ips[i];
	}
	return 0;
}

static const char *cache_name(const struct kspan_store *store)
{
	return store && store->name ? store->name : "";
}

/* By the holder of report_lock. */
static void print_caches(const struct finding *f)
{
	const char *name = cache_name(f->store);

	if (name[0])
		pr_err("kspan: it lies in a span of cache %s\n", name);
	if (f->freed_to)
		pr_err("kspan: it was freed to cache %s of heap %s\n",
		       cache_name(f->freed_to), f->freed_to->source->name);
}

static void report(const struct finding *f, unsigned long addr,
		   const char *function, unsigned long caller)
{
	struct kspan_report *last = &kspan_last_report;
	unsigned long flags;
	bool print;

	spin_lock_irqsave(&report_lock, flags);
	last->mistake = f->mistake;
	last->addr = addr;
	last->object = f->object;
	last->caller = caller;
	strscpy(last->heap_name, f->heap_name, sizeof(last->heap_name));
	last->class = f->class;
	strscpy(last->cache_name, cache_name(f->store),
		sizeof(last->cache_name));
	strscpy(last->freed_to, cache_name(f->freed_to),
		sizeof(last->freed_to));
	last->total++;
	put_in_words(f, addr, last);
	print = __ratelimit(&report_limit);
	if (print) {
		pr_err("kspan: BUG: %s: %s at %p, heap %s\n", function,
		       last->what, (void *)addr,
		       f->heap_name[0] ? f->heap_name : "none");
		if (f->span)
			pr_err("kspan: span %p of %u pages, class %u: object %u of %u, %zu bytes, starts at %p\n",
			       (void *)f->span, f->span_npages, f->class,
			       f->index, f->nelems, f->slot_bytes,
			       (void *)f->object);
		print_caches(f);
		pr_err("kspan: %s\n", last->hint);
		pr_err("kspan: by %s[%d] on CPU %d, from %pS\n", current->comm,
		       task_pid_nr(current), raw_smp_processor_id(),
		       (void *)caller);
	}
	spin_unlock_irqrestore(&report_lock, flags);
	if (print)
		dump_stack();
}

/**
 * kspan_report_bad_free() - somebody wants to free what cannot be freed
 * @p: the pointer
 * @function: the function of ours that it was given to
 *
 * Counted in the heap that has the page, or in the default heap.
 */
void kspan_report_bad_free(const void *p, const char *function)
{
	unsigned long caller = caller_of_kspan();
	struct kspan_heap *heap;
	struct finding f;

	rcu_read_lock();
	find((unsigned long)p, &f);
	heap = f.heap ?: kspan_default_heap();
	if (heap)
		atomic64_inc(&heap->bad_frees);
	trace_free_bad(f.heap_name, p, f.mistake, caller);
	report(&f, (unsigned long)p, function, caller);
	rcu_read_unlock();
}
EXPORT_SYMBOL_IF_KUNIT(kspan_report_bad_free);

/**
 * kspan_report_bad_cache_free() - likewise, to a typed cache
 * @store: the cache's
 * @p: the pointer
 *
 * Counted in the cache's heap.
 */
void kspan_report_bad_cache_free(struct kspan_store *store, const void *p)
{
	unsigned long caller = caller_of_kspan();
	struct finding f;

	rcu_read_lock();
	find((unsigned long)p, &f);
	if (f.mistake == KSPAN_MISTAKE_DOUBLE_FREE && f.store != store)
		f.mistake = KSPAN_MISTAKE_WRONG_CACHE;
	f.freed_to = store;
	atomic64_inc(&kspan_store_heap(store)->bad_frees);
	trace_free_bad(f.heap_name, p, f.mistake, caller);
	report(&f, (unsigned long)p, "kspan_cache_free", caller);
	rcu_read_unlock();
}

/**
 * kspan_report_late_double_free() - a flush met slots that were free already
 * @store: the store
 * @slot: one of them
 * @nslots: how many there were
 */
void kspan_report_late_double_free(struct kspan_store *store, const void *slot,
				   unsigned int nslots)
{
	unsigned long caller = caller_of_kspan();
	struct finding f;

	rcu_read_lock();
	find((unsigned long)slot, &f);
	f.mistake = KSPAN_MISTAKE_LATE_DOUBLE_FREE;
	if (!f.heap_name[0])
		name_heap(&f, kspan_store_heap(store));
	atomic64_add(nslots, &kspan_store_heap(store)->bad_frees);
	trace_free_bad(f.heap_name, slot, f.mistake, caller);
	report(&f, (unsigned long)slot, "flush", caller);
	rcu_read_unlock();
}

/**
 * kspan_report_broken_mark() - a free slot has been written to
 * @store: the store
 * @slot: the slot, now out of use
 */
void kspan_report_broken_mark(struct kspan_store *store, const void *slot)
{
	struct finding f;

	rcu_read_lock();
	find((unsigned long)slot, &f);
	f.mistake = KSPAN_MISTAKE_WRITE_AFTER_FREE;
	report(&f, (unsigned long)slot, "kspan_alloc", caller_of_kspan());
	rcu_read_unlock();
}

/**
 * kspan_report_wrong_size() - kspan_free_sized() was told a wrong size
 * @p: the object
 * @said_bytes: what it was told
 * @size_bytes: what the object has
 */
void kspan_report_wrong_size(const void *p, size_t said_bytes,
			     size_t size_bytes)
{
	struct finding f;

	rcu_read_lock();
	find((unsigned long)p, &f);
	f.mistake = KSPAN_MISTAKE_WRONG_SIZE;
	report(&f, (unsigned long)p, "kspan_free_sized", caller_of_kspan());
	pr_err("kspan: the caller said %zu bytes, the object has %zu bytes\n", said_bytes,
	       size_bytes);
	rcu_read_unlock();
}

/**
 * kspan_report_member() - something is wrong with memory of a stack or region
 * @p: where
 * @mistake: what
 * @function: the function of ours that has seen it
 *
 * No free was refused, and none is counted.
 */
void kspan_report_member(const void *p, enum kspan_mistake mistake,
			 const char *function)
{
	struct finding f;

	rcu_read_lock();
	find((unsigned long)p, &f);
	f.mistake = mistake;
	report(&f, (unsigned long)p, function, caller_of_kspan());
	rcu_read_unlock();
}

/**
 * kspan_report_collected() - somebody wants to free an object of a collected heap
 * @p: the object
 * @mistake: why he may not
 * @function: the function of ours that it was given to
 *
 * Counted in its heap.
 */
void kspan_report_collected(const void *p, enum kspan_mistake mistake,
			    const char *function)
{
	unsigned long caller = caller_of_kspan();
	struct finding f;

	rcu_read_lock();
	find((unsigned long)p, &f);
	f.mistake = mistake;
	if (f.heap)
		atomic64_inc(&f.heap->bad_frees);
	trace_free_bad(f.heap_name, p, f.mistake, caller);
	report(&f, (unsigned long)p, function, caller);
	rcu_read_unlock();
}

/**
 * kspan_report_stray_free() - a page that goes was put, which nobody may
 * @span: the span that goes
 * @page: the page's address
 */
void kspan_report_stray_free(const struct kspan_span *span, unsigned long page)
{
	struct finding f = { };

	rcu_read_lock();
	describe_span(span, page, &f);
	f.mistake = KSPAN_MISTAKE_STRAY_FREE;
	report(&f, page, "kfree", caller_of_kspan());
	rcu_read_unlock();
}
