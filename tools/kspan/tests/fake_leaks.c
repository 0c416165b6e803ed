// SPDX-License-Identifier: GPL-2.0
/* The fake device's unreachable objects. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "fake.h"

#define NR(array)	(sizeof(array) / sizeof((array)[0]))

int fake_unreachable(struct kspan_ioc_unreachable *ioc)
{
	static const struct kspan_unreachable_entry all[] = {
		{ 3, 4096, 96, 1002, 5500, 8, 0, "" },
		{ 3, 4192, 96, 1002, 5500, 8, KSPAN_UNREACHABLE_LED, "" },
		{ 3, 65536, 104, 1002, 2000, 70, 0, "leaky" },
		{ KSPAN_NO_ARENA, 0, 8 << 20, 1002, KSPAN_AGE_UNKNOWN, 0,
		  KSPAN_UNREACHABLE_LED, "" },
	};
	size_t i;

	check(!ioc->reserved);
	check(!(ioc->roots & ~KSPAN_SCAN_ALL));
	check(ioc->interval_ms <= KSPAN_SCAN_MAX_MS);
	if (mode("eperm"))
		return -EPERM;
	if (!strcmp(ioc->heap, "net_buf"))
		return -EOPNOTSUPP;
	/* Nobody has said where pointers are. */
	if (!strcmp(ioc->heap, "scratch") && !ioc->roots)
		return -ENODATA;
	ioc->count = 0;
	ioc->objects = 0;
	ioc->bytes = 0;
	for (i = 0; i < NR(all) && !mode("empty"); i++) {
		struct kspan_unreachable_entry *to =
			(void *)(uintptr_t)ioc->entries;

		check(ioc->entry_bytes == sizeof(*to));
		if (ioc->count < (mode("short") ? 2 : ioc->capacity))
			to[ioc->count++] = all[i];
		ioc->objects++;
		ioc->bytes += all[i].size_bytes;
	}
	return 0;
}
