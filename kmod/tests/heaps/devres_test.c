// SPDX-License-Identifier: GPL-2.0
/*
 * Heaps that go with a device.
 */
#include <kunit/device.h>
#include <linux/device.h>

#include "base/fault.h"
#include "tests/kit.h"
#include "tests/suites.h"

static bool exists(const char *name)
{
	struct kspan_heap *heap = kspan_heap_find(name);

	kspan_heap_put(heap);
	return heap;
}

static struct device *device(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "kspan-kunit");

	KUNIT_ASSERT_FALSE(test, IS_ERR(dev));
	return dev;
}

static void goes_with_its_device(struct kunit *test)
{
	const struct kspan_heap_params params = { .limit_bytes = 1 << 20 };
	struct device *dev = device(test);
	struct kspan_heap *heap = devm_kspan_heap_create(dev, "of-device",
							 &params);
	struct kspan_heap_stats stats;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	KUNIT_EXPECT_NOT_NULL(test, kspan_alloc(heap, 100, GFP_KERNEL));
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.limit_bytes, 1 << 20);
	KUNIT_EXPECT_TRUE(test, exists("of-device"));
	kunit_device_unregister(test, dev);
	KUNIT_EXPECT_FALSE(test, exists("of-device"));
}

/* And another one, which may have its name, is left alone. */
static void destroyed_before_its_device(struct kunit *test)
{
	struct device *dev = device(test);
	struct kspan_heap *heap = devm_kspan_heap_create(dev, "of-device", NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	kspan_heap_destroy(heap);
	heap = kspan_heap_create("of-device", NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	kunit_device_unregister(test, dev);
	KUNIT_EXPECT_TRUE(test, exists("of-device"));
	kspan_heap_destroy(heap);
}

static void errors(struct kunit *test)
{
	const struct kspan_heap_params odd = { .flags = 1U << 31 };
	struct device *dev = device(test);

	KUNIT_EXPECT_EQ(test, PTR_ERR(devm_kspan_heap_create(dev, "a b", NULL)),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(devm_kspan_heap_create(dev, NULL, NULL)),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(devm_kspan_heap_create(dev, "odd", &odd)),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(devm_kspan_heap_create(dev, "default",
							     NULL)),
			-EEXIST);
	kspan_fault_set(KSPAN_FAULT_HEAP, KSPAN_FAULT_ONCE);
	KUNIT_EXPECT_EQ(test, PTR_ERR(devm_kspan_heap_create(dev, "none",
							     NULL)),
			-ENOMEM);
	kspan_fault_set(KSPAN_FAULT_HEAP, KSPAN_FAULT_OFF);
	kunit_device_unregister(test, dev);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(goes_with_its_device),
	KUNIT_CASE(destroyed_before_its_device),
	KUNIT_CASE(errors),
	{}
};

struct kunit_suite kit_devres_suite = {
	.name = "kspan_devres",
	.test_cases = cases,
};
