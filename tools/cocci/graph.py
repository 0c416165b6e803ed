# SPDX-License-Identifier: GPL-2.0
"""Where pointers go, and how tokens nest."""
from collections import defaultdict


class Graph:
    """Where pointers go. Keys that may hold the same pointer are in one set, and each
    set has another of what they point to; the edges say in which direction."""

    def __init__(self):
        self.parent = {}
        self.pointee = {}
        self.edges = defaultdict(set)

    def find(self, key):
        parent = self.parent
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    def deref(self, key):
        root = self.find(key)
        return self.pointee.setdefault(root, ("*", root))

    def address(self, key):
        pointer = ("&", self.find(key))
        self.join([self.deref(pointer), key])
        return pointer

    def join(self, keys):
        """All of these hold the same."""
        keys = list(keys)
        for key in keys[1:]:
            self.edges[keys[0]].add(key)
            self.edges[key].add(keys[0])
            self.unite(keys[0], key)

    def flow(self, sources, targets):
        """What is in the sources gets into the targets."""
        for source in sources:
            for target in targets:
                self.edges[source].add(target)
                self.unite(source, target)

    def unite(self, one, other):
        pairs = [(one, other)]
        while pairs:
            one, other = (self.find(key) for key in pairs.pop())
            if one == other:
                continue
            self.parent[one] = other
            if one not in self.pointee:
                continue
            target = self.pointee.pop(one)
            kept = self.pointee.setdefault(other, target)
            if kept != target:
                self.edges[kept].add(target)
                self.edges[target].add(kept)
                pairs.append((target, kept))

    def reached(self, start):
        seen, todo = {start}, [start]
        while todo:
            for key in self.edges[todo.pop()]:
                if key not in seen:
                    seen.add(key)
                    todo.append(key)
        return seen


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


def opening(toks):
    """The index of the bracket that the last token closes."""
    depth = 0
    for i in range(len(toks) - 1, -1, -1):
        depth += (toks[i] in (")", "]", "}")) - (toks[i] in ("(", "[", "{"))
        if depth == 0:
            return i
    return 0


def is_name(tok):
    return tok[0].isalpha() or tok[0] == "_"


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
