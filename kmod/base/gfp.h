/* SPDX-License-Identifier: GPL-2.0 */
/*
 * GFP: with which flags the kernel is asked for memory, given those of the
 * caller. Every decision on flags is one of the policies here. Each is a pure
 * function; the test goes through all combinations of flags, and has the
 * kernel's own answers to the same beside them.
 *
 * What the caller says on the context it is in (__GFP_IO, __GFP_FS, __GFP_HIGH)
 * passes all of them.
 */
#ifndef _KSPAN_GFP_H
#define _KSPAN_GFP_H

#include <linux/gfp.h>

/*
 * An array for a magazine: it is welcome, and never worth a reserve. A free,
 * which wakes nobody, asks so; an allocation adds __GFP_KSWAPD_RECLAIM of its own.
 */
#define KSPAN_GFP_ARRAY		(__GFP_NOWARN | __GFP_NOMEMALLOC)

/* A reserve that is not to be had is no reason to kill anybody. */
#define KSPAN_GFP_RESERVE	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

/* A block ahead of need, by a worker. */
#define KSPAN_GFP_AHEAD		GFP_KERNEL

/* What the caller asks for. */
gfp_t kspan_gfp_refused(gfp_t gfp);
gfp_t kspan_gfp_ignored(gfp_t gfp);
gfp_t kspan_gfp_fix(gfp_t gfp);
gfp_t kspan_gfp_any_node(gfp_t gfp);
bool kspan_gfp_this_node(gfp_t gfp, bool heap_of_node);
bool kspan_gfp_may_fail(gfp_t gfp);
bool kspan_gfp_takes_time(gfp_t gfp);
bool kspan_gfp_entitled(gfp_t gfp, bool task_is);

/* A try with something else to turn to. */
gfp_t kspan_gfp_try(gfp_t gfp);
gfp_t kspan_gfp_try_local(gfp_t gfp);
gfp_t kspan_gfp_try_unkilled(gfp_t gfp);
gfp_t kspan_gfp_try_node(gfp_t gfp);
gfp_t kspan_gfp_try_home(gfp_t gfp);
gfp_t kspan_gfp_try_contig(gfp_t gfp);

/* What the kernel is asked with. */
gfp_t kspan_gfp_unentitled(gfp_t gfp);
gfp_t kspan_gfp_block(gfp_t gfp, unsigned int order, bool needed);
gfp_t kspan_gfp_vmalloc(gfp_t gfp, bool any_node);
gfp_t kspan_gfp_heap(gfp_t gfp, unsigned int order, bool accounts,
		     bool heap_of_node);
gfp_t kspan_gfp_heap_block(gfp_t gfp, unsigned int order, bool needed,
			   bool accounts, bool heap_of_node);
gfp_t kspan_gfp_metadata(gfp_t gfp);

#endif /* _KSPAN_GFP_H */
