/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSPAN_SUITES_H
#define _KSPAN_SUITES_H

#include <kunit/test.h>

extern struct kunit_suite kit_sizeclass_suite;
extern struct kunit_suite kit_pagebits_suite;
extern struct kunit_suite kit_row_suite;
extern struct kunit_suite kit_span_suite;
extern struct kunit_suite kit_mark_suite;
extern struct kunit_suite kit_pageheap_suite;
extern struct kunit_suite kit_release_suite;
extern struct kunit_suite kit_arena_suite;
extern struct kunit_suite kit_backing_suite;
extern struct kunit_suite kit_shelf_suite;
extern struct kunit_suite kit_cpucache_suite;
extern struct kunit_suite kit_neighbour_suite;
extern struct kunit_suite kit_alloc_suite;
extern struct kunit_suite kit_bulk_suite;
extern struct kunit_suite kit_object_suite;
extern struct kunit_suite kit_copy_suite;
extern struct kunit_suite kit_pool_suite;
extern struct kunit_suite kit_rcu_suite;
extern struct kunit_suite kit_devres_suite;
extern struct kunit_suite kit_stack_suite;
extern struct kunit_suite kit_frame_suite;
extern struct kunit_suite kit_lent_suite;
extern struct kunit_suite kit_checked_suite;
extern struct kunit_suite kit_region_suite;
extern struct kunit_suite kit_stats_suite;
extern struct kunit_suite kit_grace_suite;
extern struct kunit_suite kit_report_suite;
extern struct kunit_suite kit_stale_suite;
extern struct kunit_suite kit_owner_suite;
extern struct kunit_suite kit_heap_suite;
extern struct kunit_suite kit_lifetime_suite;
extern struct kunit_suite kit_ending_suite;
extern struct kunit_suite kit_limit_suite;
extern struct kunit_suite kit_bounds_suite;
extern struct kunit_suite kit_hotplug_suite;
extern struct kunit_suite kit_fault_suite;
extern struct kunit_suite kit_poison_suite;
extern struct kunit_suite kit_numa_suite;
extern struct kunit_suite kit_contexts_suite;
extern struct kunit_suite kit_fragmentation_suite;
extern struct kunit_suite kit_goal_suite;
extern struct kunit_suite kit_gfp_suite;
extern struct kunit_suite kit_gfp_promises_suite;
extern struct kunit_suite kit_scarce_suite;
extern struct kunit_suite kit_entitled_suite;
extern struct kunit_suite kit_scavenge_suite;
extern struct kunit_suite kit_huge_suite;
extern struct kunit_suite kit_idle_suite;
extern struct kunit_suite kit_kick_suite;
extern struct kunit_suite kit_supply_suite;
extern struct kunit_suite kit_relief_suite;
extern struct kunit_suite kit_reserve_suite;
extern struct kunit_suite kit_scale_suite;
extern struct kunit_suite kit_verify_suite;
extern struct kunit_suite kit_cache_suite;
extern struct kunit_suite kit_exact_suite;
extern struct kunit_suite kit_cache_race_suite;
extern struct kunit_suite kit_prefill_suite;
extern struct kunit_suite kit_cache_life_suite;

#endif /* _KSPAN_SUITES_H */
