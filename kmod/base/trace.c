// SPDX-License-Identifier: GPL-2.0
#include "heaps/heap.h"

/* An account knows nothing of the heap it is in. */
static const char *kspan_trace_account_name(const struct kspan_account *account)
{
	return container_of(account, struct kspan_heap, account)->name;
}

#define CREATE_TRACE_POINTS
#include "base/trace.h"
