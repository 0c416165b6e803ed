/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Escape analysis of kernel C, as a plugin of GCC: registration and options.
 *
 * The pass runs on all functions of a file, in SSA form, before anything is inlined:
 * an allocation is still a call where the programmer wrote it.
 */
#include "escape.hh"

__attribute__((visibility("default"))) int plugin_is_GPL_compatible;

struct options option;

static const struct pass_data escape_pass_data = {
	SIMPLE_IPA_PASS,
	"kspan_escape",
	OPTGROUP_NONE,
	TV_NONE,
	PROP_ssa | PROP_cfg,
	0,
	0,
	0,
	0,
};

/* What cc1 owes its caller is written at its end: the list of headers, for one. */
static void leave_compiler(void)
{
	fflush(stderr);
	lang_hooks.finish();
	_exit(seen_error() ? 1 : 0);
}

class escape_pass : public simple_ipa_opt_pass {
public:
	escape_pass() : simple_ipa_opt_pass(escape_pass_data, g) {}

	unsigned int execute(function *) final override
	{
		analyse_unit();
		if (option.analyse_only)
			leave_compiler();
		return 0;
	}
};

static bool set_place(const char *value)
{
	if (!strcmp(value, "none"))
		option.place = PLACE_NONE;
	else if (!strcmp(value, "slot"))
		option.place = PLACE_SLOT;
	else if (!strcmp(value, "region"))
		option.place = PLACE_REGION;
	else if (!strcmp(value, "verify"))
		option.place = PLACE_VERIFY;
	else
		return false;
	return true;
}

static bool set_option(const char *key, const char *value)
{
	if (!strcmp(key, "print"))
		option.print = true;
	else if (!strcmp(key, "why"))
		option.why = true;
	else if (!strcmp(key, "params"))
		option.params = true;
	else if (!strcmp(key, "go-stores"))
		option.go_stores = true;
	else if (!strcmp(key, "analyse-only"))
		option.analyse_only = true;
	else if (!strcmp(key, "force-place"))
		option.force_place = true;
	else if (!value)
		return false;
	else if (!strcmp(key, "max-steps"))
		option.max_steps = strtoul(value, NULL, 10);
	else if (!strcmp(key, "place"))
		return set_place(value);
	else if (!strcmp(key, "lines"))
		option.lines = value;
	else if (!strcmp(key, "placed"))
		option.placed = value;
	else if (!strcmp(key, "json"))
		option.json = value;
	else if (!strcmp(key, "summaries"))
		option.summaries = value;
	else if (!strcmp(key, "list"))
		option.list = value;
	else if (!strcmp(key, "models"))
		option.models = value;
	else if (!strcmp(key, "database"))
		option.databases.push_back(value);
	else
		return strcmp(key, "run") == 0;
	return true;
}

static bool read_options(const struct plugin_name_args *info)
{
	int i;

	for (i = 0; i < info->argc; i++) {
		if (set_option(info->argv[i].key, info->argv[i].value))
			continue;
		error("%s: no such option: %s", info->base_name, info->argv[i].key);
		return false;
	}
	return true;
}

/* models.txt lies beside the plugin, if no other is named */
static void read_models(const struct plugin_name_args *info)
{
	std::string file = info->full_name;

	if (option.models)
		file = option.models;
	else
		file = file.substr(0, file.rfind('/') + 1) + "models.txt";
	if (!read_summaries(file.c_str(), true))
		warning(0, "%s: cannot read %s", info->base_name, file.c_str());
	for (const std::string &database : option.databases)
		if (!read_summaries(database.c_str(), false))
			warning(0, "%s: cannot read %s", info->base_name,
				database.c_str());
}

__attribute__((visibility("default"))) int plugin_init(struct plugin_name_args *info,
			  struct plugin_gcc_version *version)
{
	struct register_pass_info pass = {};

	if (!plugin_default_version_check(version, &gcc_version)) {
		fprintf(stderr, "%s: built for gcc %s, not for %s: no escape analysis\n",
			info->base_name, gcc_version.basever, version->basever);
		return 0;
	}
	if (!read_options(info))
		return 1;
	read_models(info);
	pass.pass = new escape_pass();
	pass.reference_pass_name = "build_ssa_passes";
	pass.ref_pass_instance_number = 1;
	pass.pos_op = PASS_POS_INSERT_AFTER;
	register_callback(info->base_name, PLUGIN_ATTRIBUTES, register_annotations,
			  NULL);
	register_callback(info->base_name, PLUGIN_FINISH_DECL, read_annotations, NULL);
	register_callback(info->base_name, PLUGIN_FINISH_PARSE_FUNCTION,
			  read_annotations, NULL);
	register_callback(info->base_name, PLUGIN_PASS_MANAGER_SETUP, NULL, &pass);
	return 0;
}
