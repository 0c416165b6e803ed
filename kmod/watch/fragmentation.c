// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "heaps/heap.h"
#include "spans/stores.h"
#include "watch/fragmentation.h"
#include "watch/stats.h"

const u32 kspan_age_seconds[KSPAN_NR_AGES] = {
	0, 1, 10, 60, 10 * 60, 60 * 60, 8 * 60 * 60,
};
EXPORT_SYMBOL_IF_KUNIT(kspan_age_seconds);

/**
 * kspan_age_row() - which row of the table of ages something belongs to
 * @since: moment from which on it has been as it is
 * @now: the moment to reckon from
 *
 * Return: the row.
 */
unsigned int kspan_age_row(u32 since, u32 now)
{
	/* Something may have changed since @now was taken. */
	s32 age = max_t(s32, now - since, 0);
	unsigned int row = KSPAN_NR_AGES - 1;

	while ((u64)kspan_age_seconds[row] * HZ / KSPAN_AGE_JIFFIES > age)
		row--;
	return row;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_age_row);

static unsigned int fullness_of(unsigned int nout, unsigned int nelems)
{
	return nout < nelems ? !!nout + 4 * nout / nelems
			     : KSPAN_NR_FULLNESS - 1;
}

static void survey_span(const struct kspan_span *span, u32 now,
			struct kspan_survey *survey)
{
	unsigned int fullness = fullness_of(READ_ONCE(span->alloc_count),
					    span->nelems);
	unsigned int class = kspan_span_store(span)->class;
	unsigned int row = kspan_age_row(span->since, now);

	survey->spans[row]++;
	survey->span_pages[row] += span->npages;
	if (class < survey->nr_stores)
		survey->fullness[class][fullness]++;
}

static void survey_pages(const struct kspan_heap *heap,
			 const struct kspan_chunk_view *view,
			 const struct kspan_pagebits *free, u32 now,
			 struct kspan_survey *survey)
{
	unsigned int page;

	rcu_read_lock();
	for_each_set_bit(page, view->owned.bits, KSPAN_CHUNK_PAGES) {
		unsigned long addr = view->addr + kspan_npages_bytes(page);
		unsigned long tag = kspan_arena_tag(addr);
		struct kspan_span *span = kspan_tag_span(tag);

		/* Of a page that has changed hands meanwhile nothing is told. */
		if (kspan_pagebits_test(free, page)) {
			if (kspan_tag_heap_id(tag) == heap->storage.source.id)
				survey->free_pages[kspan_age_row(kspan_tag_since(tag),
								 now)]++;
		} else if (span && span->addr == addr &&
			   kspan_span_heap(span) == heap) {
			survey_span(span, now, survey);
		}
	}
	rcu_read_unlock();
}

static void survey_chunk(const struct kspan_heap *heap,
			 const struct kspan_chunk_view *view,
			 struct kspan_survey *survey)
{
	unsigned int half = KSPAN_CHUNK_PAGES / 2;
	struct kspan_pagebits free;
	unsigned int first;
	unsigned int end;

	bitmap_andnot(free.bits, view->owned.bits, view->busy.bits,
		      KSPAN_CHUNK_PAGES);
	for_each_set_bitrange(first, end, free.bits, KSPAN_CHUNK_PAGES) {
		survey->free_runs++;
		survey->longest_free_run_pages =
			max_t(u64, survey->longest_free_run_pages, end - first);
	}
	survey->free_halves += kspan_pagebits_all(&free, 0, half) +
			       kspan_pagebits_all(&free, half, half);
	survey->free_chunks += bitmap_full(free.bits, KSPAN_CHUNK_PAGES);
	survey_pages(heap, view, &free, kspan_moment(), survey);
}

/**
 * kspan_survey_new() - look at all chunks of a heap
 * @heap: the heap; its page heaps are locked for the copy of one chunk's bitmaps
 *	at a time
 *
 * Context: Process context.
 * Return: what was found, for kvfree(); or NULL.
 */
struct kspan_survey *kspan_survey_new(struct kspan_heap *heap)
{
	unsigned int nr_stores = kspan_stores_end(&heap->storage);
	struct kspan_survey *survey;
	struct kspan_chunk_view view;
	int nid;

	survey = kvzalloc(struct_size(survey, fullness, nr_stores), GFP_KERNEL);
	if (survey)
		survey->nr_stores = nr_stores;
	for (nid = 0; survey && nid < nr_node_ids; nid++) {
		unsigned long from = 0;

		while (kspan_pageheap_next_chunk(&heap->storage.source.nodes[nid].pages, from,
						 &view)) {
			survey_chunk(heap, &view, survey);
			from = view.addr + KSPAN_CHUNK_BYTES;
			cond_resched();
		}
	}
	return survey;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_survey_new);

/**
 * kspan_fragmentation_look() - look at how much is live, for the peak
 * @source: of the heap
 *
 * Context: Any but NMI.
 */
void kspan_fragmentation_look(struct kspan_source *source)
{
	struct kspan_heap *heap = kspan_source_heap(source);
	u64 live_bytes = atomic64_read(&heap->storage.huge.bytes);
	struct kspan_store_stats stats;
	struct kspan_store *store;
	int token;

	token = kspan_stores_enter();
	kspan_for_each_store_and_large(store, &heap->storage) {
		kspan_read_store(store, &stats);
		live_bytes += stats.live_bytes;
	}
	kspan_stores_leave(token);
	kspan_peak_note(&source->peak, READ_ONCE(source->account.backing_bytes),
			live_bytes);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_fragmentation_look);

static u64 per_mille(u64 part, u64 whole)
{
	return whole ? div64_u64(part * 1000, whole) : 0;
}

/* What is held, what is live, and the difference, at one time. */
static void show_held(struct seq_file *m, const char *when, u64 backing_bytes,
		      u64 live_bytes)
{
	u64 unused_bytes = backing_bytes - min(live_bytes, backing_bytes);

	seq_printf(m, "fragmentation_%s_backing_bytes %llu\n", when,
		   backing_bytes);
	seq_printf(m, "fragmentation_%s_live_bytes %llu\n", when, live_bytes);
	seq_printf(m, "fragmentation_%s_bytes %llu\n", when, unused_bytes);
	seq_printf(m, "fragmentation_%s_per_mille %llu\n", when,
		   per_mille(unused_bytes, backing_bytes));
	seq_printf(m, "fragmentation_%s_held_per_mille %llu\n", when,
		   per_mille(backing_bytes, live_bytes));
}

static void show_part(struct seq_file *m, const char *part, u64 bytes,
		      u64 backing_bytes)
{
	seq_printf(m, "fragmentation_%s_bytes %llu\n", part, bytes);
	seq_printf(m, "fragmentation_%s_per_mille %llu\n", part,
		   per_mille(bytes, backing_bytes));
}

static int fragmentation_show(struct seq_file *m, void *unused)
{
	struct kspan_heap *heap = m->private;
	struct kspan_peak *peak = &heap->storage.source.peak;
	struct kspan_heap_stats stats;
	struct kspan_survey *survey = kspan_survey_new(heap);

	if (!survey)
		return -ENOMEM;
	kspan_heap_stats(heap, &stats);
	kspan_peak_note(peak, stats.backing_bytes, stats.live_bytes);
	show_held(m, "now", stats.backing_bytes, stats.live_bytes);
	show_held(m, "realised", READ_ONCE(peak->backing_bytes),
		  READ_ONCE(peak->live_bytes));
	show_part(m, "cached", stats.cached_bytes, stats.backing_bytes);
	show_part(m, "span_free", stats.span_free_bytes, stats.backing_bytes);
	show_part(m, "tail", stats.tail_bytes, stats.backing_bytes);
	show_part(m, "page_free", stats.page_free_bytes, stats.backing_bytes);
	show_part(m, "metadata", stats.metadata_bytes, stats.backing_bytes);
	seq_printf(m, "fragmentation_free_runs %llu\n", survey->free_runs);
	seq_printf(m, "fragmentation_longest_free_run_pages %llu\n",
		   survey->longest_free_run_pages);
	seq_printf(m, "fragmentation_free_2mb_blocks %llu\n",
		   survey->free_halves);
	seq_printf(m, "fragmentation_free_chunks %llu\n", survey->free_chunks);
	kvfree(survey);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(fragmentation);

static int ages_show(struct seq_file *m, void *unused)
{
	struct kspan_survey *survey = kspan_survey_new(m->private);
	unsigned int row;

	if (!survey)
		return -ENOMEM;
	seq_puts(m, "from_seconds below_seconds free_pages spans span_pages\n");
	for (row = 0; row < KSPAN_NR_AGES; row++) {
		seq_printf(m, "%u ", kspan_age_seconds[row]);
		if (row + 1 < KSPAN_NR_AGES)
			seq_printf(m, "%u", kspan_age_seconds[row + 1]);
		else
			seq_puts(m, "inf");
		seq_printf(m, " %llu %llu %llu\n", survey->free_pages[row],
			   survey->spans[row], survey->span_pages[row]);
	}
	kvfree(survey);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ages);

static int occupancy_show(struct seq_file *m, void *unused)
{
	struct kspan_heap *heap = m->private;
	struct kspan_survey *survey = kspan_survey_new(heap);
	char label[KSPAN_LABEL_BYTES];
	struct kspan_store *store;
	unsigned int i;
	int token;

	if (!survey)
		return -ENOMEM;
	seq_puts(m, "class size_bytes spans_0_percent spans_below_25_percent spans_below_50_percent spans_below_75_percent spans_below_100_percent spans_100_percent\n");
	token = kspan_stores_enter();
	kspan_for_each_store(store, &heap->storage) {
		if (store->class >= survey->nr_stores)
			break;
		seq_printf(m, "%s %u", kspan_store_label(store, label),
			   store->sc->size_bytes);
		for (i = 0; i < KSPAN_NR_FULLNESS; i++)
			seq_printf(m, " %llu",
				   survey->fullness[store->class][i]);
		seq_putc(m, '\n');
	}
	kspan_stores_leave(token);
	kvfree(survey);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(occupancy);

/* The files that belong here in a heap's directory. */
void kspan_fragmentation_add(struct kspan_heap *heap, struct dentry *dir)
{
	debugfs_create_file("fragmentation", 0400, dir, heap,
			    &fragmentation_fops);
	debugfs_create_file("ages", 0400, dir, heap, &ages_fops);
	debugfs_create_file("occupancy", 0400, dir, heap, &occupancy_fops);
}
