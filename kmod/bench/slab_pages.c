// SPDX-License-Identifier: GPL-2.0
/*
 * The machine's slab pages. The kernel keeps what every CPU has added since it
 * last folded its share into the node's counter, up to 125 pages each, apart;
 * adding these up gives the exact count.
 */
#include <linux/cpumask.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>

#include "slab_pages.h"

enum { MAX_ATTEMPTS = 5 };

static long node_pages(struct pglist_data *pgdat, enum node_stat_item item)
{
	long npages = atomic_long_read(&pgdat->vm_stat[item]);
	int cpu;

	for_each_online_cpu(cpu)
		npages += per_cpu_ptr(pgdat->per_cpu_nodestats,
				      cpu)->vm_node_stat_diff[item];
	return npages;
}

static long all_pages(void)
{
	long npages = 0;
	int nid;

	for_each_online_node(nid) {
		npages += node_pages(NODE_DATA(nid), NR_SLAB_RECLAIMABLE_B);
		npages += node_pages(NODE_DATA(nid), NR_SLAB_UNRECLAIMABLE_B);
	}
	return npages;
}

s64 bench_slab_bytes(void)
{
	long npages = all_pages(), again;
	unsigned int i;

	/* A CPU that folds its share in between is counted twice or not. */
	for (i = 0; i < MAX_ATTEMPTS; i++, npages = again) {
		again = all_pages();
		if (again == npages)
			break;
	}
	return (s64)npages << PAGE_SHIFT;
}
