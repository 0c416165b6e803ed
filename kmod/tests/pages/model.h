/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page heap over chunks that are only numbers, beside a naive choice of places.
 */
#ifndef _KSPAN_MODEL_H
#define _KSPAN_MODEL_H

#include <kunit/test.h>

#include "base/units.h"
#include "pages/pageheap.h"

enum {
	NR_CHUNKS	= 8,
	NR_PAGES	= NR_CHUNKS * KSPAN_CHUNK_PAGES,
	NR_HALVES	= 2 * NR_CHUNKS,
};

/* Nothing is read or written there. */
#define MODEL_BASE	(PAGE_OFFSET + 5 * KSPAN_ARENA_BYTES)

/**
 * struct model - a page heap, and what it should be like
 * @ph: the page heap
 * @owned: pages that it has
 * @busy: pages that it cannot hand out
 * @dirty: pages not known to be zero
 * @kinds: of the halves
 * @nr_free: pages that it can hand out
 */
struct model {
	struct kspan_pageheap	ph;
	bool			owned[NR_PAGES];
	bool			busy[NR_PAGES];
	bool			dirty[NR_PAGES];
	enum kspan_half_kind	kinds[NR_HALVES];
	unsigned int		nr_free;
};

static inline unsigned long model_addr(unsigned int page)
{
	return MODEL_BASE + kspan_npages_bytes(page);
}

/* init and exit of a suite whose tests have a model of their own. */
int model_init(struct kunit *test);
void model_exit(struct kunit *test);

/* A block from the kernel. */
void model_insert(struct kunit *test, unsigned int first, unsigned int npages,
		  bool zeroed);

/* Take a run where the model expects it; return the page, or NR_PAGES. */
unsigned int model_take_run(struct kunit *test, const struct kspan_run *run);
unsigned int model_take_kind(struct kunit *test, unsigned int npages,
			     enum kspan_half_kind kind);
unsigned int model_take(struct kunit *test, unsigned int npages,
			unsigned int align);

void model_put(struct kunit *test, unsigned int first, unsigned int npages);

/* The page heap is as the model says, its summaries included. */
void model_expect_alike(struct kunit *test);

#endif /* _KSPAN_MODEL_H */
