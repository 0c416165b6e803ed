// SPDX-License-Identifier: GPL-2.0
#include <linux/minmax.h>
#include <linux/topology.h>

#include "base/compat.h"
#include "pages/node.h"

/**
 * kspan_node_with_memory() - the nearest node that has memory
 * @nid: a node without
 *
 * Return: the node; @nid if there is none.
 */
int kspan_node_with_memory(int nid)
{
	int least = INT_MAX;
	int nearest = nid;
	int other;

	for_each_node_state(other, N_MEMORY) {
		int distance = node_distance(nid, other);

		if (distance < least) {
			least = distance;
			nearest = other;
		}
	}
	return nearest;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_node_with_memory);
