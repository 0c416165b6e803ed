// SPDX-License-Identifier: GPL-2.0
/* The events of a trace, played on an allocator. */
#include <linux/hash.h>
#include <linux/prandom.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "play.h"
#include "ticks.h"
#include "trace.h"

enum {
	SLOTS_BETWEEN_BREAKS	= 1024,
	THIN_ONE_OF		= 10,
	THIN_SEED		= 1,
};

/*
 * No reserves and no OOM killer: a trace that does not fit into the machine
 * shows as failures.
 */
static const gfp_t replay_gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY;

/* What an object is filled with; no two live objects share it. */
static u64 fingerprint(const struct bench_slot *slot)
{
	return ((unsigned long)slot->p ^ slot->bytes) * GOLDEN_RATIO_64;
}

static void mark(const struct bench_slot *slot)
{
	u64 print = fingerprint(slot);

	if (slot->bytes < 2 * sizeof(print)) {
		memset(slot->p, print >> 56, slot->bytes);
		return;
	}
	memcpy(slot->p, &print, sizeof(print));
	print = ~print;
	memcpy(slot->p + slot->bytes - sizeof(print), &print, sizeof(print));
}

static bool is_marked(const struct bench_slot *slot)
{
	u64 print = fingerprint(slot);

	if (slot->bytes < 2 * sizeof(print))
		return !memchr_inv(slot->p, print >> 56, slot->bytes);
	if (memcmp(slot->p, &print, sizeof(print)))
		return false;
	print = ~print;
	return !memcmp(slot->p + slot->bytes - sizeof(print), &print,
		       sizeof(print));
}

static noinline __cold void report(struct bench_game *game,
				   const struct bench_slot *slot)
{
	if (!game->corruptions++)
		pr_err("kspan_bench: an object of %u bytes has changed\n",
		       slot->bytes);
}

static __always_inline void play_alloc(struct bench_game *game,
				       struct bench_slot *slot, u32 bytes,
				       u32 cache, u32 flags)
{
	void *p = game->backend->alloc_recorded(&game->store, cache, bytes,
						replay_gfp);

	slot->p = p;
	slot->cache = cache;
	if (unlikely(!p))
		return;
	game->allocs++;
	if (!flags)
		return;
	slot->bytes = bytes;
	if (flags & KSPAN_BENCH_CHECK)
		mark(slot);
	if (flags & KSPAN_BENCH_MEASURE) {
		game->live.objects++;
		game->live.requested_bytes += bytes;
		game->live.slot_bytes += game->backend->slot_bytes(p);
	}
}

static __always_inline void play_free(struct bench_game *game,
				      struct bench_slot *slot, u32 flags)
{
	void *p = slot->p;

	if (flags & KSPAN_BENCH_CHECK && unlikely(!is_marked(slot)))
		report(game, slot);
	if (flags & KSPAN_BENCH_MEASURE) {
		game->live.objects--;
		game->live.requested_bytes -= slot->bytes;
		game->live.slot_bytes -= game->backend->slot_bytes(p);
	}
	game->backend->free_recorded(&game->store, slot->cache, p);
	slot->p = NULL;
}

static __always_inline void play(struct bench_game *game, u32 from, u32 to,
				 u32 flags)
{
	const struct kspan_trace_event *event = &game->trace->events[from];
	const struct kspan_trace_event *end = &game->trace->events[to];
	const u16 *cache = &game->trace->cache_of[from];
	u64 start = bench_ticks();

	for (; event < end; event++, cache++) {
		struct bench_slot *slot = &game->slots[event->slot];

		if (!(event->what & KSPAN_TRACE_FREE)) {
			play_alloc(game, slot, KSPAN_TRACE_BYTES(event->what),
				   *cache, flags);
			if (unlikely(!slot->p))
				game->failures++;
		} else if (likely(slot->p)) {
			play_free(game, slot, flags);
			game->frees++;
		}
	}
	game->ticks += bench_ticks() - start;
}

static noinline void play_timed(struct bench_game *game, u32 from, u32 to)
{
	play(game, from, to, 0);
}

static noinline void play_flagged(struct bench_game *game, u32 from, u32 to)
{
	play(game, from, to, game->flags);
}

void bench_play(struct bench_game *game, u32 from, u32 to)
{
	if (game->flags)
		play_flagged(game, from, to);
	else
		play_timed(game, from, to);
}

void bench_play_free_all(struct bench_game *game)
{
	u32 i;

	for (i = 0; i < game->trace->nr_slots; i++) {
		if (game->slots[i].p)
			play_free(game, &game->slots[i], game->flags);
		if (!(i % SLOTS_BETWEEN_BREAKS))
			cond_resched();
	}
}

void bench_play_thin(struct bench_game *game)
{
	struct rnd_state random;
	u32 i;

	prandom_seed_state(&random, THIN_SEED);
	for (i = 0; i < game->trace->nr_slots; i++) {
		if (game->slots[i].p &&
		    prandom_u32_state(&random) % THIN_ONE_OF)
			play_free(game, &game->slots[i], game->flags);
		if (!(i % SLOTS_BETWEEN_BREAKS))
			cond_resched();
	}
}
