#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The table of verdicts on real modules, and what is behind those that say "heap".

    table.py DIR EXPLAINED NAME...

DIR/NAME/verdicts is what kspan-escape --json has said. EXPLAINED names the functions
in which an object does not escape and is never freed, one a line with the reason.
"""
import collections
import json
import os
import random
import re
import sys

COLUMNS = ("sites", "none", "argument", "result", "heap", "certified", "both",
           "constant")
HEADS = ("sites", "none", "argument", "result", "heap", "certified", "either",
         "constant")


def verdicts_of(path):
    """Each site once: a function of a header is in many files."""
    seen = {}
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                verdict = json.loads(line)
                key = verdict["at"], verdict["what"], verdict["kind"]
                seen.setdefault(key, verdict)
    except FileNotFoundError:
        pass
    return list(seen.values())


def count(sites):
    row = collections.Counter(v["to"] for v in sites)
    row["sites"] = len(sites)
    row["certified"] = sum(v["certified"] for v in sites)
    row["both"] = sum(v["certified"] or v["to"] == "none" for v in sites)
    row["constant"] = sum(v["size"] >= 0 for v in sites)
    return row


def print_row(name, row):
    print(f"{name:14}" + "".join(f"{row[column]:10}" for column in COLUMNS))


def explained(path):
    """Functions, by file."""
    known = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                where, why = line.split(None, 1)
                known[where] = why.strip()
    return known


def where_of(verdict):
    return os.path.basename(verdict["at"].split(":")[0]) + ":" + verdict["function"]


def first_reason(verdict):
    """How it came to be known elsewhere, and through which function."""
    found = re.search(r"\(([^()]*?)(?:: (.*?))?(?: at [^ ]*)?\)$",
                      (verdict["chain"] or ["(?)"])[0])
    return found.group(1, 2) if found else ("?", None)


def print_reasons(sites):
    heap = [v for v in sites if v["to"] == "heap"]
    reasons = collections.Counter(first_reason(v)[0] for v in heap)
    print("\nto the heap, by the last step:")
    for reason, number in reasons.most_common(12):
        print(f"{number:6}  {reason}")
    missed = collections.Counter(
        first_reason(v)[1] for v in heap
        if first_reason(v)[0] == "call parameter, unknown function")
    if os.environ.get("MISSED"):
        print("\nby unknown functions:")
        for name, number in missed.most_common(int(os.environ["MISSED"])):
            print(f"{number:6}  {name}")


def self_check(sites, known):
    lost = [v for v in sites if v["to"] == "none" and not v["frees"]]
    open_ones = [v for v in lost if where_of(v) not in known]
    print(f"\nself-check: {len(lost)} do not escape and are never freed, "
          f"{len(lost) - len(open_ones)} of these explained")
    for verdict in open_ones:
        print(f"  not explained: {verdict['at']}: {where_of(verdict)} "
              f"{verdict['what']}")
    return open_ones


def verdict_words(verdict):
    words = "none" if verdict["to"] == "none" else "to " + verdict["to"]
    for key, text in (("certified", "freed here"), ("carried", "carried"),
                      ("dma", "DMA")):
        words += ", " + text if verdict[key] else ""
    return words


def print_drawn(sites):
    """Some at random, to be read by hand: of the same sites the same with one seed."""
    if not os.environ.get("DRAW"):
        return
    seed = int(os.environ.get("SEED") or random.randrange(1 << 16))
    sites = sorted(sites, key=lambda v: (v["at"], v["what"]))
    print(f"\ndrawn of {len(sites)} with SEED={seed}:")
    for verdict in random.Random(seed).sample(sites, int(os.environ["DRAW"])):
        print(f"  {':'.join(verdict['at'].rsplit('/', 2)[1:])}: {verdict['function']}: "
              f"{verdict['what']}: {verdict_words(verdict)}")


def main():
    top, explanations, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    sites = []
    print(f"{'':14}" + "".join(f"{head:>10}" for head in HEADS))
    for name in names:
        own = [v for v in verdicts_of(os.path.join(top, name, "verdicts"))
               if v["kind"] == "alloc"]
        print_row(name, count(own))
        sites += own
    print_row("all", count(sites))
    print_reasons(sites)
    print_drawn(sites)
    return 1 if self_check(sites, explained(explanations)) or not sites else 0


if __name__ == "__main__":
    sys.exit(main())
