// SPDX-License-Identifier: GPL-2.0
/*
 * The page heap against a naive choice of places.
 */
#include "tests/kit.h"
#include "tests/pages/model.h"
#include "tests/suites.h"

enum {
	MAX_RUNS	= 512,
	ROUNDS		= 6000,
};

struct run {
	unsigned int	first;
	unsigned int	npages;
};

struct runs {
	struct run	runs[MAX_RUNS];
	unsigned int	nr_runs;
};

/* A block of random size in a random place that is not ours yet. */
static void insert_random(struct kunit *test, struct rnd_state *rnd)
{
	struct model *model = test->priv;
	unsigned int npages = 1U << kit_below(rnd, 10);
	unsigned int first = round_down(kit_below(rnd, NR_PAGES), npages);
	unsigned int page;

	for (page = first; page < first + npages; page++) {
		if (model->owned[page])
			return;
	}
	model_insert(test, first, npages, kit_below(rnd, 2));
}

static void take_random(struct kunit *test, struct rnd_state *rnd,
			struct runs *out)
{
	struct kspan_run run = {
		.npages = 1 + kit_below(rnd, kit_below(rnd, 4) ? 12 : 512),
		.align_pages = 1U << kit_below(rnd, kit_below(rnd, 3) ? 1 : 10),
		.kind = kit_below(rnd, 2) ? KSPAN_HALF_FEW : KSPAN_HALF_MANY,
		.mix = !kit_below(rnd, 4),
	};
	unsigned int first;

	if (out->nr_runs == MAX_RUNS)
		return;
	first = model_take_run(test, &run);
	if (first != NR_PAGES)
		out->runs[out->nr_runs++] = (struct run){ first, run.npages };
}

static void put_random(struct kunit *test, struct rnd_state *rnd,
		       struct runs *out)
{
	unsigned int i;

	if (!out->nr_runs)
		return;
	i = kit_below(rnd, out->nr_runs);
	model_put(test, out->runs[i].first, out->runs[i].npages);
	out->runs[i] = out->runs[--out->nr_runs];
}

static void random_runs(struct kunit *test)
{
	struct runs *out = kunit_kzalloc(test, sizeof(*out), GFP_KERNEL);
	struct rnd_state rnd;
	unsigned int round;

	KUNIT_ASSERT_NOT_NULL(test, out);
	kit_seed(test, &rnd);
	for (round = 0; round < ROUNDS; round++) {
		/* Now it fills up, now it drains. */
		u32 inclination = round / 500 % 2 ? 4 : 6;

		if (!kit_below(&rnd, 40))
			insert_random(test, &rnd);
		if (kit_below(&rnd, 10) < inclination)
			take_random(test, &rnd, out);
		else
			put_random(test, &rnd, out);
		if (round % 50 == 0)
			model_expect_alike(test);
	}
	model_expect_alike(test);
}

static void runs_stay_in_a_chunk(struct kunit *test)
{
	model_insert(test, 0, KSPAN_CHUNK_PAGES, false);
	model_insert(test, KSPAN_CHUNK_PAGES, KSPAN_CHUNK_PAGES, false);
	KUNIT_EXPECT_EQ(test, model_take(test, 509, 1), 0);
	KUNIT_EXPECT_EQ(test, model_take(test, 509, 1), KSPAN_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, model_take(test, 4, 1), NR_PAGES);
	KUNIT_EXPECT_EQ(test, model_take(test, 2, 1), 509);
	KUNIT_EXPECT_EQ(test, model_take(test, 2, 1), KSPAN_CHUNK_PAGES + 509);
	KUNIT_EXPECT_EQ(test, model_take(test, 1, 1), 511);
}

/* Go's table: equal runs go side by side until there is no more room. */
static void equal_runs_are_packed(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 2, 3, 4, 5, 8, 16, 64, 512 };
	unsigned int i;

	for (i = 0; i < 4; i++)
		model_insert(test, i * KSPAN_CHUNK_PAGES, KSPAN_CHUNK_PAGES,
			     false);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int npages = sizes[i];
		unsigned int unit = npages > KSPAN_HALF_PAGES ?
				    KSPAN_CHUNK_PAGES : KSPAN_HALF_PAGES;
		unsigned int in_unit = unit / npages;
		unsigned int nr = 4 * KSPAN_CHUNK_PAGES / unit * in_unit;
		unsigned int run;

		for (run = 0; run < nr; run++)
			KUNIT_ASSERT_EQ(test, model_take(test, npages, 1),
					run / in_unit * unit +
					run % in_unit * npages);
		KUNIT_ASSERT_EQ(test, model_take(test, npages, 1), NR_PAGES);
		for (run = 0; run < nr; run++)
			model_put(test,
				  run / in_unit * unit + run % in_unit * npages,
				  npages);
		model_expect_alike(test);
	}
}

/* Long runs stay whole while a shorter one will do. */
static void the_tightest_half_serves(struct kunit *test)
{
	static const unsigned int longest[] = { 40, 7, 9, 7 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(longest); i++) {
		unsigned int half = i * KSPAN_HALF_PAGES;

		model_insert(test, half, KSPAN_HALF_PAGES, false);
		KUNIT_ASSERT_EQ(test,
				model_take(test, KSPAN_HALF_PAGES - longest[i], 1),
				half);
	}
	KUNIT_EXPECT_EQ(test, model_take(test, 8, 1), 3 * KSPAN_HALF_PAGES - 9);
	KUNIT_EXPECT_EQ(test, model_take(test, 1, 1), 3 * KSPAN_HALF_PAGES - 1);
	KUNIT_EXPECT_EQ(test, model_take(test, 7, 1), 2 * KSPAN_HALF_PAGES - 7);
	KUNIT_EXPECT_EQ(test, model_take(test, 2, 1), 4 * KSPAN_HALF_PAGES - 7);
	KUNIT_EXPECT_EQ(test, model_take(test, 40, 1), KSPAN_HALF_PAGES - 40);
	KUNIT_EXPECT_EQ(test, model_take(test, 5, 1), 4 * KSPAN_HALF_PAGES - 5);
	KUNIT_EXPECT_EQ(test, model_take(test, 1, 1), NR_PAGES);
	model_expect_alike(test);
}

static void kinds_keep_apart(struct kunit *test)
{
	const unsigned int second = KSPAN_HALF_PAGES;
	struct kspan_run mixed = {
		.npages = 1, .align_pages = 1,
		.kind = KSPAN_HALF_MANY, .mix = true,
	};

	model_insert(test, 0, KSPAN_HALF_PAGES, false);
	model_insert(test, second, KSPAN_HALF_PAGES, false);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 100, KSPAN_HALF_MANY), 0);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 200, KSPAN_HALF_FEW), second);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 100, KSPAN_HALF_MANY), 100);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 10, KSPAN_HALF_FEW),
			second + 200);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 56, KSPAN_HALF_MANY), 200);
	/* Little is free: better to grow, unless the caller cannot. */
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 1, KSPAN_HALF_MANY), NR_PAGES);
	KUNIT_EXPECT_EQ(test, model_take_run(test, &mixed), second + 210);
	/* More than an eighth is: what the other kind has will do. */
	model_put(test, second, 200);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 11, KSPAN_HALF_MANY), second);
	model_expect_alike(test);
	/* Once a half is empty it is open to whoever comes first. */
	model_put(test, second, 11);
	model_put(test, second + 200, 10);
	model_put(test, second + 210, 1);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 250, KSPAN_HALF_MANY), second);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 1, KSPAN_HALF_FEW), NR_PAGES);
	model_expect_alike(test);
}

/* Heaps that have grown by less than a half have no kinds. */
static void parts_of_halves_are_open(struct kunit *test)
{
	model_insert(test, 0, 128, false);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 60, KSPAN_HALF_MANY), 0);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 60, KSPAN_HALF_FEW), 60);
	model_insert(test, 128, 128, false);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 8, KSPAN_HALF_MANY), 120);
	KUNIT_EXPECT_EQ(test, model_take_kind(test, 128, KSPAN_HALF_FEW), 128);
	model_expect_alike(test);
}

static void summaries_are_restored(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < NR_CHUNKS; i++)
		model_insert(test, (NR_CHUNKS - 1 - i) * KSPAN_CHUNK_PAGES,
			     KSPAN_CHUNK_PAGES, false);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, model_take(test, 512, 512), 0);
		model_put(test, 0, 512);
	}
	KUNIT_EXPECT_EQ(test, model_take(test, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, model_take(test, 512, 512), KSPAN_CHUNK_PAGES);
	model_put(test, 0, 1);
	KUNIT_EXPECT_EQ(test, model_take(test, 512, 512), 0);
}

static void nothing_from_nothing(struct kunit *test)
{
	struct kspan_chunk_view view;
	struct model *model = test->priv;

	KUNIT_EXPECT_EQ(test, model_take(test, 1, 1), NR_PAGES);
	KUNIT_EXPECT_FALSE(test, kspan_pageheap_next_chunk(&model->ph, 0, &view));
}

static unsigned long search(struct kunit *test, unsigned int npages,
			    unsigned int align_pages)
{
	const struct kspan_run run = {
		.npages = npages, .align_pages = align_pages,
		.kind = KSPAN_HALF_MANY, .mix = true,
	};
	struct model *model = test->priv;
	unsigned long from = 0;
	unsigned long addr;
	bool zeroed;

	do {
		spin_lock_irq(&model->ph.lock);
		addr = kspan_pageheap_search(&model->ph, &run, &from, &zeroed);
		spin_unlock_irq(&model->ph.lock);
	} while (!addr && from);
	return addr;
}

/* Three pages from a multiple of four on are no block of four, nor in six. */
static void odd_runs_take_a_search(struct kunit *test)
{
	const unsigned int place = (NR_CHUNKS - 1) * KSPAN_CHUNK_PAGES + 64;
	unsigned int i;

	for (i = 0; i < NR_CHUNKS; i++) {
		unsigned int first = i * KSPAN_CHUNK_PAGES;

		model_insert(test, first, KSPAN_CHUNK_PAGES, false);
		KUNIT_ASSERT_EQ(test, model_take(test, 512, 1), first);
		model_put(test, first + 1, 3);
	}
	model_put(test, place, 3);
	KUNIT_EXPECT_EQ(test, model_take(test, 3, 4), NR_PAGES);
	KUNIT_EXPECT_EQ(test, search(test, 3, 4), model_addr(place));
	KUNIT_EXPECT_EQ(test, search(test, 3, 4), 0);
}

static void the_peak_is_noted(struct kunit *test)
{
	struct model *model = test->priv;

	model_insert(test, 0, 64, false);
	KUNIT_EXPECT_EQ(test, model_take(test, 10, 1), 0);
	KUNIT_EXPECT_EQ(test, model_take(test, 20, 1), 10);
	model_put(test, 0, 10);
	KUNIT_EXPECT_EQ(test, model_take(test, 5, 1), 0);
	KUNIT_EXPECT_EQ(test, model->ph.peak_pages, 30);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(nothing_from_nothing),
	KUNIT_CASE(runs_stay_in_a_chunk),
	KUNIT_CASE(equal_runs_are_packed),
	KUNIT_CASE(the_tightest_half_serves),
	KUNIT_CASE(kinds_keep_apart),
	KUNIT_CASE(parts_of_halves_are_open),
	KUNIT_CASE(summaries_are_restored),
	KUNIT_CASE(random_runs),
	KUNIT_CASE(odd_runs_take_a_search),
	KUNIT_CASE(the_peak_is_noted),
	{}
};

struct kunit_suite kit_pageheap_suite = {
	.name = "kspan_pageheap",
	.init = model_init,
	.exit = model_exit,
	.test_cases = cases,
};
