// SPDX-License-Identifier: GPL-2.0
/*
 * Spans: taking and putting back slots, against a naive model.
 */
#include "spans/span.h"
#include "tests/kit.h"
#include "tests/suites.h"

enum {
	BASE	= 0x100000,
	ROUNDS	= 400,
};

struct model {
	struct kspan_span	*span;
	u32			slot_bytes;
	unsigned int		nout;
	bool			out[KSPAN_MAX_NELEMS];
	void			*objs[KSPAN_MAX_NELEMS];
};

static struct model *model_new(struct kunit *test)
{
	struct model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	struct kspan_span *span;

	KUNIT_ASSERT_NOT_NULL(test, model);
	span = kunit_kzalloc(test,
			     struct_size(span, alloc_bits,
					 kspan_span_words(KSPAN_MAX_NELEMS)),
			     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, span);
	model->span = span;
	return model;
}

static void model_reset(struct model *model, u32 slot_bytes,
			unsigned int nelems)
{
	model->slot_bytes = slot_bytes;
	model->nout = 0;
	memset(model->out, 0, sizeof(model->out));
	model->span->addr = BASE;
	model->span->nelems = nelems;
	model->span->needzero = 0;
	memset(model->span->alloc_bits, 0xa5, kspan_span_words(nelems) * 8);
	kspan_span_init_slots(model->span);
}

static void expect_alike(struct kunit *test, const struct model *model)
{
	unsigned int index;

	KUNIT_ASSERT_TRUE(test, kspan_span_identity_holds(model->span));
	KUNIT_ASSERT_EQ(test, model->span->alloc_count, model->nout);
	for (index = 0; index < model->span->nelems; index++)
		KUNIT_ASSERT_EQ(test, kspan_span_slot_out(model->span, index),
				model->out[index]);
}

/* Takes slots; returns how many there were. */
static unsigned int take(struct kunit *test, struct model *model,
			 unsigned int nobjs)
{
	unsigned int nfree = model->span->nelems - model->nout;
	unsigned int taken;
	unsigned int i;

	taken = kspan_span_take(model->span, model->slot_bytes, model->objs,
				nobjs);
	KUNIT_ASSERT_EQ(test, taken, min(nobjs, nfree));
	for (i = 0; i < taken; i++) {
		unsigned long offset = (unsigned long)model->objs[i] - BASE;
		unsigned long index = offset / model->slot_bytes;

		KUNIT_ASSERT_EQ(test, offset % model->slot_bytes, 0);
		KUNIT_ASSERT_LT(test, index, model->span->nelems);
		KUNIT_ASSERT_FALSE(test, model->out[index]);
		model->out[index] = true;
		model->nout++;
	}
	return taken;
}

static void put(struct kunit *test, struct model *model, unsigned int index)
{
	KUNIT_ASSERT_EQ(test, kspan_span_put(model->span, index),
			model->out[index]);
	model->nout -= model->out[index];
	model->out[index] = false;
}

/* Ever more at a time, all the slots of each class, in order. */
static void takes_all_in_order(struct kunit *test)
{
	struct model *model = model_new(test);
	unsigned int nelems;

	for (nelems = 1; nelems <= KSPAN_MAX_NELEMS; nelems++) {
		unsigned int next = 0;
		unsigned int taken;

		model_reset(model, 8, nelems);
		KUNIT_ASSERT_TRUE(test, kspan_span_identity_holds(model->span));
		do {
			taken = take(test, model, 1 + next % 97);
			if (!taken)
				break;
			KUNIT_ASSERT_PTR_EQ(test, model->objs[0],
					    (void *)BASE + 8UL * next);
			next += taken;
		} while (next < nelems);
		KUNIT_ASSERT_EQ(test, next, nelems);
		KUNIT_ASSERT_EQ(test, take(test, model, 1), 0);
		expect_alike(test, model);
	}
}

static void random_takes_and_puts(struct kunit *test)
{
	struct model *model = model_new(test);
	struct rnd_state rnd;
	unsigned int class;

	kit_seed(test, &rnd);
	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];
		unsigned int round;

		model_reset(model, sc->size_bytes, sc->nelems);
		for (round = 0; round < ROUNDS; round++) {
			unsigned int n = 1 + kit_below(&rnd, sc->nelems);

			if (round / 8 % 2)
				n = 1 + kit_below(&rnd, 3);
			if (prandom_u32_state(&rnd) & 1) {
				take(test, model, n);
				continue;
			}
			while (n--)
				put(test, model, kit_below(&rnd, sc->nelems));
			if (round % 16 == 0)
				expect_alike(test, model);
		}
		expect_alike(test, model);
	}
}

/* What comes back behind the search is found when it starts over. */
static void search_starts_over(struct kunit *test)
{
	struct model *model = model_new(test);
	unsigned int nelems;

	for (nelems = 2; nelems <= 200; nelems++) {
		unsigned int index;

		model_reset(model, 16, nelems);
		take(test, model, nelems);
		for (index = 0; index < nelems; index++) {
			put(test, model, index);
			KUNIT_ASSERT_EQ(test, take(test, model, 2), 1);
			KUNIT_ASSERT_PTR_EQ(test, model->objs[0],
					    (void *)BASE + 16UL * index);
		}
		put(test, model, nelems - 1);
		put(test, model, 0);
		KUNIT_ASSERT_EQ(test, take(test, model, 5), 2);
		expect_alike(test, model);
	}
}

static void second_put_is_refused(struct kunit *test)
{
	struct model *model = model_new(test);

	model_reset(model, 64, 128);
	KUNIT_EXPECT_FALSE(test, kspan_span_put(model->span, 0));
	KUNIT_EXPECT_EQ(test, model->span->needzero, 0);
	take(test, model, 128);
	KUNIT_EXPECT_EQ(test, model->span->needzero, 0);
	KUNIT_EXPECT_TRUE(test, kspan_span_put(model->span, 77));
	KUNIT_EXPECT_EQ(test, model->span->needzero, 1);
	KUNIT_EXPECT_FALSE(test, kspan_span_put(model->span, 77));
	KUNIT_EXPECT_EQ(test, model->span->alloc_count, 127);
}

/* The identity function has to tell a span that is not sound. */
static void identity_tells(struct kunit *test)
{
	struct model *model = model_new(test);
	struct kspan_span *span = model->span;

	model_reset(model, 192, 42);
	take(test, model, 10);
	KUNIT_ASSERT_TRUE(test, kspan_span_identity_holds(span));
	span->alloc_count++;
	KUNIT_EXPECT_FALSE(test, kspan_span_identity_holds(span));
	span->alloc_count--;
	span->alloc_bits[0] ^= 1ULL << 63;
	KUNIT_EXPECT_FALSE(test, kspan_span_identity_holds(span));
	/* A bit beyond the last slot for one below it: the sum is the same. */
	span->alloc_bits[0] ^= 1ULL << 41;
	KUNIT_EXPECT_FALSE(test, kspan_span_identity_holds(span));
	span->alloc_bits[0] ^= 1ULL << 63 | 1ULL << 41;
	KUNIT_EXPECT_TRUE(test, kspan_span_identity_holds(span));
	span->free_index = 42;
	KUNIT_EXPECT_FALSE(test, kspan_span_identity_holds(span));
	span->free_index = 9;
	KUNIT_EXPECT_FALSE(test, kspan_span_identity_holds(span));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(takes_all_in_order),
	KUNIT_CASE(random_takes_and_puts),
	KUNIT_CASE(search_starts_over),
	KUNIT_CASE(second_put_is_refused),
	KUNIT_CASE(identity_tells),
	{}
};

struct kunit_suite kit_span_suite = {
	.name = "kspan_span",
	.test_cases = cases,
};
