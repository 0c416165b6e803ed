// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs to free after a grace period, on the CPU that asks for it: an object
 * is taken and given to kspan_free_rcu() or kfree_rcu(). The frees themselves come
 * later, beside the loop.
 */
#include <linux/rcupdate.h>
#include <linux/seq_file.h>

#include "ops.h"
#include "series.h"
#include "ticks.h"

static const u16 sizes[] = { 64, 256, 1024 };

struct object {
	struct rcu_head rcu;
};

static __always_inline void free_later(u32 backend, struct object *object)
{
	switch (backend) {
	case KSPAN_BENCH_KSPAN:
		kspan_free_rcu(object, rcu);
		break;
	case KSPAN_BENCH_KMALLOC:
		kfree_rcu(object, rcu);
		break;
	}
}

static __always_inline u64 pair_rcu(struct bench_loop *loop, u32 backend)
{
	const struct bench_loop copy = *loop;
	size_t bytes = copy.bytes;
	u64 start = bench_ticks();
	unsigned int i;

	OPTIMIZER_HIDE_VAR(bytes);
	for (i = copy.nobjs; i; i--) {
		void *p = bench_alloc(&copy, backend, bytes, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(p);
		if (unlikely(!p)) {
			loop->failed = true;
			break;
		}
		free_later(backend, p);
	}
	return bench_ticks() - start;
}

static u64 run_pair_rcu(struct bench_loop *loop, u32 backend)
{
	return bench_run(loop, backend, pair_rcu);
}

int bench_rcu_show(struct seq_file *m)
{
	struct bench_row row = {
		.name = "pair_rcu", .run = run_pair_rcu, .batch = 1,
		.backends = BIT(KSPAN_BENCH_KSPAN) | BIT(KSPAN_BENCH_KMALLOC),
	};
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		row.bytes = sizes[i];
		err = bench_row_show(m, &row);
		if (err)
			return err;
	}
	return 0;
}
