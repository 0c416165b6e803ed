// SPDX-License-Identifier: GPL-2.0
#include <linux/random.h>

#include "base/compat.h"
#include "base/mark.h"

u64 kspan_secret __ro_after_init;
EXPORT_SYMBOL_IF_KUNIT(kspan_secret);

void __init kspan_mark_init(void)
{
	kspan_secret = get_random_u64();
}
