/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NUMA nodes: those with CPUs need not have memory.
 */
#ifndef _KSPAN_NODE_H
#define _KSPAN_NODE_H

#include <linux/nodemask.h>

int kspan_node_with_memory(int nid);

/* The node itself, or the nearest that has memory. */
static inline int kspan_nearest_node(int nid)
{
	return likely(node_state(nid, N_MEMORY)) ? nid
						 : kspan_node_with_memory(nid);
}

#endif /* _KSPAN_NODE_H */
