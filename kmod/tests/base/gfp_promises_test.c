// SPDX-License-Identifier: GPL-2.0
/*
 * Flags: what holds for all combinations of them, whichever policy is asked.
 */
#include "base/gfp.h"
#include "tests/base/combination.h"
#include "tests/kit.h"
#include "tests/suites.h"

/* A small block without which it does not go, and a large one for later. */
static gfp_t needed(gfp_t gfp)
{
	return kspan_gfp_block(gfp, SMALL, true);
}

static gfp_t ahead(gfp_t gfp)
{
	return kspan_gfp_block(gfp, HUGE, false);
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

/* What a heap cannot give, it does not give; the rest of the zones goes. */
static bool leaves_a_zone(gfp_t gfp)
{
	return !kspan_gfp_refused(gfp) && kspan_gfp_fix(gfp) & GFP_ZONEMASK;
}

static bool takes_a_zone(gfp_t gfp)
{
	gfp_t taken = needed(gfp) | ahead(gfp) | kspan_gfp_vmalloc(gfp, false) |
		      kspan_gfp_vmalloc(gfp, true) | kspan_gfp_metadata(gfp);

	return taken & GFP_ZONEMASK;
}

static void no_zone_reaches_the_kernel(struct kunit *test)
{
	expect_never(test, leaves_a_zone, "a zone is left");
	expect_never(test, takes_a_zone, "of a zone");
}

/* Only who must not fail strays, and then always. */
static bool strays_from_its_node(gfp_t gfp)
{
	bool may = gfp & __GFP_NOFAIL;

	return kspan_gfp_this_node(gfp, true) == may ||
	       kspan_gfp_this_node(gfp, false) !=
	       (!may && gfp & __GFP_THISNODE) ||
	       kspan_gfp_may_fail(gfp) == may;
}

static bool grows_elsewhere(gfp_t gfp)
{
	if (~kspan_gfp_heap_block(gfp, HUGE, false, false, true) &
	    __GFP_THISNODE)
		return true;
	return !(gfp & __GFP_NOFAIL) &&
	       ~kspan_gfp_heap_block(gfp, COSTLY, true, false, true) &
	       __GFP_THISNODE;
}

static void a_heap_of_a_node_stays_there(struct kunit *test)
{
	expect_never(test, grows_elsewhere, "another node");
	expect_never(test, strays_from_its_node, "another node");
}

/* Nor a condition of the caller's, once the node has been tried. */
static bool insists_for_ever(gfp_t gfp)
{
	gfp_t node = kspan_gfp_try_node(gfp);
	gfp_t both = __GFP_NOFAIL | __GFP_THISNODE;

	return (node & both) == both ||
	       (kspan_gfp_vmalloc(gfp, false) & both) == both ||
	       (kspan_gfp_vmalloc(gfp, true) & both) == both ||
	       kspan_gfp_try_local(gfp) & __GFP_NOFAIL ||
	       kspan_gfp_try_home(gfp) & __GFP_NOFAIL;
}

/* As a heap of a node grows, whatever the size of the block. */
static bool grows_for_ever(gfp_t gfp)
{
	static const unsigned int orders[] = { SMALL, COSTLY, HUGE };
	unsigned int i;

	if (gfp & __GFP_THISNODE || !(gfp & __GFP_NOFAIL))
		return false;
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		if (kspan_gfp_heap_block(gfp, orders[i], true, false, true) &
		    __GFP_THISNODE)
			return true;
	}
	return false;
}

static void nobody_waits_for_one_node(struct kunit *test)
{
	expect_never(test, insists_for_ever, "one node for ever");
	expect_never(test, grows_for_ever, "one node for ever");
}

/* __gfp_pfmemalloc_flags(), without OOM victims */
static bool kernel_gives_reserves(gfp_t gfp, bool task_is)
{
	if (gfp & __GFP_NOMEMALLOC)
		return false;
	return gfp & __GFP_MEMALLOC || task_is;
}

static bool entitles_wrongly(gfp_t gfp)
{
	return kspan_gfp_entitled(gfp, false) !=
	       kernel_gives_reserves(gfp, false) ||
	       kspan_gfp_entitled(gfp, true) != kernel_gives_reserves(gfp, true);
}

/* What anybody is served from. */
static bool fills_from_reserves(gfp_t gfp)
{
	gfp_t shared = kspan_gfp_unentitled(gfp);

	return kernel_gives_reserves(needed(shared), true) ||
	       kernel_gives_reserves(kspan_gfp_block(shared, HUGE, true), true) ||
	       kernel_gives_reserves(ahead(gfp), true);
}

static void reserves_are_for_the_entitled(struct kunit *test)
{
	expect_never(test, entitles_wrongly, "not as the kernel");
	expect_never(test, fills_from_reserves, "from the reserves");
}

/* Without effort, in the background neither. */
static bool wakes_kswapd(gfp_t gfp)
{
	gfp_t tried = ahead(gfp) | kspan_gfp_block(gfp, SMALL, false) |
		      kspan_gfp_try(gfp) | kspan_gfp_try_local(gfp);

	return tried & __GFP_RECLAIM;
}

static void nothing_is_reclaimed_for_a_try(struct kunit *test)
{
	expect_never(test, wakes_kswapd, "reclaims");
}

static bool kills_for_a_cgroup(gfp_t gfp)
{
	gfp_t is = kspan_gfp_heap(gfp, SMALL, true, false);

	if (!(is & __GFP_ACCOUNT))
		return true;
	/* Nothing but these keeps the kernel from killing. */
	if (!(is & (__GFP_NOFAIL | __GFP_NORETRY | __GFP_RETRY_MAYFAIL)))
		return true;
	return (is ^ gfp) & ~(__GFP_ACCOUNT | __GFP_RETRY_MAYFAIL);
}

static bool retries_against_its_will(gfp_t gfp)
{
	gfp_t is = kspan_gfp_heap(gfp, SMALL, true, false);

	return gfp & (__GFP_NOFAIL | __GFP_NORETRY) &&
	       (is ^ gfp) & __GFP_RETRY_MAYFAIL;
}

/* For these nobody is killed, and to retry is dear. */
static bool retries_a_costly_order(gfp_t gfp)
{
	return (kspan_gfp_heap(gfp, HUGE, true, false) ^ gfp) & ~__GFP_ACCOUNT;
}

static void nobody_is_killed_for_a_cgroup(struct kunit *test)
{
	expect_never(test, kills_for_a_cgroup, "killed or not charged");
	expect_never(test, retries_against_its_will, "retries");
	expect_never(test, retries_a_costly_order, "compacts");
}

static bool waits_or_takes_reserves(gfp_t gfp)
{
	gfp_t is = kspan_gfp_heap(ahead(gfp), HUGE, true, true);

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
	gfp_t is = kspan_gfp_heap(kspan_gfp_block(gfp, COSTLY, true), COSTLY, false,
				  false);

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

/* Tries that reclaim nothing keep who made them apart. */
static void a_try_has_the_time_of_its_caller(struct kunit *test)
{
	static const gfp_t patient[] = {
		GFP_KERNEL, GFP_NOFS, GFP_USER, GFP_KERNEL | __GFP_NORETRY,
	};
	static const gfp_t pressed[] = {
		GFP_ATOMIC, GFP_NOWAIT, __GFP_NOWARN, GFP_ATOMIC | __GFP_NOMEMALLOC,
	};
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, kspan_gfp_takes_time(GFP_NOIO));
	for (i = 0; i < ARRAY_SIZE(patient); i++) {
		gfp_t gfp = patient[i];

		KUNIT_EXPECT_TRUE(test, kspan_gfp_takes_time(gfp));
		KUNIT_EXPECT_TRUE(test, kspan_gfp_takes_time(kspan_gfp_try(gfp)));
		KUNIT_EXPECT_TRUE(test, kspan_gfp_takes_time(kspan_gfp_try_local(gfp)));
		KUNIT_EXPECT_FALSE(test, kspan_gfp_takes_time(kspan_gfp_unentitled(gfp)));
	}
	for (i = 0; i < ARRAY_SIZE(pressed); i++) {
		gfp_t gfp = pressed[i];

		KUNIT_EXPECT_FALSE(test, kspan_gfp_takes_time(gfp));
		KUNIT_EXPECT_FALSE(test, kspan_gfp_takes_time(kspan_gfp_try(gfp)));
		KUNIT_EXPECT_FALSE(test, kspan_gfp_takes_time(kspan_gfp_try_local(gfp)));
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(no_zone_reaches_the_kernel),
	KUNIT_CASE(nobody_waits_for_one_node),
	KUNIT_CASE(nothing_is_reclaimed_for_a_try),
	KUNIT_CASE(reserves_are_for_the_entitled),
	KUNIT_CASE(a_heap_of_a_node_stays_there),
	KUNIT_CASE(nobody_is_killed_for_a_cgroup),
	KUNIT_CASE(nobody_waits_for_what_is_not_needed),
	KUNIT_CASE(nofail_is_for_small_blocks),
	KUNIT_CASE(a_try_has_the_time_of_its_caller),
	{ }
};

struct kunit_suite kit_gfp_promises_suite = {
	.name = "kspan_gfp_promises",
	.test_cases = cases,
};
