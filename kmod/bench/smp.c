// SPDX-License-Identifier: GPL-2.0
/*
 * Runs an access pattern: one thread on each of some CPUs, all at once, for a
 * while. What counts is how much they get done together.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#include "command.h"
#include "loop.h"
#include "memory.h"
#include "smp.h"

enum {
	MAX_MS		= 60000,
	/* How often a thread without work looks again before it sleeps. */
	IDLE_SPINS	= 200,
};

static const struct smp_pattern * const patterns[] = {
	&smp_threadtest,
	&smp_scalability,
	&smp_xmalloc,
	&smp_xmalloc_mixed,
	&smp_larson,
	&smp_cache_scratch,
	&smp_cache_thrash,
	&smp_mstress,
	&smp_rptest,
	&smp_alloc_test,
	&smp_sh6,
	&smp_sh8,
	&smp_glibc_simple,
	&smp_glibc_thread,
	&smp_queue_1,
	&smp_queue_32,
	&smp_queue_1024,
	&smp_queue_4k_1,
	&smp_queue_4k_32,
	&smp_queue_4k_1024,
	&smp_pingpong_1,
	&smp_pingpong_32,
	&smp_pingpong_1024,
	&smp_pingpong_4k_32,
	&smp_pingpong_4k_1024,
	&smp_binary_trees,
	&smp_cyclic_cache,
	&smp_graph,
};

/* The outcome of the last run; no pattern before the first. */
static struct {
	const struct smp_pattern *pattern;
	u32 backend;
	u32 nr_threads;
	u64 ops;
	u64 errors;
	u64 wall_ns;
} last;

/* ---- threads --------------------------------------------------------------- */

static void await_others(struct smp_run *run)
{
	atomic_inc(&run->nr_ready);
	while (atomic_read(&run->nr_ready) < run->nr_threads &&
	       !READ_ONCE(run->stop)) {
		cpu_relax();
		cond_resched();
	}
}

static int thread_main(void *arg)
{
	struct smp_thread *thread = arg;
	struct smp_run *run = thread->run;
	unsigned int idle = 0;

	await_others(run);
	while (!READ_ONCE(run->stop)) {
		if (run->pattern->step(thread)) {
			idle = 0;
			cond_resched();
			continue;
		}
		cpu_relax();
		if (++idle == IDLE_SPINS) {
			usleep_range(20, 50);
			idle = 0;
		}
	}
	/* The task must be there for its kthread_stop(). */
	while (!kthread_should_stop())
		schedule_timeout_idle(1);
	return 0;
}

static int threads_create(struct smp_run *run)
{
	u32 i = 0;
	int cpu, err = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct smp_thread *thread = &run->threads[i];
		struct task_struct *task;

		if (i == run->nr_threads)
			break;
		task = kthread_create_on_node(thread_main, thread,
					      cpu_to_node(cpu),
					      "kspan_smp/%d", cpu);
		if (IS_ERR(task)) {
			err = PTR_ERR(task);
			break;
		}
		kthread_bind(task, cpu);
		thread->task = task;
		i++;
	}
	cpus_read_unlock();
	/* A CPU went away since they were counted. */
	return !err && i < run->nr_threads ? -EAGAIN : err;
}

static void threads_stop(struct smp_run *run)
{
	u32 i;

	WRITE_ONCE(run->stop, true);
	for (i = 0; i < run->nr_threads; i++) {
		if (run->threads[i].task)
			kthread_stop(run->threads[i].task);
		run->threads[i].task = NULL;
	}
}

/* ---- a run ----------------------------------------------------------------- */

static void run_free(struct smp_run *run)
{
	u32 i;

	for (i = 0; i < run->nr_threads; i++)
		vfree(run->threads[i].state);
	vfree(run->shared);
	vfree(run);
}

static struct smp_run *run_make(const struct smp_pattern *pattern, u32 backend,
				u32 nr_threads)
{
	struct smp_run *run = vzalloc(struct_size(run, threads, nr_threads));
	u32 i;

	if (!run)
		return NULL;
	run->pattern = pattern;
	run->nr_threads = nr_threads;
	if (pattern->shared_bytes) {
		run->shared = bench_vmalloc(1, pattern->shared_bytes);
		if (!run->shared)
			goto fail;
	}
	for (i = 0; i < nr_threads; i++) {
		struct smp_thread *thread = &run->threads[i];

		thread->run = run;
		thread->store = &run->store;
		thread->backend = backend;
		thread->number = i;
		/* The same in every run, so that runs do the same. */
		thread->random = 4141 + i;
		if (!pattern->state_bytes)
			continue;
		thread->state = bench_vmalloc(1, pattern->state_bytes);
		if (!thread->state)
			goto fail;
	}
	return run;
fail:
	run_free(run);
	return NULL;
}

static int let_run(struct smp_run *run, u32 ms)
{
	ktime_t start;
	u32 i;

	for (i = 0; i < run->nr_threads; i++)
		wake_up_process(run->threads[i].task);
	start = ktime_get();
	msleep_interruptible(ms);
	WRITE_ONCE(run->stop, true);
	last.wall_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	threads_stop(run);
	for (i = 0; i < run->nr_threads; i++) {
		last.ops += run->threads[i].ops;
		last.errors += run->threads[i].errors;
	}
	return signal_pending(current) ? -EINTR : 0;
}

static int run_pattern(const struct smp_pattern *pattern, u32 backend,
		       u32 nr_threads, u32 ms)
{
	const struct bench_backend *store_ops = backend == BENCH_COLLECTED ?
		&bench_collected : bench_backend_find(backend);
	struct smp_run *run = run_make(pattern, backend, nr_threads);
	int err;

	if (!run)
		return -ENOMEM;
	err = store_ops->begin(&run->store);
	if (err)
		goto free;
	err = threads_create(run);
	if (!err && pattern->prepare)
		err = pattern->prepare(run);
	if (!err)
		err = let_run(run, ms);
	threads_stop(run);
	pattern->finish(run);
	store_ops->end(&run->store);
free:
	run_free(run);
	return err;
}

/* ---- backends -------------------------------------------------------------- */

static u32 backends_of(const struct smp_pattern *pattern)
{
	return pattern->backends ?: BIT(KSPAN_BENCH_KSPAN) |
				    BIT(KSPAN_BENCH_KMALLOC) |
				    BIT(KSPAN_BENCH_KMEM_CACHE);
}

/* Of those that the pattern has, by name. */
static int find_backend(const struct smp_pattern *pattern, const char *name,
			u32 *backend)
{
	for (*backend = 0; *backend < BENCH_NR_BACKENDS; ++*backend)
		if (backends_of(pattern) & BIT(*backend) && name &&
		    !strcmp(bench_backend_name(*backend), name))
			return 0;
	return -EINVAL;
}

static void show_backends(struct seq_file *m, const struct smp_pattern *pattern)
{
	u32 backend;
	char before = ' ';

	for (backend = 0; backend < BENCH_NR_BACKENDS; backend++) {
		if (!(backends_of(pattern) & BIT(backend)))
			continue;
		seq_printf(m, "%c%s", before, bench_backend_name(backend));
		before = ',';
	}
	seq_putc(m, '\n');
}

/* ---- commands -------------------------------------------------------------- */

static const struct smp_pattern *pattern_find(const char *name)
{
	unsigned int i;

	for (i = 0; name && i < ARRAY_SIZE(patterns); i++)
		if (!strcmp(patterns[i]->name, name))
			return patterns[i];
	return NULL;
}

static int smp_run(char *command)
{
	const struct smp_pattern *pattern;
	u32 backend, nr_threads, ms;
	int err;

	pattern = pattern_find(bench_command_word(&command));
	if (!pattern ||
	    find_backend(pattern, bench_command_word(&command), &backend) ||
	    bench_command_number(&command, max(pattern->min_threads, 1U),
				 min_t(u32, num_online_cpus(), SMP_MAX_THREADS),
				 &nr_threads) ||
	    bench_command_number(&command, 1, MAX_MS, &ms) ||
	    bench_command_word(&command))
		return -EINVAL;
	memset(&last, 0, sizeof(last));
	err = run_pattern(pattern, backend, nr_threads, ms);
	if (err)
		return err;
	last.pattern = pattern;
	last.backend = backend;
	last.nr_threads = nr_threads;
	return 0;
}

static void show_patterns(struct seq_file *m)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		seq_printf(m, "%s %u", patterns[i]->name,
			   max(patterns[i]->min_threads, 1U));
		show_backends(m, patterns[i]);
	}
}

static void smp_show(struct seq_file *m)
{
	if (!last.pattern) {
		show_patterns(m);
		return;
	}
	seq_printf(m, "%s %s %u %u %llu %llu\n", last.pattern->name,
		   bench_backend_name(last.backend), last.pattern->bytes,
		   last.nr_threads,
		   mul_u64_u64_div_u64(last.ops, NSEC_PER_SEC, last.wall_ns),
		   last.errors);
}

static struct bench_command smp_command = {
	.name	= "smp",
	.run	= smp_run,
	.show	= smp_show,
};

void bench_smp_init(struct dentry *dir, struct mutex *running)
{
	smp_command.lock = running;
	bench_command_create(dir, &smp_command);
}
