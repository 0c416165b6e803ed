// SPDX-License-Identifier: GPL-2.0
#include <linux/minmax.h>
#include <linux/printk.h>

#include "base/compat.h"
#include "gc/gc.h"
#include "gc/object.h"
#include "gc/root.h"
#include "gc/zombie.h"

/* A word of an object, or 0: vmalloc memory goes at once when its user frees it. */
static unsigned long word_at(struct kspan_gc *gc, void **slot)
{
	unsigned long word = 0;

	if (!kspan_is_vast((unsigned long)slot))
		return (unsigned long)READ_ONCE(*slot);
	kspan_huge_peek(&gc->heap->storage.huge, (unsigned long)slot, &word, 1);
	return word;
}

/* Whether a pointer is where it was, in an object that can be reached. */
static bool held_by_object(struct kspan_gc *gc, const struct kspan_zombie *zombie)
{
	struct kspan_gc_object obj;

	return kspan_gc_find(gc, (unsigned long)zombie->slot, &obj) &&
	       kspan_gc_is_reached(&obj) && !kspan_gc_is_dead(&obj) &&
	       word_at(gc, zombie->slot) == zombie->addr;
}

/* It may be meant for the end of the object before it, which is nothing bad. */
static bool is_past_end(struct kspan_gc *gc, unsigned long addr)
{
	struct kspan_gc_object obj;

	return kspan_gc_find(gc, addr - 1, &obj) && !kspan_gc_is_dead(&obj) &&
	       obj.start + obj.nbytes == addr;
}

static bool is_zombie(struct kspan_gc *gc, const struct kspan_zombie *zombie)
{
	bool is;

	rcu_read_lock();
	is = kspan_gc_is_free(gc, zombie->addr);
	/* Who frees an object has taken it out of the slot before. */
	smp_rmb();
	is = is && !is_past_end(gc, zombie->addr) &&
	     (held_by_object(gc, zombie) ||
	      kspan_root_holds(gc, zombie->slot, (void *)zombie->addr));
	rcu_read_unlock();
	return is;
}

/* An object may be looked into more than once. */
static bool is_again(const struct kspan_zombies *zombies, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		if (zombies->seen[i].slot == zombies->seen[nr].slot)
			return true;
	}
	return false;
}

/**
 * kspan_zombies_settle() - tell of those that are so still
 * @gc: of which heap; marking has ended, and nothing is swept so far
 *
 * Context: Process context. By the holder of cycle_mutex.
 */
void kspan_zombies_settle(struct kspan_gc *gc)
{
	struct kspan_zombies *zombies = &gc->zombies;
	int nr = min_t(int, atomic_read(&zombies->nr), KSPAN_ZOMBIES_MOST);
	int i;

	for (i = 0; i < nr; i++) {
		const struct kspan_zombie *zombie = &zombies->seen[i];

		if (is_again(zombies, i) || !is_zombie(gc, zombie))
			continue;
		atomic64_inc(&gc->counts.zombies);
		if (zombies->told)
			continue;
		zombies->told = true;
		pr_err("kspan: BUG: heap %s: the pointer at %p leads to %p, which has been freed\n",
		       gc->heap->storage.source.name, zombie->slot,
		       (void *)zombie->addr);
	}
	atomic_set(&zombies->nr, 0);
}
