/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Placement: objects that need not be on the heap are taken from elsewhere.
 *
 * A slot is a variable in the function's frame, for small objects that do not escape.
 * A push is memory of a kspan_stack that the function borrows while it runs, for
 * objects of any size that do not escape, or whose function frees them on every path.
 * To verify, nothing is taken from elsewhere, but all such objects are freed when the
 * function ends, and not where it says: a KASAN kernel then sees who uses one later.
 */
#ifndef KSPAN_ESCAPE_PLACE_H
#define KSPAN_ESCAPE_PLACE_H

#include "verdict.hh"

/* ___GFP_ZERO of all kernels since 2.6 */
#define GFP_ZERO_BIT		0x100

#define MAX_SLOT_BYTES		256	/* of one object */
#define MAX_FRAME_BYTES		512	/* of all slots of a function */

/* placeable.cc: which may be placed */
bool may_be_slot(struct graph *g, const struct verdict *v);
bool may_be_pushed(struct graph *g, const struct verdict *v);
bool wants_zeroes(struct graph *g, int obj);

/* place.cc: what is common, and slots */
void place_objects(struct graph *g, const std::vector<struct verdict> &verdicts);
tree new_variable(struct graph *g, tree type, const char *name);
void remove_call(struct graph *g, gimple *call);
void insert_before(gimple *stmt, gimple *added);
void insert_at_entry(struct graph *g, gimple *stmt);

void forget_memory(gimple *stmt);

/* push.cc */
bool may_be_on_stack(struct graph *g, const struct verdict *v);
tree new_frame(struct graph *g);
void push_object(struct graph *g, const struct verdict *v, tree frame);
void end_frame(struct graph *g, tree frame);

/* verify.cc */
bool verify_object(struct graph *g, const struct verdict *v);

#endif
