// SPDX-License-Identifier: GPL-2.0
/*
 * What goes from a page heap to the kernel, when and in which order.
 */
#include <linux/slab.h>

#include "pages/release.h"
#include "tests/pages/model.h"
#include "tests/suites.h"

static void turn(struct kunit *test)
{
	struct model *model = test->priv;

	spin_lock(&model->ph.lock);
	kspan_pageheap_turn(&model->ph);
	spin_unlock(&model->ph.lock);
}

static enum kspan_detached detach(struct kunit *test,
				  struct kspan_release *walk,
				  unsigned long most_pages,
				  struct kspan_block *block)
{
	struct model *model = test->priv;
	enum kspan_detached what;
	unsigned int first;
	unsigned int page;

	do {
		spin_lock(&model->ph.lock);
		what = kspan_pageheap_detach(&model->ph, walk, most_pages,
					     block);
		spin_unlock(&model->ph.lock);
	} while (what == KSPAN_DETACH_MORE);
	if (what == KSPAN_DETACH_DONE)
		return what;
	first = (block->addr - MODEL_BASE) >> KSPAN_PAGE_SHIFT;
	for (page = first; page < first + block->npages; page++) {
		KUNIT_ASSERT_FALSE(test, model->busy[page]);
		model->owned[page] = false;
		model->busy[page] = true;
	}
	model->nr_free -= block->npages;
	kfree(block->chunk);
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
	spin_lock(&model->ph.lock);
	kspan_pageheap_poll(&model->ph);
	spin_unlock(&model->ph.lock);
	expect_ready(test, 16, 0, 0);
	/* Nothing passes by itself. */
	KUNIT_EXPECT_EQ(test, model_take(test, 16, 1), 0);
	preempt_disable();
	model_put(test, 0, 16);
	spin_lock(&model->ph.lock);
	kspan_pageheap_poll(&model->ph);
	spin_unlock(&model->ph.lock);
	expect_ready(test, 0, 16, 0);
	preempt_enable();
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
	{}
};

struct kunit_suite kit_release_suite = {
	.name = "kspan_release",
	.init = model_init,
	.exit = model_exit,
	.test_cases = cases,
};
