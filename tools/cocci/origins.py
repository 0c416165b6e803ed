#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Decides which calls of a module can move to kspan.

    origins.py FACTS DECISIONS REPORT FILE...

FACTS is what facts.cocci wrote. From it a graph is made of where pointers go:
from what allocates them through variables, fields, arguments, results and the
pointers to a type of struct, and to what frees them. Fields of one struct are told
apart, its objects are not. What pointers point to is kept by the sets that Steensgaard
described, pointers themselves by the direction in which they go.

A call that frees moves if all that reaches it is allocated by calls that move. A call
that allocates moves if calls that move free it, no other does, and it reaches nothing
that frees or measures it in the kernel. All else is left and reported.
"""
import json
import sys
from collections import defaultdict

import calls
from graph import Graph, closes_cast, is_name, matching, opening
from ctext import Source, split_arguments, tokens

ANY, OTHER = "?", "other"
COMPARE = {"==", "!=", "<", ">", "<=", ">=", "&&", "||"}
ARITHMETIC = {"+", "-", "|", "&", "^", "*", "/", "%", "<<", ">>"}


class Module:
    def __init__(self, facts, paths):
        self.sources = {path: Source(path) for path in paths}
        self.facts = facts
        self.graph = Graph()
        self.parameters = {}
        self.macros = {}
        self.globals = set()
        self.words = set()
        self.structs = {}		# name: the structs of its fields
        self.types = {}			# (function, variable): its struct
        self.locals = set()
        self.passed = []
        self.objects = set()		# allocations from caches
        self.blocks = defaultdict(set)	# (function, variable): where it is declared
        self.at = 0
        self.assigned = set()		# fields of the kernel's structs
        self.reasons = {}		# key: why what holds it is left
        self.foreign = {}		# key: where it comes from
        self.sites = []			# (fact, class of call, keys)
        self.ranges = defaultdict(list)
        for source in self.sources.values():
            self.macros.update(source.macros)
            self.globals |= source.globals
            self.words |= source.words
        for fact in facts:
            if fact["kind"] == "function":
                names = [(tokens(p)[-1] if tokens(p) else "", p)
                         for p in split_arguments(tokens(fact["parameters"]), text=True)]
                self.parameters[fact["name"]] = names
                self.ranges[fact["file"]].append(
                    (fact["line"], int(fact["end"]), fact["name"]))

    def function_at(self, path, line):
        for first, last, name in self.ranges[path]:
            if first <= line <= last:
                return name
        return ""

    # ---- what an expression may be ------------------------------------------

    def variable(self, name, scope):
        """The key of a variable, where self.at is: the innermost that is so called."""
        if name in self.globals and (scope, name) not in self.locals:
            return ("global", name)
        blocks = self.blocks.get((scope, name), ())
        if len(blocks) > 1:
            inside = [block for block in blocks if block[0] <= self.at <= block[1]]
            if inside:
                return ("local", scope, name, max(inside)[0])
        return ("local", scope, name)

    def declare(self, source, path, line, name):
        scope = self.function_at(path, line)
        if scope:
            self.locals.add((scope, name))
            block = source.block_at(line)
            if block:
                self.blocks[(scope, name)].add(block)
        return scope

    def keys(self, toks, scope):
        """The keys of all that the value of an expression may be."""
        return self.value(toks, scope)[0]

    def value(self, toks, scope):
        """The same, and which struct it is or points to: ANY if that is unknown,
        OTHER for one that the module does not define."""
        while toks and toks[0] == "(" and matching(toks, 0) == len(toks) - 1:
            toks = toks[1:-1]
        if not toks:
            return set(), ANY
        split = self.split_operators(toks, scope)
        if split is not None:
            return split
        if toks[0] == "&" and toks[-1] == "]":
            return self.value(toks[1:opening(toks)], scope)	# &p[i] is p's memory
        if toks[0] in ("&", "*"):
            keys, kind = self.value(toks[1:], scope)
            step = self.graph.address if toks[0] == "&" else self.graph.deref
            return {step(key) for key in keys}, kind
        if toks[0] in ("++", "--"):
            return self.value(toks[1:], scope)
        if toks[0] in ("!", "~", "-", "+"):
            return set(), ANY
        if toks[0] == "(":
            end = matching(toks, 0)
            rest = toks[end + 1:]
            if rest and (is_name(rest[0]) or rest[0] in ("(", "&", "*", '"')):
                cast = toks[1:end]
                keys, kind = self.value(rest, scope)
                if "struct" in cast[:-1]:
                    kind = cast[cast.index("struct") + 1]
                return keys, kind
            if rest and rest[0] == "{":
                return set(), ANY
            return self.postfix(rest, *self.value(toks[1:end], scope), scope)
        if not is_name(toks[0]) or toks[0] in ("NULL", "sizeof", "true", "false"):
            return set(), ANY
        if len(toks) > 1 and toks[1] == "(":
            end = matching(toks, 1)
            return self.postfix(toks[end + 1:],
                                *self.call(toks[0], toks[2:end], scope), scope)
        key = self.variable(toks[0], scope)
        return self.postfix(toks[1:], {key}, self.types.get(key, ANY), scope)

    def split_operators(self, toks, scope):
        depth, binary, question, colon = 0, None, None, None
        for i, tok in enumerate(toks):
            if tok in ("(", "[", "{"):
                depth += 1
            elif tok in (")", "]", "}"):
                depth -= 1
            elif depth:
                continue
            elif tok == "?" and question is None:
                question = i
            elif tok == ":" and question is not None:
                colon = i
            elif tok == "=" and i:
                keys, kind = self.value(toks[:i], scope)
                self.graph.flow(self.keys(toks[i + 1:], scope), keys)
                return keys, kind
            elif tok == ",":
                return self.value(toks[i + 1:], scope)
            elif tok in COMPARE and question is None:
                binary = binary or ("compare", i)
            elif (tok in ARITHMETIC and i and question is None and
                  (is_name(toks[i - 1][0]) or toks[i - 1] in (")", "]") or
                   toks[i - 1][0].isdigit()) and
                  not closes_cast(toks, i - 1)):
                binary = binary or ("arithmetic", i)
        if question is not None and colon is not None:
            yes = (toks[:question] if colon == question + 1 else
                   toks[question + 1:colon])
            keys, kind = self.value(yes, scope)
            more, other = self.value(toks[colon + 1:], scope)
            return keys | more, other if kind is ANY else kind
        if binary is None:
            return None
        if binary[0] == "compare":
            return set(), ANY
        return self.value(toks[:binary[1]], scope)

    def postfix(self, toks, keys, kind, scope):
        i = 0
        while i < len(toks):
            if toks[i] in ("->", ".") and i + 1 < len(toks):
                keys = {("field", kind, toks[i + 1])}
                if kind in self.structs:
                    kind = self.structs[kind].get(toks[i + 1], ANY)
                else:
                    kind = ANY if kind is ANY else OTHER
                i += 2
            elif toks[i] == "[":
                keys = {self.graph.deref(key) for key in keys}
                i = matching(toks, i) + 1
            elif toks[i] == "(":
                keys, kind = {self.elsewhere("a function by pointer")}, OTHER
                i = matching(toks, i) + 1
            else:
                i += 1
        return keys, kind

    def elsewhere(self, what):
        key = ("elsewhere", what)
        self.foreign[key] = what
        return key

    def type_of(self, toks, scope):
        if "struct" in toks[:-1]:
            kind = toks[toks.index("struct") + 1]
            return {("type", kind)}, kind
        if toks and toks[0] in ("typeof", "__typeof__"):
            toks = toks[2:-1]
        # typeof(*p) is p's
        return self.value(toks[1:] if toks[:1] == ["*"] else toks, scope)

    def call(self, name, argument_tokens, scope):
        arguments = split_arguments(argument_tokens)

        def argument(i):
            return arguments[i] if i is not None and i < len(arguments) else []

        if (name in calls.ALLOC or name in calls.CACHE_ALLOC or
                name in calls.CACHE_MAKE):
            return {self.allocation(name, argument_tokens, scope)}, ANY
        if name in calls.THROUGH:
            keys, kind = self.value(argument(calls.THROUGH[name]), scope)
            if name in ("xchg", "cmpxchg", "smp_load_acquire"):
                keys = {self.graph.deref(key) for key in keys}
            return keys, kind
        if name in calls.BY_TYPE:
            return self.type_of(argument(calls.BY_TYPE[name]), scope)
        if name in calls.GET:
            return {("store", calls.GET[name])}, ANY
        if name in self.parameters:
            return {("result", name)}, self.types.get(("result", name), ANY)
        if name in self.macros:
            if scope.count("macro ") > 4 or name in scope.split():
                return set(), ANY
            return self.value(self.macros[name][1], self.macro_scope(name, scope))
        if name in calls.NEUTRAL:
            return set(), OTHER
        return {self.elsewhere(f"{name}()")}, OTHER

    @staticmethod
    def macro_scope(name, scope):
        inner = scope if scope.startswith("macro ") else ""
        return f"{inner} macro {name}".strip()

    @staticmethod
    def allocation(name, argument_tokens, scope):
        return ("allocation", scope, name, " ".join(argument_tokens))

    # ---- what the module does -----------------------------------------------

    def read(self):
        join, deref, flow = self.graph.join, self.graph.deref, self.graph.flow
        for path, source in self.sources.items():
            for kind, fields in source.structs.items():
                self.structs.setdefault(kind, {}).update(fields)
            for line, name in source.declared:
                self.declare(source, path, line, name)
            for line, _, name, _, owner, is_function in source.pointers:
                if not owner and not is_function:
                    self.declare(source, path, line, name)
        for name, parameters in self.parameters.items():
            for parameter, _ in parameters:
                self.locals.add((name, parameter))
        for path, source in self.sources.items():
            for line, kind, name, stars, owner, is_function in source.pointers:
                self.at = line
                scope = self.function_at(path, line)
                if owner:
                    key = ("field", owner, name)
                elif is_function:
                    key = ("result", name)
                    self.types[key] = kind
                else:
                    key = self.variable(name, scope)
                    self.types[key] = kind
                for _ in range(stars - 1):
                    key = deref(key)
                if stars:
                    join([("type", kind), key])
        self.read_macros()
        for fact in self.facts:
            scope = fact["function"]
            self.at = int(fact["line"])
            if scope == "something_else":
                if fact["kind"] == "call" and fact["name"] in calls.NAMES:
                    self.sites.append((fact, "macro", set()))
                continue
            if fact["kind"] == "assign":
                to = self.keys(tokens(fact["to"]), scope)
                of = self.keys(tokens(fact["of"]), scope)
                if of or "NULL" not in fact["of"]:
                    self.assigned |= to
                flow(of, to)
            elif fact["kind"] == "return":
                flow(self.keys(tokens(fact["of"]), scope), {("result", scope)})
            elif fact["kind"] == "call":
                self.read_call(fact, scope)
        for path, source in self.sources.items():
            for line, name, value in source.initializers:
                self.at = line
                scope = self.function_at(path, line)
                self.assigned.add(("field", ANY, name))
                flow(self.keys(tokens(value), scope), {("field", ANY, name)})
            for line, name, how in source.scoped:
                scope = self.function_at(path, line)
                fact = {"file": path, "line": line, "column": -1,
                        "name": f"__free({how})"}
                self.at = line
                self.sites.append((fact, "free", {self.variable(name, scope)}))
        self.join_fields()

    def join_fields(self):
        """A field of an unknown struct is that of each which has one so called."""
        named = defaultdict(set)
        for key in list(self.graph.parent):
            if key[0] == "field":
                named[key[2]].add(key)
        for keys in named.values():
            kinds = {key[1] for key in keys}
            if ANY in kinds:
                self.graph.join(keys)
            elif OTHER in kinds:
                self.graph.join(key for key in keys if key[1] not in self.structs)

    def read_macros(self):
        """Calls in a macro's body are not converted, nor is what they touch."""
        freeing = set(calls.FREE) | set(calls.MEASURE)
        for name, (_, body) in self.macros.items():
            scope = self.macro_scope(name, "")
            self.value(body, scope)
            for i, tok in enumerate(body[:-1]):
                if body[i + 1] != "(":
                    continue
                inside = body[i + 2:matching(body, i + 1)]
                if tok in freeing:
                    for key in self.keys(inside, scope):
                        self.sink(key, f"the macro {name} frees it")
                elif tok in calls.ALLOC or tok in calls.CACHE_USE:
                    key = self.allocation(tok, inside, scope)
                    self.reasons[key] = f"the macro {name} allocates it"
                    if tok in calls.CACHE_USE:
                        self.reasons[("type", "kmem_cache")] = f"the macro {name} uses it"
                elif is_name(tok) and tok not in calls.CACHE_MAKE:
                    self.read_call({"name": tok, "file": name, "line": 0,
                                    "arguments": " ".join(inside)}, scope)

    def read_call(self, fact, scope):
        name = fact["name"]
        toks = tokens(fact["arguments"])
        arguments = split_arguments(toks)
        join, flow = self.graph.join, self.graph.flow
        where = f"{fact['file']}:{fact['line']}"

        def keys(i):
            return self.keys(arguments[i], scope) if i < len(arguments) else set()

        if name in calls.ALLOC:
            key = self.allocation(name, toks, scope)
            if calls.GFP_REFUSED & set(toks):
                self.reasons[key] = "a heap has no memory for GFP_DMA"
            freed = keys(calls.RESIZE[name]) if name in calls.RESIZE else set()
            flow(freed, {key})
            self.sites.append((fact, "alloc", {key}))
            if freed:
                self.sites.append((fact, "resize", freed))
        elif name in calls.FREE:
            self.sites.append((fact, "free", keys(0)))
        elif name in calls.MEASURE:
            self.sites.append((fact, "measure", keys(0)))
        elif name in calls.CACHE_MAKE:
            key = self.allocation(name, toks, scope)
            join([key, ("type", "kmem_cache")])
            if len(arguments) != calls.CACHE_MAKE[name][2]:
                self.reasons[key] = f"{name}() with struct kmem_cache_args"
            if calls.SLAB_REFUSED & set(toks):
                self.reasons[key] = "a heap has no memory for DMA"
            self.sites.append((fact, "cache", {key}))
        elif name in calls.CACHE_USE:
            join({("type", "kmem_cache")} | keys(calls.CACHE_USE[name][2]))
            self.sites.append((fact, "cache", {("type", "kmem_cache")}))
            if name in calls.CACHE_ALLOC:
                self.objects.add(self.allocation(name, toks, scope))
            elif name == "kmem_cache_alloc_bulk":
                self.objects.add(("bulk", where))
                flow({("bulk", where)}, {self.graph.deref(key) for key in keys(3)})
        elif name in calls.ALWAYS:
            self.sites.append((fact, "always", set()))
        elif name in self.parameters:
            for i, (parameter, _) in enumerate(self.parameters[name]):
                flow(keys(i), {("local", name, parameter)})
        elif name in self.macros:
            for i, parameter in enumerate(self.macros[name][0]):
                for inner in (self.macro_scope(name, ""),
                              self.macro_scope(name, scope)):
                    # a macro's argument may be what it assigns to
                    join({("local", inner, parameter)} | keys(i))
        else:
            self.read_external(name, arguments, keys, where)

    def read_external(self, name, arguments, keys, where):
        flow = self.graph.flow
        if name in calls.INTO:
            target = keys(0)
            if name in ("xchg", "smp_store_release"):
                target = {self.graph.deref(key) for key in target}
            self.assigned |= target
            flow(keys(1), target)
            if name == "swap":
                flow(target, keys(1))
        if name in calls.PUT:
            store, i = calls.PUT[name]
            flow(keys(i), {("store", store)})
        if name in calls.SINK_CALLS:
            for key in keys(calls.SINK_CALLS[name]):
                self.sink(key, f"{name}() takes it at {where}")
        for i, toks in enumerate(arguments):
            others = [j for j in range(len(arguments)) if j != i]
            # a callback, with or without a cast, and what it is called with
            last = toks[-1] if toks else ""
            if last in calls.FREE or last == "kfree_link":
                for j in others:
                    for key in keys(j):
                        self.sink(key, f"{name}() has {last} called for it at {where}")
            elif last in self.parameters:
                callback = {("local", last, parameter)
                            for parameter, text in self.parameters[last]
                            if "void" in tokens(text)}
                for j in others:
                    flow({key for key in keys(j) if key[0] != "elsewhere"}, callback)
        if name in calls.NEUTRAL:
            return
        for i in range(len(arguments)):
            for key in keys(i):
                self.passed.append((key, f"{name}() takes a cache at {where}"))

    def sink(self, key, reason):
        """The kernel frees, measures or resizes what gets there."""
        if key[0] != "elsewhere":
            self.reasons.setdefault(key, reason)

    # ---- the verdict --------------------------------------------------------

    def name_kernel_fields(self):
        """Fields of the kernel's structs: what it frees, and what it fills in."""
        for key in list(self.graph.parent):
            if key[0] != "field" or key[1] in self.structs:
                continue
            name = key[2]
            if key[1] != ANY and not self.assigned & {("field", kind, name)
                                                      for kind in (key[1], ANY, OTHER)}:
                owner = f"struct {key[1]}" if key[1] != OTHER else "a kernel's struct"
                self.foreign.setdefault(key, f"{name} of {owner}")
            words, reason = calls.SINK_FIELDS_IF.get(name, (set(), None))
            if name in calls.SINK_FIELDS:
                self.reasons.setdefault(key, calls.SINK_FIELDS[name])
            elif words & self.words:
                self.reasons.setdefault(key, reason)
            elif name in calls.SOURCE_FIELDS:
                self.foreign[key] = calls.SOURCE_FIELDS[name]

    def caches_reason(self):
        """Why the caches are left, or None: all move or none, as their types do."""
        find = self.graph.find
        caches = find(("type", "kmem_cache"))
        made = any(kind == "cache" and fact["name"] in calls.CACHE_MAKE
                   for fact, kind, _ in self.sites)
        if not made:
            return "the module does not make this cache"
        for key, reason in list(self.reasons.items()) + self.passed:
            if find(key) == caches:
                return reason
        for key, what in sorted(self.foreign.items(), key=str):
            if find(key) == caches:
                return f"some of it comes from {what}"
        return None

    def decide(self):
        """Why each site is left: {index: reason}, and why caches are."""
        self.read()
        self.name_kernel_fields()
        caches = self.caches_reason()
        why, freeing, allocs = {}, {}, {}
        reached_by = defaultdict(set)		# which allocations get to a key
        for i, (fact, kind, keys) in enumerate(self.sites):
            if kind == "alloc":
                allocs.setdefault(min(keys), []).append(i)
            elif kind in ("free", "measure", "resize"):
                freeing[i] = keys
                if not keys:
                    why[i] = "what it is called with is not understood"
        sources = {}				# key: foreign, and its name
        for key, what in sorted(self.foreign.items(), key=str):
            for target in self.graph.reached(key):
                sources.setdefault(target, what)
        for i, keys in freeing.items():
            for key in keys:
                if key in sources:
                    why.setdefault(i, f"some of it comes from {sources[key]}")
        left = {}				# allocation: reason
        for key in list(allocs) + sorted(self.objects):
            for target in self.graph.reached(key):
                reached_by[target].add(key)
                if target in self.reasons:
                    left.setdefault(key, self.reasons[target])
        gets = {i: set().union(*(reached_by[key] for key in keys)) if keys else set()
                for i, keys in freeing.items()}
        freed = set()
        for i, origins in gets.items():
            if not origins:
                why.setdefault(i, "nothing in the module allocates it")
            if self.sites[i][1] == "free":
                freed |= origins
        for key in allocs:
            if key not in freed:
                left.setdefault(key, "nothing in the module frees it")
        changed = True
        while changed:
            changed = False
            for key in self.objects if caches else ():
                left.setdefault(key, "it is of a cache that stays")
            for i, origins in gets.items():
                if i not in why and any(key in left for key in origins):
                    key = min((key for key in origins if key in left), key=str)
                    why[i] = f"what {key[2]}() allocates stays: {left[key]}"
                    changed = True
                if i not in why:
                    continue
                fact = self.sites[i][0]
                reason = f"{fact['name']}() at {fact['file']}:{fact['line']} stays: {why[i]}"
                for key in origins - set(left):
                    if key in self.objects:
                        if not caches:
                            caches, changed = reason, True
                        continue
                    left[key] = reason
                    changed = True
            # what resizes an object allocates one: both or neither
            for i, (fact, kind, keys) in enumerate(self.sites):
                if kind == "resize":
                    key = min(self.sites[i - 1][2])
                    if i in why and key not in left:
                        left[key], changed = why[i], True
                    elif key in left and i not in why:
                        why[i], changed = left[key], True
        for key, sites in allocs.items():
            for i in sites:
                if key in left:
                    why[i] = left[key]
        return why, caches

    def verdicts(self):
        """(fact, kind, reason or None) for each call that could move."""
        why, caches = self.decide()
        for i, (fact, kind, _) in enumerate(self.sites):
            reason = why.get(i)
            if kind == "macro":
                reason = "it is in a macro"
            elif kind == "cache":
                reason = caches
            if kind != "resize":
                yield fact, kind, reason


def main():
    facts_path, decisions_path, report_path, *paths = sys.argv[1:]
    with open(facts_path, encoding="utf-8") as file:
        facts = [json.loads(line) for line in file]
    module = Module(facts, paths)
    report, decisions, seen = [], [], set()
    for fact, _, reason in module.verdicts():
        where = (fact["file"], int(fact["line"]), int(fact["column"]))
        seen.add((fact["file"], int(fact["line"]), fact["name"]))
        if reason is None:
            decisions.append([*where, fact["name"]])
            if fact["name"] == "kmem_cache_alloc_bulk":
                report.append((*where[:2], "look", "kspan_cache_alloc_bulk() may "
                               "give fewer than asked for"))
        else:
            report.append((*where[:2], "left", f"{fact['name']}: {reason}"))
    for path, source in module.sources.items():
        for line, name in source.mentions:
            if (path, line, name) not in seen and not any(
                    (path, near, name) in seen for near in (line - 1, line + 1)):
                report.append((path, line, "left",
                               f"{name}: not a call that Coccinelle understands"))
    decisions = sorted(set(map(tuple, decisions)))
    with open(decisions_path, "w", encoding="utf-8") as file:
        json.dump(decisions, file)
    with open(report_path, "w", encoding="utf-8") as file:
        for path, line, kind, text in sorted(set(report)):
            file.write(f"{kind} {path}:{line}: {text}\n")


if __name__ == "__main__":
    main()
