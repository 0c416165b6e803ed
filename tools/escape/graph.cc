/* SPDX-License-Identifier: GPL-2.0 */
/* Locations, objects and flows of one function, and the walk; see graph.hh. */
#include "graph.hh"
#include "escape.hh"

/*
 * Where pointers move by steps in a loop, or structures have very many fields, all
 * words of an object become one. These limits keep any function's graph small.
 */
#define MAX_PLACES	24
#define MAX_WORDS	24

/* Where they do not, all words of all objects become one; then all that is left is to
 * give the function up. */
#define MAX_STEPS	4000000

int new_location(struct graph *g, tree expr, const char *label)
{
	struct location loc = {};

	loc.expr = expr;
	loc.label = label ? label : "";
	g->locations.push_back(loc);
	return g->locations.size() - 1;
}

int new_object(struct graph *g, enum object_kind kind, tree decl, gimple *stmt)
{
	struct object obj = {};

	obj.kind = kind;
	obj.decl = decl;
	obj.stmt = stmt;
	obj.size = -1;
	obj.any = new_location(g, decl, NULL);
	obj.all = new_location(g, decl, NULL);
	g->objects.push_back(obj);
	add_copy(g, obj.all, obj.any, 0, NULL, "any field");
	return g->objects.size() - 1;
}

static int place_of(struct graph *g, int obj, long off)
{
	std::pair<int, long> key(obj, g->coarse ? ANY_OFFSET : off);
	struct place place;

	off = key.second;
	if (g->place_ids.count(key))
		return g->place_ids[key];
	if (off != ANY_OFFSET && ++g->objects[obj].nr_places > MAX_PLACES)
		return place_of(g, obj, ANY_OFFSET);
	place.obj = obj;
	place.off = off;
	g->places.push_back(place);
	return g->place_ids[key] = g->places.size() - 1;
}

static long add_offsets(long a, long b)
{
	if (a == ANY_OFFSET || b == ANY_OFFSET)
		return ANY_OFFSET;
	/* no structure is this large: a loop that counts */
	if (a + b > (1L << 40) || a + b < -(1L << 40))
		return ANY_OFFSET;
	return a + b;
}

static void add_place(struct graph *g, int to, int place, int from, gimple *stmt,
		      const char *how)
{
	struct reason reason = { from, stmt, how };

	if (g->locations[to].holds.emplace(place, reason).second)
		g->work.push_back(std::make_pair(to, place));
}

void add_address(struct graph *g, int to, int obj, long off, gimple *stmt,
		 const char *how)
{
	add_place(g, to, place_of(g, obj, off), -1, stmt, how);
}

static void move_place(struct graph *g, int to, int from, int place, long off,
		       gimple *stmt, const char *how)
{
	struct place moved = g->places[place];

	if (off) {
		moved.off = add_offsets(moved.off, off);
		place = place_of(g, moved.obj, moved.off);
	}
	add_place(g, to, place, from, stmt, how);
}

static std::vector<int> places_held(struct graph *g, int loc)
{
	std::vector<int> places;

	for (auto &held : g->locations[loc].holds)
		places.push_back(held.first);
	return places;
}

void add_copy(struct graph *g, int to, int from, long off, gimple *stmt,
	      const char *how)
{
	struct flow flow = { to, off, stmt, how };
	std::pair<std::pair<int, int>, long> key(std::make_pair(to, from), off);

	if ((to == from && !off) || !g->known_copies.insert(key).second)
		return;
	g->locations[from].copies.push_back(flow);
	for (int place : places_held(g, from))
		move_place(g, to, from, place, off, stmt, how);
}

/* What a constant table has at an offset is known when it is a function. */
static void fill_const_word(struct graph *g, int word, int obj, long off)
{
	tree decl = g->objects[obj].decl, init = NULL_TREE, value = NULL_TREE;

	if (off != ANY_OFFSET && off >= 0)
		init = ctor_for_folding(decl);
	if (init && init != error_mark_node)
		value = fold_ctor_reference(ptr_type_node, init,
					    off * BITS_PER_UNIT, POINTER_SIZE,
					    decl);
	if (value) {
		STRIP_NOPS(value);
		if (TREE_CODE(value) == ADDR_EXPR &&
		    TREE_CODE(TREE_OPERAND(value, 0)) == FUNCTION_DECL) {
			obj = function_object(g, TREE_OPERAND(value, 0));
			add_address(g, word, obj, 0, NULL, "constant table");
			return;
		}
		if (integer_zerop(value))
			return;
	}
	add_address(g, word, g->heap_obj, 0, NULL, "constant table");
}

static void fill_word(struct graph *g, int word, int obj, long off)
{
	enum object_kind kind = g->objects[obj].kind;
	int index = g->objects[obj].index;

	if (kind == OBJ_ARG)
		add_address(g, word, content_object(g, index, off), 0, NULL,
			    "content of an argument");
	else if (kind == OBJ_CONTENT)
		add_address(g, word, obj, ANY_OFFSET, NULL,
			    "content of an argument");
	else if (kind == OBJ_CONST)
		fill_const_word(g, word, obj, off);
}

static long word_offset(long off)
{
	long size = POINTER_SIZE / BITS_PER_UNIT;

	return off == ANY_OFFSET ? off : off & -size;
}

/* The location of a known word, or -1 where all words are one. */
static int known_word(struct graph *g, int obj, long off)
{
	int word;

	if (g->objects[obj].kind == OBJ_HEAP || g->objects[obj].kind == OBJ_CONTENT ||
	    g->coarse)
		return -1;
	if (g->objects[obj].words.count(off))
		return g->objects[obj].words[off];
	if (g->objects[obj].words.size() >= MAX_WORDS)
		return -1;
	word = new_location(g, g->objects[obj].decl, NULL);
	g->objects[obj].words[off] = word;
	add_copy(g, word, g->objects[obj].any, 0, NULL, "any field");
	add_copy(g, g->objects[obj].all, word, 0, NULL, "field");
	fill_word(g, word, obj, off);
	return word;
}

int word_to_read(struct graph *g, int obj, long off)
{
	int word = -1;

	off = word_offset(off);
	if (off != ANY_OFFSET)
		word = known_word(g, obj, off);
	if (word >= 0)
		return word;
	if (g->objects[obj].kind != OBJ_HEAP)
		fill_word(g, g->objects[obj].all, obj, ANY_OFFSET);
	return g->objects[obj].all;
}

int word_to_write(struct graph *g, int obj, long off)
{
	int word = -1;

	off = word_offset(off);
	if (off != ANY_OFFSET)
		word = known_word(g, obj, off);
	return word >= 0 ? word : g->objects[obj].any;
}

static void load_from(struct graph *g, int place, const struct flow *flow)
{
	struct place at = g->places[place];
	int word;

	if (g->objects[at.obj].kind == OBJ_FUNCTION)
		return;
	word = word_to_read(g, at.obj, add_offsets(at.off, flow->off));
	add_copy(g, flow->to, word, 0, flow->stmt, flow->how);
}

static void store_into(struct graph *g, int place, const struct flow *flow)
{
	struct place at = g->places[place];
	int word;

	if (g->objects[at.obj].kind == OBJ_FUNCTION)
		return;
	word = word_to_write(g, at.obj, add_offsets(at.off, flow->off));
	if (g->objects[at.obj].kind == OBJ_CONST)
		word = g->heap;
	add_copy(g, word, flow->to, 0, flow->stmt, flow->how);
}

void add_load(struct graph *g, int to, int pointer, long off, gimple *stmt,
	      const char *how)
{
	struct flow flow = { to, off, stmt, how };

	g->locations[pointer].loads.push_back(flow);
	for (int place : places_held(g, pointer))
		load_from(g, place, &flow);
}

void add_store(struct graph *g, int pointer, long off, int from, gimple *stmt,
	       const char *how)
{
	struct flow flow = { from, off, stmt, how };

	if (option.go_stores) {
		add_copy(g, g->heap, from, 0, stmt, how);
		return;
	}
	g->locations[pointer].stores.push_back(flow);
	for (int place : places_held(g, pointer))
		store_into(g, place, &flow);
}

/* Whoever can reach an object can reach what it holds, and can change that. */
static void escape_object(struct graph *g, int place)
{
	int obj = g->places[place].obj;

	switch (g->objects[obj].kind) {
	case OBJ_HEAP:
	case OBJ_FUNCTION:
	case OBJ_CONST:
		return;
	default:
		break;
	}
	add_copy(g, g->heap, word_to_read(g, obj, ANY_OFFSET), 0, NULL,
		 "reached from the heap");
	add_address(g, g->objects[obj].any, g->heap_obj, 0, NULL, "escaped");
}

/* New flows are pushed while these are walked: copies of flows, not references. */
static void spread_place(struct graph *g, int loc, int place)
{
	struct flow flow;
	size_t i;

	for (i = 0; i < g->locations[loc].copies.size(); i++) {
		flow = g->locations[loc].copies[i];
		move_place(g, flow.to, loc, place, flow.off, flow.stmt, flow.how);
	}
	for (i = 0; i < g->locations[loc].loads.size(); i++) {
		flow = g->locations[loc].loads[i];
		load_from(g, place, &flow);
	}
	for (i = 0; i < g->locations[loc].stores.size(); i++) {
		flow = g->locations[loc].stores[i];
		store_into(g, place, &flow);
	}
	if (loc == g->heap)
		escape_object(g, place);
}

bool graph_too_large(struct graph *g)
{
	return g->steps > (option.max_steps ? option.max_steps : MAX_STEPS);
}

void graph_solve(struct graph *g)
{
	std::pair<int, int> item;

	while (!g->work.empty()) {
		item = g->work.back();
		g->work.pop_back();
		g->steps += 1 + g->locations[item.first].copies.size();
		if (graph_too_large(g))
			return;
		spread_place(g, item.first, item.second);
	}
}

bool own_object(const struct object *obj)
{
	return obj->kind == OBJ_LOCAL || obj->kind == OBJ_ALLOC ||
	       obj->kind == OBJ_NEW;
}

bool holds_object(struct graph *g, int loc, int obj)
{
	for (auto &held : g->locations[loc].holds)
		if (g->places[held.first].obj == obj)
			return true;
	return false;
}

/* The start of that object and nothing else. */
bool holds_only(struct graph *g, int loc, int obj)
{
	struct place place;

	if (g->locations[loc].holds.size() != 1)
		return false;
	place = g->places[g->locations[loc].holds.begin()->first];
	return place.obj == obj && place.off == 0;
}

/*
 * Go's walk from a root. All loads are resolved, so that a flow here is a copy or an
 * address: what is reached by an address (weight -1) is reached with all it holds, the
 * weight going back to 0.
 */
void walk_one(struct graph *g, int root, reach_t &reach)
{
	std::vector<int> todo(1, root);
	int loc, obj;

	while (!todo.empty()) {
		loc = todo.back();
		todo.pop_back();
		for (auto &held : g->locations[loc].holds) {
			obj = g->places[held.first].obj;
			if (!reach.emplace(obj, loc).second)
				continue;
			if (own_object(&g->objects[obj]))
				todo.push_back(g->objects[obj].all);
		}
	}
}

int local_object(struct graph *g, tree decl)
{
	if (!g->decls.count(decl))
		g->decls[decl] = new_object(g, OBJ_LOCAL, decl, NULL);
	return g->decls[decl];
}

int function_object(struct graph *g, tree decl)
{
	if (!g->decls.count(decl))
		g->decls[decl] = new_object(g, OBJ_FUNCTION, decl, NULL);
	return g->decls[decl];
}

int const_object(struct graph *g, tree decl)
{
	if (!g->decls.count(decl))
		g->decls[decl] = new_object(g, OBJ_CONST, decl, NULL);
	return g->decls[decl];
}

/* What is reached from word "off" of what an argument points to. */
int content_object(struct graph *g, int arg, long off)
{
	std::pair<int, long> key(arg, g->coarse ? ANY_OFFSET : off);
	int obj;

	off = key.second;
	if (g->reached.count(key))
		return g->reached[key];
	obj = new_object(g, OBJ_CONTENT, g->objects[g->args[arg]].decl, NULL);
	g->objects[obj].index = arg;
	g->objects[obj].off = off;
	g->reached[key] = obj;
	fill_word(g, g->objects[obj].all, obj, ANY_OFFSET);
	return obj;
}

static void init_arguments(struct graph *g)
{
	int obj, index = 0;
	tree parm;

	for (parm = DECL_ARGUMENTS(g->decl); parm; parm = DECL_CHAIN(parm)) {
		obj = new_object(g, OBJ_ARG, parm, NULL);
		g->objects[obj].index = index++;
		g->args.push_back(obj);
	}
	/* one whose own address was taken lives in memory */
	for (int arg : g->args) {
		parm = g->objects[arg].decl;
		if (!is_gimple_reg(parm)) {
			obj = local_object(g, parm);
			add_address(g, g->objects[obj].any, arg, 0, NULL,
				    "parameter");
		}
	}
}

void graph_init(struct graph *g, tree decl)
{
	int obj;

	g->decl = decl;
	g->fun = DECL_STRUCT_FUNCTION(decl);
	obj = new_object(g, OBJ_HEAP, NULL_TREE, NULL);
	g->heap_obj = obj;
	g->heap = g->objects[obj].all;
	g->objects[obj].any = g->heap;
	g->locations[g->heap].label = "{heap}";
	g->unknown = new_location(g, NULL_TREE, "{unknown}");
	g->result = new_location(g, NULL_TREE, "{result}");
	add_address(g, g->unknown, obj, 0, NULL, "unknown pointer");
	add_address(g, g->heap, obj, 0, NULL, "unknown pointer");
	init_arguments(g);
}
