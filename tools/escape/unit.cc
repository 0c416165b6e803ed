/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All functions of a file, callees first. Functions that call each other in a circle
 * are one component, whose summaries start empty and grow until none changes.
 */
#include "escape.hh"
#include "verdict.hh"

/* A component that does not come to rest by then is taken to leak everything. */
#define MAX_ROUNDS	64

struct unit {
	std::vector<tree> functions;
	std::map<tree, int> index;
	std::vector<std::set<int>> callees;
	std::vector<std::vector<int>> components;

	/* of Tarjan's algorithm */
	std::vector<int> number, low, stack;
	std::vector<bool> on_stack;
	int count;
};

static bool can_be_analysed(struct cgraph_node *node)
{
	struct function *fun = DECL_STRUCT_FUNCTION(node->decl);

	return !node->alias && !node->thunk && gimple_has_body_p(node->decl) && fun &&
	       gimple_in_ssa_p(fun) && !has_model(node->decl);
}

static void find_functions(struct unit *unit)
{
	struct cgraph_node *node;

	FOR_EACH_FUNCTION_WITH_GIMPLE_BODY(node) {
		if (!can_be_analysed(node))
			continue;
		unit->index[node->decl] = unit->functions.size();
		unit->functions.push_back(node->decl);
	}
	unit->callees.resize(unit->functions.size());
}

static void add_callee(struct unit *unit, int caller, tree callee)
{
	auto found = unit->index.find(callee);

	if (found != unit->index.end())
		unit->callees[caller].insert(found->second);
}

/* Functions that are named count as called; so do those in tables that are. */
static void find_named(struct unit *unit, int caller, symtab_node *node, int depth)
{
	struct ipa_ref *ref = NULL;
	unsigned int i;

	for (i = 0; node->iterate_reference(i, ref); i++) {
		if (TREE_CODE(ref->referred->decl) == FUNCTION_DECL)
			add_callee(unit, caller, ref->referred->decl);
		else if (depth < 2 && TREE_READONLY(ref->referred->decl))
			find_named(unit, caller, ref->referred, depth + 1);
	}
}

static void find_callees(struct unit *unit, int caller)
{
	struct cgraph_node *node = cgraph_node::get(unit->functions[caller]);
	struct cgraph_edge *edge;

	for (edge = node->callees; edge; edge = edge->next_callee)
		add_callee(unit, caller, edge->callee->decl);
	find_named(unit, caller, node, 0);
}

static void visit(struct unit *unit, int v)
{
	std::vector<int> component;
	int w;

	unit->number[v] = unit->low[v] = ++unit->count;
	unit->stack.push_back(v);
	unit->on_stack[v] = true;
	for (int callee : unit->callees[v]) {
		if (!unit->number[callee])
			visit(unit, callee);
		if (unit->on_stack[callee] && unit->low[callee] < unit->low[v])
			unit->low[v] = unit->low[callee];
	}
	if (unit->low[v] != unit->number[v])
		return;
	do {
		w = unit->stack.back();
		unit->stack.pop_back();
		unit->on_stack[w] = false;
		component.push_back(w);
	} while (w != v);
	unit->components.push_back(component);
}

static void find_components(struct unit *unit)
{
	size_t i, nr = unit->functions.size();

	unit->number.assign(nr, 0);
	unit->low.assign(nr, 0);
	unit->on_stack.assign(nr, false);
	for (i = 0; i < nr; i++)
		if (!unit->number[i])
			visit(unit, i);
}

static void graph_of(struct graph *g, tree fndecl)
{
	static std::set<tree> coarse;
	bool recursive = g->recursive;

	g->coarse = coarse.count(fndecl);
	graph_init(g, fndecl);
	build_graph(g);
	if (!graph_too_large(g))
		return;
	if (g->coarse) {
		g->given_up = true;
		return;
	}
	coarse.insert(fndecl);
	*g = {};
	g->recursive = recursive;
	graph_of(g, fndecl);
}

static void leak_everything(tree fndecl)
{
	struct endpoint heap = { END_HEAP, 0, 0 }, result = { END_RESULT, 0, 0 };
	struct endpoint arg = { END_ARG, 0, 0 };
	struct summary s = *own_summary(fndecl);

	for (arg.index = 0; arg.index < s.nr_params; arg.index++) {
		s.flows.insert(std::make_pair(heap, arg));
		s.mayfree.insert(arg);
	}
	s.flows.insert(std::make_pair(result, heap));
	s.frees.clear();
	annotate(&s, fndecl);
	set_own_summary(fndecl, &s);
}

/* Grows a function's summary; true if there was something new. */
static bool summarize_function(tree fndecl)
{
	struct summary s, old = *own_summary(fndecl);
	struct graph g = {};

	push_cfun(DECL_STRUCT_FUNCTION(fndecl));
	graph_of(&g, fndecl);
	summarize(&g, &s);
	pop_cfun();
	if (g.given_up) {
		leak_everything(fndecl);
		return !same_summary(own_summary(fndecl), &old);
	}
	s.flows.insert(old.flows.begin(), old.flows.end());
	s.mayfree.insert(old.mayfree.begin(), old.mayfree.end());
	s.dma.insert(old.dma.begin(), old.dma.end());
	annotate(&s, fndecl);
	set_own_summary(fndecl, &s);
	return !same_summary(&s, &old);
}

static void start_summary(tree fndecl)
{
	struct summary s;

	empty_summary(&s);
	s.nr_params = list_length(DECL_ARGUMENTS(fndecl));
	set_own_summary(fndecl, &s);
}

static void summarize_component(struct unit *unit, const std::vector<int> &component)
{
	bool news = true;
	int rounds;

	for (int i : component)
		start_summary(unit->functions[i]);
	for (rounds = 0; news && rounds < MAX_ROUNDS; rounds++) {
		news = false;
		for (int i : component)
			news |= summarize_function(unit->functions[i]);
	}
	if (news)
		for (int i : component)
			leak_everything(unit->functions[i]);
}

static void report_component(struct unit *unit, const std::vector<int> &component)
{
	for (int i : component) {
		struct graph g = {};

		g.recursive = component.size() > 1 || unit->callees[i].count(i);
		push_cfun(DECL_STRUCT_FUNCTION(unit->functions[i]));
		graph_of(&g, unit->functions[i]);
		report_function(&g);
		pop_cfun();
	}
}

/* The object that is being made, by the compiler's name for what belongs to it. */
static std::string summary_file(void)
{
	if (option.summaries)
		return option.summaries;
	return aux_base_name ? std::string(aux_base_name) + ".o.esc" : "";
}

/* What the build says stays beside the list, for files that no news will reach. */
static void name_results(void)
{
	std::string file = summary_file(), dir = option.list;
	char *cwd = getcwd(NULL, 0);

	dir = dir.substr(0, dir.rfind('/') + 1);
	if (cwd && file[0] != '/')
		file = std::string(cwd) + "/" + file;
	free(cwd);
	for (char &c : file)
		if (c == '/')
			c = '!';
	option.lines = xstrdup((dir + file + ".lines").c_str());
	option.json = xstrdup((dir + file + ".json").c_str());
}

/* How this compiler was called, for kspan-escape to call it again. */
static std::string own_command(void)
{
	std::ifstream stream("/proc/self/cmdline", std::ios::binary);
	std::ostringstream text;

	text << stream.rdbuf();
	return text.str();
}

/* A record is one line, its fields end with \0: file, directory, arguments. */
static void add_to_list(const std::string &file)
{
	FILE *list = fopen(option.list, "a");
	std::string record = file;
	char *dir = getcwd(NULL, 0);

	if (list && dir) {
		record += std::string(1, 0) + dir + std::string(1, 0) + own_command() +
			"\n";
		fwrite(record.data(), record.size(), 1, list);
	}
	if (list)
		fclose(list);
	free(dir);
}

static void leave_summaries(void)
{
	std::string file = summary_file();

	if (file.empty())
		return;
	write_own_summaries(file.c_str());
	if (option.list)
		add_to_list(file);
}

void analyse_unit(void)
{
	struct unit unit = {};

	find_functions(&unit);
	for (size_t i = 0; i < unit.functions.size(); i++)
		find_callees(&unit, i);
	find_components(&unit);
	if (option.list && !option.lines && !summary_file().empty())
		name_results();
	open_output();
	for (auto &component : unit.components) {
		summarize_component(&unit, component);
		report_component(&unit, component);
	}
	close_output();
	if (option.list || option.summaries)
		leave_summaries();
}
