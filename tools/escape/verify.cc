/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verification: an object that may be placed is freed when its function ends, or when
 * its allocation runs again, and nowhere else. Whoever uses it later, uses freed memory.
 */
#include "escape.hh"
#include "place.hh"

/* The variable that keeps the object until then; empty at the function's entry. */
static tree new_keeper(struct graph *g)
{
	tree var = new_variable(g, ptr_type_node, "kspan_kept");

	TREE_ADDRESSABLE(var) = 1;
	insert_at_entry(g, gimple_build_assign(var, null_pointer_node));
	return var;
}

static void free_kept(gimple *before, tree fndecl, tree keeper)
{
	tree kept = make_ssa_name(ptr_type_node);

	insert_before(before, gimple_build_assign(kept, keeper));
	insert_before(before, gimple_build_call(fndecl, 1, kept));
}

static void free_kept_at_exits(struct graph *g, tree fndecl, tree keeper)
{
	gimple *last;
	edge_iterator i;
	edge e;

	FOR_EACH_EDGE(e, i, EXIT_BLOCK_PTR_FOR_FN(g->fun)->preds) {
		last = last_statement(e->src);
		if (last && gimple_code(last) == GIMPLE_RETURN)
			free_kept(last, fndecl, keeper);
	}
}

bool verify_object(struct graph *g, const struct verdict *v)
{
	gimple *call = g->objects[v->obj].stmt, *keep;
	gimple_stmt_iterator i = gsi_for_stmt(call);
	tree fndecl = gimple_call_fndecl(*v->life.mayfree.begin()), keeper;

	if (gimple_call_num_args(*v->life.mayfree.begin()) != 1)
		return false;
	keeper = new_keeper(g);
	free_kept(call, fndecl, keeper);
	keep = gimple_build_assign(keeper, gimple_call_lhs(call));
	gimple_set_location(keep, gimple_location(call));
	gsi_insert_after(&i, keep, GSI_SAME_STMT);
	for (gimple *free : v->life.mayfree)
		remove_call(g, free);
	free_kept_at_exits(g, fndecl, keeper);
	return true;
}
