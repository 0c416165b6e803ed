// SPDX-License-Identifier: GPL-2.0
/*
 * Larger objects, 2.7 KB on average, that live in a table which is walked in
 * strides; some are sent to another thread to be freed there. An op is one
 * allocation. After rptest with a linear distribution of sizes.
 */
#include <linux/llist.h>

#include "smp.h"

enum {
	MIN_BYTES	= 8,
	SPREAD_BYTES	= 15992,
	SLOTS		= 1000,
	MIN_ALLOCS	= 30,
	MAX_ALLOCS	= 99,
	FREES		= 50,
	/* Objects that one thread may have sent and not seen freed. */
	MAX_SENT	= 4096,
};

static const u16 strides[] = { 1, 3, 7, 11, 13, 17, 23, 31, 37, 61, 97 };

/* @inbox and @nr_inbox: filled by other threads. */
struct table {
	struct llist_head inbox;
	atomic_t nr_inbox;
	u32 loops;
	void *slots[SLOTS];
};

static void *object_new(struct smp_thread *thread)
{
	u32 a = smp_random_below(thread, SPREAD_BYTES);
	u32 b = smp_random_below(thread, SPREAD_BYTES);
	s32 c = SPREAD_BYTES - a - b;
	size_t bytes, at;
	u8 *p;

	c = abs(c);
	bytes = MIN_BYTES + mul_u32_u32(smp_random_below(thread, SPREAD_BYTES),
					c) / SPREAD_BYTES;
	p = smp_alloc(thread, bytes);
	if (likely(p))
		for (at = 0; at < bytes; at += PAGE_SIZE)
			WRITE_ONCE(p[at], 1);
	thread->ops++;
	return p;
}

static void receive(struct smp_thread *thread)
{
	struct table *table = thread->state;
	struct llist_node *node, *next;

	llist_for_each_safe(node, next, llist_del_all(&table->inbox)) {
		smp_free(thread, node);
		atomic_dec(&table->nr_inbox);
	}
}

static void send(struct smp_thread *thread, u32 nobjs)
{
	u32 to = (thread->number + 1) % thread->run->nr_threads;
	struct table *other = thread->run->threads[to].state;

	while (nobjs-- && atomic_read(&other->nr_inbox) < MAX_SENT) {
		struct llist_node *node = object_new(thread);

		if (unlikely(!node))
			continue;
		atomic_inc(&other->nr_inbox);
		llist_add(node, &other->inbox);
	}
}

static u32 random_stride(struct smp_thread *thread)
{
	return strides[smp_random_below(thread, ARRAY_SIZE(strides))];
}

static bool step(struct smp_thread *thread)
{
	struct table *table = thread->state;
	u32 nallocs = MIN_ALLOCS +
		      smp_random_below(thread, MAX_ALLOCS - MIN_ALLOCS + 1);
	u32 at = smp_random_below(thread, SLOTS);
	u32 stride = random_stride(thread);
	u32 i;

	receive(thread);
	for (i = 0; i < nallocs; i++, at = (at + stride) % SLOTS) {
		smp_free(thread, table->slots[at]);
		table->slots[at] = object_new(thread);
	}
	at = smp_random_below(thread, SLOTS);
	stride = random_stride(thread);
	for (i = 0; i < FREES; i++, at = (at + stride) % SLOTS) {
		smp_free(thread, table->slots[at]);
		table->slots[at] = NULL;
	}
	if (++table->loops % 2)
		send(thread, nallocs / 2);
	return true;
}

static void finish(struct smp_run *run)
{
	u32 i, j;

	for (i = 0; i < run->nr_threads; i++) {
		struct smp_thread *thread = &run->threads[i];
		struct table *table = thread->state;

		receive(thread);
		for (j = 0; j < SLOTS; j++)
			smp_free(thread, table->slots[j]);
	}
}

const struct smp_pattern smp_rptest = {
	.name		= "rptest",
	.state_bytes	= sizeof(struct table),
	.step		= step,
	.finish		= finish,
};
