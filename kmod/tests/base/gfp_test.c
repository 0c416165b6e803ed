// SPDX-License-Identifier: GPL-2.0
/*
 * Flags: all combinations of those that matter, through every policy. A policy
 * is described by what it takes away and adds; beside it stands what the kernel
 * does with the same flags in the same place, and in which of them kspan differs
 * from that. Rules that hold for many policies at once have tests of their own.
 */
#include <linux/mmzone.h>

#include "base/gfp.h"
#include "tests/kit.h"
#include "tests/suites.h"

/* Flags of which no policy thinks; they stand and fall together. */
#define CONTEXT	(__GFP_HIGH | __GFP_IO | __GFP_FS)
/* As in mm/internal.h. */
#define SLAB_FIXES	(__GFP_DMA32 | __GFP_HIGHMEM)
#define RECLAIM_MASK							\
	(__GFP_RECLAIM | CONTEXT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL |	\
	 __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC |		\
	 __GFP_NOMEMALLOC | __GFP_NOLOCKDEP)
#define CONSTRAINT_MASK	(__GFP_HARDWALL | __GFP_THISNODE)

static const gfp_t flags_that_matter[] = {
	__GFP_DMA, __GFP_HIGHMEM, __GFP_DMA32, __GFP_MOVABLE,
	__GFP_RECLAIMABLE, __GFP_ZERO, __GFP_COMP, __GFP_ACCOUNT,
	__GFP_DIRECT_RECLAIM, __GFP_KSWAPD_RECLAIM, __GFP_NOWARN,
	__GFP_NORETRY, __GFP_RETRY_MAYFAIL, __GFP_NOFAIL,
	__GFP_MEMALLOC, __GFP_NOMEMALLOC, __GFP_THISNODE, CONTEXT,
};

enum {
	NR_COMBINATIONS	= 1 << ARRAY_SIZE(flags_that_matter),
	/* A small block, the largest that is reclaimed for, and one above. */
	SMALL		= 1,
	COSTLY		= PAGE_ALLOC_COSTLY_ORDER,
	HUGE		= PAGE_ALLOC_COSTLY_ORDER + 1,
};

static gfp_t combination(unsigned int i)
{
	gfp_t gfp = 0;
	unsigned int bit;

	for (bit = 0; bit < ARRAY_SIZE(flags_that_matter); bit++) {
		if (i & BIT(bit))
			gfp |= flags_that_matter[bit];
	}
	return gfp;
}

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

/* kmalloc_gfp_adjust(), above a page */
static gfp_t kvmalloc_first(gfp_t gfp)
{
	gfp |= __GFP_NOWARN;
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp |= __GFP_NORETRY;
	return gfp & ~__GFP_NOFAIL;
}

static gfp_t as_it_is(gfp_t gfp)
{
	return gfp;
}

/* kmalloc_fix_flags() */
static gfp_t slub_bug(gfp_t gfp)
{
	return gfp & SLAB_FIXES;
}

static gfp_t slub_fix(gfp_t gfp)
{
	return gfp & ~SLAB_FIXES;
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
	return kspan_gfp_heap(gfp, false, false);
}

static gfp_t heap_of_node(gfp_t gfp)
{
	return kspan_gfp_heap(gfp, false, true);
}

static gfp_t heap_accounts(gfp_t gfp)
{
	return kspan_gfp_heap(gfp, true, false);
}

/**
 * struct rule - a policy, and what is expected of it
 * @name: its name
 * @policy: the policy
 * @removes: always taken away
 * @adds: always added
 * @unless: with one of these neither happens
 * @kernel: what the kernel does in its place
 * @differs: the flags in which the two answers are not always the same
 */
struct rule {
	const char	*name;
	gfp_t		(*policy)(gfp_t gfp);
	gfp_t		removes;
	gfp_t		adds;
	gfp_t		unless;
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
		.removes = ~(__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM),
		.kernel = slub_bug,
		/* SLUB has caches for these. */
		.differs = __GFP_DMA,
	}, {
		"any_node", kspan_gfp_any_node,
		.removes = __GFP_THISNODE,
		/* With one node it makes no difference. */
		.kernel = as_it_is, .differs = __GFP_THISNODE,
	}, {
		"try", kspan_gfp_try,
		.removes = __GFP_DIRECT_RECLAIM | __GFP_NOFAIL,
		.adds = __GFP_NOWARN,
		.kernel = slub_first,
		.differs = UNFILTERED | __GFP_KSWAPD_RECLAIM | __GFP_NORETRY |
			   __GFP_NOMEMALLOC,
	}, {
		"try_local", kspan_gfp_try_local,
		.removes = __GFP_NOFAIL,
		.adds = __GFP_THISNODE | __GFP_NOWARN,
		.kernel = slub_node,
		.differs = UNFILTERED | EFFORT | CONTEXT | __GFP_NORETRY |
			   __GFP_MEMALLOC | __GFP_NOMEMALLOC |
			   __GFP_KSWAPD_RECLAIM | __GFP_NOWARN,
	}, {
		"try_node", kspan_gfp_try_node,
		.adds = __GFP_THISNODE | __GFP_NOWARN,
		.unless = __GFP_THISNODE,
		.kernel = slub_node,
		.differs = UNFILTERED | EFFORT | CONTEXT | __GFP_NORETRY |
			   __GFP_MEMALLOC | __GFP_NOMEMALLOC |
			   __GFP_KSWAPD_RECLAIM,
	}, {
		"try_contig", kspan_gfp_try_contig,
		.removes = __GFP_NOFAIL, .adds = __GFP_NOWARN,
		.kernel = kvmalloc_first,
		/* It is for kspan_gfp_block() to say how hard to try. */
		.differs = __GFP_NORETRY,
	}, {
		"block, ahead of need", block_ahead,
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP |
			   EFFORT | __GFP_MEMALLOC,
		.adds = __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC,
		.kernel = slub_first,
		.differs = __GFP_ACCOUNT | __GFP_KSWAPD_RECLAIM |
			   __GFP_RETRY_MAYFAIL | __GFP_MEMALLOC |
			   __GFP_NOMEMALLOC,
	}, {
		"block, small, ahead of need", block_ahead_small,
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP |
			   EFFORT | __GFP_MEMALLOC,
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
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP |
			   __GFP_NOFAIL,
		.kernel = slub_slab,
		/* The kernel warns of __GFP_NOFAIL above order 1. */
		.differs = __GFP_ACCOUNT | __GFP_NOFAIL,
	}, {
		"block, needed, of a higher order", block_needed_huge,
		.removes = ZONES | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP |
			   EFFORT | __GFP_MEMALLOC,
		.adds = __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC,
		.kernel = kmalloc_large,
		/* Zones that kmalloc_large() has no caches for, but pages. */
		.differs = __GFP_DMA | __GFP_MOVABLE | __GFP_RECLAIMABLE |
			   __GFP_ZERO | EFFORT | __GFP_MEMALLOC |
			   __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC,
	}, {
		"vmalloc", vmalloc_large,
		.removes = __GFP_ZERO,
		/* It is zeroed in pieces, by kspan_zero(). */
		.kernel = as_it_is, .differs = __GFP_ZERO,
	}, {
		"vmalloc, of any node", vmalloc_any_node,
		.removes = __GFP_ZERO | __GFP_THISNODE,
		.kernel = as_it_is, .differs = __GFP_ZERO | __GFP_THISNODE,
	}, {
		"heap", heap_plain,
		.removes = __GFP_ACCOUNT,
		/* kmalloc() has caches that account. */
		.kernel = as_it_is, .differs = __GFP_ACCOUNT,
	}, {
		"heap of a node", heap_of_node,
		.removes = __GFP_ACCOUNT, .adds = __GFP_THISNODE,
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
	if (gfp & rule->unless)
		return gfp;
	return (gfp & ~rule->removes) | rule->adds;
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

/* Calls @broken with every combination, and names the first that it finds so. */
static void expect_never(struct kunit *test, bool (*broken)(gfp_t gfp),
			 const char *what)
{
	unsigned int i;

	for (i = 0; i < NR_COMBINATIONS; i++) {
		gfp_t gfp = combination(i);

		if (broken(gfp)) {
			KUNIT_FAIL(test, "%s with %pGg", what, &gfp);
			return;
		}
	}
}

static bool fixes_wrongly(gfp_t gfp)
{
	if (kspan_gfp_refused(gfp))
		return kspan_gfp_fix(gfp) != (gfp & ~GFP_ZONEMASK);
	return kspan_gfp_fix(gfp) != gfp ||
	       gfp & (SLAB_FIXES | __GFP_DMA);
}

static void refused_flags_are_taken_away(struct kunit *test)
{
	expect_never(test, fixes_wrongly, "not fixed");
	KUNIT_EXPECT_EQ(test, (__force u32)slub_fix(GFP_KERNEL | __GFP_DMA32),
			(__force u32)kspan_gfp_fix(GFP_KERNEL | __GFP_DMA32));
}

static bool strays_from_its_node(gfp_t gfp)
{
	return !kspan_gfp_this_node(gfp, true) ||
	       kspan_gfp_this_node(gfp, false) != !!(gfp & __GFP_THISNODE);
}

static void a_heap_of_a_node_stays_there(struct kunit *test)
{
	expect_never(test, strays_from_its_node, "another node");
}

static bool kills_for_a_cgroup(gfp_t gfp)
{
	gfp_t is = kspan_gfp_heap(gfp, true, false);

	if (!(is & __GFP_ACCOUNT))
		return true;
	/* Nothing but these keeps the kernel from killing. */
	if (!(is & (__GFP_NOFAIL | __GFP_NORETRY | __GFP_RETRY_MAYFAIL)))
		return true;
	return (is ^ gfp) & ~(__GFP_ACCOUNT | __GFP_RETRY_MAYFAIL);
}

static bool retries_against_its_will(gfp_t gfp)
{
	gfp_t is = heap_accounts(gfp);

	return gfp & (__GFP_NOFAIL | __GFP_NORETRY) &&
	       (is ^ gfp) & __GFP_RETRY_MAYFAIL;
}

static void nobody_is_killed_for_a_cgroup(struct kunit *test)
{
	expect_never(test, kills_for_a_cgroup, "killed or not charged");
	expect_never(test, retries_against_its_will, "retries");
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

static bool waits_or_takes_reserves(gfp_t gfp)
{
	gfp_t is = kspan_gfp_heap(block_ahead(gfp), true, true);

	return is & (__GFP_DIRECT_RECLAIM | __GFP_MEMALLOC | __GFP_NOFAIL |
		     __GFP_RETRY_MAYFAIL) ||
	       ~is & (__GFP_NOWARN | __GFP_NOMEMALLOC | __GFP_NORETRY);
}

static void nobody_waits_for_what_is_not_needed(struct kunit *test)
{
	expect_never(test, waits_or_takes_reserves, "waits or takes reserves");
}

static bool insists_on_too_much(gfp_t gfp)
{
	gfp_t is = kspan_gfp_heap(block_needed_costly(gfp), false, false);

	return is & __GFP_NOFAIL;
}

/* The kernel warns of it. */
static void nofail_is_for_small_blocks(struct kunit *test)
{
	expect_never(test, insists_on_too_much, "cannot fail");
	KUNIT_EXPECT_TRUE(test, kspan_gfp_block(GFP_KERNEL | __GFP_NOFAIL, 1,
						true) & __GFP_NOFAIL);
	KUNIT_EXPECT_FALSE(test, kspan_gfp_block(GFP_KERNEL | __GFP_NOFAIL, 2,
						 true) & __GFP_NOFAIL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(policies_do_what_the_table_says),
	KUNIT_CASE(policies_differ_from_the_kernel_as_the_table_says),
	KUNIT_CASE(policies_add_no_rights),
	KUNIT_CASE(refused_flags_are_taken_away),
	KUNIT_CASE(a_heap_of_a_node_stays_there),
	KUNIT_CASE(nobody_is_killed_for_a_cgroup),
	KUNIT_CASE(nobody_waits_for_what_is_not_needed),
	KUNIT_CASE(nofail_is_for_small_blocks),
	{ }
};

struct kunit_suite kit_gfp_suite = {
	.name = "kspan_gfp",
	.test_cases = cases,
};
