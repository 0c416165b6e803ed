/* SPDX-License-Identifier: GPL-2.0 */
/* What sample_tree.c's objects need to be counted by hand. */
#ifndef _KSPAN_SAMPLE_TREE_OBJECT_H
#define _KSPAN_SAMPLE_TREE_OBJECT_H

#include <linux/kref.h>
#include <linux/list.h>

/**
 * struct object - what is at the beginning of everything that pointers lead to
 * @refs: pointers to it
 * @dying: among those that nothing leads to any more
 * @is_node: what it is
 */
struct object {
	struct kref		refs;
	struct list_head	dying;
	bool			is_node;
};

#endif /* _KSPAN_SAMPLE_TREE_OBJECT_H */
