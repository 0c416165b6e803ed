/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSPAN_GC_FREE_H
#define _KSPAN_GC_FREE_H

#include <linux/types.h>

bool kspan_gc_free(void *p);

#endif /* _KSPAN_GC_FREE_H */
