// SPDX-License-Identifier: GPL-2.0
/*
 * A heap that accounts, and that grows where there is no task to charge: in an
 * interrupt and in a work item. It is made for the cgroup of insmod.
 */
#include <linux/irq_work.h>
#include <linux/kspan.h>
#include <linux/module.h>
#include <linux/workqueue.h>

enum {
	NR_OBJECTS	= 128,
	OBJECT_BYTES	= 64 << 10,
};

static struct kspan_heap *heap;
static unsigned int nallocated;

static void allocate(gfp_t gfp)
{
	unsigned int i;

	/* They are freed with the heap. */
	for (i = 0; i < NR_OBJECTS; i++)
		nallocated += !!kspan_alloc(heap, OBJECT_BYTES,
					    gfp | __GFP_NOWARN);
}

static void in_interrupt_context(struct irq_work *work)
{
	allocate(GFP_ATOMIC);
}

static void in_worker(struct work_struct *work)
{
	allocate(GFP_KERNEL);
}

static DEFINE_IRQ_WORK(interrupt, in_interrupt_context);
static DECLARE_WORK(work, in_worker);

static int __init charge_init(void)
{
	const struct kspan_heap_params params = { .flags = KSPAN_HEAP_ACCOUNT };

	heap = kspan_heap_create("charge", &params);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	irq_work_queue(&interrupt);
	irq_work_sync(&interrupt);
	schedule_work(&work);
	flush_work(&work);
	if (nallocated != 2 * NR_OBJECTS) {
		kspan_heap_destroy(heap);
		return -ENOMEM;
	}
	return 0;
}
module_init(charge_init);

static void __exit charge_exit(void)
{
	kspan_heap_destroy(heap);
}
module_exit(charge_exit);

MODULE_DESCRIPTION("Growth of a heap in interrupts and workers");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
