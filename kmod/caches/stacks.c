// SPDX-License-Identifier: GPL-2.0
#include <linux/llist.h>
#include <linux/percpu.h>

#include "caches/magazine.h"
#include "caches/stacks.h"
#include "spans/stack.h"
#include "spans/storage.h"

static struct kspan_cpu __percpu *cpu_of(const struct kspan_storage *storage)
{
	/* Its first member. */
	return (struct kspan_cpu __percpu *)storage->stores[0].mag;
}

static size_t extra_bytes(const struct kspan_stack_body *body)
{
	return body->owner.size_bytes - KSPAN_STACK_BYTES;
}

/* It leaves the slots, on its way to a user or back to the heap. */
static struct kspan_stack_body *leave(struct kspan_storage *storage,
				      struct kspan_stack *stack)
{
	struct kspan_stack_body *body = kspan_stack_body(stack);

	if (extra_bytes(body))
		atomic64_sub(extra_bytes(body), &storage->idle_extra_bytes);
	return body;
}

/**
 * kspan_stacks_take() - a stack that waits on this CPU
 * @storage: the heap's
 *
 * Context: Any.
 * Return: the stack, which counts as borrowed; or NULL.
 */
struct kspan_stack_body *kspan_stacks_take(struct kspan_storage *storage)
{
	struct kspan_cpu __percpu *cpu = cpu_of(storage);
	unsigned int i;

	for (i = 0; i < KSPAN_IDLE_STACKS; i++) {
		struct kspan_stack *stack = this_cpu_xchg(cpu->stacks.slots[i],
							  NULL);

		if (stack) {
			this_cpu_inc(cpu->stacks.gets);
			return leave(storage, stack);
		}
	}
	return NULL;
}

/* Its user has put it, and it is nobody's. */
static void enter(struct kspan_storage *storage, struct kspan_stack_body *body)
{
	if (extra_bytes(body))
		atomic64_add(extra_bytes(body), &storage->idle_extra_bytes);
}

/**
 * kspan_stacks_stow() - let a stack wait on this CPU
 * @storage: the heap's
 * @body: the stack, which is nobody's
 *
 * Context: Any.
 * Return: false if there is no room.
 */
bool kspan_stacks_stow(struct kspan_storage *storage,
		       struct kspan_stack_body *body)
{
	struct kspan_cpu __percpu *cpu = cpu_of(storage);
	unsigned int i;

	enter(storage, body);
	/* Who takes from the first slot does not look at the stack. */
	for (i = body->stack.cpu ? 0 : 1; i < KSPAN_IDLE_STACKS; i++) {
		if (this_cpu_cmpxchg(cpu->stacks.slots[i], NULL, &body->stack))
			continue;
		this_cpu_inc(cpu->stacks.puts);
		return true;
	}
	leave(storage, &body->stack);
	return false;
}

/**
 * kspan_stacks_defer() - have a stack given back to the heap later
 * @storage: the heap's
 * @body: the stack, which is nobody's
 *
 * Context: Any.
 */
void kspan_stacks_defer(struct kspan_storage *storage,
			struct kspan_stack_body *body)
{
	enter(storage, body);
	this_cpu_inc(cpu_of(storage)->stacks.puts);
	llist_add(&body->deferred, &storage->deferred_stacks);
}

static void give_back(struct kspan_storage *storage, struct kspan_stack *stack)
{
	if (!stack)
		return;
	atomic_dec(&storage->nr_stacks);
	kspan_stack_free(leave(storage, stack), 0);
}

static void give_back_deferred(struct kspan_storage *storage)
{
	struct llist_node *list = llist_del_all(&storage->deferred_stacks);
	struct kspan_stack_body *body, *next;

	llist_for_each_entry_safe(body, next, list, deferred)
		give_back(storage, &body->stack);
}

/**
 * kspan_stacks_drain() - give the stacks that wait on this CPU back to the heap
 * @storage: the heap's
 *
 * Context: Any but NMI.
 */
void kspan_stacks_drain(struct kspan_storage *storage)
{
	struct kspan_cpu __percpu *cpu = cpu_of(storage);
	unsigned int i;

	for (i = 0; i < KSPAN_IDLE_STACKS; i++)
		give_back(storage, this_cpu_xchg(cpu->stacks.slots[i], NULL));
	give_back_deferred(storage);
}

/* Likewise those of a CPU that is dead. */
void kspan_stacks_strip_dead(struct kspan_storage *storage, unsigned int cpu)
{
	struct kspan_idle_stacks *stacks =
		&per_cpu_ptr(cpu_of(storage), cpu)->stacks;
	unsigned int i;

	for (i = 0; i < KSPAN_IDLE_STACKS; i++) {
		give_back(storage, stacks->slots[i]);
		stacks->slots[i] = NULL;
	}
}

/* Whether a CPU has any, or could give back what has to be. */
bool kspan_stacks_any(struct kspan_storage *storage, unsigned int cpu)
{
	struct kspan_idle_stacks *stacks =
		&per_cpu_ptr(cpu_of(storage), cpu)->stacks;
	unsigned int i;

	for (i = 0; i < KSPAN_IDLE_STACKS; i++) {
		/* It may have gone a moment later. */
		if (READ_ONCE(stacks->slots[i]))
			return true;
	}
	return !llist_empty(&storage->deferred_stacks);
}

u64 kspan_stacks_gets(struct kspan_storage *storage, unsigned int cpu)
{
	return READ_ONCE(per_cpu_ptr(cpu_of(storage), cpu)->stacks.gets);
}

u64 kspan_stacks_puts(struct kspan_storage *storage, unsigned int cpu)
{
	return READ_ONCE(per_cpu_ptr(cpu_of(storage), cpu)->stacks.puts);
}

/* What so many of them hold. */
u64 kspan_stacks_idle_bytes(struct kspan_storage *storage, u64 nstacks)
{
	if (!nstacks)
		return 0;
	return nstacks * KSPAN_STACK_BYTES +
	       atomic64_read(&storage->idle_extra_bytes);
}
