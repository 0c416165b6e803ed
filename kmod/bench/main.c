// SPDX-License-Identifier: GPL-2.0
/*
 * kspan_bench: kspan beside the kernel's own allocators, in one boot.
 *
 * /dev/kspan_bench replays recorded traces and times single operations; see
 * linux/kspan_bench.h.
 */
#include <linux/capability.h>
#include <linux/debugfs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pair.h"

/* One measurement at a time: two would measure each other. */
static DEFINE_MUTEX(running);

static struct dentry *debugfs_dir;

static long ioctl_pair(void __user *arg, u32 size_bytes)
{
	struct kspan_bench_ioc_pair request;
	int err;

	err = copy_struct_from_user(&request, sizeof(request), arg, size_bytes);
	if (err)
		return err;
	err = bench_pair_run(&request);
	if (err)
		return err;
	request.size = size_bytes;
	return copy_to_user(arg, &request,
			    min_t(size_t, size_bytes, sizeof(request))) ?
	       -EFAULT : 0;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	u32 size_bytes;
	long ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (cmd != KSPAN_BENCH_IOC_PAIR)
		return -ENOTTY;
	if (get_user(size_bytes, (u32 __user *)user))
		return -EFAULT;
	if (size_bytes < 2 * sizeof(u32))
		return -EINVAL;
	ret = mutex_lock_interruptible(&running);
	if (ret)
		return ret;
	ret = ioctl_pair(user, size_bytes);
	mutex_unlock(&running);
	return ret;
}

static const struct file_operations bench_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= bench_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice bench_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "kspan_bench",
	.mode	= 0600,
	.fops	= &bench_fops,
};

static int pair_show(struct seq_file *m, void *unused)
{
	int err = mutex_lock_interruptible(&running);

	if (err)
		return err;
	err = bench_pair_table(m, unused);
	mutex_unlock(&running);
	return err;
}

static int pair_open(struct inode *inode, struct file *file)
{
	/* Large enough for the table, which must not be made twice. */
	return single_open_size(file, pair_show, NULL, PAGE_SIZE);
}

static const struct file_operations pair_fops = {
	.owner		= THIS_MODULE,
	.open		= pair_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int __init bench_init(void)
{
	int err = misc_register(&bench_device);

	if (err)
		return err;
	debugfs_dir = debugfs_create_dir("kspan_bench", NULL);
	debugfs_create_file("pair", 0400, debugfs_dir, NULL, &pair_fops);
	return 0;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	debugfs_remove(debugfs_dir);
	misc_deregister(&bench_device);
}
module_exit(bench_exit);

MODULE_DESCRIPTION("kspan beside the kernel's own allocators");
MODULE_LICENSE("GPL");
