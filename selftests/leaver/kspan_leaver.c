// SPDX-License-Identifier: GPL-2.0
/*
 * A module that leaves its heaps behind: with objects of all kinds, with frees that
 * wait for a grace period, with a device that stays. It may also fail to load.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kspan.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

static unsigned int heaps = 1;
module_param(heaps, uint, 0444);
MODULE_PARM_DESC(heaps, "how many, leaver0 and so on");

static bool fail;
module_param(fail, bool, 0444);
MODULE_PARM_DESC(fail, "do not load");

static bool waiting;
module_param(waiting, bool, 0444);
MODULE_PARM_DESC(waiting, "free objects after a grace period at the end");

static bool device;
module_param(device, bool, 0444);
MODULE_PARM_DESC(device, "make a heap for a device, leaver-device");

static bool end_device;
module_param(end_device, bool, 0444);
MODULE_PARM_DESC(end_device, "let the device go, and do not load");

enum {
	MAX_HEAPS	= 16,
	NR_WAITING	= 5000,
};

/* Names the group of a device's resources, whoever has made it. */
#define GROUP	((void *)0x1ea)

struct object {
	struct rcu_head	rcu;
};

static struct kspan_heap *heap[MAX_HEAPS];

/* What is made for the device in between goes when the group is released. */
static int make_for_device(void)
{
	struct kspan_heap *of_device;

	if (!devres_open_group(&platform_bus, GROUP, GFP_KERNEL))
		return -ENOMEM;
	of_device = devm_kspan_heap_create(&platform_bus, "leaver-device", NULL);
	devres_close_group(&platform_bus, GROUP);
	if (IS_ERR(of_device) || !kspan_alloc(of_device, 100, GFP_KERNEL)) {
		devres_release_group(&platform_bus, GROUP);
		return -ENOMEM;
	}
	return 0;
}

/* insmod may try twice; then there is nothing to release. */
static int let_device_go(void)
{
	devres_release_group(&platform_bus, GROUP);
	return -ECANCELED;
}

/* One of each kind: a slot, a large object, a huge one. */
static int make_heap(unsigned int i)
{
	static const size_t sizes[] = { 100, SZ_64K, SZ_8M };
	char name[16];
	unsigned int n;

	snprintf(name, sizeof(name), "leaver%u", i);
	heap[i] = kspan_heap_create(name, NULL);
	if (IS_ERR(heap[i]))
		return PTR_ERR(heap[i]);
	for (n = 0; n < ARRAY_SIZE(sizes); n++) {
		if (!kspan_alloc(heap[i], sizes[n], GFP_KERNEL))
			return -ENOMEM;
	}
	return 0;
}

static int __init leaver_init(void)
{
	unsigned int i;
	int err;

	if (end_device)
		return let_device_go();
	for (i = 0; i < min_t(unsigned int, heaps, MAX_HEAPS); i++) {
		err = make_heap(i);
		if (err)
			return err;
	}
	err = device ? make_for_device() : 0;
	if (err)
		return err;
	return fail ? -ECANCELED : 0;
}
module_init(leaver_init);

static void __exit leaver_exit(void)
{
	unsigned int i;

	for (i = 0; waiting && i < NR_WAITING; i++) {
		struct object *object = kspan_new(heap[0], struct object,
						  GFP_KERNEL);

		if (object)
			kspan_free_rcu(object, rcu);
	}
}
module_exit(leaver_exit);

MODULE_DESCRIPTION("Test of kspan: a module that leaves its heaps behind");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
