/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects that point to each other: collected, or counted (kref) on an ordinary heap
 * and on kmalloc().
 */
#ifndef _KSPAN_BENCH_GRAPH_H
#define _KSPAN_BENCH_GRAPH_H

#include <linux/kspan_gc.h>

#include "loop.h"
#include "smp.h"

#define GRAPH_BACKENDS (BIT(BENCH_COLLECTED) | BIT(KSPAN_BENCH_KSPAN) | \
			BIT(KSPAN_BENCH_KMALLOC))

static __always_inline bool graph_collected(const struct smp_thread *thread)
{
	return thread->backend == BENCH_COLLECTED;
}

/* Registers a type of the run's heap, if it is collected. */
int graph_type(struct smp_run *run, const struct kspan_gc_type_desc *desc,
	       const struct kspan_gc_type **type);

#endif /* _KSPAN_BENCH_GRAPH_H */
