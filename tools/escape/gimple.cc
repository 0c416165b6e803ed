/* SPDX-License-Identifier: GPL-2.0 */
/* From a function's statements to its graph: one function for each construct. */
#include "escape.hh"

/* Numbers made out of addresses that lead back to none of them. */
static bool drops_address(enum tree_code code)
{
	switch (code) {
	case TRUTH_NOT_EXPR:
	case POINTER_DIFF_EXPR:
	case TRUNC_DIV_EXPR:
	case TRUNC_MOD_EXPR:
	case EXACT_DIV_EXPR:
	case MULT_EXPR:
		return true;
	default:
		return TREE_CODE_CLASS(code) == tcc_comparison;
	}
}

/* p + 8 and p + i are the same object as p */
static void build_pointer_plus(struct graph *g, gassign *assign)
{
	tree lhs = gimple_assign_lhs(assign), step = gimple_assign_rhs2(assign);
	int from = location_of_value(g, gimple_assign_rhs1(assign), assign);
	long off = ANY_OFFSET;
	int to;

	if (from < 0 || TREE_CODE(lhs) != SSA_NAME)
		return;
	if (tree_fits_shwi_p(step))
		off = tree_to_shwi(step);
	else if (TREE_CODE(step) == INTEGER_CST)
		off = (long)TREE_INT_CST_LOW(step);
	to = location_of_value(g, lhs, assign);
	if (to >= 0)
		add_copy(g, to, from, off, assign, "pointer arithmetic");
}

static void build_arithmetic(struct graph *g, gassign *assign)
{
	enum tree_code code = gimple_assign_rhs_code(assign);
	tree lhs = gimple_assign_lhs(assign);
	int from, moved;
	unsigned int i;

	for (i = 1; i < gimple_num_ops(assign); i++) {
		if (code == COND_EXPR && i == 1)
			continue;
		from = location_of_value(g, gimple_op(assign, i), assign);
		if (from < 0)
			continue;
		if (CONVERT_EXPR_CODE_P(code) || code == COND_EXPR) {
			assign_to(g, lhs, from, assign, "conversion");
			continue;
		}
		moved = new_location(g, NULL_TREE, NULL);
		add_copy(g, moved, from, ANY_OFFSET, assign, "arithmetic");
		assign_to(g, lhs, moved, assign, "arithmetic");
	}
}

/* The end of a variable's scope tells how deep in loops it was declared. */
static void build_clobber(struct graph *g, gassign *assign)
{
	tree lhs = gimple_assign_lhs(assign);
	int obj, depth = bb_loop_depth(gimple_bb(assign));

	if (!DECL_P(lhs) || !is_local_variable(lhs))
		return;
	obj = local_object(g, lhs);
	if (g->objects[obj].depth < depth)
		g->objects[obj].depth = depth;
}

static void build_assign(struct graph *g, gassign *assign)
{
	enum tree_code code = gimple_assign_rhs_code(assign);

	if (gimple_clobber_p(assign))
		build_clobber(g, assign);
	else if (gimple_assign_single_p(assign))
		assign_to(g, gimple_assign_lhs(assign),
			  location_of_value(g, gimple_assign_rhs1(assign), assign),
			  assign, "assign");
	else if (code == POINTER_PLUS_EXPR)
		build_pointer_plus(g, assign);
	else if (!drops_address(code))
		build_arithmetic(g, assign);
}

static void build_phi(struct graph *g, gphi *phi)
{
	tree result = gimple_phi_result(phi);
	unsigned int i;
	int from;

	if (virtual_operand_p(result) || !may_hold_address(TREE_TYPE(result)))
		return;
	for (i = 0; i < gimple_phi_num_args(phi); i++) {
		from = location_of_value(g, gimple_phi_arg_def(phi, i), phi);
		assign_to(g, result, from, phi, "assign");
	}
}

/* An integer is no way to hand out an object, whatever was cast to it. */
static void build_return(struct graph *g, greturn *ret)
{
	tree type = TREE_TYPE(TREE_TYPE(g->decl));
	int from = location_of_value(g, gimple_return_retval(ret), ret);

	if (from >= 0 && (POINTER_TYPE_P(type) || AGGREGATE_TYPE_P(type)))
		add_copy(g, g->result, from, 0, ret, "return");
}

static bool asm_has_memory_clobber(gasm *asm_stmt)
{
	unsigned int i;
	tree clobber;

	for (i = 0; i < gimple_asm_nclobbers(asm_stmt); i++) {
		clobber = TREE_VALUE(gimple_asm_clobber_op(asm_stmt, i));
		if (!strcmp(TREE_STRING_POINTER(clobber), "memory"))
			return true;
	}
	return false;
}

static bool asm_is_empty(gasm *asm_stmt)
{
	const char *text = gimple_asm_string(asm_stmt);

	return !text[strspn(text, " \t\n")];
}

/* A register that assembly code may keep; not "m", nor "i", a number in the text. */
static bool in_register(tree op)
{
	const char *constraint = TREE_STRING_POINTER(TREE_VALUE(TREE_PURPOSE(op)));

	return strpbrk(constraint, "rqQRabcdSDg") || strpbrk(constraint, "0123456789");
}

/*
 * Outputs may be any of the inputs, or memory that we do not know. With a memory
 * clobber, what a register points to may have been stored anywhere.
 */
static void build_asm(struct graph *g, gasm *asm_stmt)
{
	bool empty = asm_is_empty(asm_stmt);
	bool keeps = asm_has_memory_clobber(asm_stmt) && !empty;
	std::vector<int> inputs;
	unsigned int i;
	tree op, out;
	int loc;

	for (i = 0; i < gimple_asm_ninputs(asm_stmt); i++) {
		op = gimple_asm_input_op(asm_stmt, i);
		loc = location_of_value(g, TREE_VALUE(op), asm_stmt);
		if (loc < 0)
			continue;
		inputs.push_back(loc);
		if (keeps && in_register(op))
			add_copy(g, g->heap, loc, 0, asm_stmt,
				 "asm with a memory clobber");
	}
	for (i = 0; i < gimple_asm_noutputs(asm_stmt); i++) {
		out = TREE_VALUE(gimple_asm_output_op(asm_stmt, i));
		for (int from : inputs)
			assign_to(g, out, from, asm_stmt, "asm");
		if (!empty)
			assign_to(g, out, g->unknown, asm_stmt, "asm");
	}
}

static void build_statement(struct graph *g, gimple *stmt)
{
	switch (gimple_code(stmt)) {
	case GIMPLE_ASSIGN:
		build_assign(g, as_a<gassign *>(stmt));
		break;
	case GIMPLE_CALL:
		build_call(g, as_a<gcall *>(stmt));
		break;
	case GIMPLE_RETURN:
		build_return(g, as_a<greturn *>(stmt));
		break;
	case GIMPLE_ASM:
		build_asm(g, as_a<gasm *>(stmt));
		break;
	default:
		break;
	}
}

void build_graph(struct graph *g)
{
	gimple_stmt_iterator i;
	gphi_iterator phi;
	basic_block bb;

	FOR_EACH_BB_FN(bb, g->fun) {
		for (phi = gsi_start_phis(bb); !gsi_end_p(phi); gsi_next(&phi))
			build_phi(g, phi.phi());
		for (i = gsi_start_bb(bb); !gsi_end_p(i); gsi_next(&i))
			build_statement(g, gsi_stmt(i));
	}
	do {
		graph_solve(g);
	} while (apply_indirect_calls(g));
}
