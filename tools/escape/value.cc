/* SPDX-License-Identifier: GPL-2.0 */
/* Operands: what locations they are, what is loaded from and stored to them. */
#include "escape.hh"

/* A structure can if one of its members can; a narrow integer or a float cannot. */
bool may_hold_address(tree type)
{
	tree field;

	if (!type)
		return false;
	switch (TREE_CODE(type)) {
	case VOID_TYPE:
	case BOOLEAN_TYPE:
	case REAL_TYPE:
	case COMPLEX_TYPE:
		return false;
	case ARRAY_TYPE:
		return may_hold_address(TREE_TYPE(type));
	case RECORD_TYPE:
	case UNION_TYPE:
	case QUAL_UNION_TYPE:
		for (field = TYPE_FIELDS(type); field; field = DECL_CHAIN(field))
			if (TREE_CODE(field) == FIELD_DECL &&
			    may_hold_address(TREE_TYPE(field)))
				return true;
		return false;
	default:
		break;
	}
	if (INTEGRAL_TYPE_P(type))
		return TYPE_PRECISION(type) >= POINTER_SIZE;
	return true;
}

bool is_local_variable(tree decl)
{
	return (VAR_P(decl) && !is_global_var(decl)) ||
	       TREE_CODE(decl) == PARM_DECL || TREE_CODE(decl) == RESULT_DECL;
}

static bool is_const_table(tree decl)
{
	return VAR_P(decl) && TREE_READONLY(decl) && DECL_INITIAL(decl) &&
	       DECL_INITIAL(decl) != error_mark_node &&
	       TREE_CODE(DECL_INITIAL(decl)) == CONSTRUCTOR;
}

static int argument_of(struct graph *g, tree parm)
{
	for (int arg : g->args)
		if (g->objects[arg].decl == parm)
			return arg;
	return -1;
}

static int location_of_ssa(struct graph *g, tree name)
{
	tree var = SSA_NAME_VAR(name);
	int loc, arg;

	if (g->values.count(name))
		return g->values[name];
	loc = new_location(g, name, NULL);
	g->values[name] = loc;
	if (SSA_NAME_IS_DEFAULT_DEF(name) && var && TREE_CODE(var) == PARM_DECL) {
		arg = argument_of(g, var);
		if (arg >= 0)
			add_address(g, loc, arg, 0, NULL, "parameter");
	}
	return loc;
}

/*
 * Takes a reference apart: returns what it starts from, a declaration or MEM_REF, and
 * how far from there it is.
 */
static tree base_and_offset(tree ref, long *off)
{
	poly_int64 bytes = 0;
	tree base;

	base = get_addr_base_and_unit_offset(ref, &bytes);
	if (base) {
		*off = bytes.to_constant();
	} else {
		base = get_base_address(ref);
		*off = ANY_OFFSET;
	}
	if (base && TREE_CODE(base) == MEM_REF && *off != ANY_OFFSET)
		*off += mem_ref_offset(base).force_shwi().to_constant();
	else if (base && TREE_CODE(base) == TARGET_MEM_REF)
		*off = ANY_OFFSET;
	return base;
}

static int location_of_decl_address(struct graph *g, tree decl, long off, tree expr,
				    gimple *stmt)
{
	int loc, obj;

	switch (TREE_CODE(decl)) {
	case FUNCTION_DECL:
		obj = function_object(g, decl);
		break;
	case LABEL_DECL:
		return -1;
	default:
		if (is_local_variable(decl))
			obj = local_object(g, decl);
		else if (is_const_table(decl))
			obj = const_object(g, decl);
		else
			return g->unknown;
	}
	loc = new_location(g, expr, NULL);
	add_address(g, loc, obj, off, stmt, "address-of");
	return loc;
}

/* &p->f is p, some bytes further on */
static int location_of_address(struct graph *g, tree expr, gimple *stmt)
{
	tree base;
	long off;
	int pointer, loc;

	base = base_and_offset(TREE_OPERAND(expr, 0), &off);
	if (!base || TREE_CODE(base) == STRING_CST)
		return g->unknown;
	if (DECL_P(base))
		return location_of_decl_address(g, base, off, expr, stmt);
	if (TREE_CODE(base) != MEM_REF && TREE_CODE(base) != TARGET_MEM_REF)
		return g->unknown;
	pointer = location_of_value(g, TREE_OPERAND(base, 0), stmt);
	if (pointer < 0 || !off)
		return pointer;
	loc = new_location(g, expr, NULL);
	add_copy(g, loc, pointer, off, stmt, "address in object");
	return loc;
}

static bool is_whole(tree type)
{
	return !AGGREGATE_TYPE_P(type);
}

static int location_of_load(struct graph *g, tree ref, gimple *stmt)
{
	int pointer, loc, obj;
	tree base;
	long off;

	base = base_and_offset(ref, &off);
	if (!base)
		return g->unknown;
	if (TREE_CODE(base) == SSA_NAME)
		return location_of_ssa(g, base);
	if (!is_whole(TREE_TYPE(ref)))
		off = ANY_OFFSET;
	if (DECL_P(base)) {
		if (is_local_variable(base))
			obj = local_object(g, base);
		else if (is_const_table(base))
			obj = const_object(g, base);
		else
			return g->unknown;
		return word_to_read(g, obj, off);
	}
	if (TREE_CODE(base) != MEM_REF && TREE_CODE(base) != TARGET_MEM_REF)
		return g->unknown;
	pointer = location_of_value(g, TREE_OPERAND(base, 0), stmt);
	if (pointer < 0)
		return g->unknown;
	loc = new_location(g, ref, NULL);
	add_load(g, loc, pointer, off, stmt, "indirection");
	return loc;
}

static int location_of_initializer(struct graph *g, tree expr, gimple *stmt)
{
	int loc = new_location(g, expr, NULL), from;
	unsigned int i;
	tree value;

	FOR_EACH_CONSTRUCTOR_VALUE(CONSTRUCTOR_ELTS(expr), i, value) {
		from = location_of_value(g, value, stmt);
		if (from >= 0)
			add_copy(g, loc, from, 0, stmt, "initializer");
	}
	return loc;
}

/* The location of an operand; -1 if it can hold no address that matters. */
int location_of_value(struct graph *g, tree value, gimple *stmt)
{
	if (!value)
		return -1;
	switch (TREE_CODE(value)) {
	case SSA_NAME:
		if (!may_hold_address(TREE_TYPE(value)))
			return -1;
		return location_of_ssa(g, value);
	case ADDR_EXPR:
		return location_of_address(g, value, stmt);
	case CONSTRUCTOR:
		return location_of_initializer(g, value, stmt);
	case WITH_SIZE_EXPR:
		return location_of_value(g, TREE_OPERAND(value, 0), stmt);
	default:
		break;
	}
	if (CONSTANT_CLASS_P(value) || !may_hold_address(TREE_TYPE(value)))
		return -1;
	return location_of_load(g, value, stmt);
}

static void store_to(struct graph *g, tree ref, int from, gimple *stmt,
		     const char *how)
{
	int pointer, obj;
	tree base;
	long off;

	base = base_and_offset(ref, &off);
	if (base && !is_whole(TREE_TYPE(ref)))
		off = ANY_OFFSET;
	if (base && TREE_CODE(base) == SSA_NAME) {
		add_copy(g, location_of_ssa(g, base), from, 0, stmt, how);
		return;
	}
	if (base && DECL_P(base) && is_local_variable(base)) {
		obj = local_object(g, base);
		add_copy(g, word_to_write(g, obj, off), from, 0, stmt, how);
		return;
	}
	if (base && (TREE_CODE(base) == MEM_REF || TREE_CODE(base) == TARGET_MEM_REF)) {
		pointer = location_of_value(g, TREE_OPERAND(base, 0), stmt);
		if (pointer >= 0) {
			add_store(g, pointer, off, from, stmt,
				  "assign through pointer");
			return;
		}
	}
	add_copy(g, g->heap, from, 0, stmt, "assign to global");
}

void assign_to(struct graph *g, tree lhs, int from, gimple *stmt, const char *how)
{
	if (from < 0 || !may_hold_address(TREE_TYPE(lhs)))
		return;
	if (TREE_CODE(lhs) == SSA_NAME)
		add_copy(g, location_of_ssa(g, lhs), from, 0, stmt, how);
	else
		store_to(g, lhs, from, stmt, how);
}
