// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include <linux/mmzone.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "giveback/scavenge.h"
#include "heaps/heap.h"
#include "tests/kit.h"
#include "watch/verify.h"

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of the random tests; 0 draws one");

void kit_seed(struct kunit *test, struct rnd_state *rnd)
{
	u32 drawn = seed ?: get_random_u32();

	kunit_info(test, "seed=%u\n", drawn);
	prandom_seed_state(rnd, drawn);
}

/* Each test has a thread of its own. */
void kit_stay(void)
{
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
}

int kit_heap_init(struct kunit *test)
{
	struct kspan_heap *heap = kspan_heap_create("kunit", NULL);

	if (IS_ERR(heap))
		return PTR_ERR(heap);
	test->priv = heap;
	return 0;
}

void kit_heap_exit(struct kunit *test)
{
	kspan_heap_destroy(test->priv);
}

int kit_quiet_init(struct kunit *test)
{
	kspan_scavenger_background = false;
	kit_stay();
	return kit_heap_init(test);
}

void kit_quiet_exit(struct kunit *test)
{
	kit_heap_exit(test);
	kspan_scavenger_background = true;
}

int kit_fast_init(struct kunit *test)
{
	if (KIT_SLOWNESS > 1)
		kunit_skip(test, "slow kernel");
	return 0;
}

bool kit_stats_add_up(struct kunit *test, const struct kspan_heap_stats *stats)
{
	u64 sum = stats->live_bytes + stats->cached_bytes +
		  stats->span_free_bytes + stats->tail_bytes +
		  stats->page_free_bytes;

	KUNIT_EXPECT_EQ(test, stats->backing_bytes, sum);
	KUNIT_EXPECT_EQ(test, stats->backing_bytes,
			stats->grown_bytes_total - stats->released_bytes_total);
	KUNIT_EXPECT_EQ(test, stats->live_objects,
			stats->allocs_total - stats->frees_total);
	KUNIT_EXPECT_GE(test, stats->allocs_total, stats->frees_total);
	return stats->backing_bytes == sum &&
	       stats->allocs_total >= stats->frees_total;
}

int kit_verify(struct kunit *test, struct kspan_heap *heap)
{
	struct seq_file m = { .size = 64 << 10 };
	char *line;
	char *rest;
	int bad;

	m.buf = kvzalloc(m.size, GFP_KERNEL);
	if (!m.buf)
		return kspan_verify(heap, NULL);
	bad = kspan_verify(heap, &m);
	m.buf[m.count < m.size ? m.count : m.size - 1] = '\0';
	rest = m.buf;
	while ((line = strsep(&rest, "\n"))) {
		if (strstr(line, "BAD"))
			kunit_info(test, "verify: %s\n", line);
	}
	kvfree(m.buf);
	return bad;
}

void kit_expect_sound(struct kunit *test, struct kspan_heap *heap)
{
	struct kspan_heap_stats stats;

	KUNIT_EXPECT_EQ(test, kit_verify(test, heap), 0);
	kspan_heap_stats(heap, &stats);
	kit_stats_add_up(test, &stats);
}

void kit_expect_empty(struct kunit *test, struct kspan_heap *heap)
{
	struct kspan_heap_stats stats;

	kspan_heap_drain(heap);
	kit_expect_sound(test, heap);
	kspan_heap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.live_objects, 0);
	KUNIT_EXPECT_EQ(test, stats.live_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats.cached_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats.large_objects, 0);
}

struct kspan_cache *kit_cache(struct kunit *test, const char *name, size_t size,
			      size_t align, unsigned int flags,
			      void (*ctor)(void *slot))
{
	struct kspan_cache *cache;

	cache = kspan_cache_create(kit_heap(test), name, size, align, flags,
				   ctor);
	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

long kit_reclaimable(void)
{
	long npages = 0;
	int cpu;
	int nid;

	for_each_online_node(nid) {
		pg_data_t *pgdat = NODE_DATA(nid);

		npages += atomic_long_read(&pgdat->vm_stat[NR_KERNEL_MISC_RECLAIMABLE]);
		for_each_online_cpu(cpu)
			npages += per_cpu_ptr(pgdat->per_cpu_nodestats, cpu)
				  ->vm_node_stat_diff[NR_KERNEL_MISC_RECLAIMABLE];
	}
	return npages;
}

void kit_reports_begin(void)
{
	pr_info("kspan-test: expect-report begin\n");
}

void kit_reports_end(void)
{
	pr_info("kspan-test: expect-report end\n");
}

void kit_expect_refused(struct kunit *test, const void *p,
			enum kspan_mistake mistake)
{
	unsigned long total = kspan_last_report.total;

	kit_reports_begin();
	kspan_free(p);
	kit_reports_end();
	KUNIT_EXPECT_EQ(test, kspan_last_report.total, total + 1);
	KUNIT_EXPECT_EQ(test, (int)kspan_last_report.mistake, (int)mistake);
	KUNIT_EXPECT_EQ(test, kspan_last_report.addr, (unsigned long)p);
}

static u8 pattern(u32 tag, size_t i)
{
	return tag + i * 7 + (i >> 8);
}

void kit_fill(void *p, size_t size_bytes, u32 tag)
{
	size_t i;

	for (i = 0; i < size_bytes; i++)
		((u8 *)p)[i] = pattern(tag, i);
}

bool kit_filled(const void *p, size_t size_bytes, u32 tag)
{
	size_t i;

	for (i = 0; i < size_bytes; i++) {
		if (((const u8 *)p)[i] != pattern(tag, i))
			return false;
	}
	return true;
}
