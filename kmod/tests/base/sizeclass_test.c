// SPDX-License-Identifier: GPL-2.0
/*
 * The 67 size classes, against the rule they come from, derived here once more
 * and by itself.
 */
#include "base/sizeclass.h"
#include "tests/kit.h"
#include "tests/suites.h"

/* What the rule makes of the candidates, in ascending order. */
struct derived {
	u32	size_bytes[128];
	u32	span_bytes[128];
	u32	nr;
};

static u32 span_for(u32 size_bytes)
{
	u32 span_bytes = 8192;

	while (span_bytes % size_bytes > span_bytes / 8)
		span_bytes += 8192;
	return span_bytes;
}

static void derive(struct derived *d)
{
	u32 step = 8;
	u32 size;
	u32 i;

	d->nr = 0;
	for (size = 8; size <= 32768; size += step) {
		u32 span = span_for(size);
		u32 last = d->nr - 1;

		if (d->nr && d->span_bytes[last] == span &&
		    span / d->size_bytes[last] == span / size) {
			d->size_bytes[last] = size;
		} else {
			d->size_bytes[d->nr] = size;
			d->span_bytes[d->nr++] = span;
		}
		if (is_power_of_2(size)) {
			if (size >= 2048)
				step = 256;
			else if (size >= 128)
				step = size / 8;
			else if (size >= 32)
				step = 16;
		}
	}
	for (i = 0; i < d->nr; i++) {
		u32 nelems = d->span_bytes[i] / d->size_bytes[i];
		u32 wider = round_down(d->span_bytes[i] / nelems, 128);

		d->size_bytes[i] = max(d->size_bytes[i], wider);
	}
}

static void rows_follow_the_rule(struct kunit *test)
{
	struct derived *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, d);
	derive(d);
	KUNIT_ASSERT_EQ(test, d->nr, KSPAN_NR_STORES - 1);
	KUNIT_ASSERT_EQ(test, d->nr, KSPAN_NR_CLASSES);
	for (i = 0; i < d->nr; i++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[i + 1];
		u32 size = d->size_bytes[i];

		KUNIT_EXPECT_EQ(test, sc->size_bytes, size);
		KUNIT_EXPECT_EQ(test, sc->npages, d->span_bytes[i] / 8192);
		KUNIT_EXPECT_EQ(test, sc->nelems, d->span_bytes[i] / size);
		KUNIT_EXPECT_EQ(test, sc->magic,
				((1ULL << 44) + size - 1) / size);
		/* The worst tail of all is a sixteenth of the span. */
		KUNIT_EXPECT_LE(test, d->span_bytes[i] % size,
				d->span_bytes[i] / 16);
	}
}

static void bounds_hold(struct kunit *test)
{
	u32 most_npages = 0;
	u32 most_nelems = 0;
	u32 class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		most_npages = max_t(u32, most_npages,
				    kspan_sizeclasses[class].npages);
		most_nelems = max_t(u32, most_nelems,
				    kspan_sizeclasses[class].nelems);
	}
	KUNIT_EXPECT_EQ(test, most_npages, KSPAN_MAX_SPAN_PAGES);
	KUNIT_EXPECT_EQ(test, most_nelems, KSPAN_MAX_NELEMS);
	KUNIT_EXPECT_EQ(test, kspan_sizeclasses[KSPAN_NR_CLASSES].size_bytes,
			KSPAN_MAX_CLASS_BYTES);
}

static void lookup_finds_the_smallest(struct kunit *test)
{
	u32 class = 0;
	u32 size;

	for (size = 0; size <= KSPAN_MAX_CLASS_BYTES; size++) {
		if (size > kspan_sizeclasses[class].size_bytes)
			class++;
		if (kspan_sizeclass(size) != class ||
		    kspan_const_sizeclass(size) != class)
			KUNIT_FAIL_AND_ABORT(test,
					     "size %u: class %u, lookup %u, chain %u",
					     size, class, kspan_sizeclass(size),
					     kspan_const_sizeclass(size));
	}
	KUNIT_EXPECT_EQ(test, class, KSPAN_NR_CLASSES);
	KUNIT_EXPECT_EQ(test, kspan_const_sizeclass(KSPAN_MAX_CLASS_BYTES + 1),
			0);
}

static void slot_index_is_a_division(struct kunit *test)
{
	u32 class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];
		u32 end = sc->npages * KSPAN_PAGE_BYTES;
		u32 offset;

		for (offset = 0; offset <= end; offset++) {
			u32 index = kspan_slot_index(offset, sc->magic);

			if (index != offset / sc->size_bytes)
				KUNIT_FAIL_AND_ABORT(test,
						     "class %u, offset %u: slot %u",
						     class, offset, index);
		}
	}
}

/* Where the slots of a class start at multiples of, a power of two. */
static u32 slot_align(const struct kspan_sizeclass *sc)
{
	u32 of_size = sc->size_bytes & -sc->size_bytes;
	u32 of_span = (u32)sc->align_pages * KSPAN_PAGE_BYTES;

	return min(of_size, of_span);
}

static void slots_are_aligned(struct kunit *test)
{
	u32 class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];
		u32 size = sc->size_bytes;

		KUNIT_EXPECT_TRUE(test, is_power_of_2(sc->align_pages));
		if (is_power_of_2(size))
			KUNIT_EXPECT_EQ(test, slot_align(sc), size);
		else
			KUNIT_EXPECT_GE(test, slot_align(sc),
					min_t(u32, size & -size,
					      KSPAN_PAGE_BYTES));
		if (size >= ARCH_KMALLOC_MINALIGN)
			KUNIT_EXPECT_GE(test, slot_align(sc),
					ARCH_KMALLOC_MINALIGN);
	}
}

static void aligned_lookup_finds_the_smallest(struct kunit *test)
{
	u32 align;

	for (align = 1; align <= KSPAN_MAX_CONTIG_BYTES; align *= 2) {
		u32 size;
		u32 want = 1;

		for (size = 1; size <= KSPAN_MAX_CLASS_BYTES; size++) {
			u32 found = kspan_sizeclass_aligned(size, align);

			while (want && (kspan_sizeclasses[want].size_bytes < size ||
					slot_align(&kspan_sizeclasses[want]) < align))
				want = want < KSPAN_NR_CLASSES ? want + 1 : 0;
			if (found != want)
				KUNIT_FAIL_AND_ABORT(test,
						     "size %u, align %u: class %u, found %u",
						     size, align, want, found);
		}
		KUNIT_EXPECT_EQ(test, kspan_sizeclass_aligned(size, align), 0);
	}
}

static void batches_are_bounded(struct kunit *test)
{
	u32 last = KSPAN_MAX_BATCH;
	u32 class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];

		KUNIT_EXPECT_GE(test, sc->batch, 1);
		KUNIT_EXPECT_LE(test, sc->batch, sc->capacity);
		KUNIT_EXPECT_LE(test, sc->batch, last);
		KUNIT_EXPECT_LE(test, sc->batch * sc->size_bytes, 65536);
		last = sc->batch;
	}
	KUNIT_EXPECT_EQ(test, kspan_sizeclasses[1].batch, KSPAN_MAX_BATCH);
	KUNIT_EXPECT_EQ(test, last, 1);
}

static void short_spans_hold_a_slot(struct kunit *test)
{
	u32 class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];
		u32 bytes = sc->short_npages * KSPAN_PAGE_BYTES;

		KUNIT_EXPECT_GE(test, sc->short_nelems, 1);
		KUNIT_EXPECT_LE(test, sc->short_npages, sc->npages);
		KUNIT_EXPECT_EQ(test, sc->short_nelems, bytes / sc->size_bytes);
		KUNIT_EXPECT_LT(test, bytes - KSPAN_PAGE_BYTES, sc->size_bytes);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(rows_follow_the_rule),
	KUNIT_CASE(bounds_hold),
	KUNIT_CASE(lookup_finds_the_smallest),
	KUNIT_CASE(slot_index_is_a_division),
	KUNIT_CASE(slots_are_aligned),
	KUNIT_CASE(aligned_lookup_finds_the_smallest),
	KUNIT_CASE(batches_are_bounded),
	KUNIT_CASE(short_spans_hold_a_slot),
	{}
};

struct kunit_suite kit_sizeclass_suite = {
	.name = "kspan_sizeclass",
	.test_cases = cases,
};
