// SPDX-License-Identifier: GPL-2.0
#include <linux/kspan.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "base/fault.h"
#include "user/handle.h"

/**
 * struct kspan_handles - the objects of one open file
 * @link: in all_handles
 * @lock: see there
 * @objects: by handle
 * @next: where to look for a free handle
 */
struct kspan_handles {
	struct list_head	link;
	/* Guards the objects, and keeps one while it is read or written. */
	struct mutex		lock;
	struct xarray		objects;
	u32			next;
};

/**
 * struct held - one object
 * @heap: where it is
 * @p: the object
 * @size_bytes: bytes that user space reaches
 */
struct held {
	struct kspan_heap	*heap;
	void			*p;
	size_t			size_bytes;
};

/* All open files; the mutex is taken before a file's lock. */
static LIST_HEAD(all_handles);
static DEFINE_MUTEX(all_handles_mutex);

struct kspan_handles *kspan_handles_new(void)
{
	struct kspan_handles *handles;

	if (kspan_fault(KSPAN_FAULT_FILE, GFP_KERNEL))
		return NULL;
	handles = kzalloc(sizeof(*handles), GFP_KERNEL);
	if (!handles)
		return NULL;
	mutex_init(&handles->lock);
	xa_init_flags(&handles->objects, XA_FLAGS_ALLOC1);
	mutex_lock(&all_handles_mutex);
	list_add(&handles->link, &all_handles);
	mutex_unlock(&all_handles_mutex);
	return handles;
}

/* The file is closed: its objects are freed. */
void kspan_handles_delete(struct kspan_handles *handles)
{
	unsigned long index;
	struct held *held;

	/* A heap that goes meanwhile must find these objects, or none. */
	mutex_lock(&handles->lock);
	xa_for_each(&handles->objects, index, held) {
		xa_erase(&handles->objects, index);
		kspan_free(held->p);
		kfree(held);
		cond_resched();
	}
	mutex_unlock(&handles->lock);
	mutex_lock(&all_handles_mutex);
	list_del(&handles->link);
	mutex_unlock(&all_handles_mutex);
	xa_destroy(&handles->objects);
	kfree(handles);
}

/**
 * kspan_handles_forget() - a heap goes, with all objects in it
 * @heap: the heap
 */
void kspan_handles_forget(struct kspan_heap *heap)
{
	struct kspan_handles *handles;
	unsigned long index;
	struct held *held;

	mutex_lock(&all_handles_mutex);
	list_for_each_entry(handles, &all_handles, link) {
		mutex_lock(&handles->lock);
		xa_for_each(&handles->objects, index, held) {
			if (held->heap != heap)
				continue;
			xa_erase(&handles->objects, index);
			kfree(held);
		}
		mutex_unlock(&handles->lock);
	}
	mutex_unlock(&all_handles_mutex);
}

/**
 * kspan_handle_alloc() - allocate an object for an open file
 * @handles: the file's
 * @heap: where from; held by the caller
 * @alloc: what to allocate; receives the handle
 *
 * Return: 0 or -ENOMEM.
 */
int kspan_handle_alloc(struct kspan_handles *handles, struct kspan_heap *heap,
		       struct kspan_ioc_alloc *alloc)
{
	struct held *held;
	u32 handle;
	int err;

	if (kspan_fault(KSPAN_FAULT_HANDLE, GFP_KERNEL))
		return -ENOMEM;
	held = kzalloc(sizeof(*held), GFP_KERNEL);
	if (!held)
		return -ENOMEM;
	held->heap = heap;
	if (alloc->align)
		held->p = kspan_alloc_aligned(heap, alloc->bytes, alloc->align,
					      GFP_KERNEL | __GFP_ZERO |
					      __GFP_NOWARN);
	else
		held->p = kspan_zalloc(heap, alloc->bytes,
				       GFP_KERNEL | __GFP_NOWARN);
	if (!held->p) {
		kfree(held);
		return -ENOMEM;
	}
	held->size_bytes = kspan_usable_size(held->p);
	mutex_lock(&handles->lock);
	err = -ENOMEM;
	if (!kspan_fault(KSPAN_FAULT_HANDLE_INDEX, GFP_KERNEL))
		err = xa_alloc_cyclic(&handles->objects, &handle, held,
				      xa_limit_32b, &handles->next, GFP_KERNEL);
	mutex_unlock(&handles->lock);
	if (err < 0) {
		kspan_free(held->p);
		kfree(held);
		return err;
	}
	alloc->handle = handle;
	alloc->usable_bytes = held->size_bytes;
	return 0;
}

/**
 * kspan_handle_free() - free an object of an open file
 * @handles: the file's
 * @handle: the object
 *
 * Return: 0 or -ENOENT.
 */
int kspan_handle_free(struct kspan_handles *handles, u64 handle)
{
	struct held *held = NULL;

	mutex_lock(&handles->lock);
	if (handle <= U32_MAX)
		held = xa_erase(&handles->objects, handle);
	if (held)
		kspan_free(held->p);
	mutex_unlock(&handles->lock);
	if (!held)
		return -ENOENT;
	kfree(held);
	return 0;
}

/* The bytes a request means, by the holder of the lock. */
static void *range(struct kspan_handles *handles, const struct kspan_ioc_rw *rw)
{
	struct held *held = NULL;

	if (rw->handle <= U32_MAX)
		held = xa_load(&handles->objects, rw->handle);
	if (!held)
		return ERR_PTR(-ENOENT);
	if (rw->offset > held->size_bytes ||
	    rw->bytes > held->size_bytes - rw->offset)
		return ERR_PTR(-EINVAL);
	return held->p + rw->offset;
}

int kspan_handle_read(struct kspan_handles *handles,
		      const struct kspan_ioc_rw *rw)
{
	int err = 0;
	void *from;

	mutex_lock(&handles->lock);
	from = range(handles, rw);
	if (IS_ERR(from))
		err = PTR_ERR(from);
	else if (copy_to_user(u64_to_user_ptr(rw->buffer), from, rw->bytes))
		err = -EFAULT;
	mutex_unlock(&handles->lock);
	return err;
}

int kspan_handle_write(struct kspan_handles *handles,
		       const struct kspan_ioc_rw *rw)
{
	int err = 0;
	void *to;

	mutex_lock(&handles->lock);
	to = range(handles, rw);
	if (IS_ERR(to))
		err = PTR_ERR(to);
	else if (copy_from_user(to, u64_to_user_ptr(rw->buffer), rw->bytes))
		err = -EFAULT;
	mutex_unlock(&handles->lock);
	return err;
}
