/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The heaps in the format of /proc/slabinfo, for programs that read that.
 */
#ifndef _KSPAN_SLABINFO_H
#define _KSPAN_SLABINFO_H

struct dentry;

void kspan_slabinfo_add(struct dentry *dir);

#endif /* _KSPAN_SLABINFO_H */
