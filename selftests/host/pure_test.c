// SPDX-License-Identifier: GPL-2.0
/*
 * The pure parts of kspan as a program, under ASan and UBSan. What they compute
 * is for the KUnit suites to prove; here each runs over buffers of exactly its
 * size, so that a step beyond the end shows, and random input is as much as the
 * time allows.
 *
 *	pure_test [SEED]
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/pagebits.h"
#include "base/row.h"
#include "base/sizeclass.h"
#include "spans/span.h"

static u64 state;
static bool failed;

static void fail(const char *format, ...)
{
	va_list args;

	failed = true;
	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* xorshift64* */
static u32 below(u32 ceil)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (u32)(state * 0x2545f4914f6cdd1dULL >> 32) % ceil;
}

static void *buffer(size_t size_bytes)
{
	void *p = malloc(size_bytes);

	if (!p) {
		printf("Bail out! no memory\n");
		exit(1);
	}
	return memset(p, 0xa5, size_bytes);
}

static void lookups(void)
{
	unsigned int class = 0;
	size_t size;
	size_t align;

	for (size = 0; size <= KSPAN_MAX_CLASS_BYTES; size++) {
		if (size > kspan_sizeclasses[class].size_bytes)
			class++;
		if (kspan_sizeclass(size) != class ||
		    kspan_const_sizeclass(size) != class)
			return fail("size %zu", size);
		for (align = 1; align <= 1 << 22; align *= 2) {
			unsigned int found = kspan_sizeclass_aligned(size,
								     align);

			if (found >= KSPAN_NR_STORES || (found && found < class))
				return fail("size %zu, align %zu", size, align);
		}
	}
	if (kspan_sizeclass_aligned(KSPAN_MAX_CLASS_BYTES + 1, 1) ||
	    kspan_sizeclass_aligned(SIZE_MAX, 1 << 22))
		fail("a size above all classes");
}

static void try_row(u32 slot_bytes, u32 nelems, u32 npages)
{
	u32 offset;

	for (offset = 0; offset < npages * KSPAN_PAGE_BYTES; offset++) {
		struct kspan_row row;
		bool starts = offset % slot_bytes == 0 &&
			      offset < nelems * slot_bytes;

		kspan_row_init(&row, slot_bytes, nelems,
			       offset / KSPAN_PAGE_BYTES);
		if (kspan_row_starts_slot(&row, offset % KSPAN_PAGE_BYTES) !=
		    starts)
			return fail("%u slots of %u bytes, offset %u", nelems,
				    slot_bytes, offset);
	}
}

/* Not only the classes: typed caches may have any multiple of 8. */
static void rows(void)
{
	unsigned int class;
	u32 slot_bytes;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];

		try_row(sc->size_bytes, sc->nelems, sc->npages);
		try_row(sc->size_bytes, sc->short_nelems, sc->short_npages);
	}
	/* Powers of two that leave a tail. */
	for (slot_bytes = 2 * KSPAN_PAGE_BYTES;
	     slot_bytes <= 8 * KSPAN_PAGE_BYTES; slot_bytes *= 2)
		try_row(slot_bytes, 1, 1 + slot_bytes / KSPAN_PAGE_BYTES);
	for (slot_bytes = 8; slot_bytes <= 8 * KSPAN_PAGE_BYTES;
	     slot_bytes += 8 * (1 + below(64))) {
		u32 npages = 1 + slot_bytes / KSPAN_PAGE_BYTES + below(3);

		try_row(slot_bytes, npages * KSPAN_PAGE_BYTES / slot_bytes,
			npages);
	}
}

static void pagebits(void)
{
	struct kspan_pagebits *busy = buffer(sizeof(*busy));
	unsigned int round;

	for (round = 0; round < 20000; round++) {
		unsigned int first = below(KSPAN_CHUNK_PAGES);
		unsigned int npages = 1 + below(KSPAN_CHUNK_PAGES - first);
		unsigned int align = 1U << below(10);
		unsigned int longest;

		if (below(2))
			npages = min(npages, 1 + below(8));
		if (below(2))
			kspan_pagebits_set(busy, first, npages);
		else
			kspan_pagebits_clear(busy, first, npages);
		longest = kspan_pagebits_longest(busy);
		if (longest > KSPAN_CHUNK_PAGES ||
		    (longest && kspan_pagebits_find(busy, longest, 1) ==
				KSPAN_CHUNK_PAGES) ||
		    (longest < KSPAN_CHUNK_PAGES &&
		     kspan_pagebits_find(busy, longest + 1, 1) !=
		     KSPAN_CHUNK_PAGES))
			return fail("longest run %u, round %u", longest, round);
		first = kspan_pagebits_find(busy, npages, align);
		if (first < KSPAN_CHUNK_PAGES &&
		    (first % align || first + npages > KSPAN_CHUNK_PAGES ||
		     !kspan_pagebits_none(busy, first, npages)))
			return fail("%u pages found at %u, round %u", npages,
				    first, round);
	}
	free(busy);
}

/* A span whose bitmap ends where its words do. */
static void try_span(unsigned int nelems, u32 slot_bytes)
{
	size_t words = (nelems + 63) / 64;
	struct kspan_span *span = buffer(sizeof(*span) + words * 8);
	bool *out = calloc(nelems, sizeof(*out));
	void **objs = buffer((nelems + 1) * sizeof(*objs));
	unsigned int nout = 0;
	unsigned int round;

	memset(span, 0, sizeof(*span));
	span->addr = 0x10000;
	span->nelems = nelems;
	kspan_span_init_slots(span);
	for (round = 0; round < 300 && out; round++) {
		unsigned int n = 1 + below(nelems);
		unsigned int taken;
		unsigned int i;

		if (below(2)) {
			unsigned int nfree = nelems - nout;

			taken = kspan_span_take(span, slot_bytes, objs, n);
			if (taken != min(n, nfree))
				fail("%u of %u taken", taken, n);
			for (i = 0; i < taken; i++) {
				unsigned long index =
					((unsigned long)objs[i] - span->addr) /
					slot_bytes;

				if (index >= nelems || out[index])
					return fail("slot %lu of %u", index,
						    nelems);
				out[index] = true;
			}
			nout += taken;
			continue;
		}
		while (n--) {
			i = below(nelems);
			if (kspan_span_put(span, i) != out[i])
				fail("put of slot %u of %u", i, nelems);
			nout -= out[i];
			out[i] = false;
		}
		if (!kspan_span_identity_holds(span) ||
		    span->alloc_count != nout)
			return fail("%u slots are not sound", nelems);
	}
	free(objs);
	free(out);
	free(span);
}

static void spans(void)
{
	unsigned int nelems;

	for (nelems = 1; nelems <= KSPAN_MAX_NELEMS;
	     nelems += nelems < 200 ? 1 : 1 + below(20))
		try_span(nelems, 8 * (1 + below(100)));
}

static const struct {
	const char	*name;
	void		(*run)(void);
} tests[] = {
	{ "size class lookups", lookups },
	{ "rows of any slot size", rows },
	{ "page bitmaps", pagebits },
	{ "spans of any length", spans },
};

int main(int argc, char **argv)
{
	unsigned int ntests = sizeof(tests) / sizeof(tests[0]);
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (u64)time(NULL);
	unsigned int nfailed = 0;
	unsigned int i;

	kspan_sizeclass_init();
	printf("KTAP version 1\n1..%u\n", ntests);
	printf("# seed=%llu\n", (unsigned long long)seed);
	for (i = 0; i < ntests; i++) {
		state = seed | 1;
		failed = false;
		tests[i].run();
		printf("%sok %u %s\n", failed ? "not " : "", i + 1,
		       tests[i].name);
		fflush(stdout);
		nfailed += failed;
	}
	return nfailed ? 1 : 0;
}
