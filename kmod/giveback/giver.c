// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>

#include "giveback/giver.h"

static kspan_giver_walk walk_all;

/* Set once, before there is anything to walk over. */
void kspan_giver_set_walk(kspan_giver_walk walk)
{
	walk_all = walk;
}

int kspan_giver_for_each(kspan_giver_fn fn, void *arg)
{
	return walk_all(fn, arg);
}

void kspan_giver_init(struct kspan_giver *giver, struct kspan_storage *storage)
{
	giver->storage = storage;
	giver->ticked = jiffies;
	giver->limited = jiffies - HZ;
	giver->relieved = jiffies - 1;
	giver->recalled = jiffies - HZ;
	giver->squeeze_asked = jiffies - HZ;
}
