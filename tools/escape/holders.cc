/* SPDX-License-Identifier: GPL-2.0 */
/* Which variables hold an object for certain; see path.hh. */
#include "escape.hh"
#include "path.hh"

bool operator<(const struct holder &a, const struct holder &b)
{
	if (a.base != b.base)
		return a.base < b.base;
	if (a.memory != b.memory)
		return a.memory < b.memory;
	return a.off < b.off;
}

static struct holder variable(tree name)
{
	struct holder holder = { name, false, 0 };

	return holder;
}

/* What memory a reference means; false if that is not a fixed place. */
static bool memory_of(tree ref, struct holder *holder)
{
	poly_int64 bytes = 0;
	tree base = get_addr_base_and_unit_offset(ref, &bytes);

	if (!base)
		return false;
	holder->memory = true;
	holder->off = bytes.to_constant();
	holder->base = base;
	if (DECL_P(base))
		return true;
	if (TREE_CODE(base) != MEM_REF)
		return false;
	holder->off += mem_ref_offset(base).force_shwi().to_constant();
	holder->base = TREE_OPERAND(base, 0);
	return true;
}

static bool address_held(const holders_t &holders, tree address, long *off)
{
	struct holder at;

	if (!memory_of(TREE_OPERAND(address, 0), &at) || DECL_P(at.base) ||
	    !value_held(holders, at.base, off))
		return false;
	*off += at.off;
	return true;
}

/* Whether a value is the object's address for certain, and how far from its start. */
bool value_held(const holders_t &holders, tree value, long *off)
{
	struct holder at;
	holders_t::const_iterator found;

	if (!value)
		return false;
	if (TREE_CODE(value) == ADDR_EXPR)
		return address_held(holders, value, off);
	if (TREE_CODE(value) == SSA_NAME)
		at = variable(value);
	else if (CONSTANT_CLASS_P(value) || !memory_of(value, &at))
		return false;
	found = holders.find(at);
	if (found == holders.end())
		return false;
	*off = found->second;
	return true;
}

/* The same for what lies in memory at an address. */
bool memory_held(const holders_t &holders, tree address, long off, long *at)
{
	struct holder holder = { address, true, 0 };
	holders_t::const_iterator found;

	if (TREE_CODE(address) == ADDR_EXPR &&
	    !memory_of(TREE_OPERAND(address, 0), &holder))
		return false;
	holder.off += off;
	found = holders.find(holder);
	if (found == holders.end())
		return false;
	*at = found->second;
	return true;
}

static void set_held(holders_t &holders, const struct holder &holder, bool held,
		     long off)
{
	if (held)
		holders[holder] = off;
	else
		holders.erase(holder);
}

/* May a write through this pointer, or to this variable, change what "holder" holds? */
static bool may_overlap(struct graph *g, const struct holder &holder, tree base)
{
	int loc;

	if (!base || !DECL_P(holder.base))
		return true;
	if (DECL_P(base))
		return holder.base == base;
	if (!g->values.count(base) || !g->decls.count(holder.base))
		return true;
	loc = g->values[base];
	return holds_object(g, loc, g->decls[holder.base]);
}

static void forget_overlaps(struct graph *g, holders_t &holders, tree base, bool known,
			    long off)
{
	holders_t::iterator i = holders.begin();

	while (i != holders.end()) {
		if (i->first.memory && may_overlap(g, i->first, base) &&
		    !(known && i->first.base == base && i->first.off != off))
			i = holders.erase(i);
		else
			i++;
	}
}

static void step_store(struct graph *g, holders_t &holders, tree lhs, bool held,
		       long off)
{
	struct holder at;
	tree base = get_base_address(lhs);
	bool known = memory_of(lhs, &at);

	if (known)
		base = at.base;
	else if (base && TREE_CODE(base) == MEM_REF)
		base = TREE_OPERAND(base, 0);
	known &= !AGGREGATE_TYPE_P(TREE_TYPE(lhs));
	forget_overlaps(g, holders, base, known, at.off);
	if (known)
		set_held(holders, at, held, off);
}

static bool same_width(tree to, tree from)
{
	return TYPE_PRECISION(TREE_TYPE(to)) == TYPE_PRECISION(TREE_TYPE(from));
}

static bool assigned_held(const holders_t &holders, gimple *assign, long *off)
{
	enum tree_code code = gimple_assign_rhs_code(assign);
	tree value = gimple_assign_rhs1(assign);

	if (gimple_assign_single_p(assign))
		return value_held(holders, value, off);
	if (CONVERT_EXPR_CODE_P(code))
		return same_width(gimple_assign_lhs(assign), value) &&
		       value_held(holders, value, off);
	if (code == POINTER_PLUS_EXPR &&
	    TREE_CODE(gimple_assign_rhs2(assign)) == INTEGER_CST &&
	    value_held(holders, value, off)) {
		*off += (long)TREE_INT_CST_LOW(gimple_assign_rhs2(assign));
		return true;
	}
	return false;
}

/* These write no memory that could hold an address. */
static bool writes_nothing(gimple *call)
{
	tree fndecl = gimple_call_fndecl(call);
	const struct summary *s;

	if (gimple_call_internal_p(call))
		return false;
	if (!fndecl)
		return false;
	if (gimple_call_builtin_p(call, BUILT_IN_EXPECT))
		return true;
	s = summary_of(fndecl);
	return s && s->model && (!s->frees.empty() || !s->family.empty());
}

static bool call_reaches(struct graph *g, gimple *call, tree decl)
{
	int obj, loc;
	unsigned int i;

	if (!g->decls.count(decl))
		return is_global_var(decl);
	obj = g->decls[decl];
	if (holds_object(g, g->heap, obj))
		return true;
	for (i = 0; i < gimple_call_num_args(call); i++) {
		loc = location_of_value(g, gimple_call_arg(call, i), call);
		if (loc >= 0 && holds_object(g, loc, obj))
			return true;
	}
	return false;
}

static void step_call(struct graph *g, holders_t &holders, gimple *call)
{
	tree lhs = gimple_call_lhs(call);
	holders_t::iterator i = holders.begin();

	while (!writes_nothing(call) && i != holders.end()) {
		if (i->first.memory && (!DECL_P(i->first.base) ||
					call_reaches(g, call, i->first.base)))
			i = holders.erase(i);
		else
			i++;
	}
	if (lhs && TREE_CODE(lhs) == SSA_NAME)
		holders.erase(variable(lhs));
	else if (lhs)
		step_store(g, holders, lhs, false, 0);
}

static bool known_elsewhere(struct graph *g, tree base)
{
	if (!DECL_P(base) || !g->decls.count(base))
		return true;
	return holds_object(g, g->heap, g->decls[base]);
}

/* Assembly code writes its outputs, and with a clobber what others know. */
static void step_asm(struct graph *g, holders_t &holders, gasm *asm_stmt)
{
	holders_t::iterator i = holders.begin();
	unsigned int n;
	tree out;

	for (n = 0; n < gimple_asm_noutputs(asm_stmt); n++) {
		out = TREE_VALUE(gimple_asm_output_op(asm_stmt, n));
		if (TREE_CODE(out) != SSA_NAME)
			step_store(g, holders, out, false, 0);
	}
	if (!gimple_asm_nclobbers(asm_stmt))
		return;
	while (i != holders.end()) {
		if (i->first.memory && known_elsewhere(g, i->first.base))
			i = holders.erase(i);
		else
			i++;
	}
}

void step_statement(struct graph *g, holders_t &holders, gimple *stmt)
{
	tree lhs;
	long off = 0;
	bool held;

	if (is_gimple_call(stmt)) {
		step_call(g, holders, stmt);
		return;
	}
	if (gimple_code(stmt) == GIMPLE_ASM)
		step_asm(g, holders, as_a<gasm *>(stmt));
	if (!is_gimple_assign(stmt))
		return;
	lhs = gimple_assign_lhs(stmt);
	held = assigned_held(holders, stmt, &off);
	if (TREE_CODE(lhs) == SSA_NAME)
		set_held(holders, variable(lhs), held, off);
	else
		step_store(g, holders, lhs, held, off);
}

/* All PHIs of a block change at once. */
void step_edge(holders_t &holders, edge e)
{
	std::vector<std::pair<tree, long>> held;
	gphi_iterator i;
	long off;

	for (i = gsi_start_phis(e->dest); !gsi_end_p(i); gsi_next(&i))
		if (value_held(holders, PHI_ARG_DEF_FROM_EDGE(i.phi(), e), &off))
			held.push_back(std::make_pair(gimple_phi_result(i.phi()), off));
	for (i = gsi_start_phis(e->dest); !gsi_end_p(i); gsi_next(&i))
		holders.erase(variable(gimple_phi_result(i.phi())));
	for (auto &name : held)
		holders[variable(name.first)] = name.second;
}

/* ---- what a condition is while the object lives: 0, 1, or -1, not known ------- */

static int truth_of(const holders_t &holders, tree value, int depth);

static int negated(int truth)
{
	return truth < 0 ? truth : !truth;
}

/* An object is neither NULL, nor ZERO_SIZE_PTR, nor ERR_PTR(), nor a variable. */
static int truth_of_comparison(const holders_t &holders, enum tree_code code, tree a,
			       tree b, int depth)
{
	bool low, high;
	long off;
	int truth;

	if (value_held(holders, b, &off) && !value_held(holders, a, &off)) {
		std::swap(a, b);
		code = swap_tree_comparison(code);
	}
	if (value_held(holders, a, &off)) {
		low = TREE_CODE(b) == INTEGER_CST && tree_fits_uhwi_p(b) &&
		      tree_to_uhwi(b) <= 16;
		high = TREE_CODE(b) == INTEGER_CST &&
		       (unsigned long)TREE_INT_CST_LOW(b) >= -4096UL;
		if (code == EQ_EXPR || code == NE_EXPR) {
			if (low || high || (TREE_CODE(b) == ADDR_EXPR &&
					    DECL_P(TREE_OPERAND(b, 0))))
				return code == NE_EXPR;
			return -1;
		}
		if (low || high)
			return (code == GT_EXPR || code == GE_EXPR) ? low : high;
		return -1;
	}
	if (!integer_zerop(b) || (code != EQ_EXPR && code != NE_EXPR))
		return -1;
	truth = truth_of(holders, a, depth + 1);
	return code == NE_EXPR ? truth : negated(truth);
}

static int truth_of_call(const holders_t &holders, gimple *call, int depth)
{
	tree fndecl = gimple_call_fndecl(call), arg;
	const char *name;
	long off;

	if (!fndecl || !DECL_NAME(fndecl) || !gimple_call_num_args(call))
		return -1;
	arg = gimple_call_arg(call, 0);
	if (gimple_call_builtin_p(call, BUILT_IN_EXPECT))
		return truth_of(holders, arg, depth + 1);
	name = IDENTIFIER_POINTER(DECL_NAME(fndecl));
	if ((!strcmp(name, "IS_ERR") || !strcmp(name, "IS_ERR_OR_NULL")) &&
	    value_held(holders, arg, &off))
		return 0;
	return -1;
}

static int truth_of_operation(const holders_t &holders, gimple *assign, int depth)
{
	enum tree_code code = gimple_assign_rhs_code(assign);
	tree a = gimple_assign_rhs1(assign), b = gimple_assign_rhs2(assign);
	int left, right;
	long off;

	if (TREE_CODE_CLASS(code) == tcc_comparison)
		return truth_of_comparison(holders, code, a, b, depth);
	if (CONVERT_EXPR_CODE_P(code) && value_held(holders, a, &off) &&
	    !same_width(gimple_assign_lhs(assign), a))
		return -1;
	if (CONVERT_EXPR_CODE_P(code) || code == SSA_NAME)
		return truth_of(holders, a, depth + 1);
	if (code == TRUTH_NOT_EXPR ||
	    (code == BIT_NOT_EXPR && TREE_CODE(TREE_TYPE(a)) == BOOLEAN_TYPE))
		return negated(truth_of(holders, a, depth + 1));
	if (code == BIT_XOR_EXPR && integer_onep(b))
		return negated(truth_of(holders, a, depth + 1));
	if (code != BIT_IOR_EXPR && code != BIT_AND_EXPR)
		return -1;
	left = truth_of(holders, a, depth + 1);
	right = truth_of(holders, b, depth + 1);
	if (code == BIT_IOR_EXPR)
		return left == 1 || right == 1 ? 1 : left == 0 ? right : left;
	/* of numbers other than truth values, "and" may leave nothing */
	return left == 0 || right == 0 ? 0 : -1;
}

static int truth_of(const holders_t &holders, tree value, int depth)
{
	gimple *def;
	long off;

	if (TREE_CODE(value) != SSA_NAME || depth > 8)
		return -1;
	if (value_held(holders, value, &off))
		return 1;
	def = SSA_NAME_DEF_STMT(value);
	if (is_gimple_call(def))
		return truth_of_call(holders, def, depth);
	if (is_gimple_assign(def))
		return truth_of_operation(holders, def, depth);
	return -1;
}

gimple *last_statement(basic_block bb)
{
	gimple_stmt_iterator i = gsi_last_nondebug_bb(bb);

	return gsi_end_p(i) ? NULL : gsi_stmt(i);
}

bool edge_possible(const holders_t &holders, edge e)
{
	gimple *last = last_statement(e->src);
	gcond *cond = last ? dyn_cast<gcond *>(last) : NULL;
	int truth;

	if (!cond)
		return true;
	truth = truth_of_comparison(holders, gimple_cond_code(cond),
				    gimple_cond_lhs(cond), gimple_cond_rhs(cond), 0);
	if (truth == 1)
		return !(e->flags & EDGE_FALSE_VALUE);
	if (truth == 0)
		return !(e->flags & EDGE_TRUE_VALUE);
	return true;
}
