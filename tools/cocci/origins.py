#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Decides which calls of a module can move to kspan.

    origins.py FACTS DECISIONS REPORT FILE...

FACTS is what facts.cocci wrote. Everything that may hold one pointer is put into one
family: variables and fields that are assigned to each other, arguments and
parameters, results, all pointers to one type of struct, and the calls that
allocate. Fields are known by their name alone, and &p, p and *p are one: families
may be larger than they need be, not smaller. A family moves as a whole, if the
module both allocates and frees its memory, nothing of it comes from elsewhere, and
none goes to code that frees or measures it. All else is left and reported.
"""
import json
import sys
from collections import defaultdict

import calls
from ctext import Source, split_arguments, tokens

COMPARE = {"==", "!=", "<", ">", "<=", ">=", "&&", "||"}
ARITHMETIC = {"+", "-", "|", "&", "^", "*", "/", "%", "<<", ">>"}


class Family:
    """Sets of keys that grow together."""

    def __init__(self):
        self.parent = {}

    def find(self, key):
        parent = self.parent
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    def join(self, keys):
        keys = list(keys)
        for key in keys[1:]:
            self.parent[self.find(keys[0])] = self.find(key)


def matching(toks, start):
    """The index of the bracket that closes the one at start."""
    depth = 0
    for i in range(start, len(toks)):
        if toks[i] in ("(", "[", "{"):
            depth += 1
        elif toks[i] in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return i
    return len(toks) - 1


def is_name(tok):
    return tok[0].isalpha() or tok[0] == "_"


class Module:
    def __init__(self, facts, paths):
        self.sources = {path: Source(path) for path in paths}
        self.facts = facts
        self.families = Family()
        self.parameters = {}
        self.macros = {}
        self.globals = set()
        self.words = set()
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
        if name in self.globals and (scope, name) not in self.locals:
            return ("global", name)
        return ("local", scope, name)

    def keys(self, toks, scope):
        """The keys of all that the value of an expression may be."""
        while toks and toks[0] == "(" and matching(toks, 0) == len(toks) - 1:
            toks = toks[1:-1]
        if not toks:
            return set()
        split = self.split_operators(toks, scope)
        if split is not None:
            return split
        if toks[0] in ("&", "*", "++", "--"):
            return self.keys(toks[1:], scope)
        if toks[0] in ("!", "~", "-", "+"):
            return set()
        if toks[0] == "(":
            end = matching(toks, 0)
            rest = toks[end + 1:]
            if rest and (is_name(rest[0]) or rest[0] in ("(", "&", "*", '"')):
                return self.keys(rest, scope)		# a cast
            if rest and rest[0] == "{":
                return set()
            return self.postfix(rest, self.keys(toks[1:end], scope), scope)
        if not is_name(toks[0]) or toks[0] in ("NULL", "sizeof", "true", "false"):
            return set()
        if len(toks) > 1 and toks[1] == "(":
            end = matching(toks, 1)
            result = self.call(toks[0], toks[2:end], scope)
            return self.postfix(toks[end + 1:], result, scope)
        return self.postfix(toks[1:], {self.variable(toks[0], scope)}, scope)

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
                return self.keys(toks[:i], scope) | self.keys(toks[i + 1:], scope)
            elif tok == ",":
                return self.keys(toks[i + 1:], scope)
            elif tok in COMPARE and question is None:
                binary = binary or ("compare", i)
            elif (tok in ARITHMETIC and i and question is None and
                  (is_name(toks[i - 1][0]) or toks[i - 1] in (")", "]") or
                   toks[i - 1][0].isdigit()) and
                  not self.closes_cast(toks, i - 1)):
                binary = binary or ("arithmetic", i)
        if question is not None and colon is not None:
            result = self.keys(toks[question + 1:colon], scope)
            if colon == question + 1:
                result |= self.keys(toks[:question], scope)
            return result | self.keys(toks[colon + 1:], scope)
        if binary is None:
            return None
        if binary[0] == "compare" or any(t in COMPARE for t in toks[:0]):
            return set()
        return self.keys(toks[:binary[1]], scope)

    @staticmethod
    def closes_cast(toks, i):
        """Whether the bracket at i closes a cast: then & and * are unary."""
        if toks[i] != ")":
            return False
        depth = 0
        for j in range(i, -1, -1):
            depth += (toks[j] == ")") - (toks[j] == "(")
            if depth == 0:
                inside = toks[j + 1:i]
                return (bool(inside) and (inside[-1] == "*" or "struct" in inside or
                                          inside[0] in ("void", "char", "long",
                                                        "unsigned")) and
                        (j == 0 or not is_name(toks[j - 1][0])))
        return False

    def postfix(self, toks, result, scope):
        i = 0
        while i < len(toks):
            if toks[i] in ("->", ".") and i + 1 < len(toks):
                result = {("field", toks[i + 1])}
                i += 2
            elif toks[i] == "[":
                i = matching(toks, i) + 1
            elif toks[i] == "(":
                result = {self.elsewhere("a function by pointer")}
                i = matching(toks, i) + 1
            else:
                i += 1
        return result

    def elsewhere(self, what):
        key = ("elsewhere", what)
        self.foreign[key] = what
        return key

    def type_of(self, toks, scope):
        if "struct" in toks[:-1]:
            return {("type", toks[toks.index("struct") + 1])}
        if toks and toks[0] in ("typeof", "__typeof__"):
            return self.keys(toks[2:-1], scope)
        return self.keys(toks, scope)

    def call(self, name, argument_tokens, scope):
        arguments = split_arguments(argument_tokens)

        def argument(i):
            return arguments[i] if i is not None and i < len(arguments) else []

        if (name in calls.ALLOC or name in calls.CACHE_ALLOC or
                name in calls.CACHE_MAKE):
            return {self.allocation(name, argument_tokens, scope)}
        if name in calls.THROUGH:
            result = self.keys(argument(calls.THROUGH[name]), scope)
            if name in ("xchg", "cmpxchg"):
                result |= self.keys(argument(1), scope)
            return result
        if name in calls.BY_TYPE:
            return self.type_of(argument(calls.BY_TYPE[name]), scope)
        if name in calls.GET:
            return {("store", calls.GET[name])}
        if name in self.parameters:
            return {("result", name)}
        if name in self.macros:
            parameters, body = self.macros[name]
            if scope.startswith("macro ") and scope.count("macro ") > 4:
                return set()
            return self.keys(body, scope if name in scope.split() else
                             self.macro_scope(name, scope))
        if name in calls.NEUTRAL:
            return set()
        return {self.elsewhere(f"{name}()")}

    @staticmethod
    def macro_scope(name, scope):
        inner = scope if scope.startswith("macro ") else ""
        return f"{inner} macro {name}".strip()

    @staticmethod
    def allocation(name, argument_tokens, scope):
        return ("allocation", scope, name, " ".join(argument_tokens))

    # ---- what the module does -----------------------------------------------

    def read(self):
        self.locals = set()
        declared = []
        for path, source in self.sources.items():
            for line, kind, name, is_function in source.pointers:
                scope = self.function_at(path, line)
                declared.append((scope, kind, name, is_function))
                self.locals.add((scope, name))
            for line, name in source.declared:
                scope = self.function_at(path, line)
                if scope:
                    self.locals.add((scope, name))
        for name, parameters in self.parameters.items():
            for parameter, _ in parameters:
                self.locals.add((name, parameter))
        join = self.families.join
        for scope, kind, name, is_function in declared:
            if is_function:
                join([("type", kind), ("result", name)])
                continue
            join([("type", kind), self.variable(name, scope)])
            if not scope:
                join([("type", kind), ("field", name)])
        self.read_macros()
        for fact in self.facts:
            scope = fact["function"]
            if fact["kind"] == "assign":
                join(self.keys(tokens(fact["to"]), scope) |
                     self.keys(tokens(fact["of"]), scope))
            elif fact["kind"] == "return":
                join({("result", scope)} | self.keys(tokens(fact["of"]), scope))
            elif fact["kind"] == "call":
                self.read_call(fact, scope)
        for path, source in self.sources.items():
            for line, name, value in source.initializers:
                scope = self.function_at(path, line)
                join({("field", name)} | self.keys(tokens(value), scope))
        for path, source in self.sources.items():
            for line, name, how in source.scoped:
                scope = self.function_at(path, line)
                fact = {"file": path, "line": line, "column": -1,
                        "name": f"__free({how})"}
                self.sites.append((fact, "free", {("local", scope, name)}))

    def read_macros(self):
        """Calls in a macro's body are not converted, nor is what they touch."""
        freeing = set(calls.FREE) | set(calls.MEASURE)
        for name, (_, body) in self.macros.items():
            scope = self.macro_scope(name, "")
            for i, tok in enumerate(body[:-1]):
                if body[i + 1] != "(":
                    continue
                inside = body[i + 2:matching(body, i + 1)]
                if tok in freeing:
                    for key in self.keys(inside, scope):
                        self.reasons[key] = f"the macro {name} frees it"
                elif tok in calls.ALLOC:
                    key = self.allocation(tok, inside, scope)
                    self.reasons[key] = f"the macro {name} allocates it"

    def read_call(self, fact, scope):
        name = fact["name"]
        toks = tokens(fact["arguments"])
        arguments = split_arguments(toks)
        join = self.families.join
        where = f"{fact['file']}:{fact['line']}"

        def keys(i):
            return self.keys(arguments[i], scope) if i < len(arguments) else set()

        if name in calls.ALLOC:
            key = self.allocation(name, toks, scope)
            if calls.GFP_REFUSED & set(toks):
                self.reasons[key] = "a heap has no memory for GFP_DMA"
            if name in calls.RESIZE:
                join({key} | keys(calls.RESIZE[name]))
                self.sites.append((fact, "resize", {key}))
            else:
                self.sites.append((fact, "alloc", {key}))
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
            self.sites.append((fact, "cache make", {key}))
        elif name in calls.CACHE_USE:
            join({("type", "kmem_cache")} | keys(calls.CACHE_USE[name][2]))
            self.sites.append((fact, "cache use", {("type", "kmem_cache")}))
            if name == "kmem_cache_alloc_bulk":
                join({("bulk", where)} | keys(3))
        elif name in calls.ALWAYS:
            self.sites.append((fact, "always", set()))
        elif name in self.parameters:
            for i, (parameter, _) in enumerate(self.parameters[name]):
                join({("local", name, parameter)} | keys(i))
        elif name in self.macros:
            for i, parameter in enumerate(self.macros[name][0]):
                for inner in (self.macro_scope(name, ""),
                              self.macro_scope(name, scope)):
                    join({("local", inner, parameter)} | keys(i))
        else:
            self.read_external(name, arguments, keys, where)

    def read_external(self, name, arguments, keys, where):
        join = self.families.join
        if name in calls.INTO:
            join(keys(0) | keys(1))
        if name in calls.PUT:
            store, i = calls.PUT[name]
            join({("store", store)} | keys(i))
        if name in calls.SINK_CALLS:
            for key in keys(calls.SINK_CALLS[name]):
                self.reasons[key] = f"{name}() takes it at {where}"
        for i, toks in enumerate(arguments):
            # a callback, and what it is called with
            if len(toks) == 1 and (toks[0] in calls.FREE or
                                   toks[0] == "kfree_link"):
                for j in range(len(arguments)):
                    for key in keys(j) if j != i else ():
                        if key[0] != "local" or key[2] not in calls.FREE:
                            self.reasons[key] = (f"{name}() has {toks[0]} called "
                                                 f"for it at {where}")
            elif len(toks) == 1 and toks[0] in self.parameters:
                callback = {("local", toks[0], parameter)
                            for parameter, text in self.parameters[toks[0]]
                            if "void" in tokens(text)}
                if callback:
                    for j in range(len(arguments)):
                        if j != i:
                            join(callback | {k for k in keys(j)
                                             if k[0] != "elsewhere"})
        if name in calls.NEUTRAL:
            return
        for i in range(len(arguments)):
            if ("type", "kmem_cache") in {k for k in keys(i)}:
                self.cache_user = f"{name}() takes it at {where}"
            for key in keys(i):
                self.passed.append((key, f"{name}() takes a cache at {where}"))

    # ---- the verdict --------------------------------------------------------

    def decide(self):
        find = self.families.find
        self.passed = []
        self.read()
        for name, why in calls.SINK_FIELDS.items():
            self.reasons.setdefault(("field", name), why)
        for name, (words, why) in calls.SINK_FIELDS_IF.items():
            if words & self.words:
                self.reasons.setdefault(("field", name), why)
        for name, why in calls.SOURCE_FIELDS.items():
            self.foreign.setdefault(("field", name), why)

        caches = find(("type", "kmem_cache"))
        why = {}
        for key, reason in self.reasons.items():
            why.setdefault(find(key), reason)
        for key, what in sorted(self.foreign.items()):
            if key[0] == "field":
                why.setdefault(find(key), what)
            else:
                why.setdefault(find(key), f"some of it comes from {what}")
        for key, reason in self.passed:
            if find(key) == caches:
                why.setdefault(caches, reason)

        has = defaultdict(set)
        for fact, kind, keys in self.sites:
            for key in keys:
                has[find(key)].add(kind)
        if "cache make" not in has[caches]:
            why.setdefault(caches, "the module does not make this cache")
        # an object of a cache that stays may be what kfree() is called with
        objects = set()
        for fact in self.facts:
            if fact["kind"] == "call" and fact["name"] in calls.CACHE_ALLOC:
                key = self.allocation(fact["name"], tokens(fact["arguments"]),
                                      fact["function"])
                objects.add(find(key))
        for family in objects:
            if caches in why:
                if "free" in has[family]:
                    why.setdefault(family, "some of it comes from a cache that stays")
            elif "free" in has[family] and family in why:
                why[caches] = "kfree() is called for an object of it"
            else:
                has[family] |= {"alloc", "free"} if "free" in has[family] else set()

        for family, kinds in has.items():
            if family == caches or family in why:
                continue
            if not kinds & {"alloc", "resize"}:
                why[family] = "nothing in the module allocates it"
            elif not kinds & {"free"}:
                why[family] = "nothing in the module frees it"
        return why

    def verdicts(self):
        """(fact, reason or None) for each call that could move."""
        why = self.decide()
        find = self.families.find
        for fact, kind, keys in self.sites:
            reason = None
            if fact["function" if "function" in fact else "name"] == "something_else":
                reason = "it is in a macro"
            elif not keys and kind != "always":
                reason = "what it is called with is not understood"
            for key in keys:
                reason = reason or why.get(find(key))
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
    with open(decisions_path, "w", encoding="utf-8") as file:
        json.dump(decisions, file)
    with open(report_path, "w", encoding="utf-8") as file:
        for path, line, kind, text in sorted(set(report)):
            file.write(f"{kind} {path}:{line}: {text}\n")


if __name__ == "__main__":
    main()
