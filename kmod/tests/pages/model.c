// SPDX-License-Identifier: GPL-2.0
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
	spin_lock(&model->ph.lock);
	spare = kspan_pageheap_insert(&model->ph, spare, model_addr(first),
				      npages, zeroed);
	spin_unlock(&model->ph.lock);
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
		page = naive_lowest(model, first, end, run);
		if (page == NR_PAGES || longest >= best_longest)
			continue;
		best = page;
		best_longest = longest;
	}
	if (best == NR_PAGES &&
	    (run->mix || run->npages > KSPAN_HALF_PAGES ||
	     model->nr_free >= model->ph.owned_pages / 8))
		best = naive_lowest(model, 0, NR_PAGES, run);
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

	spin_lock(&model->ph.lock);
	addr = kspan_pageheap_alloc(&model->ph, run, &zeroed);
	spin_unlock(&model->ph.lock);
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

	spin_lock(&model->ph.lock);
	kspan_pageheap_free(&model->ph, model_addr(first), npages);
	spin_unlock(&model->ph.lock);
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

static void expect_subtrees(struct kunit *test, struct rb_node *node,
			    unsigned int *longest)
{
	struct kspan_chunk *chunk;
	unsigned int below = 0;

	*longest = 0;
	if (!node)
		return;
	chunk = rb_entry(node, struct kspan_chunk, node);
	*longest = chunk->longest;
	expect_subtrees(test, node->rb_left, &below);
	*longest = max(*longest, below);
	expect_subtrees(test, node->rb_right, &below);
	*longest = max(*longest, below);
	KUNIT_ASSERT_EQ(test, chunk->subtree_longest, *longest);
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
	unsigned int longest;
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
		nr_chunks++;
		from = view.addr + KSPAN_CHUNK_BYTES;
	}
	for (page = 0; page < NR_PAGES; page++)
		nr_owned += model->owned[page];
	KUNIT_EXPECT_EQ(test, model->ph.chunks.nr_chunks, nr_chunks);
	KUNIT_EXPECT_EQ(test, model->ph.owned_pages, nr_owned);
	KUNIT_EXPECT_EQ(test, model->ph.free_pages, model->nr_free);
	expect_subtrees(test, model->ph.chunks.by_addr.rb_node, &longest);
	expect_halves(test);
}
