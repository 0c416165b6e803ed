// SPDX-License-Identifier: GPL-2.0
/*
 * What block and network drivers do: requests are made on one CPU and completed on
 * another, all the time, with so many under way at once. In one direction the
 * consumer frees them; as ping-pong it answers each with an object of its own, which
 * the producer frees. An op is a request that has ended.
 */
#include <linux/sizes.h>

#include "smp.h"

enum {
	MAX_DEPTH	= 1024,
	MAX_PAIRS	= SMP_MAX_THREADS / 2,
	/* Per step, and so below a millisecond. */
	BURST		= 256,
	/* What is written of a request: its header. */
	HEADER_BYTES	= 64,
};

/**
 * struct ring - requests on their way from one thread to one other
 * @head: how many have been put; the producer's
 * @tail: how many have been taken; the consumer's
 * @slots: those between
 */
struct ring {
	unsigned int	head ____cacheline_aligned_in_smp;
	unsigned int	tail ____cacheline_aligned_in_smp;
	void		*slots[MAX_DEPTH] ____cacheline_aligned_in_smp;
};

/**
 * struct pair - two threads
 * @there: requests
 * @back: answers
 */
struct pair {
	struct ring	there;
	struct ring	back;
};

struct queues {
	struct pair	pairs[MAX_PAIRS];
};

static bool has_room(struct ring *ring, unsigned int depth)
{
	/* A slot is written to after it has been read: see take(). */
	return ring->head - smp_load_acquire(&ring->tail) < depth;
}

/* By who has seen that there is room. */
static void put(struct ring *ring, void *p)
{
	ring->slots[ring->head % MAX_DEPTH] = p;
	/* The slot and the object's header are there before it can be taken. */
	smp_store_release(&ring->head, ring->head + 1);
}

static void *take(struct ring *ring)
{
	unsigned int tail = ring->tail;
	void *p;

	/* See put(). */
	if (smp_load_acquire(&ring->head) == tail)
		return NULL;
	p = ring->slots[tail % MAX_DEPTH];
	/* The slot has been read before it is written to again. */
	smp_store_release(&ring->tail, tail + 1);
	return p;
}

static void *make(struct smp_thread *thread, size_t bytes)
{
	void *p = smp_alloc(thread, bytes);

	if (likely(p))
		smp_fill(p, HEADER_BYTES);
	return p;
}

static void end(struct smp_thread *thread, void *p)
{
	thread->errors += !smp_is_filled(p, HEADER_BYTES);
	smp_free(thread, p);
}

static struct pair *pair_of(struct smp_thread *thread)
{
	struct queues *queues = thread->run->shared;

	return &queues->pairs[thread->number / 2];
}

static __always_inline bool one_way(struct smp_thread *thread, size_t bytes,
				    unsigned int depth)
{
	struct ring *ring = &pair_of(thread)->there;
	unsigned int i;
	void *p;

	for (i = 0; i < BURST; i++) {
		if (thread->number % 2) {
			p = take(ring);
			if (!p)
				break;
			end(thread, p);
			thread->ops++;
		} else {
			if (!has_room(ring, depth))
				break;
			p = make(thread, bytes);
			if (!p)
				break;
			put(ring, p);
		}
	}
	return i;
}

static __always_inline bool ping_pong(struct smp_thread *thread, size_t bytes,
				      unsigned int depth)
{
	struct pair *pair = pair_of(thread);
	bool answers = thread->number % 2;
	struct ring *from = answers ? &pair->there : &pair->back;
	struct ring *to = answers ? &pair->back : &pair->there;
	unsigned int i;
	bool any = false;
	void *p;

	for (i = 0; i < BURST; i++) {
		p = answers && !has_room(to, MAX_DEPTH) ? NULL : take(from);
		if (p) {
			end(thread, p);
			thread->ops += !answers;
		}
		/* An answer for each request; requests while fewer are under way. */
		if (answers ? !p : pair->there.head - pair->back.tail >= depth) {
			if (!p)
				break;
			any = true;
			continue;
		}
		p = make(thread, bytes);
		if (!p)
			break;
		put(to, p);
		any = true;
	}
	return any;
}

static void finish(struct smp_run *run)
{
	struct queues *queues = run->shared;
	unsigned int i;
	void *p;

	for (i = 0; i < MAX_PAIRS; i++) {
		while ((p = take(&queues->pairs[i].there)) ||
		       (p = take(&queues->pairs[i].back)))
			smp_free(&run->threads[0], p);
	}
}

#define QUEUE(symbol, title, way, size, depth)				\
static bool step_##symbol(struct smp_thread *thread)			\
{									\
	/* A thread without another has nobody to send to. */		\
	if ((thread->number ^ 1) >= thread->run->nr_threads)		\
		return false;						\
	/* Who waits does not sleep, as the other would wait for him. */ \
	if (!way(thread, size, depth))					\
		cpu_relax();						\
	return true;							\
}									\
									\
const struct smp_pattern smp_##symbol = {				\
	.name		= title,					\
	.bytes		= size,						\
	.min_threads	= 2,						\
	.shared_bytes	= sizeof(struct queues),			\
	.step		= step_##symbol,				\
	.finish		= finish,					\
}

QUEUE(queue_1, "queue-1", one_way, SZ_256, 1);
QUEUE(queue_32, "queue-32", one_way, SZ_256, 32);
QUEUE(queue_1024, "queue-1024", one_way, SZ_256, 1024);
QUEUE(queue_4k_1, "queue-4k-1", one_way, SZ_4K, 1);
QUEUE(queue_4k_32, "queue-4k-32", one_way, SZ_4K, 32);
QUEUE(queue_4k_1024, "queue-4k-1024", one_way, SZ_4K, 1024);
QUEUE(pingpong_1, "pingpong-1", ping_pong, SZ_256, 1);
QUEUE(pingpong_32, "pingpong-32", ping_pong, SZ_256, 32);
QUEUE(pingpong_1024, "pingpong-1024", ping_pong, SZ_256, MAX_DEPTH);
QUEUE(pingpong_4k_32, "pingpong-4k-32", ping_pong, SZ_4K, 32);
QUEUE(pingpong_4k_1024, "pingpong-4k-1024", ping_pong, SZ_4K, MAX_DEPTH);
