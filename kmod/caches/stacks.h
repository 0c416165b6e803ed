/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stacks that wait to be borrowed: a few on each CPU. They are out of use but not
 * free, as slots in magazines are, and go back to the heap on the same occasions.
 */
#ifndef _KSPAN_STACKS_H
#define _KSPAN_STACKS_H

#include <linux/types.h>

struct kspan_stack_body;
struct kspan_storage;

struct kspan_stack_body *kspan_stacks_take(struct kspan_storage *storage);
bool kspan_stacks_stow(struct kspan_storage *storage,
		       struct kspan_stack_body *body);
void kspan_stacks_defer(struct kspan_storage *storage,
			struct kspan_stack_body *body);
void kspan_stacks_drain(struct kspan_storage *storage);
void kspan_stacks_strip_dead(struct kspan_storage *storage, unsigned int cpu);
bool kspan_stacks_any(struct kspan_storage *storage, unsigned int cpu);
u64 kspan_stacks_gets(struct kspan_storage *storage, unsigned int cpu);
u64 kspan_stacks_puts(struct kspan_storage *storage, unsigned int cpu);
u64 kspan_stacks_idle_bytes(struct kspan_storage *storage, u64 nstacks);

#endif /* _KSPAN_STACKS_H */
