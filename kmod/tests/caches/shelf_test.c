// SPDX-License-Identifier: GPL-2.0
/*
 * Shelves and depots against a model: no array is lost, none is in two places, and
 * what is said to be full is.
 */
#include "base/sizeclass.h"
#include "caches/depot.h"
#include "caches/shelf.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	NR_CPUS_HERE	= 3,
	ROUNDS		= 20000 / KIT_SLOWNESS,
	CAPACITY	= 4,
};

static const struct kspan_sizeclass layouts[] = {
	{ .capacity = CAPACITY, .bundle = 1, .depot_bundles = 1 },
	{ .capacity = CAPACITY, .bundle = 1, .depot_bundles = 7 },
	{ .capacity = CAPACITY, .bundle = 4, .depot_bundles = 2 },
	{ .capacity = CAPACITY, .bundle = 8, .depot_bundles = 3 },
};

/**
 * struct model - some CPUs, each with an array in its hand and one shelf
 * @sc: how much there may be
 * @rnd: what they do
 * @depot: what they share
 * @shelves: of each one
 * @hands: likewise; its lowest cell tells whether it is full
 * @nr_arrays: how many there are
 */
struct model {
	const struct kspan_sizeclass	*sc;
	struct rnd_state		rnd;
	struct kspan_depot		depot;
	struct kspan_shelf		shelves[NR_CPUS_HERE];
	void				**hands[NR_CPUS_HERE];
	unsigned int			nr_arrays;
};

static const unsigned long slot;

static void set_full(void **array, bool full)
{
	array[0] = full ? (void *)&slot : NULL;
}

static bool is_full(void **array)
{
	return array[0];
}

static struct model *model_new(struct kunit *test,
			       const struct kspan_sizeclass *sc)
{
	struct model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, model);
	model->sc = sc;
	kit_seed(test, &model->rnd);
	kspan_depot_init(&model->depot);
	for (i = 0; i < NR_CPUS_HERE; i++) {
		kspan_shelf_init(&model->shelves[i]);
		model->hands[i] = kspan_array_new(CAPACITY, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, model->hands[i]);
		set_full(model->hands[i], false);
		model->nr_arrays++;
	}
	return model;
}

/* Counts the arrays of a list, and looks whether they are as they should be. */
static unsigned int count(struct kunit *test, void **array, bool full)
{
	unsigned int n = 0;

	while (array && n < 1000) {
		KUNIT_EXPECT_EQ(test, is_full(array), full);
		array = array[KSPAN_ARRAY_NEXT];
		n++;
	}
	return n;
}

static unsigned int count_bundles(struct kunit *test, const struct model *model,
				  const struct kspan_arrays *bundles, bool full)
{
	void **bundle = bundles->first;
	unsigned int n = 0;
	unsigned int nr = 0;

	for (; bundle && nr < 1000; nr++) {
		unsigned int arrays = count(test, bundle, full);

		KUNIT_EXPECT_EQ(test, arrays, model->sc->bundle);
		n += arrays;
		bundle = bundle[KSPAN_ARRAY_BUNDLE];
	}
	KUNIT_EXPECT_EQ(test, nr, bundles->nr);
	return n;
}

static void expect_sound(struct kunit *test, const struct model *model)
{
	unsigned int most = 2 * model->sc->bundle;
	unsigned int n = NR_CPUS_HERE;
	unsigned int i;

	for (i = 0; i < NR_CPUS_HERE; i++) {
		const struct kspan_shelf *shelf = &model->shelves[i];
		unsigned int full = count(test, shelf->full.first, true);
		unsigned int empty = count(test, shelf->empty.first, false);

		KUNIT_EXPECT_EQ(test, shelf->full.nr, full);
		KUNIT_EXPECT_EQ(test, shelf->empty.nr, empty);
		KUNIT_EXPECT_LE(test, full, most);
		KUNIT_EXPECT_LE(test, empty, most);
		KUNIT_EXPECT_LE(test, shelf->full.least, full);
		KUNIT_EXPECT_LE(test, shelf->empty.least, empty);
		n += full + empty;
	}
	KUNIT_EXPECT_LE(test, model->depot.full.nr, model->sc->depot_bundles);
	n += count_bundles(test, model, &model->depot.full, true);
	n += count_bundles(test, model, &model->depot.empty, false);
	KUNIT_ASSERT_EQ(test, n, model->nr_arrays);
}

/* Nothing but no room, or no empty one, stands in the way of a full one. */
static void free_much(struct kunit *test, struct model *model, unsigned int cpu)
{
	struct kspan_shelf *shelf = &model->shelves[cpu];
	void **array = model->hands[cpu];
	bool room = shelf->full.nr < 2 * model->sc->bundle ||
		    model->depot.full.nr < model->sc->depot_bundles;
	bool wanted = kspan_shelf_wants_empty(shelf, &model->depot, model->sc);

	KUNIT_EXPECT_EQ(test, wanted,
			room && !shelf->empty.nr && !model->depot.empty.nr);
	if (wanted && kit_below(&model->rnd, 8)) {
		array = kspan_array_new(CAPACITY, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, array);
		set_full(array, false);
		kspan_shelf_add_empty(shelf, &model->depot, model->sc, array);
		model->nr_arrays++;
		wanted = false;
	}
	set_full(model->hands[cpu], true);
	KUNIT_EXPECT_EQ(test, kspan_shelf_swap_full(shelf, &model->depot,
						    model->sc,
						    &model->hands[cpu]),
			room && !wanted);
	KUNIT_EXPECT_EQ(test, is_full(model->hands[cpu]), !room || wanted);
	/* The spans get it. */
	set_full(model->hands[cpu], false);
}

static void alloc_much(struct kunit *test, struct model *model, unsigned int cpu)
{
	struct kspan_shelf *shelf = &model->shelves[cpu];
	bool any = shelf->full.nr || model->depot.full.nr;

	KUNIT_EXPECT_EQ(test, kspan_shelf_swap_empty(shelf, &model->depot,
						     model->sc,
						     &model->hands[cpu]), any);
	KUNIT_EXPECT_EQ(test, is_full(model->hands[cpu]), any);
	/* Users have its slots. */
	set_full(model->hands[cpu], false);
}

static void drop(struct kunit *test, struct model *model, void **array, bool full)
{
	while (array) {
		void **next = array[KSPAN_ARRAY_NEXT];

		KUNIT_EXPECT_EQ(test, is_full(array), full);
		kspan_array_delete(array);
		model->nr_arrays--;
		array = next;
	}
}

/* What has not been needed since the last look. */
static void trim_some(struct kunit *test, struct model *model, unsigned int cpu)
{
	struct kspan_shelf *shelf = &model->shelves[cpu];
	unsigned int nr_full, nr_empty;
	void **array;

	kspan_shelf_unused(shelf, &nr_full, &nr_empty);
	KUNIT_EXPECT_LE(test, nr_full, shelf->full.nr);
	KUNIT_EXPECT_LE(test, nr_empty, shelf->empty.nr);
	while (nr_full-- && (array = kspan_shelf_take_full(shelf))) {
		array[KSPAN_ARRAY_NEXT] = NULL;
		drop(test, model, array, true);
	}
	while (nr_empty-- && (array = kspan_shelf_take_empty(shelf))) {
		array[KSPAN_ARRAY_NEXT] = NULL;
		drop(test, model, array, false);
	}
	if (kit_below(&model->rnd, 4))
		return;
	drop(test, model, kspan_depot_take_full(&model->depot), true);
	drop(test, model, kspan_depot_take_empty(&model->depot), false);
}

static void model_end(struct kunit *test, struct model *model)
{
	unsigned int i;
	void **array;

	for (i = 0; i < NR_CPUS_HERE; i++) {
		struct kspan_shelf *shelf = &model->shelves[i];

		while ((array = kspan_shelf_take_full(shelf)) ||
		       (array = kspan_shelf_take_empty(shelf))) {
			kspan_array_delete(array);
			model->nr_arrays--;
		}
		kspan_array_delete(model->hands[i]);
		model->nr_arrays--;
	}
	while ((array = kspan_depot_take_full(&model->depot)))
		drop(test, model, array, true);
	while ((array = kspan_depot_take_empty(&model->depot)))
		drop(test, model, array, false);
	KUNIT_EXPECT_EQ(test, model->nr_arrays, 0);
}

static void whatever_cpus_do(struct kunit *test)
{
	unsigned int i, round;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct model *model = model_new(test, &layouts[i]);
		/* Some allocate more than they free for a while, and others less. */
		unsigned int bias[NR_CPUS_HERE] = { };

		for (round = 0; round < ROUNDS; round++) {
			unsigned int cpu = kit_below(&model->rnd, NR_CPUS_HERE);
			unsigned int what = kit_below(&model->rnd, 16);

			if (!kit_below(&model->rnd, 50))
				bias[cpu] = kit_below(&model->rnd, 15);
			if (!kit_below(&model->rnd, 40))
				trim_some(test, model, cpu);
			else if (what <= bias[cpu])
				free_much(test, model, cpu);
			else
				alloc_much(test, model, cpu);
			if (!(round % 16))
				expect_sound(test, model);
		}
		expect_sound(test, model);
		model_end(test, model);
	}
}

/* The last in is the first out, and it is the longest there that goes on. */
static void the_coldest_goes_on(struct kunit *test)
{
	const struct kspan_sizeclass *sc = &layouts[2];
	struct model *model = model_new(test, sc);
	void **came[3 * 4];
	unsigned int i;
	void **array;

	for (i = 0; i < 3 * sc->bundle; i++) {
		void **empty = kspan_array_new(CAPACITY, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, empty);
		set_full(empty, false);
		kspan_shelf_add_empty(&model->shelves[0], &model->depot, sc,
				      empty);
		model->nr_arrays++;
		came[i] = model->hands[0];
		set_full(came[i], true);
		KUNIT_EXPECT_TRUE(test, kspan_shelf_swap_full(&model->shelves[0],
							      &model->depot, sc,
							      &model->hands[0]));
	}
	KUNIT_EXPECT_EQ(test, model->depot.full.nr, 1);
	array = model->depot.full.first;
	for (i = sc->bundle; i--;) {
		KUNIT_ASSERT_PTR_EQ(test, array, came[i]);
		array = array[KSPAN_ARRAY_NEXT];
	}
	KUNIT_EXPECT_NULL(test, array);
	/* Another CPU gets those; this one what it has brought last. */
	KUNIT_EXPECT_TRUE(test, kspan_shelf_swap_empty(&model->shelves[1],
						       &model->depot, sc,
						       &model->hands[1]));
	KUNIT_EXPECT_PTR_EQ(test, model->hands[1], came[sc->bundle - 1]);
	KUNIT_EXPECT_EQ(test, model->shelves[1].full.nr, sc->bundle - 1);
	KUNIT_EXPECT_TRUE(test, kspan_shelf_swap_empty(&model->shelves[0],
						       &model->depot, sc,
						       &model->hands[0]));
	KUNIT_EXPECT_PTR_EQ(test, model->hands[0], came[3 * sc->bundle - 1]);
	set_full(model->hands[0], false);
	set_full(model->hands[1], false);
	expect_sound(test, model);
	model_end(test, model);
}

/* What was there all the time, and no more. */
static void the_unused_is_the_least(struct kunit *test)
{
	const struct kspan_sizeclass *sc = &layouts[3];
	struct model *model = model_new(test, sc);
	struct kspan_shelf *shelf = &model->shelves[0];
	unsigned int nr_full, nr_empty;
	unsigned int i;

	for (i = 0; i < 6; i++) {
		void **empty = kspan_array_new(CAPACITY, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, empty);
		set_full(empty, false);
		kspan_shelf_add_empty(shelf, &model->depot, sc, empty);
		model->nr_arrays++;
	}
	kspan_shelf_unused(shelf, &nr_full, &nr_empty);
	KUNIT_EXPECT_EQ(test, nr_empty, 0);
	for (i = 0; i < 2; i++) {
		set_full(model->hands[0], true);
		KUNIT_EXPECT_TRUE(test, kspan_shelf_swap_full(shelf,
							      &model->depot, sc,
							      &model->hands[0]));
	}
	kspan_shelf_unused(shelf, &nr_full, &nr_empty);
	KUNIT_EXPECT_EQ(test, nr_full, 0);
	KUNIT_EXPECT_EQ(test, nr_empty, 4);
	KUNIT_EXPECT_TRUE(test, kspan_shelf_swap_empty(shelf, &model->depot, sc,
						       &model->hands[0]));
	set_full(model->hands[0], false);
	kspan_shelf_unused(shelf, &nr_full, &nr_empty);
	KUNIT_EXPECT_EQ(test, nr_full, 1);
	KUNIT_EXPECT_EQ(test, nr_empty, 4);
	model_end(test, model);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(whatever_cpus_do),
	KUNIT_CASE(the_coldest_goes_on),
	KUNIT_CASE(the_unused_is_the_least),
	{}
};

struct kunit_suite kit_shelf_suite = {
	.name = "kspan_shelf",
	.test_cases = cases,
};
