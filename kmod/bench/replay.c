// SPDX-License-Identifier: GPL-2.0
/*
 * A trace, replayed on an allocator by one thread per CPU.
 *
 * The events are played in the order they were recorded in, each by the thread
 * of its CPU, and never two at once: a turn passes from thread to thread with
 * the runs of the schedule. So an object is always allocated before it is
 * freed, on whatever CPUs, what is live is the same after every event of every
 * replay, and the time of a thread contains no wait. What such a replay cannot
 * show is contention. Streams per CPU with a flag per object would, but there
 * an event waits for another CPU's for as long as the scheduler likes, and what
 * is live differs from run to run.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/kspan.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>

#include "memory.h"
#include "play.h"
#include "replay.h"
#include "schedule.h"
#include "ticks.h"
#include "trace.h"

/* How often to look for one's turn before sleeping, some microseconds. */
enum { SPINS = 500 };

struct player {
	struct replay *replay;
	struct task_struct *task;
	wait_queue_head_t turn;
	unsigned int number;
};

/*
 * @game, @next_from and @request belong to the player whose turn it is: the
 * thread of runs[next_run]. Storing next_run hands them on, and past the last
 * run to who waits for @done.
 */
struct replay {
	struct bench_game game;
	struct bench_schedule schedule;
	struct kspan_bench_ioc_replay *request;
	u32 next_from;
	u32 next_run;
	bool aborted;
	struct completion done;
	unsigned int nr_players;
	struct player players[];
};

/* What KSPAN_BENCH_KEEP left. Callers of this file run one at a time. */
static struct kspan_heap *kept_heap;

/* ---- turns ----------------------------------------------------------------- */

static bool is_over(const struct player *player, u32 run)
{
	return run >= player->replay->schedule.nr_runs ||
	       READ_ONCE(player->replay->aborted);
}

static bool is_my_turn(const struct player *player)
{
	const struct replay *replay = player->replay;
	/* Pairs with the release in pass(): what others played is seen. */
	u32 run = smp_load_acquire(&replay->next_run);

	return is_over(player, run) ||
	       replay->schedule.runs[run].thread == player->number;
}

static void await_turn(struct player *player)
{
	unsigned int spins;

	for (spins = 0; spins < SPINS; spins++) {
		if (is_my_turn(player))
			return;
		cpu_relax();
	}
	wait_event_idle(player->turn, is_my_turn(player));
}

/* The turn of run @run begins. */
static void pass(struct replay *replay, u32 run)
{
	struct player *next;

	/* Pairs with the acquire in is_my_turn(). */
	smp_store_release(&replay->next_run, run);
	if (run >= replay->schedule.nr_runs) {
		/* Players that have no run left are woken by their stop. */
		complete(&replay->done);
		return;
	}
	next = &replay->players[replay->schedule.runs[run].thread];
	if (wq_has_sleeper(&next->turn))
		wake_up(&next->turn);
}

static void take_sample(struct replay *replay, u16 marks)
{
	struct kspan_bench_ioc_replay *request = replay->request;
	struct bench_game *game = &replay->game;

	game->backend->held(&game->store, &game->live);
	if (marks & BENCH_PEAK)
		request->peak = game->live;
	if (!(marks & BENCH_SAMPLE))
		return;
	request->held_max_bytes = max(request->held_max_bytes,
				      game->live.held_bytes);
	request->requested_sum_bytes += game->live.requested_bytes;
	request->held_sum_bytes += game->live.held_bytes;
}

static int play_turns(void *arg)
{
	struct player *player = arg;
	struct replay *replay = player->replay;
	const struct bench_run *run;
	u32 number;

	for (;;) {
		await_turn(player);
		number = READ_ONCE(replay->next_run);
		if (is_over(player, number))
			break;
		run = &replay->schedule.runs[number];
		bench_play(&replay->game, replay->next_from, run->end);
		replay->next_from = run->end;
		if (run->marks && replay->game.flags & KSPAN_BENCH_MEASURE)
			take_sample(replay, run->marks);
		pass(replay, number + 1);
		cond_resched();
	}
	/* The task must be there for its kthread_stop(). */
	wait_event_idle(player->turn, kthread_should_stop());
	return 0;
}

/* ---- players --------------------------------------------------------------- */

static void stop_players(struct replay *replay)
{
	struct player *player;
	unsigned int i;

	WRITE_ONCE(replay->aborted, true);
	for (i = 0; i < replay->nr_players; i++) {
		player = &replay->players[i];
		if (player->task)
			kthread_stop(player->task);
		player->task = NULL;
	}
}

/* Makes one for each of the first nr_players CPUs that are online. */
static int make_players(struct replay *replay)
{
	unsigned int i = 0;
	int cpu, err = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct player *player = &replay->players[i];

		if (i == replay->nr_players)
			break;
		player->replay = replay;
		player->number = i;
		init_waitqueue_head(&player->turn);
		player->task = kthread_create_on_node(play_turns, player,
						      cpu_to_node(cpu),
						      "kspan_replay/%d", cpu);
		if (IS_ERR(player->task)) {
			err = PTR_ERR(player->task);
			player->task = NULL;
			break;
		}
		kthread_bind(player->task, cpu);
		i++;
	}
	cpus_read_unlock();
	/* A CPU went away since they were counted. */
	if (!err && i < replay->nr_players)
		err = -EAGAIN;
	return err;
}

static struct replay *replay_make(const struct bench_trace *trace,
				  struct kspan_bench_ioc_replay *request)
{
	unsigned int nr_players = min(num_online_cpus(), KSPAN_TRACE_NR_CPUS);
	struct replay *replay;

	replay = vzalloc(struct_size(replay, players, nr_players));
	if (!replay)
		return NULL;
	replay->nr_players = nr_players;
	replay->request = request;
	replay->game.trace = trace;
	replay->game.backend = bench_backend_find(request->backend);
	replay->game.flags = request->flags &
			     (KSPAN_BENCH_MEASURE | KSPAN_BENCH_CHECK);
	init_completion(&replay->done);
	replay->game.slots = bench_vmalloc(trace->nr_slots,
					   sizeof(struct bench_slot));
	if (!replay->game.slots ||
	    bench_schedule_make(&replay->schedule, trace, nr_players)) {
		vfree(replay->game.slots);
		vfree(replay);
		return NULL;
	}
	return replay;
}

static void replay_free(struct replay *replay)
{
	bench_schedule_free(&replay->schedule);
	vfree(replay->game.slots);
	vfree(replay);
}

/* ---- a replay -------------------------------------------------------------- */

static int run_trace(struct replay *replay)
{
	ktime_t start = ktime_get();
	unsigned int i;
	int err;

	for (i = 0; i < replay->nr_players; i++)
		wake_up_process(replay->players[i].task);
	err = wait_for_completion_interruptible(&replay->done);
	replay->request->wall_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	stop_players(replay);
	return err ? -EINTR : 0;
}

static void fill_in(const struct replay *replay)
{
	struct kspan_bench_ioc_replay *request = replay->request;
	const struct bench_game *game = &replay->game;

	request->nr_cpus = replay->schedule.nr_threads;
	request->handovers = replay->schedule.handovers;
	request->allocs = game->allocs;
	request->frees = game->frees;
	request->failures = game->failures;
	request->corruptions = game->corruptions;
	request->ticks = game->ticks;
	request->ticks_per_ms = bench_ticks_per_ms();
	if (game->flags & KSPAN_BENCH_MEASURE)
		request->samples = replay->schedule.samples;
}

/* What is live stays, in a heap that is ours no more. */
static bool keep(struct replay *replay)
{
	struct bench_store *store = &replay->game.store;

	if (!(replay->request->flags & KSPAN_BENCH_KEEP))
		return false;
	kept_heap = store->heap;
	store->heap = NULL;
	return true;
}

/* What a store holds that most has gone from, once asked to give back. */
static int thin_out(struct replay *replay)
{
	static const unsigned int wait_ms[] = { 0, 1000, 9000 };
	struct kspan_bench_ioc_replay *request = replay->request;
	struct bench_game *game = &replay->game;
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(wait_ms) !=
		     ARRAY_SIZE(request->held_thinned_bytes));
	bench_play_thin(game);
	game->backend->held(&game->store, &game->live);
	request->thinned = game->live;
	if (game->backend->give_back)
		game->backend->give_back(&game->store);
	for (i = 0; i < ARRAY_SIZE(wait_ms); i++) {
		if (wait_ms[i] && msleep_interruptible(wait_ms[i]))
			return -EINTR;
		game->backend->held(&game->store, &game->live);
		request->held_thinned_bytes[i] = game->live.held_bytes;
	}
	return 0;
}

static int play_all(struct replay *replay)
{
	struct kspan_bench_ioc_replay *request = replay->request;
	struct bench_game *game = &replay->game;
	bool measure = game->flags & KSPAN_BENCH_MEASURE;
	int err = run_trace(replay);

	if (!err) {
		fill_in(replay);
		if (measure) {
			game->backend->held(&game->store, &game->live);
			request->end = game->live;
		}
		if (keep(replay))
			return 0;
		if (request->flags & KSPAN_BENCH_THIN)
			err = thin_out(replay);
	}
	bench_play_free_all(game);
	request->corruptions = game->corruptions;
	if (err || !measure)
		return err;
	game->backend->held(&game->store, &game->live);
	request->held_freed_bytes = game->live.held_bytes;
	if (game->backend->give_back)
		game->backend->give_back(&game->store);
	game->backend->held(&game->store, &game->live);
	request->held_returned_bytes = game->live.held_bytes;
	return 0;
}

static bool is_valid(const struct kspan_bench_ioc_replay *request)
{
	if (request->flags & ~KSPAN_BENCH_REPLAY_FLAGS ||
	    !bench_backend_find(request->backend))
		return false;
	if (request->flags & KSPAN_BENCH_KEEP &&
	    request->backend != KSPAN_BENCH_KSPAN)
		return false;
	/* What thins out a kept heap would be a surprise. */
	if (request->flags & KSPAN_BENCH_THIN &&
	    (request->flags & KSPAN_BENCH_KEEP ||
	     !(request->flags & KSPAN_BENCH_MEASURE)))
		return false;
	return !(request->flags & KSPAN_BENCH_CHECK) ||
	       request->backend != KSPAN_BENCH_NULL;
}

/* Last, so that what the replay itself needs is not in its figures. */
static int play_on_store(struct replay *replay, const struct bench_trace *trace)
{
	const struct bench_backend *backend = replay->game.backend;
	struct bench_store *store = &replay->game.store;
	int err = 0;

	if (backend->has_recorded)
		err = bench_recorded_make(&store->recorded, trace);
	if (err)
		return err;
	err = backend->begin(store);
	if (!err) {
		if (backend->has_typed)
			err = bench_recorded_make_typed(&store->recorded,
							trace, store->heap);
		if (!err)
			err = play_all(replay);
		backend->end(store);
	}
	bench_recorded_destroy(&store->recorded);
	return err;
}

int bench_replay(const struct bench_trace *trace,
		 struct kspan_bench_ioc_replay *request)
{
	struct replay *replay;
	int err;

	if (!is_valid(request))
		return -EINVAL;
	*request = (struct kspan_bench_ioc_replay) {
		.size = request->size, .flags = request->flags,
		.backend = request->backend,
	};
	replay = replay_make(trace, request);
	if (!replay)
		return -ENOMEM;
	err = make_players(replay);
	if (!err)
		err = play_on_store(replay, trace);
	stop_players(replay);
	replay_free(replay);
	return err;
}

int bench_replay_drop(void)
{
	if (!kept_heap)
		return -ENOENT;
	kspan_heap_destroy(kept_heap);
	kept_heap = NULL;
	return 0;
}

static int free_object(const struct kspan_object *object, void *unused)
{
	kspan_free(object->start);
	cond_resched();
	return 0;
}

int bench_replay_free_kept(void)
{
	if (!kept_heap)
		return -ENOENT;
	return kspan_heap_for_each_object(kept_heap, free_object, NULL);
}
