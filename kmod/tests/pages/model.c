// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>
#include <linux/slab.h>

#include "tests/pages/model.h"

int model_init(struct kunit *test)
{
	struct model *model = kvzalloc(sizeof(*model), GFP_KERNEL);

	if (!model)
		return -ENOMEM;
	memset(model->busy, true, sizeof(model->busy));
	kspan_pageheap_init(&model->ph);
	test->priv = model;
	return 0;
}

void model_exit(struct kunit *test)
{
	struct model *model = test->priv;
	struct kspan_chunk *chunk;
	struct kspan_chunk *next;

	rbtree_postorder_for_each_entry_safe(chunk, next, &model->ph.chunks.by_addr,
					     node)
		kfree(chunk);
	kvfree(model);
}

void model_insert(struct kunit *test, unsigned int first, unsigned int npages,
		  bool zeroed)
{
	struct model *model = test->priv;
	struct kspan_chunk *spare = kspan_chunk_new(GFP_KERNEL);
	unsigned int page;

	KUNIT_ASSERT_NOT_NULL(test, spare);
	spin_lock_irq(&model->ph.lock);
	spare = kspan_pageheap_insert(&model->ph, spare, model_addr(first),
				      npages, zeroed);
	spin_unlock_irq(&model->ph.lock);
	kfree(spare);
	for (page = first; page < first + npages; page++) {
		model->owned[page] = true;
		model->busy[page] = false;
		model->dirty[page] = !zeroed;
	}
	model->nr_free += npages;
}

static bool naive_fits(const struct model *model, unsigned int first,
		       unsigned int npages)
{
	unsigned int page;

	if (first % KSPAN_CHUNK_PAGES + npages > KSPAN_CHUNK_PAGES)
		return false;
	for (page = first; page < first + npages; page++) {
		if (model->busy[page])
			return false;
	}
	return true;
}

/* The lowest place for a run between two pages, else NR_PAGES. */
static unsigned int naive_lowest(const struct model *model, unsigned int first,
				 unsigned int end, const struct kspan_run *run)
{
	unsigned int page;

	for (page = round_up(first, run->align_pages);
	     page + run->npages <= end; page += run->align_pages) {
		if (naive_fits(model, page, run->npages))
			return page;
	}
	return NR_PAGES;
}

static unsigned int naive_longest(const struct model *model, unsigned int first,
				  unsigned int end)
{
	unsigned int longest = 0;
	unsigned int length = 0;

	for (; first < end; first++) {
		length = model->busy[first] ? 0 : length + 1;
		longest = max(longest, length);
	}
	return longest;
}

/* Whether a run surely fits; see struct kspan_fit. */
static bool naive_sure(const struct model *model, unsigned int first,
		       unsigned int end, const struct kspan_run *run)
{
	unsigned int block = roundup_pow_of_two(max(run->npages,
						    run->align_pages));

	if (naive_longest(model, first, end) >=
	    run->npages + run->align_pages - 1)
		return true;
	for (; run->align_pages > 1 && first + block <= end; first += block) {
		if (naive_fits(model, first, block))
			return true;
	}
	return false;
}

/* The lowest place in the lowest chunk in which the run surely fits. */
static unsigned int naive_lowest_sure(const struct model *model,
				      const struct kspan_run *run)
{
	unsigned int first;

	for (first = 0; first < NR_PAGES; first += KSPAN_CHUNK_PAGES) {
		unsigned int end = first + KSPAN_CHUNK_PAGES;

		if (naive_sure(model, first, end, run))
			return naive_lowest(model, first, end, run);
	}
	return NR_PAGES;
}

static unsigned int naive_used(const struct model *model, unsigned int half)
{
	const unsigned int first = half * KSPAN_HALF_PAGES;
	unsigned int used = 0;
	unsigned int page;

	for (page = first; page < first + KSPAN_HALF_PAGES; page++)
		used += model->owned[page] && model->busy[page];
	return used;
}

static unsigned int naive_find(const struct model *model,
			       const struct kspan_run *run)
{
	unsigned int best_longest = UINT_MAX;
	unsigned int best = NR_PAGES;
	unsigned int half;

	for (half = 0; half < NR_HALVES; half++) {
		unsigned int first = half * KSPAN_HALF_PAGES;
		unsigned int end = first + KSPAN_HALF_PAGES;
		unsigned int longest = naive_longest(model, first, end);
		unsigned int page;

		if (model->kinds[half] != KSPAN_HALF_OPEN &&
		    model->kinds[half] != run->kind)
			continue;
		if (!naive_sure(model, first, end, run) ||
		    longest >= best_longest)
			continue;
		page = naive_lowest(model, first, end, run);
		best = page;
		best_longest = longest;
	}
	if (best == NR_PAGES &&
	    (run->mix || run->npages > KSPAN_HALF_PAGES ||
	     model->nr_free >= model->ph.owned_pages / 8))
		best = naive_lowest_sure(model, run);
	return best;
}

static void naive_take(struct model *model, unsigned int first,
		       const struct kspan_run *run)
{
	unsigned int end = first + run->npages;
	unsigned int half;

	for (half = first / KSPAN_HALF_PAGES;
	     half <= (end - 1) / KSPAN_HALF_PAGES; half++) {
		if (naive_fits(model, half * KSPAN_HALF_PAGES,
			       KSPAN_HALF_PAGES))
			model->kinds[half] = run->kind;
	}
	for (; first < end; first++)
		model->busy[first] = true;
	model->nr_free -= run->npages;
}

unsigned int model_take_run(struct kunit *test, const struct kspan_run *run)
{
	struct model *model = test->priv;
	unsigned int want = naive_find(model, run);
	bool clean = true;
	unsigned long addr;
	unsigned int page;
	bool zeroed;

	spin_lock_irq(&model->ph.lock);
	addr = kspan_pageheap_alloc(&model->ph, run, &zeroed);
	spin_unlock_irq(&model->ph.lock);
	if (want == NR_PAGES) {
		KUNIT_ASSERT_EQ(test, addr, 0);
		return want;
	}
	KUNIT_ASSERT_EQ(test, addr, model_addr(want));
	for (page = want; page < want + run->npages; page++)
		clean &= !model->dirty[page];
	KUNIT_ASSERT_EQ(test, zeroed, clean);
	naive_take(model, want, run);
	return want;
}

unsigned int model_take_kind(struct kunit *test, unsigned int npages,
			     enum kspan_half_kind kind)
{
	struct kspan_run run = {
		.npages = npages, .align_pages = 1, .kind = kind,
	};

	return model_take_run(test, &run);
}

unsigned int model_take(struct kunit *test, unsigned int npages,
			unsigned int align)
{
	struct kspan_run run = {
		.npages = npages, .align_pages = align,
		.kind = KSPAN_HALF_MANY, .mix = true,
	};

	return model_take_run(test, &run);
}

void model_put(struct kunit *test, unsigned int first, unsigned int npages)
{
	struct model *model = test->priv;
	unsigned int page;
	unsigned int half;

	spin_lock_irq(&model->ph.lock);
	kspan_pageheap_free(&model->ph, model_addr(first), npages);
	spin_unlock_irq(&model->ph.lock);
	for (page = first; page < first + npages; page++) {
		model->busy[page] = false;
		model->dirty[page] = true;
	}
	for (half = first / KSPAN_HALF_PAGES;
	     half <= (first + npages - 1) / KSPAN_HALF_PAGES; half++) {
		if (!naive_used(model, half))
			model->kinds[half] = KSPAN_HALF_OPEN;
	}
	model->nr_free += npages;
}

static unsigned int naive_order(const struct model *model, unsigned int first,
				unsigned int end)
{
	unsigned int order = 0;
	unsigned int page;

	for (page = first; page + (1U << order) <= end;) {
		if (naive_fits(model, page, 1U << order)) {
			order++;
			page = first;
		} else {
			page += 1U << order;
		}
	}
	return order;
}

static void expect_subtrees(struct kunit *test, struct rb_node *node,
			    struct kspan_chunk_sum *sum)
{
	struct kspan_chunk_sum below = { };
	struct kspan_chunk *chunk;
	unsigned int first;
	unsigned int i;

	memset(sum, 0, sizeof(*sum));
	if (!node)
		return;
	chunk = rb_entry(node, struct kspan_chunk, node);
	first = (chunk->addr - MODEL_BASE) >> KSPAN_PAGE_SHIFT;
	KUNIT_ASSERT_EQ(test, chunk->sum.order,
			naive_order(test->priv, first,
				    first + KSPAN_CHUNK_PAGES));
	/* No block starts where there is none. */
	KUNIT_ASSERT_TRUE(test, bitmap_subset(chunk->heads.bits,
					      chunk->owned.bits,
					      KSPAN_CHUNK_PAGES));
	*sum = chunk->sum;
	for (i = 0; i < 2; i++) {
		expect_subtrees(test, i ? node->rb_left : node->rb_right,
				&below);
		sum->longest = max(sum->longest, below.longest);
		sum->order = max(sum->order, below.order);
		sum->want |= below.want;
	}
	KUNIT_ASSERT_EQ(test, chunk->subtree.longest, sum->longest);
	KUNIT_ASSERT_EQ(test, chunk->subtree.order, sum->order);
	KUNIT_ASSERT_EQ(test, chunk->subtree.want, sum->want);
}

/* Returns the largest block of a tree of halves. */
static unsigned int expect_orders(struct kunit *test, struct rb_node *node)
{
	struct kspan_half *half;
	unsigned int order;

	if (!node)
		return 0;
	half = rb_entry(node, struct kspan_half, node);
	order = max3((unsigned int)half->order,
		     expect_orders(test, node->rb_left),
		     expect_orders(test, node->rb_right));
	KUNIT_EXPECT_EQ(test, half->subtree_order, order);
	return order;
}

/* Every half of every chunk is in the right tree, at its place. */
static void expect_halves(struct kunit *test)
{
	struct model *model = test->priv;
	unsigned int nr_halves = 0;
	unsigned int kind;

	for (kind = 0; kind < KSPAN_NR_HALF_KINDS; kind++) {
		struct kspan_half *before = NULL;
		struct rb_node *node;

		expect_orders(test, model->ph.chunks.halves.by_kind[kind].rb_node);

		for (node = rb_first(&model->ph.chunks.halves.by_kind[kind]); node;
		     node = rb_next(node)) {
			struct kspan_half *half =
				rb_entry(node, struct kspan_half, node);
			unsigned int first = (half->addr - MODEL_BASE) >>
					     KSPAN_PAGE_SHIFT;
			unsigned int index = first / KSPAN_HALF_PAGES;

			KUNIT_ASSERT_EQ(test, first % KSPAN_HALF_PAGES, 0);
			KUNIT_ASSERT_EQ(test, half->kind, kind);
			KUNIT_ASSERT_EQ(test, half->kind, model->kinds[index]);
			KUNIT_ASSERT_EQ(test, half->used,
					naive_used(model, index));
			KUNIT_ASSERT_EQ(test, half->longest,
					naive_longest(model, first, first +
						      KSPAN_HALF_PAGES));
			KUNIT_ASSERT_EQ(test, half->order,
					naive_order(model, first, first +
						    KSPAN_HALF_PAGES));
			if (before)
				KUNIT_ASSERT_TRUE(test, before->longest <
						  half->longest ||
						  (before->longest ==
						   half->longest &&
						   before->addr < half->addr));
			before = half;
			nr_halves++;
		}
	}
	KUNIT_ASSERT_EQ(test, nr_halves, 2 * model->ph.chunks.nr_chunks);
}

void model_expect_alike(struct kunit *test)
{
	struct model *model = test->priv;
	struct kspan_chunk_view view;
	unsigned long from = 0;
	unsigned int nr_owned = 0;
	unsigned int nr_chunks = 0;
	struct kspan_chunk_sum sum;
	unsigned int nr_arenas = 0;
	unsigned long arena = 0;
	unsigned int page;

	while (kspan_pageheap_next_chunk(&model->ph, from, &view)) {
		unsigned int first = (view.addr - MODEL_BASE) >> KSPAN_PAGE_SHIFT;

		KUNIT_ASSERT_GE(test, view.addr, max(from, MODEL_BASE));
		KUNIT_ASSERT_EQ(test, view.longest,
				kspan_pagebits_longest(&view.busy));
		for (page = 0; page < KSPAN_CHUNK_PAGES; page++) {
			KUNIT_ASSERT_EQ(test,
					kspan_pagebits_test(&view.busy, page),
					model->busy[first + page]);
			KUNIT_ASSERT_EQ(test,
					kspan_pagebits_test(&view.owned, page),
					model->owned[first + page]);
		}
		nr_arenas += view.addr >> KSPAN_ARENA_SHIFT != arena;
		arena = view.addr >> KSPAN_ARENA_SHIFT;
		nr_chunks++;
		from = view.addr + KSPAN_CHUNK_BYTES;
	}
	for (page = 0; page < NR_PAGES; page++)
		nr_owned += model->owned[page];
	KUNIT_EXPECT_EQ(test, model->ph.chunks.nr_chunks, nr_chunks);
	KUNIT_EXPECT_EQ(test, model->ph.chunks.nr_arenas, nr_arenas);
	KUNIT_EXPECT_EQ(test, model->ph.owned_pages, nr_owned);
	KUNIT_EXPECT_EQ(test, model->ph.free_pages, model->nr_free);
	expect_subtrees(test, model->ph.chunks.by_addr.rb_node, &sum);
	expect_halves(test);
}
