// SPDX-License-Identifier: GPL-2.0
/* Threads and interrupts that change the graph, and the thread that collects. */
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "graph_int.h"

enum {
	OPS_A_SECTION	= 16,
};

/* ---- interrupts ------------------------------------------------------------------ */

static void interrupt(struct graph_worker *worker, struct rnd_state *rnd)
{
	struct kspan_heap *heap = worker->graph->how.heap;

	kspan_gc_enter(heap);
	graph_interrupt(worker, rnd);
	kspan_gc_leave(heap);
}

static void interrupt_soft(struct tasklet_struct *soft)
{
	struct graph_worker *worker = container_of(soft, struct graph_worker, soft);

	interrupt(worker, &worker->soft_rnd);
}

static void interrupt_hard(void *arg)
{
	struct graph_worker *worker = arg;

	/* There, no spinlock may be taken in what an IPI calls, as kmalloc() may not. */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT) &&
	    !IS_ENABLED(CONFIG_PROVE_RAW_LOCK_NESTING))
		interrupt(worker, &worker->hard_rnd);
	tasklet_schedule(&worker->soft);
}

/* Another CPU, which does anything meanwhile. */
static void interrupt_other(struct graph_worker *worker)
{
	struct graph *graph = worker->graph;
	struct graph_worker *other =
		&graph->workers[graph_below(&worker->rnd, graph->how.nthreads)];

	if (other != worker)
		smp_call_function_single(other->cpu, interrupt_hard, other, 1);
}

/* ---- threads ---------------------------------------------------------------------- */

static void section(struct graph_worker *worker)
{
	struct kspan_heap *heap = worker->graph->how.heap;
	bool sleepable = worker->sleepable;
	gfp_t gfp = sleepable ? GFP_KERNEL : GFP_ATOMIC;
	unsigned int i, n = 1 + graph_below(&worker->rnd, OPS_A_SECTION);

	if (sleepable)
		kspan_gc_enter_sleepable(heap);
	else
		kspan_gc_enter(heap);
	for (i = 0; i < n; i++) {
		/* Sections nest. */
		if (!graph_below(&worker->rnd, 16)) {
			kspan_gc_enter(heap);
			graph_mutate(worker, GFP_ATOMIC);
			kspan_gc_leave(heap);
		} else {
			graph_mutate(worker, gfp);
		}
		if (sleepable && !graph_below(&worker->rnd, 32))
			cond_resched();
	}
	if (sleepable)
		kspan_gc_leave_sleepable(heap);
	else
		kspan_gc_leave(heap);
}

static int work(void *arg)
{
	struct graph_worker *worker = arg;
	struct graph *graph = worker->graph;
	unsigned int nsections = 0;

	while (!kthread_should_stop()) {
		section(worker);
		if (!graph_below(&worker->rnd, 200))
			graph_change_roots(worker);
		if (graph->how.interrupts && !graph_below(&worker->rnd, 50))
			interrupt_other(worker);
		if (!(nsections++ % 64)) {
			struct kspan_heap_stats stats;

			kspan_heap_stats(graph->how.heap, &stats);
			WRITE_ONCE(graph->cutting, stats.live_objects >
				   graph->how.most_objects);
		}
		cond_resched();
	}
	return 0;
}

static int collect(void *arg)
{
	struct graph *graph = arg;

	while (!kthread_should_stop()) {
		kspan_gc_collect(graph->how.heap);
		cond_resched();
	}
	return 0;
}

int graph_start(struct graph *graph)
{
	unsigned int cpu = cpumask_first(cpu_online_mask);
	struct task_struct *task;
	unsigned int i;

	for (i = 0; i < graph->how.nthreads; i++) {
		struct graph_worker *worker = &graph->workers[i];

		task = kthread_create(work, worker, "graph/%u", i);
		if (IS_ERR(task))
			goto fail;
		worker->task = task;
		worker->cpu = cpu;
		kthread_bind(task, cpu);
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
	}
	task = kthread_run(collect, graph, "graph/gc");
	if (IS_ERR(task))
		goto fail;
	graph->collector = task;
	for (i = 0; i < graph->how.nthreads; i++)
		wake_up_process(graph->workers[i].task);
	return 0;
fail:
	graph_stop(graph);
	return PTR_ERR(task);
}

void graph_stop(struct graph *graph)
{
	unsigned int i;

	for (i = 0; i < graph->how.nthreads; i++) {
		if (graph->workers[i].task)
			kthread_stop(graph->workers[i].task);
		graph->workers[i].task = NULL;
	}
	for (i = 0; i < graph->how.nthreads; i++)
		tasklet_kill(&graph->workers[i].soft);
	if (graph->collector)
		kthread_stop(graph->collector);
	graph->collector = NULL;
}

/* ---- the graph ---------------------------------------------------------------------- */

struct graph *graph_create(const struct graph_how *how)
{
	struct graph *graph = kvzalloc(sizeof(*graph), GFP_KERNEL);
	unsigned int i;
	int err = -ENOMEM;

	if (!graph)
		return ERR_PTR(-ENOMEM);
	graph->how = *how;
	graph->how.nthreads = min_t(unsigned int, how->nthreads,
				    GRAPH_MAX_THREADS);
	/* Long lists and refills go beyond it. */
	graph->room = 4 * how->most_objects + (1 << 16);
	graph->queue = kvcalloc(graph->room, sizeof(*graph->queue), GFP_KERNEL);
	graph->reached = kvzalloc(GRAPH_IDS / 8, GFP_KERNEL);
	if (!graph->queue || !graph->reached)
		goto fail;
	for (i = 0; i < graph->how.nthreads; i++) {
		struct graph_worker *worker = &graph->workers[i];

		worker->graph = graph;
		worker->sleepable = how->sleepable && i % 2;
		prandom_seed_state(&worker->rnd, how->seed + 3 * i);
		prandom_seed_state(&worker->hard_rnd, how->seed + 3 * i + 1);
		prandom_seed_state(&worker->soft_rnd, how->seed + 3 * i + 2);
		tasklet_setup(&worker->soft, interrupt_soft);
	}
	err = graph_register_types(graph);
	if (!err)
		err = kspan_gc_root_add(how->heap, graph->roots, GRAPH_ROOTS);
	if (err)
		goto fail;
	return graph;
fail:
	kvfree(graph->reached);
	kvfree(graph->queue);
	kvfree(graph);
	return ERR_PTR(err);
}

u64 graph_mutations(const struct graph *graph)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < graph->how.nthreads; i++)
		sum += atomic64_read(&graph->workers[i].nmutations);
	return sum;
}

u64 graph_failed(const struct graph *graph)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < graph->how.nthreads; i++)
		sum += atomic64_read(&graph->workers[i].nfailed);
	return sum;
}

unsigned int graph_reached(const struct graph *graph)
{
	return graph->nreached;
}

/**
 * graph_destroy() - take all roots away, look that nothing is left, and free the graph
 * @graph: the graph, whose threads are stopped
 *
 * Return: whether all was well since it was made.
 */
bool graph_destroy(struct graph *graph)
{
	struct kspan_heap *heap = graph->how.heap;
	unsigned int i, j;
	bool well;

	kspan_gc_root_remove(heap, graph->roots);
	memset(graph->roots, 0, sizeof(graph->roots));
	for (i = 0; i < graph->how.nthreads; i++) {
		struct graph_worker *worker = &graph->workers[i];

		if (worker->own_added)
			kspan_gc_root_remove(heap, worker->own);
		worker->own_added = false;
		for (j = 0; j < GRAPH_PINS; j++) {
			if (worker->pins[j])
				kspan_gc_unpin(worker->pins[j]);
			worker->pins[j] = NULL;
		}
	}
	graph_check(graph);
	if (graph->nreached)
		graph_error(graph, "%u objects are left", graph->nreached);
	well = !atomic_read(&graph->nerrors);
	kvfree(graph->reached);
	kvfree(graph->queue);
	kvfree(graph);
	return well;
}
