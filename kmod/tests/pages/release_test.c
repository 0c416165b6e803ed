// SPDX-License-Identifier: GPL-2.0
/*
 * What goes from a page heap to the kernel, when and in which order.
 */
#include <linux/slab.h>

#include "pages/release.h"
#include "tests/kit.h"
#include "tests/pages/model.h"
#include "tests/suites.h"

static void turn(struct kunit *test)
{
	struct model *model = test->priv;

	spin_lock_irq(&model->ph.lock);
	kspan_pageheap_turn(&model->ph);
	spin_unlock_irq(&model->ph.lock);
}

/* Pages without memory behind them are split by saying so. */
static void split(struct kunit *test, const struct kspan_block *block)
{
	struct model *model = test->priv;
	unsigned int first = kspan_page_in_chunk(block->addr);
	struct kspan_chunk *chunk = kspan_chunk_find(&model->ph.chunks,
						     block->addr);

	KUNIT_ASSERT_NOT_NULL(test, chunk);
	KUNIT_EXPECT_TRUE(test, chunk->splitting);
	kspan_pagebits_set(&chunk->heads, first, block->npages);
	kspan_pagebits_set(&chunk->split, first, block->npages);
	chunk->splitting = false;
}

static enum kspan_detached step(struct kunit *test, struct kspan_release *walk,
				unsigned long most_pages,
				struct kspan_block *block)
{
	struct model *model = test->priv;
	enum kspan_detached what;

	spin_lock_irq(&model->ph.lock);
	what = kspan_pageheap_detach(&model->ph, walk, most_pages, block);
	spin_unlock_irq(&model->ph.lock);
	if (what != KSPAN_DETACH_SPLIT)
		return what;
	split(test, block);
	return KSPAN_DETACH_MORE;
}

/* A block has left the page heap. */
static void model_gone(struct kunit *test, const struct kspan_block *block)
{
	unsigned int first = (block->addr - MODEL_BASE) >> KSPAN_PAGE_SHIFT;
	struct model *model = test->priv;
	unsigned int page;

	for (page = first; page < first + block->npages; page++) {
		KUNIT_ASSERT_FALSE(test, model->busy[page]);
		model->owned[page] = false;
		model->busy[page] = true;
	}
	model->nr_free -= block->npages;
	kfree(block->chunk);
}

/* How many pages from @first on, of @npages at most, are nobody's. */
static unsigned int find_owned(const struct model *model, unsigned int first,
			       unsigned int npages)
{
	unsigned int page;

	for (page = first; page < first + npages && !model->owned[page]; page++)
		;
	return page - first;
}

static enum kspan_detached detach(struct kunit *test,
				  struct kspan_release *walk,
				  unsigned long most_pages,
				  struct kspan_block *block)
{
	enum kspan_detached what;

	do {
		what = step(test, walk, most_pages, block);
	} while (what == KSPAN_DETACH_MORE);
	if (what == KSPAN_DETACH_DONE)
		return what;
	model_gone(test, block);
	return what;
}

static void expect_block(struct kunit *test, struct kspan_release *walk,
			 unsigned int first, unsigned int npages)
{
	struct kspan_block block = { };

	KUNIT_ASSERT_EQ(test, (int)detach(test, walk, ULONG_MAX, &block),
			(int)KSPAN_DETACHED);
	KUNIT_EXPECT_EQ(test, (block.addr - MODEL_BASE) >> KSPAN_PAGE_SHIFT, first);
	KUNIT_EXPECT_EQ(test, block.npages, npages);
	KUNIT_EXPECT_FALSE(test, block.split);
}

static void expect_none(struct kunit *test, unsigned int flags)
{
	struct kspan_release walk;
	struct kspan_block block;

	kspan_release_init(&walk, flags);
	KUNIT_EXPECT_EQ(test, (int)detach(test, &walk, ULONG_MAX, &block),
			(int)KSPAN_DETACH_DONE);
}

/* Chunks, then halves, then other blocks; the highest first. */
static void whole_pieces_go_first(struct kunit *test)
{
	enum { CHUNK = KSPAN_CHUNK_PAGES };
	struct kspan_release walk;
	unsigned int i;

	/* Two halves, a whole, eight pieces, and one piece alone. */
	model_insert(test, 0, 256, false);
	model_insert(test, 256, 256, false);
	model_insert(test, CHUNK, 512, false);
	for (i = 0; i < 8; i++)
		model_insert(test, 2 * CHUNK + i * 64, 64, false);
	model_insert(test, 3 * CHUNK + 64, 16, false);
	/* All of it was in use, and a piece in the third still is. */
	for (i = 0; i < 24; i++)
		KUNIT_ASSERT_EQ(test, model_take(test, 64, 1), i * 64);
	KUNIT_ASSERT_EQ(test, model_take(test, 16, 1), 3 * CHUNK + 64);
	model_put(test, 3 * CHUNK + 64, 16);
	for (i = 0; i < 24; i++) {
		if (i != 21)
			model_put(test, i * 64, 64);
	}
	turn(test);
	turn(test);

	kspan_release_init(&walk, KSPAN_RELEASE_ANY);
	expect_block(test, &walk, CHUNK, 512);
	expect_block(test, &walk, 256, 256);
	expect_block(test, &walk, 0, 256);
	expect_block(test, &walk, 2 * CHUNK + 192, 64);
	expect_block(test, &walk, 2 * CHUNK + 128, 64);
	expect_block(test, &walk, 2 * CHUNK + 64, 64);
	expect_block(test, &walk, 2 * CHUNK, 64);
	expect_block(test, &walk, 3 * CHUNK + 64, 16);
	expect_block(test, &walk, 2 * CHUNK + 448, 64);
	expect_block(test, &walk, 2 * CHUNK + 384, 64);
	expect_block(test, &walk, 2 * CHUNK + 256, 64);
	model_expect_alike(test);
}

/* One that is too large is left, whatever is behind it. */
static void no_more_than_asked_for(struct kunit *test)
{
	struct kspan_block block = { };
	struct kspan_release walk;

	model_insert(test, 0, 4, false);
	model_insert(test, 256, 256, false);
	kspan_release_init(&walk, KSPAN_RELEASE_ANY);
	KUNIT_ASSERT_EQ(test, (int)detach(test, &walk, 8, &block),
			(int)KSPAN_DETACHED);
	KUNIT_EXPECT_EQ(test, block.addr, model_addr(0));
	KUNIT_EXPECT_EQ(test, block.npages, 4);
	model_expect_alike(test);
}

/* 16 free pages of 512 are not worth it, 17 are. */
static void dense_chunks_are_left_alone(struct kunit *test)
{
	struct kspan_release walk;
	struct kspan_block block;
	unsigned int first;

	for (first = 0; first < KSPAN_CHUNK_PAGES; first += 16)
		model_insert(test, first, 16, false);
	KUNIT_EXPECT_EQ(test, model_take(test, 512, 1), 0);
	model_put(test, 64, 16);
	turn(test);
	turn(test);
	expect_none(test, KSPAN_RELEASE_FRESH);
	model_put(test, 100, 1);
	kspan_release_init(&walk, KSPAN_RELEASE_FRESH);
	expect_block(test, &walk, 64, 16);
	/* Without a page that is ready. */
	KUNIT_EXPECT_EQ(test, (int)detach(test, &walk, ULONG_MAX, &block),
			(int)KSPAN_DETACH_DONE);
	model_expect_alike(test);
}

static void whoever_is_desperate_takes_from_dense_chunks(struct kunit *test)
{
	struct kspan_release walk;
	unsigned int first;

	for (first = 0; first < KSPAN_CHUNK_PAGES; first += 16)
		model_insert(test, first, 16, false);
	KUNIT_EXPECT_EQ(test, model_take(test, 512, 1), 0);
	model_put(test, 64, 16);
	turn(test);
	turn(test);
	kspan_release_init(&walk, KSPAN_RELEASE_DENSE);
	expect_block(test, &walk, 64, 16);
	model_expect_alike(test);
}

static void fresh_blocks_stay(struct kunit *test)
{
	struct model *model = test->priv;
	struct kspan_release walk;

	model_insert(test, 0, 64, false);
	model_insert(test, 64, 64, false);
	KUNIT_EXPECT_EQ(test, model->ph.fresh_pages, 128);
	KUNIT_EXPECT_EQ(test, kspan_pageheap_ready(&model->ph), 128);
	expect_none(test, KSPAN_RELEASE_DENSE);

	/* What was handed out once is not fresh, nor is its block. */
	KUNIT_EXPECT_EQ(test, model_take(test, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, model->ph.fresh_pages, 127);
	model_put(test, 0, 1);
	KUNIT_EXPECT_EQ(test, model->ph.fresh_pages, 127);
	turn(test);
	turn(test);
	kspan_release_init(&walk, KSPAN_RELEASE_DENSE);
	expect_block(test, &walk, 0, 64);
	KUNIT_EXPECT_EQ(test, model->ph.fresh_pages, 64);
	expect_none(test, KSPAN_RELEASE_DENSE);
	kspan_release_init(&walk, KSPAN_RELEASE_ANY);
	expect_block(test, &walk, 64, 64);
	KUNIT_EXPECT_EQ(test, model->ph.fresh_pages, 0);
	model_expect_alike(test);
}

static void expect_ready(struct kunit *test, unsigned long ready,
			 unsigned long waiting, unsigned long young)
{
	struct model *model = test->priv;

	KUNIT_EXPECT_EQ(test, kspan_pageheap_ready(&model->ph), ready);
	KUNIT_EXPECT_EQ(test, model->ph.waiting_pages, waiting);
	KUNIT_EXPECT_EQ(test, model->ph.young_pages, young);
}

static void what_comes_back_waits_for_a_grace_period(struct kunit *test)
{
	struct kspan_release walk;

	model_insert(test, 0, 16, false);
	model_insert(test, 16, 16, false);
	KUNIT_EXPECT_EQ(test, model_take(test, 16, 1), 0);
	KUNIT_EXPECT_EQ(test, model_take(test, 16, 1), 16);
	expect_ready(test, 0, 0, 0);
	/* The first to come back starts one. */
	model_put(test, 0, 16);
	expect_ready(test, 0, 16, 0);
	expect_none(test, KSPAN_RELEASE_ANY);
	/* Those that follow wait for the next. */
	model_put(test, 16, 16);
	expect_ready(test, 0, 16, 16);
	turn(test);
	expect_ready(test, 16, 16, 0);
	kspan_release_init(&walk, KSPAN_RELEASE_ANY);
	expect_block(test, &walk, 0, 16);
	expect_none(test, KSPAN_RELEASE_ANY);
	turn(test);
	expect_ready(test, 16, 0, 0);
	kspan_release_init(&walk, KSPAN_RELEASE_ANY);
	expect_block(test, &walk, 16, 16);
	model_expect_alike(test);
}

/* Waiting is for the way to the kernel, not for that to another user. */
static void what_waits_can_be_taken_again(struct kunit *test)
{
	struct kspan_release walk;

	model_insert(test, 0, 16, false);
	KUNIT_EXPECT_EQ(test, model_take(test, 16, 1), 0);
	model_put(test, 0, 8);
	model_put(test, 8, 8);
	expect_ready(test, 0, 8, 8);
	KUNIT_EXPECT_EQ(test, model_take(test, 12, 1), 0);
	expect_ready(test, 0, 0, 4);
	model_put(test, 0, 12);
	/* Nothing waited, so that all of it can. */
	expect_ready(test, 0, 16, 0);
	turn(test);
	expect_ready(test, 16, 0, 0);
	KUNIT_EXPECT_EQ(test, model_take(test, 4, 1), 0);
	model_put(test, 0, 4);
	expect_ready(test, 12, 4, 0);
	turn(test);
	kspan_release_init(&walk, 0);
	expect_block(test, &walk, 0, 16);
	model_expect_alike(test);
}

static void grace_periods_are_polled(struct kunit *test)
{
	struct model *model = test->priv;

	model_insert(test, 0, 16, false);
	KUNIT_EXPECT_EQ(test, model_take(test, 16, 1), 0);
	model_put(test, 0, 16);
	synchronize_rcu();
	expect_ready(test, 0, 16, 0);
	spin_lock_irq(&model->ph.lock);
	kspan_pageheap_poll(&model->ph);
	spin_unlock_irq(&model->ph.lock);
	expect_ready(test, 16, 0, 0);
	/* Nothing passes by itself. */
	KUNIT_EXPECT_EQ(test, model_take(test, 16, 1), 0);
	preempt_disable();
	model_put(test, 0, 16);
	spin_lock_irq(&model->ph.lock);
	kspan_pageheap_poll(&model->ph);
	spin_unlock_irq(&model->ph.lock);
	expect_ready(test, 0, 16, 0);
	preempt_enable();
}

static unsigned int wanted(struct kunit *test)
{
	struct model *model = test->priv;
	struct kspan_chunk *root =
		kspan_chunk_entry(model->ph.chunks.by_addr.rb_node);

	return root ? root->subtree.want : 0;
}

static void expect_page(struct kunit *test, struct kspan_release *walk,
			unsigned int page)
{
	struct kspan_block block = { };

	KUNIT_ASSERT_EQ(test, (int)detach(test, walk, ULONG_MAX, &block),
			(int)KSPAN_DETACHED);
	KUNIT_EXPECT_EQ(test, block.addr, model_addr(page));
	KUNIT_EXPECT_EQ(test, block.npages, 1);
}

/* A walk that begins anew does not look where the last one has found nothing. */
static void nothing_is_looked_at_twice(struct kunit *test)
{
	struct model *model = test->priv;
	struct kspan_release walk;
	unsigned int i;

	/* Of each block of four pages one stays in use. */
	for (i = 0; i < NR_PAGES / 4; i++)
		model_insert(test, 4 * i, 4, false);
	for (i = 0; i < NR_PAGES; i++)
		KUNIT_ASSERT_LT(test, model_take(test, 1, 1), NR_PAGES);
	for (i = 0; i < NR_PAGES; i++) {
		if (i % 4)
			model_put(test, i, 1);
	}
	KUNIT_EXPECT_NE(test, wanted(test), 0);
	/* Nothing is ready, which passes. */
	expect_none(test, KSPAN_RELEASE_ANY);
	KUNIT_EXPECT_NE(test, wanted(test), 0);
	turn(test);
	turn(test);
	kspan_release_init(&walk, KSPAN_RELEASE_ANY);
	for (i = 0; i < NR_PAGES / 4; i++) {
		struct kspan_block block;

		KUNIT_ASSERT_EQ(test,
				(int)detach(test, &walk, ULONG_MAX, &block),
				(int)KSPAN_DETACHED);
		KUNIT_ASSERT_EQ(test, block.npages, 3);
	}
	KUNIT_EXPECT_EQ(test, model->ph.free_pages, 0);
	/* Something is ready again, but only for those who take all. */
	model_insert(test, 1, 1, false);
	expect_none(test, 0);
	KUNIT_EXPECT_EQ(test, wanted(test) & 0xf, 0);
	expect_none(test, KSPAN_RELEASE_DENSE);
	model_put(test, 4, 1);
	KUNIT_EXPECT_EQ(test, wanted(test) & 0xf,
			BIT(KSPAN_STAGE_BLOCKS) | BIT(KSPAN_STAGE_PAGES));
	turn(test);
	turn(test);
	kspan_release_init(&walk, KSPAN_RELEASE_ANY);
	expect_page(test, &walk, 4);
	expect_page(test, &walk, 1);
	expect_none(test, KSPAN_RELEASE_ANY);
	model_expect_alike(test);
}

/* Walks of all kinds, many given up amid a chunk, overlook nothing for good. */
static void random_walks(struct kunit *test)
{
	static const unsigned int flags[] = {
		0, KSPAN_RELEASE_FRESH, KSPAN_RELEASE_DENSE, KSPAN_RELEASE_ANY,
	};
	struct model *model = test->priv;
	struct kspan_release walks[4];
	struct kspan_release walk;
	struct kspan_block block;
	struct rnd_state rnd;
	unsigned int round;

	kit_seed(test, &rnd);
	for (round = 0; round < ARRAY_SIZE(walks); round++)
		kspan_release_init(&walks[round], flags[round]);
	for (round = 0; round < 20000; round++) {
		unsigned int npages = 1U << kit_below(&rnd, 6);
		unsigned int page = round_down(kit_below(&rnd, NR_PAGES), npages);
		unsigned int i = kit_below(&rnd, 4);

		switch (kit_below(&rnd, 8)) {
		case 0:
			if (find_owned(model, page, npages) == npages)
				model_insert(test, page, npages, false);
			break;
		case 1:
		case 2:
			model_take(test, npages, 1);
			break;
		case 3:
		case 4:
		case 5:
			if (model->owned[page] && model->busy[page])
				model_put(test, page, 1);
			break;
		case 6:
			turn(test);
			break;
		default:
			if (!kit_below(&rnd, 10))
				kspan_release_init(&walks[i], flags[i]);
			if (step(test, &walks[i], 1 + kit_below(&rnd, 64),
				 &block) == KSPAN_DETACHED)
				model_gone(test, &block);
		}
	}
	turn(test);
	turn(test);
	kspan_release_init(&walk, KSPAN_RELEASE_ANY);
	while (detach(test, &walk, ULONG_MAX, &block) == KSPAN_DETACHED)
		;
	KUNIT_EXPECT_EQ(test, model->nr_free, 0);
	model_expect_alike(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(whole_pieces_go_first),
	KUNIT_CASE(no_more_than_asked_for),
	KUNIT_CASE(dense_chunks_are_left_alone),
	KUNIT_CASE(whoever_is_desperate_takes_from_dense_chunks),
	KUNIT_CASE(fresh_blocks_stay),
	KUNIT_CASE(what_comes_back_waits_for_a_grace_period),
	KUNIT_CASE(what_waits_can_be_taken_again),
	KUNIT_CASE(grace_periods_are_polled),
	KUNIT_CASE(nothing_is_looked_at_twice),
	KUNIT_CASE(random_walks),
	{}
};

struct kunit_suite kit_release_suite = {
	.name = "kspan_release",
	.init = model_init,
	.exit = model_exit,
	.test_cases = cases,
};
