/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The code is written for the newest supported kernel; what older ones lack is
 * made up for here, and nowhere else.
 */
#ifndef _KSPAN_COMPAT_H
#define _KSPAN_COMPAT_H

#include <linux/export.h>
#include <linux/mmzone.h>
#include <linux/objtool.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#include <kunit/visibility.h>
#else
#define VISIBLE_IF_KUNIT static
#define EXPORT_SYMBOL_IF_KUNIT(symbol)
#endif

#ifndef MAX_PAGE_ORDER
/* Before 6.8 the limit had another name, and before 6.4 it was exclusive. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define MAX_PAGE_ORDER	(MAX_ORDER - 1)
#else
#define MAX_PAGE_ORDER	MAX_ORDER
#endif
#endif

#ifndef ANNOTATE_NOENDBR_SYM
/* Before 6.15 only the place it stands at could be annotated. */
#define ANNOTATE_NOENDBR_SYM(symbol)					\
	asm(".pushsection .discard.noendbr\n\t"			\
	    ".long " #symbol "\n\t"					\
	    ".popsection\n\t")
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
/* A queue without WQ_UNBOUND needs no flag to be one of each CPU. */
#define WQ_PERCPU 0
#endif

/* Since 6.10 a tracepoint's string knows its source. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define kspan_assign_str(dst, src) __assign_str(dst, src)
#else
#define kspan_assign_str(dst, src) __assign_str(dst)
#endif

#endif /* _KSPAN_COMPAT_H */
