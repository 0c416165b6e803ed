/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a function does with its arguments, for the escape analysis of "make escape".
 * Everything here is empty without its plugin; see Documentation/escape.rst.
 *
 * An annotation is believed. Of a function that has one, and is defined where the
 * analysis cannot see it, arguments without an annotation escape.
 *
 *	void see(const void *p __kspan_noescape);
 *	void *first(void *p, void *q __kspan_noescape) __kspan_returns_arg(0);
 */
#ifndef _LINUX_KSPAN_ESCAPE_H
#define _LINUX_KSPAN_ESCAPE_H

#ifndef __has_attribute
#define __has_attribute(x)	0
#endif

#if __has_attribute(kspan_noescape)
/* of a parameter: neither its object nor what that leads to is known afterwards */
#define __kspan_noescape	__attribute__((kspan_noescape))
/* of a parameter: its object may be known anywhere */
#define __kspan_escapes		__attribute__((kspan_escapes))
/* of a parameter: its object is freed on every path */
#define __kspan_frees		__attribute__((kspan_frees))
/* of a parameter: a device reads or writes its object */
#define __kspan_dma		__attribute__((kspan_dma))
/* of a function: it returns argument n; the first is 0 */
#define __kspan_returns_arg(n)	__attribute__((kspan_returns_arg(n)))
/* of a function, or a variable that gets a new object: objects stay on the heap */
#define __kspan_keep		__attribute__((kspan_keep))

#else
#define __kspan_noescape
#define __kspan_escapes
#define __kspan_frees
#define __kspan_dma
#define __kspan_returns_arg(n)
#define __kspan_keep
#endif

#endif
