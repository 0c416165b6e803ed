/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handles: objects that user space holds through an open file of /dev/kspan.
 */
#ifndef _KSPAN_HANDLE_H
#define _KSPAN_HANDLE_H

#include <linux/types.h>

struct kspan_handles;
struct kspan_heap;
struct kspan_ioc_alloc;
struct kspan_ioc_rw;

struct kspan_handles *kspan_handles_new(void);
void kspan_handles_delete(struct kspan_handles *handles);
void kspan_handles_forget(struct kspan_heap *heap);
void kspan_handles_tell(struct kspan_heap *heap,
			void (*fn)(const void *p, void *arg), void *arg);
int kspan_handle_alloc(struct kspan_handles *handles, struct kspan_heap *heap,
		       struct kspan_ioc_alloc *alloc);
int kspan_handle_free(struct kspan_handles *handles, u64 handle);
int kspan_handle_read(struct kspan_handles *handles,
		      const struct kspan_ioc_rw *rw);
int kspan_handle_write(struct kspan_handles *handles,
		       const struct kspan_ioc_rw *rw);

#endif /* _KSPAN_HANDLE_H */
