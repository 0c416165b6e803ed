// SPDX-License-Identifier: GPL-2.0
/*
 * The snapshot: what sections hold that were open when the barrier came on.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sizes.h>

#include "gc/gc.h"
#include "gc/mark.h"
#include "gc/object.h"
#include "tests/gc/gckit.h"
#include "tests/suites.h"

enum {
	/* How long a cycle may take to come to its next grace period. */
	STEP_MSECS	= 200,
	WAIT_MSECS	= 20000,
	/* How long a lock is held, with interrupts off. */
	LOCK_MSECS	= 100,
};

/**
 * struct snapshot - a cycle that is kept from beginning
 * @heap: of this heap
 * @entered: a section is open for which it waits
 * @leave: the section may end
 * @left: it has ended
 * @collected: the cycle is complete
 */
struct snapshot {
	struct kspan_heap	*heap;
	struct completion	entered;
	struct completion	leave;
	struct completion	left;
	struct completion	collected;
};

static int keep_section(void *arg)
{
	struct snapshot *snapshot = arg;

	kspan_gc_enter_sleepable(snapshot->heap);
	complete(&snapshot->entered);
	wait_for_completion(&snapshot->leave);
	kspan_gc_leave_sleepable(snapshot->heap);
	complete(&snapshot->left);
	return 0;
}

static int collect(void *arg)
{
	struct snapshot *snapshot = arg;

	kspan_gc_collect(snapshot->heap);
	complete(&snapshot->collected);
	return 0;
}

/* Marking has begun, but for its snapshot: our section is open. */
static bool marking_begins(void)
{
	unsigned int msecs;

	for (msecs = 0; msecs < WAIT_MSECS; msecs++) {
		if (READ_ONCE(kspan_gc_marking))
			return true;
		usleep_range(1000, 2000);
	}
	return false;
}

/* The section that is ours is open. The barrier comes on, which waits for it. */
static void go_on(struct kunit *test, struct snapshot *snapshot)
{
	KUNIT_EXPECT_EQ(test, READ_ONCE(kspan_gc_marking), 0);
	complete(&snapshot->leave);
	KUNIT_EXPECT_TRUE(test, marking_begins());
}

/* That section ends. */
static void end(struct kunit *test, struct snapshot *snapshot)
{
	kspan_gc_leave_sleepable(snapshot->heap);
	wait_for_completion(&snapshot->left);
	wait_for_completion(&snapshot->collected);
}

/* The root's first node loses the second, which nothing else leads to. */
static struct gckit_node *hide_second(struct kunit *test,
				      struct gckit_node **first)
{
	struct gckit_node *hidden;

	*first = kspan_gc_load(&gckit(test)->root);
	hidden = kspan_gc_load((void **)&(*first)->next);
	gckit_set(test, (void **)&(*first)->next, NULL);
	return hidden;
}

static void begin(struct kunit *test, struct snapshot *snapshot)
{
	struct task_struct *task;

	snapshot->heap = gckit(test)->heap;
	init_completion(&snapshot->entered);
	init_completion(&snapshot->leave);
	init_completion(&snapshot->left);
	init_completion(&snapshot->collected);
	task = kthread_run(keep_section, snapshot, "kspan_snapshot/0");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wait_for_completion(&snapshot->entered);
	task = kthread_run(collect, snapshot, "kspan_snapshot/1");
	if (IS_ERR(task))
		complete(&snapshot->collected);
	/* It waits for that section by then, and not for one that begins later. */
	msleep(STEP_MSECS);
}

/*
 * A section takes an object out of its only slot before the barrier is on, and puts it
 * into one that is allocated afterwards, which counts as reached from its birth.
 */
static void hidden_in_a_young_object(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct snapshot snapshot;
	struct gckit_node *young;
	struct gckit_node *old;

	gckit_list(test, 2);
	begin(test, &snapshot);
	kspan_gc_enter_sleepable(kit->heap);
	old = kspan_gc_load(&kit->root);
	gckit_set(test, &kit->root, NULL);
	go_on(test, &snapshot);
	young = gckit_node(test, 2);
	if (young) {
		young->next = old;
		gckit_set(test, &kit->root, young);
	}
	end(test, &snapshot);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 3);
	KUNIT_EXPECT_TRUE(test, gckit_list_intact(test, 3));
}

/* Likewise, into a slot of an old object that the collector has to look into yet. */
static void hidden_in_an_old_object(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	struct snapshot snapshot;
	struct gckit_node *first;
	struct gckit_node *hidden;

	gckit_list(test, 2);
	begin(test, &snapshot);
	kspan_gc_enter_sleepable(kit->heap);
	hidden = hide_second(test, &first);
	go_on(test, &snapshot);
	gckit_set(test, (void **)&first->next, hidden);
	end(test, &snapshot);
	KUNIT_EXPECT_TRUE(test, gckit_list_intact(test, 2));
}

/* Likewise, when somebody marks before the snapshot: there is enough that is grey. */
static void hidden_behind_who_assists(struct kunit *test)
{
	enum { NR = 4 * KSPAN_GREY_MOST };
	struct gckit *kit = gckit(test);
	struct snapshot snapshot;
	struct gckit_node *first;
	struct gckit_node *hidden;
	struct gckit_node *node;

	gckit_list(test, NR);
	begin(test, &snapshot);
	kspan_gc_enter_sleepable(kit->heap);
	hidden = hide_second(test, &first);
	go_on(test, &snapshot);
	/* As the root of another list, each node but the first becomes grey. */
	for (node = kspan_gc_load((void **)&hidden->next); node;
	     node = kspan_gc_load((void **)&node->next)) {
		gckit_set(test, &kit->root, node);
		gckit_set(test, &kit->root, first);
	}
	KUNIT_EXPECT_FALSE(test, kspan_mark_assist(kit->heap->gc, SIZE_MAX));
	gckit_set(test, (void **)&first->next, hidden);
	end(test, &snapshot);
	KUNIT_EXPECT_EQ(test, gckit_live(test), NR);
	KUNIT_EXPECT_TRUE(test, gckit_list_intact(test, NR));
}

/* What an object's trace function does to another in the second look. */
static struct {
	struct kspan_gc	*gc;
	void		*vast;
	bool		freed;
	bool		there;
} second;

static void trace_and_free(void *obj, struct kspan_gc_tracer *tracer)
{
	if (!READ_ONCE(second.gc->checking)) {
		kspan_gc_trace(tracer, second.vast);
		return;
	}
	if (!second.freed)
		kspan_free(second.vast);
	second.freed = true;
	second.there = kspan_vast_find(&second.gc->vasts,
				       (unsigned long)second.vast);
}

/* Somebody else may be looking into what is freed, and vmalloc memory goes at once. */
static void a_free_waits_for_the_second_look(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	const struct kspan_gc_type_desc holder_desc = {
		.name = "holder", .size = 64, .trace = trace_and_free,
	};
	const struct kspan_gc_type_desc page_desc = {
		.name = "page", .size = PAGE_SIZE, .flags = KSPAN_GC_NOSCAN,
	};
	const struct kspan_gc_type *holder =
		kspan_gc_type_register(kit->heap, &holder_desc);
	const struct kspan_gc_type *page =
		kspan_gc_type_register(kit->heap, &page_desc);

	KUNIT_ASSERT_FALSE(test, IS_ERR(holder) || IS_ERR(page));
	memset(&second, 0, sizeof(second));
	second.gc = kit->heap->gc;
	KUNIT_ASSERT_TRUE(test, second.gc->check);
	kspan_gc_enter_sleepable(kit->heap);
	second.vast = kspan_gc_alloc(kit->heap, page, SZ_8M / PAGE_SIZE,
				     GFP_KERNEL);
	gckit_set(test, &kit->root,
		  kspan_gc_alloc(kit->heap, holder, 1, GFP_KERNEL));
	kspan_gc_leave_sleepable(kit->heap);
	KUNIT_ASSERT_NOT_NULL(test, second.vast);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_TRUE(test, second.freed);
	KUNIT_EXPECT_TRUE(test, second.there);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 1);
}

/* What an object's trace function does to another while that is grey. */
static struct {
	struct kspan_heap	*heap;
	struct gckit_node	*grey;
	bool			moved;
} move;

/* Its own pointer has been read, which makes it black when this returns. */
static void trace_and_move(void *obj, struct kspan_gc_tracer *tracer)
{
	void **kept = obj;
	void *hidden;

	kspan_gc_trace(tracer, READ_ONCE(*kept));
	kspan_gc_trace(tracer, move.grey);
	if (move.moved)
		return;
	move.moved = true;
	hidden = kspan_gc_load((void **)&move.grey->next);
	kspan_gc_store(move.heap, (void **)&move.grey->next, NULL);
	kspan_gc_store(move.heap, kept, hidden);
}

/* The only pointer to an object goes from a grey one to a black one. */
static void moved_behind_the_marker(struct kunit *test)
{
	struct gckit *kit = gckit(test);
	const struct kspan_gc_type_desc desc = {
		.name = "mover", .size = 64, .trace = trace_and_move,
	};
	const struct kspan_gc_type *mover =
		kspan_gc_type_register(kit->heap, &desc);
	void **kept;

	KUNIT_ASSERT_FALSE(test, IS_ERR(mover));
	gckit_list(test, 2);
	memset(&move, 0, sizeof(move));
	move.heap = kit->heap;
	kspan_gc_enter_sleepable(kit->heap);
	move.grey = kspan_gc_load(&kit->root);
	kept = kspan_gc_alloc(kit->heap, mover, 1, GFP_KERNEL);
	gckit_set(test, &kit->root, kept);
	kspan_gc_leave_sleepable(kit->heap);
	KUNIT_ASSERT_NOT_NULL(test, kept);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_TRUE(test, move.moved);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 3);
	/* It is what it was. */
	KUNIT_EXPECT_EQ(test, ((struct gckit_node *)*kept)->value, 0);
	kspan_gc_collect(kit->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 3);
}

/**
 * struct reaching - a store on another CPU, as far as it reaches an object
 * @gc: whose
 * @node: the object
 * @ready: it is about to
 * @go: it may
 * @going: it does
 */
struct reaching {
	struct kspan_gc		*gc;
	struct gckit_node	*node;
	bool			ready;
	bool			go;
	bool			going;
};

static int reach_on_go(void *arg)
{
	struct reaching *reaching = arg;

	preempt_disable();
	WRITE_ONCE(reaching->ready, true);
	while (!READ_ONCE(reaching->go))
		cpu_relax();
	WRITE_ONCE(reaching->going, true);
	kspan_mark_reach(reaching->gc, reaching->node);
	preempt_enable();
	while (!kthread_should_stop())
		schedule_timeout_idle(1);
	return 0;
}

static bool is_reached(struct reaching *reaching)
{
	struct kspan_gc_object obj;
	bool reached;

	rcu_read_lock();
	reached = kspan_gc_find(reaching->gc, (unsigned long)reaching->node,
				&obj) && kspan_gc_is_reached(&obj);
	rcu_read_unlock();
	return reached;
}

/*
 * Whether another CPU has called an object reached when it is about to note it, for which
 * it wants a lock of ours.
 */
static bool reached_without_note(struct reaching *reaching, unsigned int cpu)
{
	struct kspan_grey_cpu *grey = per_cpu_ptr(reaching->gc->grey.cpus, cpu);
	unsigned long flags;
	bool reached;

	raw_spin_lock_irqsave(&grey->lock, flags);
	WRITE_ONCE(reaching->go, true);
	while (!READ_ONCE(reaching->going))
		cpu_relax();
	/* A host may let that CPU wait, as it does not know why we do not. */
	mdelay(LOCK_MSECS);
	reached = is_reached(reaching);
	raw_spin_unlock_irqrestore(&grey->lock, flags);
	return reached;
}

/* Another section that finds the bit set relies on it, and ends. */
static void noted_before_it_is_reached(struct kunit *test)
{
	struct reaching reaching = { .gc = gckit(test)->heap->gc };
	struct task_struct *task;
	unsigned int cpu;
	bool early;

	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU");
	kit_stay();
	cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	gckit_list(test, 1);
	reaching.node = gckit(test)->root;
	task = kthread_create_on_cpu(reach_on_go, &reaching, cpu, "kspan_reach/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wake_up_process(task);
	while (!READ_ONCE(reaching.ready))
		usleep_range(100, 1000);
	early = reached_without_note(&reaching, cpu);
	kthread_stop(task);
	KUNIT_EXPECT_FALSE(test, early);
	KUNIT_EXPECT_TRUE(test, is_reached(&reaching));
	KUNIT_EXPECT_TRUE(test, kspan_grey_gather(&reaching.gc->grey));
	kspan_gc_collect(gckit(test)->heap);
	KUNIT_EXPECT_EQ(test, gckit_live(test), 1);
}

static struct kunit_case snapshot_cases[] = {
	KUNIT_CASE(hidden_in_a_young_object),
	KUNIT_CASE(hidden_in_an_old_object),
	KUNIT_CASE(hidden_behind_who_assists),
	KUNIT_CASE(a_free_waits_for_the_second_look),
	KUNIT_CASE(moved_behind_the_marker),
	KUNIT_CASE(noted_before_it_is_reached),
	{}
};

struct kunit_suite kit_gc_snapshot_suite = {
	.name = "kspan_gc_snapshot",
	.init = gckit_init,
	.exit = gckit_exit,
	.test_cases = snapshot_cases,
};
