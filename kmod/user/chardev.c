// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/kspan_gc.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "heaps/heap.h"
#include "heaps/life.h"
#include "heaps/limit.h"
#include "user/chardev.h"
#include "user/handle.h"
#include "user/leaks.h"
#include "user/list.h"
#include "watch/stats.h"

/* The least that a struct of the interface has: its size and flags. */
enum {
	MIN_ARG_BYTES = 2 * sizeof(__u32),
};

/* Any struct of the interface, as the kernel knows it. */
union arg {
	struct {
		__u32 size;
		__u32 flags;
	};
	struct kspan_ioc_version	version;
	struct kspan_ioc_list		list;
	struct kspan_ioc_stats		stats;
	struct kspan_ioc_heap_op	heap_op;
	struct kspan_ioc_limit		limit;
	struct kspan_ioc_heap_create	create;
	struct kspan_ioc_alloc		alloc;
	struct kspan_ioc_free		free;
	struct kspan_ioc_rw		rw;
	struct kspan_ioc_gc		gc;
	struct kspan_ioc_unreachable	unreachable;
};

static bool terminated(const char name[KSPAN_NAME_BYTES])
{
	return strnlen(name, KSPAN_NAME_BYTES) < KSPAN_NAME_BYTES;
}

/* The heap a request names; it is put when the request has been served. */
static struct kspan_heap *heap_named(const char name[KSPAN_NAME_BYTES])
{
	struct kspan_heap *heap;

	if (!terminated(name))
		return ERR_PTR(-EINVAL);
	heap = kspan_heap_find(name);
	return heap ?: ERR_PTR(-ENOENT);
}

static int do_version(struct file *file, union arg *arg)
{
	struct kspan_ioc_version *version = &arg->version;

	if (version->reserved)
		return -EINVAL;
	version->nr_classes = KSPAN_NR_CLASSES;
	version->page_bytes = KSPAN_PAGE_BYTES;
	version->chunk_bytes = KSPAN_CHUNK_BYTES;
	version->arena_bytes = KSPAN_ARENA_BYTES;
	version->max_class_bytes = KSPAN_MAX_CLASS_BYTES;
	strscpy_pad(version->version, THIS_MODULE->version,
		    sizeof(version->version));
	return 0;
}

static int do_heaps(struct file *file, union arg *arg)
{
	struct kspan_ioc_list *list = &arg->list;
	int err = kspan_list_check(list);

	if (err)
		return err;
	if (memchr_inv(list->heap, 0, sizeof(list->heap)) || list->cursor)
		return -EINVAL;
	list->count = 0;
	list->needed = 0;
	return kspan_list_heaps(list);
}

/* @fill puts the heap before it touches user memory. */
static int list_of_heap(union arg *arg, bool has_cursor,
			int (*fill)(struct kspan_heap *heap,
				    struct kspan_ioc_list *list))
{
	struct kspan_ioc_list *list = &arg->list;
	struct kspan_heap *heap;
	int err = kspan_list_check(list);

	if (err)
		return err;
	if (!has_cursor && list->cursor)
		return -EINVAL;
	heap = heap_named(list->heap);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	list->count = 0;
	list->needed = 0;
	return fill(heap, list);
}

static int do_classes(struct file *file, union arg *arg)
{
	return list_of_heap(arg, false, kspan_list_classes);
}

static int do_spans(struct file *file, union arg *arg)
{
	return list_of_heap(arg, true, kspan_list_spans);
}

static int do_arenas(struct file *file, union arg *arg)
{
	return list_of_heap(arg, false, kspan_list_arenas);
}

static int do_stats(struct file *file, union arg *arg)
{
	struct kspan_heap *heap = heap_named(arg->stats.heap);

	if (IS_ERR(heap))
		return PTR_ERR(heap);
	kspan_heap_stats(heap, &arg->stats.stats);
	kspan_heap_put(heap);
	return 0;
}

static int do_scavenge(struct file *file, union arg *arg)
{
	struct kspan_heap *heap = heap_named(arg->heap_op.heap);

	if (IS_ERR(heap))
		return PTR_ERR(heap);
	arg->heap_op.bytes = kspan_heap_scavenge(heap, arg->heap_op.bytes);
	kspan_heap_put(heap);
	return 0;
}

static int do_drain(struct file *file, union arg *arg)
{
	struct kspan_heap *heap;
	int err;

	if (arg->heap_op.bytes)
		return -EINVAL;
	heap = heap_named(arg->heap_op.heap);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	err = kspan_heap_drain(heap);
	kspan_heap_put(heap);
	return err;
}

static int do_limit(struct file *file, union arg *arg)
{
	struct kspan_ioc_limit *limit = &arg->limit;
	struct kspan_limits limits = {
		.limit_bytes		= limit->limit_bytes,
		.soft_limit_bytes	= limit->soft_limit_bytes,
		.reserve_bytes		= limit->reserve_bytes,
	};
	u32 which = limit->which ?: KSPAN_LIMIT_HARD;
	struct kspan_limits before;
	struct kspan_heap *heap;
	int err;

	if (which & ~KSPAN_LIMIT_ALL || limit->reserved)
		return -EINVAL;
	heap = heap_named(limit->heap);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	err = kspan_heap_set_limits(heap, which, &limits, &before);
	kspan_heap_put(heap);
	if (err)
		return err;
	limit->limit_bytes = before.limit_bytes;
	limit->soft_limit_bytes = before.soft_limit_bytes;
	limit->reserve_bytes = before.reserve_bytes;
	return 0;
}

static int do_heap_create(struct file *file, union arg *arg)
{
	struct kspan_ioc_heap_create *create = &arg->create;
	struct kspan_heap_params params = {
		.limit_bytes		= create->limit_bytes,
		.flags			= create->heap_flags,
		.node			= create->node,
		.soft_limit_bytes	= create->soft_limit_bytes,
		.min_reserve_bytes	= create->min_reserve_bytes,
	};

	if (!terminated(create->heap))
		return -EINVAL;
	return kspan_heap_create_user(create->heap, &params, current->comm,
				      &create->id);
}

static int do_heap_destroy(struct file *file, union arg *arg)
{
	if (arg->heap_op.bytes || !terminated(arg->heap_op.heap))
		return -EINVAL;
	return kspan_heap_destroy_user(arg->heap_op.heap);
}

static int do_alloc(struct file *file, union arg *arg)
{
	struct kspan_ioc_alloc *alloc = &arg->alloc;
	struct kspan_heap *heap;
	int err;

	if (!alloc->bytes || alloc->bytes > SIZE_MAX ||
	    (alloc->align && (!is_power_of_2(alloc->align) ||
			      alloc->align > KSPAN_MAX_CONTIG_BYTES)))
		return -EINVAL;
	heap = heap_named(alloc->heap);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	err = kspan_handle_alloc(file->private_data, heap, alloc);
	kspan_heap_put(heap);
	return err;
}

static int do_free(struct file *file, union arg *arg)
{
	return kspan_handle_free(file->private_data, arg->free.handle);
}

static int do_read(struct file *file, union arg *arg)
{
	return kspan_handle_read(file->private_data, &arg->rw);
}

static int do_write(struct file *file, union arg *arg)
{
	return kspan_handle_write(file->private_data, &arg->rw);
}

static int do_gc(struct file *file, union arg *arg)
{
	struct kspan_ioc_gc *gc = &arg->gc;
	struct kspan_heap *heap;
	int err = 0;

	if (gc->op > KSPAN_GC_OP_COLLECT || gc->reserved)
		return -EINVAL;
	if (gc->op == KSPAN_GC_OP_COLLECT && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	heap = heap_named(gc->heap);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	if (!heap->gc) {
		err = -EOPNOTSUPP;
	} else {
		if (gc->op == KSPAN_GC_OP_COLLECT)
			kspan_gc_collect(heap);
		kspan_gc_stats(heap, &gc->stats);
	}
	kspan_heap_put(heap);
	return err;
}

static int do_unreachable(struct file *file, union arg *arg)
{
	struct kspan_ioc_unreachable *ioc = &arg->unreachable;
	struct kspan_heap *heap;
	int err = kspan_leaks_check(ioc);

	if (err)
		return err;
	heap = heap_named(ioc->heap);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	return kspan_leaks_list(heap, ioc);
}

/**
 * struct request - one request of the interface
 * @serve: does it
 * @bytes: the struct it takes
 * @admin: needs CAP_SYS_ADMIN: it changes a heap, or it tells where in memory
 *	things lie, as /proc/PID/pagemap does
 */
struct request {
	int	(*serve)(struct file *file, union arg *arg);
	size_t	bytes;
	bool	admin;
};

#define REQUEST(ioc, fn, needs_admin) \
	[_IOC_NR(ioc)] = { \
		.serve		= fn, \
		.bytes		= _IOC_SIZE(ioc), \
		.admin		= needs_admin, \
	}

static const struct request requests[] = {
	REQUEST(KSPAN_IOC_VERSION, do_version, false),
	REQUEST(KSPAN_IOC_HEAPS, do_heaps, false),
	REQUEST(KSPAN_IOC_STATS, do_stats, false),
	REQUEST(KSPAN_IOC_CLASSES, do_classes, false),
	REQUEST(KSPAN_IOC_SPANS, do_spans, true),
	REQUEST(KSPAN_IOC_ARENAS, do_arenas, true),
	REQUEST(KSPAN_IOC_SCAVENGE, do_scavenge, true),
	REQUEST(KSPAN_IOC_DRAIN, do_drain, true),
	REQUEST(KSPAN_IOC_LIMIT, do_limit, true),
	REQUEST(KSPAN_IOC_HEAP_CREATE, do_heap_create, true),
	REQUEST(KSPAN_IOC_HEAP_DESTROY, do_heap_destroy, true),
	REQUEST(KSPAN_IOC_ALLOC, do_alloc, true),
	REQUEST(KSPAN_IOC_FREE, do_free, true),
	REQUEST(KSPAN_IOC_READ, do_read, false),
	REQUEST(KSPAN_IOC_WRITE, do_write, true),
	/* To collect needs it. */
	REQUEST(KSPAN_IOC_GC, do_gc, false),
	REQUEST(KSPAN_IOC_UNREACHABLE, do_unreachable, true),
};

/* The caller's struct may be older or newer than the kernel's. */
static long kspan_ioctl(struct file *file, unsigned int cmd, unsigned long p)
{
	void __user *user = (void __user *)p;
	const struct request *request;
	union arg arg = { };
	u32 user_bytes;
	int err;

	if (_IOC_TYPE(cmd) != KSPAN_IOC_MAGIC ||
	    _IOC_DIR(cmd) != (_IOC_READ | _IOC_WRITE) ||
	    _IOC_NR(cmd) >= ARRAY_SIZE(requests))
		return -ENOTTY;
	request = &requests[array_index_nospec(_IOC_NR(cmd),
					       ARRAY_SIZE(requests))];
	if (request->admin && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(user_bytes, (u32 __user *)user))
		return -EFAULT;
	if (user_bytes < MIN_ARG_BYTES)
		return -EINVAL;
	if (user_bytes > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&arg, request->bytes, user, user_bytes);
	if (err)
		return err;
	if (arg.flags)
		return -EINVAL;
	err = request->serve(file, &arg);
	if (err)
		return err;
	arg.size = user_bytes;
	if (copy_to_user(user, &arg, min_t(size_t, user_bytes, request->bytes)))
		return -EFAULT;
	return 0;
}

static int kspan_open(struct inode *inode, struct file *file)
{
	struct kspan_handles *handles = kspan_handles_new();

	if (!handles)
		return -ENOMEM;
	file->private_data = handles;
	return 0;
}

static int kspan_release(struct inode *inode, struct file *file)
{
	kspan_handles_delete(file->private_data);
	return 0;
}

static const struct file_operations kspan_fops = {
	.owner		= THIS_MODULE,
	.open		= kspan_open,
	.release	= kspan_release,
	.unlocked_ioctl	= kspan_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice kspan_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "kspan",
	.fops	= &kspan_fops,
	.mode	= 0600,
};

int kspan_chardev_init(void)
{
	return misc_register(&kspan_device);
}

void kspan_chardev_exit(void)
{
	misc_deregister(&kspan_device);
}
