// SPDX-License-Identifier: GPL-2.0
/*
 * Stacks and regions in a consumer: copies what lies in them to user space and
 * back, whole and in part, as hardened usercopy is to accept it; or leaves them
 * behind.
 *
 *	insmod kspan_bumped.ko		fails, once all has been well, with -EAGAIN
 *	insmod kspan_bumped.ko leave=1	and rmmod, which leaves a heap with both
 */
#include <linux/kspan.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/uaccess.h>

static bool leave;
module_param(leave, bool, 0);
MODULE_PARM_DESC(leave, "leave a stack and a region behind");

enum {
	USER_BYTES	= 256 << 10,
};

static struct kspan_heap *heap;

/* Sizes that the compiler does not know, so that the kernel looks. */
static size_t sizes[] = { 1, 100, 4096, 8000, 8192, 12000, 100000, USER_BYTES };

static int copy(void __user *user, u8 *p, size_t size)
{
	memset(p, 0x5a, size);
	if (copy_to_user(user, p, size) ||
	    copy_to_user(user, p + size / 2, size - size / 2) ||
	    copy_to_user(user, p + size - 1, 1))
		return -EFAULT;
	memset(p, 0, size);
	if (copy_from_user(p, user, size))
		return -EFAULT;
	return memchr_inv(p, 0x5a, size) ? -EILSEQ : 0;
}

static int copy_members(void __user *user)
{
	struct kspan_region *region = kspan_region_create(heap, GFP_KERNEL);
	struct kspan_stack *stack = kspan_stack_create(heap, 2 * USER_BYTES,
						       GFP_KERNEL);
	unsigned int i;
	int err = 0;

	if (!region || !stack)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(sizes) && !err; i++) {
		size_t size = READ_ONCE(sizes[i]);
		u8 *member = kspan_region_alloc(region, size, GFP_KERNEL);
		u8 *pushed = kspan_stack_push(stack, size, 0);

		if (!member || !pushed)
			return -ENOMEM;
		err = copy(user, member, size) ?: copy(user, pushed, size);
		kspan_free(member);
		kspan_free(pushed);
	}
	kspan_stack_destroy(stack);
	kspan_region_destroy(region);
	return err;
}

static int copy_borrowed(void __user *user)
{
	CLASS(kspan_stack, stack)(heap);
	size_t size = READ_ONCE(sizes[5]);
	void *p = stack ? kspan_stack_push(stack, size, 8) : NULL;

	return p ? copy(user, p, size) : -ENOMEM;
}

static int copy_all(void)
{
	unsigned long user = vm_mmap(NULL, 0, USER_BYTES, PROT_READ | PROT_WRITE,
				     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	int err;

	if (IS_ERR_VALUE(user))
		return user;
	err = copy_members((void __user *)user) ?:
	      copy_borrowed((void __user *)user);
	vm_munmap(user, USER_BYTES);
	return err;
}

static int __init bumped_init(void)
{
	struct kspan_heap_params params = { .flags = KSPAN_HEAP_WARN_LIVE };
	int err;

	heap = kspan_heap_create("bumped", &params);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	if (leave) {
		struct kspan_region *region = kspan_region_create(heap,
								  GFP_KERNEL);
		struct kspan_stack *stack = kspan_stack_get(heap);

		if (region && stack &&
		    kspan_region_alloc(region, 100000, GFP_KERNEL) &&
		    kspan_stack_push(stack, 100, 8))
			return 0;
		kspan_heap_destroy(heap);
		return -ENOMEM;
	}
	err = copy_all();
	kspan_heap_destroy(heap);
	return err ?: -EAGAIN;
}
module_init(bumped_init);

/* Not even the heap is destroyed. */
static void __exit bumped_exit(void)
{
}
module_exit(bumped_exit);

MODULE_DESCRIPTION("kspan's stacks and regions in a consumer");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
