/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSPAN_ZERO_H
#define _KSPAN_ZERO_H

#include <linux/gfp.h>

void kspan_zero(void *p, size_t size_bytes, gfp_t gfp);

#endif /* _KSPAN_ZERO_H */
