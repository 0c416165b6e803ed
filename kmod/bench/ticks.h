/* SPDX-License-Identifier: GPL-2.0 */
/* The clock: it counts cycles, or instructions where an emulator says so. */
#ifndef _KSPAN_BENCH_TICKS_H
#define _KSPAN_BENCH_TICKS_H

#include <linux/types.h>

#ifdef CONFIG_UML
#include <linux/timekeeping.h>

/* User-mode Linux has the instruction, but none of x86's code around it. */
static __always_inline u64 bench_ticks(void)
{
	u32 low, high;

	asm volatile("lfence\n\trdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

static inline u64 bench_ticks_per_ms(void)
{
	u64 start_ns = ktime_get_ns();
	u64 start = bench_ticks();

	while (ktime_get_ns() - start_ns < NSEC_PER_MSEC)
		cpu_relax();
	return bench_ticks() - start;
}
#else
#include <asm/msr.h>
#include <asm/tsc.h>

static __always_inline u64 bench_ticks(void)
{
	return rdtsc_ordered();
}

static inline u64 bench_ticks_per_ms(void)
{
	return tsc_khz;
}
#endif

#endif /* _KSPAN_BENCH_TICKS_H */
