/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSPAN_WORDS_H
#define _KSPAN_WORDS_H

#include <linux/compiler.h>
#include <linux/types.h>

/*
 * Copies words of memory that others may be writing to, and that may have gaps which
 * KASAN guards, as between variables.
 */
static inline void kspan_copy_words(unsigned long *words, unsigned long addr,
				    size_t nwords)
{
	const unsigned long *from = (const unsigned long *)addr;
	size_t i;

	for (i = 0; i < nwords; i++)
		words[i] = READ_ONCE_NOCHECK(from[i]);
}

#endif /* _KSPAN_WORDS_H */
