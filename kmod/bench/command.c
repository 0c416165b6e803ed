// SPDX-License-Identifier: GPL-2.0
/* A debugfs file that runs what is written to it and shows what came of it. */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/kspan_bench.h>

#include "command.h"

static const char * const backend_names[KSPAN_BENCH_NR_BACKENDS] = {
	[KSPAN_BENCH_NULL]		= "null",
	[KSPAN_BENCH_KSPAN]		= "kspan",
	[KSPAN_BENCH_KMALLOC]		= "kmalloc",
	[KSPAN_BENCH_KMEM_CACHE]	= "kmem_cache",
};

/* ---- words ----------------------------------------------------------------- */

static const char separators[] = { ' ', '\n', '\0' };

char *bench_command_word(char **command)
{
	char *word;

	do {
		word = strsep(command, separators);
	} while (word && !*word);
	return word;
}

int bench_command_number(char **command, u32 min, u32 max, u32 *number)
{
	char *word = bench_command_word(command);

	if (!word || kstrtou32(word, 0, number) ||
	    *number < min || *number > max)
		return -EINVAL;
	return 0;
}

int bench_command_backend(char **command, u32 *backend)
{
	char *word = bench_command_word(command);
	int i = word ? match_string(backend_names, ARRAY_SIZE(backend_names),
				    word) : -EINVAL;

	*backend = i;
	return min(i, 0);
}

const char *bench_command_backend_name(u32 backend)
{
	return backend_names[backend];
}

/* ---- the file -------------------------------------------------------------- */

static int command_show(struct seq_file *m, void *unused)
{
	struct bench_command *command = m->private;
	int err = mutex_lock_interruptible(command->lock);

	if (err)
		return err;
	command->show(m);
	mutex_unlock(command->lock);
	return 0;
}

static int command_open(struct inode *inode, struct file *file)
{
	return single_open(file, command_show, inode->i_private);
}

static ssize_t command_write(struct file *file, const char __user *user,
			     size_t size_bytes, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	struct bench_command *command = m->private;
	char *text;
	int err;

	if (size_bytes >= BENCH_COMMAND_BYTES)
		return -E2BIG;
	text = memdup_user_nul(user, size_bytes);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = mutex_lock_interruptible(command->lock);
	if (!err) {
		err = command->run(text);
		mutex_unlock(command->lock);
	}
	kfree(text);
	return err ?: size_bytes;
}

static const struct file_operations command_fops = {
	.owner		= THIS_MODULE,
	.open		= command_open,
	.read		= seq_read,
	.write		= command_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

void bench_command_create(struct dentry *dir, struct bench_command *command)
{
	debugfs_create_file(command->name, 0600, dir, command, &command_fops);
}
