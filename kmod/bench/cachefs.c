// SPDX-License-Identifier: GPL-2.0
/* Something for the page cache to hold, in guests without a disk. */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/string.h>

#include "cachefs.h"

enum {
	MAGIC		= 0x6b73706e,
	MAX_BYTES	= 1 << 30,
};

/* ---- files ----------------------------------------------------------------- */

static int read_zeroes(struct file *file, struct folio *folio)
{
	memset(folio_address(folio), 0, folio_size(folio));
	folio_mark_uptodate(folio);
	folio_unlock(folio);
	return 0;
}

static const struct address_space_operations file_aops = {
	.read_folio	= read_zeroes,
};

static const struct file_operations file_fops = {
	.read_iter	= generic_file_read_iter,
	.llseek		= generic_file_llseek,
	.mmap		= generic_file_readonly_mmap,
};

/* ---- the root -------------------------------------------------------------- */

static struct inode *inode_new(struct super_block *sb, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = mode;
	return inode;
}

static struct dentry *root_lookup(struct inode *dir, struct dentry *dentry,
				  unsigned int flags)
{
	char *end;
	u64 bytes = memparse(dentry->d_name.name, &end);
	struct inode *inode;

	if (*end || bytes > MAX_BYTES)
		return ERR_PTR(-ENOENT);
	inode = inode_new(dir->i_sb, S_IFREG | 0444);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_fop = &file_fops;
	inode->i_mapping->a_ops = &file_aops;
	i_size_write(inode, bytes);
	d_add(dentry, inode);
	return NULL;
}

static const struct inode_operations root_iops = {
	.lookup	= root_lookup,
};

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct inode *root;

	sb->s_magic = MAGIC;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	root = inode_new(sb, S_IFDIR | 0555);
	if (!root)
		return -ENOMEM;
	root->i_op = &root_iops;
	root->i_fop = &simple_dir_operations;
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, fill_super);
}

static const struct fs_context_operations context_ops = {
	.get_tree	= get_tree,
};

static int init_context(struct fs_context *fc)
{
	fc->ops = &context_ops;
	return 0;
}

static struct file_system_type cachefs = {
	.owner			= THIS_MODULE,
	.name			= "kspan_bench",
	.init_fs_context	= init_context,
	.kill_sb		= kill_anon_super,
};

int bench_cachefs_init(void)
{
	return register_filesystem(&cachefs);
}

void bench_cachefs_exit(void)
{
	unregister_filesystem(&cachefs);
}
