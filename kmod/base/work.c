// SPDX-License-Identifier: GPL-2.0
#include "base/compat.h"
#include "base/work.h"

struct workqueue_struct *kspan_wq;
struct workqueue_struct *kspan_cpu_wq;

int kspan_work_init(void)
{
	kspan_wq = alloc_workqueue("kspan", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!kspan_wq)
		return -ENOMEM;
	kspan_cpu_wq = alloc_workqueue("kspan_cpu", WQ_MEM_RECLAIM | WQ_PERCPU,
				       0);
	if (kspan_cpu_wq)
		return 0;
	destroy_workqueue(kspan_wq);
	return -ENOMEM;
}

void kspan_work_exit(void)
{
	destroy_workqueue(kspan_cpu_wq);
	destroy_workqueue(kspan_wq);
}
