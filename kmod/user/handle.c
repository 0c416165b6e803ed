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

enum {
	/* Bytes of an object that are copied without a stop. */
	COPY_BYTES = 64 << 10,
};

/**
 * struct kspan_handles - the objects of one open file
 * @link: in all_handles
 * @lock: see there
 * @objects: by handle
 * @next: where to look for a free handle
 */
struct kspan_handles {
	struct list_head	link;
	/*
	 * Guards the objects, and keeps one while it is copied from or to.
	 * Never held while user memory is touched, which may wait for ever:
	 * whoever destroys a heap takes the lock of every file.
	 */
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

typedef void (*held_fn)(struct kspan_handles *handles, unsigned long index,
			struct held *held, void *arg);

/* What open files hold of a heap; @fn has their lock, and may take it out. */
static void walk_held(struct kspan_heap *heap, held_fn fn, void *arg)
{
	struct kspan_handles *handles;
	unsigned long index;
	struct held *held;

	mutex_lock(&all_handles_mutex);
	list_for_each_entry(handles, &all_handles, link) {
		mutex_lock(&handles->lock);
		xa_for_each(&handles->objects, index, held) {
			if (held->heap == heap)
				fn(handles, index, held, arg);
		}
		mutex_unlock(&handles->lock);
		cond_resched();
	}
	mutex_unlock(&all_handles_mutex);
}

static void forget(struct kspan_handles *handles, unsigned long index,
		   struct held *held, void *arg)
{
	xa_erase(&handles->objects, index);
	kfree(held);
}

/**
 * kspan_handles_forget() - a heap goes, with all objects in it
 * @heap: the heap
 */
void kspan_handles_forget(struct kspan_heap *heap)
{
	walk_held(heap, forget, NULL);
}

/**
 * struct listener - who is told what is held
 * @fn: his function
 * @arg: its last argument
 */
struct listener {
	void	(*fn)(const void *p, void *arg);
	void	*arg;
};

static void tell(struct kspan_handles *handles, unsigned long index,
		 struct held *held, void *arg)
{
	struct listener *listener = arg;

	listener->fn(held->p, listener->arg);
}

/**
 * kspan_handles_tell() - tell what open files hold of a heap
 * @heap: the heap
 * @fn: called with each object; does not sleep
 * @arg: its last argument
 *
 * Context: Process context; sleeps.
 */
void kspan_handles_tell(struct kspan_heap *heap,
			void (*fn)(const void *p, void *arg), void *arg)
{
	struct listener listener = { .fn = fn, .arg = arg };

	walk_held(heap, tell, &listener);
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

/**
 * struct copy - what is left to do of a read or a write
 * @handles: the file's
 * @rw: the part that is left
 * @buffer: between the object and user memory
 */
struct copy {
	struct kspan_handles	*handles;
	struct kspan_ioc_rw	rw;
	void			*buffer;
};

/* The first part of what is left of the object, from or to the buffer. */
static int copy_object(struct copy *copy, size_t bytes, bool write)
{
	int err = 0;
	void *p;

	mutex_lock(&copy->handles->lock);
	p = range(copy->handles, &copy->rw);
	if (IS_ERR(p))
		err = PTR_ERR(p);
	else if (write)
		memcpy(p, copy->buffer, bytes);
	else
		memcpy(copy->buffer, p, bytes);
	mutex_unlock(&copy->handles->lock);
	return err;
}

/* The same of user memory, with nothing held. */
static int copy_user(struct copy *copy, size_t bytes, bool write)
{
	void __user *user = u64_to_user_ptr(copy->rw.buffer);
	unsigned long left = write ? copy_from_user(copy->buffer, user, bytes)
				   : copy_to_user(user, copy->buffer, bytes);

	return left ? -EFAULT : 0;
}

static int copy_next(struct copy *copy, bool write)
{
	size_t bytes = min_t(u64, copy->rw.bytes, COPY_BYTES);
	int err;

	if (write)
		err = copy_user(copy, bytes, true) ?:
		      copy_object(copy, bytes, true);
	else
		err = copy_object(copy, bytes, false) ?:
		      copy_user(copy, bytes, false);
	copy->rw.offset += bytes;
	copy->rw.buffer += bytes;
	copy->rw.bytes -= bytes;
	return err;
}

static int copy_all(struct kspan_handles *handles,
		    const struct kspan_ioc_rw *rw, bool write)
{
	struct copy copy = { .handles = handles, .rw = *rw };
	/* A bad handle or range is told of before a bad buffer. */
	int err = copy_object(&copy, 0, write);

	if (err || !rw->bytes)
		return err;
	if (kspan_fault(KSPAN_FAULT_HANDLE_COPY, GFP_KERNEL))
		return -ENOMEM;
	copy.buffer = kvmalloc(min_t(u64, rw->bytes, COPY_BYTES), GFP_KERNEL);
	if (!copy.buffer)
		return -ENOMEM;
	while (!err && copy.rw.bytes) {
		err = copy_next(&copy, write);
		cond_resched();
	}
	kvfree(copy.buffer);
	return err;
}

/**
 * kspan_handle_read() - copy from an object of an open file to user memory
 * @handles: the file's
 * @rw: the object and the range
 *
 * Return: 0, -ENOENT, -EINVAL, -EFAULT or -ENOMEM.
 */
int kspan_handle_read(struct kspan_handles *handles,
		      const struct kspan_ioc_rw *rw)
{
	return copy_all(handles, rw, false);
}

/* Likewise, to the object. */
int kspan_handle_write(struct kspan_handles *handles,
		       const struct kspan_ioc_rw *rw)
{
	return copy_all(handles, rw, true);
}
