// SPDX-License-Identifier: GPL-2.0
/*
 * kspan_bench: kspan beside the kernel's own allocators, in one boot.
 *
 * /dev/kspan_bench replays recorded traces, see linux/kspan_bench.h; the files
 * of /sys/kernel/debug/kspan_bench/ time single operations and run patterns.
 */
#include <linux/capability.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cachefs.h"
#include "churn.h"
#include "curve.h"
#include "fleet.h"
#include "hold.h"
#include "latency.h"
#include "marking.h"
#include "replay.h"
#include "series.h"
#include "smp.h"
#include "starve.h"
#include "storm.h"
#include "trace.h"

/* One measurement at a time: two would measure each other. */
static DEFINE_MUTEX(running);

static struct dentry *debugfs_dir;

/* An open file; @running guards it. */
struct bench_file {
	struct bench_trace *trace;	/* NULL before KSPAN_BENCH_IOC_LOAD */
};

/* ---- requests -------------------------------------------------------------- */

static int load(struct bench_file *bench, void *arg)
{
	struct bench_trace *trace = bench_trace_load(arg);

	if (IS_ERR(trace))
		return PTR_ERR(trace);
	bench_trace_free(bench->trace);
	bench->trace = trace;
	return 0;
}

static int replay(struct bench_file *bench, void *arg)
{
	return bench->trace ? bench_replay(bench->trace, arg) : -ENODATA;
}

static int drop(struct bench_file *bench, void *arg)
{
	const struct kspan_bench_ioc_drop *request = arg;

	if (request->flags & ~KSPAN_BENCH_DROP_FLAGS)
		return -EINVAL;
	return request->flags & KSPAN_BENCH_OBJECTS ?
	       bench_replay_free_kept() : bench_replay_drop();
}

static const struct {
	unsigned int cmd;
	int (*run)(struct bench_file *bench, void *arg);
} requests[] = {
	{ KSPAN_BENCH_IOC_LOAD, load },
	{ KSPAN_BENCH_IOC_REPLAY, replay },
	{ KSPAN_BENCH_IOC_DROP, drop },
};

union request_arg {
	u32 size;			/* opens all of these */
	struct kspan_bench_ioc_load load;
	struct kspan_bench_ioc_replay replay;
	struct kspan_bench_ioc_drop drop;
};

static long run_request(struct bench_file *bench, unsigned int i,
			void __user *user, u32 size_bytes)
{
	size_t known_bytes = _IOC_SIZE(requests[i].cmd);
	union request_arg arg;
	int err;

	err = copy_struct_from_user(&arg, known_bytes, user, size_bytes);
	if (err)
		return err;
	err = requests[i].run(bench, &arg);
	if (err)
		return err;
	arg.size = size_bytes;
	known_bytes = min_t(size_t, known_bytes, size_bytes);
	return copy_to_user(user, &arg, known_bytes) ? -EFAULT : 0;
}

/* ---- the device ------------------------------------------------------------ */

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	unsigned int i;
	u32 size_bytes;
	long ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	for (i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].cmd == cmd)
			break;
	if (i == ARRAY_SIZE(requests))
		return -ENOTTY;
	if (get_user(size_bytes, (u32 __user *)user))
		return -EFAULT;
	if (size_bytes < 2 * sizeof(u32))
		return -EINVAL;
	ret = mutex_lock_interruptible(&running);
	if (ret)
		return ret;
	ret = run_request(file->private_data, i, user, size_bytes);
	mutex_unlock(&running);
	return ret;
}

static int bench_open(struct inode *inode, struct file *file)
{
	struct bench_file *bench = kzalloc(sizeof(*bench), GFP_KERNEL);

	if (!bench)
		return -ENOMEM;
	file->private_data = bench;
	return 0;
}

static int bench_release(struct inode *inode, struct file *file)
{
	struct bench_file *bench = file->private_data;

	bench_trace_free(bench->trace);
	kfree(bench);
	return 0;
}

static const struct file_operations bench_fops = {
	.owner		= THIS_MODULE,
	.open		= bench_open,
	.release	= bench_release,
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

/* ---- the module ------------------------------------------------------------ */

static int __init bench_init(void)
{
	int err = bench_cachefs_init();

	if (err)
		return err;
	err = misc_register(&bench_device);
	if (err) {
		bench_cachefs_exit();
		return err;
	}
	debugfs_dir = debugfs_create_dir("kspan_bench", NULL);
	bench_series_init(debugfs_dir, &running);
	bench_smp_init(debugfs_dir, &running);
	bench_fleet_init(debugfs_dir, &running);
	bench_churn_init(debugfs_dir, &running);
	bench_curve_init(debugfs_dir, &running);
	bench_hold_init(debugfs_dir, &running);
	bench_starve_init(debugfs_dir, &running);
	bench_storm_init(debugfs_dir, &running);
	bench_latency_init(debugfs_dir, &running);
	bench_marking_init(debugfs_dir, &running);
	bench_stretch_init(debugfs_dir, &running);
	return 0;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	debugfs_remove(debugfs_dir);
	misc_deregister(&bench_device);
	bench_cachefs_exit();
	bench_replay_drop();
	bench_hold_exit();
	bench_starve_exit();
	bench_fleet_exit();
	bench_curve_exit();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("kspan beside the kernel's own allocators");
MODULE_LICENSE("GPL");
