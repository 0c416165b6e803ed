/* SPDX-License-Identifier: GPL-2.0 */
/* The chain of flows by which an object came to where it is, as Go's -m=2 prints it. */
#include "escape.hh"
#include "verdict.hh"

#define MAX_STEPS	24

static std::string text_of(tree expr)
{
	pretty_printer pp;
	std::string text;

	pp_needs_newline(&pp) = false;
	dump_generic_node(&pp, expr, 0, TDF_SLIM, false);
	text = pp_formatted_text(&pp);
	return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

static std::string name_of_decl(tree decl)
{
	return DECL_NAME(decl) ? IDENTIFIER_POINTER(DECL_NAME(decl)) : "{temp}";
}

static std::string name_of_expr(tree expr)
{
	if (!expr)
		return "{temp}";
	if (TREE_CODE(expr) == SSA_NAME)
		return SSA_NAME_VAR(expr) ? name_of_decl(SSA_NAME_VAR(expr)) : "{temp}";
	return DECL_P(expr) ? name_of_decl(expr) : text_of(expr);
}

/* What an object is called whose content a location is. */
static std::string name_of_content(const struct object *obj)
{
	switch (obj->kind) {
	case OBJ_LOCAL:
		return name_of_decl(obj->decl);
	case OBJ_ARG:
		return "*" + name_of_decl(obj->decl);
	case OBJ_CONTENT:
		return "{reached from " + name_of_decl(obj->decl) + "}";
	case OBJ_ALLOC:
	case OBJ_NEW:
		return "{storage of " + obj->what + "}";
	default:
		return "{heap}";
	}
}

static bool is_content(const struct object *obj, int loc)
{
	if (obj->any == loc || obj->all == loc)
		return true;
	for (auto &word : obj->words)
		if (word.second == loc)
			return true;
	return false;
}

std::string name_of_location(struct graph *g, int loc)
{
	if (!g->locations[loc].label.empty())
		return g->locations[loc].label;
	for (struct object &obj : g->objects)
		if (is_content(&obj, loc))
			return name_of_content(&obj);
	return name_of_expr(g->locations[loc].expr);
}

static std::string name_of_object(const struct object *obj)
{
	return obj->decl ? name_of_decl(obj->decl) : obj->what;
}

static std::string how_it_flows(const struct reason *reason)
{
	std::string how = reason->how;
	tree fn;

	if (reason->stmt && is_gimple_call(reason->stmt) &&
	    !gimple_call_internal_p(reason->stmt)) {
		fn = gimple_call_fndecl(reason->stmt);
		how += ": " + (fn ? name_of_decl(fn) :
			       text_of(gimple_call_fn(reason->stmt)));
	}
	if (reason->stmt)
		how += " at " + source_location(gimple_location(reason->stmt));
	return how;
}

/* How one location came to hold the object: back to where the address was taken. */
static void explain(struct graph *g, int loc, int obj, std::vector<std::string> &lines)
{
	const struct reason *reason = NULL;
	int place = -1, steps, from;
	std::set<int> seen;

	for (steps = 0; steps < MAX_STEPS && loc >= 0 && seen.insert(loc).second;
	     steps++) {
		if (!g->locations[loc].holds.count(place)) {
			/* the address changed its offset on the way */
			place = -1;
			for (auto &held : g->locations[loc].holds)
				if (g->places[held.first].obj == obj)
					place = held.first;
			if (place < 0)
				return;
		}
		reason = &g->locations[loc].holds[place];
		from = reason->from;
		lines.push_back("flow: " + name_of_location(g, loc) + " = " +
				(from < 0 ? "&" + name_of_object(&g->objects[obj]) :
				 name_of_location(g, from)) +
				" (" + how_it_flows(reason) + ")");
		loc = from;
	}
}

/* The object whose content a location is, or -1. */
static int container_of_location(struct graph *g, int loc)
{
	for (size_t i = 0; i < g->objects.size(); i++)
		if (own_object(&g->objects[i]) && g->objects[i].all == loc)
			return i;
	return -1;
}

std::vector<std::string> chain_of(struct graph *g, const struct verdict *v)
{
	std::vector<std::string> lines;
	int obj = v->obj, loc;
	size_t depth;

	for (depth = 0; depth < v->reach.size() && obj >= 0; depth++) {
		loc = v->reach.at(obj);
		explain(g, loc, obj, lines);
		if (loc == v->root)
			break;
		obj = container_of_location(g, loc);
		if (!v->reach.count(obj))
			break;
	}
	return lines;
}
