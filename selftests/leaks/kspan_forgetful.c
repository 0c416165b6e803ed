// SPDX-License-Identifier: GPL-2.0
/*
 * A module that forgets objects: those of a list, from where it is told to.
 */
#include <linux/kspan_leaks.h>
#include <linux/module.h>

static unsigned int nodes = 100;
module_param(nodes, uint, 0444);
MODULE_PARM_DESC(nodes, "how long the list is");

static bool rooted = true;
module_param(rooted, bool, 0444);
MODULE_PARM_DESC(rooted, "say where the list begins");

/**
 * struct node - one of the list
 * @next: the next
 * @name: an object of its own
 */
struct node {
	struct node	*next;
	char		*name;
};

static struct kspan_heap *heap;
static struct node *first;

/* Writing N keeps the first N nodes, and forgets the others. */
static int keep_set(const char *text, const struct kernel_param *kp)
{
	struct node **link = &first;
	unsigned int n;
	int err = kstrtouint(text, 10, &n);

	if (err)
		return err;
	while (n-- && *link)
		link = &(*link)->next;
	WRITE_ONCE(*link, NULL);
	return 0;
}

static const struct kernel_param_ops keep_ops = {
	.set = keep_set,
};
module_param_cb(keep, &keep_ops, NULL, 0200);
MODULE_PARM_DESC(keep, "so many nodes; the others are forgotten");

static int add(void)
{
	struct node *node = kspan_zalloc(heap, sizeof(*node), GFP_KERNEL);

	if (!node)
		return -ENOMEM;
	node->name = kspan_strdup(heap, "somebody whose name is rather long, and so needs room",
				  GFP_KERNEL);
	node->next = first;
	first = node;
	return node->name ? 0 : -ENOMEM;
}

static int __init forgetful_init(void)
{
	unsigned int i;
	int err = 0;

	heap = kspan_heap_create("forgetful", NULL);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	for (i = 0; i < nodes && !err; i++)
		err = add();
	if (!err && rooted)
		err = kspan_heap_root_add(heap, &first, sizeof(first));
	if (err)
		kspan_heap_destroy(heap);
	return err;
}
module_init(forgetful_init);

static void __exit forgetful_exit(void)
{
	kspan_heap_destroy(heap);
}
module_exit(forgetful_exit);

MODULE_DESCRIPTION("A module that forgets objects");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
