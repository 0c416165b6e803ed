/* SPDX-License-Identifier: GPL-2.0 */
/* All paths from an object's birth; see path.hh. */
#include "escape.hh"
#include "path.hh"

/* One walk. */
struct trace {
	struct graph *g;
	int obj;		/* or -1: an argument's */
	bool may;		/* any free that may mean it ends a path */
	gimple *birth;		/* or NULL */
	std::map<basic_block, holders_t> in;
	std::vector<basic_block> todo;
	bool exits, again;
	location_t exit_at;
	std::set<gimple *> frees;
};

static bool frees_for_certain(const holders_t &holders,
			      const struct use *use)
{
	tree arg = gimple_call_arg(use->stmt, use->arg);
	long off;

	if (!use->always)
		return false;
	if (use->content)
		return memory_held(holders, arg, use->off, &off) && !off;
	return value_held(holders, arg, &off) && !off;
}

static bool ends_life(struct trace *t, const holders_t &holders, gimple *stmt)
{
	for (const struct use &use : t->g->frees) {
		if (use.stmt != stmt)
			continue;
		if (frees_for_certain(holders, &use) ||
		    (t->may && holds_object(t->g, use.loc, t->obj))) {
			t->frees.insert(stmt);
			return true;
		}
	}
	return false;
}

/* A test for NULL of what may be the object: the programmer means it. */
static bool may_rule_out(struct trace *t, edge e)
{
	gimple *last = last_statement(e->src);
	gcond *cond = last ? dyn_cast<gcond *>(last) : NULL;
	tree value;

	if (!t->may || !cond || !integer_zerop(gimple_cond_rhs(cond)))
		return false;
	value = gimple_cond_lhs(cond);
	if (!t->g->values.count(value) ||
	    !holds_object(t->g, t->g->values[value], t->obj))
		return false;
	if (gimple_cond_code(cond) == EQ_EXPR)
		return e->flags & EDGE_TRUE_VALUE;
	if (gimple_cond_code(cond) == NE_EXPR)
		return e->flags & EDGE_FALSE_VALUE;
	return false;
}

static void meet(struct trace *t, basic_block bb, const holders_t &holders)
{
	holders_t::iterator i;
	bool less = false;

	if (!t->in.count(bb)) {
		t->in[bb] = holders;
		t->todo.push_back(bb);
		return;
	}
	for (i = t->in[bb].begin(); i != t->in[bb].end();) {
		auto other = holders.find(i->first);
		if (other == holders.end() || other->second != i->second) {
			i = t->in[bb].erase(i);
			less = true;
		} else {
			i++;
		}
	}
	if (less)
		t->todo.push_back(bb);
}

static void leave_block(struct trace *t, basic_block bb, const holders_t &holders)
{
	holders_t after;
	gimple *last;
	edge_iterator i;
	edge e;

	FOR_EACH_EDGE(e, i, bb->succs) {
		if (!edge_possible(holders, e) || may_rule_out(t, e))
			continue;
		if (e->dest == EXIT_BLOCK_PTR_FOR_FN(t->g->fun)) {
			last = last_statement(bb);
			t->exits = true;
			t->exit_at = last ? gimple_location(last) : UNKNOWN_LOCATION;
			continue;
		}
		after = holders;
		step_edge(after, e);
		meet(t, e->dest, after);
	}
}

static void trace_block(struct trace *t, basic_block bb, gimple_stmt_iterator i,
			holders_t holders)
{
	for (; !gsi_end_p(i); gsi_next(&i)) {
		if (ends_life(t, holders, gsi_stmt(i)))
			return;
		if (gsi_stmt(i) == t->birth) {
			t->again = true;
			return;
		}
		step_statement(t->g, holders, gsi_stmt(i));
	}
	leave_block(t, bb, holders);
}

static void trace_rest(struct trace *t)
{
	basic_block bb;

	while (!t->todo.empty()) {
		bb = t->todo.back();
		t->todo.pop_back();
		trace_block(t, bb, gsi_start_bb(bb), t->in[bb]);
	}
}

static void trace_from_birth(struct trace *t, gimple *birth)
{
	gimple_stmt_iterator i = gsi_for_stmt(birth);
	tree lhs = gimple_call_lhs(birth);
	struct holder holder = { lhs, false, 0 };
	holders_t holders;

	t->birth = birth;
	if (lhs && TREE_CODE(lhs) == SSA_NAME)
		holders[holder] = 0;
	gsi_next(&i);
	trace_block(t, gimple_bb(birth), i, holders);
	trace_rest(t);
}

static void trace_from_entry(struct trace *t, const struct holder &holder)
{
	basic_block entry = single_succ(ENTRY_BLOCK_PTR_FOR_FN(t->g->fun));
	holders_t holders;

	holders[holder] = 0;
	meet(t, entry, holders);
	trace_rest(t);
}

void trace_object(struct graph *g, int obj, struct lifetime *life)
{
	struct trace must = {}, may = {};

	*life = {};
	must.g = may.g = g;
	must.obj = may.obj = obj;
	may.may = true;
	trace_from_birth(&must, g->objects[obj].stmt);
	trace_from_birth(&may, g->objects[obj].stmt);
	life->frees = must.frees;
	life->again = must.again;
	life->freed = !must.exits && !must.again && !must.frees.empty();
	life->leaks = may.exits || may.frees.empty();
	life->leak_at = may.exit_at;
	for (const struct use &use : g->frees) {
		if (!holds_object(g, use.loc, obj))
			continue;
		life->mayfree.insert(use.stmt);
		if (!use.direct)
			life->by_callee = true;
		if (!holds_only(g, use.loc, obj))
			life->vague = true;
	}
}

static bool always_freed(struct graph *g, const struct holder &holder)
{
	struct trace must = {};

	must.g = g;
	must.obj = -1;
	trace_from_entry(&must, holder);
	return !must.exits && !must.frees.empty();
}

/* The variable that an argument is at the function's entry. */
static bool argument_holder(struct graph *g, int arg, struct holder *holder)
{
	tree parm = g->objects[g->args[arg]].decl;

	*holder = { parm, true, 0 };
	if (!is_gimple_reg(parm))
		return true;
	holder->memory = false;
	holder->base = ssa_default_def(g->fun, parm);
	return holder->base != NULL_TREE;
}

bool argument_always_freed(struct graph *g, int arg)
{
	struct holder holder;

	return argument_holder(g, arg, &holder) && always_freed(g, holder);
}

bool content_always_freed(struct graph *g, int arg, long off)
{
	struct holder holder;

	if (!argument_holder(g, arg, &holder) || holder.memory)
		return false;
	holder.memory = true;
	holder.off = off;
	return always_freed(g, holder);
}

/* ---- loops ------------------------------------------------------------------- */

static bool phi_carries(struct graph *g, gphi *phi, class loop *inner, int obj)
{
	class loop *outer = gimple_bb(phi)->loop_father;
	unsigned int i;
	tree arg;

	if (outer->header != gimple_bb(phi) ||
	    (outer != inner && !flow_loop_nested_p(outer, inner)))
		return false;
	for (i = 0; i < gimple_phi_num_args(phi); i++) {
		arg = gimple_phi_arg_def(phi, i);
		if (flow_bb_inside_loop_p(outer, gimple_phi_arg_edge(phi, i)->src) &&
		    g->values.count(arg) && holds_object(g, g->values[arg], obj))
			return true;
	}
	return false;
}

/* Storage that lasts longer than one round. */
static bool older_storage(struct graph *g, int obj)
{
	for (size_t i = 0; i < g->objects.size(); i++)
		if (own_object(&g->objects[i]) && (int)i != obj &&
		    g->objects[i].depth < g->objects[obj].depth &&
		    holds_object(g, g->objects[i].all, obj))
			return true;
	return false;
}

/* Does one round of a loop leave the object to the next? */
bool loop_carried(struct graph *g, int obj)
{
	class loop *loop = gimple_bb(g->objects[obj].stmt)->loop_father;
	gimple *def;

	if (!loop || !loop_depth(loop))
		return false;
	for (auto &value : g->values) {
		def = SSA_NAME_DEF_STMT(value.first);
		if (def && gimple_code(def) == GIMPLE_PHI && gimple_bb(def) &&
		    phi_carries(g, as_a<gphi *>(def), loop, obj))
			return true;
	}
	return older_storage(g, obj);
}
