// SPDX-License-Identifier: GPL-2.0
/*
 * Limits: who sets one leaves the others alone, whatever happens beside him.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "base/fault.h"
#include "heaps/heap.h"
#include "heaps/limit.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	ROUNDS	= 20000,
	STEPS	= 16,
};

static struct kspan_limits limits_of(struct kspan_heap *heap)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	return (struct kspan_limits) {
		.limit_bytes = stats.limit_bytes,
		.soft_limit_bytes = stats.soft_limit_bytes,
		.reserve_bytes = stats.reserve_bytes,
	};
}

static void expect_limits(struct kunit *test, u64 limit_bytes,
			  u64 soft_limit_bytes, u64 reserve_bytes)
{
	struct kspan_limits is = limits_of(kit_heap(test));

	KUNIT_EXPECT_EQ(test, is.limit_bytes, limit_bytes);
	KUNIT_EXPECT_EQ(test, is.soft_limit_bytes, soft_limit_bytes);
	KUNIT_EXPECT_EQ(test, is.reserve_bytes, reserve_bytes);
}

/**
 * struct setter - somebody who sets one of the limits, and looks
 * @heap: of which heap
 * @soft: which
 * @from_bytes: just above this
 * @nlost: how often it was not what had been set
 * @done: he is
 */
struct setter {
	struct kspan_heap	*heap;
	bool			soft;
	size_t			from_bytes;
	unsigned int		nlost;
	struct completion	done;
};

static int set_often(void *arg)
{
	struct setter *setter = arg;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		size_t bytes = setter->from_bytes +
			       (i % STEPS + 1) * SZ_64K;
		struct kspan_account *account =
			&setter->heap->storage.source.account;
		u64 is;

		if (setter->soft) {
			kspan_heap_set_soft_limit(setter->heap, bytes);
			/* Nobody else sets it, but all are written at once. */
			is = data_race(account->soft_limit_bytes);
		} else {
			kspan_heap_set_limit(setter->heap, bytes);
			/* Likewise. */
			is = data_race(account->limit_bytes);
		}
		setter->nlost += is != bytes;
		if (i % 64 == 0)
			cond_resched();
	}
	complete(&setter->done);
	return 0;
}

/* Beside two that set a limit each, one whose reserves are not to be had. */
static void no_update_is_lost(struct kunit *test)
{
	const size_t memory_bytes = totalram_pages() * PAGE_SIZE;
	struct setter setters[2] = {
		{ .heap = kit_heap(test), .from_bytes = memory_bytes },
		{ .heap = kit_heap(test), .from_bytes = SZ_64M, .soft = true },
	};
	unsigned int nfailed = 0;
	unsigned int ntries = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(setters); i++) {
		struct task_struct *task;

		init_completion(&setters[i].done);
		task = kthread_run(set_often, &setters[i], "setter/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	}
	/* Within the limit. Were it really tried, others would be without memory. */
	kspan_fault_set(KSPAN_FAULT_BLOCK, KSPAN_FAULT_ALWAYS);
	while (!completion_done(&setters[0].done) ||
	       !completion_done(&setters[1].done)) {
		nfailed += !!kspan_heap_set_reserve(kit_heap(test),
						    memory_bytes);
		ntries++;
		usleep_range(50, 100);
	}
	kspan_fault_set(KSPAN_NR_FAULTS, KSPAN_FAULT_OFF);
	for (i = 0; i < ARRAY_SIZE(setters); i++) {
		wait_for_completion(&setters[i].done);
		KUNIT_EXPECT_EQ_MSG(test, setters[i].nlost, 0, "setter %u", i);
	}
	KUNIT_EXPECT_EQ(test, nfailed, ntries);
	i = (ROUNDS - 1) % STEPS + 1;
	expect_limits(test, memory_bytes + i * SZ_64K, SZ_64M + i * SZ_64K, 0);
}

static void a_soft_limit_is_no_higher(struct kunit *test)
{
	struct kspan_heap *heap = kit_heap(test);

	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, SZ_1M), 0);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_soft_limit(heap, SZ_1M + 1), -EINVAL);
	expect_limits(test, SZ_1M, 0, 0);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_soft_limit(heap, SZ_1M), 0);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, SZ_1M - 1), -EINVAL);
	expect_limits(test, SZ_1M, SZ_1M, 0);
}

static void no_machine_has_so_much(struct kunit *test)
{
	static const size_t reserves[] = {
		SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - KSPAN_PAGE_BYTES + 1,
		SIZE_MAX - KSPAN_PAGE_BYTES, SIZE_MAX / 2 + 1, 1UL << 50,
	};
	struct kspan_heap *heap = kit_heap(test);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, kspan_heap_set_reserve(heap, SZ_64K), 0);
	for (i = 0; i < ARRAY_SIZE(reserves); i++) {
		struct kspan_heap_params params = {
			.min_reserve_bytes = reserves[i],
		};
		struct kspan_heap *big;

		KUNIT_EXPECT_EQ_MSG(test,
				    kspan_heap_set_reserve(heap, reserves[i]),
				    -ENOMEM, "%zu", reserves[i]);
		expect_limits(test, 0, 0, SZ_64K);
		big = kspan_heap_create("kunit-big", &params);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(big), -ENOMEM, "%zu",
				    reserves[i]);
		if (!IS_ERR(big))
			kspan_heap_destroy(big);
	}
	/* With a limit, all of it is above that. */
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limit(heap, SZ_1M), 0);
	for (i = 0; i < ARRAY_SIZE(reserves); i++) {
		KUNIT_EXPECT_EQ(test, kspan_heap_set_reserve(heap, reserves[i]),
				-EINVAL);
		expect_limits(test, SZ_1M, 0, SZ_64K);
	}
	kit_expect_empty(test, heap);
}

/* Together with others, too. */
static void a_reserve_that_fails_changes_nothing(struct kunit *test)
{
	const struct kspan_limits wanted = {
		.limit_bytes = 1ULL << 50, .soft_limit_bytes = SZ_2M,
		.reserve_bytes = 1ULL << 45,
	};
	struct kspan_heap *heap = kit_heap(test);
	struct kspan_limits before;

	KUNIT_ASSERT_EQ(test, kspan_heap_set_limit(heap, SZ_4M), 0);
	KUNIT_ASSERT_EQ(test, kspan_heap_set_soft_limit(heap, SZ_1M), 0);
	KUNIT_ASSERT_EQ(test, kspan_heap_set_reserve(heap, SZ_64K), 0);
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limits(heap, KSPAN_LIMIT_HARD |
						    KSPAN_LIMIT_SOFT |
						    KSPAN_LIMIT_RESERVE,
						    &wanted, &before), -ENOMEM);
	expect_limits(test, SZ_4M, SZ_1M, SZ_64K);
	/* What is not meant does not count. */
	KUNIT_EXPECT_EQ(test, kspan_heap_set_limits(heap, KSPAN_LIMIT_SOFT,
						    &wanted, &before), 0);
	expect_limits(test, SZ_4M, SZ_2M, SZ_64K);
	kit_expect_empty(test, heap);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(no_update_is_lost),
	KUNIT_CASE(a_soft_limit_is_no_higher),
	KUNIT_CASE(no_machine_has_so_much),
	KUNIT_CASE(a_reserve_that_fails_changes_nothing),
	{}
};

struct kunit_suite kit_limit_suite = {
	.name = "kspan_limit",
	.init = kit_heap_init,
	.exit = kit_heap_exit,
	.test_cases = cases,
};
