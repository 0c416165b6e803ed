/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scavenger: gives free pages back to the kernel. In the background what was
 * not needed of late, above a limit what is too much, and what somebody asks
 * for.
 *
 * It takes one block at a time out of a page heap, and gives it to the kernel
 * without a lock; so any number of scavengers may be at work on a heap, and
 * nobody waits for them.
 */
#ifndef _KSPAN_SCAVENGE_H
#define _KSPAN_SCAVENGE_H

#include <linux/types.h>

#include "base/goal.h"
#include "pages/account.h"

struct kspan_giver;
struct kspan_node_heap;
struct kspan_source;
struct kspan_storage;

/**
 * struct kspan_scavenger_stats - the background's work since the module is loaded
 * @ticks: how often it was woken
 * @spent_ns: CPU time it has used
 */
struct kspan_scavenger_stats {
	u64	ticks;
	u64	spent_ns;
};

extern bool kspan_scavenger_background;

size_t kspan_scavenge(struct kspan_storage *storage, size_t bytes);
void kspan_scavenger_kick(void);
void kspan_scavenger_wake_now(void);
void kspan_scavenger_read(struct kspan_scavenger_stats *stats);
unsigned long kspan_scavenge_node(struct kspan_node_heap *nh,
				  unsigned int flags, unsigned long npages,
				  enum kspan_release_reason reason,
				  struct kspan_pace *pace);
void kspan_scavenge_range(struct kspan_storage *storage, unsigned long start,
			  unsigned long end);
void kspan_scavenge_soon(struct kspan_giver *giver);
void kspan_scavenge_await(struct kspan_source *source);
int kspan_scavenger_init(void);
void kspan_scavenger_exit(void);

#if IS_ENABLED(CONFIG_KUNIT)
bool kspan_scavenger_kicked(void);
#endif

#endif /* _KSPAN_SCAVENGE_H */
