// SPDX-License-Identifier: GPL-2.0
/*
 * The page heap over chunks that are only numbers, against a naive choice of
 * places.
 */
#include <linux/slab.h>

#include "pages/arena.h"
#include "pages/backing.h"
#include "pages/pageheap.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_CHUNKS	= 8,
	NR_PAGES	= NR_CHUNKS * KSPAN_CHUNK_PAGES,
	NR_HALVES	= 2 * NR_CHUNKS,
	MAX_RUNS	= 512,
	ROUNDS		= 6000,
};

/* Nothing is read or written there. */
#define BASE	(PAGE_OFFSET + 5 * KSPAN_ARENA_BYTES)

struct run {
	unsigned int	first;
	unsigned int	npages;
};

struct model {
	struct kspan_pageheap	ph;
	bool			owned[NR_PAGES];
	bool			busy[NR_PAGES];
	bool			dirty[NR_PAGES];
	enum kspan_half_kind	kinds[NR_HALVES];
	struct run		runs[MAX_RUNS];
	unsigned int		nr_runs;
	unsigned int		nr_free;
};

static unsigned long page_addr(unsigned int page)
{
	return BASE + kspan_npages_bytes(page);
}

static int model_init(struct kunit *test)
{
	struct model *model = kvzalloc(sizeof(*model), GFP_KERNEL);

	if (!model)
		return -ENOMEM;
	memset(model->busy, true, sizeof(model->busy));
	kspan_pageheap_init(&model->ph);
	test->priv = model;
	return 0;
}

static void model_exit(struct kunit *test)
{
	struct model *model = test->priv;
	struct kspan_chunk *chunk;
	struct kspan_chunk *next;

	rbtree_postorder_for_each_entry_safe(chunk, next, &model->ph.chunks,
					     node)
		kfree(chunk);
	kvfree(model);
}

static void insert(struct kunit *test, unsigned int first, unsigned int npages,
		   bool zeroed)
{
	struct model *model = test->priv;
	struct kspan_chunk *spare = kspan_chunk_new(GFP_KERNEL);
	unsigned int page;

	KUNIT_ASSERT_NOT_NULL(test, spare);
	spin_lock(&model->ph.lock);
	spare = kspan_pageheap_insert(&model->ph, spare, page_addr(first),
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

/* Takes a run where the model expects it; returns the page, or NR_PAGES. */
static unsigned int take_run(struct kunit *test, const struct kspan_run *run)
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
	KUNIT_ASSERT_EQ(test, addr, page_addr(want));
	for (page = want; page < want + run->npages; page++)
		clean &= !model->dirty[page];
	KUNIT_ASSERT_EQ(test, zeroed, clean);
	naive_take(model, want, run);
	return want;
}

static unsigned int take_kind(struct kunit *test, unsigned int npages,
			      enum kspan_half_kind kind)
{
	struct kspan_run run = {
		.npages = npages, .align_pages = 1, .kind = kind,
	};

	return take_run(test, &run);
}

static unsigned int take(struct kunit *test, unsigned int npages,
			 unsigned int align)
{
	struct kspan_run run = {
		.npages = npages, .align_pages = align,
		.kind = KSPAN_HALF_MANY, .mix = true,
	};

	return take_run(test, &run);
}

static void put(struct kunit *test, unsigned int first, unsigned int npages)
{
	struct model *model = test->priv;
	unsigned int page;
	unsigned int half;

	spin_lock(&model->ph.lock);
	kspan_pageheap_free(&model->ph, page_addr(first), npages);
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

		for (node = rb_first(&model->ph.halves.by_kind[kind]); node;
		     node = rb_next(node)) {
			struct kspan_half *half =
				rb_entry(node, struct kspan_half, node);
			unsigned int first = (half->addr - BASE) >>
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
	KUNIT_ASSERT_EQ(test, nr_halves, 2 * model->ph.nr_chunks);
}

static void expect_alike(struct kunit *test)
{
	struct model *model = test->priv;
	struct kspan_chunk_view view;
	unsigned long from = 0;
	unsigned int nr_owned = 0;
	unsigned int nr_chunks = 0;
	unsigned int longest;
	unsigned int page;

	while (kspan_pageheap_next_chunk(&model->ph, from, &view)) {
		unsigned int first = (view.addr - BASE) >> KSPAN_PAGE_SHIFT;

		KUNIT_ASSERT_GE(test, view.addr, max(from, BASE));
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
	KUNIT_EXPECT_EQ(test, model->ph.nr_chunks, nr_chunks);
	KUNIT_EXPECT_EQ(test, model->ph.owned_pages, nr_owned);
	KUNIT_EXPECT_EQ(test, model->ph.free_pages, model->nr_free);
	expect_subtrees(test, model->ph.chunks.rb_node, &longest);
	expect_halves(test);
}

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
	insert(test, first, npages, kit_below(rnd, 2));
}

static void take_random(struct kunit *test, struct rnd_state *rnd)
{
	struct model *model = test->priv;
	struct kspan_run run = {
		.npages = 1 + kit_below(rnd, kit_below(rnd, 4) ? 12 : 512),
		.align_pages = 1U << kit_below(rnd, kit_below(rnd, 3) ? 1 : 10),
		.kind = kit_below(rnd, 2) ? KSPAN_HALF_FEW : KSPAN_HALF_MANY,
		.mix = !kit_below(rnd, 4),
	};
	unsigned int first;

	if (model->nr_runs == MAX_RUNS)
		return;
	first = take_run(test, &run);
	if (first != NR_PAGES)
		model->runs[model->nr_runs++] =
			(struct run){ first, run.npages };
}

static void put_random(struct kunit *test, struct rnd_state *rnd)
{
	struct model *model = test->priv;
	unsigned int i;

	if (!model->nr_runs)
		return;
	i = kit_below(rnd, model->nr_runs);
	put(test, model->runs[i].first, model->runs[i].npages);
	model->runs[i] = model->runs[--model->nr_runs];
}

static void random_runs(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int round;

	kit_seed(test, &rnd);
	for (round = 0; round < ROUNDS; round++) {
		/* Now it fills up, now it drains. */
		u32 inclination = round / 500 % 2 ? 4 : 6;

		if (!kit_below(&rnd, 40))
			insert_random(test, &rnd);
		if (kit_below(&rnd, 10) < inclination)
			take_random(test, &rnd);
		else
			put_random(test, &rnd);
		if (round % 50 == 0)
			expect_alike(test);
	}
	expect_alike(test);
}

static void runs_stay_in_a_chunk(struct kunit *test)
{
	insert(test, 0, KSPAN_CHUNK_PAGES, false);
	insert(test, KSPAN_CHUNK_PAGES, KSPAN_CHUNK_PAGES, false);
	KUNIT_EXPECT_EQ(test, take(test, 509, 1), 0);
	KUNIT_EXPECT_EQ(test, take(test, 509, 1), KSPAN_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, take(test, 4, 1), NR_PAGES);
	KUNIT_EXPECT_EQ(test, take(test, 2, 1), 509);
	KUNIT_EXPECT_EQ(test, take(test, 2, 1), KSPAN_CHUNK_PAGES + 509);
	KUNIT_EXPECT_EQ(test, take(test, 1, 1), 511);
}

/* Go's table: equal runs go side by side until there is no more room. */
static void equal_runs_are_packed(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 2, 3, 4, 5, 8, 16, 64, 512 };
	unsigned int i;

	for (i = 0; i < 4; i++)
		insert(test, i * KSPAN_CHUNK_PAGES, KSPAN_CHUNK_PAGES, false);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int npages = sizes[i];
		unsigned int unit = npages > KSPAN_HALF_PAGES ?
				    KSPAN_CHUNK_PAGES : KSPAN_HALF_PAGES;
		unsigned int in_unit = unit / npages;
		unsigned int nr = 4 * KSPAN_CHUNK_PAGES / unit * in_unit;
		unsigned int run;

		for (run = 0; run < nr; run++)
			KUNIT_ASSERT_EQ(test, take(test, npages, 1),
					run / in_unit * unit +
					run % in_unit * npages);
		KUNIT_ASSERT_EQ(test, take(test, npages, 1), NR_PAGES);
		for (run = 0; run < nr; run++)
			put(test, run / in_unit * unit + run % in_unit * npages,
			    npages);
		expect_alike(test);
	}
}

/* Long runs stay whole while a shorter one will do. */
static void the_tightest_half_serves(struct kunit *test)
{
	static const unsigned int longest[] = { 40, 7, 9, 7 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(longest); i++) {
		unsigned int half = i * KSPAN_HALF_PAGES;

		insert(test, half, KSPAN_HALF_PAGES, false);
		KUNIT_ASSERT_EQ(test,
				take(test, KSPAN_HALF_PAGES - longest[i], 1),
				half);
	}
	KUNIT_EXPECT_EQ(test, take(test, 8, 1), 3 * KSPAN_HALF_PAGES - 9);
	KUNIT_EXPECT_EQ(test, take(test, 1, 1), 3 * KSPAN_HALF_PAGES - 1);
	KUNIT_EXPECT_EQ(test, take(test, 7, 1), 2 * KSPAN_HALF_PAGES - 7);
	KUNIT_EXPECT_EQ(test, take(test, 2, 1), 4 * KSPAN_HALF_PAGES - 7);
	KUNIT_EXPECT_EQ(test, take(test, 40, 1), KSPAN_HALF_PAGES - 40);
	KUNIT_EXPECT_EQ(test, take(test, 5, 1), 4 * KSPAN_HALF_PAGES - 5);
	KUNIT_EXPECT_EQ(test, take(test, 1, 1), NR_PAGES);
	expect_alike(test);
}

static void kinds_keep_apart(struct kunit *test)
{
	const unsigned int second = KSPAN_HALF_PAGES;
	struct kspan_run mixed = {
		.npages = 1, .align_pages = 1,
		.kind = KSPAN_HALF_MANY, .mix = true,
	};

	insert(test, 0, KSPAN_HALF_PAGES, false);
	insert(test, second, KSPAN_HALF_PAGES, false);
	KUNIT_EXPECT_EQ(test, take_kind(test, 100, KSPAN_HALF_MANY), 0);
	KUNIT_EXPECT_EQ(test, take_kind(test, 200, KSPAN_HALF_FEW), second);
	KUNIT_EXPECT_EQ(test, take_kind(test, 100, KSPAN_HALF_MANY), 100);
	KUNIT_EXPECT_EQ(test, take_kind(test, 10, KSPAN_HALF_FEW),
			second + 200);
	KUNIT_EXPECT_EQ(test, take_kind(test, 56, KSPAN_HALF_MANY), 200);
	/* Little is free: better to grow, unless the caller cannot. */
	KUNIT_EXPECT_EQ(test, take_kind(test, 1, KSPAN_HALF_MANY), NR_PAGES);
	KUNIT_EXPECT_EQ(test, take_run(test, &mixed), second + 210);
	/* More than an eighth is: what the other kind has will do. */
	put(test, second, 200);
	KUNIT_EXPECT_EQ(test, take_kind(test, 11, KSPAN_HALF_MANY), second);
	expect_alike(test);
	/* Once a half is empty it is open to whoever comes first. */
	put(test, second, 11);
	put(test, second + 200, 10);
	put(test, second + 210, 1);
	KUNIT_EXPECT_EQ(test, take_kind(test, 250, KSPAN_HALF_MANY), second);
	KUNIT_EXPECT_EQ(test, take_kind(test, 1, KSPAN_HALF_FEW), NR_PAGES);
	expect_alike(test);
}

/* Heaps that have grown by less than a half have no kinds. */
static void parts_of_halves_are_open(struct kunit *test)
{
	insert(test, 0, 128, false);
	KUNIT_EXPECT_EQ(test, take_kind(test, 60, KSPAN_HALF_MANY), 0);
	KUNIT_EXPECT_EQ(test, take_kind(test, 60, KSPAN_HALF_FEW), 60);
	insert(test, 128, 128, false);
	KUNIT_EXPECT_EQ(test, take_kind(test, 8, KSPAN_HALF_MANY), 120);
	KUNIT_EXPECT_EQ(test, take_kind(test, 128, KSPAN_HALF_FEW), 128);
	expect_alike(test);
}

static void summaries_are_restored(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < NR_CHUNKS; i++)
		insert(test, (NR_CHUNKS - 1 - i) * KSPAN_CHUNK_PAGES,
		       KSPAN_CHUNK_PAGES, false);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, take(test, 512, 512), 0);
		put(test, 0, 512);
	}
	KUNIT_EXPECT_EQ(test, take(test, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, take(test, 512, 512), KSPAN_CHUNK_PAGES);
	put(test, 0, 1);
	KUNIT_EXPECT_EQ(test, take(test, 512, 512), 0);
}

static void nothing_from_nothing(struct kunit *test)
{
	struct kspan_chunk_view view;
	struct model *model = test->priv;

	KUNIT_EXPECT_EQ(test, take(test, 1, 1), NR_PAGES);
	KUNIT_EXPECT_FALSE(test, kspan_pageheap_next_chunk(&model->ph, 0, &view));
}

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
	first = (block->addr - BASE) >> KSPAN_PAGE_SHIFT;
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
	KUNIT_EXPECT_EQ(test, (block.addr - BASE) >> KSPAN_PAGE_SHIFT, first);
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
	insert(test, 0, 256, false);
	insert(test, 256, 256, false);
	insert(test, CHUNK, 512, false);
	for (i = 0; i < 8; i++)
		insert(test, 2 * CHUNK + i * 64, 64, false);
	insert(test, 3 * CHUNK + 64, 16, false);
	/* All of it was in use, and a piece in the third still is. */
	for (i = 0; i < 24; i++)
		KUNIT_ASSERT_EQ(test, take(test, 64, 1), i * 64);
	KUNIT_ASSERT_EQ(test, take(test, 16, 1), 3 * CHUNK + 64);
	put(test, 3 * CHUNK + 64, 16);
	for (i = 0; i < 24; i++) {
		if (i != 21)
			put(test, i * 64, 64);
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
	expect_alike(test);
}

/* One that is too large is left, whatever is behind it. */
static void no_more_than_asked_for(struct kunit *test)
{
	struct kspan_block block = { };
	struct kspan_release walk;

	insert(test, 0, 4, false);
	insert(test, 256, 256, false);
	kspan_release_init(&walk, KSPAN_RELEASE_ANY);
	KUNIT_ASSERT_EQ(test, (int)detach(test, &walk, 8, &block),
			(int)KSPAN_DETACHED);
	KUNIT_EXPECT_EQ(test, block.addr, page_addr(0));
	KUNIT_EXPECT_EQ(test, block.npages, 4);
	expect_alike(test);
}

/* 16 free pages of 512 are not worth it, 17 are. */
static void dense_chunks_are_left_alone(struct kunit *test)
{
	struct kspan_release walk;
	struct kspan_block block;
	unsigned int first;

	for (first = 0; first < KSPAN_CHUNK_PAGES; first += 16)
		insert(test, first, 16, false);
	KUNIT_EXPECT_EQ(test, take(test, 512, 1), 0);
	put(test, 64, 16);
	turn(test);
	turn(test);
	expect_none(test, KSPAN_RELEASE_FRESH);
	put(test, 100, 1);
	kspan_release_init(&walk, KSPAN_RELEASE_FRESH);
	expect_block(test, &walk, 64, 16);
	/* Without a page that is ready. */
	KUNIT_EXPECT_EQ(test, (int)detach(test, &walk, ULONG_MAX, &block),
			(int)KSPAN_DETACH_DONE);
	expect_alike(test);
}

static void whoever_is_desperate_takes_from_dense_chunks(struct kunit *test)
{
	struct kspan_release walk;
	unsigned int first;

	for (first = 0; first < KSPAN_CHUNK_PAGES; first += 16)
		insert(test, first, 16, false);
	KUNIT_EXPECT_EQ(test, take(test, 512, 1), 0);
	put(test, 64, 16);
	turn(test);
	turn(test);
	kspan_release_init(&walk, KSPAN_RELEASE_DENSE);
	expect_block(test, &walk, 64, 16);
	expect_alike(test);
}

static void fresh_blocks_stay(struct kunit *test)
{
	struct model *model = test->priv;
	struct kspan_release walk;

	insert(test, 0, 64, false);
	insert(test, 64, 64, false);
	KUNIT_EXPECT_EQ(test, model->ph.fresh_pages, 128);
	KUNIT_EXPECT_EQ(test, kspan_pageheap_ready(&model->ph), 128);
	expect_none(test, KSPAN_RELEASE_DENSE);

	/* What was handed out once is not fresh, nor is its block. */
	KUNIT_EXPECT_EQ(test, take(test, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, model->ph.fresh_pages, 127);
	put(test, 0, 1);
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
	expect_alike(test);
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

	insert(test, 0, 16, false);
	insert(test, 16, 16, false);
	KUNIT_EXPECT_EQ(test, take(test, 16, 1), 0);
	KUNIT_EXPECT_EQ(test, take(test, 16, 1), 16);
	expect_ready(test, 0, 0, 0);
	/* The first to come back starts one. */
	put(test, 0, 16);
	expect_ready(test, 0, 16, 0);
	expect_none(test, KSPAN_RELEASE_ANY);
	/* Those that follow wait for the next. */
	put(test, 16, 16);
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
	expect_alike(test);
}

/* Waiting is for the way to the kernel, not for that to another user. */
static void what_waits_can_be_taken_again(struct kunit *test)
{
	struct kspan_release walk;

	insert(test, 0, 16, false);
	KUNIT_EXPECT_EQ(test, take(test, 16, 1), 0);
	put(test, 0, 8);
	put(test, 8, 8);
	expect_ready(test, 0, 8, 8);
	KUNIT_EXPECT_EQ(test, take(test, 12, 1), 0);
	expect_ready(test, 0, 0, 4);
	put(test, 0, 12);
	/* Nothing waited, so that all of it can. */
	expect_ready(test, 0, 16, 0);
	turn(test);
	expect_ready(test, 16, 0, 0);
	KUNIT_EXPECT_EQ(test, take(test, 4, 1), 0);
	put(test, 0, 4);
	expect_ready(test, 12, 4, 0);
	turn(test);
	kspan_release_init(&walk, 0);
	expect_block(test, &walk, 0, 16);
	expect_alike(test);
}

static void grace_periods_are_polled(struct kunit *test)
{
	struct model *model = test->priv;

	insert(test, 0, 16, false);
	KUNIT_EXPECT_EQ(test, take(test, 16, 1), 0);
	put(test, 0, 16);
	synchronize_rcu();
	expect_ready(test, 0, 16, 0);
	spin_lock(&model->ph.lock);
	kspan_pageheap_poll(&model->ph);
	spin_unlock(&model->ph.lock);
	expect_ready(test, 16, 0, 0);
	/* Nothing passes by itself. */
	KUNIT_EXPECT_EQ(test, take(test, 16, 1), 0);
	preempt_disable();
	put(test, 0, 16);
	spin_lock(&model->ph.lock);
	kspan_pageheap_poll(&model->ph);
	spin_unlock(&model->ph.lock);
	expect_ready(test, 0, 16, 0);
	preempt_enable();
}

static void the_peak_is_noted(struct kunit *test)
{
	struct model *model = test->priv;

	insert(test, 0, 64, false);
	KUNIT_EXPECT_EQ(test, take(test, 10, 1), 0);
	KUNIT_EXPECT_EQ(test, take(test, 20, 1), 10);
	put(test, 0, 10);
	KUNIT_EXPECT_EQ(test, take(test, 5, 1), 0);
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
	KUNIT_CASE(whole_pieces_go_first),
	KUNIT_CASE(no_more_than_asked_for),
	KUNIT_CASE(dense_chunks_are_left_alone),
	KUNIT_CASE(whoever_is_desperate_takes_from_dense_chunks),
	KUNIT_CASE(fresh_blocks_stay),
	KUNIT_CASE(what_comes_back_waits_for_a_grace_period),
	KUNIT_CASE(what_waits_can_be_taken_again),
	KUNIT_CASE(grace_periods_are_polled),
	KUNIT_CASE(the_peak_is_noted),
	{}
};

struct kunit_suite kit_pageheap_suite = {
	.name = "kspan_pageheap",
	.init = model_init,
	.exit = model_exit,
	.test_cases = cases,
};
