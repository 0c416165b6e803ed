// SPDX-License-Identifier: GPL-2.0
/* What moves and what stays: the lines say which. */
#include <linux/module.h>
#include <linux/slab.h>

struct item {
	struct rcu_head rcu;
	char *name;
	char *label;
	void *table;
	u64 *counts;
	struct item *next;
};

static struct item *head;

/* moves: allocated and freed here, through a list, a helper and a type */
static struct item *item_new(const char *name, size_t n)
{
	struct item *item = kzalloc(sizeof(*item), GFP_KERNEL);

	if (!item)
		return NULL;
	item->name = kstrdup(name, GFP_KERNEL);
	item->label = kasprintf(GFP_KERNEL, "%s-%zu", name, n);
	item->table = kvmalloc_array(n, sizeof(u32), GFP_KERNEL);
	item->counts = kcalloc(n, sizeof(*item->counts), GFP_KERNEL);
	item->next = head;
	head = item;
	return item;
}

static int item_grow(struct item *item, size_t n)
{
	u64 *counts = krealloc(item->counts, n, GFP_KERNEL);

	if (!counts)
		return -ENOMEM;
	item->counts = counts;
	return ksize(counts) < n;
}

static void item_end(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct item, rcu));
}

static void items_end(void)
{
	struct item *item = head;

	kfree(item->name);
	kfree_sensitive(item->label);
	kvfree(item->table);
	kfree(item->counts);
	if (item->next)
		call_rcu(&item->rcu, item_end);
	else
		kfree_rcu(item, rcu);
}

/* stays: the kernel frees a link */
static int link_set(struct inode *inode, const char *target)
{
	inode->i_link = kstrdup(target, GFP_KERNEL);
	if (!inode->i_link)
		return -ENOMEM;
	if (!*target)
		kfree(inode->i_link);
	return 0;
}

/* stays: match_strdup() allocates it in the kernel */
static void option(substring_t *args)
{
	char *text = match_strdup(args);

	kfree(text);
}

/* stays: either may be what is freed */
static void either(substring_t *args, int copy)
{
	char *text = copy ? kstrdup("text", GFP_KERNEL) : match_strdup(args);

	kfree(text);
}

/* stays: nobody here frees it */
static void given(struct sock *sk)
{
	sk->sk_user_data = kmalloc(16, GFP_KERNEL);
}

/* stays: the device's end frees it */
static int lent(struct device *dev)
{
	void *p = kmalloc(16, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	if (devm_add_action(dev, (void (*)(void *))kfree, p)) {
		kfree(p);
		return -EIO;
	}
	return 0;
}

/* stays: no heap has such memory */
static void low(void)
{
	void *p = kmalloc(16, GFP_KERNEL | GFP_DMA);

	kfree(p);
}

static int __init families_init(void)
{
	return item_new("a", 3) ? 0 : -ENOMEM;
}

static void __exit families_exit(void)
{
	items_end();
}

module_init(families_init);
module_exit(families_exit);
MODULE_LICENSE("GPL");
