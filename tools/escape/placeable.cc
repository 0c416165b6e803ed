/* SPDX-License-Identifier: GPL-2.0 */
/* Which objects may be placed; see place.hh. */
#include "escape.hh"
#include "place.hh"

/*
 * A variable that its function keeps on the heap has it: at once, or as the result of
 * a macro around the allocation.
 */
static bool is_kept_object(struct graph *g, int obj)
{
	if (is_kept(current_function_decl))
		return true;
	for (auto &value : g->values)
		if (SSA_NAME_VAR(value.first) && is_kept(SSA_NAME_VAR(value.first)) &&
		    holds_object(g, value.second, obj))
			return true;
	for (const struct object &local : g->objects)
		if (local.kind == OBJ_LOCAL && is_kept(local.decl) &&
		    holds_object(g, local.all, obj))
			return true;
	return !gimple_call_lhs(g->objects[obj].stmt);
}

static bool family_is(const struct object *obj, const char *name)
{
	return obj->family == name;
}

/* One of a size, without a constructor, that holds nothing yet. */
static bool is_plain(const struct object *obj)
{
	return family_is(obj, "kmalloc") || family_is(obj, "kvmalloc") ||
	       family_is(obj, "kspan");
}

/* Every free names it by its address, and nothing else, ... */
static bool frees_can_go(struct graph *g, int obj)
{
	for (const struct use &use : g->frees)
		if (holds_object(g, use.loc, obj) &&
		    (!use.direct || !holds_only(g, use.loc, obj)))
			return false;
	return true;
}

/* What all placements ask. A function that returns twice sees its frame again. */
static bool may_be_placed(struct graph *g, const struct verdict *v)
{
	const struct object *obj = &g->objects[v->obj];

	return option.force_place ||
	       (is_plain(obj) && !is_kept_object(g, v->obj) && !v->carried &&
		!v->life.again && !v->life.mayfree.empty() &&
		frees_can_go(g, v->obj) && !g->fun->calls_setjmp);
}

static bool is_call_with_ssa_result(gimple *call)
{
	tree lhs = gimple_call_lhs(call);

	return lhs && TREE_CODE(lhs) == SSA_NAME;
}

bool may_be_slot(struct graph *g, const struct verdict *v)
{
	const struct object *obj = &g->objects[v->obj];

	if (obj->kind != OBJ_ALLOC || obj->size <= 0 || obj->size > MAX_SLOT_BYTES ||
	    !is_call_with_ssa_result(obj->stmt) || !may_be_placed(g, v))
		return false;
	return option.force_place ||
	       (v->to == TO_NOWHERE && !v->dma && !g->recursive);
}

bool may_be_pushed(struct graph *g, const struct verdict *v)
{
	const struct object *obj = &g->objects[v->obj];

	if (obj->kind != OBJ_ALLOC || !is_call_with_ssa_result(obj->stmt) ||
	    !may_be_placed(g, v) || !v->life.frees.size())
		return false;
	return option.force_place || v->to == TO_NOWHERE || is_certified(v);
}

/* Whether the allocation clears: by its name, or by a flag that may be set. */
bool wants_zeroes(struct graph *g, int obj)
{
	gimple *call = g->objects[obj].stmt;
	tree fndecl = gimple_call_fndecl(call), gfp;
	const struct summary *s = fndecl ? summary_of(fndecl) : NULL;
	unsigned int at;

	if (!s || g->objects[obj].zeroed)
		return true;
	at = (s->size_arg > s->count_arg ? s->size_arg : s->count_arg) + 1;
	if (at >= gimple_call_num_args(call))
		return true;
	gfp = gimple_call_arg(call, at);
	return !tree_fits_uhwi_p(gfp) || (tree_to_uhwi(gfp) & GFP_ZERO_BIT);
}
