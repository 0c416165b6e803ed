// SPDX-License-Identifier: GPL-2.0
/*
 * For how long a large allocation keeps the CPU: a thread of the highest
 * priority wants it again and again, and looks how late it gets it.
 */
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kspan.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "backend.h"
#include "command.h"
#include "latency.h"

enum {
	PERIOD_NS	= 20000,
	IDLE_NS		= 20 * 1000 * 1000,
	MAX_KB		= 256 << 10,
};

/* The last run. */
static struct {
	u32 kilobytes;
	u64 alloc_ns;
	u64 alloc_stretch_ns;
	u64 free_stretch_ns;
	u64 idle_stretch_ns;
} last;

/* How late the watcher was at most since this was last taken. */
static atomic64_t latest_ns;

static int watch(void *unused)
{
	ktime_t when = ktime_get();
	u64 late_ns;

	while (!kthread_should_stop()) {
		when = ktime_add_ns(when, PERIOD_NS);
		set_current_state(TASK_INTERRUPTIBLE);
		schedule_hrtimeout(&when, HRTIMER_MODE_ABS);
		late_ns = ktime_to_ns(ktime_sub(ktime_get(), when));
		if ((s64)late_ns > atomic64_read(&latest_ns))
			atomic64_set(&latest_ns, late_ns);
		when = ktime_get();
	}
	return 0;
}

/* Gives the CPU to the watcher whenever it wants it. */
static void idle(u64 ns)
{
	u64 end_ns = ktime_get_ns() + ns;

	while (ktime_get_ns() < end_ns)
		cond_resched();
}

static u64 take_latest(void)
{
	/* It is late now, if it is. */
	idle(2 * PERIOD_NS);
	return atomic64_xchg(&latest_ns, 0);
}

static int run_watched(struct kspan_heap *heap, gfp_t gfp)
{
	u64 start_ns;
	void *p;

	idle(IDLE_NS);
	atomic64_set(&latest_ns, 0);
	idle(IDLE_NS);
	last.idle_stretch_ns = take_latest();
	start_ns = ktime_get_ns();
	p = kspan_alloc(heap, (size_t)last.kilobytes << 10,
			gfp | __GFP_NOWARN);
	last.alloc_ns = ktime_get_ns() - start_ns;
	last.alloc_stretch_ns = take_latest();
	kspan_free(p);
	last.free_stretch_ns = take_latest();
	return p ? 0 : -ENOMEM;
}

static int stretch_run(char *command)
{
	struct task_struct *watcher;
	struct kspan_heap *heap;
	gfp_t gfp = GFP_KERNEL;
	u32 kilobytes;
	char *word;
	int err;

	if (bench_command_number(&command, 1, MAX_KB, &kilobytes))
		return -EINVAL;
	word = bench_command_word(&command);
	if (word && !strcmp(word, "zeroed"))
		gfp |= __GFP_ZERO;
	else if (word)
		return -EINVAL;
	heap = kspan_heap_create(KSPAN_BENCH_HEAP, NULL);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	watcher = kthread_create(watch, NULL, "kspan_watch");
	err = PTR_ERR_OR_ZERO(watcher);
	if (err)
		goto destroy;
	/* Both on this CPU. */
	migrate_disable();
	kthread_bind(watcher, smp_processor_id());
	sched_set_fifo(watcher);
	last.kilobytes = kilobytes;
	wake_up_process(watcher);
	err = run_watched(heap, gfp);
	migrate_enable();
	kthread_stop(watcher);
destroy:
	kspan_heap_destroy(heap);
	return err;
}

static void stretch_show(struct seq_file *m)
{
	seq_printf(m, "%u %llu %llu %llu %llu\n", last.kilobytes,
		   last.alloc_ns, last.alloc_stretch_ns, last.free_stretch_ns,
		   last.idle_stretch_ns);
}

static struct bench_command stretch_command = {
	.name	= "stretch",
	.run	= stretch_run,
	.show	= stretch_show,
};

void bench_stretch_init(struct dentry *dir, struct mutex *running)
{
	stretch_command.lock = running;
	bench_command_create(dir, &stretch_command);
}
