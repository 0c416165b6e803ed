/* SPDX-License-Identifier: GPL-2.0 */
/* What is printed: lines as Go's, and the same as JSON, one object a line. */
#include "escape.hh"
#include "verdict.hh"

static FILE *lines_file, *json_file;

static FILE *open_file(const char *name)
{
	FILE *file = name ? fopen(name, "w") : NULL;

	if (name && !file)
		warning(0, "cannot write %s", name);
	return file;
}

void open_output(void)
{
	lines_file = open_file(option.lines);
	json_file = open_file(option.json);
	if (!lines_file && option.print)
		lines_file = stderr;
}

void close_output(void)
{
	if (lines_file && lines_file != stderr)
		fclose(lines_file);
	if (json_file)
		fclose(json_file);
	lines_file = json_file = NULL;
}

std::string source_location(location_t loc)
{
	expanded_location at = expand_location(loc);

	if (!at.file)
		return "?";
	return std::string(at.file) + ":" + std::to_string(at.line) + ":" +
		std::to_string(at.column);
}

/* Headers have their verdicts in each file that includes them: once is enough. */
static bool in_main_file(location_t loc)
{
	expanded_location at = expand_location(loc);

	return at.file && main_input_filename && !strcmp(at.file, main_input_filename);
}

static const char *destination_name(enum destination to)
{
	switch (to) {
	case TO_RESULT:
		return "result";
	case TO_ARGUMENT:
		return "an argument's object";
	case TO_HEAP:
		return "heap";
	default:
		return "none";
	}
}

static void print_line(const std::string &where, const std::string &text)
{
	if (lines_file)
		fprintf(lines_file, "%s: %s\n", where.c_str(), text.c_str());
}

static void print_chain(const std::vector<std::string> &chain)
{
	for (const std::string &line : chain)
		if (lines_file)
			fprintf(lines_file, "    %s\n", line.c_str());
}

static std::string describe_allocation(struct graph *g, const struct verdict *v)
{
	std::string text = g->objects[v->obj].what;

	if (v->to == TO_NOWHERE)
		text += " does not escape";
	else
		text += std::string(" escapes to ") + destination_name(v->to);
	if (is_certified(v))
		text += ", freed here on every path";
	if (v->carried)
		text += ", carried by a loop";
	if (v->to != TO_NOWHERE)
		return text + (v->dma ? ", used for DMA" : "");
	if (v->life.by_callee)
		text += ", freed by callee";
	if (v->life.mayfree.empty())
		text += ", never freed";
	else if (v->life.leaks)
		text += ", not freed on every path";
	return text + (v->dma ? ", used for DMA" : "");
}

static std::string quoted(const std::string &text)
{
	std::string out = "\"";

	for (char c : text) {
		if (c == '"' || c == '\\')
			out += '\\';
		out += (unsigned char)c < ' ' ? ' ' : c;
	}
	return out + "\"";
}

static std::string json_chain(const std::vector<std::string> &chain)
{
	std::string out = "[";

	for (const std::string &line : chain)
		out += (out.size() > 1 ? "," : "") + quoted(line);
	return out + "]";
}

static const char *json_destination(enum destination to)
{
	return to == TO_ARGUMENT ? "argument" : destination_name(to);
}

static void print_json(struct graph *g, const struct verdict *v, const char *kind,
		       const std::string &where, const std::string &what,
		       const std::vector<std::string> &chain)
{
	const struct object *obj = &g->objects[v->obj];

	if (!json_file)
		return;
	fprintf(json_file, "{\"kind\":\"%s\",\"at\":%s,\"function\":%s,\"what\":%s,"
		"\"family\":%s,\"size\":%ld,\"to\":\"%s\",\"depth\":%d,"
		"\"carried\":%d,\"dma\":%d,\"certified\":%d,\"leaks\":%d,"
		"\"frees\":%zu,\"by_callee\":%d,\"vague\":%d,\"outlives\":%d,"
		"\"chain\":%s}\n", kind,
		quoted(where).c_str(),
		quoted(IDENTIFIER_POINTER(DECL_NAME(g->decl))).c_str(),
		quoted(what).c_str(), quoted(obj->family).c_str(), obj->size,
		json_destination(v->to), obj->depth, v->carried, v->dma,
		is_certified(v), v->life.leaks, v->life.mayfree.size(),
		v->life.by_callee, v->life.vague, v->outlives,
		json_chain(chain).c_str());
}

/* A local's address that is handed out is a bug; one that got known may be. */
static void print_local(struct graph *g, const struct verdict *v)
{
	tree decl = g->objects[v->obj].decl;
	std::vector<std::string> chain;
	std::string where, name;

	if (v->to == TO_NOWHERE || DECL_ARTIFICIAL(decl) || !DECL_NAME(decl) ||
	    !in_main_file(DECL_SOURCE_LOCATION(decl)))
		return;
	where = source_location(DECL_SOURCE_LOCATION(decl));
	name = IDENTIFIER_POINTER(DECL_NAME(decl));
	chain = chain_of(g, v);
	print_json(g, v, "local", where, name, chain);
	if (!v->outlives)
		return;
	print_line(where, "&" + name + " outlives its function: returned");
	print_chain(chain);
}

static void print_allocation(struct graph *g, const struct verdict *v)
{
	const struct object *obj = &g->objects[v->obj];
	std::vector<std::string> chain;
	std::string where;

	if (!in_main_file(gimple_location(obj->stmt)))
		return;
	where = source_location(gimple_location(obj->stmt));
	if (v->to != TO_NOWHERE)
		chain = chain_of(g, v);
	print_json(g, v, obj->kind == OBJ_ALLOC ? "alloc" : "new", where, obj->what,
		   chain);
	if (obj->kind == OBJ_NEW && !option.params)
		return;
	print_line(where, describe_allocation(g, v));
	if (option.why)
		print_chain(chain);
}

void print_verdict(struct graph *g, const struct verdict *v)
{
	if (g->objects[v->obj].kind == OBJ_LOCAL)
		print_local(g, v);
	else
		print_allocation(g, v);
}

/* Before the statement changes. In headers too: it is code that runs. */
void print_placement(struct graph *g, const struct verdict *v, const char *how)
{
	const struct object *obj = &g->objects[v->obj];
	std::string where = source_location(gimple_location(obj->stmt));
	FILE *file = option.placed ? fopen(option.placed, "a") : NULL;

	print_line(where, obj->what + " " + how);
	if (file) {
		fprintf(file, "%s: %s %s\n", where.c_str(), obj->what.c_str(), how);
		fclose(file);
	}
}

/* That a function was too large for what is usually told of it. */
void print_limit(struct graph *g)
{
	location_t loc = DECL_SOURCE_LOCATION(g->decl);
	std::string name = IDENTIFIER_POINTER(DECL_NAME(g->decl));

	if (in_main_file(loc))
		print_line(source_location(loc), name + (g->given_up ?
			   "() is too large to analyse: all its objects escape" :
			   "() is too large to tell the fields of its objects apart"));
}

/* ---- parameters ---------------------------------------------------------------- */

static std::string flow_text(struct graph *g, const struct endpoint &to,
			     const struct endpoint &from, const std::string &name)
{
	std::string text = "leaking param";
	std::string other;

	if (from.kind == END_CONTENT)
		text += " content";
	text += ": " + name;
	if (to.kind == END_RESULT)
		return text + " to result level=" +
			(from.kind == END_CONTENT ? "1" : "0");
	if (to.kind == END_ARG || to.kind == END_CONTENT) {
		other = IDENTIFIER_POINTER(DECL_NAME(
			g->objects[g->args[to.index]].decl));
		return text + " to " + (to.kind == END_ARG ? "*" : "**") + other;
	}
	if (to.kind == END_NEW)
		return text + " to a new object";
	return text;
}

static bool is_of(const struct endpoint &end, int arg)
{
	return (end.kind == END_ARG || end.kind == END_CONTENT) && end.index == arg;
}

static void print_parameter(struct graph *g, const struct summary *s, int arg)
{
	tree parm = g->objects[g->args[arg]].decl;
	std::string name, where = source_location(DECL_SOURCE_LOCATION(parm));
	std::set<std::string> lines;

	if (!POINTER_TYPE_P(TREE_TYPE(parm)) || !DECL_NAME(parm))
		return;
	name = IDENTIFIER_POINTER(DECL_NAME(parm));
	for (auto &flow : s->flows)
		if (is_of(flow.second, arg))
			lines.insert(flow_text(g, flow.first, flow.second, name));
	if (lines.empty())
		lines.insert(name + " does not escape");
	for (const struct endpoint &end : s->frees)
		if (is_of(end, arg))
			lines.insert((end.kind == END_ARG ? "" : "content of ") + name +
				     " is freed");
	for (const struct endpoint &end : s->mayfree)
		if (is_of(end, arg))
			lines.insert((end.kind == END_ARG ? "" : "content of ") + name +
				     " may be freed");
	for (const std::string &line : lines)
		print_line(where, line);
}

void print_parameters(struct graph *g)
{
	const struct summary *s = own_summary(g->decl);

	if (!s || !in_main_file(DECL_SOURCE_LOCATION(g->decl)))
		return;
	for (size_t i = 0; i < g->args.size(); i++)
		print_parameter(g, s, i);
}
