// SPDX-License-Identifier: GPL-2.0
/* Variables that free themselves, a driver's macro, a macro that frees. */
#include <linux/cleanup.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

struct state {
	void *buffer;
	void *other;
};

#define DROP(p) kfree(p)

static int scoped_probe(struct platform_device *pdev)
{
	struct state *state __free(kfree) = kzalloc(sizeof(*state), GFP_KERNEL);

	if (!state)
		return -ENOMEM;
	state->buffer = kmalloc(32, GFP_KERNEL);
	state->other = kmalloc(64, GFP_KERNEL);
	platform_set_drvdata(pdev, no_free_ptr(state));
	return 0;
}

static void scoped_remove(struct platform_device *pdev)
{
	struct state *state = platform_get_drvdata(pdev);

	DROP(state->buffer);
	kfree(state->other);
	kfree(state);
}

static struct platform_driver scoped_driver = {
	.probe = scoped_probe,
	.remove_new = scoped_remove,
	.driver = { .name = "scoped" },
};
module_platform_driver(scoped_driver);
MODULE_LICENSE("GPL");
