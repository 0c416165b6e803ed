// SPDX-License-Identifier: GPL-2.0
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "base/zero.h"

enum {
	ZERO_PIECE_BYTES = 256 << 10,
};

/**
 * kspan_zero() - zero memory without holding up the CPU
 * @p: what
 * @size_bytes: how much
 * @gfp: whether the caller may sleep
 */
void kspan_zero(void *p, size_t size_bytes, gfp_t gfp)
{
	while (size_bytes) {
		size_t piece = min_t(size_t, size_bytes, ZERO_PIECE_BYTES);

		memset(p, 0, piece);
		p += piece;
		size_bytes -= piece;
		if (size_bytes && gfpflags_allow_blocking(gfp))
			cond_resched();
	}
}
