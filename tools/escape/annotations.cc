/* SPDX-License-Identifier: GPL-2.0 */
/* Annotations of linux/kspan_escape.h: attributes, and what they add to a summary. */
#include "escape.hh"

static tree accept_attribute(tree *node, tree name, tree args, int flags,
			     bool *no_add_attrs)
{
	return NULL_TREE;
}

static struct attribute_spec make_attribute(const char *name, int nr_args)
{
	struct attribute_spec spec = {};

	spec.name = name;
	spec.min_length = nr_args;
	spec.max_length = nr_args;
	spec.decl_required = true;
	spec.handler = accept_attribute;
	return spec;
}

/* The compiler keeps the addresses. */
static struct attribute_spec attributes[] = {
	make_attribute("kspan_noescape", 0),
	make_attribute("kspan_escapes", 0),
	make_attribute("kspan_frees", 0),
	make_attribute("kspan_dma", 0),
	make_attribute("kspan_returns_arg", 1),
	make_attribute("kspan_keep", 0),
};

void register_annotations(void *gcc_data, void *data)
{
	for (struct attribute_spec &spec : attributes)
		register_attribute(&spec);
}

static bool has_annotation(tree decl, const char *name)
{
	return lookup_attribute(name, DECL_ATTRIBUTES(decl)) != NULL_TREE;
}

bool is_kept(tree decl)
{
	return has_annotation(decl, "kspan_keep");
}

enum param_annotation {
	NOESCAPE = 1,
	ESCAPES = 2,
	FREES = 4,
	DMA = 8,
};

/*
 * By function and parameter. Declarations lose their parameters before the pass runs;
 * so they are read when the parser has done with each.
 */
static std::map<std::string, std::vector<int>> annotated_params;

static int annotations_of_param(tree parm)
{
	int found = 0;

	if (has_annotation(parm, "kspan_noescape"))
		found |= NOESCAPE;
	if (has_annotation(parm, "kspan_escapes"))
		found |= ESCAPES;
	if (has_annotation(parm, "kspan_frees"))
		found |= FREES;
	if (has_annotation(parm, "kspan_dma"))
		found |= DMA;
	return found;
}

static std::string name_of_function(tree fndecl)
{
	return DECL_NAME(fndecl) ? IDENTIFIER_POINTER(DECL_NAME(fndecl)) : "";
}

/* A function may be declared again, with other annotations or none. */
void read_annotations(void *gcc_data, void *data)
{
	tree fndecl = (tree)gcc_data, parm;
	std::vector<int> params;
	int any = 0;

	if (TREE_CODE(fndecl) != FUNCTION_DECL)
		return;
	for (parm = DECL_ARGUMENTS(fndecl); parm; parm = DECL_CHAIN(parm)) {
		params.push_back(annotations_of_param(parm));
		any |= params.back();
	}
	if (!any)
		return;
	std::vector<int> &known = annotated_params[name_of_function(fndecl)];
	known.resize(params.size());
	for (size_t i = 0; i < params.size(); i++)
		known[i] |= params[i];
}

static const std::vector<int> &annotations_of(tree fndecl)
{
	static const std::vector<int> none;
	auto found = annotated_params.find(name_of_function(fndecl));

	return found == annotated_params.end() ? none : found->second;
}

bool is_annotated(tree fndecl)
{
	return !annotations_of(fndecl).empty() ||
	       has_annotation(fndecl, "kspan_returns_arg");
}

static bool is_from(const struct endpoint &end, int arg)
{
	return (end.kind == END_ARG || end.kind == END_CONTENT) && end.index == arg;
}

static void drop_flows_from(struct summary *s, int arg)
{
	auto i = s->flows.begin();

	while (i != s->flows.end()) {
		if (is_from(i->second, arg))
			i = s->flows.erase(i);
		else
			i++;
	}
}

static void leak(struct summary *s, int arg)
{
	struct endpoint heap = { END_HEAP, 0, 0 }, from = { END_ARG, arg, 0 };

	s->flows.insert(std::make_pair(heap, from));
}

static void annotate_param(struct summary *s, int annotations, int arg)
{
	struct endpoint end = { END_ARG, arg, 0 };

	if (annotations & NOESCAPE)
		drop_flows_from(s, arg);
	if (annotations & ESCAPES)
		leak(s, arg);
	if (annotations & FREES) {
		s->frees.insert(end);
		s->mayfree.erase(end);
	}
	if (annotations & DMA)
		s->dma.insert(end);
}

static void annotate_result(struct summary *s, tree fndecl)
{
	struct endpoint result = { END_RESULT, 0, 0 }, from = { END_ARG, 0, 0 };
	tree spec = lookup_attribute("kspan_returns_arg", DECL_ATTRIBUTES(fndecl));
	auto i = s->flows.begin();
	tree n = spec ? TREE_VALUE(TREE_VALUE(spec)) : NULL_TREE;

	if (!n || !tree_fits_shwi_p(n))
		return;
	while (i != s->flows.end()) {
		if (i->first.kind == END_RESULT)
			i = s->flows.erase(i);
		else
			i++;
	}
	from.index = tree_to_shwi(n);
	s->flows.insert(std::make_pair(result, from));
}

/* Adds to what is known what the programmer says. */
void annotate(struct summary *s, tree fndecl)
{
	int arg = 0;

	for (int annotations : annotations_of(fndecl))
		annotate_param(s, annotations, arg++);
	annotate_result(s, fndecl);
}

/* Of a function that nobody knows but for its annotations. */
void summary_of_annotations(struct summary *s, tree fndecl)
{
	struct endpoint result = { END_RESULT, 0, 0 }, unknown = { END_HEAP, 0, 0 };
	int arg = 0, nr = list_length(TYPE_ARG_TYPES(TREE_TYPE(fndecl)));
	const std::vector<int> &annotations = annotations_of(fndecl);

	empty_summary(s);
	s->nr_params = nr;
	s->flows.insert(std::make_pair(result, unknown));
	for (arg = 0; arg < nr; arg++)
		if (arg >= (int)annotations.size() || !annotations[arg])
			leak(s, arg);
	annotate(s, fndecl);
}
