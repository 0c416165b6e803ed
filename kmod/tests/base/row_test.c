// SPDX-License-Identifier: GPL-2.0
/*
 * Rows: the one multiplication, for every byte of every page of every span.
 */
#include "base/row.h"
#include "tests/kit.h"
#include "tests/suites.h"

/* How many bytes of a span's pages the rows take for the start of a slot. */
static void try_span(struct kunit *test, u32 slot_bytes, u32 nelems, u32 npages)
{
	u32 place;

	for (place = 0; place < npages; place++) {
		struct kspan_row row;
		u32 x;

		kspan_row_init(&row, slot_bytes, nelems, place);
		for (x = 0; x < KSPAN_PAGE_BYTES; x++) {
			u32 offset = place * KSPAN_PAGE_BYTES + x;
			bool want = offset % slot_bytes == 0 &&
				    offset < nelems * slot_bytes;

			if (kspan_row_starts_slot(&row, x) != want)
				KUNIT_FAIL_AND_ABORT(test,
						     "%u slots of %u bytes, byte %u of page %u: %d",
						     nelems, slot_bytes, x,
						     place, !want);
		}
	}
}

static void full_spans(struct kunit *test)
{
	u32 class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];

		try_span(test, sc->size_bytes, sc->nelems, sc->npages);
	}
}

static void short_spans(struct kunit *test)
{
	u32 class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];

		try_span(test, sc->size_bytes, sc->short_nelems,
			 sc->short_npages);
	}
}

/* Any length in between would do, too. */
static void every_length(struct kunit *test)
{
	u32 class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];
		u32 npages;

		for (npages = sc->short_npages + 1; npages < sc->npages;
		     npages++)
			try_span(test, sc->size_bytes,
				 npages * KSPAN_PAGE_BYTES / sc->size_bytes,
				 npages);
	}
}

static void zero_row_refuses(struct kunit *test)
{
	static const struct kspan_row nobody;
	u32 x;

	for (x = 0; x < KSPAN_PAGE_BYTES; x++)
		KUNIT_ASSERT_FALSE(test, kspan_row_starts_slot(&nobody, x));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(full_spans),
	KUNIT_CASE(short_spans),
	KUNIT_CASE(every_length),
	KUNIT_CASE(zero_row_refuses),
	{}
};

struct kunit_suite kit_row_suite = {
	.name = "kspan_row",
	.test_cases = cases,
};
