// SPDX-License-Identifier: GPL-2.0
/*
 * Writes one byte beyond an object, as FORTIFY_SOURCE is to stop it. A thread
 * does it, and is expected to die of it.
 *
 *	insmod kspan_fortify.ko how=N over=1
 */
#include <linux/completion.h>
#include <linux/kspan.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/string.h>

static int how;
module_param(how, int, 0);
MODULE_PARM_DESC(how, "which call gives the object: 0 .. 13");

static int over;
module_param(over, int, 0);
MODULE_PARM_DESC(over, "bytes to write beyond its end");

enum {
	OBJECT_BYTES	= 100,
	WAIT_MSECS	= 500,
};

static struct kspan_heap *heap;
static DECLARE_COMPLETION(survived);

/* The compiler is not to know these. */
static size_t object_bytes = OBJECT_BYTES;
static size_t nobjects = 4;

static char source[OBJECT_BYTES];

struct thing {
	char	bytes[OBJECT_BYTES];
};

/* So that the size goes from the call to the write in one function. */
#define WRITE_OVER(call, bytes)						\
do {									\
	void *p_ = (call);						\
									\
	if (p_)								\
		memset(p_, 0, (bytes) + READ_ONCE(over));		\
	kspan_free(p_);							\
} while (0)

static int write_over(void *unused)
{
	size_t n = READ_ONCE(nobjects);
	size_t size = READ_ONCE(object_bytes);

	switch (how) {
	case 0:
		WRITE_OVER(kspan_alloc(heap, OBJECT_BYTES, GFP_KERNEL),
			   OBJECT_BYTES);
		break;
	case 1:
		WRITE_OVER(kspan_zalloc(heap, OBJECT_BYTES, GFP_KERNEL),
			   OBJECT_BYTES);
		break;
	/* From here on it takes a compiler that follows sizes it cannot know. */
	case 2:
		WRITE_OVER(kspan_alloc(heap, size, GFP_KERNEL), size);
		break;
	case 3:
		WRITE_OVER(kspan_zalloc(heap, size, GFP_KERNEL), size);
		break;
	case 4:
		WRITE_OVER(kspan_calloc(heap, n, size, GFP_KERNEL), n * size);
		break;
	case 5:
		WRITE_OVER(kspan_alloc_array(heap, n, size, GFP_KERNEL),
			   n * size);
		break;
	case 6:
		WRITE_OVER(kspan_alloc_node(heap, size, GFP_KERNEL,
					    NUMA_NO_NODE), size);
		break;
	case 7:
		WRITE_OVER(kspan_memdup(heap, source, size, GFP_KERNEL), size);
		break;
	case 8:
		WRITE_OVER(kspan_zalloc_node(heap, size, GFP_KERNEL,
					     NUMA_NO_NODE), size);
		break;
	case 9:
		WRITE_OVER(kspan_realloc_array(heap, NULL, n, size, GFP_KERNEL),
			   n * size);
		break;
	case 10:
		WRITE_OVER(kspan_kvmalloc(heap, size, GFP_KERNEL), size);
		break;
	case 11:
		WRITE_OVER(kspan_kvzalloc(heap, size, GFP_KERNEL), size);
		break;
	case 12:
		WRITE_OVER(kspan_alloc_aligned(heap, size, 64, GFP_KERNEL),
			   size);
		break;
	case 13:
		WRITE_OVER(kspan_new(heap, struct thing, GFP_KERNEL),
			   sizeof(struct thing));
		break;
	}
	complete(&survived);
	return 0;
}

static int __init kspan_fortify_init(void)
{
	struct task_struct *task;

	heap = kspan_heap_create("fortify", NULL);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	task = kthread_run(write_over, NULL, "kspan_fortify");
	if (IS_ERR(task)) {
		kspan_heap_destroy(heap);
		return PTR_ERR(task);
	}
	if (wait_for_completion_timeout(&survived,
					msecs_to_jiffies(WAIT_MSECS)))
		pr_info("kspan_fortify: %d survived\n", how);
	else
		pr_info("kspan_fortify: %d died\n", how);
	return 0;
}
module_init(kspan_fortify_init);

static void __exit kspan_fortify_exit(void)
{
	kspan_heap_destroy(heap);
}
module_exit(kspan_fortify_exit);

MODULE_DESCRIPTION("Test of kspan: writes beyond objects");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
