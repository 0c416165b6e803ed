/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault injection: each place where kspan asks the kernel for memory can be told
 * to go without. The kernel's own knobs are not for modules.
 *
 * All of these places are slow paths; while no fault is set they have a nop more.
 */
#ifndef _KSPAN_FAULT_H
#define _KSPAN_FAULT_H

#include <linux/gfp.h>
#include <linux/jump_label.h>

struct dentry;

/* Where memory is asked for; fault.c has their names. */
enum kspan_fault_site {
	KSPAN_FAULT_BLOCK,		/* backing pages */
	KSPAN_FAULT_CHUNK,		/* state of a chunk */
	KSPAN_FAULT_LEAF,		/* leaf of a chunk */
	KSPAN_FAULT_LEAF_TABLE,		/* its rows and tags */
	KSPAN_FAULT_MAP,		/* map for memory that is added */
	KSPAN_FAULT_SPAN,		/* span of slots */
	KSPAN_FAULT_LARGE_SPAN,		/* span of a large object */
	KSPAN_FAULT_BUMP,		/* descriptor of a stack or region */
	KSPAN_FAULT_ARRAY,		/* array of a magazine */
	KSPAN_FAULT_HUGE,		/* descriptor of a huge object */
	KSPAN_FAULT_HUGE_AREA,		/* its vmalloc memory */
	KSPAN_FAULT_HEAP,		/* a heap */
	KSPAN_FAULT_HEAP_CPUS,		/* its CPU caches */
	KSPAN_FAULT_HEAP_NODES,		/* its page heaps */
	KSPAN_FAULT_HEAP_CENTRAL,	/* its central lists */
	KSPAN_FAULT_HEAP_ROWS,		/* its rows */
	KSPAN_FAULT_HEAP_ID,		/* its id */
	KSPAN_FAULT_CACHE,		/* a typed cache */
	KSPAN_FAULT_CACHE_CENTRAL,	/* its central lists */
	KSPAN_FAULT_CACHE_CPUS,		/* its CPU caches */
	KSPAN_FAULT_CACHE_DEPOTS,	/* its depots */
	KSPAN_FAULT_CACHE_ROWS,		/* its rows */
	KSPAN_FAULT_CACHE_IDLE,		/* what is seen of its caches */
	KSPAN_FAULT_PREFILL,		/* a prefill */
	KSPAN_FAULT_FILE,		/* open /dev/kspan */
	KSPAN_FAULT_HANDLE,		/* object of an open file */
	KSPAN_FAULT_HANDLE_INDEX,	/* its handle */
	KSPAN_FAULT_HANDLE_COPY,	/* buffer between it and user memory */
	KSPAN_FAULT_MEMPOOL,		/* a mempool */
	KSPAN_FAULT_RCU_PAGE,		/* objects to free after a grace period */
	KSPAN_FAULT_LIST,		/* list of something, for who asks */
	KSPAN_FAULT_VERIFY,		/* what verify counts in */
	KSPAN_FAULT_GC,			/* a heap's collector */
	KSPAN_FAULT_GC_TYPE,		/* a type of its objects */
	KSPAN_FAULT_GC_ROOT,		/* a root */
	KSPAN_FAULT_GC_NOTE,		/* a pin, a weak reference, a cleanup */
	KSPAN_FAULT_GC_GREY,		/* a page of grey objects */
	KSPAN_FAULT_RANGE,		/* where pointers to objects lie */
	KSPAN_FAULT_CENSUS,		/* what objects are counted in */
	KSPAN_NR_FAULTS,
};

/* When a site fails; any other number N: each N-th time. */
enum {
	KSPAN_FAULT_OFF		= 0,
	KSPAN_FAULT_ALWAYS	= 1,
	KSPAN_FAULT_ONCE	= INT_MAX,
};

DECLARE_STATIC_KEY_FALSE(kspan_faults_set);

bool __kspan_fault(enum kspan_fault_site site, gfp_t gfp);
void kspan_fault_set(enum kspan_fault_site site, int every);
u64 kspan_fault_failed(enum kspan_fault_site site);
void kspan_fault_debugfs(struct dentry *dir);

/* Is there to be no memory here? With __GFP_NOFAIL there always is. */
static inline bool kspan_fault(enum kspan_fault_site site, gfp_t gfp)
{
	return static_branch_unlikely(&kspan_faults_set) &&
	       __kspan_fault(site, gfp);
}

#endif /* _KSPAN_FAULT_H */
