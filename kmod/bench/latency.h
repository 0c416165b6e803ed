/* SPDX-License-Identifier: GPL-2.0 */
/* How long an allocation takes beside what else goes on in the heap. */
#ifndef _KSPAN_BENCH_LATENCY_H
#define _KSPAN_BENCH_LATENCY_H

struct dentry;
struct mutex;

/*
 * Makes two files. "latency" takes "MODE SECONDS" and shows of the last run
 * "MODE ALLOCS P50 P99 P999 MAX RELEASED" in nanoseconds and bytes. There was a
 * peak; the mode says what became of what it left:
 *
 *	rest		it has gone back, and nothing goes on
 *	background	the heap is giving it back of its own
 *	explicit	it has gone back, and a thread asks for all that is free
 *
 * "stretch" takes "KILOBYTES" or "KILOBYTES zeroed", allocates so much, frees it,
 * and shows "KILOBYTES ALLOC STRETCH FREE_STRETCH IDLE": nanoseconds of the
 * allocation, and for how long another task could not have the CPU in it, in the
 * free, and without both.
 */
void bench_latency_init(struct dentry *dir, struct mutex *running);
void bench_stretch_init(struct dentry *dir, struct mutex *running);

#endif /* _KSPAN_BENCH_LATENCY_H */
