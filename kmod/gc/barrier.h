/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSPAN_GC_BARRIER_H
#define _KSPAN_GC_BARRIER_H

#include <linux/types.h>

void kspan_barrier_set(bool on);

#endif /* _KSPAN_GC_BARRIER_H */
