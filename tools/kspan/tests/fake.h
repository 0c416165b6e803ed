/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the fake device share. */
#ifndef KSPAN_FAKE_H
#define KSPAN_FAKE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/kspan.h>

/* Whether the test wants the device to be so. */
static inline bool mode(const char *name)
{
	const char *fake = getenv("KSPAN_FAKE");

	return fake && !strcmp(fake, name);
}

/* What a caller must not do. */
#define check(condition) \
	do { if (!(condition)) refuse(#condition, __LINE__); } while (0)

static inline void refuse(const char *condition, int line)
{
	fprintf(stderr, "fake device: line %d: %s\n", line, condition);
	abort();
}

/* Of a heap that is known. */
int fake_unreachable(struct kspan_ioc_unreachable *ioc);

#endif /* KSPAN_FAKE_H */
