/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verify: walks all pages and spans of a heap and recounts.
 */
#ifndef _KSPAN_VERIFY_H
#define _KSPAN_VERIFY_H

struct kspan_heap;
struct seq_file;

enum {
	KSPAN_VERIFY_BUSY = -1,
};

int kspan_verify(struct kspan_heap *heap, struct seq_file *m);

#endif /* _KSPAN_VERIFY_H */
