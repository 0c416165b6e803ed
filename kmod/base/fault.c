// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "base/compat.h"
#include "base/fault.h"

/**
 * struct site - a place where memory is asked for
 * @name: its name
 * @every: KSPAN_FAULT_*
 * @passed: how often it was passed since @every was set, while any fault is set
 * @failed: how often it was told to fail since
 */
struct site {
	const char	*name;
	int		every;
	atomic64_t	passed;
	atomic64_t	failed;
};

static struct site sites[KSPAN_NR_FAULTS] = {
	[KSPAN_FAULT_BLOCK]		= { .name = "block" },
	[KSPAN_FAULT_CHUNK]		= { .name = "chunk" },
	[KSPAN_FAULT_LEAF]		= { .name = "leaf" },
	[KSPAN_FAULT_LEAF_TABLE]	= { .name = "leaf_table" },
	[KSPAN_FAULT_MAP]		= { .name = "map" },
	[KSPAN_FAULT_SPAN]		= { .name = "span" },
	[KSPAN_FAULT_LARGE_SPAN]	= { .name = "large_span" },
	[KSPAN_FAULT_BUMP]		= { .name = "bump" },
	[KSPAN_FAULT_ARRAY]		= { .name = "array" },
	[KSPAN_FAULT_HUGE]		= { .name = "huge" },
	[KSPAN_FAULT_HUGE_AREA]		= { .name = "huge_area" },
	[KSPAN_FAULT_HEAP]		= { .name = "heap" },
	[KSPAN_FAULT_HEAP_CPUS]		= { .name = "heap_cpus" },
	[KSPAN_FAULT_HEAP_NODES]	= { .name = "heap_nodes" },
	[KSPAN_FAULT_HEAP_CENTRAL]	= { .name = "heap_central" },
	[KSPAN_FAULT_HEAP_ROWS]		= { .name = "heap_rows" },
	[KSPAN_FAULT_HEAP_ID]		= { .name = "heap_id" },
	[KSPAN_FAULT_CACHE]		= { .name = "cache" },
	[KSPAN_FAULT_CACHE_CENTRAL]	= { .name = "cache_central" },
	[KSPAN_FAULT_CACHE_CPUS]	= { .name = "cache_cpus" },
	[KSPAN_FAULT_CACHE_DEPOTS]	= { .name = "cache_depots" },
	[KSPAN_FAULT_CACHE_ROWS]	= { .name = "cache_rows" },
	[KSPAN_FAULT_CACHE_IDLE]	= { .name = "cache_idle" },
	[KSPAN_FAULT_PREFILL]		= { .name = "prefill" },
	[KSPAN_FAULT_FILE]		= { .name = "file" },
	[KSPAN_FAULT_HANDLE]		= { .name = "handle" },
	[KSPAN_FAULT_HANDLE_INDEX]	= { .name = "handle_index" },
	[KSPAN_FAULT_HANDLE_COPY]	= { .name = "handle_copy" },
	[KSPAN_FAULT_MEMPOOL]		= { .name = "mempool" },
	[KSPAN_FAULT_RCU_PAGE]		= { .name = "rcu_page" },
	[KSPAN_FAULT_LIST]		= { .name = "list" },
	[KSPAN_FAULT_VERIFY]		= { .name = "verify" },
	[KSPAN_FAULT_GC]		= { .name = "gc" },
	[KSPAN_FAULT_GC_TYPE]		= { .name = "gc_type" },
	[KSPAN_FAULT_GC_ROOT]		= { .name = "gc_root" },
	[KSPAN_FAULT_GC_NOTE]		= { .name = "gc_note" },
	[KSPAN_FAULT_GC_GREY]		= { .name = "gc_grey" },
	[KSPAN_FAULT_RANGE]		= { .name = "range" },
	[KSPAN_FAULT_CENSUS]		= { .name = "census" },
};

/* Guards what is set, not what is counted. */
static DEFINE_MUTEX(sites_mutex);

DEFINE_STATIC_KEY_FALSE(kspan_faults_set);

bool __kspan_fault(enum kspan_fault_site i, gfp_t gfp)
{
	struct site *site = &sites[i];
	u64 passed = atomic64_inc_return(&site->passed);
	int every = READ_ONCE(site->every);

	if (every == KSPAN_FAULT_OFF || gfp & __GFP_NOFAIL)
		return false;
	if (every == KSPAN_FAULT_ONCE) {
		if (cmpxchg(&site->every, every, KSPAN_FAULT_OFF) != every)
			return false;
	} else if (passed % every) {
		return false;
	}
	atomic64_inc(&site->failed);
	return true;
}

/**
 * kspan_fault_set() - tell a site when to fail
 * @site: the site, or KSPAN_NR_FAULTS for all
 * @every: KSPAN_FAULT_*, or N for each N-th time
 *
 * What has been counted of the site is forgotten.
 *
 * Context: Process context; sleeps.
 */
void kspan_fault_set(enum kspan_fault_site site, int every)
{
	bool any = false;
	unsigned int i;

	mutex_lock(&sites_mutex);
	for (i = 0; i < KSPAN_NR_FAULTS; i++) {
		if (i == site || site == KSPAN_NR_FAULTS) {
			WRITE_ONCE(sites[i].every, every);
			atomic64_set(&sites[i].passed, 0);
			atomic64_set(&sites[i].failed, 0);
		}
		any |= READ_ONCE(sites[i].every) != KSPAN_FAULT_OFF;
	}
	if (any)
		static_branch_enable(&kspan_faults_set);
	else
		static_branch_disable(&kspan_faults_set);
	mutex_unlock(&sites_mutex);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_fault_set);

/* How often a site was told to fail since it was set. */
u64 kspan_fault_failed(enum kspan_fault_site site)
{
	return atomic64_read(&sites[site].failed);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_fault_failed);

static int fail_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	seq_puts(m, "site state passed_total failed_total\n");
	for (i = 0; i < KSPAN_NR_FAULTS; i++) {
		int every = READ_ONCE(sites[i].every);

		seq_printf(m, "%s ", sites[i].name);
		if (every == KSPAN_FAULT_OFF)
			seq_puts(m, "off");
		else if (every == KSPAN_FAULT_ONCE)
			seq_puts(m, "once");
		else if (every == KSPAN_FAULT_ALWAYS)
			seq_puts(m, "always");
		else
			seq_printf(m, "%d", every);
		seq_printf(m, " %lld %lld\n",
			   atomic64_read(&sites[i].passed),
			   atomic64_read(&sites[i].failed));
	}
	return 0;
}

static int parse_state(const char *text, int *every)
{
	static const struct {
		const char *name;
		int every;
	} states[] = {
		{ "off", KSPAN_FAULT_OFF },
		{ "once", KSPAN_FAULT_ONCE },
		{ "always", KSPAN_FAULT_ALWAYS },
	};
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (!strcmp(text, states[i].name)) {
			*every = states[i].every;
			return 0;
		}
	}
	err = kstrtoint(text, 10, every);
	if (err)
		return err;
	return *every < 1 || *every == KSPAN_FAULT_ONCE ? -ERANGE : 0;
}

/* "SITE STATE", or "all STATE". */
static ssize_t fail_write(struct file *file, const char __user *buffer,
			  size_t count, loff_t *pos)
{
	unsigned int i;
	char text[48];
	char *state;
	char *name;
	int every;
	int err;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buffer, count))
		return -EFAULT;
	text[count] = '\0';
	state = strim(text);
	name = strsep(&state, " ");
	if (!state)
		return -EINVAL;
	err = parse_state(state, &every);
	if (err)
		return err;
	for (i = 0; i < KSPAN_NR_FAULTS; i++) {
		if (!strcmp(sites[i].name, name))
			break;
	}
	if (i == KSPAN_NR_FAULTS && strcmp(name, "all"))
		return -ENOENT;
	kspan_fault_set(i, every);
	return count;
}

static int fail_open(struct inode *inode, struct file *file)
{
	return single_open(file, fail_show, NULL);
}

static const struct file_operations fail_fops = {
	.owner		= THIS_MODULE,
	.open		= fail_open,
	.read		= seq_read,
	.write		= fail_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

/* Makes the file "fail". */
void kspan_fault_debugfs(struct dentry *dir)
{
	debugfs_create_file("fail", 0600, dir, NULL, &fail_fops);
}
