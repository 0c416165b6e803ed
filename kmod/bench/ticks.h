/* SPDX-License-Identifier: GPL-2.0 */
/* The clock: it counts cycles, or instructions where an emulator says so. */
#ifndef _KSPAN_BENCH_TICKS_H
#define _KSPAN_BENCH_TICKS_H

#include <linux/types.h>
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

#endif /* _KSPAN_BENCH_TICKS_H */
