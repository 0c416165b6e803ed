// SPDX-License-Identifier: GPL-2.0
/*
 * Rings of small objects. When a ring is full, what lies outside of a moving
 * window of a fifth is freed: what lies below in the order of allocation, what
 * lies above in the opposite order. An op is one allocation. These do what is
 * told of sh6bench and sh8bench; nothing in here is derived from their source.
 */
#include "smp.h"

enum {
	WINDOWS		= 5,
	SH6_SLOTS	= 10000,	/* of all threads */
	SH6_MAX_BASE	= 709,
	/* A tenth of sh8bench's, for runs of less than a second. */
	SH8_SLOTS	= 100000,	/* of all threads */
	/* Allocated beforehand by one thread, freed by another, one by one. */
	SH8_FOREIGN	= 1 << 16,	/* for each thread */
	SH8_STEP	= 250,
};

/*
 * Slots before @next are in use, and those of the last window. sh6 goes through
 * its sizes with @base, @bytes and @left; sh8 has freed foreign objects down to
 * @nr_foreign.
 */
struct ring {
	u32 nr_slots;
	u32 next;
	u32 window;
	u32 base;
	u32 bytes;
	u32 left;
	u32 nr_foreign;
	void *slots[SH8_SLOTS];
	void *foreign[SH8_FOREIGN];
};

static void slot_free(struct smp_thread *thread, void **slot)
{
	smp_free(thread, *slot);
	*slot = NULL;
}

static void recycle(struct smp_thread *thread, struct ring *ring)
{
	u32 low = ring->nr_slots / WINDOWS * ring->window;
	u32 high = low + ring->nr_slots / WINDOWS;
	u32 i;

	for (i = 0; i < low; i++)
		slot_free(thread, &ring->slots[i]);
	for (i = ring->nr_slots; i > high; i--)
		slot_free(thread, &ring->slots[i - 1]);
	ring->window = (ring->window + 1) % WINDOWS;
	ring->next = 0;
}

static void put(struct smp_thread *thread, struct ring *ring, u32 bytes)
{
	u8 *p;

	while (ring->next < ring->nr_slots && ring->slots[ring->next])
		ring->next++;
	if (ring->next == ring->nr_slots) {
		recycle(thread, ring);
		while (ring->slots[ring->next])
			ring->next++;
	}
	p = smp_alloc(thread, bytes);
	if (likely(p))
		WRITE_ONCE(*p, 1);
	ring->slots[ring->next++] = p;
	thread->ops++;
}

/* Bases grow by half, each is halved down to 1, small ones come more often. */
static void next_size(struct ring *ring)
{
	ring->bytes /= 2;
	if (!ring->bytes) {
		ring->base = ring->base * 3 / 2 + 1;
		if (ring->base > SH6_MAX_BASE)
			ring->base = 1;
		ring->bytes = ring->base;
	}
	ring->left = ring->bytes < 100 ? 250 : 50;
}

static bool sh6_step(struct smp_thread *thread)
{
	struct ring *ring = thread->state;

	for (next_size(ring); ring->left; ring->left--)
		put(thread, ring, ring->bytes);
	return true;
}

static u32 sh8_size(struct smp_thread *thread)
{
	static const struct { u32 count, bytes; } sizes[] = {
		{ 5000, 16 }, { 1000, 8 }, { 1000, 48 },
		{ 100, 72 }, { 100, 148 }, { 100, 200 },
		{ 10, 520 }, { 5, 1056 }, { 3, 4096 },
		{ 1, 9162 }, { 1, 34562 }, { 1, 168524 },
	};
	u32 at = smp_random_below(thread, 7321);
	unsigned int i;

	for (i = 0; at >= sizes[i].count; i++)
		at -= sizes[i].count;
	return sizes[i].bytes;
}

static bool sh8_step(struct smp_thread *thread)
{
	struct ring *ring = thread->state;
	unsigned int i;

	for (i = 0; i < SH8_STEP; i++) {
		put(thread, ring, sh8_size(thread));
		if (ring->nr_foreign)
			slot_free(thread, &ring->foreign[--ring->nr_foreign]);
	}
	return true;
}

static void rings_init(struct smp_run *run, u32 all_slots)
{
	u32 i;

	for (i = 0; i < run->nr_threads; i++) {
		struct ring *ring = run->threads[i].state;

		ring->nr_slots = all_slots / run->nr_threads;
	}
}

static int sh6_prepare(struct smp_run *run)
{
	rings_init(run, SH6_SLOTS);
	return 0;
}

/* Neighbours go to different threads. */
static int sh8_prepare(struct smp_run *run)
{
	u32 i, j;

	rings_init(run, SH8_SLOTS);
	for (i = 0; i < SH8_FOREIGN; i++)
		for (j = 0; j < run->nr_threads; j++) {
			struct ring *ring = run->threads[j].state;

			ring->foreign[i] = smp_alloc(&run->threads[j], 8);
			ring->nr_foreign = i + 1;
		}
	return 0;
}

static void finish(struct smp_run *run)
{
	u32 i, j;

	for (i = 0; i < run->nr_threads; i++) {
		struct smp_thread *thread = &run->threads[i];
		struct ring *ring = thread->state;

		for (j = 0; j < ring->nr_slots; j++)
			smp_free(thread, ring->slots[j]);
		for (j = 0; j < ring->nr_foreign; j++)
			smp_free(thread, ring->foreign[j]);
	}
}

const struct smp_pattern smp_sh6 = {
	.name		= "sh6",
	.state_bytes	= sizeof(struct ring),
	.prepare	= sh6_prepare,
	.step		= sh6_step,
	.finish		= finish,
};

const struct smp_pattern smp_sh8 = {
	.name		= "sh8",
	.state_bytes	= sizeof(struct ring),
	.prepare	= sh8_prepare,
	.step		= sh8_step,
	.finish		= finish,
};
