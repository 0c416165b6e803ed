/* SPDX-License-Identifier: GPL-2.0 */
/* Calls: what a callee's summary does to the graph of its caller. */
#include "escape.hh"

/* One call as it is applied: to one callee, or several when it is indirect. */
struct call_site {
	gcall *stmt;
	std::vector<int> args;	/* locations, -1: no address */
	int value;		/* location of the result, -1: not used */
	const struct summary *callee;
	std::string name;
};

static const char *function_name(tree fndecl)
{
	return DECL_NAME(fndecl) ? IDENTIFIER_POINTER(DECL_NAME(fndecl)) : "?";
}

/* Follows a number to the constant that it is, through conversions. */
static bool constant_value(tree value, long *number)
{
	gimple *def;
	int steps;

	for (steps = 0; steps < 8 && TREE_CODE(value) == SSA_NAME; steps++) {
		def = SSA_NAME_DEF_STMT(value);
		if (!is_gimple_assign(def) ||
		    !(gimple_assign_single_p(def) ||
		      CONVERT_EXPR_CODE_P(gimple_assign_rhs_code(def))))
			return false;
		value = gimple_assign_rhs1(def);
	}
	if (!tree_fits_shwi_p(value))
		return false;
	*number = tree_to_shwi(value);
	return true;
}

static long allocated_size(const struct call_site *site)
{
	unsigned int nr = gimple_call_num_args(site->stmt);
	int size_arg = site->callee->size_arg, count_arg = site->callee->count_arg;
	long size, count = 1;

	if (size_arg < 0 || size_arg >= (int)nr ||
	    !constant_value(gimple_call_arg(site->stmt, size_arg), &size))
		return -1;
	if (count_arg >= 0 &&
	    (count_arg >= (int)nr ||
	     !constant_value(gimple_call_arg(site->stmt, count_arg), &count)))
		return -1;
	if (size < 0 || count < 0 || (count && size > LONG_MAX / count))
		return -1;
	return size * count;
}

/* "kzalloc_noprof" is what the macro kzalloc() calls */
static std::string written_name(const std::string &name)
{
	size_t at = name.rfind("_noprof");

	if (at != std::string::npos && at + 7 == name.size())
		return name.substr(0, at);
	return name;
}

/* The object that a call gives birth to, with the same one for each visit. */
static int born_object(struct graph *g, const struct call_site *site)
{
	bool alloc = !site->callee->family.empty();
	long size;
	int obj;

	if (g->births.count(site->stmt))
		return g->births[site->stmt];
	obj = new_object(g, alloc ? OBJ_ALLOC : OBJ_NEW, NULL_TREE, site->stmt);
	g->births[site->stmt] = obj;
	size = alloc ? allocated_size(site) : site->callee->new_size;
	g->objects[obj].size = size;
	g->objects[obj].depth = bb_loop_depth(gimple_bb(site->stmt));
	g->objects[obj].family = site->callee->family;
	g->objects[obj].zeroed = site->callee->zeroed;
	g->objects[obj].what = written_name(site->name) + "(" +
		(!alloc ? "" : size >= 0 ? std::to_string(size) : "n") + ")";
	return obj;
}

/* What is reached from a word of an argument's object, at any distance. */
static int content_of_argument(struct graph *g, const struct call_site *site,
			       int arg, long off)
{
	std::pair<gimple *, std::pair<int, long>> key(site->stmt,
						      std::make_pair(arg, off));
	int loc;

	if (g->contents.count(key))
		return g->contents[key];
	loc = new_location(g, NULL_TREE, "{content of an argument}");
	g->contents[key] = loc;
	add_load(g, loc, site->args[arg], off, site->stmt, "reached from argument");
	add_load(g, loc, loc, ANY_OFFSET, site->stmt, "reached from argument");
	return loc;
}

static bool passes_address(const struct call_site *site, int arg)
{
	return arg < (int)site->args.size() && site->args[arg] >= 0;
}

static int endpoint_source(struct graph *g, const struct call_site *site,
			   const struct endpoint *end)
{
	int loc;

	switch (end->kind) {
	case END_HEAP:
		return g->unknown;
	case END_NEW:
		loc = new_location(g, NULL_TREE, "{new object}");
		add_address(g, loc, born_object(g, site), end->off, site->stmt,
			    "allocated by callee");
		return loc;
	case END_ARG:
		if (!passes_address(site, end->index))
			return -1;
		if (!end->off)
			return site->args[end->index];
		loc = new_location(g, NULL_TREE, "{in an argument's object}");
		add_copy(g, loc, site->args[end->index], end->off, site->stmt,
			 "call parameter");
		return loc;
	case END_CONTENT:
		if (!passes_address(site, end->index))
			return -1;
		return content_of_argument(g, site, end->index, end->off);
	default:
		return -1;
	}
}

static void flow_to_endpoint(struct graph *g, const struct call_site *site,
			     const struct endpoint *end, int from)
{
	int obj;

	switch (end->kind) {
	case END_HEAP:
		add_copy(g, g->heap, from, 0, site->stmt, "call parameter");
		break;
	case END_RESULT:
		if (site->value >= 0)
			add_copy(g, site->value, from, 0, site->stmt,
				 "returned by callee");
		break;
	case END_NEW:
		obj = born_object(g, site);
		add_copy(g, word_to_write(g, obj, end->off), from, 0, site->stmt,
			 "stored by callee in its allocation");
		break;
	case END_ARG:
		if (passes_address(site, end->index))
			add_store(g, site->args[end->index], end->off, from,
				  site->stmt, "stored by callee");
		break;
	case END_CONTENT:
		if (passes_address(site, end->index))
			add_store(g, content_of_argument(g, site, end->index,
							 end->off),
				  ANY_OFFSET, from, site->stmt,
				  "stored by callee");
		break;
	}
}

static void add_uses(struct graph *g, const struct call_site *site,
		     const std::set<struct endpoint> &ends,
		     std::vector<struct use> &uses, bool always)
{
	struct use use = {};

	for (const struct endpoint &end : ends) {
		if (!passes_address(site, end.index))
			continue;
		use.loc = end.kind == END_ARG ? site->args[end.index] :
			content_of_argument(g, site, end.index, end.off);
		use.stmt = site->stmt;
		use.arg = end.index;
		use.off = end.off;
		use.content = end.kind == END_CONTENT;
		use.direct = end.kind == END_ARG && site->callee->model;
		use.always = always && (use.content || !end.off);
		uses.push_back(use);
	}
}

static void leak_arguments(struct graph *g, const struct call_site *site, size_t first,
			   size_t end, const char *how)
{
	for (size_t i = first; i < site->args.size() && i < end; i++)
		if (site->args[i] >= 0)
			add_copy(g, g->heap, site->args[i], 0, site->stmt, how);
}

/* What is printed is looked at, and that is all. */
static bool only_prints(const struct call_site *site)
{
	tree type = gimple_call_fntype(site->stmt);

	return type && stdarg_p(type) &&
	       lookup_attribute("format", TYPE_ATTRIBUTES(type));
}

static size_t nr_named_arguments(const struct call_site *site)
{
	tree type = gimple_call_fntype(site->stmt);

	return list_length(TYPE_ARG_TYPES(type));
}

static void apply_summary(struct graph *g, const struct call_site *site)
{
	const struct summary *callee = site->callee;
	int from;

	if (!callee->family.empty() && site->value >= 0)
		add_address(g, site->value, born_object(g, site), 0, site->stmt,
			    "allocation");
	for (auto &flow : callee->flows) {
		from = endpoint_source(g, site, &flow.second);
		if (from >= 0)
			flow_to_endpoint(g, site, &flow.first, from);
	}
	add_uses(g, site, callee->frees, g->frees, true);
	add_uses(g, site, callee->mayfree, g->frees, false);
	add_uses(g, site, callee->dma, g->dmas, false);
	if (callee->nr_params >= 0 && !only_prints(site))
		leak_arguments(g, site, callee->nr_params, SIZE_MAX,
			       "variadic argument");
}

static void apply_unknown(struct graph *g, const struct call_site *site,
			  const char *how)
{
	leak_arguments(g, site, 0,
		       only_prints(site) ? nr_named_arguments(site) : SIZE_MAX, how);
	if (site->value >= 0)
		add_copy(g, site->value, g->unknown, 0, site->stmt, "unknown result");
}

/*
 * What the compiler makes up itself keeps nothing. Library functions that it knows too
 * and atomic operations are in models.txt, or are like any other function.
 */
static bool is_own_builtin(tree fndecl, const std::string &name)
{
	return fndecl_built_in_p(fndecl) && !name.compare(0, 10, "__builtin_");
}

static void apply_builtin(struct graph *g, const struct call_site *site)
{
	if (site->value < 0 || !POINTER_TYPE_P(TREE_TYPE(gimple_call_lhs(site->stmt))))
		return;
	for (int arg : site->args)
		if (arg >= 0)
			add_copy(g, site->value, arg, ANY_OFFSET, site->stmt,
				 "returns argument");
	add_copy(g, site->value, g->unknown, 0, site->stmt, "builtin");
}

/* Calls that the compiler will have removed, or that end the kernel. */
static bool never_happens(tree fndecl)
{
	return lookup_attribute("error", DECL_ATTRIBUTES(fndecl)) ||
	       lookup_attribute("warning", DECL_ATTRIBUTES(fndecl)) ||
	       (!summary_of(fndecl) && TREE_THIS_VOLATILE(fndecl));
}

static void read_site(struct graph *g, gcall *call, struct call_site *site)
{
	tree lhs = gimple_call_lhs(call);
	unsigned int i;

	site->stmt = call;
	site->value = -1;
	site->callee = NULL;
	for (i = 0; i < gimple_call_num_args(call); i++)
		site->args.push_back(location_of_value(g, gimple_call_arg(call, i),
						       call));
	if (!lhs || !may_hold_address(TREE_TYPE(lhs)))
		return;
	if (TREE_CODE(lhs) == SSA_NAME) {
		site->value = location_of_value(g, lhs, call);
	} else {
		site->value = new_location(g, lhs, NULL);
		assign_to(g, lhs, site->value, call, "call result");
	}
}

static void call_function(struct graph *g, struct call_site *site, tree fndecl)
{
	site->name = function_name(fndecl);
	site->callee = summary_of(fndecl);
	if (site->callee)
		apply_summary(g, site);
	else if (never_happens(fndecl))
		return;
	else if (is_own_builtin(fndecl, site->name))
		apply_builtin(g, site);
	else
		apply_unknown(g, site, "call parameter, unknown function");
}

void build_call(struct graph *g, gcall *call)
{
	tree fndecl = gimple_call_fndecl(call);
	struct pending_call pending = {};
	struct call_site site;

	read_site(g, call, &site);
	if (gimple_call_internal_p(call)) {
		apply_builtin(g, &site);
	} else if (fndecl) {
		call_function(g, &site, fndecl);
	} else {
		pending.call = call;
		pending.fn = location_of_value(g, gimple_call_fn(call), call);
		g->indirect.push_back(pending);
	}
}

/*
 * Indirect calls wait until it is known what the pointer names: functions, by way of a
 * constant table, or something else. True if anything new was found.
 */
static bool apply_indirect(struct graph *g, size_t i)
{
	std::set<tree> targets;
	struct call_site site;
	bool known = g->indirect[i].fn >= 0 && !option.go_stores, news = false;
	struct object *obj;

	if (g->indirect[i].leaked)
		return false;
	if (known && g->locations[g->indirect[i].fn].holds.empty())
		known = false;
	if (known) {
		for (auto &held : g->locations[g->indirect[i].fn].holds) {
			obj = &g->objects[g->places[held.first].obj];
			if (obj->kind == OBJ_FUNCTION)
				targets.insert(obj->decl);
			else
				known = false;
		}
	}
	read_site(g, g->indirect[i].call, &site);
	if (!known) {
		g->indirect[i].leaked = true;
		apply_unknown(g, &site, "call parameter, indirect call");
		return true;
	}
	for (tree target : targets) {
		if (!g->indirect[i].done.insert(target).second)
			continue;
		call_function(g, &site, target);
		news = true;
	}
	return news;
}

bool apply_indirect_calls(struct graph *g)
{
	bool news = false;

	for (size_t i = 0; i < g->indirect.size(); i++)
		news |= apply_indirect(g, i);
	return news;
}
