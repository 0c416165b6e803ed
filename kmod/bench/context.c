// SPDX-License-Identifier: GPL-2.0
/* A pair where one must not sleep: in a task, a softirq and a hard interrupt. */
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/seq_file.h>

#include "ops.h"
#include "series.h"

static const u16 sizes[] = { 64, 512, 4096 };

static __always_inline u64 pair(struct bench_loop *loop, u32 backend)
{
	size_t bytes = loop->bytes;

	OPTIMIZER_HIDE_VAR(bytes);
	return bench_pairs(loop, backend, bytes, GFP_ATOMIC);
}

static u64 run_in_task(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, pair);
}

/* A loop on its way into another context. */
struct visit {
	struct tasklet_struct tasklet;
	struct irq_work work;
	struct bench_loop *loop;
	u32 backend;
	u64 ticks;
	struct completion done;
};

static void visit_softirq(struct tasklet_struct *tasklet)
{
	struct visit *visit = container_of(tasklet, struct visit, tasklet);

	visit->ticks = run_in_task(visit->loop, visit->backend);
	complete(&visit->done);
}

static u64 run_in_softirq(struct bench_loop *loop, u32 backend)
{
	struct visit visit = { .loop = loop, .backend = backend };

	init_completion(&visit.done);
	tasklet_setup(&visit.tasklet, visit_softirq);
	/* It runs where softirqs are let in again, not in a thread. */
	local_bh_disable();
	tasklet_schedule(&visit.tasklet);
	local_bh_enable();
	wait_for_completion(&visit.done);
	tasklet_kill(&visit.tasklet);
	return visit.ticks;
}

static void visit_hardirq(struct irq_work *work)
{
	struct visit *visit = container_of(work, struct visit, work);

	visit->ticks = run_in_task(visit->loop, visit->backend);
	complete(&visit->done);
}

static u64 run_in_hardirq(struct bench_loop *loop, u32 backend)
{
	struct visit visit = { .loop = loop, .backend = backend };

	init_completion(&visit.done);
	visit.work = IRQ_WORK_INIT_HARD(visit_hardirq);
	irq_work_queue(&visit.work);
	wait_for_completion(&visit.done);
	irq_work_sync(&visit.work);
	return visit.ticks;
}

static int show_sizes(struct seq_file *m, const char *name, bench_loop_fn run)
{
	struct bench_row row = {
		.name = name, .run = run, .backends = BENCH_OBJECT_BACKENDS,
		.batch = 1,
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(sizes); i++) {
		row.bytes = sizes[i];
		err = bench_row_show(m, &row);
	}
	return err;
}

int bench_context_show(struct seq_file *m)
{
	int err = show_sizes(m, "pair_task", run_in_task) ?:
		  show_sizes(m, "pair_softirq", run_in_softirq);

	/* There no allocator may be called. */
	if (err || IS_ENABLED(CONFIG_PREEMPT_RT))
		return err;
	return show_sizes(m, "pair_hardirq", run_in_hardirq);
}
