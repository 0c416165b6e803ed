// SPDX-License-Identifier: GPL-2.0
/*
 * Copies: of memory, strings and formatted text, of the kernel and of user space.
 * Each does what the kernel's function of the same name does, with a heap.
 */
#include <linux/kernel.h>
#include <linux/kspan.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "api/alloc.h"

/* What user space has asked for, and may be as large as it likes. */
#define COPY_GFP_USER	(GFP_USER | __GFP_NOWARN)

/* A copy of @len bytes that ends in a NUL. */
static char *copy_text(struct kspan_heap *heap, const char *s, size_t len,
		       gfp_t gfp)
{
	char *copy = __kspan_alloc(heap, len + 1, gfp);

	if (!copy)
		return NULL;
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

/**
 * kspan_memdup() - copy memory
 * @heap: where to
 * @src: what is copied
 * @size: its bytes
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_alloc().
 * Return: the copy; ZERO_SIZE_PTR for size 0; NULL as kspan_alloc().
 */
void *kspan_memdup(struct kspan_heap *heap, const void *src, size_t size,
		   gfp_t gfp)
{
	void *p = __kspan_alloc(heap, size, gfp);

	if (p)
		memcpy(p, src, size);
	return p;
}
EXPORT_SYMBOL_GPL(kspan_memdup);

/**
 * kspan_memdup_user() - copy memory of user space
 * @heap: where to
 * @usrc: what is copied
 * @size: its bytes
 *
 * Context: Process context; sleeps, and may wait for user space's memory. Otherwise
 * as kspan_alloc() with GFP_USER.
 * Return: the copy; ZERO_SIZE_PTR for size 0; ERR_PTR: -ENOMEM without memory or at
 * the heap's limit, -EFAULT if not all of it can be read.
 */
void *kspan_memdup_user(struct kspan_heap *heap, const void __user *usrc,
			size_t size)
{
	void *p = __kspan_alloc(heap, size, COPY_GFP_USER);

	if (!p)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(p, usrc, size)) {
		kspan_free(p);
		return ERR_PTR(-EFAULT);
	}
	return p;
}
EXPORT_SYMBOL_GPL(kspan_memdup_user);

/**
 * kspan_strdup() - copy a string
 * @heap: where to
 * @s: the string, or NULL
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_alloc().
 * Return: the copy; NULL for NULL, and as kspan_alloc().
 */
char *kspan_strdup(struct kspan_heap *heap, const char *s, gfp_t gfp)
{
	return s ? copy_text(heap, s, strlen(s), gfp) : NULL;
}
EXPORT_SYMBOL_GPL(kspan_strdup);

/**
 * kspan_strndup() - copy the beginning of a string
 * @heap: where to
 * @s: the string, which need not end within @max bytes; or NULL
 * @max: bytes that are copied at most, and a NUL behind them
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_alloc().
 * Return: the copy; NULL for NULL, and as kspan_alloc().
 */
char *kspan_strndup(struct kspan_heap *heap, const char *s, size_t max,
		    gfp_t gfp)
{
	return s ? copy_text(heap, s, strnlen(s, max), gfp) : NULL;
}
EXPORT_SYMBOL_GPL(kspan_strndup);

/**
 * kspan_strndup_user() - copy a string of user space
 * @heap: where to
 * @us: the string
 * @max: bytes that it may have, its NUL included
 *
 * Context: As kspan_memdup_user().
 * Return: the copy; ERR_PTR: -ENOMEM without memory or at the heap's limit, -EFAULT
 * if it cannot be read, -EINVAL if it is longer.
 */
char *kspan_strndup_user(struct kspan_heap *heap, const char __user *us,
			 long max)
{
	long size = strnlen_user(us, max);
	char *copy;

	if (!size)
		return ERR_PTR(-EFAULT);
	if (size > max)
		return ERR_PTR(-EINVAL);
	copy = kspan_memdup_user(heap, us, size);
	/* It may have grown since it was measured. */
	if (!IS_ERR(copy))
		copy[size - 1] = '\0';
	return copy;
}
EXPORT_SYMBOL_GPL(kspan_strndup_user);

/**
 * kspan_vasprintf() - format text into memory of its size
 * @heap: where to
 * @gfp: as for kmalloc()
 * @fmt: as for printf()
 * @args: its arguments
 *
 * What the arguments point to must not change meanwhile: the text is formatted twice.
 *
 * Context: As kspan_alloc(), where the format may be used.
 * Return: the text; NULL as kspan_alloc().
 */
char *kspan_vasprintf(struct kspan_heap *heap, gfp_t gfp, const char *fmt,
		      va_list args)
{
	unsigned int len;
	unsigned int again;
	va_list copy;
	char *text;

	va_copy(copy, args);
	len = vsnprintf(NULL, 0, fmt, copy);
	va_end(copy);
	text = __kspan_alloc(heap, (size_t)len + 1, gfp);
	if (!text)
		return NULL;
	again = vsnprintf(text, (size_t)len + 1, fmt, args);
	WARN(len != again, "kspan: \"%s\" gave %u bytes, then %u\n", fmt, len,
	     again);
	return text;
}
EXPORT_SYMBOL_GPL(kspan_vasprintf);

/**
 * kspan_asprintf() - format text into memory of its size
 * @heap: where to
 * @gfp: as for kmalloc()
 * @fmt: as for printf()
 * @...: its arguments
 *
 * Context: As kspan_vasprintf().
 * Return: the text; NULL as kspan_alloc().
 */
char *kspan_asprintf(struct kspan_heap *heap, gfp_t gfp, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = kspan_vasprintf(heap, gfp, fmt, args);
	va_end(args);
	return text;
}
EXPORT_SYMBOL_GPL(kspan_asprintf);
