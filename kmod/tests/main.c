// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#include "tests/suites.h"

/* One a line, so that two branches that add one each can be merged. */
kunit_test_suites(&kit_sizeclass_suite,
		  &kit_pagebits_suite,
		  &kit_row_suite,
		  &kit_span_suite,
		  &kit_mark_suite,
		  &kit_pageheap_suite,
		  &kit_release_suite,
		  &kit_arena_suite,
		  &kit_backing_suite,
		  &kit_shelf_suite,
		  &kit_cpucache_suite,
		  &kit_neighbour_suite,
		  &kit_alloc_suite,
		  &kit_bulk_suite,
		  &kit_cache_suite,
		  &kit_cache_race_suite,
		  &kit_prefill_suite,
		  &kit_cache_life_suite,
		  &kit_object_suite,
		  &kit_copy_suite,
		  &kit_pool_suite,
		  &kit_rcu_suite,
		  &kit_devres_suite,
		  &kit_stats_suite,
		  &kit_grace_suite,
		  &kit_report_suite,
		  &kit_stale_suite,
		  &kit_owner_suite,
		  &kit_heap_suite,
		  &kit_lifetime_suite,
		  &kit_ending_suite,
		  &kit_limit_suite,
		  &kit_bounds_suite,
		  &kit_hotplug_suite,
		  &kit_fault_suite,
		  &kit_poison_suite,
		  &kit_numa_suite,
		  &kit_fragmentation_suite,
		  &kit_gfp_suite,
		  &kit_gfp_promises_suite,
		  &kit_goal_suite,
		  &kit_scarce_suite,
		  &kit_entitled_suite,
		  &kit_scavenge_suite,
		  &kit_huge_suite,
		  &kit_idle_suite,
		  &kit_kick_suite,
		  &kit_supply_suite,
		  &kit_relief_suite,
		  &kit_reserve_suite,
		  &kit_scale_suite,
		  &kit_verify_suite,
		  &kit_contexts_suite);

MODULE_DESCRIPTION("KUnit suites of kspan");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
