// SPDX-License-Identifier: GPL-2.0
/*
 * Flags: all combinations of those that matter, through every policy. A policy
 * is described by what it takes away and adds; beside it stands what the kernel
 * does with the same flags in the same place, and in which of them kspan differs
 * from that. What holds for many policies at once is in gfp_promises_test.c.
 */
#include <linux/mmzone.h>

#include "base/gfp.h"
#include "tests/base/combination.h"
#include "tests/kit.h"
#include "tests/suites.h"

/* As in mm/internal.h. */
#define SLAB_FIXES	(__GFP_DMA32 | __GFP_HIGHMEM)
#define RECLAIM_MASK							\
	(__GFP_RECLAIM | CONTEXT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL |	\
	 __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC |		\
	 __GFP_NOMEMALLOC | __GFP_NOLOCKDEP)
#define CONSTRAINT_MASK	(__GFP_HARDWALL | __GFP_THISNODE)

/* ---- what the kernel does: mm/slub.c, mm/slab_common.c, mm/util.c ---------- */

/* new_slab() */
static gfp_t slub_slab(gfp_t gfp)
{
	return gfp & ~SLAB_FIXES & (RECLAIM_MASK | CONSTRAINT_MASK);
}

/* allocate_slab(), a slab of more than the least order */
static gfp_t slub_first(gfp_t gfp)
{
	gfp_t first = (slub_slab(gfp) | __GFP_NOWARN | __GFP_NORETRY) &
		      ~__GFP_NOFAIL;

	if (first & __GFP_DIRECT_RECLAIM)
		first = (first | __GFP_NOMEMALLOC) & ~__GFP_RECLAIM;
	return first;
}

/* ___slab_alloc(): of the node that is asked for, if others would do */
static gfp_t slub_node(gfp_t gfp)
{
	/* GFP_NOWAIT | __GFP_THISNODE */
	return gfp & __GFP_THISNODE ? gfp : __GFP_KSWAPD_RECLAIM |
					    __GFP_NOWARN | __GFP_THISNODE;
}

/* alloc_slab_obj_exts(): what describes a slab */
static gfp_t slub_descriptor(gfp_t gfp)
{
	return slub_slab(gfp) & ~(__GFP_DMA | __GFP_RECLAIMABLE |
				  __GFP_ACCOUNT | __GFP_NOFAIL);
}

/* ___kmalloc_large_node(), but for the compound page */
static gfp_t kmalloc_large(gfp_t gfp)
{
	return gfp & ~SLAB_FIXES & ~__GFP_COMP;
}

/* kmalloc_gfp_adjust(), above a page; before 6.15 it added __GFP_NORETRY */
static gfp_t kvmalloc_first(gfp_t gfp)
{
	gfp |= __GFP_NOWARN;
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp &= ~__GFP_DIRECT_RECLAIM;
	return gfp & ~__GFP_NOFAIL;
}

static gfp_t kvmalloc_easy(gfp_t gfp)
{
	return kvmalloc_first(gfp & ~__GFP_RETRY_MAYFAIL);
}

static gfp_t kvmalloc_hard(gfp_t gfp)
{
	return kvmalloc_first(gfp | __GFP_RETRY_MAYFAIL);
}

static gfp_t as_it_is(gfp_t gfp)
{
	return gfp;
}

/* kmalloc_fix_flags(): what it warns of, and ignores */
static gfp_t slub_bug(gfp_t gfp)
{
	return gfp & SLAB_FIXES;
}

static gfp_t slub_fix(gfp_t gfp)
{
	return gfp & ~SLAB_FIXES;
}

/* It has an answer to everything. */
static gfp_t nothing(gfp_t gfp)
{
	return 0;
}

/* ---- the policies with their arguments ------------------------------------- */

static gfp_t block_ahead(gfp_t gfp)
{
	return kspan_gfp_block(gfp, HUGE, false);
}

static gfp_t block_ahead_small(gfp_t gfp)
{
	return kspan_gfp_block(gfp, SMALL, false);
}

static gfp_t block_needed(gfp_t gfp)
{
	return kspan_gfp_block(gfp, SMALL, true);
}

static gfp_t block_needed_costly(gfp_t gfp)
{
	return kspan_gfp_block(gfp, COSTLY, true);
}

static gfp_t block_needed_huge(gfp_t gfp)
{
	return kspan_gfp_block(gfp, HUGE, true);
}

static gfp_t try_contig(gfp_t gfp)
{
	return kspan_gfp_try_contig(gfp & ~__GFP_RETRY_MAYFAIL);
}

static gfp_t try_contig_hard(gfp_t gfp)
{
	return kspan_gfp_try_contig(gfp | __GFP_RETRY_MAYFAIL);
}

static gfp_t vmalloc_large(gfp_t gfp)
{
	return kspan_gfp_vmalloc(gfp, false);
}

static gfp_t vmalloc_any_node(gfp_t gfp)
{
	return kspan_gfp_vmalloc(gfp, true);
}

static gfp_t heap_plain(gfp_t gfp)
{
	return kspan_gfp_heap(gfp, SMALL, false, false);
}

static gfp_t heap_of_node(gfp_t gfp)
{
	return kspan_gfp_heap(gfp, SMALL, false, true);
}

/**
 * struct rule - a policy, and what is expected of it
 * @name: its name
 * @policy: the policy
 * @removes: always taken away
 * @adds: always added
 * @unless: with one of these neither happens
 * @needs: nor without one of these
 * @nofail_removes: with __GFP_NOFAIL, these are taken away as well
 * @nofail_adds: and these added
 * @nofail_spares: and these are not added
 * @kernel: what the kernel does in its place
 * @differs: the flags in which the two answers are not always the same
 */
struct rule {
	const char	*name;
	gfp_t		(*policy)(gfp_t gfp);
	gfp_t		removes;
	gfp_t		adds;
	gfp_t		unless;
	gfp_t		needs;
	gfp_t		nofail_removes;
	gfp_t		nofail_adds;
	gfp_t		nofail_spares;
	gfp_t		(*kernel)(gfp_t gfp);
	gfp_t		differs;
};

#define ZONES	GFP_ZONEMASK
#define EFFORT	(__GFP_DIRECT_RECLAIM | __GFP_RETRY_MAYFAIL | __GFP_NOFAIL)
/* What new_slab() filters, and a caller of kspan's slow paths does not. */
#define UNFILTERED							\
	(ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP | __GFP_ACCOUNT)

static const struct rule rules[] = {
	{
		"refused", kspan_gfp_refused,
		.removes = ~(__GFP_DMA | __GFP_DMA32),
		.kernel = nothing,
		/* SLUB has caches for the one, and ignores the other. */
		.differs = __GFP_DMA | __GFP_DMA32,
	}, {
		"ignored", kspan_gfp_ignored,
		.removes = ~(__GFP_HIGHMEM | __GFP_MOVABLE),
		.kernel = slub_bug,
		/* Refused; and ignored by SLUB without a warning. */
		.differs = __GFP_DMA32 | __GFP_MOVABLE,
	}, {
		"fix", kspan_gfp_fix,
		.removes = __GFP_HIGHMEM | __GFP_MOVABLE,
		.kernel = slub_fix,
		.differs = __GFP_DMA32 | __GFP_MOVABLE,
	}, {
		"any_node", kspan_gfp_any_node,
		.removes = __GFP_THISNODE,
		/* With one node it makes no difference. */
		.kernel = as_it_is, .differs = __GFP_THISNODE,
	}, {
		"try", kspan_gfp_try,
		.removes = __GFP_RECLAIM | __GFP_NOFAIL,
		.adds = __GFP_NOWARN,
		.kernel = slub_first,
		/* SLUB lets kswapd run for those that may not block. */
		.differs = UNFILTERED | __GFP_KSWAPD_RECLAIM | __GFP_NORETRY |
			   __GFP_NOMEMALLOC,
	}, {
		"unentitled", kspan_gfp_unentitled,
		.removes = __GFP_DIRECT_RECLAIM | __GFP_NOFAIL | __GFP_MEMALLOC,
		.adds = __GFP_NOMEMALLOC | __GFP_NOWARN,
		/* SLUB takes what it gets, and looks at it afterwards. */
		.kernel = as_it_is,
		.differs = __GFP_DIRECT_RECLAIM | __GFP_NOFAIL |
			   __GFP_MEMALLOC | __GFP_NOMEMALLOC | __GFP_NOWARN,
	}, {
		"try_local", kspan_gfp_try_local,
		.removes = __GFP_RECLAIM | __GFP_NOFAIL,
		.adds = __GFP_THISNODE | __GFP_NOWARN,
		.kernel = slub_node,
		.differs = UNFILTERED | EFFORT | CONTEXT | __GFP_NORETRY |
			   __GFP_MEMALLOC | __GFP_NOMEMALLOC |
			   __GFP_KSWAPD_RECLAIM | __GFP_NOWARN,
	}, {
		"try_home", kspan_gfp_try_home,
		.nofail_removes = __GFP_NOFAIL, .nofail_adds = __GFP_NOWARN,
		/* The kernel has no such heaps. */
		.kernel = as_it_is, .differs = __GFP_NOFAIL | __GFP_NOWARN,
	}, {
		"try_unkilled", kspan_gfp_try_unkilled,
		.adds = __GFP_RETRY_MAYFAIL | __GFP_NOWARN,
		.unless = __GFP_NORETRY | __GFP_RETRY_MAYFAIL | __GFP_NOFAIL |
			  __GFP_THISNODE,
		.needs = __GFP_FS | __GFP_DIRECT_RECLAIM,
		/* A slab of one page is all that SLUB needs. */
		.kernel = as_it_is,
		.differs = __GFP_RETRY_MAYFAIL | __GFP_NOWARN,
	}, {
		"try_node", kspan_gfp_try_node,
		.removes = __GFP_DIRECT_RECLAIM | __GFP_NOFAIL,
		.adds = __GFP_THISNODE | __GFP_NOWARN,
		.unless = __GFP_THISNODE,
		.nofail_removes = __GFP_NOFAIL, .nofail_adds = __GFP_NOWARN,
		.kernel = slub_node,
		/* SLUB forgets what the caller has said, and waits for ever. */
		.differs = UNFILTERED | __GFP_RETRY_MAYFAIL | __GFP_NOFAIL |
			   CONTEXT | __GFP_NORETRY | __GFP_MEMALLOC |
			   __GFP_NOMEMALLOC | __GFP_KSWAPD_RECLAIM |
			   __GFP_NOWARN,
	}, {
		"try_contig", try_contig,
		.removes = EFFORT, .adds = __GFP_NOWARN,
		.kernel = kvmalloc_easy,
	}, {
		"try_contig, with effort", try_contig_hard,
		.removes = __GFP_NOFAIL,
		.adds = __GFP_NOWARN | __GFP_RETRY_MAYFAIL,
		.kernel = kvmalloc_hard,
	}, {
		"block, ahead of need", block_ahead,
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP |
			   EFFORT | __GFP_KSWAPD_RECLAIM | __GFP_MEMALLOC,
		.adds = __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC,
		.kernel = slub_first,
		.differs = __GFP_ACCOUNT | __GFP_KSWAPD_RECLAIM |
			   __GFP_RETRY_MAYFAIL | __GFP_MEMALLOC |
			   __GFP_NOMEMALLOC,
	}, {
		"block, small, ahead of need", block_ahead_small,
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP |
			   EFFORT | __GFP_KSWAPD_RECLAIM | __GFP_MEMALLOC,
		.adds = __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC,
		.kernel = slub_first,
		.differs = __GFP_ACCOUNT | __GFP_KSWAPD_RECLAIM |
			   __GFP_RETRY_MAYFAIL | __GFP_MEMALLOC |
			   __GFP_NOMEMALLOC,
	}, {
		"block, needed", block_needed,
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP,
		.kernel = slub_slab,
		/* kspan_gfp_heap() removes it. */
		.differs = __GFP_ACCOUNT,
	}, {
		"block, needed, of a costly order", block_needed_costly,
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP,
		.nofail_removes = __GFP_NOFAIL, .nofail_adds = __GFP_NOWARN,
		.kernel = slub_slab,
		/* The kernel warns of __GFP_NOFAIL above order 1. */
		.differs = __GFP_ACCOUNT | __GFP_NOFAIL | __GFP_NOWARN,
	}, {
		"block, needed, of a higher order", block_needed_huge,
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP,
		.nofail_removes = __GFP_NOFAIL, .nofail_adds = __GFP_NOWARN,
		.kernel = kmalloc_large,
		/* Zones that kmalloc_large() has no caches for, but pages. */
		.differs = __GFP_DMA | __GFP_MOVABLE | __GFP_RECLAIMABLE |
			   __GFP_ZERO | __GFP_NOFAIL | __GFP_NOWARN,
	}, {
		"vmalloc", vmalloc_large,
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP,
		.nofail_removes = __GFP_THISNODE,
		/* It is zeroed in pieces, by kspan_zero(). */
		.kernel = as_it_is,
		.differs = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP |
			   __GFP_THISNODE,
	}, {
		"vmalloc, of any node", vmalloc_any_node,
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP |
			   __GFP_THISNODE,
		.kernel = as_it_is,
		.differs = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP |
			   __GFP_THISNODE,
	}, {
		"heap", heap_plain,
		.removes = __GFP_ACCOUNT,
		/* kmalloc() has caches that account. */
		.kernel = as_it_is, .differs = __GFP_ACCOUNT,
	}, {
		"heap of a node", heap_of_node,
		.removes = __GFP_ACCOUNT, .adds = __GFP_THISNODE,
		.nofail_spares = __GFP_THISNODE,
		.kernel = as_it_is, .differs = __GFP_ACCOUNT | __GFP_THISNODE,
	}, {
		"metadata", kspan_gfp_metadata,
		.removes = ZONES | __GFP_ZERO | __GFP_COMP | __GFP_THISNODE |
			   __GFP_ACCOUNT | __GFP_RECLAIMABLE,
		.kernel = slub_descriptor,
		/* SLUB does without, and has it on the slab's node. */
		.differs = __GFP_NOFAIL | __GFP_THISNODE,
	},
};

static gfp_t expected(const struct rule *rule, gfp_t gfp)
{
	bool applies = !(gfp & rule->unless) && !(~gfp & rule->needs);
	gfp_t removes = applies ? rule->removes : 0;
	gfp_t adds = applies ? rule->adds : 0;

	if (gfp & __GFP_NOFAIL) {
		removes |= rule->nofail_removes;
		adds = (adds & ~rule->nofail_spares) | rule->nofail_adds;
	}
	return (gfp & ~removes) | adds;
}

static void policies_do_what_the_table_says(struct kunit *test)
{
	unsigned int r;
	unsigned int i;

	for (r = 0; r < ARRAY_SIZE(rules); r++) {
		const struct rule *rule = &rules[r];

		for (i = 0; i < NR_COMBINATIONS; i++) {
			gfp_t gfp = combination(i);
			gfp_t is = rule->policy(gfp);

			if (is == expected(rule, gfp))
				continue;
			KUNIT_FAIL(test, "%s: %pGg gives %pGg", rule->name,
				   &gfp, &is);
			break;
		}
	}
}

/* A difference that is not in the table is none, nor the other way round. */
static void policies_differ_from_the_kernel_as_the_table_says(struct kunit *test)
{
	unsigned int r;
	unsigned int i;

	for (r = 0; r < ARRAY_SIZE(rules); r++) {
		gfp_t differs = 0;

		for (i = 0; i < NR_COMBINATIONS; i++) {
			gfp_t gfp = combination(i);

			differs |= rules[r].policy(gfp) ^ rules[r].kernel(gfp);
		}
		KUNIT_EXPECT_EQ_MSG(test, (__force u32)differs,
				    (__force u32)rules[r].differs,
				    "%s differs in %pGg, not in %pGg",
				    rules[r].name, &differs, &rules[r].differs);
	}
}

/* The kernel would try for ever under a condition that the caller did not make. */
static void nofail_meets_no_flag_of_ours(struct kunit *test)
{
	unsigned int r;
	unsigned int i;

	for (r = 0; r < ARRAY_SIZE(rules); r++) {
		gfp_t added = 0;

		for (i = 0; i < NR_COMBINATIONS; i++) {
			gfp_t gfp = combination(i);
			gfp_t is = rules[r].policy(gfp);

			if (is & __GFP_NOFAIL)
				added |= is & ~gfp;
		}
		/* Charges never fail for want of it. */
		KUNIT_EXPECT_EQ_MSG(test, (__force u32)(added & ~__GFP_ACCOUNT),
				    0, "%s adds %pGg", rules[r].name, &added);
	}
	for (i = 0; i < NR_COMBINATIONS; i++) {
		gfp_t gfp = kspan_gfp_heap(combination(i), SMALL, true, true);

		if (gfp & __GFP_NOFAIL && gfp & ~combination(i) &
					  ~__GFP_ACCOUNT) {
			KUNIT_FAIL(test, "heap gives %pGg", &gfp);
			break;
		}
	}
}

/* Whatever is done with the flags, a caller gets no right that it has not. */
static void policies_add_no_rights(struct kunit *test)
{
	const gfp_t rights = CONTEXT | __GFP_DIRECT_RECLAIM |
			     __GFP_KSWAPD_RECLAIM | __GFP_MEMALLOC |
			     __GFP_NOFAIL;
	unsigned int r;
	unsigned int i;

	for (r = 0; r < ARRAY_SIZE(rules); r++) {
		gfp_t added = 0;
		gfp_t gfp;

		for (i = 0; i < NR_COMBINATIONS; i++) {
			gfp = combination(i);
			added |= rules[r].policy(gfp) & ~gfp & rights;
		}
		KUNIT_EXPECT_EQ_MSG(test, (__force u32)added, 0, "%s adds %pGg",
				    rules[r].name, &added);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(policies_do_what_the_table_says),
	KUNIT_CASE(policies_differ_from_the_kernel_as_the_table_says),
	KUNIT_CASE(policies_add_no_rights),
	KUNIT_CASE(nofail_meets_no_flag_of_ours),
	{ }
};

struct kunit_suite kit_gfp_suite = {
	.name = "kspan_gfp",
	.test_cases = cases,
};
