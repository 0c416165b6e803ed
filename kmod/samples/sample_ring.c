// SPDX-License-Identifier: GPL-2.0
/*
 * Sample: packets that one CPU allocates in softirq, and that other CPUs free.
 *
 * A network driver's receive path has this shape. A timer stands in for the device: in
 * softirq it makes packets of mixed sizes, and puts each into the ring of one of the
 * consumers, threads that are bound to the other CPUs. They check the packets and free
 * them.
 *
 * What to copy from it:
 *
 *  - kspan_alloc() with GFP_ATOMIC works in softirq as kmalloc() does. It may return
 *    NULL at any time, and at the heap's limit it will: the packet is dropped and
 *    counted, and work goes on.
 *  - Objects are freed on any CPU. They find their way back to the CPU that allocates
 *    without the module doing anything about it.
 *  - The consumers free in bulk, which costs less per object.
 *  - The limit bounds the memory of a queue that nobody empties, in bytes, where the
 *    rings bound it in packets.
 *
 * /sys/kernel/debug/sample_ring/stats (of the other build, sample_ring_kmalloc/) has
 * counts. Parameters of the module can be changed: consume=0 stops the consumers, and
 * burst=0 the packets.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/ptr_ring.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "allocator.h"
#include "compat.h"

#define MIN_BYTES	60
#define MAX_BYTES	1514
#define FREE_BATCH	16

static unsigned long limit_bytes = 8UL << 20;
module_param(limit_bytes, ulong, 0444);
MODULE_PARM_DESC(limit_bytes, "most memory packets may take; 0 is no limit");

static unsigned int ring_packets = 256;
module_param(ring_packets, uint, 0444);
MODULE_PARM_DESC(ring_packets, "room of each ring");

static unsigned int burst = 32;
module_param(burst, uint, 0644);
MODULE_PARM_DESC(burst, "packets that come with each tick; 0 is silence");

static unsigned int period_us = 1000;
module_param(period_us, uint, 0444);
MODULE_PARM_DESC(period_us, "time between ticks");

static bool consume = true;
module_param(consume, bool, 0644);
MODULE_PARM_DESC(consume, "consumers take packets out of their rings");

/**
 * struct packet - what goes through a ring
 * @number: counts up over all packets
 * @bytes: of @data
 * @data: each byte is the lowest of @number
 */
struct packet {
	u32	number;
	u32	bytes;
	u8	data[];
};

/**
 * struct consumer - a thread and its ring
 * @ring: the timer puts packets in, the thread takes them out
 * @wait: where the thread sleeps
 * @task: the thread
 * @next: no packet to come has a lower number
 * @ntaken: packets that were taken out and freed; the thread counts
 * @nbad: those of them that were not what they should be; likewise
 */
struct consumer {
	struct ptr_ring		ring;
	wait_queue_head_t	wait;
	struct task_struct	*task;
	u32			next;
	unsigned long		ntaken;
	unsigned long		nbad;
};

static struct kspan_heap *heap;
static struct dentry *dir;
static struct hrtimer timer;

/* The kernel's memory, as the rings' arrays are. */
static struct consumer *consumers;
static unsigned int nconsumers;

/* Only the timer writes these. */
static u32 number;
static unsigned long nmade;
static unsigned long ndropped;
static unsigned long nnomem;

/* ---- the device: in softirq -------------------------------------------------- */

static void receive(void)
{
	struct consumer *consumer = &consumers[number % nconsumers];
	unsigned int bytes = MIN_BYTES +
			     number * 7919 % (MAX_BYTES - MIN_BYTES + 1);
	struct packet *packet;

	packet = kspan_alloc(heap, struct_size(packet, data, bytes),
			     GFP_ATOMIC | __GFP_NOWARN);
	if (!packet) {
		WRITE_ONCE(nnomem, nnomem + 1);
		return;
	}
	packet->number = number;
	packet->bytes = bytes;
	memset(packet->data, (u8)number, bytes);
	WRITE_ONCE(nmade, nmade + 1);

	/* From here on it is the consumer's, unless there was no room for it. */
	if (ptr_ring_produce(&consumer->ring, packet)) {
		WRITE_ONCE(ndropped, ndropped + 1);
		kspan_free(packet);
	}
}

static ktime_t period(void)
{
	return ns_to_ktime((u64)period_us * NSEC_PER_USEC);
}

static enum hrtimer_restart tick(struct hrtimer *t)
{
	unsigned int i, n = READ_ONCE(burst);

	for (i = 0; i < n; i++, number++)
		receive();
	for (i = 0; i < nconsumers; i++)
		wake_up(&consumers[i].wait);
	hrtimer_forward_now(t, period());
	return HRTIMER_RESTART;
}

/* ---- the consumers: on other CPUs -------------------------------------------- */

static void look(struct consumer *consumer, const struct packet *packet)
{
	bool good = packet->number >= consumer->next &&
		    packet->bytes >= MIN_BYTES && packet->bytes <= MAX_BYTES &&
		    !memchr_inv(packet->data, (u8)packet->number, packet->bytes);

	if (!good)
		WRITE_ONCE(consumer->nbad, consumer->nbad + 1);
	consumer->next = packet->number + 1;
}

static int consumer_run(void *arg)
{
	struct consumer *consumer = arg;
	void *batch[FREE_BATCH];
	unsigned int i, n;

	while (!kthread_should_stop()) {
		wait_event_interruptible(consumer->wait, kthread_should_stop() ||
					 (READ_ONCE(consume) &&
					  !ptr_ring_empty(&consumer->ring)));
		if (!READ_ONCE(consume))
			continue;
		n = ptr_ring_consume_batched(&consumer->ring, batch, FREE_BATCH);
		for (i = 0; i < n; i++)
			look(consumer, batch[i]);
		kspan_free_bulk(n, batch);
		WRITE_ONCE(consumer->ntaken, consumer->ntaken + n);
		cond_resched();
	}
	return 0;
}

/* ---- what is to be seen ------------------------------------------------------- */

static int stats_show(struct seq_file *m, void *unused)
{
	unsigned long ntaken = 0, nbad = 0;
	unsigned int i;

	for (i = 0; i < nconsumers; i++) {
		ntaken += READ_ONCE(consumers[i].ntaken);
		nbad += READ_ONCE(consumers[i].nbad);
	}
	seq_printf(m, "consumers %u\nmade %lu\ntaken %lu\n", nconsumers,
		   READ_ONCE(nmade), ntaken);
	seq_printf(m, "dropped %lu\nnomem %lu\nbad %lu\n", READ_ONCE(ndropped),
		   READ_ONCE(nnomem), nbad);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/* ---- the module -------------------------------------------------------------- */

static int start_consumer(unsigned int cpu)
{
	struct consumer *consumer = &consumers[nconsumers];
	int err;

	err = ptr_ring_init(&consumer->ring, ring_packets, GFP_KERNEL);
	if (err)
		return err;
	init_waitqueue_head(&consumer->wait);
	consumer->task = kthread_create(consumer_run, consumer, "%s/%u",
					KBUILD_MODNAME, cpu);
	if (IS_ERR(consumer->task)) {
		ptr_ring_cleanup(&consumer->ring, NULL);
		return PTR_ERR(consumer->task);
	}
	kthread_bind(consumer->task, cpu);
	wake_up_process(consumer->task);
	nconsumers++;
	return 0;
}

static void free_packet(void *packet)
{
	kspan_free(packet);
}

/* Nobody makes packets any more. What is in the rings goes with them. */
static void stop_consumers(void)
{
	unsigned int i;

	for (i = 0; i < nconsumers; i++) {
		kthread_stop(consumers[i].task);
		ptr_ring_cleanup(&consumers[i].ring, free_packet);
	}
	kfree(consumers);
}

/*
 * The timer stays on the CPU where it is started, this one. Consumers are on all others,
 * or on this one if there is no other. If this thread moves meanwhile, the timer shares a
 * CPU with a consumer, which does no harm.
 */
static int start(void)
{
	unsigned int cpu, here = raw_smp_processor_id();
	int err = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		if (cpu == here && num_online_cpus() > 1)
			continue;
		err = start_consumer(cpu);
		if (err)
			break;
	}
	cpus_read_unlock();
	if (err)
		return err;
	hrtimer_setup(&timer, tick, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_SOFT);
	hrtimer_start(&timer, period(), HRTIMER_MODE_REL_PINNED_SOFT);
	return 0;
}

static int __init ring_init(void)
{
	struct kspan_heap_params params = { .limit_bytes = limit_bytes };
	int err;

	if (!period_us || !ring_packets)
		return -EINVAL;
	heap = kspan_heap_create("sample_ring", &params);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	err = -ENOMEM;
	consumers = kcalloc(nr_cpu_ids, sizeof(*consumers), GFP_KERNEL);
	if (consumers)
		err = start();
	if (err) {
		stop_consumers();
		kspan_heap_destroy(heap);
		return err;
	}
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("stats", 0400, dir, NULL, &stats_fops);
	return 0;
}
module_init(ring_init);

static void __exit ring_exit(void)
{
	debugfs_remove(dir);
	hrtimer_cancel(&timer);
	stop_consumers();
	kspan_heap_destroy(heap);
}
module_exit(ring_exit);

MODULE_DESCRIPTION("Sample: packets allocated in softirq, freed on other CPUs");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
