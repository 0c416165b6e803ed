// SPDX-License-Identifier: GPL-2.0
#include "base/compat.h"
#include "base/work.h"

struct workqueue_struct *kspan_wq;

int kspan_work_init(void)
{
	kspan_wq = alloc_workqueue("kspan", WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	return kspan_wq ? 0 : -ENOMEM;
}

void kspan_work_exit(void)
{
	destroy_workqueue(kspan_wq);
}
