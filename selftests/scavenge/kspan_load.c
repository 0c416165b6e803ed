// SPDX-License-Identifier: GPL-2.0
/*
 * A load for the tests of what goes back to the kernel: objects in a heap named
 * "load", by command:
 *
 *	fill MB LEAST MOST	allocates objects of random sizes
 *	thin PERCENT		frees so many of them at random
 *	age PERCENT		frees so many of them, oldest first
 *	drop			frees all
 *	swing MB MS TURNS	up to MB and down to nothing, TURNS times
 *
 * written to /sys/kernel/debug/kspan_load/command; ../state tells what there is.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <linux/kspan.h>

enum {
	BLOCK_BYTES = 2 << 20,
	/* Of sixteen bytes on average, at the least. */
	MOST_OBJECTS = 32 << 20,
};

static unsigned long limit_bytes;
module_param(limit_bytes, ulong, 0444);

static unsigned long soft_limit_bytes;
module_param(soft_limit_bytes, ulong, 0444);

static unsigned long reserve_bytes;
module_param(reserve_bytes, ulong, 0444);

/* Guards all below. */
static DEFINE_MUTEX(mutex);
static struct kspan_heap *heap;
static struct dentry *dir;
static void **objects;
static unsigned long nobjs;
static unsigned long capacity;
static u64 bytes_live;
static unsigned long failed;
static struct rnd_state rnd;
/* Blocks in which there were objects when it was filled. */
static unsigned long *blocks;
static unsigned long nblocks;

static u32 below(u32 ceil)
{
	return prandom_u32_state(&rnd) % ceil;
}

static int by_value(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

/* The distinct blocks in which objects start; returns how many. */
static unsigned long list_blocks(unsigned long *list)
{
	unsigned long n = 0;
	unsigned long i;
	unsigned long last = 0;

	for (i = 0; i < nobjs; i++) {
		unsigned long block = (unsigned long)objects[i] / BLOCK_BYTES;

		/* Neighbours mostly lie side by side. */
		if (block != last)
			list[n++] = block;
		last = block;
	}
	sort(list, n, sizeof(*list), by_value, NULL);
	for (i = 0, last = 0; i < n; i++) {
		if (!last || list[last - 1] != list[i])
			list[last++] = list[i];
	}
	return last;
}

static int fill(u64 mb, u32 least, u32 most)
{
	u64 wanted = mb << 20;

	if (!least || most < least)
		return -EINVAL;
	vfree(objects);
	capacity = min_t(u64, wanted / least + 1, MOST_OBJECTS);
	objects = vmalloc(array_size(capacity, sizeof(*objects)));
	if (!objects)
		return -ENOMEM;
	nobjs = 0;
	bytes_live = 0;
	while (bytes_live < wanted && nobjs < capacity) {
		u32 size = least + below(most - least + 1);

		objects[nobjs] = kspan_alloc(heap, size, GFP_KERNEL |
					     __GFP_NORETRY | __GFP_NOWARN);
		if (!objects[nobjs]) {
			failed++;
			break;
		}
		bytes_live += kspan_usable_size(objects[nobjs]);
		nobjs++;
		cond_resched();
	}
	vfree(blocks);
	blocks = vmalloc(array_size(nobjs + 1, sizeof(*blocks)));
	if (!blocks)
		return -ENOMEM;
	nblocks = list_blocks(blocks);
	return 0;
}

static void free_at(unsigned long i)
{
	bytes_live -= kspan_usable_size(objects[i]);
	kspan_free(objects[i]);
	objects[i] = NULL;
	cond_resched();
}

/* Closes the gaps. */
static void pack(void)
{
	unsigned long kept = 0;
	unsigned long i;

	for (i = 0; i < nobjs; i++) {
		if (objects[i])
			objects[kept++] = objects[i];
	}
	nobjs = kept;
}

static void thin(unsigned int percent)
{
	unsigned long i;

	for (i = 0; i < nobjs; i++) {
		if (below(100) < percent)
			free_at(i);
	}
	pack();
}

static void age(unsigned int percent)
{
	unsigned long end = nobjs * percent / 100;
	unsigned long i;

	for (i = 0; i < end; i++)
		free_at(i);
	pack();
}

static int swing(u64 mb, unsigned int ms, unsigned int turns)
{
	int err = 0;

	while (turns-- && !err) {
		err = fill(mb, 1024, 16384);
		msleep(ms / 2);
		age(100);
		msleep(ms / 2);
	}
	return err;
}

static int obey(char *command)
{
	unsigned int a, b, c;

	if (sscanf(command, "fill %u %u %u", &a, &b, &c) == 3)
		return fill(a, b, c);
	if (sscanf(command, "swing %u %u %u", &a, &b, &c) == 3)
		return swing(a, b, c);
	if (sscanf(command, "thin %u", &a) == 1)
		thin(a);
	else if (sscanf(command, "age %u", &a) == 1)
		age(a);
	else if (!strncmp(command, "drop", 4))
		age(100);
	else
		return -EINVAL;
	return 0;
}

static ssize_t command_write(struct file *file, const char __user *buffer,
			     size_t count, loff_t *pos)
{
	char command[64];
	int err;

	if (count >= sizeof(command))
		return -EINVAL;
	if (copy_from_user(command, buffer, count))
		return -EFAULT;
	command[count] = '\0';
	mutex_lock(&mutex);
	err = obey(command);
	mutex_unlock(&mutex);
	return err ?: count;
}

/* Blocks of the time when it was filled in which there is no object any more. */
static unsigned long empty_blocks(void)
{
	unsigned long *live = vmalloc(array_size(nobjs + 1, sizeof(*live)));
	unsigned long nlive;
	unsigned long found = 0;
	unsigned long i;
	unsigned long j = 0;

	if (!live)
		return 0;
	nlive = list_blocks(live);
	for (i = 0; i < nblocks; i++) {
		while (j < nlive && live[j] < blocks[i])
			j++;
		found += j < nlive && live[j] == blocks[i];
	}
	vfree(live);
	return nblocks - found;
}

static int state_show(struct seq_file *m, void *unused)
{
	mutex_lock(&mutex);
	seq_printf(m, "objects %lu\nlive_bytes %llu\nfailed %lu\n", nobjs,
		   bytes_live, failed);
	seq_printf(m, "blocks %lu\nempty_blocks %lu\n", nblocks,
		   empty_blocks());
	mutex_unlock(&mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static const struct file_operations command_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= command_write,
	.llseek	= noop_llseek,
};

static int __init load_init(void)
{
	struct kspan_heap_params params = {
		.limit_bytes		= limit_bytes,
		.soft_limit_bytes	= soft_limit_bytes,
		.min_reserve_bytes	= reserve_bytes,
	};

	heap = kspan_heap_create("load", &params);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	prandom_seed_state(&rnd, 4711);
	dir = debugfs_create_dir("kspan_load", NULL);
	debugfs_create_file("command", 0200, dir, NULL, &command_fops);
	debugfs_create_file("state", 0400, dir, NULL, &state_fops);
	return 0;
}
module_init(load_init);

static void __exit load_exit(void)
{
	debugfs_remove(dir);
	kspan_heap_destroy(heap);
	vfree(objects);
	vfree(blocks);
}
module_exit(load_exit);

MODULE_DESCRIPTION("Load for the tests of kspan's scavenger");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
