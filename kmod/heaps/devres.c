// SPDX-License-Identifier: GPL-2.0
/*
 * Heaps that go with a device.
 */
#include <linux/device.h>
#include <linux/kspan.h>
#include <linux/module.h>

#include "heaps/heap.h"
#include "heaps/life.h"

/*
 * The heap may have gone before its device: destroyed by its owner, or left behind by
 * a module that did not wait for the device. So it is known by its id here, and we
 * stay until the device has been told.
 */
static void destroy(void *arg)
{
	kspan_heap_destroy_id((unsigned long)arg);
	module_put(THIS_MODULE);
}

/**
 * __devm_kspan_heap_create() - devm_kspan_heap_create() for a named owner
 * @dev: the device that the heap goes with
 * @name: as for kspan_heap_create()
 * @params: likewise
 * @owner: the module that the heap belongs to
 *
 * Context: As devm_kspan_heap_create().
 * Return: As devm_kspan_heap_create().
 */
struct kspan_heap *
__devm_kspan_heap_create(struct device *dev, const char *name,
			 const struct kspan_heap_params *params,
			 struct module *owner)
{
	struct kspan_heap *heap = __kspan_heap_create(name, params, owner);
	unsigned long id;
	int err;

	if (IS_ERR(heap))
		return heap;
	id = heap->storage.source.id;
	__module_get(THIS_MODULE);
	err = devm_add_action_or_reset(dev, destroy, (void *)id);
	return err ? ERR_PTR(err) : heap;
}
EXPORT_SYMBOL_GPL(__devm_kspan_heap_create);
