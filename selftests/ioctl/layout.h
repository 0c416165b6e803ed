/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The layout of the interface, which 32- and 64-bit callers share. Compiled for
 * both; nothing here has code.
 */
#ifndef KSPAN_SELFTEST_LAYOUT_H
#define KSPAN_SELFTEST_LAYOUT_H

#include <stddef.h>
#include <linux/kspan.h>

#define SIZE(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), #type)
#define AT(type, field, offset) \
	_Static_assert(offsetof(struct type, field) == (offset), \
		       #type "." #field)
#define CODE(request, number) \
	_Static_assert(KSPAN_IOC_##request == (number), #request)

SIZE(kspan_heap_stats, 33 * 8);
AT(kspan_heap_stats, backing_bytes, 0);
AT(kspan_heap_stats, live_bytes, 8);
AT(kspan_heap_stats, cached_bytes, 16);
AT(kspan_heap_stats, span_free_bytes, 24);
AT(kspan_heap_stats, tail_bytes, 32);
AT(kspan_heap_stats, page_free_bytes, 40);
AT(kspan_heap_stats, metadata_bytes, 48);
AT(kspan_heap_stats, live_objects, 56);
AT(kspan_heap_stats, allocs_total, 64);
AT(kspan_heap_stats, frees_total, 72);
AT(kspan_heap_stats, released_bytes_total, 80);
AT(kspan_heap_stats, grown_bytes_total, 88);
AT(kspan_heap_stats, limit_bytes, 96);
AT(kspan_heap_stats, limit_hits_total, 104);
AT(kspan_heap_stats, bad_frees_total, 112);
AT(kspan_heap_stats, refills_total, 120);
AT(kspan_heap_stats, flushes_total, 128);
AT(kspan_heap_stats, spans, 136);
AT(kspan_heap_stats, arenas, 144);
AT(kspan_heap_stats, large_objects, 152);
AT(kspan_heap_stats, large_bytes, 160);
AT(kspan_heap_stats, soft_limit_bytes, 168);
AT(kspan_heap_stats, soft_limit_hits_total, 176);
AT(kspan_heap_stats, reserve_bytes, 184);
AT(kspan_heap_stats, reserve_free_bytes, 192);
AT(kspan_heap_stats, ready_bytes, 200);
AT(kspan_heap_stats, released_background_bytes_total, 208);
AT(kspan_heap_stats, released_pressure_bytes_total, 216);
AT(kspan_heap_stats, released_explicit_bytes_total, 224);
AT(kspan_heap_stats, released_limit_bytes_total, 232);
AT(kspan_heap_stats, retaken_bytes_total, 240);
AT(kspan_heap_stats, stack_overflows_total, 248);
AT(kspan_heap_stats, member_frees_total, 256);

SIZE(kspan_ioc_version, 72);
AT(kspan_ioc_version, nr_classes, 8);
AT(kspan_ioc_version, page_bytes, 12);
AT(kspan_ioc_version, chunk_bytes, 16);
AT(kspan_ioc_version, arena_bytes, 24);
AT(kspan_ioc_version, max_class_bytes, 32);
AT(kspan_ioc_version, reserved, 36);
AT(kspan_ioc_version, version, 40);

SIZE(kspan_heap_entry, 144);
AT(kspan_heap_entry, id, 0);
AT(kspan_heap_entry, limit_bytes, 8);
AT(kspan_heap_entry, backing_bytes, 16);
AT(kspan_heap_entry, live_bytes, 24);
AT(kspan_heap_entry, flags, 32);
AT(kspan_heap_entry, node, 36);
AT(kspan_heap_entry, owner_kind, 40);
AT(kspan_heap_entry, reserved, 44);
AT(kspan_heap_entry, name, 48);
AT(kspan_heap_entry, owner, 80);

SIZE(kspan_ioc_list, 72);
AT(kspan_ioc_list, heap, 8);
AT(kspan_ioc_list, entries, 40);
AT(kspan_ioc_list, entry_bytes, 48);
AT(kspan_ioc_list, capacity, 52);
AT(kspan_ioc_list, count, 56);
AT(kspan_ioc_list, needed, 60);
AT(kspan_ioc_list, cursor, 64);

SIZE(kspan_class_entry, 120);
AT(kspan_class_entry, sizeclass, 0);
AT(kspan_class_entry, size_bytes, 4);
AT(kspan_class_entry, span_pages, 8);
AT(kspan_class_entry, span_objects, 12);
AT(kspan_class_entry, spans, 16);
AT(kspan_class_entry, live_objects, 24);
AT(kspan_class_entry, cached_objects, 32);
AT(kspan_class_entry, free_objects, 40);
AT(kspan_class_entry, tail_bytes, 48);
AT(kspan_class_entry, allocs_total, 56);
AT(kspan_class_entry, frees_total, 64);
AT(kspan_class_entry, refills_total, 72);
AT(kspan_class_entry, flushes_total, 80);
AT(kspan_class_entry, name, 88);

SIZE(kspan_span_entry, 48);
AT(kspan_span_entry, arena, 0);
AT(kspan_span_entry, page, 8);
AT(kspan_span_entry, npages, 12);
AT(kspan_span_entry, sizeclass, 16);
AT(kspan_span_entry, nelems, 20);
AT(kspan_span_entry, size_bytes, 24);
AT(kspan_span_entry, alloc_count, 32);
AT(kspan_span_entry, free_index, 36);
AT(kspan_span_entry, node, 40);
AT(kspan_span_entry, needzero, 44);
AT(kspan_span_entry, reserved, 45);

SIZE(kspan_arena_entry, 24);
AT(kspan_arena_entry, arena, 0);
AT(kspan_arena_entry, chunks, 8);
AT(kspan_arena_entry, owned_pages, 12);
AT(kspan_arena_entry, free_pages, 16);
AT(kspan_arena_entry, longest_free_pages, 20);

SIZE(kspan_ioc_stats, 40 + 33 * 8);
AT(kspan_ioc_stats, heap, 8);
AT(kspan_ioc_stats, stats, 40);

SIZE(kspan_ioc_heap_op, 48);
AT(kspan_ioc_heap_op, heap, 8);
AT(kspan_ioc_heap_op, bytes, 40);

SIZE(kspan_ioc_limit, 72);
AT(kspan_ioc_limit, heap, 8);
AT(kspan_ioc_limit, limit_bytes, 40);
AT(kspan_ioc_limit, soft_limit_bytes, 48);
AT(kspan_ioc_limit, reserve_bytes, 56);
AT(kspan_ioc_limit, which, 64);
AT(kspan_ioc_limit, reserved, 68);

SIZE(kspan_ioc_heap_create, 80);
AT(kspan_ioc_heap_create, heap, 8);
AT(kspan_ioc_heap_create, limit_bytes, 40);
AT(kspan_ioc_heap_create, heap_flags, 48);
AT(kspan_ioc_heap_create, node, 52);
AT(kspan_ioc_heap_create, id, 56);
AT(kspan_ioc_heap_create, soft_limit_bytes, 64);
AT(kspan_ioc_heap_create, min_reserve_bytes, 72);

SIZE(kspan_ioc_alloc, 72);
AT(kspan_ioc_alloc, heap, 8);
AT(kspan_ioc_alloc, bytes, 40);
AT(kspan_ioc_alloc, align, 48);
AT(kspan_ioc_alloc, handle, 56);
AT(kspan_ioc_alloc, usable_bytes, 64);

SIZE(kspan_ioc_free, 16);
AT(kspan_ioc_free, handle, 8);

SIZE(kspan_ioc_rw, 40);
AT(kspan_ioc_rw, handle, 8);
AT(kspan_ioc_rw, offset, 16);
AT(kspan_ioc_rw, bytes, 24);
AT(kspan_ioc_rw, buffer, 32);

SIZE(kspan_gc_stats, 58 * 8);
AT(kspan_gc_stats, cycles_total, 0);
AT(kspan_gc_stats, pause_ns_hist, 8);
AT(kspan_gc_stats, marked_bytes, 328);
AT(kspan_gc_stats, swept_bytes, 336);
AT(kspan_gc_stats, freed_objects_total, 344);
AT(kspan_gc_stats, goal_bytes, 352);
AT(kspan_gc_stats, trigger_bytes, 360);
AT(kspan_gc_stats, assist_ns_total, 368);
AT(kspan_gc_stats, cycles_forced_total, 376);
AT(kspan_gc_stats, mark_ns_total, 384);
AT(kspan_gc_stats, sweep_ns_total, 392);
AT(kspan_gc_stats, cycle_ns, 400);
AT(kspan_gc_stats, overflows_total, 408);
AT(kspan_gc_stats, cleanups_total, 416);
AT(kspan_gc_stats, zombies_total, 424);
AT(kspan_gc_stats, worker_ns_total, 432);
AT(kspan_gc_stats, share_per_mille, 440);
AT(kspan_gc_stats, spared_total, 448);
AT(kspan_gc_stats, swept_by_need_total, 456);

SIZE(kspan_ioc_gc, 48 + 58 * 8);
AT(kspan_ioc_gc, heap, 8);
AT(kspan_ioc_gc, op, 40);
AT(kspan_ioc_gc, reserved, 44);
AT(kspan_ioc_gc, stats, 48);

SIZE(kspan_unreachable_entry, 80);
AT(kspan_unreachable_entry, arena, 0);
AT(kspan_unreachable_entry, offset, 8);
AT(kspan_unreachable_entry, size_bytes, 16);
AT(kspan_unreachable_entry, age_least_ms, 24);
AT(kspan_unreachable_entry, age_most_ms, 32);
AT(kspan_unreachable_entry, sizeclass, 40);
AT(kspan_unreachable_entry, flags, 44);
AT(kspan_unreachable_entry, name, 48);

SIZE(kspan_ioc_unreachable, 88);
AT(kspan_ioc_unreachable, heap, 8);
AT(kspan_ioc_unreachable, entries, 40);
AT(kspan_ioc_unreachable, entry_bytes, 48);
AT(kspan_ioc_unreachable, capacity, 52);
AT(kspan_ioc_unreachable, count, 56);
AT(kspan_ioc_unreachable, interval_ms, 60);
AT(kspan_ioc_unreachable, roots, 64);
AT(kspan_ioc_unreachable, reserved, 68);
AT(kspan_ioc_unreachable, objects, 72);
AT(kspan_ioc_unreachable, bytes, 80);

CODE(VERSION, 0xc048b900);
CODE(HEAPS, 0xc048b901);
CODE(STATS, 0xc130b902);
CODE(CLASSES, 0xc048b903);
CODE(SPANS, 0xc048b904);
CODE(ARENAS, 0xc048b905);
CODE(SCAVENGE, 0xc030b906);
CODE(DRAIN, 0xc030b907);
CODE(LIMIT, 0xc048b908);
CODE(HEAP_CREATE, 0xc050b909);
CODE(HEAP_DESTROY, 0xc030b90a);
CODE(ALLOC, 0xc048b90b);
CODE(FREE, 0xc010b90c);
CODE(READ, 0xc028b90d);
CODE(WRITE, 0xc028b90e);
CODE(GC, 0xc200b90f);
CODE(UNREACHABLE, 0xc058b910);

#undef SIZE
#undef AT
#undef CODE

#endif /* KSPAN_SELFTEST_LAYOUT_H */
