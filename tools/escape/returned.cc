/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locals whose address a function returns. The graph says what may be: an address that
 * was in unknown memory once may come back from there. A bug is only what can be seen
 * without memory between: copies, PHIs, callees that return their argument.
 */
#include "escape.hh"
#include "verdict.hh"

typedef std::set<tree> seen_t;

static bool is_address_of(tree value, tree decl, seen_t &seen);

static bool call_returns(gimple *call, tree decl, seen_t &seen)
{
	tree fndecl = gimple_call_fndecl(call);
	const struct summary *s = fndecl ? summary_of(fndecl) : NULL;

	if (!s)
		return false;
	for (auto &flow : s->flows)
		if (flow.first.kind == END_RESULT && flow.second.kind == END_ARG &&
		    flow.second.index < (int)gimple_call_num_args(call) &&
		    is_address_of(gimple_call_arg(call, flow.second.index), decl, seen))
			return true;
	return false;
}

static bool phi_returns(gphi *phi, tree decl, seen_t &seen)
{
	unsigned int i;

	for (i = 0; i < gimple_phi_num_args(phi); i++)
		if (is_address_of(gimple_phi_arg_def(phi, i), decl, seen))
			return true;
	return false;
}

/* An empty template hides a value from the optimizer, no more. */
static bool asm_returns(gasm *asm_stmt, tree decl, seen_t &seen)
{
	unsigned int i;

	if (gimple_asm_string(asm_stmt)[0])
		return false;
	for (i = 0; i < gimple_asm_ninputs(asm_stmt); i++)
		if (is_address_of(TREE_VALUE(gimple_asm_input_op(asm_stmt, i)), decl,
				  seen))
			return true;
	return false;
}

static bool assign_returns(gimple *assign, tree decl, seen_t &seen)
{
	enum tree_code code = gimple_assign_rhs_code(assign);

	if (!gimple_assign_single_p(assign) && !CONVERT_EXPR_CODE_P(code) &&
	    code != POINTER_PLUS_EXPR)
		return false;
	return is_address_of(gimple_assign_rhs1(assign), decl, seen);
}

static bool is_address_of(tree value, tree decl, seen_t &seen)
{
	gimple *def;
	tree base;

	if (!value || !seen.insert(value).second)
		return false;
	if (TREE_CODE(value) == ADDR_EXPR) {
		base = get_base_address(TREE_OPERAND(value, 0));
		if (base && TREE_CODE(base) == MEM_REF)
			return is_address_of(TREE_OPERAND(base, 0), decl, seen);
		return base == decl;
	}
	if (TREE_CODE(value) != SSA_NAME)
		return false;
	def = SSA_NAME_DEF_STMT(value);
	switch (gimple_code(def)) {
	case GIMPLE_ASSIGN:
		return assign_returns(def, decl, seen);
	case GIMPLE_PHI:
		return phi_returns(as_a<gphi *>(def), decl, seen);
	case GIMPLE_CALL:
		return call_returns(def, decl, seen);
	case GIMPLE_ASM:
		return asm_returns(as_a<gasm *>(def), decl, seen);
	default:
		return false;
	}
}

bool returns_address(struct graph *g, tree decl)
{
	edge_iterator i;
	gimple *last;
	edge e;

	if (!POINTER_TYPE_P(TREE_TYPE(TREE_TYPE(g->decl))))
		return false;
	FOR_EACH_EDGE(e, i, EXIT_BLOCK_PTR_FOR_FN(g->fun)->preds) {
		seen_t seen;

		last = last_statement(e->src);
		if (last && gimple_code(last) == GIMPLE_RETURN &&
		    is_address_of(gimple_return_retval(as_a<greturn *>(last)), decl,
				  seen))
			return true;
	}
	return false;
}
