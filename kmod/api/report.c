// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/spinlock.h>

#include "api/report.h"
#include "base/compat.h"
#include "base/trace.h"
#include "heaps/heap.h"
#include "heaps/registry.h"

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
};

static const char * const hints[] = {
	[KSPAN_MISTAKE_FOREIGN] =
		"it is not from kspan_alloc(); is it from kmalloc() or a stack?",
	[KSPAN_MISTAKE_FREE_PAGE] =
		"the object was freed, and all others around it",
	[KSPAN_MISTAKE_RELEASED] =
		"the object was freed, or its heap destroyed, and its page has gone back to the kernel",
	[KSPAN_MISTAKE_INTERIOR] =
		"kspan_free() wants the pointer that kspan_alloc() gave",
	[KSPAN_MISTAKE_TAIL] =
		"no object starts there; was a pointer counted too far?",
	[KSPAN_MISTAKE_DOUBLE_FREE] =
		"the object was freed before and not allocated since",
	[KSPAN_MISTAKE_LATE_DOUBLE_FREE] =
		"the object was freed, written to, and freed again",
	[KSPAN_MISTAKE_WRITE_AFTER_FREE] =
		"somebody wrote to the object after it was freed; it is put out of use",
	[KSPAN_MISTAKE_WRONG_SIZE] =
		"kspan_free_sized() was told another size than kspan_alloc()",
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
	f->span = span->addr;
	f->span_npages = span->npages;
	f->class = store->class;
	f->nelems = span->nelems;
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
	} else if (tag != KSPAN_TAG_NOBODY) {
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

static const char *kind_of_foreign(unsigned long addr)
{
	if (addr < PAGE_SIZE)
		return " (almost NULL)";
	if (object_is_on_stack((void *)addr))
		return " (on this task's stack)";
	if (is_vmalloc_addr((void *)addr))
		return " (vmalloc memory)";
	if (addr < TASK_SIZE_MAX)
		return " (user memory)";
	if (virt_addr_valid((void *)addr) &&
	    PageSlab(compound_head(virt_to_page((void *)addr))))
		return " (kmalloc or kmem_cache memory)";
	return "";
}

static void report(const struct finding *f, unsigned long addr,
		   const char *caller)
{
	unsigned long flags;
	bool print;

	spin_lock_irqsave(&report_lock, flags);
	kspan_last_report.mistake = f->mistake;
	kspan_last_report.addr = addr;
	kspan_last_report.object = f->object;
	kspan_last_report.total++;
	print = __ratelimit(&report_limit);
	if (print) {
		pr_err("kspan: BUG: %s: %s%s at %p, heap %s\n", caller,
		       mistakes[f->mistake],
		       f->mistake == KSPAN_MISTAKE_FOREIGN ?
		       kind_of_foreign(addr) : "",
		       (void *)addr, f->heap_name[0] ? f->heap_name : "none");
		if (f->span)
			pr_err("kspan: span %p of %u pages, class %u: object %u of %u, %zu bytes, starts at %p\n",
			       (void *)f->span, f->span_npages, f->class,
			       f->index, f->nelems, f->slot_bytes,
			       (void *)f->object);
		pr_err("kspan: %s\n", hints[f->mistake]);
		pr_err("kspan: by %s[%d] on CPU %d\n", current->comm,
		       task_pid_nr(current), raw_smp_processor_id());
	}
	spin_unlock_irqrestore(&report_lock, flags);
	if (print)
		dump_stack();
}

/**
 * kspan_report_bad_free() - somebody wants to free what cannot be freed
 * @p: the pointer
 * @caller: the function it was given to
 *
 * Counted in the heap that has the page, or in the default heap.
 */
void kspan_report_bad_free(const void *p, const char *caller)
{
	struct kspan_heap *heap;
	struct finding f;

	rcu_read_lock();
	find((unsigned long)p, &f);
	heap = f.heap ?: kspan_default_heap();
	if (heap)
		atomic64_inc(&heap->bad_frees);
	trace_free_bad(f.heap_name, p, f.mistake, caller);
	report(&f, (unsigned long)p, caller);
	rcu_read_unlock();
}
EXPORT_SYMBOL_IF_KUNIT(kspan_report_bad_free);

/**
 * kspan_report_late_double_free() - a flush met slots that were free already
 * @store: the store
 * @slot: one of them
 * @nslots: how many there were
 */
void kspan_report_late_double_free(struct kspan_store *store, const void *slot,
				   unsigned int nslots)
{
	struct finding f;

	rcu_read_lock();
	find((unsigned long)slot, &f);
	f.mistake = KSPAN_MISTAKE_LATE_DOUBLE_FREE;
	if (!f.heap_name[0])
		name_heap(&f, kspan_store_heap(store));
	atomic64_add(nslots, &kspan_store_heap(store)->bad_frees);
	trace_free_bad(f.heap_name, slot, f.mistake, "flush");
	report(&f, (unsigned long)slot, "flush");
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
	report(&f, (unsigned long)slot, "kspan_alloc");
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
	report(&f, (unsigned long)p, "kspan_free_sized");
	pr_err("kspan: %zu bytes said, %zu bytes there\n", said_bytes,
	       size_bytes);
	rcu_read_unlock();
}
