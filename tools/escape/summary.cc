/* SPDX-License-Identifier: GPL-2.0 */
/* Summaries as words, in tables and in files; see summary.hh. */
#include "escape.hh"

static std::map<std::string, struct summary> by_name;
static std::map<std::string, struct summary> by_prefix;	/* "__SCT__tp_func_*" */
static std::map<tree, struct summary> by_decl;
static std::map<tree, struct summary> annotated;	/* those from elsewhere */

static int compare_endpoints(const struct endpoint &a, const struct endpoint &b)
{
	if (a.kind != b.kind)
		return a.kind < b.kind ? -1 : 1;
	if (a.index != b.index)
		return a.index < b.index ? -1 : 1;
	return a.off < b.off ? -1 : a.off > b.off;
}

bool operator<(const struct endpoint &a, const struct endpoint &b)
{
	return compare_endpoints(a, b) < 0;
}

bool operator==(const struct endpoint &a, const struct endpoint &b)
{
	return !compare_endpoints(a, b);
}

bool same_summary(const struct summary *a, const struct summary *b)
{
	return a->flows == b->flows && a->frees == b->frees &&
	       a->mayfree == b->mayfree && a->dma == b->dma &&
	       a->new_size == b->new_size;
}

void empty_summary(struct summary *s)
{
	*s = {};
	s->nr_params = -1;
	s->size_arg = -1;
	s->count_arg = -1;
	s->new_size = -1;
}

static bool parse_offset(const char *text, long *off)
{
	char *end;

	if (!strcmp(text, "+?")) {
		*off = ANY_OFFSET;
		return true;
	}
	if (*text != '+' && *text != '-')
		return false;
	*off = strtol(text, &end, 10);
	return !*end;
}

/* "0", "*0+8", "**0", "new", "*new+8", "heap", "result" */
static bool parse_endpoint(const char *text, bool source, struct endpoint *end)
{
	int stars = strspn(text, "*"), length;

	*end = {};
	text += stars;
	length = strcspn(text, "+-");
	if (!strncmp(text, "heap", length) && length)
		end->kind = END_HEAP;
	else if (!strncmp(text, "result", length) && length)
		end->kind = END_RESULT;
	else if (!strncmp(text, "new", length) && length)
		end->kind = END_NEW;
	else if (ISDIGIT(*text)) {
		end->kind = stars > (source ? 0 : 1) ? END_CONTENT : END_ARG;
		end->index = atoi(text);
	} else {
		return false;
	}
	if (text[length])
		return parse_offset(text + length, &end->off);
	end->off = stars ? ANY_OFFSET : 0;
	return true;
}

static std::string print_endpoint(const struct endpoint &end, bool source)
{
	std::string text;
	bool content = end.kind == END_CONTENT;

	switch (end.kind) {
	case END_HEAP:
		return "heap";
	case END_RESULT:
		return "result";
	case END_NEW:
		text = source ? "new" : "*new";
		break;
	default:
		text = (source ? "" : "*") + std::string(content ? "*" : "") +
			std::to_string(end.index);
		break;
	}
	if (end.off == ANY_OFFSET)
		return text + "+?";
	if (end.off || content || !source)
		text += (end.off < 0 ? "" : "+") + std::to_string(end.off);
	return text;
}

static bool parse_flow(const std::string &word, size_t arrow, struct summary *s)
{
	struct endpoint to, from;

	if (!parse_endpoint(word.substr(0, arrow).c_str(), false, &to) ||
	    !parse_endpoint(word.substr(arrow + 2).c_str(), true, &from))
		return false;
	s->flows.insert(std::make_pair(to, from));
	return true;
}

static bool parse_end(const char *text, std::set<struct endpoint> &ends)
{
	struct endpoint end;

	if (!parse_endpoint(text, true, &end))
		return false;
	ends.insert(end);
	return true;
}

static bool parse_setting(const std::string &word, size_t equals, struct summary *s)
{
	std::string key = word.substr(0, equals);
	const char *value = word.c_str() + equals + 1;

	if (key == "frees")
		return parse_end(value, s->frees);
	if (key == "mayfree")
		return parse_end(value, s->mayfree);
	if (key == "dma")
		return parse_end(value, s->dma);
	if (key == "params")
		s->nr_params = atoi(value);
	else if (key == "newsize")
		s->new_size = atol(value);
	else if (key == "alloc")
		s->family = value;
	else if (key == "size" && sscanf(value, "%d*%d", &s->size_arg,
					 &s->count_arg) >= 1)
		return true;
	else
		return false;
	return true;
}

bool parse_summary(const char *words, struct summary *s)
{
	std::istringstream stream(words);
	std::string word;
	size_t at;
	bool ok;

	empty_summary(s);
	while (stream >> word) {
		if ((at = word.find("<-")) != std::string::npos)
			ok = parse_flow(word, at, s);
		else if ((at = word.find('=')) != std::string::npos)
			ok = parse_setting(word, at, s);
		else if (word == "zero")
			ok = s->zeroed = true;
		else
			ok = word == "nothing" || word == "varargs";
		if (!ok)
			return false;
	}
	return true;
}

static void print_ends(std::string &text, const char *key,
		       const std::set<struct endpoint> &ends)
{
	for (const struct endpoint &end : ends)
		text += std::string(" ") + key + "=" + print_endpoint(end, true);
}

std::string print_summary(const struct summary *s)
{
	std::string text;

	if (s->nr_params >= 0)
		text += " params=" + std::to_string(s->nr_params);
	if (s->new_size >= 0)
		text += " newsize=" + std::to_string(s->new_size);
	for (auto &flow : s->flows)
		text += " " + print_endpoint(flow.first, false) + "<-" +
			print_endpoint(flow.second, true);
	print_ends(text, "frees", s->frees);
	print_ends(text, "mayfree", s->mayfree);
	print_ends(text, "dma", s->dma);
	return text.empty() ? " nothing" : text;
}

/*
 * A line is "name [name ...]: words"; a name may end in "*". Models are read first, and no database changes
 * what a hand has written.
 */
bool read_summaries(const char *file, bool models)
{
	std::ifstream stream(file);
	std::string line, name;
	struct summary s;
	size_t colon;

	if (!stream)
		return false;
	while (std::getline(stream, line)) {
		if (line.empty() || line[0] == '#')
			continue;
		colon = line.find(':');
		if (colon == std::string::npos ||
		    !parse_summary(line.c_str() + colon + 1, &s)) {
			warning(0, "%s: not understood: %s", file, line.c_str());
			continue;
		}
		s.model = models;
		std::istringstream names(line.substr(0, colon));
		while (names >> name) {
			if (name.back() == '*') {
				by_prefix[name.substr(0, name.size() - 1)] = s;
				continue;
			}
			auto old = by_name.find(name);
			if (models || old == by_name.end() || !old->second.model)
				by_name[name] = s;
		}
	}
	return true;
}

static const char *name_of_function(tree fndecl)
{
	return DECL_NAME(fndecl) ? IDENTIFIER_POINTER(DECL_NAME(fndecl)) : "";
}

static const struct summary *summary_of_prefix(const char *name)
{
	for (auto &prefix : by_prefix)
		if (!strncmp(name, prefix.first.c_str(), prefix.first.size()))
			return &prefix.second;
	return NULL;
}

/* "kzalloc_noprof" is what the macro kzalloc() calls; models name the macro. */
const struct summary *summary_of_name(const char *name)
{
	size_t length = strlen(name);
	auto found = by_name.find(name);

	if (found == by_name.end() && length > 7 &&
	    !strcmp(name + length - 7, "_noprof"))
		found = by_name.find(std::string(name, length - 7));
	return found == by_name.end() ? summary_of_prefix(name) : &found->second;
}

bool has_model(tree fndecl)
{
	const struct summary *s = summary_of_name(name_of_function(fndecl));

	return s && s->model;
}

static const struct summary *known_summary(tree fndecl)
{
	const struct summary *named = summary_of_name(name_of_function(fndecl));
	auto own = by_decl.find(fndecl);

	if (named && named->model)
		return named;
	/* of two weak functions nobody knows which the linker takes */
	if (own != by_decl.end() && !DECL_WEAK(fndecl))
		return &own->second;
	/* a static function of this name is another one */
	return TREE_PUBLIC(fndecl) ? named : NULL;
}

const struct summary *summary_of(tree fndecl)
{
	const struct summary *known = known_summary(fndecl);
	struct summary s;

	if (own_summary(fndecl) || !is_annotated(fndecl))
		return known;
	if (annotated.count(fndecl))
		return &annotated[fndecl];
	if (known) {
		s = *known;
		annotate(&s, fndecl);
	} else {
		summary_of_annotations(&s, fndecl);
	}
	return &(annotated[fndecl] = s);
}

struct summary *own_summary(tree fndecl)
{
	auto own = by_decl.find(fndecl);

	return own == by_decl.end() ? NULL : &own->second;
}

void set_own_summary(tree fndecl, const struct summary *s)
{
	by_decl[fndecl] = *s;
}

/* One that the linker may replace by another is not known. */
static bool is_final(tree fndecl)
{
	return TREE_PUBLIC(fndecl) && !DECL_EXTERNAL(fndecl) && !DECL_WEAK(fndecl);
}

/* What of other files' summaries would change this file's. */
static void write_names_used(FILE *out)
{
	struct cgraph_node *node;

	fprintf(out, "#uses");
	FOR_EACH_FUNCTION(node)
		if (TREE_PUBLIC(node->decl) && !own_summary(node->decl))
			fprintf(out, " %s", name_of_function(node->decl));
	fprintf(out, "\n");
}

void write_own_summaries(const char *file)
{
	std::map<std::string, std::string> lines;
	FILE *out = fopen(file, "w");

	if (!out) {
		warning(0, "cannot write %s", file);
		return;
	}
	for (auto &own : by_decl)
		if (is_final(own.first))
			lines[name_of_function(own.first)] =
				print_summary(&own.second);
	for (auto &line : lines)
		fprintf(out, "%s:%s\n", line.first.c_str(), line.second.c_str());
	write_names_used(out);
	fclose(out);
}
